"""The raw exchanges of one walk, bodies and secrets included: what a load script is made from.

The browser's driver writes a HAR when the context closes, and what began when is put beside
it. Nothing is masked, so the folder is for one reader, who removes it: nobody else may look
into it, and it is no evidence.
"""

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Request
from playwright.sync_api import Error as PlaywrightError

CLOSE_LIMIT_S = 20.0  # to write down all bodies
_HAR, _STEPS, _BODIES, _OTHERS = "raw.har", "steps.json", "bodies.jsonl", "others.jsonl"
_TYPES = ("Document", "XHR", "Fetch")
_KINDS = ("Document", "Xhr", "Fetch")  # as a HAR's names of them read capitalized
_BODY = 2_000_000  # characters; a longer answer hands nothing on
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one customer's browser asked for and got."""

    har: Mapping[str, Any]  # HTTP Archive 1.2, with bodies
    steps: tuple[tuple[float, str], ...]  # when each began (ms since 1970), and its name
    ended_ms: float  # when the journey was over; what comes later is the clean-up's
    # What other customers' browsers asked for: when (ms since 1970), which of them, its host.
    others: tuple[tuple[float, int, str], ...] = ()


@contextmanager
def folder(inside: Path) -> Iterator[Path]:
    """Make a folder that only its owner may enter, with empty files; remove it in the end."""
    with TemporaryDirectory(prefix="record-", dir=inside) as made:
        place = Path(made)  # 0700: mkdtemp makes it so
        for name in (_HAR, _STEPS, _BODIES, _OTHERS):
            (place / name).touch(_OWNER_ONLY)  # a file that is there keeps its mode
        yield place


def options(place: str) -> dict[str, Any]:
    """Return what makes a context record; nothing without a folder."""
    if not place:
        return {}
    return {"record_har_path": Path(place) / _HAR, "record_har_content": "embed"}


def listen(session: CDPSession, place: str) -> None:
    """Keep the bodies of a page's documents and calls while each answer is held up.

    A page that goes elsewhere as soon as it has an answer takes the body with it: in a HAR
    alone it is missing then (seen in one of two walks).
    """
    file = Path(place) / _BODIES

    def keep(request: Mapping[str, Any], **what: Any) -> None:
        line = json.dumps({"method": request["method"], "url": request["url"], **what})
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{line}\n")

    def paused(event: dict[str, Any]) -> None:
        held, request = {"requestId": event["requestId"]}, event["request"]
        if request.get("hasPostData"):
            keep(request, sent=_sent(request))
        with suppress(PlaywrightError):  # a redirect has no body; a page may have gone
            got = session.send("Fetch.getResponseBody", held)
            body = str(got["body"])
            if len(body) <= _BODY:
                keep(request, text=body, base64=got["base64Encoded"])
        with suppress(PlaywrightError):
            session.send("Fetch.continueRequest", held)

    session.on("Fetch.requestPaused", paused)
    patterns = [{"resourceType": kind, "requestStage": "Response"} for kind in _TYPES]
    session.send("Fetch.enable", {"patterns": patterns})


def _sent(request: Mapping[str, Any]) -> str:
    """Return what a request sent as far as the browser tells: all but the bytes of files."""
    told = (base64.b64decode(one.get("bytes", "")) for one in request.get("postDataEntries", ()))
    return b"".join(told)[:_BODY].decode("utf-8", "replace")


def count(context: BrowserContext, place: str) -> None:
    """Note each document and call of another customer's browser: none of them is recorded.

    Only when and where, so that it can be told how much a script leaves out.
    """
    file, which = Path(place) / _OTHERS, id(context)

    def asked(request: Request) -> None:
        if request.resource_type.capitalize() in _KINDS and request.redirected_from is None:
            told = [time.time() * 1000, which, urlsplit(request.url).hostname or ""]
            with file.open("a", encoding="utf-8") as out:
                out.write(f"{json.dumps(told)}\n")

    context.on("request", asked)


def keep_steps(place: str, beginnings: Sequence[tuple[float, str]], ended_s: float) -> None:
    """Put the steps beside the exchanges, if there are any."""
    if place:
        told = {"steps": beginnings, "ended_ms": ended_s * 1000}
        (Path(place) / _STEPS).write_text(json.dumps(told), "utf-8")


def read(place: Path) -> Recorded | None:
    """Return what was recorded; None if the browser did not get to write it."""
    try:
        har = json.loads((place / _HAR).read_text("utf-8"))
        told = json.loads((place / _STEPS).read_text("utf-8"))
        lines = (place / _BODIES).read_text("utf-8").splitlines()
        kept = [json.loads(line) for line in lines]
        _fill(har["log"]["entries"], [one for one in kept if "text" in one])
        _fill_sent(har["log"]["entries"], [one for one in kept if "sent" in one])
        steps = tuple((float(at_ms), str(name)) for at_ms, name in told["steps"])
        others = [json.loads(line) for line in (place / _OTHERS).read_text("utf-8").splitlines()]
        asked = tuple((float(at_ms), int(which), str(host)) for at_ms, which, host in others)
        return Recorded(har, steps, float(told["ended_ms"]), asked)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fill_sent(entries: Sequence[dict[str, Any]], bodies: Sequence[Mapping[str, Any]]) -> None:
    """Put in what was sent where the HAR has nothing: it leaves out a body with a file in it."""
    waiting: dict[tuple[str, str], list[str]] = {}
    for body in bodies:
        waiting.setdefault((body["method"], body["url"]), []).append(body["sent"])
    for entry in entries:
        request = entry["request"]
        told = waiting.get((request["method"], request["url"].partition("#")[0]))
        if not told or entry.get("_resourceType", "").capitalize() not in _KINDS:
            continue
        text = told.pop(0)
        if not (request.get("postData") or {}).get("text"):
            kinds = {one["name"].lower(): one["value"] for one in request["headers"]}
            request["postData"] = {"mimeType": kinds.get("content-type", ""), "text": text}


def _fill(entries: Sequence[dict[str, Any]], bodies: Sequence[Mapping[str, Any]]) -> None:
    """Put bodies where the HAR has none; of the same request made twice, each its own."""
    waiting: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for body in bodies:
        waiting.setdefault((body["method"], body["url"]), []).append(body)
    for entry in entries:
        key = (entry["request"]["method"], entry["request"]["url"].partition("#")[0])
        if entry.get("_resourceType", "").capitalize() not in _KINDS or key not in waiting:
            continue
        if entry["response"]["status"] in range(300, 400):  # its body was never asked for
            continue
        body, content = waiting[key].pop(0), entry["response"]["content"]
        if not waiting[key]:
            del waiting[key]
        if not content.get("text"):
            content["text"] = body["text"]
            content.pop("encoding", None)
            if body["base64"]:
                content["encoding"] = "base64"
