"""Guest checkout: from the product page to an order number. One arrival is one order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from loadtests.session import Answer, FlowFailedError, Row, Session
from loadtests.users import _buyers, _page

ENDPOINTS = (
    "shop.product",
    "cart.add",
    "checkout.address_form",
    "checkout.address",
    "checkout.delivery",
    "checkout.pay",
)
_HOME = {
    "name": "Load Test",
    "street": "1 Test Street",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.checkout]` of a campaign, key for key."""

    products: tuple[str, ...] = ()  # their SKUs; none: those of the home page that are in stock
    delivery: str = "standard"
    card_number: str = _buyers.TEST_CARD


def prepare(session: Session, count: int, settings: Settings) -> Sequence[Row]:
    """Give every buyer an address of their own, and a product that can be bought."""
    wares = settings.products or _in_stock(session)
    emails = _buyers.addresses(count)
    return [
        {"email": email, "product": product}
        for email, product in zip(emails, islice(cycle(wares), len(emails)), strict=True)
    ]


def run(session: Session, row: Row, settings: Settings) -> None:
    """Buy one piece as a guest; the order must be confirmed at the total that was shown."""
    with session.step("product"):
        page = session.get(
            "shop.product", f"/product/{row['product']}", shows='data-testid="product"'
        )
    with session.step("cart"):
        form = {**page.fields(), "qty": "1"}
        session.post("cart.add", "/cart/add", form, shows='data-testid="line"')
    with session.step("address"):
        page = session.get("checkout.address_form", "/checkout/address", shows='name="street"')
        form = {**page.fields(), **_HOME, "email": row["email"]}
        page = session.post("checkout.address", "/checkout/address", form, shows='name="delivery"')
    with session.step("delivery"):
        form = {**page.fields(), "delivery": settings.delivery}
        page = session.post(
            "checkout.delivery", "/checkout/delivery", form, shows='data-testid="payment-form"'
        )
    with session.step("pay"):
        total_cents = _total(page)
        form = {**page.fields(), **_buyers.card(settings.card_number), "gift_code": ""}
        page = session.post(
            "checkout.pay", "/checkout/pay", form, shows='data-testid="order-number"'
        )
        _page.same(page, "total", total_cents)
        _page.same(page, "charged", total_cents)


def clean_up(session: Session, rows: Sequence[Row], settings: Settings) -> Mapping[str, int]:  # noqa: ARG001 - the room's verb
    """Void the orders: money back, pieces back on the shelf."""
    return _buyers.undo_purchases(session, rows)


def _in_stock(session: Session) -> list[str]:
    """Return the products whose page offers to put them into the cart."""
    skus = _page.products(session)
    found = [
        sku for sku in skus if "sku" in session.get("shop.product", f"/product/{sku}").fields()
    ]
    if not found:
        raise FlowFailedError("test data", f"none of {len(skus)} products can be bought")
    return found


def _total(page: Answer) -> int:
    """Return the total (cents) of the payment page; it must be the sum of its parts."""
    parts = sum(_page.cents(page, name) for name in ("lines", "discount", "delivery", "tax"))
    _page.same(page, "total", parts)
    return parts
