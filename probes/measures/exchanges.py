"""Every request of a run with its times: the page's own book, joined with what was heard.

The browser keeps that book anyway (Resource Timing 2, Navigation Timing 2), so no request
is followed by events while it lasts. What the book does not know, the answers heard do
(probes/measures/traffic.py): method, the reason of a failure, an error of another site's file (that
it worked has no status there: the book hides it). An answer without a row (a redirect, a page that
ended before it told) stands without times: not measured is not zero.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

EXCHANGES = 2_000  # of one run
HEARD = 4_000
URL_LENGTH = 500
CLOCKS_DIFFER_MS = 30.0  # the page's clock and ours; an answer is heard a little later
VERSION = 1
Clean = Callable[[str], str]
FILES = ("stylesheet", "script", "image", "font", "media")  # asked for by GET (HTML standard)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of one request at its end."""

    url: str
    at_ms: float  # since 1970
    method: str
    kind: str  # document, script, xhr, …
    status: int | None = None
    failure: str | None = None  # net::ERR_…


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. Times in ms; None: not told (another site hides them)."""

    url: str
    method: str | None
    type: str
    status: int | None
    failure: str | None
    step: str | None
    document: str  # the page that it belongs to
    initiator_host: str | None  # of the script or page that asked for it
    started_at_ms: float  # since 1970
    duration_ms: float | None = None
    blocked_ms: float | None = None  # until a connection was sought
    dns_ms: float | None = None
    connect_ms: float | None = None  # TLS included
    tls_ms: float | None = None
    wait_ms: float | None = None  # from asking to the first byte
    receive_ms: float | None = None
    bytes: int | None = None  # as sent, with headers
    protocol: str | None = None


CELLS = tuple(cell.name for cell in fields(Exchange))


@dataclass(frozen=True, slots=True)
class Document:
    """The rows that one document told: vitals.js, `row`."""

    url: str
    began_ms: float  # since 1970, by this machine's clock
    rows: Sequence[Any]


@dataclass(slots=True)
class _Times:
    """The ten instants of a row, in ms since the navigation began; 0: not told."""

    start: float
    fetch: float
    dns_start: float
    dns_end: float
    connect_start: float
    tls_start: float
    connect_end: float
    request: float
    first_byte: float
    end: float


def exchanges(
    documents: Iterable[Document],
    heard: Iterable[Heard],
    steps: Sequence[tuple[float, str]],
    clean: Clean = str,
) -> list[Exchange]:
    """Return all requests of a run by their beginning, at most `EXCHANGES`.

    `steps`: when each began (ms since 1970, ascending), and its name. `clean` masks an address
    that has to be cut: half a secret is known by no mask. The others are still to be masked.
    """
    waiting: dict[str, list[Heard]] = {}
    for one in sorted(heard, key=lambda one: one.at_ms):
        waiting.setdefault(one.url, []).append(one)
    rows = ((row, document) for document in documents for row in document.rows)
    told = (
        _of_row(row, document, waiting, steps, clean) for row, document in islice(rows, EXCHANGES)
    )
    found = [made for made in told if made is not None]
    found += [_unseen(one, steps, clean) for rest in waiting.values() for one in rest]
    return sorted(found, key=lambda one: one.started_at_ms)[:EXCHANGES]


def pack(
    found: Sequence[Exchange], *, run_id: str, attempt: int, left_out: int = 0
) -> dict[str, Any]:
    """Return what the artefact says: times to a tenth of a ms, cells that are None left out."""
    requests = [
        {name: _short(value) for name in CELLS if (value := getattr(one, name)) is not None}
        for one in found
    ]
    return {
        "version": VERSION,
        "run": run_id,
        "attempt": attempt,
        "left_out": left_out,
        "requests": requests,
    }


def zipped(text: str) -> bytes:
    """Return a text as gzip; the same text gives the same bytes."""
    return gzip.compress(text.encode("utf-8", "replace"), compresslevel=5, mtime=0)


def unpack(data: bytes) -> dict[str, Any]:
    """Read an artefact of the kind "exchanges".

    Raises: OSError, EOFError or ValueError if it is not one.
    """
    read: dict[str, Any] = json.loads(gzip.decompress(data))
    return read


def _of_row(
    row: Any,
    document: Document,
    waiting: dict[str, list[Heard]],
    steps: Sequence[tuple[float, str]],
    clean: Clean,
) -> Exchange | None:
    """Return what a row says; None for one that the page has made up."""
    try:
        url, kind, *numbers, sent, body, status, protocol, asker = row
        times = _Times(*(float(number) for number in numbers))
        url, sent, body, status = str(url), int(sent), int(body), int(status)
        asked_by = urlsplit(str(asker) or document.url).hostname
        urlsplit(url)
    except (TypeError, ValueError, OverflowError):
        return None
    began_ms = document.began_ms + times.start
    if not (isfinite(began_ms) and isfinite(times.end)):
        return None
    said = _said(waiting, url, began_ms)
    return Exchange(
        url=_cut(url, clean),
        method=said.method if said else "GET" if kind in FILES else None,
        type=said.kind if said else str(kind)[:20],
        status=status or (said.status if said else None),
        failure=said.failure if said else None,
        step=_step(began_ms, steps),
        document=_cut(document.url, clean),
        initiator_host=asked_by[:100] if asked_by else None,
        started_at_ms=began_ms,
        duration_ms=_span(times.start, times.end, zero=True),
        bytes=sent if sent or body else None,
        protocol=str(protocol)[:20] or None,
        **_phases(times),
    )


def _phases(times: _Times) -> dict[str, float | None]:
    """Return the phases. Another site that does not allow it tells start and end only."""
    if not times.request:
        return {}
    connected = times.connect_end > times.connect_start
    sought = times.dns_start if times.dns_end > times.dns_start else 0.0
    sought = sought or (times.connect_start if connected else times.request)
    return {
        "blocked_ms": _span(times.fetch, sought, zero=True),
        "dns_ms": _span(times.dns_start, times.dns_end),
        "connect_ms": _span(times.connect_start, times.connect_end),
        "tls_ms": _span(times.tls_start, times.connect_end) if times.tls_start else None,
        "wait_ms": _span(times.request, times.first_byte, zero=True),
        "receive_ms": _span(times.first_byte, times.end, zero=True),
    }


def _span(start: float, end: float, *, zero: bool = False) -> float | None:
    """Return the length; None for an end that is not told, and for nothing unless `zero`."""
    length = end - start
    return length if length > 0 or (zero and length == 0 and end > 0) else None


def _said(waiting: dict[str, list[Heard]], url: str, began_ms: float) -> Heard | None:
    """Take the first thing heard of a URL after its request began."""
    said = waiting.get(url, [])
    for index, one in enumerate(said):
        if one.at_ms >= began_ms - CLOCKS_DIFFER_MS:
            return said.pop(index)
    return None


def _cut(url: str, clean: Clean) -> str:
    """Return an address that is not too long."""
    return url if len(url) <= URL_LENGTH else clean(url)[:URL_LENGTH]


def _unseen(one: Heard, steps: Sequence[tuple[float, str]], clean: Clean) -> Exchange:
    """Return an answer that no page told of."""
    return Exchange(
        url=_cut(one.url, clean),
        method=one.method,
        type=one.kind,
        status=one.status,
        failure=one.failure,
        step=_step(one.at_ms, steps),
        document="",
        initiator_host=None,
        started_at_ms=one.at_ms,
    )


def _step(at_ms: float, steps: Sequence[tuple[float, str]]) -> str | None:
    """Return the step in which an instant lies."""
    name = None
    for began_ms, step in steps:
        if at_ms + CLOCKS_DIFFER_MS / 10 < began_ms:
            break
        name = step
    return name


def _short(value: Mapping[str, Any] | float | str) -> Any:
    return round(value, 1) if isinstance(value, float) else value
