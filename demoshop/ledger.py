"""The gift card ledger: a database of its own behind a small pool of connections.

The web tier can be scaled out; this cannot. Every look-up and every movement of money
takes one of the pool's connections for at least `hold_ms`.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from time import sleep

from demoshop.clock import now, parse, stamp
from demoshop.faults import Faults
from demoshop.pool import Pool, PoolState
from demoshop.store import connect, transaction
from demoshop.tokens import gift_code

RACE_S = 0.4  # how long a fault keeps a customer between looking and spending
SCHEMA = """
CREATE TABLE IF NOT EXISTS cards (
  code TEXT PRIMARY KEY, issued_cents INTEGER NOT NULL,
  balance_cents INTEGER NOT NULL CHECK (balance_cents >= 0),
  issued_at TEXT NOT NULL, expires_at TEXT NOT NULL, voided_at TEXT);
CREATE TABLE IF NOT EXISTS entries (
  reference TEXT PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL,
  amount_cents INTEGER NOT NULL, balance_cents INTEGER NOT NULL, at TEXT NOT NULL,
  email TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS credits (email TEXT PRIMARY KEY, cents INTEGER NOT NULL);
"""


class GiftCardError(Exception):
    """The ledger refuses; the message is for the customer, `status` for HTTP.

    `fault` is the one that would let it pass.
    """

    def __init__(self, message: str, status: int, fault: str = "") -> None:
        super().__init__(message)
        self.status, self.fault = status, fault


def unknown() -> GiftCardError:
    """Return what is told to who typed a code that was never issued."""
    return GiftCardError(
        "We do not know this gift card code. Please check it for typing mistakes.",
        404,
        "gift_mistyped_accepted",
    )


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A card as the ledger knows it."""

    code: str
    issued_cents: int
    balance_cents: int
    expires_at: datetime
    voided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Redemption:
    """Money that left a card."""

    code: str
    amount_cents: int
    balance_cents: int  # what is left on the card
    credit_cents: int  # what the account holds now; 0 for a payment in the checkout


class Ledger:
    """The gift cards' money. Each call is one loan of the pool, in one transaction."""

    def __init__(
        self, path: Path, *, size: int, hold_ms: int, wait_ms: int, faults: Faults
    ) -> None:
        connections = [connect(path) for _ in range(size)]
        connections[0].executescript(SCHEMA)
        self._pool = Pool(connections, hold_ms=hold_ms, wait_ms=wait_ms)
        self._faults = faults
        self._count_lock = Lock()
        self.redemptions = 0

    def issue(self, cards: Iterable[tuple[int, datetime]]) -> list[str]:
        """Issue a card for each (cents, expiry) and return the codes. Raises: PoolBusyError."""
        at = stamp(now())
        rows = [(gift_code(), cents, cents, at, stamp(expires)) for cents, expires in cards]
        with self._lend() as connection, transaction(connection):
            connection.executemany("INSERT INTO cards VALUES (?, ?, ?, ?, ?, NULL)", rows)
        return [row[0] for row in rows]

    def balance(self, code: str) -> GiftCard:
        """Return the card of `code`. Raises: GiftCardError if unknown, PoolBusyError."""
        with self._lend() as connection:
            return _card(connection, code)

    def redeem(self, code: str, amount_cents: int, email: str, reference: str) -> Redemption:
        """Move `amount_cents` from the card to the account's credit, once a `reference`.

        Raises: GiftCardError (unknown, expired, used, too much), PoolBusyError.
        """
        seen = self._look_first(code)
        with self._lend() as connection, transaction(connection):
            done = _entry(connection, reference)
            if done is None:
                card = seen or _find(connection, code)
                self._check(card, amount_cents)
                more = self._faults.amount("gift_balance_wrong", "off_cents")
                done = _spend(connection, reference, card, code, amount_cents, more)
                _credit(connection, email, amount_cents, reference)
            credit = connection.execute("SELECT cents FROM credits WHERE email = ?", (email,))
            held = credit.fetchone()
        with self._count_lock:
            self.redemptions += 1
        return Redemption(done["code"], -done["amount_cents"], done["balance_cents"], held[0])

    def take(self, code: str, up_to_cents: int, reference: str) -> Redemption:
        """Take as much of `up_to_cents` as the card holds, to pay an order.

        Raises: GiftCardError (unknown, expired, used), PoolBusyError.
        """
        with self._lend() as connection, transaction(connection):
            card = _card(connection, code)
            amount = min(card.balance_cents, up_to_cents)
            _usable(card, amount or 1)
            done = _book(connection, "pay", reference, code, -amount)
        return Redemption(done["code"], amount, done["balance_cents"], 0)

    def give_back(self, code: str, amount_cents: int, reference: str) -> None:
        """Put money back on the card, once a `reference`. Raises: PoolBusyError.

        A voided card takes nothing: its whole price went back to who bought it.
        """
        with self._lend() as connection, transaction(connection):
            voided = _card(connection, code).voided_at is not None
            if not voided and _entry(connection, reference) is None:
                _book(connection, "refund", reference, code, amount_cents)

    def void(self, code: str) -> GiftCard:
        """Make a card worthless, once, with all credit that came from it.

        Raises: GiftCardError if unknown, PoolBusyError.
        """
        with self._lend() as connection, transaction(connection):
            card = _card(connection, code)
            if card.voided_at is None:
                _withdraw(connection, card.code)
            return _card(connection, code)

    def void_all(self, codes: Iterable[str]) -> set[str]:
        """Make many cards worthless in one loan; return the codes of those there are.

        Raises: PoolBusyError.
        """
        gone: set[str] = set()
        with self._lend() as connection, transaction(connection):
            for code in codes:
                card = _find(connection, code)
                if card and card.voided_at is None:
                    _withdraw(connection, card.code)
                if card:
                    gone.add(card.code)
        return gone

    def state(self) -> PoolState:
        """Return the pool's counts."""
        return self._pool.state()

    def _lend(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._pool.lend(starved=self._faults.hits("gift_pool_starved"))

    def _check(self, card: GiftCard | None, amount_cents: int) -> None:
        """Refuse what cannot be spent, unless a fault lets it pass. Raises: GiftCardError."""
        try:
            _usable(card, amount_cents)
        except GiftCardError as refused:
            if not self._faults.hits(refused.fault):
                raise

    def _look_first(self, code: str) -> GiftCard | None:
        """Return the card as a shop sees it that looks long before it spends; a fault's."""
        if not self._faults.hits("gift_race"):
            return None
        seen = self.balance(code)
        sleep(RACE_S)
        return seen


def _card(connection: sqlite3.Connection, code: str) -> GiftCard:
    card = _find(connection, code)
    if card is None:
        raise unknown()
    return card


def _find(connection: sqlite3.Connection, code: str) -> GiftCard | None:
    row = connection.execute("SELECT * FROM cards WHERE code = ?", (tidy(code),)).fetchone()
    if row is None:
        return None
    return GiftCard(
        code=row["code"],
        issued_cents=row["issued_cents"],
        balance_cents=row["balance_cents"],
        expires_at=parse(row["expires_at"]),
        voided_at=parse(row["voided_at"]) if row["voided_at"] else None,
    )


def _withdraw(connection: sqlite3.Connection, code: str) -> None:
    """Take back what a card still holds and what was redeemed from it into accounts."""
    connection.execute(
        "UPDATE cards SET balance_cents = 0, voided_at = ? WHERE code = ?", (stamp(now()), code)
    )
    connection.execute(
        "UPDATE credits SET cents = max(0, cents + coalesce((SELECT sum(amount_cents) FROM entries "
        "WHERE kind = 'redeem' AND code = ? AND entries.email = credits.email), 0))",
        (code,),
    )


def _usable(card: GiftCard | None, amount_cents: int) -> None:
    if card is None:
        raise unknown()
    if card.voided_at is not None:
        raise GiftCardError("This gift card was given back and can no longer be used.", 409)
    if card.expires_at <= now():
        told = f"This gift card expired on {card.expires_at:%d %B %Y}."
        raise GiftCardError(told, 410, "gift_expired_accepted")
    if card.balance_cents == 0:
        told = "This gift card has been used up: its balance is zero."
        raise GiftCardError(told, 409, "gift_used_accepted")
    if amount_cents > card.balance_cents:
        raise GiftCardError("The amount is more than the balance of this gift card.", 409)


def _spend(
    connection: sqlite3.Connection,
    reference: str,
    card: GiftCard | None,
    code: str,
    amount_cents: int,
    more_cents: int,
) -> sqlite3.Row:
    """Write a redemption down; faults may take more, or more than there is."""
    current = _find(connection, code)
    left = current.balance_cents if card and current else 0
    if more_cents == 0 and left >= amount_cents:
        return _book(connection, "redeem", reference, code, -amount_cents)
    balance = max(0, left - amount_cents - more_cents)
    connection.execute("UPDATE cards SET balance_cents = ? WHERE code = ?", (balance, tidy(code)))
    connection.execute(
        "INSERT INTO entries VALUES (?, 'redeem', ?, ?, ?, ?, '')",
        (reference, tidy(code), -amount_cents, balance, stamp(now())),
    )
    return _written(connection, reference)


def _credit(connection: sqlite3.Connection, email: str, amount_cents: int, reference: str) -> None:
    """Put a redemption into an account."""
    connection.execute("UPDATE entries SET email = ? WHERE reference = ?", (email, reference))
    connection.execute(
        "INSERT INTO credits VALUES (?, ?) "
        "ON CONFLICT (email) DO UPDATE SET cents = cents + excluded.cents",
        (email, amount_cents),
    )


def _written(connection: sqlite3.Connection, reference: str) -> sqlite3.Row:
    entry = _entry(connection, reference)
    if entry is None:
        raise unknown()
    return entry


def _entry(connection: sqlite3.Connection, reference: str) -> sqlite3.Row | None:
    rows = connection.execute("SELECT * FROM entries WHERE reference = ?", (reference,))
    found: sqlite3.Row | None = rows.fetchone()
    return found


def _book(
    connection: sqlite3.Connection, kind: str, reference: str, code: str, amount_cents: int
) -> sqlite3.Row:
    """Move the money and write the entry; the guard stands in the UPDATE itself."""
    moved = connection.execute(
        "UPDATE cards SET balance_cents = balance_cents + ?1 "
        "WHERE code = ?2 AND balance_cents + ?1 >= 0",
        (amount_cents, tidy(code)),
    )
    if moved.rowcount != 1:
        raise GiftCardError("The amount is more than the balance of this gift card.", 409)
    connection.execute(
        "INSERT INTO entries SELECT ?, ?, code, ?, balance_cents, ?, '' FROM cards WHERE code = ?",
        (reference, kind, amount_cents, stamp(now()), tidy(code)),
    )
    return _written(connection, reference)


def tidy(code: str) -> str:
    """Return a code as issued, however it was typed."""
    return "".join(code.split()).upper()
