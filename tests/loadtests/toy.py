"""A toy shop with known limits: pools, a lock, a rate limit, a full queue, a narrow door.

`python toy.py '{"pool": 2, "hold_s": 0.05, ...}'` prints its address as one JSON line and ends
when its standard input closes.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SETTINGS = {
    "pool": 2,
    "hold_s": 0.05,
    "wait_s": 1.0,  # then 503
    "page_pool": 1000,  # the web tier: every request takes one
    "page_s": 0.0,
    "catalog_pool": 1000,  # what a product page needs besides
    "catalog_s": 0.0,
    "freeze_at_s": -1.0,  # since the first product page; nobody is answered for a while
    "freeze_s": 2.0,
    "freeze_all": 0.0,  # 1: not only product pages
    "queue": -1.0,  # so many may wait for the ledger, the next gets 503 at once; -1: all
    "redeem_per_s": 0.0,  # more redemptions get 429; 0: no limit
    "cart_s": 0.0,  # under the one lock that all carts share
    "payment_pool": 1000,  # calls that the payment provider takes at once
    "payment_s": 0.0,
    "search_s": 0.0,
    "search_more_s": 0.0,  # for each search under way at the time
    "picture_cpu_s": 0.0,  # of the one processor that draws pictures
    "connections": 0.0,  # open at once; the next is closed at the door; 0: no limit
}
PRODUCT = '<article data-testid="product">a product</article>'
DONE = '<p data-testid="redeemed">done</p><p data-testid="balance">the rest</p>'
FORM = '<form method="post"><input type="hidden" name="csrf_token" value="{}"></form>'


class Toy(ThreadingHTTPServer):
    """The shop's state, for all its handlers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, settings: dict[str, float]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.settings = settings
        self.ledger = threading.BoundedSemaphore(int(settings["pool"]))
        self.web = threading.BoundedSemaphore(int(settings["page_pool"]))
        self.catalog = threading.BoundedSemaphore(int(settings["catalog_pool"]))
        self.first_at: float | None = None
        self.lock = threading.Lock()
        self.seen = {"requests": 0, "unmarked": 0, "redeemed": 0}

    def note(self, what: str) -> None:
        """Count something."""
        with self.lock:
            self.seen[what] += 1

    def thaw(self) -> None:
        """Hold everybody who comes during the freeze until its end."""
        settings = self.settings
        if settings["freeze_at_s"] < 0:
            return
        with self.lock:
            self.first_at = self.first_at or time.monotonic()
        since = time.monotonic() - self.first_at - settings["freeze_at_s"]
        if 0 <= since < settings["freeze_s"]:
            time.sleep(settings["freeze_s"] - since)


class Handler(BaseHTTPRequestHandler):
    """Answers as the shop's pages do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Toy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_GET(self) -> None:
        """Pages; /seen tells what came and is itself not counted."""
        if self.path == "/seen":
            self.answer(200, json.dumps(self.server.seen))
            return
        self.count()
        with self.server.web:
            time.sleep(self.server.settings["page_s"])
            if self.path.startswith("/gift-cards/"):
                self.answer(200, FORM.format("t0ken"))
            elif self.path == "/away":
                self.answer(302, "", location="http://elsewhere.invalid/")
            elif self.path.startswith("/product/"):
                self.server.thaw()
                with self.server.catalog:
                    time.sleep(self.server.settings["catalog_s"])
                self.answer(200, PRODUCT)
            elif self.path == "/":
                self.answer(200, '<a href="/product/tent-2">Tent</a>')
            else:
                self.answer(404, "no such page")

    def do_POST(self) -> None:
        """The ledger's transactions, and the bulk issue."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.count()
        if self.path == "/api/gift-cards":
            granted = self.headers.get("Authorization") == "Bearer t0p"
            rows = [{"code": f"G{number}"} for number, _ in enumerate(json.loads(body))]
            self.answer(200 if granted else 401, json.dumps(rows))
        elif "csrf_token=t0ken" not in body:
            self.answer(400, "no token")
        else:
            with self.server.web:
                time.sleep(self.server.settings["page_s"])
                self.transact()

    def transact(self) -> None:
        """Hold a connection of the ledger's pool; 503 if none is free in time."""
        settings = self.server.settings
        if not self.server.ledger.acquire(timeout=settings["wait_s"]):
            self.answer(503, "busy")
            return
        try:
            time.sleep(settings["hold_s"])
        finally:
            self.server.ledger.release()
        self.server.note("redeemed")
        self.answer(200, DONE)

    def count(self) -> None:
        """Count a request, and whether it lacks the load test's mark."""
        self.server.note("requests")
        if not self.headers.get("X-Load-Test", "").startswith("forepost/"):
            self.server.note("unmarked")

    def answer(self, status: int, body: str, **headers: str) -> None:
        """Send an answer."""
        data = body.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "text/html; charset=utf-8"}.items():
            self.send_header(name.capitalize(), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    toy = Toy({**SETTINGS, **json.loads(sys.argv[1])})
    threading.Thread(target=toy.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{toy.server_port}"}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
