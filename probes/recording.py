"""The raw exchanges of one walk, bodies and secrets included: what a load script is made from.

The browser's driver writes a HAR when the context closes, and what began when is put beside
it. Nothing is masked, so the folder is for one reader, who removes it: nobody else may look
into it, and it is no evidence.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CLOSE_LIMIT_S = 20.0  # to write down all bodies
_HAR, _STEPS = "raw.har", "steps.json"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one customer's browser asked for and got."""

    har: Mapping[str, Any]  # HTTP Archive 1.2, with bodies
    steps: tuple[tuple[float, str], ...]  # when each began (ms since 1970), and its name
    ended_ms: float  # when the journey was over; what comes later is the clean-up's


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder that only its owner may enter, with empty files; remove it in the end."""
    with TemporaryDirectory(prefix="forepost-record-") as made:
        place = Path(made)  # 0700: mkdtemp makes it so
        for name in (_HAR, _STEPS):
            (place / name).touch(_OWNER_ONLY)  # a file that is there keeps its mode
        yield place


def options(place: str) -> dict[str, Any]:
    """Return what makes a context record; nothing without a folder."""
    if not place:
        return {}
    return {"record_har_path": Path(place) / _HAR, "record_har_content": "embed"}


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
        steps = tuple((float(at_ms), str(name)) for at_ms, name in told["steps"])
        return Recorded(har, steps, float(told["ended_ms"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
