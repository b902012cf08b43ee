"""A shop whose voucher may cover all: then nobody is asked for a card.

With `automatic=True` every basket has the voucher; else `ALLFREE` is typed into the basket.
"""

from contextlib import AbstractContextManager
from typing import Any

from flask import redirect, request, session

from tests.shops.plain import PlainShop
from tests.shops.shop import Shop, opened

VOUCHER = "ALLFREE"
FIELD = """<form method="post" action="/voucher"><label>Voucher code <input name="code"></label>
<button>Apply voucher</button></form>"""
REVIEW = """<p>Nothing to pay: your voucher covers it.</p>
<form method="post" action="/checkout/free"><button>Place order</button></form>"""


class VoucherShop(PlainShop):
    """Skips the payment page where nothing is due."""

    def __init__(self, broken: str = "", *, automatic: bool = True) -> None:
        super().__init__(broken)
        self.automatic = automatic
        self.app.post("/voucher")(self.voucher)
        self.app.get("/checkout/review")(self.review)
        self.app.post("/checkout/free")(self.free)

    def discount_cents(self) -> int:
        """Return the whole sum for whoever holds the voucher."""
        held = self.automatic or session.get("voucher") == VOUCHER
        return self.lines_cents() + self.delivery_cents if held else 0

    def sums(self) -> str:
        """Ask for a voucher below the sums."""
        return super().sums() + ("" if self.automatic else FIELD)

    def voucher(self) -> Any:
        """Take a voucher."""
        session["voucher"] = request.form["code"].strip()
        return redirect("/basket", 303)

    def payment(self) -> Any:
        """Pass the payment page over where nothing is due."""
        return super().payment() if self.total_cents() else redirect("/checkout/review", 303)

    def review(self) -> Any:
        """Show the sums once more; there is only a button."""
        return self.page("Review your order", self.sums() + REVIEW)

    def free(self) -> Any:
        """Place an order that costs nothing."""
        if self.total_cents():
            return redirect("/checkout/payment", 303)
        return redirect(f"/checkout/done/{self.sell('')}", 303)


def serve(*, broken: str = "", automatic: bool = True) -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(VoucherShop(broken, automatic=automatic))
