"""The checkout: address, delivery, payment, done. No account needed."""

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from demoshop.cart import Address, Cart
from demoshop.checkout import Challenge, CheckoutError, Paid
from demoshop.ledger import GiftCardError
from demoshop.pages.forms import Form
from demoshop.pages.visit import page, sid
from demoshop.payments import ProviderError
from demoshop.pool import PoolBusyError
from demoshop.pricing import DELIVERIES, Totals, totals
from demoshop.services import services

pages = Blueprint("checkout", __name__, url_prefix="/checkout")

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "DK": "Denmark",
    "FR": "France",
    "DE": "Germany",
    "IE": "Ireland",
    "IT": "Italy",
    "NL": "Netherlands",
    "PL": "Poland",
    "ES": "Spain",
    "SE": "Sweden",
    "CH": "Switzerland",
    "GB": "United Kingdom",
}
BLANK = "<!doctype html><html lang=en><title>Fernhill Outfitters</title><body></body></html>"
BUSY = "The gift card service is busy. Nothing was charged; please try again in a moment."
SILENT = "Our payment provider does not answer. Please try again in a moment; you cannot pay twice."


@pages.get("/address")
def address() -> ResponseReturnValue:
    """Where should it go?"""
    cart = services().carts.looked_at_again(sid())
    lost = cart.delivery is not None and services().faults.hits("address_lost_on_back")
    given = None if lost else cart.address
    return _closed(cart) or page("address.html", cart=cart, address=given, countries=COUNTRIES)


@pages.post("/address")
def save_address() -> ResponseReturnValue:
    """Keep the address, or say what is missing."""
    form = Form(request.form)
    given = Address(
        email=form.email(),
        name=form.text("name", "your name"),
        street=form.text("street", "street and number"),
        postal_code=form.text("postal_code", "the postal code"),
        city=form.text("city", "the town or city"),
        country=form.choice("country", COUNTRIES, "a country"),
    )
    cart = services().carts.of(sid())
    closed = _closed(cart)
    if closed:
        return closed
    if form.errors:
        return page(
            "address.html", 422, cart=cart, address=given, countries=COUNTRIES, errors=form.errors
        )
    services().carts.set_address(sid(), given)
    return redirect(url_for("checkout.delivery"), 303)


@pages.get("/delivery")
def delivery() -> ResponseReturnValue:
    """How should it be sent?"""
    cart = services().carts.of(sid())
    return _missing(cart, delivery=False) or _delivery_page(cart)


@pages.post("/delivery")
def save_delivery() -> ResponseReturnValue:
    """Keep the choice."""
    cart = services().carts.of(sid())
    missing = _missing(cart, delivery=False)
    if missing:
        return missing
    chosen = request.form.get("delivery", "")
    if chosen not in DELIVERIES:
        return _delivery_page(cart, 422, {"delivery": "Please choose a delivery."})
    services().carts.set_delivery(sid(), chosen)
    return redirect(url_for("checkout.payment"), 303)


@pages.get("/payment")
def payment() -> ResponseReturnValue:
    """The sums to the cent, and the card."""
    cart = services().repeats.reopened(services().carts.of(sid()))
    return _missing(cart) or _payment_page(cart)


@pages.post("/pay")
def pay() -> ResponseReturnValue:
    """Pay once, however often this arrives."""
    form, cart = Form(request.form), services().carts.of(sid())
    gift_code = request.form.get("gift_code", "").strip()[:100]
    attempt = request.form.get("attempt", "")
    card = form.card(optional=bool(gift_code))
    if form.errors:
        return _missing(cart) or _payment_page(cart, 422, form.errors)
    try:
        result = services().till.pay(sid(), attempt, card, gift_code)
    except (CheckoutError, GiftCardError) as refused:
        return _refused(str(refused), refused.status)
    except PoolBusyError:
        return _refused(BUSY, 503)
    except ProviderError:
        return _refused(SILENT, 502)
    if isinstance(result, Challenge):
        return redirect(result.url, 303)
    return _done(result)


@pages.get("/return/<attempt>")
def resume(attempt: str) -> ResponseReturnValue:
    """Back from the bank's page."""
    try:
        return _done(services().till.resume(sid(), attempt))
    except CheckoutError as refused:
        return _refused(str(refused), refused.status)
    except ProviderError:
        return _refused(SILENT, 502)


@pages.get("/done/<number>")
def done(number: str) -> ResponseReturnValue:
    """Thank you, with the number and what was charged."""
    order = services().orders.get(number)
    if order is None or order.sid != sid():
        abort(404)
    services().repeats.shown(order)
    if services().faults.hits("blank_confirmation"):
        return Response(BLANK, mimetype="text/html")
    return page("done.html", order=order, countries=COUNTRIES)


def _done(paid: Paid) -> ResponseReturnValue:
    return redirect(url_for("checkout.done", number=paid.number), 303)


def _refused(message: str, status: int) -> ResponseReturnValue:
    cart = services().carts.of(sid())
    missing, told = _missing(cart), {"": message} if message else {}
    if missing and not cart.lines:
        return page("cart.html", status, cart=cart, deliveries=DELIVERIES, errors=told)
    return missing or _payment_page(cart, status, told)


def _closed(cart: Cart) -> ResponseReturnValue | None:
    """Send away who has nothing to pay for; a broken shop asks everybody for an account."""
    if not cart.lines:
        return redirect(url_for("cart.show"), 303)
    if services().faults.hits("account_forced"):
        return page("account.html")
    return None


def _missing(cart: Cart, *, delivery: bool = True) -> ResponseReturnValue | None:
    """Send the customer to what comes first; one who already paid, to the order."""
    if not cart.lines and cart.last_order:
        return _done(Paid(cart.last_order))
    if not cart.lines:
        return redirect(url_for("cart.show"), 303)
    if cart.address is None:
        return redirect(url_for("checkout.address"), 303)
    if delivery and cart.delivery is None:
        return redirect(url_for("checkout.delivery"), 303)
    return None


def _delivery_page(
    cart: Cart, status: int = 200, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    sums: dict[str, Totals] = {
        name: totals((line.cents for line in cart.lines), name) for name in DELIVERIES
    }
    return page(
        "delivery.html", status, cart=cart, deliveries=DELIVERIES, sums=sums, errors=errors or {}
    )


def _payment_page(
    cart: Cart, status: int = 200, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    typed = {name: request.form.get(name, "") for name in ("cc_name", "gift_code")}
    answer = make_response(
        page(
            "payment.html",
            status,
            cart=cart,
            deliveries=DELIVERIES,
            countries=COUNTRIES,
            typed=typed,
            errors=errors or {},
        )
    )
    answer.headers["Cache-Control"] = "no-store"  # back after paying asks the shop anew
    return answer
