"""Incidents with one cause told as one: which belong together, and which of them tells it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forepost.model import Incident

STEM_LETTERS = 3  # "pay" is the stem of "payment"


@dataclass(frozen=True, slots=True)
class Group:
    """Probe incidents with one cause. The head tells it; it explains the others."""

    head: Incident
    members: tuple[Incident, ...]
    topics: frozenset[str]  # what customers of these flows complain about

    @property
    def onset_at(self) -> datetime:
        """When the first of them may have begun."""
        return min(incident.onset_at for incident in self.members)

    @property
    def flows(self) -> frozenset[str]:
        """The flows that it stopped."""
        return frozenset(incident.subject for incident in self.members)

    @property
    def explained(self) -> tuple[str, ...]:
        """The other flows, by name."""
        return tuple(sorted(self.flows - {self.head.subject}))

    def closed_at(self) -> datetime | None:
        """Return when the last of them closed; None while one is open."""
        ends = [incident.closed_at for incident in self.members if incident.closed_at is not None]
        return max(ends) if len(ends) == len(self.members) else None


def group(
    incidents: Sequence[Incident], topics_of: Mapping[str, Collection[str]], now: datetime
) -> list[Group]:
    """Return the groups of probe incidents, by the opening of their heads.

    Two incidents belong together if they fail at the same time (from first failure to
    recovery) and either failed in the same step or are of flows that share a topic; and so
    does whatever belongs to one of them. Incidents of one flow follow each other, so they
    never belong together.
    """
    groups: list[list[Incident]] = []
    for incident in sorted(incidents, key=lambda one: (one.first_failed_at, one.id)):
        kin = [
            members
            for members in groups
            if any(related(incident, member, topics_of, now) for member in members)
        ]
        groups = [members for members in groups if members not in kin]
        groups.append([*(member for members in kin for member in members), incident])
    told = [
        Group(
            head=head(members, topics_of),
            members=tuple(members),
            topics=frozenset(topic for one in members for topic in topics_of.get(one.subject, ())),
        )
        for members in groups
    ]
    return sorted(told, key=lambda one: (one.head.opened_at, one.head.id))


def related(
    one: Incident, other: Incident, topics_of: Mapping[str, Collection[str]], now: datetime
) -> bool:
    """Whether two incidents failed at the same time and in the same thing."""
    if one.subject == other.subject:
        return False
    begins = max(one.first_failed_at, other.first_failed_at)
    ends = min(one.closed_at or now, other.closed_at or now)
    if begins > ends:
        return False
    same_step = one.step is not None and one.step == other.step
    return same_step or bool(
        set(topics_of.get(one.subject, ())) & set(topics_of.get(other.subject, ()))
    )


def head(members: Sequence[Incident], topics_of: Mapping[str, Collection[str]]) -> Incident:
    """Return the incident whose flow says best what is wrong.

    First a flow whose name has a word in common with the step that failed ("pay" speaks of
    `payment`, not of `checkout`); then the flow with the fewest topics, since the one that
    customers complain about in few ways is the most specific (no topic at all comes last);
    then the one that opened first; then by name.
    """
    return min(
        members,
        key=lambda one: (
            not speaks_of(one.step or "", one.subject),
            len(topics_of.get(one.subject, ())) or len(topics_of) + 1,
            one.opened_at,
            one.subject,
        ),
    )


def speaks_of(step: str, flow: str) -> bool:
    """Whether a word of the step begins a word of the flow's name, or the other way round."""
    return any(
        min(len(said), len(name)) >= STEM_LETTERS
        and (said.startswith(name) or name.startswith(said))
        for said in step.lower().replace("_", " ").replace("-", " ").split()
        for name in flow.lower().replace("_", " ").split()
    )
