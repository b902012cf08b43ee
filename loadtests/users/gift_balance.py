"""Look up what is left on a gift card. One arrival is one look-up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadtests.session import Row, Session
from loadtests.users import _buyers, _cards, _page

ENDPOINTS = ("giftcard.balance_form", "giftcard.balance")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.gift_balance]` of a campaign, key for key."""

    cards: int = 20  # issued for the run, used in turn
    card_cents: int = 5_000


def prepare(session: Session, count: int, settings: Settings) -> Iterator[Row]:
    """Issue the cards to look at."""
    return _cards.issue(session, max(1, min(count, settings.cards)), settings.card_cents)


def run(session: Session, row: Row, settings: Settings) -> None:  # noqa: ARG001 - the room's verb
    """Ask for the balance of one card; the page must show one, the right one if that is known."""
    with session.step("form"):
        page = session.get("giftcard.balance_form", "/gift-cards/balance")
    with session.step("balance"):
        form = {**page.fields(), "code": row["code"]}
        page = session.post(
            "giftcard.balance", "/gift-cards/balance", form, shows='data-testid="balance"'
        )
        if "cents" in row:
            _page.same(page, "balance", int(row["cents"]))


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """Make the issued cards worthless."""
    return _buyers.undo_cards(session, rows)
