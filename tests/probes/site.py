"""A small real site over HTTP, whose answers and delays a test sets."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from forepost.model import FlowRun
from probes.job import ProbeJob

HELLO = "<html><head><title>Site</title></head><body><h1>hello</h1>{}</body></html>"


@dataclass
class Answer:
    """What the site says to one path."""

    body: str = HELLO.format("")
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    gate: threading.Event | None = None  # nothing is said before the test opens it
    delay_s: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    then: "Answer | None" = None  # what it says from the second time on
    repeat: int = 1  # the body is sent so many times, one after the other


class Site:
    """A threaded server of pages; it remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.closing = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            do_POST = do_OPTIONS = do_GET  # noqa: N815 - the names that the base class looks for

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - base class
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Say what the page table says."""
        path = handler.path.partition("?")[0]
        size = int(handler.headers.get("Content-Length") or 0)
        handler.rfile.read(size)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.seen.append((handler.command, handler.path, headers))
        said = self.pages.get(path, Answer(status=404, body="nothing here"))
        if said.then is not None:
            self.pages[path] = said.then
        if said.gate is not None:
            said.gate.wait(120)
        if said.delay_s:
            self.closing.wait(said.delay_s)
        data = said.body.encode()
        try:
            handler.send_response(said.status)
            handler.send_header("Content-Type", said.kind)
            handler.send_header("Content-Length", str(len(data) * said.repeat))
            for name, value in said.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            for _ in range(said.repeat):
                if self.closing.is_set():
                    return
                handler.wfile.write(data)
        except OSError:
            return  # the browser went away meanwhile

    def close(self) -> None:
        """End the server."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class Ask(Protocol):
    """Makes a job of acts for the flow `told`."""

    def __call__(self, *acts: tuple[str, str], **changes: Any) -> ProbeJob:
        """Return a job; `changes` are fields of the job, `settings` and `shop` are merged."""
        ...


def names(run: FlowRun) -> list[tuple[str, str]]:
    """Return name and outcome of each step."""
    return [(step.name, step.outcome.value) for step in run.steps]
