"""Become a member: the form, the first charge. One arrival is one membership."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadtests.session import FlowFailedError, Row, Session
from loadtests.users import _buyers, _page

ENDPOINTS = ("subscribe.form", "subscribe.start")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.subscribe]` of a campaign, key for key."""

    plan: str = "monthly"
    card_number: str = _buyers.TEST_CARD


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:  # noqa: ARG001 - the room's verb
    """Give every member an address of their own."""
    return [{"email": email} for email in _buyers.addresses(count)]


def run(session: Session, row: Row, settings: Settings) -> None:
    """Fill in the form and pay the first period; the membership must be active."""
    with session.step("form"):
        page = session.get("subscribe.form", "/subscribe")
    with session.step("pay"):
        form = {
            **page.fields(),
            "plan": settings.plan,
            "email": row["email"],
            **_buyers.card(settings.card_number),
        }
        page = session.post("subscribe.start", "/subscribe", form, shows='data-state="active"')
        if not _page.charges(page):
            raise FlowFailedError("not charged", f"{page.url}: active, and nothing is paid")


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """End the memberships for good and give their money back."""
    return _buyers.undo_purchases(session, rows)
