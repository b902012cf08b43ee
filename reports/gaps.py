"""What was not measured, and how things are decided: the small print, in plain sentences."""

from forepost.analysis.fallout import LEVEL
from reports import proof, words
from reports.data import ReportData

FULL = 0.999


def gaps(data: ReportData) -> list[str]:
    """Return what this report cannot say, one sentence each; never an empty list."""
    return [
        *_probes(data), *proof.gaps(data), *_planned(data), *_left(data), *_customers(data),
        *_load(data), _always(data),
    ]  # fmt: skip


def _probes(data: ReportData) -> list[str]:
    cover = data.coverage
    if not cover.measured:
        return [
            "No probe measured anything in this period: availability and page load are unknown."
        ]
    found = []
    unseen = [
        words.label(flow.name)
        for flow in data.flows
        if flow.availability is None and not flow.capped
    ]
    if unseen:
        found.append(f"Never measured: {words.listed(unseen)}.")
    if cover.broken:
        found.append(
            f"{words.counted(cover.broken, 'run')} broke on our side ({cover.skipped} missed or "
            "skipped by the scheduler); they count neither for nor against the shop."
        )
    if cover.long_gap_s is not None:
        found.append(
            f"No probe measured anything for {words.duration(cover.long_gap_s)} on end: what "
            "happened then is unknown."
        )
    if cover.contended:
        found.append(
            f"{words.counted(cover.contended, 'run')} ran while this machine was busy (above 80 % "
            "of its processor): whether they worked counts. Their times read too long: where a "
            "flow has others, they are left out."
        )
    under_load = sum(flow.under_load for flow in data.flows)
    if under_load:
        found.append(
            f"{words.counted(under_load, 'run')} walked during a load test of ours: shown in the "
            "timeline and under load, counted nowhere else."
        )
    mixed = [flow for flow in data.flows if flow.elsewhere]
    if mixed:
        named = words.listed([words.label(flow.name) for flow in mixed])
        found.append(
            f"Not always walked on the same device: {named}. Times there are of the latest one "
            "only; the timeline joins all."
        )
    if len(cover.browsers) > 1:
        found.append(
            f"Times come from {len(cover.browsers)} browser builds and should not be compared "
            "across the change."
        )
    return found


def _planned(data: ReportData) -> list[str]:
    """Say what planned work takes out, flow by flow."""
    found = []
    for flow in data.flows:
        work = flow.planned
        if not (work.excluded or work.out_s):
            continue
        named = f" ({words.listed([words.clip(name, 60) for name in work.names])})"
        found.append(
            f"{words.heading(flow.name)}: {words.duration(work.out_s)} of maintenance"
            f"{named if work.names else ''}: unknown, neither good nor bad; "
            f"{words.counted(work.excluded, 'run')} in it "
            f"{words.plural(work.excluded, 'counts', 'count')} for no figure."
        )
    return found


def _left(data: ReportData) -> list[str]:
    """Say what clean-ups could not prove."""
    found = []
    failed = sum(count for flow in data.flows for _, count in flow.left)
    if failed:
        found.append(
            f"{words.counted(failed, 'clean-up')} failed: something that a probe made may be left "
            "in the shop."
        )
    blind = sum(flow.unproved for flow in data.flows)
    if blind:
        found.append(
            f"{words.counted(blind, 'clean-up')} broke on our side: what they left is unknown."
        )
    return found


def _customers(data: ReportData) -> list[str]:
    cover = data.coverage
    if cover.complaint_ratio is None:
        return ["No source of posts was read: whether customers complained is unknown."]
    found = []
    if cover.complaint_ratio < FULL:
        found.append(
            f"Sources covered {words.percent(cover.complaint_ratio)} of the period; hatched times "
            "in the timeline are unknown, not quiet."
        )
    if cover.failed_polls:
        found.append(f"{words.counted(cover.failed_polls, 'look')} at a source had no answer.")
    rows = [row for row in data.rows if row.story.customers_affected is None]
    if rows:
        names = words.listed(sorted({words.label(row.flow) for row in rows}))
        found.append(
            f"Customers affected by {names}: unknown without customers_per_minute in config.toml."
        )
    return found


def _load(data: ReportData) -> list[str]:
    if data.load is None:
        return ["No load test ran in this period: what gives way first is unknown."]
    found = []
    if not data.load.probes:
        found.append("No probe walked during the load test: page load under load is unknown.")
    mocked = data.load.facts.mocked
    if mocked:
        names = words.listed([words.clip(name, 60) for name in mocked])
        found.append(f"The load test did not test what was mocked: {names}.")
    if data.load.facts.invalid:
        found.append(
            "The load test is not valid: its figures describe the generator, not the shop."
        )
    return found


def _always(data: ReportData) -> str:
    places = len(data.coverage.locations)
    where = f"{places} places" if places > 1 else "one place"
    return (
        f"Probes see a shop from {where} and with test customers: what only some real customers "
        "meet can escape them, and posts outside the watched sources are not counted."
    )


def method(data: ReportData) -> list[str]:
    """Return how figures come about, one sentence each."""
    horizon = words.duration(data.lead.horizon_s) if data.lead else "the horizon"
    times = words.TIMES
    return [
        _joined(
            "An incident opens when a flow fails on repeated attempts in fresh browsers, and",
            "closes after repeated passes. A run that broke on our side changes nothing.",
        ),
        _joined(
            "Detection is the moment of that decision. Lead time is the first complaint's posting",
            f"time minus it, up to {horizon} after recovery; a tie (within 1 s) is not first.",
        ),
        _joined(
            f"Customers affected: customers a minute {times} minutes of failure {times} share of",
            f"failing runs. Expected posts: that {times} the posting rate below. Both with",
            f"{words.percent(LEVEL, 0)} intervals.",
        ),
        _joined(
            "The restricted mean lead compares mean time to the first complaint with mean time to",
            "detection, each cut at the horizon (Kaplan-Meier; interval by resampling incidents).",
        ),
        _joined(
            "A complaint is an original post that a classifier marks as one, one per author and",
            "bucket; reposts count apart, as reach. Of a post no text and no author is kept.",
        ),
        _joined(
            "Shares carry 95 % Wilson score intervals. Page figures are the browser's own",
            "(Navigation Timing, Paint Timing, LCP), pages of failed steps included, broken runs",
            "and runs during a load test of ours left out.",
        ),
        _joined(
            "Planned work that excludes a flow leaves the state before it as it was: runs in it",
            "neither open nor close an incident, and count for no share and no time.",
        ),
        _joined(
            "Posts and failures that fall together are associated; only a fault set on purpose",
            "shows a cause.",
        ),
    ]


def _joined(*parts: str) -> str:
    return " ".join(parts)
