"""What a flow holds: between the last level that was held and the first that was not."""

from collections.abc import Sequence
from dataclasses import dataclass

from loadtests.levels import Level
from loadtests.thresholds.states import State


@dataclass(frozen=True, slots=True)
class Bracket:
    """What one flow holds, in its own arrivals a second."""

    flow: str
    low_per_s: float | None  # None: not even the first level was held
    high_per_s: float | None  # None: every level was held, so "at least"
    why: str = ""  # the threshold that the first failed level did not keep
    plateau_per_s: float | None = None  # what is done a second while more comes; None: not seen
    sure_per_s: float | None = None  # the highest rate at which every threshold surely passed

    @property
    def seen(self) -> bool:
        """Whether anything is known of it."""
        return self.low_per_s is not None or self.high_per_s is not None


def bracket(flow: str, levels: Sequence[Level]) -> Bracket:
    """Return what one flow holds, from its levels.

    A level that is not decided widens the bracket: it counts on neither side, unless its
    figures are all on the right side. One that fails after the flow was overloaded at a higher
    rate says nothing against its own: it inherits a queue.
    """
    own = [one for one in levels if one.flow == flow and one.planned_per_s > 0]
    failed = sorted(
        (one for one in own if one.held is State.FAIL and not _inherits(one, own)),
        key=lambda level: level.planned_per_s,
    )
    high = failed[0].planned_per_s if failed else None
    below = [one for one in own if high is None or one.planned_per_s < high]
    return Bracket(
        flow=flow,
        low_per_s=max((one.planned_per_s for one in below if one.likely), default=None),
        high_per_s=high,
        why=failed[0].why if failed else "",
        sure_per_s=max(
            (one.planned_per_s for one in below if one.held is State.PASS), default=None
        ),
    )


def _inherits(level: Level, levels: Sequence[Level]) -> bool:
    return any(
        other.held is State.FAIL
        and other.end_s <= level.start_s
        and other.planned_per_s > level.planned_per_s
        for other in levels
    )
