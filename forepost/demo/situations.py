"""The three situations that must never reach the public first, as they are brought about.

Only this file touches the shop's switches. Nothing that detects ever reads them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from forepost.bundled import Bundled


@dataclass(frozen=True, slots=True)
class Situation:
    """One act: how it begins, how it ends, and the flow that must find it."""

    name: str
    title: str
    flow: str
    hold_s: float
    begin: Callable[[Bundled], None]
    end: Callable[[Bundled], None]


def _fault(name: str) -> tuple[Callable[[Bundled], None], Callable[[Bundled], None]]:
    """Return the two hands on one of the shop's fault switches."""

    def begin(shop: Bundled) -> None:
        shop.call("PUT", f"{shop.shop}/api/faults/{name}", {})

    def end(shop: Bundled) -> None:
        shop.call("DELETE", f"{shop.shop}/api/faults/{name}")

    return begin, end


def _campaign(*, on: bool) -> Callable[[Bundled], None]:
    """Return the start or the end of the gift-card campaign: real demand, no switch."""

    def turn(shop: Bundled) -> None:
        shop.call("POST", f"{shop.town}/control", {"gift_campaign": on})

    return turn


SITUATIONS = (
    Situation(
        "payment",
        "A server error after the card is submitted",
        "payment",
        36,
        *_fault("payment_error"),
    ),
    Situation(
        "autopay",
        "Auto-pay renewals silently do not run",
        "autopay",
        36,
        *_fault("renewal_skipped"),
    ),
    Situation(
        "gift_card",
        "A gift-card campaign on one small ledger database",
        "gift_card",
        40,
        _campaign(on=True),
        _campaign(on=False),
    ),
)

# Which act a flow's incident belongs to; the report groups by it.
SITUATION_OF_FLOW = {
    "payment": "payment",
    "checkout": "payment",
    "autopay": "autopay",
    "gift_card": "gift_card",
}
