"""Auto-pay: become a member, see the state, cancel, enter the members' page."""

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from demoshop.pages.forms import Form
from demoshop.pages.visit import page
from demoshop.payments import ProviderError
from demoshop.services import services
from demoshop.signup import SignupError
from demoshop.subscriptions import PLANS, Subscription
from demoshop.tokens import new_key, same

pages = Blueprint("memberships", __name__)

SILENT = "Our payment provider does not answer. Please try again in a moment."


@pages.get("/subscribe")
def offer() -> ResponseReturnValue:
    """The plans and the form."""
    return _offer_page()


@pages.post("/subscribe")
def subscribe() -> ResponseReturnValue:
    """Charge the first period and start."""
    form = Form(request.form)
    plan = form.choice("plan", {name: plan.label for name, plan in PLANS.items()}, "a plan")
    email, card, clock = form.email(), form.card(), form.moment("test_clock")
    if form.errors:
        return _offer_page(422, form.errors)
    attempt = request.form.get("attempt") or new_key()
    try:
        sub = services().signup.start(attempt, email, PLANS[plan], card, clock)
    except SignupError as refused:
        return _offer_page(402, {"": str(refused)})
    except ProviderError:
        return _offer_page(502, {"": SILENT})
    return redirect(url_for("memberships.show", ident=sub.id, key=sub.key), 303)


@pages.get("/subscription/<ident>")
def show(ident: str) -> ResponseReturnValue:
    """State, dates, charges, access."""
    sub, charges = services().subscriptions.statement(ident)
    sub = _checked(sub, request.args.get("key", ""))
    return page("subscription.html", sub=sub, charges=charges)


@pages.post("/subscription/<ident>/cancel")
def cancel(ident: str) -> ResponseReturnValue:
    """Stop at the end of what is paid."""
    key = request.form.get("key") or request.args.get("key", "")
    sub = _mine(ident, key)
    services().subscriptions.cancel(sub.id)
    return redirect(url_for("memberships.show", ident=sub.id, key=sub.key), 303)


@pages.get("/members")
def members() -> ResponseReturnValue:
    """The pages members pay for: 402 if they have not."""
    ident = request.args.get("id", "")
    if not ident:
        return page("members.html", 402, sub=None)
    sub = _mine(ident, request.args.get("key", ""))
    return page("members.html", 200 if sub.access else 402, sub=sub)


def _mine(ident: str, key: str) -> Subscription:
    return _checked(services().subscriptions.get(ident), key)


def _checked(sub: Subscription | None, key: str) -> Subscription:
    if sub is None or not same(key, sub.key):
        abort(404)
    return sub


def _offer_page(status: int = 200, errors: dict[str, str] | None = None) -> ResponseReturnValue:
    attempt = request.form.get("attempt") or new_key()
    return page(
        "subscribe.html",
        status,
        plans=PLANS.values(),
        attempt=attempt,
        typed=request.form,
        errors=errors or {},
    )
