"""Before money moves: would the shop's books let us look up again what is made?

Asked before the ledger's row is written, of what the clean-up would ask and with the same
credentials: each attempt with real money, else once in KNOWN_S a worker. A shop that is in
trouble answers late there too, and to be told of that trouble must not wait for it (seen: nine
seconds of a lead). What came back decides:

- A refusal (401, 403) does not pass by itself: every run would leave an order that nobody can
  undo. No money moves, and the fault is ours: a customer never met it.
- Silence (no answer, an error of theirs, an answer that cannot be read) mostly passes before the
  ledger's row is settled. In a sandbox the journey goes on, with a fact that says so: a checkout
  must not go unwatched while a service beside it is down. Real money waits.
- A storefront that cannot tell has no books to ask. In a sandbox it pays, as its owner chose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from forepost.config import Secret
from forepost.errors import BrowserError
from probes.deadline import DeadlinePassed, limit
from probes.job import dumps
from probes.storefront import CannotTellError
from probes.verdict import one_line

KNOWN_S = 600.0  # what answered is not asked anew in that time, where the money is test money
FACT = "books before paying"  # the fact of a run that paid though they were silent
LOOK = "books"
LOOK_S = 3.0  # of the run's deadline, at most; a healthy answer takes milliseconds
ANYBODY = "nobody@probe.invalid"  # asked for where the flow named no customer
REFUSALS = (401, 403)
UNAUTHORIZED = 401
BUSY, SERVER_ERROR = 429, 500
# The first that a storefront can tell is the one that is asked: all go with the same token.
LOOKS = ("made", "orders", "charges", "mails")
SHOWN = 300  # of what an error says


@dataclass(frozen=True, slots=True)
class Books:
    """How the books stand: each text is empty where it does not apply."""

    refused: str = ""  # they do not take our credentials; the key and the remedy
    silent: str = ""  # no answer that means anything
    cannot: str = ""  # what was made could not be looked up: the storefront has no way to

    @property
    def answered(self) -> bool:
        """Whether they took our credentials."""
        return not (self.refused or self.silent)


class Answered:
    """Whose books answered lately, by the whole table of the shop: another token asks anew."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}  # monotonic seconds

    def lately(self, shop: Mapping[str, object], now_s: float) -> bool:
        """Whether the books of a shop need not be asked again yet."""
        return now_s < self._until.get(_digest(shop), 0.0)

    def note(self, shop: Mapping[str, object], now_s: float) -> None:
        """Remember that they answered."""
        self._until = {key: until for key, until in self._until.items() if until > now_s}
        self._until[_digest(shop)] = now_s + KNOWN_S


def books_of(
    front: object, customer: str, token: Secret | None, *, real_money: bool = False
) -> Books:
    """Ask the books for a customer that has bought nothing yet: at most one request.

    `real_money`: only the list of what was made counts, since without it no money moves.
    Raises: DeadlinePassed, of the run; its own limit is a silence.
    """
    cannot = ""
    for name in LOOKS[:1] if real_money else LOOKS:
        look = getattr(front, name, None)
        try:
            with limit(LOOK_S, LOOK):
                if look is not None:
                    look(customer or ANYBODY)
                    return Books(cannot=cannot)
        except CannotTellError as error:
            cannot = cannot or str(error)
        except DeadlinePassed as passed:
            if str(passed) != LOOK:
                raise
            return Books(silent=f"no answer within {LOOK_S:g} s", cannot=cannot)
        except Exception as error:  # noqa: BLE001 - a storefront may raise anything
            return _judged(error, token, cannot)
        cannot = cannot or f"the storefront has no {name}()"
    return Books(cannot=cannot)


def against(books: Books, *, real_money: bool, note: Callable[[str, object], None]) -> str:
    """Return why the journey ends before it pays; empty if it may ask for leave.

    `note` takes a fact of the run.
    Raises: BrowserError where the books refuse us, or where real money would have to trust
    books that are silent: our side.
    """
    if books.refused:
        raise BrowserError(f"no leave to pay: {books.refused}; nothing was bought")
    if real_money and books.cannot:
        return f"what it makes could not be looked up again: {books.cannot}"
    if real_money and books.silent:
        raise BrowserError(
            "no leave to pay: real money moves only where it can be looked up again, and the "
            f"shop's books are silent: {books.silent}; nothing was bought"
        )
    if books.silent:
        note(FACT, f"silent; paid all the same, since it is test money: {books.silent}")
    return ""


def _digest(shop: Mapping[str, object]) -> str:
    return sha256(dumps(shop).encode()).hexdigest()


def _judged(error: Exception, token: Secret | None, cannot: str) -> Books:
    """Say what an error of the books means."""
    status = _status(error)
    if status in REFUSALS:
        return Books(refused=_remedy(error, status, token), cannot=cannot)
    if status is not None and status < SERVER_ERROR and status != BUSY and cannot:
        return Books(cannot=cannot)  # they know no such address: an answer, and our token was taken
    return Books(silent=f"{type(error).__name__}: {one_line(str(error))[:SHOWN]}", cannot=cannot)


def _status(error: Exception) -> int | None:
    """Return the HTTP status that an error of requests or httpx (`response`) or urllib carries."""
    answer = getattr(error, "response", None)
    status = getattr(answer, "status_code", None) or getattr(error, "code", None)
    return status if isinstance(status, int) else None


def _remedy(error: Exception, status: int, token: Secret | None) -> str:
    """Return which key of config.toml to mend, and how."""
    url = getattr(getattr(error, "response", None), "url", "") or getattr(error, "url", "")
    who = urlsplit(str(url or "")).netloc.rpartition("@")[2] or "the shop's books"
    if token is None:
        return f"{who} wants a token ({status}); set [shop] token to one that may list and void"
    if status == UNAUTHORIZED:
        return f"{who} does not take [shop] token; set it to that of this shop"
    return f"{who} takes [shop] token but does not let it look ({status}); let it list and void"
