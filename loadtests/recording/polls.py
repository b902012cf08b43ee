"""What a page waited for when its script asked the same again and again (pure).

The last answer has something that none before it had: a flag that turned, a word that changed,
an id that came. A script asks until it sees the same; where nothing of that kind changed, the
page only refreshed itself, and once is enough.
"""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.spots import json_of, leaves
from loadtests.recording.text import quoted

_EVERY_MS = (50, 5_000)  # a page that asks without a pause would be a flood under load
_LEAST_LOOKS, _PATIENCE = 20, 3  # times as often as the recorded page had to ask
_LONGEST = 40

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Poll:
    """What to wait for, how often to look and how many times."""

    path: Path
    value: str | bool | None  # None: whatever stands there
    every_ms: int
    looks: int

    def args(self) -> list[str]:
        """Return the arguments of `until` behind the call that asks."""
        parts = [quoted(part) if isinstance(part, str) else str(part) for part in self.path]
        if self.value is not None:
            told = quoted(self.value) if isinstance(self.value, str) else str(self.value)
            parts.append(f"value={told}")
        return [*parts, f"every_ms={self.every_ms}", f"looks={self.looks}"]


def poll(one: Exchange) -> Poll | None:
    """Return what the page of an exchange waited for; None if that cannot be seen."""
    last = json_of(one)
    if not one.earlier or last is None:
        return None
    before = [dict(leaves(json_of(one, text), flags=True)) for _, text in one.earlier]
    new = [
        (path, value)
        for path, value in leaves(last, flags=True)
        if all((type(seen.get(path)), seen.get(path)) != (type(value), value) for seen in before)
    ]
    flags = [point for point in new if isinstance(point[1], bool)]
    words = [point for point in new if isinstance(point[1], str) and _word(point[1])]
    came = [(path, None) for path, _ in new if all(path not in seen for seen in before)]
    for path, value in (*flags[:1], *words[:1], *came[:1]):
        return Poll(path, value, _every_ms(one), max(_LEAST_LOOKS, _PATIENCE * one.times))
    return None


def _word(text: str) -> bool:
    """Whether a text says the same to every visitor."""
    own = looks.has_digit(text) or looks.random(text) or looks.emails(text)
    return 0 < len(text) <= _LONGEST and text.isprintable() and not own


def _every_ms(one: Exchange) -> int:
    """Return the usual time between two looks of the recorded page."""
    at_ms = [*(asked_ms for asked_ms, _ in one.earlier), one.last_ms]
    least, most = _EVERY_MS
    usual = median(after - before for before, after in pairwise(at_ms))
    return round(min(most, max(least, usual)))
