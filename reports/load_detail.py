"""The engineer's half of a load test's page: thresholds, books, generator, how to repeat it."""

import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

from reports import words
from reports.load_data import Books, LoadView, ThresholdResult

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TONES = {"pass": "well", "fail": "open"}
UNKNOWN = "not recorded"


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """A threshold as it is read."""

    text: str
    tone: str
    state: str
    value: str
    interval: str
    n: str
    where: str


def thresholds(view: LoadView) -> list[ThresholdRow] | None:
    """Return the thresholds, broken ones first; None: an earlier version recorded none."""
    if view.facts.thresholds is None:
        return None
    weight = {"fail": 0, "no data": 1, "too few": 2, "not decided": 3, "pass": 4}
    found = sorted(view.facts.thresholds, key=lambda one: weight[one.state])
    return [
        ThresholdRow(
            text=one.text,
            tone=TONES.get(one.state, "unknown"),
            state=one.state,
            value=measured(one.value, one.unit),
            interval=_interval(one),
            n=words.NONE if one.n is None else words.number(one.n),
            where=one.where,
        )
        for one in found
    ]


def measured(value: float | None, unit: str) -> str:
    """Return a figure with its unit."""
    if value is None:
        return words.NONE
    if unit == "ms":
        return words.millis(value)
    if unit == "%":
        return words.percent(value / 100)
    if unit == "/s":
        return f"{words.number(value)} a second"
    return f"{words.number(value)} {unit}".strip()


def _interval(one: ThresholdResult) -> str:
    if one.low is None and one.high is None:
        return words.NONE
    if one.high is None:
        return f"from {measured(one.low, one.unit)}"
    if one.low is None:
        return f"up to {measured(one.high, one.unit)}"
    return f"{measured(one.low, one.unit)} to {measured(one.high, one.unit)}"


def equations(books: Books) -> list[tuple[str, str, str]]:
    """Return the two sums of the books: (tone, equation in figures, what it says)."""
    plan = (books.planned, books.started, books.dropped, books.unsent)
    starts = (books.started, books.done, books.failed, books.censored)
    return [
        _sum(books.plan_adds_up, plan, ("planned", "started", "dropped", "not sent")),
        _sum(books.starts_add_up, starts, ("started", "done", "failed", "open at the end")),
    ]


def _sum(
    right: bool | None, counts: tuple[int | None, ...], names: tuple[str, ...]
) -> tuple[str, str, str]:
    said = [
        f"{'?' if count is None else words.number(count)} {name}"
        for count, name in zip(counts, names, strict=True)
    ]
    tone = {True: "well", False: "open", None: "unknown"}[right]
    state = {True: "adds up", False: "does not add up", None: "not all of it was recorded"}[right]
    return tone, f"{said[0]} = {' + '.join(said[1:])}", state


def generator(view: LoadView) -> list[tuple[str, str]]:
    """Return the generator's health, line by line."""
    told = view.facts
    late = UNKNOWN if told.lateness_p99_ms is None else words.millis(told.lateness_p99_ms)
    busy = UNKNOWN if told.cpu_ratio_max is None else words.percent(told.cpu_ratio_max, 0)
    rows = [
        ("Left late, 99 of 100 visits within", late),
        ("Busiest second of a worker's core", busy),
        ("Requests sent", UNKNOWN if told.requests is None else words.number(told.requests)),
    ]
    for worker in told.workers:
        said = [f"on {worker.host}" if worker.host else "", worker.lost or "ran to the end"]
        if worker.cpu_ratio_max is not None:
            said.append(f"core {words.percent(worker.cpu_ratio_max, 0)}")
        if worker.lateness_p99_ms is not None:
            said.append(f"late {words.millis(worker.lateness_p99_ms)}")
        rows.append((f"Worker {worker.index + 1}", "; ".join(part for part in said if part)))
    return rows


def cleanup(view: LoadView) -> list[tuple[str, str, str]]:
    """Return what was undone: (tone, flow, what)."""
    rows = []
    for one in view.facts.cleanup or ():
        figures = ", ".join(
            f"{words.number(count)} {name}"
            for name, count in (("made", one.made), ("undone", one.undone), ("left", one.left))
            if count is not None
        )
        said = "; ".join(part for part in (figures, one.error) if part) or UNKNOWN
        tone = "well" if one.left == 0 and not one.error else "open"
        rows.append((tone if one.left is not None or one.error else "unknown", one.flow, said))
    return rows


def repeat(view: LoadView) -> str:
    """Return the command that runs the same again, safe to paste."""
    told, run = view.facts, view.run
    name = shlex.quote(run.campaign)
    again = shlex.join(told.again)
    command = {
        "breakpoint": f"forepost load breakpoint {name} {again}".rstrip(),
        "replay": f"forepost load replay {again or 'FILE.csv'} --campaign {name}",
    }.get(told.kind, f"forepost load run {name}")
    for key, value in told.setup.items():
        command += f" --setup {shlex.quote(f'{key}={value}')}"
    host = urlsplit(run.target).hostname or ""
    if host and host not in LOOPBACK:
        command += f" --i-own-this-target {shlex.quote(host)}"
    return command


def unjudged(view: LoadView) -> str:
    """Say why there is nothing on thresholds."""
    run = view.run
    if run.verdict == "interrupted" or (run.verdict is None and run.finished_at is None):
        return "Its thresholds were not judged: it still runs, or was ended before its time."
    return "It was made by a version that recorded no thresholds."


def missing(view: LoadView) -> list[str]:
    """Return what this load test does not say, one sentence each."""
    told = view.facts
    found = []
    if not view.endpoints and not view.visits:
        found.append("Its cells are no longer kept (or never were): curves are not drawn.")
    if told.thresholds is None:
        found.append(unjudged(view))
    if told.cleanup is None:
        found.append("Whether what it made in the shop was undone was not recorded.")
    elif not told.cleanup:
        found.append("Nothing was undone: the campaign asks for no clean-up.")
    if told.seed is None:
        found.append("The seed of its arrivals was not recorded.")
    if told.mocked:
        names = words.listed([words.clip(one, 60) for one in told.mocked])
        found.append(f"Mocked, so not tested: {names}.")
    broken = sum(one.broken for one in view.humans)
    if broken:
        found.append(
            f"{words.counted(broken, 'walk')} of probes broke on our side: they say nothing."
        )
    if not view.humans:
        found.append("No probe walked meanwhile: what a person's browser met is unknown.")
    wake = sum(one.found.wake for one in view.humans)
    if wake:
        found.append(
            f"{words.counted(wake, 'walk')} in the wake of a higher load {words.plural(wake, 'decides', 'decide')} nothing (hollow)."  # noqa: E501 - one sentence
        )
    found.append(
        "Requests are not people: a load test runs no script and paints nothing. Only the probes' "
        "browsers do."
    )
    return found
