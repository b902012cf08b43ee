"""The clean-up API: what an address has bought, and how to undo it. JSON, bearer token."""

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from demoshop import bulk, child
from demoshop.checkout import ShopFaultError
from demoshop.gift_sales import GiftSale
from demoshop.ledger import GiftCardError
from demoshop.orders import Order
from demoshop.payments import Entry, ProviderError
from demoshop.pool import PoolBusyError
from demoshop.services import services
from demoshop.subscriptions import Subscription

pages = Blueprint("clean_up", __name__, url_prefix="/api")

MOST = 1000  # names in one bulk request


@pages.before_request
def guard() -> ResponseReturnValue | None:
    """Let in who has the token; a fault makes every void fall over."""
    closed = child.refuse(services().token)
    if closed is None and request.method == "POST" and services().faults.hits("void_fails"):
        raise ShopFaultError("void_fails")
    return closed


@pages.errorhandler(ShopFaultError)
def fell_over(fault: ShopFaultError) -> ResponseReturnValue:
    """Nothing was undone."""
    return jsonify(error=f"the fault {fault} is on; nothing was undone"), 500


@pages.errorhandler(PoolBusyError)
def busy(_error: PoolBusyError) -> ResponseReturnValue:
    """The ledger has no connection free."""
    return jsonify(error="the gift card service is busy; void it again"), 503


@pages.errorhandler(ProviderError)
def silent(error: ProviderError) -> ResponseReturnValue:
    """The provider did not say that the money is back."""
    return jsonify(error=f"the payment provider does not answer ({error}); void it again"), 502


@pages.errorhandler(GiftCardError)
def refused(error: GiftCardError) -> ResponseReturnValue:
    """No such card."""
    return jsonify(error=str(error)), error.status


@pages.get("/made")
def made() -> ResponseReturnValue:
    """All that was made under an address."""
    shop, email = services(), _email(request.args)
    if not email:
        return jsonify(error="email: write /api/made?email=name@example.com"), 400
    return jsonify(
        orders=[order(each) for each in shop.orders.by_email(email)],
        gift_cards=[gift_card(each) for each in shop.gift_sales.by_email(email)],
        subscriptions=[subscription(each) for each in shop.subscriptions.by_email(email)],
        charges=[charge(each) for each in shop.voids.stray(email)],
    )


@pages.post("/orders/<number>/void")
def void_order(number: str) -> ResponseReturnValue:
    """Money, goods and gift card money of an order back."""
    found = services().voids.order(number)
    if found is None:
        return jsonify(error=f"no order {number!r}"), 404
    return jsonify(order(found))


@pages.post("/gift-cards/<name>/void")
def void_gift_card(name: str) -> ResponseReturnValue:
    """A gift card worthless and its price back; `name` is its code or its payment reference."""
    card = services().voids.gift_card(name)
    sale = services().gift_sales.get(name)
    row = gift_card(sale) if sale else {"id": None, "amount_cents": card.issued_cents}
    voided = {"state": "voided", "voided_at": _time(card.voided_at)}
    return jsonify({**row, **voided, "code": card.code, "balance_cents": card.balance_cents})


@pages.post("/subscriptions/<ident>/void")
def void_subscription(ident: str) -> ResponseReturnValue:
    """A membership ended for good, and its money back."""
    found = services().voids.subscription(ident)
    if found is None:
        return jsonify(error=f"no subscription {ident!r}"), 404
    return jsonify(subscription(found))


@pages.post("/charges/void")
def void_charges() -> ResponseReturnValue:
    """The money of an address back that was charged without a purchase."""
    email = _email(request.get_json(silent=True))
    if not email:
        return jsonify(error='email: send {"email": "name@example.com"}'), 400
    return jsonify([charge(each) for each in services().voids.charges(email)])


@pages.post("/void")
def void_all() -> ResponseReturnValue:
    """Undo all that was made under many addresses, and many gift cards; what failed is named."""
    body = request.get_json(silent=True)
    emails, codes = _names(body, "emails"), _names(body, "gift_cards")
    if emails is None or codes is None or len(emails) + len(codes) > MOST:
        example = '{"emails": ["name@example.com"], "gift_cards": ["FERN-…"]}'
        return jsonify(error=f"send {example}, up to {MOST} names in all"), 400
    return jsonify(bulk.void(services(), emails, codes))


@pages.get("/stock")
def stock() -> ResponseReturnValue:
    """How many pieces there are, of one product or of all."""
    sku = request.args.get("sku")
    pieces = services().stock.pieces(sku)
    if sku and not pieces:
        return jsonify(error=f"no product {sku!r}"), 404
    return jsonify({"sku": sku, "pieces": pieces[sku]} if sku else pieces)


def order(each: Order) -> dict[str, Any]:
    """Return an order's state as JSON."""
    return {
        "number": each.number,
        "key": each.key,
        "state": each.state,
        "total_cents": each.totals.total_cents,
        "charged_cents": each.charged_cents,
        "gift_cents": each.gift_cents,
        "gift_code": each.gift_code,
        "created_at": _time(each.placed_at),
        "paid_at": _time(each.placed_at),
        "voided_at": _time(each.voided_at),
        "restocked_at": _time(each.restocked_at),
        "mail_sent_at": _time(services().mailer.sent_at(each.number)),
    }


def gift_card(each: GiftSale) -> dict[str, Any]:
    """Return a sold gift card's state as JSON."""
    return {
        "id": each.reference,
        "code": each.code,
        "state": "voided" if each.voided_at else "sold",
        "amount_cents": each.cents,
        "created_at": _time(each.sold_at),
        "paid_at": _time(each.sold_at),
        "voided_at": _time(each.voided_at),
        "mail_sent_at": _time(services().mailer.sent_at(each.reference)),
    }


def subscription(each: Subscription) -> dict[str, Any]:
    """Return a membership's state as JSON; the times are real ones, not those of a test clock."""
    charges = services().subscriptions.charges(each.id)
    paid = sum(charge["status"] == "succeeded" for charge in charges)
    return {
        "id": each.id,
        "key": each.key,
        "state": each.state,
        "amount_cents": each.plan.cents,
        "charges": paid,
        "created_at": _time(each.created_at),
        "paid_at": _time(each.created_at) if paid else None,
        "voided_at": _time(each.voided_at),
        "mail_sent_at": _time(services().mailer.sent_at(each.id)),
    }


def charge(each: Entry) -> dict[str, Any]:
    """Return a charge without a purchase as JSON."""
    return {
        "id": each.id,
        "reference": each.reference,
        "amount_cents": each.amount_cents,
        "status": each.status,
        "created_at": each.created_at,
    }


def _names(given: Any, key: str) -> list[str] | None:
    """Return a list of texts of a JSON object, empty if it has none; None if it is no such list."""
    found = given.get(key, []) if isinstance(given, dict) else None
    wrong = not isinstance(found, list) or not all(isinstance(each, str) for each in found)
    return None if wrong else found


def _email(given: Any) -> str:
    value = given.get("email") if hasattr(given, "get") else None
    return value.strip() if isinstance(value, str) else ""


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
