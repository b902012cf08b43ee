"""A membership renews itself, and its member sees it. One arrival is one renewal.

The members are moved in before the run, as from another system. An arrival is the instant at
which a renewal falls due: the test clock of that membership is moved there, and the shop's own
job must charge it. The member looks at the page until the charge is there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from loadtests.session import Answer, FlowFailedError, Row, Session
from loadtests.users import _buyers, _page

ENDPOINTS = ("renewal.before", "renewal.after")
_AHEAD = timedelta(days=20)  # nothing falls due by itself while the run lasts
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.renewal]` of a campaign, key for key."""

    looks: Annotated[int, Field(ge=1, le=10_000)] = 20  # then the renewal has not come
    every_ms: Annotated[int, Field(ge=1, le=60_000)] = 250  # between two looks


def prepare(session: Session, count: int, settings: Settings) -> Iterator[Row]:  # noqa: ARG001 - the room's verb
    """Move in a member for every arrival; those of a request that failed are told by address."""
    due = (datetime.now(UTC) + _AHEAD).isoformat()
    emails = _buyers.addresses(count)
    for first in range(0, len(emails), _AT_ONCE):
        some = emails[first : first + _AT_ONCE]
        base = [{"email": email, "next_renewal_at": due} for email in some]
        try:
            made = session.api("POST", "/api/subscriptions", base)
        except BaseException:  # a limit of time as well: the shop may have moved them in
            yield from ({"email": email} for email in some)
            raise
        yield from ({name: str(one[name]) for name in ("id", "key", "email")} for one in made)


def run(session: Session, row: Row, settings: Settings) -> None:
    """Bring the renewal due, and see it charged and the members' pages open."""
    path = f"/subscription/{row['id']}?key={row['key']}"
    with session.step("before"):
        page = session.get("renewal.before", path, shows='data-testid="next-renewal"')
    due_at, paid = _page.attribute(page, "next-renewal", "datetime"), _page.charges(page)
    with session.step("renewed"):
        session.api("PUT", f"/api/test-clocks/{row['id']}", {"now": due_at})
        page = _until_paid(session, path, paid, settings)
        if _page.attribute(page, "access", "data-access") != "open":
            raise FlowFailedError("locked out", f"{page.url}: charged, and access is closed")


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """End the memberships that were moved in and give their money back."""
    return _buyers.undo_purchases(session, rows)


def _until_paid(session: Session, path: str, paid: int, settings: Settings) -> Answer:
    for _ in range(settings.looks):
        page = session.get("renewal.after", path, shows='data-testid="next-renewal"')
        if _page.charges(page) > paid:
            return page
        session.pause(settings.every_ms / 1000)
    raise FlowFailedError("no renewal", f"{page.url}: not charged after {settings.looks} looks")
