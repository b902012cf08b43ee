"""The shop's side of the payment provider: a few calls over HTTP, safe to repeat."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3

TIMEOUT_S = 10


class ProviderError(Exception):
    """The provider did not answer, or not as documented."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The provider's answer."""

    id: str
    status: str  # succeeded | declined | challenge | cancelled | refunded
    amount_cents: int
    message: str
    token: str | None  # stands for the card at the next charge; the shop keeps no card numbers
    challenge_url: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the provider's own book."""

    id: str
    reference: str
    attempt: str
    amount_cents: int
    status: str  # as of Charge, or refunded
    created_at: str


class Provider:
    """One payment provider."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = urllib3.PoolManager(maxsize=256, retries=False, timeout=TIMEOUT_S)

    def charge(self, order: dict[str, Any], idempotency_key: str) -> Charge:
        """Charge a card; the same key again gives the first answer. Raises: ProviderError."""
        return self._charge("POST", "/v1/charges", {**order, "idempotency_key": idempotency_key})

    def look(self, charge_id: str) -> Charge:
        """Return a charge as it stands. Raises: ProviderError."""
        return self._charge("GET", f"/v1/charges/{charge_id}")

    def cancel(self, charge_id: str) -> Charge:
        """Give up a charge that still waits for its challenge. Raises: ProviderError."""
        return self._charge("POST", f"/v1/charges/{charge_id}/cancel", {})

    def refund(self, charge_id: str) -> Charge:
        """Give all of a charge back, once. Raises: ProviderError."""
        return self._charge("POST", f"/v1/charges/{charge_id}/refund", {})

    def void(self, charge_id: str) -> Charge:
        """Undo a charge, paid or still waiting, once. Raises: ProviderError."""
        return self._charge("POST", f"/v1/charges/{charge_id}/void", {})

    def of(self, name: str) -> list[Entry]:
        """Return the book's entries of a reference, an attempt or an e-mail address.

        Raises: ProviderError.
        """
        rows = self._ask("GET", f"/api/charges?{urlencode({'reference': name})}")
        try:
            return [Entry(**{key: row[key] for key in Entry.__dataclass_fields__}) for row in rows]
        except (KeyError, TypeError) as error:
            raise ProviderError(f"charges of {name}: {error!r}") from error

    def _charge(self, method: str, path: str, body: dict[str, Any] | None = None) -> Charge:
        data = self._ask(method, path, body)
        try:
            return Charge(**{name: data[name] for name in Charge.__dataclass_fields__})
        except (KeyError, TypeError) as error:
            raise ProviderError(f"{method} {path}: {error!r}") from error

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._http.request(method, self._url + path, json=body, headers=self._headers)
            return answer.json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ProviderError(f"{method} {path}: {error!r}") from error
