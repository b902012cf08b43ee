"""What a run proves of the shop: the one rule for decisions, shares, roll-ups and reports.

| a run                                            | counts | capped | proves the journey |
|--------------------------------------------------|--------|--------|--------------------|
| broken; under a load test of ours; in a window   | no     |        | no                 |
|   that excludes it                               |        |        |                    |
| failed                                           | yes    | no     | yes: it failed     |
| worked, came to its end                          | yes    | no     | yes: it worked     |
| worked, ended before it paid: the shop is never  | yes    | no     | yes: that is all   |
|   paid                                           |        |        |   it is to do      |
| worked, ended before it paid: a cap, the kill    | yes    | yes    | no: its steps only |
|   switch, a shop that nothing could be undone in |        |        |                    |
"""

from typing import Protocol

from forepost.model.outcome import Outcome

STOPPED = "stopped"  # the fact of a run that ended for want of leave to pay (probes.journey)
NEVER_PAYS = '[shop] environment = "stop_before_pay"'  # what it says where none is ever given


class Walked(Protocol):
    """What must be known of a run: a FlowRun knows it, and so does its row in the store."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        ...

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What it noted, by name."""
        ...

    @property
    def load_run(self) -> str | None:
        """The load test of ours that it walked beside, if any."""
        ...

    @property
    def maintenance(self) -> str | None:
        """The window that excludes it, if any."""
        ...


def counts(run: Walked) -> bool:
    """Whether a run says anything about the shop: not broken, no load of ours, no planned work."""
    return run.outcome is not Outcome.BROKEN and run.load_run is None and run.maintenance is None


def capped(run: Walked) -> bool:
    """Whether a run worked only as far as a cap or the kill switch let it: short of the money.

    It proves the steps that it walked, and nothing of what it had no leave for: it is counted
    neither as worked nor as failed. One that failed on its way there has failed.
    """
    return run.outcome.worked and bool(_stopped(run)) and not never_pays(run)


def never_pays(run: Walked) -> bool:
    """Whether a run ended before a step that pays because `[shop] environment` never pays.

    There, that is all the flow is meant to do, and it counts.
    """
    return _stopped(run).endswith(NEVER_PAYS)


def proves(run: Walked) -> bool:
    """Whether a run proves that its flow's whole journey works, or that it does not."""
    return counts(run) and not capped(run)


def _stopped(run: Walked) -> str:
    return dict(run.facts).get(STOPPED, "")
