"""Redeem part of a gift card: the form, then the code. One arrival is one redemption."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadtests.session import Row, Session
from loadtests.users import _buyers, _cards, _page

ENDPOINTS = ("giftcard.redeem_form", "giftcard.redeem")
# Workers hold cards of their own, of which they never have quite the same number: at 64 workers
# one card may be redeemed twice as often as another, and a few times more (tried for all numbers).
_UNEVEN, _SPARE = 2, 130


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.gift_card]` of a campaign, key for key."""

    cards: int = 50  # issued for the run, used in turn
    card_cents: int = 100_000  # raised when that many redemptions need more
    amount_cents: int = 100
    email: str = "load@example.com"


def prepare(session: Session, count: int, settings: Settings) -> Iterator[Row]:
    """Issue cards that hold enough for `count` redemptions."""
    cards = max(1, min(count, settings.cards))
    need = settings.amount_cents * (_UNEVEN * (count // cards) + _SPARE)
    return _cards.issue(session, cards, max(need, settings.card_cents))


def run(session: Session, row: Row, settings: Settings) -> None:
    """Move an amount from the card to the account; the page must say that just that was moved."""
    with session.step("form"):
        page = session.get("giftcard.redeem_form", "/gift-cards/redeem")
    with session.step("redeem"):
        form = {
            **page.fields(),
            "code": row["code"],
            "amount_cents": str(settings.amount_cents),
            "email": settings.email,
        }
        page = session.post(
            "giftcard.redeem", "/gift-cards/redeem", form, shows='data-testid="redeemed"'
        )
        _page.same(page, "redeemed", settings.amount_cents)


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """Make the issued cards worthless and take back what was redeemed from them."""
    return _buyers.undo_cards(session, rows)
