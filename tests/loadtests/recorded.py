"""HARs as a browser writes them, built by hand, and a shop that a script is tried on.

The shop hands out other tokens than those that were recorded, so a script that repeats an old
one is found out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from loadtests.generator.told_errors import told_errors
from loadtests.multipart import Parts
from loadtests.recording import About, Script, script
from loadtests.session import Answer, Fields, FlowFailedError

SHOP = "http://shop.test"
BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGAN_MS = BEGAN.timestamp() * 1000
OLD, NEW = "95a09cfa1275b7eeeb5ff349b13e117f", "e1f0c2b77d5a4c1f9b3e6a8d2c4f6a80"
RUN_ID = "01a203b39884e305fc54"


@dataclass(slots=True)
class Har:
    """A HAR that grows, one request a second."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        text: str = "",
        *,
        kind: str = "document",
        status: int = 200,
        form: Sequence[tuple[str, str]] | Mapping[str, str] | None = None,
        body: str | None = None,
        kind_of_body: str = "application/json",
        headers: Mapping[str, str] | None = None,
        answered: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        at_s: float | None = None,
    ) -> "Har":
        """Add a request with its answer."""
        began = BEGAN + timedelta(seconds=len(self.entries) if at_s is None else at_s)
        sent: dict[str, Any] = {}
        if form is not None:
            kind_of_form = "application/x-www-form-urlencoded"
            sent = {"postData": {"mimeType": kind_of_form, "text": urlencode(form)}}
        elif body is not None:
            sent = {"postData": {"mimeType": kind_of_body, "text": body}}
        self.entries.append(
            {
                "startedDateTime": began.isoformat(timespec="milliseconds"),
                "_resourceType": kind,
                "request": {
                    "method": method,
                    "url": urljoin(SHOP, path),
                    "headers": _pairs(headers),
                    **sent,
                },
                "response": {
                    "status": status,
                    "headers": _pairs(answered),
                    "cookies": _pairs(cookies),
                    "content": {"text": text},
                },
            }
        )
        return self

    def script(
        self,
        *,
        steps: Sequence[tuple[float, str]] = ((0.0, "visit"),),
        ended_s: float = 1000.0,
        settings: Mapping[str, str | int] | None = None,
        secrets: Mapping[str, str] | None = None,
        hosts: Sequence[str] = ("shop.test",),
        others: Sequence[tuple[float, int, str]] = (),
    ) -> Script:
        """Return the script; steps, and what other customers did, by their seconds."""
        return script(
            {"log": {"entries": self.entries}},
            [(BEGAN_MS + 1000 * at_s, name) for at_s, name in steps],
            BEGAN_MS + 1000 * ended_s,
            name="recorded",
            about=About("journey", SHOP, RUN_ID, settings or {}, secrets or {}),
            hosts=hosts,
            made_at=BEGAN,
            others=[(BEGAN_MS + 1000 * at_s, which, host) for at_s, which, host in others],
        )


@dataclass(slots=True)
class Sent:
    """One request that a script made."""

    method: str
    endpoint: str
    path: str
    form: Fields | None
    json: Any
    headers: Mapping[str, str]
    step: str
    parts: Parts | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Shop:
    """Answers by method and path; remembers what was asked."""

    answers: Mapping[tuple[str, str], Answer | str | list[str]]  # a list: one after the other
    cookies: Mapping[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    paused_s: list[float] = field(default_factory=list)
    _step: str = ""

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Open a page."""
        return self.send("GET", endpoint, path, shows=shows)

    def post(self, endpoint: str, path: str, form: Fields, *, shows: str | None = None) -> Answer:
        """Send a form."""
        return self.send("POST", endpoint, path, form=form, shows=shows)

    def send(
        self,
        method: str,
        endpoint: str,
        path: str,
        *,
        form: Fields | None = None,
        parts: Parts | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        shows: str | None = None,
        lacks: str | None = None,
        but: Sequence[str] = (),
    ) -> Answer:
        """Answer what is planned for it, else with an empty page."""
        path = path.removeprefix(SHOP)
        asked = Sent(
            method, endpoint, path, form, json, headers or {}, self._step, parts, self.cookies
        )
        self.sent.append(asked)
        made = self.answers.get((method, path), "")
        if isinstance(made, list):
            made = made.pop(0) if len(made) > 1 else made[0]
        answer = Answer(200, SHOP + path, made) if isinstance(made, str) else made
        if shows is not None and shows not in answer.text:
            raise FlowFailedError("content", f"{path} does not show {shows}")
        if lacks is not None and (told := told_errors(answer, lacks, but=but)):
            raise FlowFailedError(told.kind, told.message)
        return answer

    def cookie(self, name: str) -> str:
        """Return a cookie."""
        return self.cookies[name]

    def set_cookie(self, name: str, value: str) -> None:
        """Remember it."""
        self.cookies = {**self.cookies, name: value}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Remember the step."""
        self._step = name
        yield

    def pause(self, seconds: float) -> None:
        """Remember that it waited."""
        self.paused_s.append(seconds)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """No script may ask for this."""
        raise AssertionError((method, path, body))


def visit(
    made: Script,
    answers: Mapping[tuple[str, str], Answer | str | list[str]],
    row: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    **settings: Any,
) -> list[Sent]:
    """Run a script as written on a shop; return what it asked for."""
    names: dict[str, Any] = {"__name__": "recorded"}
    exec(compile(made.text, "recorded.py", "exec"), names)  # noqa: S102 - what is tested is the text
    shop = Shop(answers, cookies or {})
    names["run"](shop, row or {}, names["Settings"](**settings))
    return shop.sent


def _pairs(values: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in (values or {}).items()]
