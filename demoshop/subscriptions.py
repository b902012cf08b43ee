"""Auto-pay memberships: state, dates, and who may come in."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from demoshop.clock import add_months, now, parse, stamp
from demoshop.locks import KeyedLocks
from demoshop.payments import Charge
from demoshop.store import Database
from demoshop.tokens import new_id, new_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
  id TEXT PRIMARY KEY, key TEXT NOT NULL, email TEXT NOT NULL, plan TEXT NOT NULL,
  card TEXT NOT NULL, state TEXT NOT NULL, anchor_at TEXT NOT NULL, period INTEGER NOT NULL,
  next_at TEXT NOT NULL, due_at TEXT NOT NULL, grace_until TEXT, tries INTEGER NOT NULL DEFAULT 0,
  test_clock TEXT, clock_set_at TEXT, created_at TEXT NOT NULL, voided_at TEXT,
  locked INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS subscriptions_due ON subscriptions (state, due_at);
CREATE INDEX IF NOT EXISTS subscriptions_email ON subscriptions (email);
CREATE TABLE IF NOT EXISTS subscription_charges (
  charge TEXT PRIMARY KEY, subscription TEXT NOT NULL, cents INTEGER NOT NULL,
  status TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS charges_of ON subscription_charges (subscription);
"""
GRACE = timedelta(days=7)
RETRY_AFTER = timedelta(days=1)
# id, email, plan, card, anchor, period, next renewal, test clock
_Row = tuple[str, str, str, str, datetime, int, datetime, str | None]
JOB_SLACK = timedelta(seconds=2)  # a renewal that is just being made locks nobody out


@dataclass(frozen=True, slots=True)
class Plan:
    """What a membership costs, and how often."""

    name: str
    label: str
    cents: int
    months: int


PLANS = {
    "monthly": Plan("monthly", "Monthly membership", 990, 1),
    "yearly": Plan("yearly", "Yearly membership", 9900, 12),
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One membership. `next_at` is the next renewal and the end of what is paid."""

    id: str
    key: str
    email: str
    plan: Plan
    card: str
    state: str  # active | past_due | cancelled
    anchor_at: datetime
    period: int
    next_at: datetime
    due_at: datetime  # when the job looks at it next
    grace_until: datetime | None
    tries: int
    test_clock: datetime | None
    clock_set_at: datetime | None  # in real time
    created_at: datetime  # in real time
    voided_at: datetime | None  # in real time
    locked: bool  # a fault: whatever was paid

    @property
    def now(self) -> datetime:
        """This subscription's present moment: its test clock, if it has one."""
        return self.test_clock or now()

    @property
    def access(self) -> bool:
        """Whether the members' pages are open: paid, being renewed, or in grace."""
        if self.locked or self.state == "voided":
            return False
        if self.state == "active" and self.clock_set_at and now() < self.clock_set_at + JOB_SLACK:
            return True
        until = self.grace_until or self.next_at + JOB_SLACK
        if self.state == "cancelled":
            until = self.next_at
        return self.now < until

    def after(self) -> datetime:
        """Return the renewal date that follows the next one; months are counted from the first."""
        return add_months(self.anchor_at, (self.period + 1) * self.plan.months)


class Subscriptions:
    """The book of memberships."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.locks = KeyedLocks()  # who renews or voids a membership holds its lock

    def get(self, ident: str) -> Subscription | None:
        """Return one subscription, or None."""
        row = self.db.row("SELECT * FROM subscriptions WHERE id = ?", ident)
        return _subscription(row) if row else None

    def statement(self, ident: str) -> tuple[Subscription | None, list[sqlite3.Row]]:
        """Return a subscription and its charges, oldest first, as of one moment."""
        with self.db.transaction():  # a renewal between the two reads would show half of itself
            return self.get(ident), self.charges(ident)

    def by_email(self, email: str) -> list[Subscription]:
        """Return a customer's subscriptions."""
        rows = self.db.rows("SELECT * FROM subscriptions WHERE email = ?", email)
        return [_subscription(row) for row in rows]

    def start(
        self, ident: str, email: str, plan: Plan, card: str, test_clock: datetime | None
    ) -> Subscription:
        """Write a new membership down, its first period paid."""
        anchor = test_clock or now()
        next_at = add_months(anchor, plan.months)
        clock = stamp(test_clock) if test_clock else None
        self._insert([(ident, email, plan.name, card, anchor, 1, next_at, clock)])
        found = self.get(ident)
        if found is None:
            raise LookupError(ident)
        return found

    def move_in(self, base: list[tuple[str, datetime]]) -> list[tuple[str, str]]:
        """Take over (email, next renewal) from elsewhere; return (id, key) of each."""
        rows: list[_Row] = [
            (new_id("sub"), email, "monthly", "tok_moved_in", next_at, 0, next_at, None)
            for email, next_at in base
        ]
        return list(zip([row[0] for row in rows], self._insert(rows), strict=True))

    def _insert(self, rows: list[_Row]) -> list[str]:
        keys, made = [new_key() for _ in rows], stamp(now())
        with self.db.transaction() as connection:
            connection.executemany(
                "INSERT INTO subscriptions (id, key, email, plan, card, state, anchor_at, period, "
                "next_at, due_at, test_clock, created_at) "
                "VALUES (?, ?, ?, ?, ?, 'active', ?, ?, ?, ?, ?, ?)",
                [
                    (i, key, mail, plan, card, stamp(anchor), n, stamp(at), stamp(at), clock, made)
                    for key, (i, mail, plan, card, anchor, n, at, clock) in zip(
                        keys, rows, strict=True
                    )
                ],
            )
        return keys

    def cancel(self, ident: str) -> None:
        """End a membership at the end of what is paid."""
        self.db.run(
            "UPDATE subscriptions SET state = 'cancelled' WHERE id = ? AND state != 'voided'", ident
        )

    def stop(self, ident: str) -> None:
        """Close a membership at once and for good: no renewal ever after."""
        self.db.run(
            "UPDATE subscriptions SET state = 'voided', grace_until = NULL WHERE id = ?", ident
        )

    def voided(self, ident: str) -> None:
        """Note that the money of a stopped membership is back."""
        self.db.run("UPDATE subscriptions SET voided_at = ? WHERE id = ?", stamp(now()), ident)

    def set_clock(self, ident: str, at: datetime) -> None:
        """Set the test clock of one subscription."""
        self.db.run(
            "UPDATE subscriptions SET test_clock = ?, clock_set_at = ? WHERE id = ?",
            stamp(at),
            stamp(now()),
            ident,
        )

    def due(self, *, cancelled: bool = False) -> list[Subscription]:
        """Return those whose renewal is due by their own clocks; cancelled ones if asked to."""
        rows = self.db.rows(
            "SELECT * FROM subscriptions WHERE state IN ('active', 'past_due', ?) "
            "AND due_at <= coalesce(test_clock, ?) ORDER BY due_at",
            "cancelled" if cancelled else "",
            stamp(now()),
        )
        return [_subscription(row) for row in rows]

    def renewed(self, sub: Subscription, paid: Sequence[Charge], *, locked: bool) -> None:
        """Move the dates on by one period and book what was paid for it, for all to see at once.

        `locked`: the members' pages are closed until the next renewal.
        """
        with self.db.transaction() as books:
            _book(books, sub, paid)
            books.execute(
                "UPDATE subscriptions SET period = period + 1, next_at = ?1, due_at = ?1, "
                "tries = 0, locked = ?2, grace_until = NULL, "
                "state = iif(state = 'past_due', 'active', state) WHERE id = ?3",
                (stamp(sub.after()), locked, sub.id),
            )

    def stuck(self, sub: Subscription, paid: Sequence[Charge]) -> None:
        """Leave the dates of a paid renewal as they were; the job does not look again."""
        with self.db.transaction() as books:
            _book(books, sub, paid)
            books.execute(
                "UPDATE subscriptions SET due_at = ?1, grace_until = ?1, period = period + 1 "
                "WHERE id = ?2",
                (stamp(sub.after()), sub.id),
            )

    def unpaid(self, sub: Subscription, declined: Charge, *, locked: bool) -> Subscription:
        """Open the grace period (once), plan the next try, and return how it stands now.

        `locked`: the members' pages are closed in spite of it.
        """
        grace = sub.grace_until or sub.next_at + GRACE
        with self.db.transaction() as books:
            _book(books, sub, [declined])
            books.execute(
                "UPDATE subscriptions SET grace_until = ?, due_at = ?, tries = tries + 1, "
                "locked = max(locked, ?), state = iif(state = 'active', 'past_due', state) "
                "WHERE id = ?",
                (stamp(grace), stamp(sub.due_at + RETRY_AFTER), locked, sub.id),
            )
        return self.get(sub.id) or sub

    def charged(self, sub: Subscription, charge: Charge) -> None:
        """Write a charge beside its subscription."""
        with self.db.transaction() as books:
            _book(books, sub, [charge])

    def charges(self, ident: str) -> list[sqlite3.Row]:
        """Return the charges of a subscription, oldest first."""
        return self.db.rows(
            "SELECT * FROM subscription_charges WHERE subscription = ? ORDER BY rowid", ident
        )


def _book(books: sqlite3.Connection, sub: Subscription, charges: Sequence[Charge]) -> None:
    books.executemany(
        "INSERT OR IGNORE INTO subscription_charges VALUES (?, ?, ?, ?, ?)",
        [(one.id, sub.id, one.amount_cents, one.status, stamp(sub.now)) for one in charges],
    )


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(
        id=row["id"],
        key=row["key"],
        email=row["email"],
        plan=PLANS[row["plan"]],
        card=row["card"],
        state=row["state"],
        anchor_at=parse(row["anchor_at"]),
        period=row["period"],
        next_at=parse(row["next_at"]),
        due_at=parse(row["due_at"]),
        grace_until=parse(row["grace_until"]) if row["grace_until"] else None,
        tries=row["tries"],
        test_clock=parse(row["test_clock"]) if row["test_clock"] else None,
        clock_set_at=parse(row["clock_set_at"]) if row["clock_set_at"] else None,
        created_at=parse(row["created_at"]),
        voided_at=parse(row["voided_at"]) if row["voided_at"] else None,
        locked=bool(row["locked"]),
    )
