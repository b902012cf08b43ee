"""A real shop: django-oscar as a child process on a free port, with goods and guest checkout.

    with oscar(tmp_path / "shop") as shop:                # pays by invoice, one delivery
    with oscar(tmp_path / "shop", card=True) as shop:     # card form, two deliveries
    with oscar(tmp_path / "shop", language="de", currency="EUR") as shop:

    shop.url, shop.products[0].path, shop.inbox(), shop.orders(email), shop.void(number)

Card: `4242424242424242` is accepted, `4000000000000002` declined. Voucher: `WELCOME10`, 10 %.
The last product is a download: its checkout has no address and no delivery. Support stands
at /contact/, a return on the order's status page. `shop.services` answers like the demo
shop's mail sink and gateway. The folder holds database, pictures, mails and the child's log.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
START_LIMIT_S = 60.0
STOP_LIMIT_S = 10.0
HTTP_S = 10.0
CARD = "4242424242424242"
DECLINED = "4000000000000002"
VOUCHER = "WELCOME10"


@dataclass(frozen=True, slots=True)
class Product:
    """Something that Oscar sells; `path` starts at the shop's address."""

    name: str
    slug: str
    path: str
    price_cents: int


@dataclass(frozen=True, slots=True)
class OscarShop:
    """A running shop and its books."""

    url: str
    products: tuple[Product, ...]
    card: str = CARD
    declined: str = DECLINED

    @property
    def services(self) -> dict[str, str]:
        """Return `[shop.services]`: where mails and charges can be looked up."""
        return {"mail": f"{self.url}/books", "gateway": f"{self.url}/books"}

    def inbox(self, to: str) -> list[dict[str, str]]:
        """Return the mails to an address: from, to, subject, text."""
        return list(self._ask("GET", "messages", to=to))

    def orders(self, email: str | None = None) -> list[dict[str, Any]]:
        """Return the orders of an address (None: all): number, email, total_cents, status."""
        return list(self._ask("GET", "api/orders", **({"email": email} if email else {})))

    def charges(self, reference: str) -> list[dict[str, Any]]:
        """Return what was charged for an order: reference, amount_cents, refunded_cents, status."""
        return list(self._ask("GET", "api/charges", reference=reference))

    def void(self, number: str) -> dict[str, Any]:
        """Cancel an order, refund it, put its goods back; return how it stands then."""
        return dict(self._ask("POST", f"api/void/{number}"))

    def _ask(self, method: str, path: str, **params: str) -> Any:
        url = f"{self.url}/books/{path}"
        answer = requests.request(method, url, params=params, timeout=HTTP_S)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def oscar(
    folder: Path, *, card: bool = False, language: str = "en-gb", currency: str = "GBP"
) -> Iterator[OscarShop]:
    """Run the shop for as long as the block lasts; it ends with this process too.

    Raises: AssertionError with the end of the child's log if it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "shop.log"
    environment = {
        **os.environ,
        "OSCAR_SITE_FOLDER": str(folder),
        "OSCAR_SITE_CARD": "1" if card else "0",
        "OSCAR_SITE_LANGUAGE": language,
        "OSCAR_SITE_CURRENCY": currency,
    }
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.shops.oscar_site"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=environment,
        )
        try:
            yield _told(child, log)
        finally:
            _end(child)


def _told(child: "subprocess.Popen[bytes]", log: Path) -> OscarShop:
    """Wait for the child's one line."""
    assert child.stdout is not None
    ready, _, _ = select.select([child.stdout], [], [], START_LIMIT_S)
    line = child.stdout.readline() if ready else b""
    assert line, f"no shop within {START_LIMIT_S:g} s: {log.read_text()[-2000:]}"
    told = json.loads(line)
    return OscarShop(told["url"], tuple(Product(**row) for row in told["products"]))


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Close its stdin: it ends by itself, else it is killed."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    try:
        child.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()
