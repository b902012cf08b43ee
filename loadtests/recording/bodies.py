"""What a recorded request sent: a form, its files, or JSON (pure)."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

from loadtests.multipart import Upload

Pairs = tuple[tuple[str, str], ...]

_DEEPEST = 60
_NAME = re.compile(r'[; ]name="([^"]*)"', re.IGNORECASE)
_FILE = re.compile(r'; ?filename="([^"]*)"', re.IGNORECASE)
_KIND = re.compile(r"^content-type: *([^\r\n]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent. `problem`: why it cannot be sent again."""

    form: Pairs | None = None
    files: tuple[tuple[int, Upload], ...] = ()  # by their place among the pairs of the form
    multipart: bool = False
    json: Any = None
    problem: str = ""


def body(request: Mapping[str, Any]) -> Body:
    """Return what a request of a HAR sent."""
    data = request.get("postData") or {}
    text, kind = str(data.get("text") or ""), str(data.get("mimeType", ""))
    length = _length(request)
    if not text:
        return Body(problem="a body that the browser did not tell") if length else Body()
    if "multipart/form-data" in kind:
        return _multipart(kind, text, length)
    if "json" in kind or text[:1] in "{[":
        try:
            sent = json.loads(text)
        except (ValueError, RecursionError):
            return Body(problem="a body that is no JSON")
        return Body(json=sent) if shallow(sent) else Body(problem="JSON that is too deep to write")
    if "x-www-form-urlencoded" in kind:
        return Body(form=tuple(parse_qsl(text, keep_blank_values=True)))
    return Body(problem=f"a body of the type {kind.partition(';')[0] or 'unknown'}")


def shallow(sent: Any) -> bool:
    """Whether JSON is no deeper than code can be written and read."""
    level = [sent]
    for _ in range(_DEEPEST):
        level = [
            inside
            for one in level
            if isinstance(one, (dict, list))
            for inside in (one.values() if isinstance(one, dict) else one)
        ]
    return not level


def _multipart(kind: str, text: str, length: int) -> Body:
    """Return the fields and files of a multipart body.

    A browser tells no bytes of files: what the length counts beyond its text was theirs.
    """
    told = Message()
    told["content-type"] = kind
    found: list[tuple[str, str]] = []
    files: list[tuple[int, Upload]] = []
    for part in text.split(f"--{told.get_param('boundary')}")[1:-1]:
        head, _, value = part.removeprefix("\r\n").partition("\r\n\r\n")
        name, file, of_kind = _NAME.search(head), _FILE.search(head), _KIND.search(head)
        if name is None:
            return Body(problem="a form that cannot be read")
        value = value.removesuffix("\r\n")
        if file is not None:
            files.append((len(found), _file(file[1], of_kind[1].strip() if of_kind else "", value)))
        found.append((_plain(name[1]), "" if file is not None else value))
    if not found:
        return Body(problem="a form that cannot be read")
    more = length - len(text.encode())
    return Body(tuple(found), _with_sizes(files, more), multipart=True)


def _file(name: str, kind: str, value: str) -> Upload:
    """Return a file of a form; of JSON that a script sends as one its text is kept."""
    with suppress(ValueError, RecursionError):
        if "json" in kind and shallow(json.loads(value)):
            return Upload(_plain(name), kind, text=value)
    return Upload(_plain(name), kind, len(value.encode()))


def _with_sizes(files: list[tuple[int, Upload]], more: int) -> tuple[tuple[int, Upload], ...]:
    """Share the bytes that were not told among the files that seem empty; none is none."""
    chosen = [at for at, one in files if one.name and not one.size_bytes and not one.text]
    each = max(0, more) // max(1, len(chosen))
    return tuple(
        (at, Upload(one.name, one.kind, each) if at in chosen else one) for at, one in files
    )


def _plain(name: str) -> str:
    """Return a name without the escapes that a browser puts into it."""
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


def _length(request: Mapping[str, Any]) -> int:
    """Return how many bytes were sent by the request's own words."""
    headers = {str(one["name"]).lower(): one["value"] for one in request.get("headers", ())}
    value = str(headers.get("content-length", ""))
    return int(value) if value.isascii() and value.isdigit() else 0
