"""A store on disk and a clock that is set by hand: what the tests of planned work share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forepost.analysis.decide import Policy
from forepost.analysis.hold import Needs
from forepost.model import (
    Alert,
    Fault,
    FlowRun,
    LedgerEntry,
    Maintenance,
    MaintenanceSwitch,
    Outcome,
    Transition,
)
from forepost.storage import Store, open_store
from forepost.watch import Observation, observe_flow
from forepost.watcher import Owed, Watcher

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
ALL = frozenset(MaintenanceSwitch)
MUTE = frozenset({MaintenanceSwitch.MUTE})
PAUSE = frozenset({MaintenanceSwitch.PAUSE})
EXCLUDE = frozenset({MaintenanceSwitch.EXCLUDE})


def at(minute: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minute)


def word(change: Transition, *, fails_too: Sequence[str] = (), waited: str = "") -> Alert:
    """Word an alert shortly: its lines say only what it waited for and what fails with it."""
    said = {f"with {', '.join(fails_too)}": bool(fails_too), f"waited for {waited}": bool(waited)}
    lines = tuple(line for line, there in said.items() if there)
    key = f"{change.incident.id}:{change.kind}"
    title = f"{change.incident.subject} {change.kind}"
    return Alert(key, change.at, "critical", title, lines, change.incident.id)


def orphan(entry: LedgerEntry, now: datetime) -> Alert:
    """Word an orphan shortly."""
    return Alert(f"orphan:{entry.id}", now, "critical", f"{entry.id} is left", ())


def window(
    since: float,
    until: float,
    switches: frozenset[MaintenanceSwitch] = ALL,
    flows: tuple[str, ...] = (),
    name: str = "move",
) -> Maintenance:
    """Planned work between two minutes."""
    return Maintenance(name, at(since), at(until), flows, switches)


@dataclass(slots=True)
class World:
    """Walks flows at any minute, as `watch` would."""

    path: Path
    needs: Needs = field(default_factory=Needs)
    store: Store = field(init=False)
    watcher: Watcher = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything but the file."""
        self.store = open_store(self.path)
        self.watcher = Watcher(
            self.store, Policy(), ("terminal", "mail"), word, needs=self.needs, orphan=orphan
        )

    def walk(
        self, minute: float, flow: str, outcome: Outcome, *, attempts: int = 2, stopped: str = ""
    ) -> Observation:
        """Run a flow for six seconds from that minute on; `stopped`: why it had no leave to pay."""
        failed = outcome is Outcome.FAILED
        made = FlowRun(
            id=f"{flow}{minute:g}",
            flow=flow,
            location="local",
            slot_at=at(minute),
            started_at=at(minute),
            finished_at=at(minute + 0.1),
            outcome=outcome,
            attempts=attempts if failed else 1,
            failed_step="pay" if failed else None,
            fault=Fault.SHOP if failed else None,
            message="no order number" if failed else "",
            facts=(("stopped", f'before "pay": {stopped}'),) if stopped else (),
        )
        return observe_flow(self.watcher, lambda: made, lambda: at(minute + 0.1))

    def fails(self, minute: float, flow: str = "checkout") -> Observation:
        """Fail twice: that opens an incident."""
        return self.walk(minute, flow, Outcome.FAILED)

    def works(self, minute: float, flow: str = "checkout") -> Observation:
        """Work once."""
        return self.walk(minute, flow, Outcome.PASSED)

    def owed(self, minute: float) -> Owed:
        """Look at what is owed."""
        return self.watcher.owed(at(minute))

    @property
    def told(self) -> list[str]:
        """Titles in the outbox; each must be there once a channel."""
        rows = self.store.alerts()
        titles = [str(row["title"]) for row in rows if row["channel"] == "terminal"]
        assert sorted(titles) == sorted(
            str(row["title"]) for row in rows if row["channel"] == "mail"
        )
        return titles

    def lines(self, title: str) -> tuple[str, ...]:
        """What an alert says."""
        found = [row["lines"] for row in self.store.alerts() if row["title"] == title]
        assert isinstance(found[-1], tuple)
        return found[-1]
