"""The requests of an attempt as a HAR, written from its trace: one recording, masked once.

A trace keeps the same records that Playwright writes into a HAR, one a line, with the bodies
beside them (checked against a HAR of the same browser context). So nothing else has to be
recorded, and nothing has to wait for the context to be closed.
Source: HTTP Archive 1.2, w3c.github.io/web-performance/specs/HAR/Overview.html.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

from forepost import __version__

ENTRIES = 2_000
BODY = 64_000  # of one request or answer; pictures, fonts and styles are left out
TOTAL = 4_000_000
_TEXTS = ("json", "html", "xml", "text/plain", "x-www-form-urlencoded", "multipart/")


def har_of(trace: Path) -> str | None:
    """Return the HAR of a clean trace; None if it has no request.

    Raises: OSError or BadZipFile.
    """
    with zipfile.ZipFile(trace) as archive:
        bodies = _Bodies(archive)
        entries: list[dict[str, Any]] = []
        for name in archive.namelist():
            if name.endswith(".network"):
                for line in archive.read(name).splitlines():
                    if len(entries) < ENTRIES and (entry := _entry(line, bodies)):
                        entries.append(entry)
    if not entries:
        return None
    entries.sort(key=lambda entry: str(entry.get("startedDateTime", "")))
    log = {
        "version": "1.2",
        "creator": {"name": "Forepost", "version": __version__},
        "entries": entries,
    }
    return json.dumps({"log": log}, indent=1)


class _Bodies:
    """Gives the texts that stand beside the records, until there is enough of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = TOTAL

    def put(self, content: dict[str, Any]) -> None:
        """Turn the name of a file into the text that it holds."""
        name = content.pop("_file", None) or content.pop("_sha1", None)
        kind = str(content.get("mimeType", ""))
        if not isinstance(name, str) or not any(word in kind for word in _TEXTS):
            return
        known = self._archive.NameToInfo
        info = known.get(name) or known.get(f"resources/{name}")
        if info is None or info.file_size > min(BODY, self._left):
            content["comment"] = "left out"
            return
        self._left -= info.file_size
        content["text"] = self._archive.read(info).decode("utf-8", "replace")


def _entry(line: bytes, bodies: _Bodies) -> dict[str, Any] | None:
    """Return the record of a line without what only Playwright's viewer knows."""
    try:
        told = json.loads(line)
        entry = told["snapshot"]
        request, response = entry["request"], entry["response"]
    except (ValueError, KeyError, TypeError):
        return None
    for side in (request.get("postData"), response.get("content")):
        if isinstance(side, dict):
            bodies.put(side)
    entry.pop("pageref", None)  # names a page that only the trace describes
    times = entry.get("timings")
    if isinstance(times, dict):  # these three may not be left out: from a cache they took no time
        entry["timings"] = {**times, **{name: max(0, times.get(name, 0)) for name in _NEEDED}}
    return {name: value for name, value in entry.items() if name not in _OWN}


_NEEDED = ("send", "wait", "receive")
_OWN = frozenset({"_frameref", "_monotonicTime", "_apiRequest", "_securityDetails"})
