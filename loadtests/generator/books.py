"""The books of a load test: every visit in exactly one count, and whether that can be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forepost.analysis import histogram
from loadtests.cells import WHOLE, whole
from loadtests.generator.kinds import NO_LOOKUP, OUR_FAULT, OUR_LIMIT
from loadtests.generator.watching import Watching

_BUSY_CPU_RATIO = 0.9
_BUSY_SECONDS = 3
LOOK_BACK_S = 10
"""Seconds that are looked at together: as long as the stretches that thresholds speak of."""

_COUNTS = ("started", "done", "failed", "censored", "dropped")


def books(watching: Watching, planned: int) -> Mapping[str, Any]:
    """Return the totals of a run that is over, and the generator's health, as JSON values.

    Shape: planned = started + dropped + unsent; started = done + failed + censored. Visits that
           a lost worker would still have sent are `unsent`.
    """
    visits = whole(watching.tallies.values())
    kinds: dict[str, int] = {}
    for tally in visits:
        for kind, number in tally.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    totals = {name: sum(getattr(tally.cell, name) for tally in visits) for name in _COUNTS}
    offered = totals["started"] + totals["dropped"]
    return {
        "planned": planned,
        "offered": offered,
        **totals,
        "unsent": planned - offered,
        "errors": kinds,
        "requests": (watching.end or {}).get("requests"),
        "workers": [
            {
                "index": worker,
                "host": str(watching.crew[worker]["name"]),
                "pid": int(watching.crew[worker]["pid"]),
                "lost": watching.lost[worker].how if worker in watching.lost else "",
                **health(told),
            }
            for worker, told in _by_worker(watching)
        ],
        "health": health(watching.health),
        "cleanup": {
            flow: {name: one[name] for name in ("made", "undone", "left", "error")}
            for flow, one in watching.cleaned.items()
        },
    }


def health(told: Sequence[Mapping[str, Any]]) -> Mapping[str, float | None]:
    """Return how the generator did in some seconds of some workers, None where nothing was told.

    Units: the share of one core in the busiest second; how late 1 visit in 100 left, in ms.
    """
    late_us = histogram.percentile_us(histogram.merge(map(_late, told)), 0.99)
    return {
        "cpu_ratio_max": max((float(one["cpu_ratio"]) for one in told), default=None),
        "lateness_p99_ms": None if late_us is None else late_us / 1000,
    }


def unsound(watching: Watching, planned: int, max_lateness_s: float) -> str:
    """Return why the figures say nothing of the shop; empty when they do."""
    if watching.lost:
        first = min(watching.lost.values(), key=lambda one: one.heard_s)
        return first.words(len(watching.crew))
    if watching.end is None:
        return "the load generator did not close its books"
    return (
        _late_worker(watching, max_lateness_s)
        or _busy_worker(watching)
        or _unbalanced(watching, planned)
        or _own_faults(watching)
    )


def _late_worker(watching: Watching, max_lateness_s: float) -> str:
    """Return who was late in any ten seconds: a stall of the generator is not the shop's."""
    for worker, told in _by_worker(watching):
        for end in range(1, len(told) + 1):
            late = late_words(worker, told[max(0, end - LOOK_BACK_S) : end], max_lateness_s)
            if late:
                return late
    return ""


def _busy_worker(watching: Watching) -> str:
    for worker, told in _by_worker(watching):
        for end in range(1, len(told) + 1):
            busy = busy_words(worker, told[max(0, end - LOOK_BACK_S) : end])
            if busy:
                return busy
    return ""


def late_words(worker: int, lately: Sequence[Mapping[str, Any]], max_lateness_s: float) -> str:
    """Say that a worker was late in its last LOOK_BACK_S lines of health; empty if it was not."""
    late_us = histogram.percentile_us(histogram.merge(map(_late, lately)), 0.99)
    if late_us is None or late_us <= max_lateness_s * 1e6:
        return ""
    return (
        f"the generator was late: by second {lately[-1]['second'] + 1} of the run, one visit in "
        f"100 of worker {worker + 1} left {late_us / 1000:,.1f} ms or more after its time "
        f"(limit {max_lateness_s * 1000:,.0f} ms); run it on a quieter machine"
    )


def busy_words(worker: int, lately: Sequence[Mapping[str, Any]]) -> str:
    """Say that a worker was busy in its last few lines of health; empty if it was not."""
    row = lately[-_BUSY_SECONDS:]
    if len(row) < _BUSY_SECONDS or any(one["cpu_ratio"] < _BUSY_CPU_RATIO for one in row):
        return ""
    return (
        f"worker {worker + 1} of the generator used its whole core for "
        f"{_BUSY_SECONDS} s; lower the rate or add workers"
    )


def _unbalanced(watching: Watching, planned: int) -> str:
    """Return which counts disagree: the workers' own, the cells', Locust's, the plan's."""
    end = watching.end or {}
    own = end["workers"]
    totals = {name: sum(one[name] for one in own) for name in (*_COUNTS, "unsent")}
    ended = totals["done"] + totals["failed"] + totals["censored"]
    if totals["started"] != ended:
        return f"{totals['started']} visits started, {ended} ended"
    sent = totals["started"] + totals["dropped"] + totals["unsent"]
    if sent != planned:
        return f"{planned} visits were planned, {sent} were sent, dropped or left"
    visits = whole(watching.tallies.values())
    for name in _COUNTS:
        counted = sum(getattr(tally.cell, name) for tally in visits)
        if counted != totals[name]:
            return f"the workers told of {totals[name]} visits {name}, their cells of {counted}"
    if end["requests"] != end["locust_requests"]:
        return f"Locust counted {end['locust_requests']} requests, the recorder {end['requests']}"
    return ""


def _own_faults(watching: Watching) -> str:
    """Return what user files raised, or our machine lacked: it never counts as the shop's."""
    for tally in watching.tallies.values():
        for kind in tally.kinds:
            if kind.startswith(OUR_LIMIT):
                return _lacked(kind.removeprefix(OUR_LIMIT))
            if tally.cell.endpoint == WHOLE and kind.startswith(OUR_FAULT):
                name = kind.removeprefix(OUR_FAULT)
                return f"loadtests/users/{tally.cell.flow}.py raised {name}; mend the file"
    return ""


def _lacked(what: str) -> str:
    if what == NO_LOOKUP:
        return (
            f"the load generator's own machine could not send: {what}; give the target's address "
            "in its hosts file, or let a resolver run on it"
        )
    return (
        f"the load generator's own machine could not send: {what}; raise that limit (ulimit -n "
        "for files), lower max_in_flight, or add machines"
    )


def _by_worker(watching: Watching) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    for worker in sorted(watching.crew):
        yield worker, [one for one in watching.health if one["worker"] == worker]


def _late(one: Mapping[str, Any]) -> dict[int, int]:
    return {int(key): number for key, number in one["late_us"].items()}
