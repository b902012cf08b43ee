"""A shop that takes gift cards: a page for what one holds, a field for its code; it redeems none.

`field`: where a code is put in, "basket" or "payment"; `page`: whether balances can be asked for.
`broken`: one of FAULTS.
"""

from contextlib import AbstractContextManager
from typing import Any

from flask import redirect, request, session
from markupsafe import escape

from tests.shops.plain import CARD_FORM, PlainShop
from tests.shops.shop import Shop, euros, opened

CARD, WORTH_CENTS = "GIFT-7KQ2-M4XZ", 1_500
RICH, RICH_CENTS = "GIFT-9RST-B2LW", 20_000
EXPIRED = "GIFT-0LD0-Y3AR"
FAULTS = (
    "balance",  # shows a cent less than the card holds
    "not taken",  # refuses every card in the cart
    "half",  # takes half of it off
    "spends",  # a card that is only put to a cart is charged
    "all codes",  # a code that nobody issued is worth something
    "silent",  # a refusal says nothing
    "old cards",  # an expired card is taken
)
LINK = """<nav><a href="/gift-cards">Gift cards</a>
<a href="/gift-cards/balance">Check your gift card balance</a></nav>"""
ASK = """<form method="post"><label>Gift card code <input name="code"></label>
<button>Check balance</button></form><p>A balance never expires.</p>"""
FIELD = """<form method="post" action="/card"><label>Gift card or voucher code <input name="code">
</label><button>Apply</button></form>"""


class GiftShop(PlainShop):
    """Knows three cards."""

    def __init__(self, broken: str = "", *, field: str = "basket", page: bool = True) -> None:
        super().__init__("")
        self.fault, self.field, self.has_page = broken, field, page
        self.cards = {CARD: WORTH_CENTS, RICH: RICH_CENTS}
        if page:
            self.app.route("/gift-cards/balance", methods=["GET", "POST"])(self.balance)
        self.app.post("/card")(self.card)

    def foot(self) -> str:
        """Lead to the balance from every page."""
        return LINK if self.has_page else ""

    def worth(self, code: str) -> int | None:
        """Return what a code is worth; None: refused."""
        if code == EXPIRED:
            return 1_000 if self.fault == "old cards" else None
        return self.cards.get(code, 500 if self.fault == "all codes" else None)

    def refusal(self, code: str) -> str:
        """Say why a code is worth nothing: in a box that nothing marks, as many shops do."""
        why = "This card has expired." if code == EXPIRED else f"We do not know {escape(code)}."
        return "" if self.fault == "silent" else f"<p>{why}</p>"

    def balance(self) -> Any:
        """Tell what a card holds."""
        if request.method == "GET":
            return self.page("Gift card balance", ASK)
        code = request.form["code"].strip()
        cents = self.worth(code)
        if cents is None:
            return self.page("Gift card balance", self.refusal(code) + ASK, 404)
        shown = cents - (self.fault == "balance")
        told = f"<p>The balance of your card is <strong>{euros(shown)}</strong>.</p>"
        return self.page("Gift card balance", told + ASK)

    def card(self) -> Any:
        """Take a card into the basket's sums."""
        code = request.form["code"].strip()
        taken = None if self.fault == "not taken" else self.worth(code)
        session["refused"] = code if taken is None else ""
        if taken is not None:
            session["card"] = code
            if self.fault == "spends":
                self.cards[code] = 0
        return redirect("/checkout/payment" if self.field == "payment" else "/basket", 303)

    def discount_cents(self) -> int:
        """Return what the card at hand takes off."""
        worth = self.worth(session["card"]) if session.get("card") else 0
        worth = WORTH_CENTS if self.fault == "spends" and session.get("card") else worth or 0
        due = min(worth, self.lines_cents() + self.delivery_cents)
        return due // 2 if self.fault == "half" else due

    def asked(self) -> str:
        """Return the field, and what was said to the code that was refused last."""
        refused = session.pop("refused", "")
        return FIELD + (self.refusal(refused) if refused else "")

    def sums(self) -> str:
        """Ask for a code below the sums of the basket."""
        here = self.field == "basket" and request.path == "/basket"
        return super().sums() + (self.asked() if here else "")

    def payment_form(self) -> str:
        """Ask for a code above the card."""
        return (self.asked() if self.field == "payment" else "") + CARD_FORM


def serve(
    *, broken: str = "", field: str = "basket", page: bool = True
) -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(GiftShop(broken, field=field, page=page))
