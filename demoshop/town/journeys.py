"""What customers do in the shop, page by page; each ends in what the customer came for."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from demoshop.town.decisions import Customer, Kind
from demoshop.town.shopper import Shopper, TroubleError, visible_text
from demoshop.town.stock import Membership

CARD = {
    "cc_name": "A Customer",
    "cc_number": "4242424242424242",  # accepted
    "cc_exp": "12/40",
    "cc_csc": "123",
}
CHALLENGED_CARD = {**CARD, "cc_number": "4000000000003220"}
ADDRESS = {
    "name": "A Customer",
    "street": "1 Long Street",
    "postal_code": "12345",
    "city": "Town",
    "country": "DE",
}
SEARCHES = ("tent", "boots", "jacket", "stove", "lamp", "bag")
CARD_VALUE_CENTS = 2500
PAYMENT_REQUIRED = 402


def buy(
    shopper: Shopper,
    customer: Customer,
    products: Sequence[str],
    gateway: str,
    order_patience_s: float,
) -> None:
    """Buy one product by card; an order number that he can read is what he came for.

    `gateway` is the payment provider's URL: some banks ask there whether it is really him.
    """
    shopper.get(_product(customer, products))
    shopper.submit("/cart/add", {"qty": "1"})
    shopper.get("/checkout/address")
    shopper.submit("/checkout/address", {"email": customer.email, **ADDRESS})
    shopper.submit("/checkout/delivery", {"delivery": "standard"})
    shopper.doing = Kind.PAYMENT
    began = time.monotonic()
    card = CHALLENGED_CARD if customer.challenged else CARD
    done = shopper.submit("/checkout/pay", card, refusal_ok=True)
    if done.url.startswith(f"{gateway}/challenge/"):
        done = shopper.submit(urlsplit(done.url).path, {"answer": "confirm"}, refusal_ok=True)
    took_s = time.monotonic() - began
    path = urlsplit(done.url).path
    number = path.removeprefix("/checkout/done/")
    if number == path or not number or number not in visible_text(done.text):
        raise TroubleError(Kind.PAYMENT, f"{path}: {done.status_code}, no order number")
    if took_s > order_patience_s:
        raise TroubleError(Kind.PAYMENT, f"the order took {took_s:.1f} s")


def visit_members(shopper: Shopper, member: Membership) -> None:
    """Open the members' page shortly after the own renewal was due."""
    shopper.doing = Kind.AUTOPAY
    page = shopper.get(f"/members?id={member.id}&key={member.key}", refusal_ok=True)
    if page.status_code == PAYMENT_REQUIRED:
        raise TroubleError(Kind.AUTOPAY, "/members: locked")
    if not page.ok:
        raise TroubleError(Kind.AUTOPAY, f"/members: error {page.status_code}")


def redeem(shopper: Shopper, customer: Customer, code: str) -> None:
    """Turn a part of a gift card into credit."""
    shopper.doing = Kind.GIFT_CARD
    amount_cents = CARD_VALUE_CENTS // 5 * (1 + int(customer.pick * 5))
    shopper.get("/gift-cards/redeem")
    fields = {"code": code, "amount_cents": str(amount_cents), "email": customer.email}
    shopper.submit("/gift-cards/redeem", fields)


def browse(shopper: Shopper, customer: Customer, products: Sequence[str]) -> None:
    """Look around and leave."""
    shopper.get("/")
    shopper.get(f"/search?q={SEARCHES[int(customer.pick * len(SEARCHES))]}")
    shopper.get(_product(customer, products))


def write_to_support(shopper: Shopper, customer: Customer, message: str) -> None:
    """Send the support form, as few do."""
    shopper.get("/support")
    shopper.submit(
        "/support", {"email": customer.email, "topic": "order", "message": message[:500]}
    )


def _product(customer: Customer, products: Sequence[str]) -> str:
    return products[int(customer.pick * len(products))]
