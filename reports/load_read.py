"""LoadRun.detail read with care: what an earlier version did not write is unknown, never zero.

Its schema is told in docs/load.md. Texts may come from a shop or a campaign file: each is
clipped to one line here and escaped by the template.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from math import isfinite

from forepost.model import LoadRun
from reports import words
from reports.load_data import (
    Books,
    CleanUp,
    FlowCapacity,
    Law,
    LevelResult,
    LoadFacts,
    ThresholdResult,
    Worker,
)

Table = Mapping[str, object]
# A state that nobody knows is no pass.
STATES = {
    "pass": "pass",
    "fail": "fail",
    "no data": "no data",
    "too few": "too few",
    "undecided": "not decided",
    "not decided": "not decided",
}


def facts(run: LoadRun) -> LoadFacts:
    """Return what a stored load test says of itself."""
    told = run.detail
    health = table(told.get("health"))
    cpu = health.get("cpu_ratio_max", told.get("generator_cpu_ratio"))
    late = health.get("lateness_p99_ms", told.get("lateness_p99_ms"))
    return LoadFacts(
        kind=text(told.get("kind")) or "run",
        title=text(told.get("title"), 90) or words.heading(words.clip(run.campaign, 90)),
        owner=text(told.get("owner"), 60),
        headroom=number(told.get("headroom")),
        dates=_dates(told.get("dates")),
        mocked=texts(told["mocked"]) if "mocked" in told else None,
        resources={words.clip(n, 60): texts(v) for n, v in table(told.get("resources")).items()},
        setup={words.clip(n, 60): text(v, 60) for n, v in table(told.get("setup")).items()},
        lines=texts(told.get("lines")) or texts([told.get("summary")]),
        evidence=texts(told.get("evidence")),
        runner_up=text(told.get("runner_up"), 60),
        flows=tuple(_capacities(told, valid=run.verdict != "invalid")),
        thresholds=tuple(_threshold(row) for row in tables(told["thresholds"]))
        if "thresholds" in told
        else None,
        levels=tuple(_levels(told.get("levels"))),
        laws=tuple(_laws(told)),
        phases=tuple(_phases(told.get("phases"))),
        workers=tuple(_worker(n, row) for n, row in enumerate(tables(told.get("workers")))),
        cpu_ratio_max=number(cpu),
        lateness_p99_ms=number(late),
        books=Books(**{name: count(told.get(name)) for name in Books.__dataclass_fields__}),
        requests=count(told.get("requests")),
        errors=_counts(told.get("errors")),
        cleanup=tuple(_cleanup(told["cleanup"])) if "cleanup" in told else None,
        seed=count(told.get("seed")),
        cut_short=text(told.get("cut_short")),
        invalid=text(told.get("invalid")),
        planned_end_at=_moment(told.get("planned_end_at")),
        again=texts(told.get("again")),
    )


def number(value: object) -> float | None:
    """Return a finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def count(value: object) -> int | None:
    """Return a whole number; None for anything else."""
    found = number(value)
    return None if found is None or found != int(found) else int(found)


def text(value: object, limit: int = 280) -> str:
    """Return one clipped line; nothing is the empty one."""
    return "" if value is None else words.clip(str(value), limit)


def texts(value: object) -> tuple[str, ...]:
    """Return the lines of a list."""
    rows = value if isinstance(value, list | tuple) else ()
    return tuple(line for line in (text(row) for row in rows) if line)


def table(value: object) -> Table:
    """Return a JSON object; anything else is an empty one."""
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def tables(value: object) -> list[Table]:
    """Return the JSON objects of a list."""
    rows = value if isinstance(value, list | tuple) else ()
    return [table(row) for row in rows if isinstance(row, Mapping)]


def _capacities(told: Table, *, valid: bool) -> Iterable[FlowCapacity]:
    """Return what each flow takes; of an invalid run only what was forecast for it."""
    peaks = table(told.get("peaks"))
    brackets: Table = table(told.get("brackets"))
    if not valid:
        brackets = dict.fromkeys(brackets)
        told = {**told, "search": None, "fallout": None}
    plateaus = table(table(told.get("search")).get("plateaus"))
    fallout, headroom = table(told.get("fallout")), number(told.get("headroom"))
    for flow in dict.fromkeys([*brackets, *peaks]):
        bracket, peak = table(brackets.get(flow)), table(peaks.get(flow))
        cost, top = table(fallout.get(flow)), table(plateaus.get(flow))
        per_s = number(peak.get("per_s"))
        yield FlowCapacity(
            flow=words.clip(flow, 60),
            unit=text(peak.get("unit"), 40) or "visits",
            peak_per_s=per_s,
            need_per_s=None if per_s is None or headroom is None else per_s * headroom,
            low_per_s=number(bracket.get("low_per_s")),
            high_per_s=number(bracket.get("high_per_s")),
            why=text(bracket.get("why")),
            plateau_per_s=number(bracket.get("plateau_per_s")),
            plateau_range=_range([top.get("low_per_s"), top.get("high_per_s")]),
            sure_per_s=number(bracket.get("sure_per_s")),
            sure_known="sure_per_s" in bracket,
            judged=told.get("kind") != "smoke",
            failing_per_min=_range(cost.get("failing_per_min")),
            posts_per_hour=_posts(cost.get("posts_per_hour")),
        )


def _range(value: object) -> tuple[float, float] | None:
    """Return least and most of a number, or of a list of them."""
    found = numbers(value)
    return (min(found), max(found)) if found else None


def _posts(value: object) -> tuple[float, float, float] | None:
    found = numbers(value)
    return (found[0], found[1], found[2]) if len(found) == 3 else None  # noqa: PLR2004 - low, middle, high


def numbers(value: object) -> list[float]:
    """Return the numbers of a list, or the one that stands alone; none if any is not one."""
    found = [number(one) for one in (value if isinstance(value, list | tuple) else [value])]
    known = [one for one in found if one is not None]
    return known if len(known) == len(found) else []


def _threshold(row: Table) -> ThresholdResult:
    return ThresholdResult(
        text=text(row.get("text"), 160) or "threshold without a text",
        state=STATES.get(text(row.get("state"), 20).lower().replace("_", " "), "no data"),
        value=number(row.get("value")),
        unit=text(row.get("unit"), 12),
        limit=number(row.get("limit")),
        low=number(row.get("low")),
        high=number(row.get("high")),
        n=count(row.get("n")),
        where=text(row.get("where"), 120),
        abort=row.get("abort") is True,
    )


def _levels(value: object) -> Iterable[LevelResult]:
    """Return the levels whose place and rate are known."""
    for row in tables(value):
        span = number(row.get("start_s")), number(row.get("end_s"))
        rate = number(row.get("planned_per_s"))
        if span[0] is not None and span[1] is not None and rate is not None:
            yield LevelResult(
                flow=text(row.get("flow"), 60),
                start_s=span[0],
                end_s=span[1],
                planned_per_s=rate,
                offered=count(row.get("offered")),
                done=count(row.get("done")),
                p95_ms=number(row.get("p95_ms")),
                held=text(row.get("held"), 20),
            )


def _laws(told: Table) -> Iterable[Law]:
    """Return the curves of a search whose numbers are all there."""
    for flow, row in table(table(told.get("search")).get("curves")).items():
        curve = table(row)
        names = ("per_s", "contention", "coherence", "from_in_flight", "to_in_flight")
        found = {name: number(curve.get(name)) for name in names}
        known = {name: value for name, value in found.items() if value is not None}
        if len(known) == len(names) and 0 < known["from_in_flight"] < known["to_in_flight"]:
            yield Law(flow=words.clip(flow, 60), points=tuple(_points(told, flow)), **known)


def _points(told: Table, flow: str) -> Iterable[tuple[float, float]]:
    for step in tables(table(told.get("search")).get("steps")):
        own = table(table(step.get("flows")).get(flow))
        in_flight, done = number(own.get("in_flight")), number(own.get("done_per_s"))
        if step.get("counts") is not False and in_flight is not None and done is not None:
            yield in_flight, done


def _phases(value: object) -> Iterable[tuple[str, float, float]]:
    for row in tables(value):
        start, end = number(row.get("start_s")), number(row.get("end_s"))
        if start is not None and end is not None:
            yield text(row.get("name"), 40), start, end


def _worker(place: int, row: Table) -> Worker:
    index = count(row.get("index"))
    lost = row.get("lost")
    return Worker(
        index=place if index is None else index,
        host=text(row.get("host"), 60),
        lost="lost" if lost is True else text(lost or None, 160),
        cpu_ratio_max=number(row.get("cpu_ratio_max")),
        lateness_p99_ms=number(row.get("lateness_p99_ms")),
    )


def _counts(value: object) -> Mapping[str, int]:
    found = {words.clip(kind, 80): count(n) for kind, n in table(value).items()}
    known = {kind: n for kind, n in found.items() if n is not None}
    return dict(sorted(known.items(), key=lambda pair: -pair[1]))


def _cleanup(value: object) -> Iterable[CleanUp]:
    for flow, row in table(value).items():
        done = table(row)
        yield CleanUp(
            flow=words.clip(flow, 60),
            made=count(done.get("made")),
            undone=count(done.get("undone")),
            left=count(done.get("left")),
            error=text(done.get("error")),
        )


def _dates(value: object) -> tuple[date, date] | None:
    if not isinstance(value, list | tuple) or not value:
        return None
    try:
        days = [date.fromisoformat(str(day)[:10]) for day in value]
    except ValueError:
        return None
    return min(days), max(days)


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
