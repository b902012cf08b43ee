"""Test and admin APIs: faults, clocks, bulk data, the shop's own books. JSON, bearer token."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from demoshop import child, faults, stats
from demoshop.clock import parse
from demoshop.gift_sales import expiry
from demoshop.ledger import GiftCardError
from demoshop.orders import Order
from demoshop.pool import PoolBusyError
from demoshop.services import services

pages = Blueprint("api", __name__, url_prefix="/api")

MOST = 100_000  # things in one bulk request


class InputError(ValueError):
    """A request that the API cannot take."""


@pages.before_request
def guard() -> ResponseReturnValue | None:
    """Let in who has the token."""
    return child.refuse(services().token)


@pages.errorhandler(InputError)
@pages.errorhandler(faults.FaultError)
def bad_input(error: ValueError) -> ResponseReturnValue:
    """Say in one line what is wrong."""
    return jsonify(error=str(error), faults=sorted(faults.KINDS)), 400


@pages.errorhandler(PoolBusyError)
def busy(_error: PoolBusyError) -> ResponseReturnValue:
    """The ledger has no connection free."""
    return jsonify(error="the gift card service is busy"), 503


@pages.get("/faults")
def list_faults() -> ResponseReturnValue:
    """What is on, and what there is."""
    known = {
        name: {
            "flow": kind.flow,
            "text": kind.text,
            "parameters": {"share": 1.0, "seed": 0, **kind.parameters},
        }
        for name, kind in faults.KINDS.items()
    }
    return jsonify(active=services().faults.active(), known=known)


@pages.put("/faults/<name>")
def put_fault(name: str) -> ResponseReturnValue:
    """Switch one on."""
    settings = request.get_json(silent=True) if request.get_data() else {}
    return jsonify({"name": name, **services().faults.put(name, settings)})


@pages.delete("/faults/<name>")
def delete_fault(name: str) -> ResponseReturnValue:
    """Switch one off."""
    services().faults.clear(name)
    return "", 204


@pages.delete("/faults")
def delete_faults() -> ResponseReturnValue:
    """Switch all off."""
    services().faults.clear()
    return "", 204


@pages.put("/test-clocks/<ident>")
def put_clock(ident: str) -> ResponseReturnValue:
    """Move one subscription's clock, forward only."""
    book = services().subscriptions
    sub = book.get(ident)
    if sub is None:
        return jsonify(error=f"no subscription {ident!r}"), 404
    body = request.get_json(silent=True)
    at = _moment(body, "now")
    if sub.test_clock and at < sub.test_clock:
        raise InputError(f"now: {at.isoformat()} lies before {sub.test_clock.isoformat()}")
    book.set_clock(ident, at)
    services().renewals.wake()
    return jsonify(subscription(ident))


@pages.get("/subscriptions/<ident>")
def get_subscription(ident: str) -> ResponseReturnValue:
    """One subscription."""
    if services().subscriptions.get(ident) is None:
        return jsonify(error=f"no subscription {ident!r}"), 404
    return jsonify(subscription(ident))


@pages.post("/subscriptions")
def move_in() -> ResponseReturnValue:
    """Take over an existing base of subscribers."""
    base = [(_text(item, "email"), _moment(item, "next_renewal_at")) for item in _items()]
    made = services().subscriptions.move_in(base)
    return jsonify([
        {"id": ident, "key": key, "email": email}
        for (ident, key), (email, _) in zip(made, base, strict=True)
    ]), 201  # fmt: skip


@pages.post("/gift-cards")
def issue() -> ResponseReturnValue:
    """Issue many cards at once and return their codes."""
    cards = [(_cents(item), _moment(item, "expires_at", expiry())) for item in _items()]
    return jsonify(services().ledger.issue(cards)), 201


@pages.get("/gift-cards/<code>")
def gift_card(code: str) -> ResponseReturnValue:
    """One card as the ledger knows it; takes a connection like any look-up."""
    try:
        card = services().ledger.balance(code)
    except GiftCardError as refused:
        return jsonify(error=str(refused)), refused.status
    return jsonify({**asdict(card), "expires_at": card.expires_at.isoformat()})


@pages.get("/orders")
def list_orders() -> ResponseReturnValue:
    """A customer's orders."""
    return jsonify([order(each) for each in services().orders.by_email(request.args["email"])])


@pages.get("/stats")
def show_stats() -> ResponseReturnValue:
    """The shop's own books."""
    return jsonify(stats.collect(services()))


def order(each: Order) -> dict[str, Any]:
    """Return an order as JSON."""
    return {
        "number": each.number,
        "key": each.key,
        "email": each.email,
        "state": each.state,
        "lines": [asdict(line) for line in each.lines],
        "delivery": each.delivery,
        **asdict(each.totals),
        "gift_cents": each.gift_cents,
        "charged_cents": each.charged_cents,
        "charge": each.charge,
        "placed_at": each.placed_at.isoformat(),
    }


def subscription(ident: str) -> dict[str, Any]:
    """Return a subscription as JSON. Raises: LookupError if there is none."""
    sub, charges = services().subscriptions.statement(ident)
    if sub is None:
        raise LookupError(ident)
    return {
        "id": sub.id,
        "email": sub.email,
        "plan": sub.plan.name,
        "state": sub.state,
        "access": sub.access,
        "now": sub.now.isoformat(),
        "next_renewal_at": sub.next_at.isoformat(),
        "grace_until": sub.grace_until.isoformat() if sub.grace_until else None,
        "charges": [dict(charge) for charge in charges],
    }


def _items() -> list[Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, list) or len(body) > MOST:
        raise InputError(f"send a JSON list of up to {MOST} objects")
    return body


def _text(item: Any, key: str) -> str:
    value = item.get(key) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{key}: {value!r}; it wants text")
    return value.strip()


def _cents(item: Any) -> int:
    value = item.get("amount_cents") if isinstance(item, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise InputError(f"amount_cents: {value!r}; it wants a whole number above 0")
    return value


def _moment(item: Any, key: str, default: datetime | None = None) -> datetime:
    if default is not None and isinstance(item, dict) and key not in item:
        return default
    try:
        return parse(_text(item, key))
    except ValueError as error:
        raise InputError(f"{key}: {error}") from error
