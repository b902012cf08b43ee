"""A Playwright trace without secrets: each entry of the archive masked, at the same length.

Playwright writes what is typed into calls, logs, snapshots and request bodies (measured), so
a field's value is looked for in all of them once the field is known to hold a secret.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probes.scrub import SECRET_FIELD, Scrubber

_INPUT = re.compile(rb'\["INPUT",(\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})')
_VALUE = re.compile(rb'"(?:__playwright_value_|value)":"(?:[^"\\]|\\.)*"')
_AUTOCOMPLETE = ("cc-number", "cc-csc", "current-password", "new-password", "one-time-code")
_FRAMES = (".jpeg", ".jpg", ".png")


def scrub_zip(raw: Path, clean: Path, scrubber: Scrubber) -> list[str]:
    """Write `raw` without secrets to `clean`; return what could not be masked.

    Frames are pictures and cannot be masked: where a page showed a secret outside of an
    input (those are masked on screen), all frames are left out.
    Raises: OSError or BadZipFile.
    """
    left: list[str] = []
    with zipfile.ZipFile(raw) as source:
        names = source.namelist()
        traces = [source.read(name) for name in names if name.endswith(".trace")]
        for trace in traces:
            for value in typed_secrets(trace):
                scrubber.add(value)
        shown = any(_shows_secret(trace, scrubber) for trace in traces)
        with zipfile.ZipFile(clean, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for name in names:
                if shown and name.endswith(_FRAMES):
                    continue
                data = scrubber.data(source.read(name))
                left += scrubber.leaks(data)
                packed = zipfile.ZIP_STORED if name.endswith(_FRAMES) else zipfile.ZIP_DEFLATED
                target.writestr(scrubber.text(name), data, packed)
    return left


def typed_secrets(trace: bytes) -> Iterator[str]:
    """Yield what was typed into fields for card numbers, check digits and passwords."""
    for line in trace.splitlines():
        if b'"method":"fill"' in line or b'"method":"type"' in line:
            params = _json(line).get("params", {})
            if SECRET_FIELD.search(str(params.get("selector", ""))):
                yield str(params.get("value", params.get("text", "")))
        for found in _INPUT.finditer(line):
            field = _json(found[1])
            named = SECRET_FIELD.search(str(field.get("name", field.get("id", ""))))
            told = field.get("autocomplete") in _AUTOCOMPLETE or field.get("type") == "password"
            if named or told:
                yield str(field.get("__playwright_value_", ""))


def _shows_secret(trace: bytes, scrubber: Scrubber) -> bool:
    """Whether a snapshot holds a secret as text, and not only as the value of a field."""
    snapshots = (line for line in trace.splitlines() if b'"frame-snapshot"' in line)
    return any(scrubber.leaks(_VALUE.sub(b"", line)) for line in snapshots)


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
