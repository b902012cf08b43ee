"""What the demo's town knows: read from `extra` with care, since it came over HTTP as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reports.data import Truth


@dataclass(frozen=True, slots=True)
class Town:
    """The town's own count of each situation; empty outside a demo."""

    situations: Mapping[str, Truth] = field(default_factory=dict)
    situation_of_flow: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, object] | None = None
    seed: int | None = None

    @classmethod
    def of(cls, extra: Mapping[str, object] | None) -> "Town":
        """Read `extra` as the demo hands it over; what is not there stays unknown."""
        if not extra:
            return cls()
        truth = _table(extra.get("truth"))
        parameters = truth.get("parameters")
        return cls(
            situations={
                name: _truth(_table(told)) for name, told in _table(truth.get("situations")).items()
            },
            situation_of_flow={
                flow: str(name) for flow, name in _table(extra.get("situation_of_flow")).items()
            },
            parameters=_table(parameters) if parameters else None,
            seed=_count(extra.get("seed")),
        )

    def situation(self, flow: str) -> str | None:
        """Return the situation that a flow belongs to."""
        return self.situation_of_flow.get(flow)

    def truth(self, flow: str) -> Truth | None:
        """Return the town's count of the flow's situation."""
        return self.situations.get(self.situation_of_flow.get(flow, ""))

    def others(self, shown: set[str | None]) -> Mapping[str, Truth]:
        """Return the situations in which customers were hit and that no row tells of."""
        return {
            name: truth
            for name, truth in self.situations.items()
            if name not in shown and (truth.customers_hit or truth.posts)
        }


def _table(value: object) -> Mapping[str, object]:
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else {}


def _truth(told: Mapping[str, object]) -> Truth:
    return Truth(
        customers_hit=_count(told.get("customers_hit")),
        posts=_count(told.get("posts")),
        first_hit_at=_moment(told.get("first_hit_at")),
        first_post_at=_moment(told.get("first_post_at")),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
