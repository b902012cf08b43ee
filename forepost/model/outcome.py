"""How a step or a run ended, and whose fault it was; the same words everywhere."""

from enum import StrEnum


class Outcome(StrEnum):
    """How a step or a run ended; the same four everywhere."""

    PASSED = "passed"
    DEGRADED = "degraded"  # it worked, outside a budget
    FAILED = "failed"  # the shop
    BROKEN = "broken"  # our side: says nothing about the shop, counts neither for nor against

    @property
    def worked(self) -> bool:
        """Whether the customer reached the goal."""
        return self in (Outcome.PASSED, Outcome.DEGRADED)


class Fault(StrEnum):
    """Whose fault a run that did not pass was."""

    SHOP = "shop"
    PAYMENT_PROVIDER = "payment provider"
    THIRD_PARTY = "third party"
    FLOW = "flow"  # the flow file or a selector
    OURS = "ours"  # browser, worker, deadline of the machine
    SCHEDULER = "scheduler"  # missed, skipped or killed before it ran
