"""Incidents with one cause told as one: which belong together, and which of them tells it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from forepost.model import Incident

STEM_LETTERS = 3  # "pay" is the stem of "payment"


@dataclass(frozen=True, slots=True)
class Group:
    """Probe incidents with one cause. The head tells it; it explains the others."""

    head: Incident
    members: tuple[Incident, ...]

    @property
    def onset_at(self) -> datetime:
        """The earliest moment at which the cause may have begun.

        Each member's last good run says that it had not begun by then, so the latest of
        them counts, unless a member had failed before it.
        """
        first = min(incident.first_failed_at for incident in self.members)
        good = [one.onset_at for one in self.members if one.onset_at <= first]
        return max(good, default=first)

    @property
    def told(self) -> Incident:
        """The head as the story tells it: from the cause's onset, found when the first was."""
        return replace(
            self.head,
            onset_at=self.onset_at,
            first_failed_at=min(one.first_failed_at for one in self.members),
            opened_at=min(one.opened_at for one in self.members),
        )

    @property
    def flows(self) -> frozenset[str]:
        """The flows that it stopped."""
        return frozenset(incident.subject for incident in self.members)

    @property
    def explained(self) -> tuple[str, ...]:
        """The other flows, by name."""
        return tuple(sorted(self.flows - {self.head.subject}))

    @property
    def closed_at(self) -> datetime | None:
        """When the last of them closed; None while one is open."""
        ends = [incident.closed_at for incident in self.members if incident.closed_at is not None]
        return max(ends) if len(ends) == len(self.members) else None


def group(
    incidents: Sequence[Incident], topics_of: Mapping[str, Collection[str]], now: datetime
) -> list[Group]:
    """Return the groups of probe incidents, by the opening of their heads.

    Shape:   incidents in any order; `topics_of` says what customers of a flow complain about.
    Returns: each incident in exactly one group: see `related` and `head`. What belongs to
             one member belongs to the group.
    """
    groups: list[list[Incident]] = []
    for incident in sorted(incidents, key=lambda one: (one.first_failed_at, one.id)):
        kin: list[list[Incident]] = []
        others: list[list[Incident]] = []
        for members in groups:
            near = any(related(incident, member, topics_of, now) for member in members)
            (kin if near else others).append(members)
        groups = [*others, [*(member for members in kin for member in members), incident]]
    told = [Group(head(members, topics_of), tuple(members)) for members in groups]
    return sorted(told, key=lambda one: (one.head.opened_at, one.head.id))


def related(
    one: Incident, other: Incident, topics_of: Mapping[str, Collection[str]], now: datetime
) -> bool:
    """Whether two incidents have one cause, as far as can be told from outside.

    They failed at the same time (first failure to recovery), and either in the same step,
    or they are of flows that share a topic *and* may have begun in the same moment: the
    cause of each came between its last good run and its first failure, so these two spans
    must meet. Incidents of one flow follow each other and are never one.
    """
    if one.subject == other.subject:
        return False
    ends = min(one.closed_at or now, other.closed_at or now)
    if max(one.first_failed_at, other.first_failed_at) > ends:
        return False
    if one.step is not None and one.step == other.step:
        return True
    same_moment = max(one.onset_at, other.onset_at) <= min(
        one.first_failed_at, other.first_failed_at
    )
    shared = set(topics_of.get(one.subject, ())) & set(topics_of.get(other.subject, ()))
    return same_moment and bool(shared)


def head(members: Sequence[Incident], topics_of: Mapping[str, Collection[str]]) -> Incident:
    """Return the incident whose flow says best what is wrong.

    First the flow that the failed step speaks of, by the share of its words: "pay" says
    `payment` and nothing else, "buy a gift card" says `gift_card` by half, `checkout` is
    not spoken of by either. Then the flow with the fewest topics, since what customers
    complain about in few ways is the more specific (a flow without topics comes last).
    Then the one that opened first; then by name.
    """
    return min(
        members,
        key=lambda one: (
            -spoken_share(one.step or "", one.subject),
            len(topics_of.get(one.subject, ())) or len(topics_of) + 1,
            one.opened_at,
            one.subject,
        ),
    )


def spoken_share(step: str, flow: str) -> float:
    """Return the share of a step's words that begin a word of the flow's name, or the reverse."""
    said = step.lower().replace("_", " ").replace("-", " ").split()
    names = flow.lower().replace("_", " ").split()
    spoken = [
        any(
            min(len(word), len(name)) >= STEM_LETTERS
            and (word.startswith(name) or name.startswith(word))
            for name in names
        )
        for word in said
    ]
    return sum(spoken) / len(said) if said else 0.0
