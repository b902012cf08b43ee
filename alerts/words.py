"""What people read of a change of state: title and lines in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from alerts.plain import plain
from forepost.model import (
    Alert,
    Estimate,
    Incident,
    IncidentKind,
    LedgerEntry,
    Transition,
    TransitionKind,
)

CRITICAL = "critical"
RESOLVED = "resolved"
TITLE_LENGTH = 120


def alert_of(
    transition: Transition,
    *,
    customers: Estimate | None = None,
    report: str | None = None,
    out: str = "out",
    zone: tzinfo = UTC,
    fails_too: Sequence[str] = (),
    waited: str = "",
) -> Alert:
    """Return the alert of a transition.

    Shape:   `customers` affected so far, None where no rate of attempts is known (then no
             line speaks of them); `report` a path or address; `out` the output folder that
             paths of evidence start from; times are written in `zone`; `fails_too` are
             flows that depend on this one and whose alerts wait for it; `waited` says what
             this alert has waited for itself.
    Returns: the same key for the same change, whenever it is called.
    """
    incident = transition.incident
    opened = transition.kind is TransitionKind.OPENED
    told = _TELL[incident.kind, transition.kind](incident, zone)
    lines = [
        told.what + plain(transition.reason),
        plain(incident.message) if opened else "",
        told.when,
        _customers(customers),
        _too(fails_too),
        f"told late: held back by {plain(waited)}" if waited else "",
        _evidence(incident, out) if opened else "",
        f"what to do: {told.remedy}",
        f"report: {plain(report)}" if report else "",
    ]
    return Alert(
        key=f"{incident.id}:{transition.kind}",
        at=transition.at,
        severity=CRITICAL if opened else RESOLVED,
        title=plain(told.title, TITLE_LENGTH),
        lines=tuple(line for line in lines if line),
        incident_id=incident.id,
    )


def alert_of_orphan(entry: LedgerEntry, now: datetime, *, zone: tzinfo = UTC) -> Alert:
    """Return the alert of something that a probe left in the shop and no clean-up settled.

    Shape:   an unsettled entry; `now` is when that is told; times are written in `zone`.
    Returns: the same key for the same entry, whenever it is called. Entries of which nobody can
             tell whether anything was made share one alert a flow and day: a shop that cannot
             be asked would send one for each run.
    """
    known = entry.created_at is not None
    number = plain(entry.reference) or "number unknown"
    cents = entry.amount_cents
    amount = "amount unknown" if cents is None else f"{cents / 100:.2f} in the shop's currency"
    made = "was made" if known else "may have been made"
    what = f'{entry.kind} {number}, {amount}; from {plain(entry.flow)}, step "{plain(entry.step)}"'
    asked = f"{_clock(entry.asked_at, zone)}, {_span(now - entry.asked_at)} ago"
    lines = [
        f"not settled: {what}",
        f"it {made} for {plain(entry.customer)}, at {asked}",
        f"the last clean-up: {plain(entry.note)}" if entry.note else "no clean-up has said why",
        'what to do: see "forepost orders", and undo it in the shop before anybody packs it',
    ]
    return Alert(
        key=f"orphan:{entry.id}" if known else f"orphan:{entry.flow}:{entry.asked_at:%Y-%m-%d}",
        at=now,
        severity=CRITICAL,
        title=plain(
            f"a synthetic {entry.kind} is left in the shop: {number}"
            if known
            else f"nobody can tell what probes of {entry.flow} leave in the shop",
            TITLE_LENGTH,
        ),
        lines=tuple(lines),
    )


def _too(flows: Sequence[str]) -> str:
    if not flows:
        return ""
    names = ", ".join(plain(flow) for flow in flows)
    return f"fails with it: {names}; alerts of what depends on it wait until it works again"


@dataclass(frozen=True, slots=True)
class _Told:
    """The words that differ between the four kinds of change."""

    title: str
    what: str
    when: str
    remedy: str


def _flow_fails(incident: Incident, zone: tzinfo) -> _Told:
    flow = plain(incident.subject)
    step = f', step "{plain(incident.step)}"' if incident.step else ""
    return _Told(
        title=f"{flow} fails{step}",
        what="the probe ",
        when=_began(incident, zone),
        remedy=f'look at the evidence, repeat it with "forepost probe {flow}", and ask what'
        f" changed shortly before {_clock(incident.first_failed_at, zone)}",
    )


def _flow_works(incident: Incident, zone: tzinfo) -> _Told:
    return _Told(
        title=f"{plain(incident.subject)} works again",
        what="the probe ",
        when=_lasted(incident, zone),
        remedy="nothing now; the report says what it cost",
    )


def _customers_complain(incident: Incident, zone: tzinfo) -> _Told:
    return _Told(
        title=f"customers complain about {_topic(incident)}",
        what="public posts: ",
        when=f"since {_clock(incident.onset_at, zone)}",
        remedy="see whether a probe of that journey fails too; if none does, a probe is"
        " missing there: walk the journey by hand",
    )


def _customers_calm(incident: Incident, zone: tzinfo) -> _Told:
    return _Told(
        title=f"complaints about {_topic(incident)} are back to normal",
        what="public posts: ",
        when=_lasted(incident, zone),
        remedy="nothing now; the report says what it cost",
    )


_TELL = {
    (IncidentKind.PROBE, TransitionKind.OPENED): _flow_fails,
    (IncidentKind.PROBE, TransitionKind.CLOSED): _flow_works,
    (IncidentKind.COMPLAINTS, TransitionKind.OPENED): _customers_complain,
    (IncidentKind.COMPLAINTS, TransitionKind.CLOSED): _customers_calm,
}


def _topic(incident: Incident) -> str:
    return plain(incident.subject).replace("_", " ")


def _clock(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _began(incident: Incident, zone: tzinfo) -> str:
    """Say when it began as exactly as is known, and no more exactly."""
    first = _clock(incident.first_failed_at, zone)
    if incident.onset_at < incident.first_failed_at:
        return f"began between {_clock(incident.onset_at, zone)} (last good run) and {first}"
    return f"failed first at {first}; no good run before it is known"


def _lasted(incident: Incident, zone: tzinfo) -> str:
    """Say from when to when."""
    if incident.closed_at is None:
        return ""
    span = _span(incident.closed_at - incident.onset_at)
    began, ended = (_clock(at, zone) for at in (incident.onset_at, incident.closed_at))
    return f"lasted at most {span}, from {began} to {ended}"


def _span(span: timedelta) -> str:
    """Return a time span in two units at most."""
    minutes, seconds = divmod(max(0, round(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _customers(customers: Estimate | None) -> str:
    if customers is None:
        return ""
    return (
        f"customers affected so far: about {customers.value:.0f}"
        f" ({customers.low:.0f} to {customers.high:.0f}, {customers.level:.0%} interval)"
    )


def _evidence(incident: Incident, out: str) -> str:
    return f"evidence: {plain(out)}/runs/{plain(incident.run_id)}/" if incident.run_id else ""
