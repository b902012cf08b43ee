"""What all small shops have in common: books that a test can read, and a server thread.

    with one_page.serve() as shop:             # broken="pay" | "cent" | "blank": see Books
        ...walk shop.url + shop.product...
        assert [order.total_cents for order in shop.books.orders] == [...]

`shop.services` answers like the demo shop's mail sink and gateway.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Blueprint, Flask, Response, abort, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

CARD = "4242424242424242"
DECLINED = "4000000000000002"
DECLINED_MESSAGE = "Your card was declined."
BROKEN = ("pay", "cent", "blank")  # 500 on paying, one cent too much charged, no confirmation


class DeclinedError(Exception):
    """The card was refused; nothing was charged."""


@dataclass(frozen=True, slots=True)
class Goods:
    """Something on sale."""

    slug: str
    name: str
    price_cents: int


@dataclass(frozen=True, slots=True)
class Sold:
    """An order: who, what, for how much."""

    number: str
    email: str
    lines: tuple[tuple[str, int], ...]  # slug, quantity
    total_cents: int
    charged_cents: int


def euros(cents: int) -> str:
    """Return an amount as English shops on the continent write it: "€1,234.56"."""
    return f"€{cents / 100:,.2f}"


@dataclass(slots=True)
class Books:
    """Orders, charges and mails of a shop; `broken` says what is wrong with its till."""

    broken: str = ""
    money: Callable[[int], str] = euros  # how the shop writes amounts
    letter: str = "Thank you. Your order {number} has been received. Total paid: {paid}."
    orders: list[Sold] = field(default_factory=list)
    charges: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sell(self, email: str, lines: dict[str, int], cents: int, card: str = "") -> Sold:
        """Charge the card and write the order down. Nothing is charged where nothing is due.

        Raises: DeclinedError; a 500 where paying is broken.
        """
        if self.broken == "pay":
            abort(500)
        if card == DECLINED:
            raise DeclinedError(DECLINED_MESSAGE)
        with self.lock:
            number = f"MS-{10_001 + len(self.orders)}"
            charged = cents + 1 if cents and self.broken == "cent" else cents
            sold = Sold(number, email, tuple(lines.items()), cents, charged)
            self.orders.append(sold)
            if charged:
                row = {"reference": number, "amount_cents": charged, "status": "succeeded"}
                self.charges.append({**row, "email": email})
            self._write(sold)
        return sold

    def said(self, confirmation: str) -> str:
        """Return a confirmation, or nothing where that is what is broken."""
        return "" if self.broken == "blank" else confirmation

    def _write(self, sold: Sold) -> None:
        text = self.letter.format(number=sold.number, paid=self.money(sold.charged_cents))
        mail = {"from": "shop@shop.invalid", "to": sold.email, "text": text}
        self.mails.append({**mail, "subject": f"Order {sold.number}"})

    def pages(self) -> Blueprint:
        """Return the books over HTTP, shaped as the demo shop's."""
        blueprint = Blueprint("books", __name__, url_prefix="/books")

        @blueprint.get("/messages")
        def messages() -> Response:
            return jsonify([mail for mail in self.mails if mail["to"] == request.args["to"]])

        @blueprint.get("/api/charges")
        def charges() -> Response:
            wanted = set(request.args.items())
            return jsonify([row for row in self.charges if wanted <= set(row.items())])

        return blueprint


@dataclass(frozen=True, slots=True)
class Shop:
    """A running small shop. `product` is the path of its page, `name` what it is called."""

    url: str
    product: str
    name: str
    price_cents: int
    delivery_cents: int
    books: Books
    card: str = CARD
    declined: str = DECLINED

    @property
    def services(self) -> dict[str, str]:
        """Return `[shop.services]`: where mails and charges can be looked up."""
        return {"mail": f"{self.url}/books", "gateway": f"{self.url}/books"}

    def orders(self) -> list[Sold]:
        """Return the orders so far."""
        return list(self.books.orders)

    def charges(self) -> list[dict[str, Any]]:
        """Return the charges so far: reference, amount_cents, status, email."""
        return list(self.books.charges)


class Sells(Protocol):
    """What can be served: a Flask app and what stands in its books."""

    app: Flask
    books: Books
    goods: tuple[Goods, ...]
    delivery_cents: int

    def path(self, slug: str) -> str:
        """Return the path of a product's page."""
        ...


class _Quiet(WSGIRequestHandler):
    """Speaks HTTP/1.1 and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - base class
        del type, message, args


@contextmanager
def serving(app: Flask, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve an app on a free port in a thread; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def opened(sells: Sells) -> Iterator[Shop]:
    """Serve a shop; its first goods are the ones to buy."""
    sells.app.register_blueprint(sells.books.pages())
    first = sells.goods[0]
    with serving(sells.app) as url:
        yield Shop(
            url,
            sells.path(first.slug),
            first.name,
            first.price_cents,
            sells.delivery_cents,
            sells.books,
        )
