"""What must be in the shop before customers come: products, members moved in, gift cards."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import requests

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
        """Return the paths of the products on the home page, sorted."""
        answer = self._ask("GET", "/", None)
        found = sorted(set(_PRODUCT.findall(answer.text)))
        if not found:
            raise StockError(f"{self._shop}/: no link to a product on the home page")
        return found

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
            codes += [str(row["code"] if isinstance(row, dict) else row) for row in rows]
        return codes

    def _post(self, path: str, body: list[dict[str, Any]], want: int) -> list[Any]:
        """Return the rows of the answer: the list itself, or the only list in the object."""
        answer = self._ask("POST", path, body)
        try:
            rows = answer.json()
        except ValueError as error:
            raise StockError(f"{self._shop}{path}: the answer is not JSON") from error
        if isinstance(rows, dict):
            rows = next((value for value in rows.values() if isinstance(value, list)), None)
        if not isinstance(rows, list) or len(rows) != want:
            raise StockError(f"{self._shop}{path}: sent {want} rows, the answer has other ones")
        return rows

    def _ask(self, method: str, path: str, body: object) -> requests.Response:
        try:
            answer = self._session.request(method, self._shop + path, json=body, timeout=TIMEOUT_S)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise StockError(f"{self._shop}{path}: {type(error).__name__}: {error}") from error
        return answer


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while part := list(islice(left, CHUNK)):
        yield part
