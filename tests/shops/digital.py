"""A shop for downloads: an e-mail address and a card, no address and no delivery."""

from contextlib import AbstractContextManager
from typing import Any

from flask import redirect, request, session
from markupsafe import escape

from tests.shops.plain import PlainShop
from tests.shops.shop import Goods, Shop, opened

EMAIL = """<form method="post"><label>E-mail for the download
<input type="email" name="email" autocomplete="email" required value="{email}"></label>
<button>Continue to payment</button></form>"""


class DigitalShop(PlainShop):
    """Goes from the e-mail address to the card."""

    goods: tuple[Goods, ...] = (
        Goods("knot-book", "Book of Knots (PDF)", 900),
        Goods("sea-songs", "Sea Songs (MP3)", 700),
    )
    delivery_cents = 0

    def address(self) -> Any:
        """Ask where to send the link."""
        if request.method == "POST":
            session["address"] = {"email": request.form["email"]}
            return redirect("/checkout/payment", 303)
        email = escape(session.get("address", {}).get("email", ""))
        return self.page("Your e-mail", EMAIL.format(email=email))

    def delivery(self) -> Any:
        """There is nothing to deliver."""
        return redirect("/checkout/payment", 303)


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(DigitalShop(broken))
