"""What must be in the shop before customers come: products, members moved in, gift cards."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import requests

from demoshop.town.shopper import hidden_fields

T = TypeVar("T")
CHUNK = 1000  # rows a request
TIMEOUT_S = 30.0
_PRODUCT = re.compile(r"""href=["']?(?:https?://[^/"']+)?(/product/[\w.-]+)["'\s>?#]""")


class StockError(Exception):
    """The shop did not take or give what the town needs; `str()` is one line."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A subscription that the shop took over, with the key of its pages."""

    id: str
    key: str


class Stock:
    """The shop's admin API, as the town uses it."""

    def __init__(self, shop: str, token: str) -> None:
        self._shop = shop.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def products(self) -> list[str]:
        """Return the paths of the products that can be bought, from the home page, sorted."""
        linked = sorted(set(_PRODUCT.findall(self._ask("GET", "/", None).text)))
        found = [path for path in linked if self._can_be_bought(path)]
        if not found:
            raise StockError(f"{self._shop}/: no link to a product that can be bought")
        return found

    def _can_be_bought(self, path: str) -> bool:
        """Whether the product's page offers to put it in the cart: no customer tries without."""
        page = self._ask("GET", path, None)
        return hidden_fields(page.text, page.url, "/cart/add") is not None

    def members(self, due: Sequence[tuple[str, datetime]]) -> list[Membership]:
        """Move members in: (email, time of the next renewal) each; in the same order."""
        members: list[Membership] = []
        for part in _chunks(due):
            body = [{"email": email, "next_renewal_at": at.isoformat()} for email, at in part]
            rows = self._post("/api/subscriptions", body, len(body))
            try:
                members += [Membership(str(row["id"]), str(row["key"])) for row in rows]
            except (KeyError, TypeError) as error:
                raise StockError(f"{self._shop}/api/subscriptions: no {error} in a row") from error
        return members

    def cards(self, count: int, amount_cents: int) -> list[str]:
        """Issue gift cards of one value and return their codes."""
        codes: list[str] = []
        for part in _chunks([{"amount_cents": amount_cents}] * count):
            rows = self._post("/api/gift-cards", part, len(part))
            if not all(isinstance(row, str) for row in rows):
                raise StockError(f"{self._shop}/api/gift-cards: the answer is no list of codes")
            codes += rows
        return codes

    def _post(self, path: str, body: list[dict[str, Any]], want: int) -> list[Any]:
        """Return the rows of the answer, one for each that was sent."""
        answer = self._ask("POST", path, body)
        try:
            rows = answer.json()
        except ValueError as error:
            raise StockError(f"{self._shop}{path}: the answer is not JSON") from error
        if not isinstance(rows, list) or len(rows) != want:
            raise StockError(f"{self._shop}{path}: sent {want} rows, the answer has other ones")
        return rows

    def _ask(self, method: str, path: str, body: object) -> requests.Response:
        try:
            answer = self._session.request(method, self._shop + path, json=body, timeout=TIMEOUT_S)
            answer.raise_for_status()
        except requests.HTTPError as error:
            raise StockError(f"{self._shop}{path}: HTTP {answer.status_code}") from error
        except requests.RequestException as error:
            raise StockError(f"{self._shop}{path}: {type(error).__name__}") from error
        return answer


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while part := list(islice(left, CHUNK)):
        yield part
