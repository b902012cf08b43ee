"""Raw samples of a simulated run, and the cells that they make: tests count the samples."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.cells import WHOLE, WHOLE_STEP, Tally


@dataclass(frozen=True, slots=True)
class Sample:
    """One visit: when it was due, how long it took, how it ended."""

    second: int
    ms: float = 50.0
    ended: str = "done"  # done | failed | censored | dropped | open
    flow: str = "gift_card"
    endpoint: str = WHOLE
    step: str = ""


@dataclass(slots=True)
class _Cell:
    counts: dict[str, int] = field(default_factory=dict)
    times: dict[int, int] = field(default_factory=dict)


def tallies(samples: Iterable[Sample]) -> list[Tally]:
    """Return the cells that a recorder would have made of samples."""
    made: dict[tuple[int, str, str, str], _Cell] = {}
    for one in samples:
        cell = made.setdefault((one.second, one.flow, one.step, one.endpoint), _Cell())
        names = [one.ended] if one.ended == "dropped" else ["started", one.ended]
        for name in names:
            cell.counts[name] = cell.counts.get(name, 0) + 1
        if one.ended in ("done", "failed", "censored"):
            histogram.record(cell.times, round(one.ms * 1000))
    return [
        Tally(
            LoadCell(
                load_run="r",
                second=second,
                flow=flow,
                endpoint=endpoint,
                step=step,
                response_us=cell.times,
                service_us=cell.times,
                **{name: n for name, n in cell.counts.items() if name != "open"},
            )
        )
        for (second, flow, step, endpoint), cell in made.items()
    ]


def visits(
    number: int, second: int, ms: float = 50.0, ended: str = "done", flow: str = "gift_card"
) -> list[Sample]:
    """Return several visits alike."""
    return [Sample(second, ms, ended, flow)] * number


def at_step(samples: Sequence[Sample], step: str) -> list[Sample]:
    """Return the same as one step's totals."""
    return [replace(one, endpoint=WHOLE_STEP, step=step) for one in samples]


def at_endpoint(samples: Sequence[Sample], endpoint: str) -> list[Sample]:
    """Return the same as requests of one endpoint."""
    return [replace(one, endpoint=endpoint) for one in samples]
