"""A customer of the real demo shop, and the doors of its test APIs."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60
COMMAND = (sys.executable, "-m", "demoshop")
T = TypeVar("T")

ACCEPTED = "4242424242424242"
DECLINED = "4000000000000002"
CHALLENGED = "4000000000003220"
EXPIRES = "4000000000000341"


def until(look: Callable[[], T], what: str) -> T:
    """Return the first true value that `look` gives, or fail saying `what` never came."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"{what}: not within {PATIENCE_S} s")


def card(number: str = ACCEPTED) -> dict[str, str]:
    """Return the fields of a card form."""
    return {"cc_name": "Test Person", "cc_number": number, "cc_exp": "12/34", "cc_csc": "123"}


@dataclass(frozen=True)
class Page:
    """An answer of the shop, read by its test ids."""

    status: int
    url: str
    text: str

    def cents(self, name: str) -> int:
        """Return an amount of the page."""
        found = re.search(rf'data-testid="{name}"[^>]*><data value="(-?\d+)"', self.text)
        assert found, f"no amount {name!r} on {self.url}"
        return int(found[1])

    def words(self, name: str) -> str:
        """Return a text of the page."""
        found = re.search(rf'data-testid="{name}"[^>]*>([^<]*)<', self.text)
        assert found, f"no text {name!r} on {self.url}"
        return unescape(found[1])

    def field(self, name: str) -> str:
        """Return what a form field holds."""
        found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', self.text)
        assert found, f"no field {name!r} on {self.url}"
        return unescape(found[1])

    @property
    def alert(self) -> str:
        """What the page says went wrong; empty if nothing did."""
        found = re.search(r'role="alert"[^>]*>(.*?)</div>', self.text, re.DOTALL)
        return unescape(re.sub(r"<[^>]+>", " ", found[1])).strip() if found else ""


@dataclass
class Customer:
    """A customer with a browser's cookies, over real HTTP."""

    shop: str
    email: str = field(default_factory=lambda: f"{uuid4().hex}@example.com")
    http: requests.Session = field(default_factory=requests.Session)
    token: str = ""  # of the forms; the same for a whole session

    def get(self, path: str) -> Page:
        """Open a page."""
        return _page(self.http.get(path if "://" in path else self.shop + path, timeout=30))

    def post(self, path: str, form: dict[str, Any], *, follow: bool = True) -> Page:
        """Send a form with the token of this session."""
        self.token = self.token or self.get("/support").field("csrf_token")
        values = {"csrf_token": self.token, **form}
        return _page(
            self.http.post(self.shop + path, data=values, timeout=30, allow_redirects=follow)
        )

    def to_payment(self, sku: str = "mug-birch", qty: int = 1, delivery: str = "standard") -> Page:
        """Fill a cart and walk to the payment page."""
        self.post("/cart/add", {"sku": sku, "qty": qty})
        self.post("/checkout/address", {**self.address, "email": self.email})
        return self.post("/checkout/delivery", {"delivery": delivery})

    @property
    def address(self) -> dict[str, str]:
        """Where this customer lives."""
        return {
            "name": "Test Person",
            "street": "1 Test Street",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
        }

    def pay(self, payment: Page, number: str = ACCEPTED, gift_code: str = "") -> Page:
        """Send the payment form of a page."""
        paying = card(number) if number else {}
        attempt = {"attempt": payment.field("attempt"), "gift_code": gift_code}
        return self.post("/checkout/pay", {**paying, **attempt})


def _page(answer: requests.Response) -> Page:
    return Page(answer.status_code, answer.url, answer.text)


@dataclass(frozen=True)
class Shop:
    """A running demo shop, its process and its doors."""

    process: subprocess.Popen[str]
    urls: dict[str, Any]
    out: Path

    def customer(self) -> Customer:
        """Return somebody new."""
        return Customer(self.urls["shop"])

    def api(
        self, method: str, path: str, body: Any = None, door: str = "shop"
    ) -> requests.Response:
        """Call a test API with the token."""
        headers = {"Authorization": f"Bearer {self.urls['token']}"}
        return requests.request(
            method, self.urls[door] + path, json=body, headers=headers, timeout=30
        )

    def fault(self, name: str, **settings: Any) -> None:
        """Switch a fault on."""
        answer = self.api("PUT", f"/api/faults/{name}", settings)
        assert answer.status_code == 200, answer.text

    def charges(self, reference: str) -> list[dict[str, Any]]:
        """Return what the provider took for a reference, also if it gave it back later."""
        found = self.api("GET", f"/api/charges?reference={reference}", door="gateway").json()
        return [charge for charge in found if charge["status"] in ("succeeded", "refunded")]

    def orders(self, customer: Customer) -> list[dict[str, Any]]:
        """Return a customer's orders by the shop's own books."""
        found: list[dict[str, Any]] = self.api("GET", f"/api/orders?email={customer.email}").json()
        return found

    def mails(self, customer: Customer) -> list[dict[str, str]]:
        """Return the letters a customer got."""
        found: list[dict[str, str]] = self.api(
            "GET", f"/messages?to={customer.email}", door="mail"
        ).json()
        return found

    def gift_card(self, cents: int, **more: Any) -> str:
        """Issue a gift card and return its code."""
        codes = self.api("POST", "/api/gift-cards", [{"amount_cents": cents, **more}]).json()
        return str(codes[0])

    def balance(self, code: str) -> int:
        """Return what the ledger says is on a card."""
        return int(self.api("GET", f"/api/gift-cards/{code}").json()["balance_cents"])


def join(customer: Customer, clock: str, number: str = ACCEPTED) -> Page:
    """Become a member with a clock of one's own."""
    form = {"plan": "monthly", "email": customer.email, "test_clock": clock, **card(number)}
    return customer.post("/subscribe", form)


def names(page: Page) -> tuple[str, str]:
    """Return id and key of the membership that a page shows."""
    parts = urlsplit(page.url)
    return parts.path.rsplit("/", 1)[1], parse_qs(parts.query)["key"][0]


def start(out: Path, *options: str, town: bool = False) -> subprocess.Popen[str]:
    """Start the real command; its stdin stays open until the test closes it."""
    return subprocess.Popen(
        [*COMMAND, "--out", str(out), *([] if town else ["--no-town"]), *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )


def stop(process: subprocess.Popen[str]) -> None:
    """End a shop as its owner does, and close our ends of its pipes."""
    process.terminate()
    process.communicate(timeout=30)
