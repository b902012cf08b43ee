"""Gift cards: buy one, ask what is left, redeem it."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from demoshop.gift_sales import AMOUNTS, LEAST_CENTS, MOST_CENTS
from demoshop.ledger import GiftCardError, tidy
from demoshop.pages.forms import Form
from demoshop.pages.visit import page
from demoshop.payments import ProviderError
from demoshop.pool import PoolBusyError
from demoshop.services import services
from demoshop.tokens import new_key

pages = Blueprint("gift_cards", __name__, url_prefix="/gift-cards")

BUSY = "The gift card service is busy. Please try again in a moment. Your card is safe."
SILENT = "Our payment provider does not answer. Please try again in a moment."


@pages.get("")
def offer() -> ResponseReturnValue:
    """What a gift card is, and the form to buy one."""
    return _buy_page()


@pages.post("/buy")
def buy() -> ResponseReturnValue:
    """Sell a card and show its code."""
    form = Form(request.form)
    cents = form.cents("amount_cents", LEAST_CENTS, MOST_CENTS)
    email, card = form.email(), form.card()
    if form.errors:
        return _buy_page(422, form.errors)
    attempt = request.form.get("attempt") or new_key()
    try:
        code, reference = services().gift_sales.buy(attempt, cents, email, card)
    except GiftCardError as refused:
        return _buy_page(refused.status, {"": str(refused)})
    except PoolBusyError:
        return _buy_page(503, {"": f"{BUSY} Nothing was charged."})
    except ProviderError:
        return _buy_page(502, {"": SILENT})
    return page("gift_bought.html", code=code, reference=reference, cents=cents, email=email)


@pages.get("/balance")
def ask() -> ResponseReturnValue:
    """The form to ask for a balance."""
    return page("gift_balance.html", code="", card=None)


@pages.post("/balance")
def balance() -> ResponseReturnValue:
    """What is left on a card."""
    form = Form(request.form)
    code = form.text("code", "the code of your gift card")
    if form.errors:
        return page("gift_balance.html", 422, code=code, card=None, errors=form.errors)
    try:
        card = services().ledger.balance(code)
    except GiftCardError as refused:
        problem, status = str(refused), refused.status
    except PoolBusyError:
        problem, status = BUSY, 503
    else:
        return page("gift_balance.html", code=card.code, card=card)
    return page("gift_balance.html", status, code=code, card=None, errors={"": problem})


@pages.get("/redeem")
def redeem_form() -> ResponseReturnValue:
    """The form to move money into one's account."""
    return page("gift_redeem.html", done=None, attempt=new_key(), typed=request.args)


@pages.post("/redeem")
def redeem() -> ResponseReturnValue:
    """Move an amount from the card into the account's credit."""
    form = Form(request.form)
    code = tidy(form.text("code", "the code of your gift card"))
    cents, email = form.cents("amount_cents", 1), form.email()
    if form.errors:
        return _redeem_page(422, form.errors)
    # A reload of the answer posts the same form: it must not take the money again.
    attempt = request.form.get("attempt") or new_key()
    reference = f"redeem-{attempt}-{code}-{cents}-{email}"
    try:
        done = services().ledger.redeem(code, cents, email, reference)
    except GiftCardError as refused:
        silent = services().faults.hits("gift_refusal_silent")
        return _redeem_page(refused.status, {} if silent else {"": str(refused)})
    except PoolBusyError:
        return _redeem_page(503, {"": f"{BUSY} Nothing was taken."})
    return page("gift_redeem.html", done=done, email=email, attempt=new_key(), typed={})


def _buy_page(status: int = 200, errors: dict[str, str] | None = None) -> ResponseReturnValue:
    # The attempt stays the same while the customer mends the form: one card in the end.
    attempt = request.form.get("attempt") or new_key()
    return page(
        "gift_cards.html",
        status,
        amounts=AMOUNTS,
        attempt=attempt,
        typed=request.form,
        errors=errors or {},
    )


def _redeem_page(status: int, errors: dict[str, str]) -> ResponseReturnValue:
    return page(
        "gift_redeem.html",
        status,
        done=None,
        attempt=new_key(),
        typed=request.form,
        errors=errors,
    )
