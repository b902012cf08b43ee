"""The shop's web application and its process."""

import secrets
from time import sleep

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from demoshop import child
from demoshop.checkout import ShopFaultError
from demoshop.pages import (
    after_sales,
    api,
    browse,
    cart,
    checkout,
    clean_up,
    gift_cards,
    memberships,
    reference,
)
from demoshop.pages.visit import Amount, error, form_is_ours
from demoshop.pricing import DELIVERIES, TAX_PERCENT
from demoshop.services import Services, build, services
from demoshop.subscriptions import PLANS
from demoshop.web_tier import WebBusyError

# Many more than the ledger can keep waiting (2 s of overload), so that a queue of gift
# cards never holds up a page.
THREADS = 256
SITE = (browse, cart, checkout, gift_cards, memberships, after_sales)
# Not pages of the shop: never slow, no forms.
ASIDE = ("/static/", "/picture/", "/api/", "/health", "/reference")


def create_app(shop: Services) -> Flask:
    """Build the shop around its services."""
    app = Flask("demoshop")
    app.secret_key = secrets.token_bytes(32)
    app.config.update(
        SESSION_COOKIE_NAME="fernhill",
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=86_400,
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    app.extensions["services"] = shop
    app.jinja_env.filters["amount"] = Amount
    app.jinja_env.globals.update(
        tax_percent=TAX_PERCENT, ways=DELIVERIES, club=PLANS, broken=shop.faults.hits
    )
    for room in (*SITE, api, clean_up, reference):
        app.register_blueprint(room.pages)
    app.before_request(before)
    app.after_request(after)
    app.register_error_handler(ShopFaultError, fell_over)
    app.register_error_handler(WebBusyError, too_many)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(500, fell_over)
    app.add_url_rule("/health", "health", lambda: "ok")
    return app


def before() -> ResponseReturnValue | None:
    """Take a slot of the web tier; be slow if told so; take no form from elsewhere."""
    if request.path.startswith(ASIDE):
        return None
    g.server = services().web_tier.take()
    sleep(services().faults.amount("slow_pages", "delay_ms") / 1000)
    if request.method == "POST" and not form_is_ours():
        return error("This form has expired. Please open the page again.", 400)
    return None


def after(answer: Response) -> Response:
    """Keep the shop's own count of what it answered."""
    route = request.url_rule.rule if request.url_rule else "(unknown)"
    services().traffic.note(f"{request.method} {route}", answer.status_code)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    if g.get("server") is not None:
        answer.headers["X-Served-By"] = f"web-{g.server + 1}"
    return answer


def too_many(_error: Exception) -> ResponseReturnValue:
    """The page for who found every web server busy for too long."""
    return error("Our shop is very busy. Please try again in a moment.", 503, "Too many visitors")


def fell_over(_error: Exception) -> ResponseReturnValue:
    """The page for a server error; a fault that was switched on is not logged."""
    return error("Something went wrong on our side. Please try again.", 500, "Server error")


def refused(problem: HTTPException) -> ResponseReturnValue:
    """The page for what is not there or not allowed."""
    status = problem.code or 500
    if request.path.startswith("/api/"):
        return {"error": problem.description or problem.name}, status
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        return error("We could not find this page.", status, "Not found")
    return error(problem.description or problem.name, status, problem.name)


def main() -> None:
    """Serve until the supervisor goes away."""
    setup = child.setup()
    shop = build(setup)
    app = create_app(shop)
    shop.renewals.start()
    shop.pictures.warm()
    child.serve(app, setup["fd"], THREADS)


if __name__ == "__main__":
    main()
