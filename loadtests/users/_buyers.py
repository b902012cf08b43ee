"""Customers of a load test: an address for each, a test card, and how purchases are undone."""

from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex
from typing import Any

from loadtests.session import FlowFailedError, Row, Session

TEST_CARD = "4242424242424242"
_AT_ONCE = 50  # names in one request, so that it is answered well within a visit's patience


def addresses(count: int) -> list[str]:
    """Return so many e-mail addresses that nobody has had before, and one for a trial."""
    run = token_hex(4)
    return [f"load-{run}-{number}@example.com" for number in range(count + 1)]


def card(number: str) -> dict[str, str]:
    """Return the fields of a card form."""
    return {"cc_name": "Load Test", "cc_number": number, "cc_exp": "12/34", "cc_csc": "123"}


def undo_purchases(session: Session, rows: Sequence[Row]) -> Mapping[str, int]:
    """Undo all that was bought under the "email" of each row.

    Returns: {"made", "undone", "left"}: numbers of things.
    Raises:  FlowFailedError if the shop does not answer as documented.
    """
    return _undo(session, "emails", (row["email"] for row in rows if "email" in row))


def undo_cards(session: Session, rows: Sequence[Row]) -> Mapping[str, int]:
    """Make the gift card of each row's "code" worthless, and take back what was redeemed.

    Returns and raises as `undo_purchases`.
    """
    return _undo(session, "gift_cards", (row["code"] for row in rows if "code" in row))


def _undo(session: Session, what: str, names: Iterable[str]) -> Mapping[str, int]:
    wanted = list(dict.fromkeys(names))
    made = undone = 0
    for first in range(0, len(wanted), _AT_ONCE):
        told = _ask(session, {what: wanted[first : first + _AT_ONCE]})
        made, undone = made + told["made"], undone + told["undone"]
    return {"made": made, "undone": undone, "left": made - undone}


def _ask(session: Session, names: Mapping[str, list[str]]) -> Mapping[str, int]:
    told: Any = session.api("POST", "/api/void", names)
    if isinstance(told, dict) and told.get("left"):
        told = session.api("POST", "/api/void", names)  # a ledger that was busy may have calmed
    try:
        return {name: int(told[name]) for name in ("made", "undone")}
    except (KeyError, TypeError, ValueError):
        raise FlowFailedError("clean-up", "POST /api/void did not tell made and undone") from None
