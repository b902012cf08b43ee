"""The first screen in a manager's words: pure sentences over ReportData."""

from collections.abc import Iterable
from dataclasses import dataclass

from forepost.model import Estimate, IncidentKind, LoadRun
from reports import load_words, proof, words
from reports.data import LedgerRow, ReportData, Truth

FRONT = 4  # incidents on the first screen
UNHEARD = "no source of posts was read"


@dataclass(frozen=True, slots=True)
class State:
    """How things stand at the end of the period: `well`, `open` or `unknown`."""

    tone: str
    said: str


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the first screen: its title, the figure, and what it rests on."""

    title: str
    value: str
    detail: str
    truth: str = ""  # the town's own count, in a demo


def state(data: ReportData) -> State:
    """Say whether anything is broken now; without a measurement nobody knows."""
    if data.empty or not (data.coverage.measured or data.coverage.posts):
        return State("unknown", "State unknown: nothing was measured")
    if not data.counted and any(flow.planned.excluded for flow in data.flows):
        short = " or ended before it paid" if proof.unproved(data) else ""
        return State("unknown", f"State unknown: every run was part of planned work{short}")
    lasting = [row for row in data.rows + data.surges if row.story.incident.open]
    if lasting:
        names = words.listed([words.label(row.flow) for row in lasting])
        count = words.counted(len(lasting), "incident")
        return State("open", f"{count} open: {names}{_work(data)}")
    if doubts := proof.doubts(data):
        return State("unknown", f"No incident is open, but {'; '.join(doubts)}{_work(data)}")
    return State("well", f"All well at the end of this period: no incident is open{_work(data)}")


def _work(data: ReportData) -> str:
    """Name the planned work that lasts at the end of the period."""
    names = [
        words.clip(window.name, 60)
        for window in data.windows
        if window.starts_at <= data.until < window.ends_at
    ]
    return f"; maintenance lasts: {words.listed(list(dict.fromkeys(names)))}" if names else ""


def headline(data: ReportData) -> str:
    """Say in one line what the period brought."""
    if data.empty:
        return (
            "Nothing was measured between "
            f"{words.moment(data.since, data.zone, dated=data.dated)} and "
            f"{words.moment(data.until, data.zone, dated=data.dated)}"
        )
    if not data.rows:
        if not data.coverage.measured:
            return "No probe measured the shop in this period"
        return "No customer journey broke in this period, as far as it was watched"
    found = _broke(data)
    if not data.heard:
        return f"{found}; whether anybody posted is unknown"
    first = data.lead.first if data.lead else None
    if first is None:
        return f"{found}; nobody has posted about {'it' if len(data.rows) == 1 else 'them'}"
    silent = data.lead.classes.get("silent", 0) if data.lead else 0
    posted = " that customers posted about" if silent else ""
    return f"{found}; Forepost knew first in {first.count} of {first.of}{posted}"


def _broke(data: ReportData) -> str:
    """Say how many journeys broke, or how often when one broke again."""
    flows = {row.flow for row in data.rows}
    said = words.spelled(len(data.rows))
    count = said[:1].upper() + said[1:]
    if len(flows) == len(data.rows):
        return f"{count} customer {words.plural(len(flows), 'journey broke', 'journeys broke')}"
    return f"{count} incidents in {words.counted(len(flows), 'customer journey')}"


def front(data: ReportData) -> list[LedgerRow]:
    """Return the incidents that the first screen tells: open ones, then the costliest.

    In the order in which they happened; the ledger has them all.
    """
    every = data.rows + data.surges

    def weight(row: LedgerRow) -> tuple[bool, float, float]:
        hit = row.story.customers_affected
        last = row.story.incident.opened_at.timestamp()
        return (row.story.incident.open, hit.value if hit else 0.0, last)

    kept = sorted(every, key=weight, reverse=True)[:FRONT]
    return sorted(kept, key=lambda row: row.story.incident.opened_at)


def story(row: LedgerRow, data: ReportData) -> str:
    """Tell one incident from beginning to end."""
    incident = row.story.incident
    at = words.moment(incident.opened_at, data.zone, dated=data.dated)
    what = f'"{words.clip(incident.step, 60)}" failed' if incident.step else "it failed"
    if incident.kind is IncidentKind.COMPLAINTS:
        what = "more complaints than usual, and no probe that explains them"
    also = _also(row)
    parts = [
        f"{what}{also}; detected at {at}",
        _first(row, data),
        _cost(row.story.customers_affected),
    ]
    if incident.closed_at is None:
        parts.append("it still lasts")
    else:
        lasted = (incident.closed_at - incident.onset_at).total_seconds()
        parts.append(f"lasted {words.duration(lasted)}")
    return "; ".join(part for part in parts if part) + "."


def _also(row: LedgerRow) -> str:
    if not row.story.explains:
        return ""
    return f", and {words.listed([words.label(name) for name in row.story.explains])} with it"


def _first(row: LedgerRow, data: ReportData) -> str:
    lead_s = row.story.lead_time_s
    if lead_s is None:
        return "nobody posted about it" if data.heard else "whether anybody posted is unknown"
    if lead_s > 0:
        return f"{words.duration(lead_s)} before the first complaint"
    if lead_s < 0:
        return f"customers were first, by {words.duration(-lead_s)}"
    return "at the same moment as the first complaint"


def _cost(affected: Estimate | None) -> str:
    if affected is None:
        return "customers affected unknown"
    return f"about {words.estimate(affected)} customers affected"


def cards(data: ReportData) -> list[Card]:
    """Return the figures of the first screen, always the same six in the same order."""
    return [
        _who_first(data),
        _mean_lead(data),
        _customers(data),
        _posts(data),
        _load(data),
        _coverage(data),
    ]


def _nothing(data: ReportData) -> str:
    """Say why there is no figure: quiet is one thing, unseen another."""
    return "no incident in this period" if data.coverage.measured else "nothing was measured"


def _who_first(data: ReportData) -> Card:
    title = "Who knew first"
    if data.lead is None:
        return Card(title, words.NONE, _nothing(data))
    if not data.heard:
        return Card(title, "unknown", UNHEARD)
    first = data.lead.first
    rest = ", ".join(
        f"{count} {_CLASS_SAID[name]}"
        for name, count in data.lead.classes.items()
        if count and name != "first"
    )
    if first is None:
        return Card(title, "nobody posted", rest)
    detail = f"incidents that customers posted about; {_wilson(first.low, first.high)}"
    return Card(title, f"{first.count} of {first.of}", f"{detail}{'; ' + rest if rest else ''}")


_CLASS_SAID = {
    "first": "first",
    "tie": "at the same moment",
    "late": "after customers",
    "missed": "missed by the probes",
    "silent": "without any post",
}


def _wilson(low: float, high: float) -> str:
    return f"95 % interval {words.percent(low, 0)} to {words.percent(high, 0)}"


def _mean_lead(data: ReportData) -> Card:
    title = "Restricted mean lead"
    mean = data.lead.mean_s if data.lead else None
    if data.lead is None or mean is None:
        return Card(title, words.NONE, _nothing(data))
    if not data.heard:
        return Card(title, "unknown", UNHEARD)
    horizon = words.duration(data.lead.horizon_s)
    interval = f"{words.percent(mean.level, 0)} interval {words.lead(mean.low)} to "
    detail = f"{interval}{words.lead(mean.high)}; every incident counts, up to {horizon}"
    return Card(title, words.lead(mean.value), detail)


def total(estimates: Iterable[Estimate | None]) -> Estimate | None:
    """Add estimates; the ends add too, since incidents share their rates (an outer bound)."""
    known = [one for one in estimates if one is not None]
    if not known:
        return None
    return Estimate(
        value=sum(one.value for one in known),
        low=sum(one.low for one in known),
        high=sum(one.high for one in known),
        level=min(one.level for one in known),
    )


def _customers(data: ReportData) -> Card:
    title = "Customers affected"
    if not data.rows:
        return Card(title, words.NONE, _nothing(data))
    affected = total(row.story.customers_affected for row in data.rows)
    if affected is None:
        return Card(title, "unknown", "no rate of customers is known: customers_per_minute")
    without = sum(row.story.customers_affected is None for row in data.rows)
    detail = f"estimate, {words.interval(affected)}"
    if without:
        detail += f"; {words.counted(without, 'incident')} without a known rate left out"
    hit = [t.customers_hit for t in _truths(data) if t.customers_hit is not None]
    return Card(
        title,
        words.number(round(affected.value)),
        detail,
        truth=f"truth: {words.number(sum(hit))}" if hit else "",
    )


def _truths(data: ReportData) -> list[Truth]:
    """Return each situation's truth once, though several rows may tell of it."""
    return list({row.situation: row.truth for row in data.rows if row.truth}.values())


def _posts(data: ReportData) -> Card:
    title = "Complaints: expected and seen"
    seen = sum(row.story.posts_seen for row in data.rows)
    expected = total(row.story.expected_posts for row in data.rows)
    if not data.rows:
        return Card(title, words.NONE, _nothing(data))
    posted = [t.posts for t in _truths(data) if t.posts is not None]
    truth = f"truth: {words.number(sum(posted))} posted" if posted else ""
    if data.coverage.complaint_ratio is None:
        return Card(title, "not seen", "no source of posts was read in this period", truth)
    if expected is None:
        return Card(title, f"{words.number(seen)} seen", "expected: unknown", truth)
    detail = f"{words.number(round(expected.value))} expected, {words.interval(expected)}"
    return Card(title, f"{words.number(seen)} seen", detail, truth)


def _load(data: ReportData) -> Card:
    title = "What gives way first under load"
    if data.load is None:
        return Card(title, "not tested", "no load test in this period")
    run = data.load.run
    if run.bottleneck is None:
        value = load_words.first(data.load).value if run.verdict else "still running"
    else:
        value = words.heading(run.bottleneck.replace("_db", "_database"))
    first = [line.partition("; first broken")[0] for line in load_lines(run)[:1]]
    return Card(title, value, ": ".join([verdict(run), *first]))


def verdict(run: LoadRun) -> str:
    """Return a load test's verdict with the campaign that it is about."""
    title = words.clip(str(run.detail.get("title") or words.label(run.campaign)), 60)
    if run.verdict is None:
        return f"{title}: no verdict yet"
    return f"{run.verdict.upper().replace('_', ' ')} for {title}"


def load_lines(run: LoadRun) -> list[str]:
    """Return what the load test says of capacity, in its own words."""
    lines = run.detail.get("lines")
    if not isinstance(lines, list | tuple):
        lines = [run.detail["summary"]] if run.detail.get("summary") else []
    return [words.clip(str(line)) for line in lines]


def load_evidence(run: LoadRun) -> list[str]:
    """Return the signs by which the bottleneck was named."""
    signs = run.detail.get("evidence")
    return [words.clip(str(sign)) for sign in signs] if isinstance(signs, list | tuple) else []


def _coverage(data: ReportData) -> Card:
    cover = data.coverage
    title = "Data coverage"
    if cover.probe_ratio is None:
        value = "no probe ran"
    else:
        value = f"{words.percent(cover.probe_ratio, 0)} of probe runs"
    if cover.complaint_ratio is None:
        posts = "posts: no source was read"
    else:
        posts = f"posts: {words.percent(cover.complaint_ratio, 0)} of the period covered"
    if cover.long_gap_s is not None:
        posts += f"; no run for {words.duration(cover.long_gap_s)} on end"
    runs = f"{words.number(cover.measured)} of {words.counted(cover.runs, 'run')} measured"
    return Card(title, value, f"{runs}; {posts}" if cover.runs else posts)
