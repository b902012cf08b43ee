"""What values are called, where they stand and in the script, and what their names tell (pure)."""

import keyword
import re

from loadtests.recording import looks
from loadtests.recording.spots import Spot

_VISITS = re.compile(
    r"cart|basket|checkout|order|session|quote|visit|customer|token|csrf|xsrf|nonce|secret|auth",
    re.IGNORECASE,
)


def by_name(spot: Spot) -> bool:
    """Whether it is a value of JSON whose name says that it is an id, or a sum of money."""
    named = [part for part in spot.args if isinstance(part, str)]
    told = bool(named) and (looks.names_id(named[-1]) or looks.MONEY.search(named[-1]))
    return spot.call == "at" and bool(told)


def of_visit(spot: Spot, name: str) -> bool:
    """Whether names say that an id is of what each visit has for itself: a cart's, an order's."""
    named = [name, *(part for part in spot.args if isinstance(part, str)), *spot.given.values()]
    return any(_VISITS.search(part) for part in named)


def called(spot: Spot) -> str:
    """Return what JSON calls a value: cart_id for the id of a cart; empty for anything else."""
    names = [part for part in spot.args if isinstance(part, str)] if spot.call == "at" else []
    short = len(names) > 1 and names[-1].lower() in ("id", "key", "token", "code", "number")
    return "_".join(names[-2:] if short else names[-1:])


def identifier(name: str) -> str:
    """Return a name as Python writes one: cart_id of cartId, cart[id] or Cart-Id."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    word = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_")[:40]
    word = f"value_{word}".strip("_") if not word or word[0].isdigit() else word
    return f"{word}_" if keyword.iskeyword(word) else word
