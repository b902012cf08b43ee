"""After the sale: order status by the mail's link, returns, support."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from demoshop.clock import now
from demoshop.orders import STATES, Order
from demoshop.pages.checkout import COUNTRIES
from demoshop.pages.forms import LONG_LIMIT, Form
from demoshop.pages.visit import page
from demoshop.services import services
from demoshop.support import ANSWER_WITHIN_H, TOPICS
from demoshop.tokens import same

pages = Blueprint("after_sales", __name__)


@pages.get("/order/<number>")
def order(number: str) -> ResponseReturnValue:
    """How the order stands."""
    if services().faults.hits("status_link_dead"):
        abort(404)
    return _order_page(_mine(number))


@pages.post("/order/<number>/return")
def send_back(number: str) -> ResponseReturnValue:
    """Take an order back within the policy, and its money to where it came from."""
    found = _mine(number)
    if not found.returnable(now()) or services().faults.hits("return_refused"):
        late = "This order can no longer be returned: the 30 days are over."
        again = "This order has already been returned."
        return _order_page(found, 409, {"": again if found.state == "returned" else late})
    if services().orders.returned(number):
        services().refunds.order(found, gift=not services().faults.hits("gift_refund_lost"))
    return redirect(url_for("after_sales.order", number=number, key=found.key), 303)


@pages.get("/support")
def support() -> ResponseReturnValue:
    """The form."""
    return page("support.html", topics=TOPICS, hours=ANSWER_WITHIN_H, typed=request.args)


@pages.post("/support")
def write() -> ResponseReturnValue:
    """Take the message."""
    form = Form(request.form)
    email, topic = form.email(), form.choice("topic", TOPICS, "a topic")
    message = form.text("message", "your message", limit=LONG_LIMIT)
    if form.errors:
        return page(
            "support.html", 422, topics=TOPICS, hours=ANSWER_WITHIN_H, typed=form.values,
            errors=form.errors,
        )  # fmt: skip
    reference = services().support.take(email, topic, message)
    return redirect(url_for("after_sales.written", reference=reference), 303)


@pages.get("/support/<reference>")
def written(reference: str) -> ResponseReturnValue:
    """The reference and the promise; nothing of the message."""
    if services().support.get(reference) is None:
        abort(404)
    return page("support_done.html", reference=reference, hours=ANSWER_WITHIN_H)


def _mine(number: str) -> Order:
    found = services().orders.get(number)
    key = request.values.get("key", "")
    if found is None or not same(key, found.key):
        abort(404)
    return found


def _order_page(
    found: Order, status: int = 200, errors: dict[str, str] | None = None
) -> ResponseReturnValue:
    return page(
        "order.html",
        status,
        order=found,
        state=STATES[found.state],
        returnable=found.returnable(now()),
        countries=COUNTRIES,
        errors=errors or {},
    )
