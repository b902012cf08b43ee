"""A Playwright trace without secrets: each entry of the archive masked, at the same length.

Playwright writes what is typed into calls, logs, snapshots and request bodies (measured), so
a field's value is looked for in all of them once the field is known to hold a secret.
"""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probes.scrubbing.fields import SECRET_FIELD, secret_field, secret_token
from probes.scrubbing.jar import secrets_of
from probes.scrubbing.scrub import Scrubber

LARGEST_ENTRY = 5_000_000
LARGEST = 60_000_000  # of all entries together, unpacked
NOT_KEPT = b"not kept: too large, or not to be masked"
_FIELD = re.compile(rb'\["(INPUT|TEXTAREA|META)",(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})')
_UNSEEN = ("SCRIPT", "STYLE", "HEAD", "NOSCRIPT")
_FRAMES = (".jpeg", ".jpg", ".png")
_PICTURES = (*_FRAMES, ".gif", ".webp", ".avif", ".ico", ".woff", ".woff2", ".ttf", ".otf")
_SCRIPTS = (".js", ".mjs")


@dataclass(slots=True)
class Cleaned:
    """What became of a trace. `left`: kinds of secrets that could not be masked."""

    left: list[str] = field(default_factory=list)
    shown: bool = False  # a page showed a secret outside of a field: frames are left out


def scrub_zip(raw: Path, clean: Path, scrubber: Scrubber) -> Cleaned:
    """Write `raw` without secrets to `clean`.

    Frames are pictures and cannot be masked: where a page showed a secret outside of an
    input (those are masked on screen), all frames are left out. Scripts of the shop are
    left out too: the viewer runs none, and they are most of what there is to look through.
    Raises: OSError or BadZipFile.
    """
    done = Cleaned()
    with zipfile.ZipFile(raw) as source:
        entries = source.infolist()
        traces = [source.read(one) for one in entries if one.filename.endswith(".trace")]
        _learn(source, traces, scrubber)
        done.shown = any(_shows_secret(trace, scrubber) for trace in traces)
        size = 0
        with zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for entry in entries:
                name = entry.filename
                if name.endswith(_SCRIPTS) or (done.shown and name.startswith("screencast/")):
                    continue
                size += entry.file_size
                needed = name.endswith((".trace", ".network"))
                fits = entry.file_size <= LARGEST_ENTRY and size <= LARGEST
                data = source.read(entry) if fits or needed else NOT_KEPT
                data = _clean(name, data, scrubber, done, needed=needed)
                packed = zipfile.ZIP_STORED if name.endswith(_FRAMES) else zipfile.ZIP_DEFLATED
                target.writestr(name, data, packed)
    return done


def _clean(name: str, data: bytes, scrubber: Scrubber, done: Cleaned, *, needed: bool) -> bytes:
    """Return an entry without secrets; of one that cannot be masked, only that it was there."""
    if name.endswith(_PICTURES):
        return NOT_KEPT if scrubber.holds(data) else data
    data = scrubber.data(data)
    left = scrubber.leaks(data)
    if not left:
        return data
    if needed:
        done.left += left
    return NOT_KEPT


def _learn(source: zipfile.ZipFile, traces: list[bytes], scrubber: Scrubber) -> None:
    """Take in what the recording itself tells to be secret: typed values, cookies."""
    for trace in traces:
        for value in typed_secrets(trace):
            scrubber.add(value)
    for name in source.namelist():
        if name.endswith(".network"):
            for line in source.read(name).splitlines():
                for value in secrets_of(_json(line).get("snapshot", {})):
                    scrubber.add(value)


def typed_secrets(trace: bytes) -> Iterator[str]:
    """Yield what stands in fields for card numbers, check digits, passwords and tokens."""
    for line in trace.splitlines():
        if b'"method":"fill"' in line or b'"method":"type"' in line:
            params = _json(line).get("params", {})
            if SECRET_FIELD.search(str(params.get("selector", ""))):
                yield str(params.get("value", params.get("text", "")))
        for found in _FIELD.finditer(line):
            yield from _held(found[1], _json(found[2]))


def _held(tag: bytes, shown: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a field of a snapshot holds, if that is secret; and a page's own token."""
    if tag == b"META":
        content = str(shown.get("content", ""))
        if secret_token(str(shown.get("name", "")), content):
            yield content
    elif secret_field(shown):
        yield str(shown.get("__playwright_value_", ""))
        if shown.get("type") == "hidden":
            yield str(shown.get("value", ""))


def _shows_secret(trace: bytes, scrubber: Scrubber) -> bool:
    """Whether a page showed a secret as text: what is typed into a field is masked on screen."""
    for line in trace.splitlines():
        if b'"frame-snapshot"' in line:
            html = _json(line).get("snapshot", {}).get("html")
            if html is None or scrubber.shows(" ".join(_texts(html))):
                return True
    return False


def _texts(node: Any) -> Iterator[str]:
    """Yield the texts of a snapshot: ["P", {attributes}, "text", ["B", {}, "more"]].

    A page may be nested deeper than calls can be.
    """
    left = [node]
    while left:
        node = left.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list) and node and isinstance(node[0], str):
            if node[0] in _UNSEEN:
                continue
            left.extend(reversed(node[1:]))
        elif isinstance(node, dict):
            yield str(node.get("placeholder", ""))
            if node.get("type") in ("submit", "button", "reset"):
                yield str(node.get("value", ""))


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
