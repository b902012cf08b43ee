"""Whether complaints about a topic surge, and the incident that makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from forepost.analysis.baseline import GUESS_PER_HOUR, Series, baseline
from forepost.analysis.glr import scores
from forepost.analysis.threshold import COUNT_LEAST, threshold
from forepost.model import (
    ComplaintCount,
    Incident,
    IncidentKind,
    Transition,
    TransitionKind,
    new_id,
)

QUIET_S = 900.0  # without an alarm before a surge is over
LOOKED_BACK_S = 7200
MINUTE_S = 60
LEAST_SHOWN = 0.1  # fewer are told as "hardly any"


@dataclass(frozen=True, slots=True)
class Surge:
    """The state of one topic at the end of its last covered bucket."""

    topic: str | None  # None: all topics together
    at: datetime  # end of that bucket
    g: float
    threshold: float
    count: int  # distinct authors' original complaints in the window that says most
    expected: float
    learning: bool
    since: datetime  # start of that window
    last_alarm_at: datetime | None  # the last bucket's end at which it was an alarm, in 2 h

    @property
    def alarm(self) -> bool:
        """Whether this is more than chance would do within the budget of false alarms."""
        return self.g >= self.threshold and self.count >= COUNT_LEAST


def surge(
    counts: Sequence[ComplaintCount],
    *,
    alarms_per_week: float = 1.0,
    guess_per_hour: float = GUESS_PER_HOUR,
    incidents: Sequence[Incident] = (),
) -> Surge | None:
    """Return how far complaints about a topic stand above what is usual.

    Shape:   counts of one topic in buckets that follow each other, oldest first, at best of
             28 days; `incidents` are confirmed ones: their buckets do not set the threshold.
    Units:   `alarms_per_week` tolerated false alarms; `guess_per_hour` complaints before there is
             a history of 14 days (the result is then marked `learning`).
    Returns: None if no bucket of the last 2 h was covered whole: unknown is not quiet.
             Buckets with coverage below 1 are left out; reposts are not looked at.
    Raises:  ValueError if alarms_per_week or guess_per_hour <= 0 or the buckets have gaps.
    """
    if guess_per_hour <= 0:
        raise ValueError(f"guess_per_hour: {guess_per_hour:g}; give more than 0")
    series = Series.of(counts)
    covered = np.flatnonzero(series.known)
    recent = LOOKED_BACK_S // series.bucket_s
    if len(covered) == 0 or covered[-1] < len(series) - recent:
        return None
    base = baseline(series, guess_per_hour)
    found = scores(series, base)
    quiet = np.ones(len(series), dtype=bool)
    for incident in incidents:
        begins = int(incident.onset_at.timestamp()) - series.bucket_s
        ends = np.inf if incident.closed_at is None else incident.closed_at.timestamp()
        quiet &= (series.at_s < begins) | (series.at_s > ends)
    limit = threshold(series, found, alarms_per_week, quiet)
    alarms = np.flatnonzero(series.known & (found.g >= limit) & (found.count >= COUNT_LEAST))
    last, ring = int(covered[-1]), int(alarms[-1]) if len(alarms) else -recent
    return Surge(
        topic=counts[-1].topic,
        at=end_of(series, last),
        g=float(found.g[last]),
        threshold=limit,
        count=int(found.count[last]),
        expected=float(found.expected[last]),
        learning=base.learning,
        since=end_of(series, last - int(found.window[last])),
        last_alarm_at=end_of(series, ring) if ring > last - recent else None,
    )


def end_of(series: Series, index: int) -> datetime:
    """Return the end of a bucket; index -1 is the start of the first."""
    return datetime.fromtimestamp(int(series.at_s[0]) + (index + 1) * series.bucket_s, UTC)


def surge_transition(
    topic: str,
    state: Surge | None,
    open_incident: Incident | None,
    now: datetime,
    *,
    quiet_s: float = QUIET_S,
) -> Transition | None:
    """Return the change of state that a surge, or its end, calls for, if any.

    Shape:   `open_incident` is the topic's complaint incident, if one lasts.
    Units:   it closes once no covered bucket was an alarm for `quiet_s`; `now` becomes
             `opened_at` or `closed_at`.
    Returns: None also where nothing is known: silence of a source ends nothing.
    """
    if state is None:
        return None
    if open_incident is None or open_incident.kind is not IncidentKind.COMPLAINTS:
        return opening(topic, state, now) if state.alarm else None
    rang = state.last_alarm_at
    if rang is not None and state.at - rang < timedelta(seconds=quiet_s):
        return None
    if state.at - open_incident.opened_at < timedelta(seconds=quiet_s):
        return None
    closed = replace(open_incident, closed_at=now)
    reason = f"no more than usual for {quiet_s / 60:g} min"
    return Transition(TransitionKind.CLOSED, now, closed, reason)


def opening(topic: str, state: Surge, now: datetime) -> Transition:
    """Return the opening of a surge's incident."""
    seconds = (state.at - state.since).total_seconds()
    span = f"{seconds:.0f} s" if seconds < MINUTE_S else f"{seconds / MINUTE_S:.0f} min"
    usual = f"{state.expected:.1f}" if state.expected >= LEAST_SHOWN else "hardly any"
    learning = " (still learning what is usual)" if state.learning else ""
    reason = f"{state.count} complaints in {span}, {usual} expected{learning}"
    incident = Incident(
        id=new_id(now),
        kind=IncidentKind.COMPLAINTS,
        subject=topic,
        onset_at=state.since,
        first_failed_at=state.since,
        opened_at=now,
        message=reason,
    )
    return Transition(TransitionKind.OPENED, now, incident, reason)
