"""Calls by which a page only says that it is still there: each stands once in a script (pure).

How many a walk had is told by how long it took, and a visit under load takes another time.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from loadtests.recording import looks
from loadtests.recording.har import Exchange

_LEAST = 3
_NAMES = re.compile(
    r"(?:.*[-_])?(?:ping|heart-?_?beat|keep-?_?alive|alive|beat|beacon|touch|presence|activity"
    r"|track(?:ing)?|collect|telemetry|metrics|events?)(?:\.\w+)?",
    re.IGNORECASE,
)


_NUMBER = re.compile(r"\d+")


def once(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges, of each kind of such calls the first alone, with their number.

    Only where all were answered alike: what hands on something new each time is none.
    """
    beats: dict[tuple[str, str, str], list[int]] = {}
    for at, one in enumerate(exchanges):
        path = urlsplit(one.url).path
        if not one.document and _NAMES.fullmatch(path.rstrip("/").rpartition("/")[2]):
            beats.setdefault((one.method, path, _NUMBER.sub("0", one.text)), []).append(at)
    gone: set[int] = set()
    counts: dict[int, int] = {}
    for places in beats.values():
        plain = not any(exchanges[at].cookies or looks.tokens(exchanges[at].text) for at in places)
        if len(places) >= _LEAST and plain:
            counts[places[0]] = sum(exchanges[at].times for at in places)
            gone.update(places[1:])
    return [
        replace(one, times=counts.get(at, one.times))
        for at, one in enumerate(exchanges)
        if at not in gone
    ]
