"""Buy a gift card and see its code. One arrival is one card sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.session import Row, Session
from loadtests.users import _buyers, _page

ENDPOINTS = ("giftcard.offer", "giftcard.buy")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.gift_buy]` of a campaign, key for key."""

    amount_cents: int = 2_500
    card_number: str = _buyers.TEST_CARD


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:  # noqa: ARG001 - the room's verb
    """Give every buyer an address of their own."""
    return [{"email": email} for email in _buyers.addresses(count)]


def run(session: Session, row: Row, settings: Settings) -> None:
    """Fill in the form and pay; the page must show a card of that worth at that price."""
    with session.step("form"):
        page = session.get("giftcard.offer", "/gift-cards")
    with session.step("pay"):
        form = {
            **page.fields(),
            "amount_cents": str(settings.amount_cents),
            "email": row["email"],
            **_buyers.card(settings.card_number),
        }
        page = session.post(
            "giftcard.buy", "/gift-cards/buy", form, shows='data-testid="gift-code"'
        )
        _page.same(page, "balance", settings.amount_cents)
        _page.same(page, "charged", settings.amount_cents)


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """Make the cards worthless and give their prices back."""
    return _buyers.undo_purchases(session, rows)
