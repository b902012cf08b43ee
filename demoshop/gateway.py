"""The payment provider: its own process, its own book, its own page for the challenge."""

from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from demoshop import child
from demoshop.charges import Book, Charge, ChargeError, public
from demoshop.tokens import csrf, same


def create_app(url: str, token: str) -> Flask:
    """Build the provider's web application; `url` is where browsers reach it."""
    app = Flask("demoshop")
    book = Book()
    guard(app, token)
    for_shops(app, book, url)
    for_tests(app, book)
    pages(app, book, token)
    return app


def guard(app: Flask, token: str) -> None:
    """Keep the APIs to those who have the token; the pages are for everybody."""

    @app.before_request
    def check() -> ResponseReturnValue | None:
        closed = request.path.startswith(("/v1/", "/api/"))
        return child.refuse(token) if closed else None

    @app.get("/health")
    def health() -> ResponseReturnValue:
        return jsonify(ok=True)


def for_shops(app: Flask, book: Book, url: str) -> None:
    """Add what shops call."""

    @app.post("/v1/charges")
    def charge() -> ResponseReturnValue:
        order: Any = request.get_json(silent=True)
        if not isinstance(order, dict):
            return jsonify(error="a charge is a JSON object"), 400
        try:
            return answer(book.charge(order), url, str(order.get("simulate", "")))
        except ChargeError as error:
            return jsonify(error=str(error)), 400

    @app.get("/v1/charges/<ident>")
    def look(ident: str) -> ResponseReturnValue:
        return answer(book.get(ident), url)

    @app.post("/v1/charges/<ident>/cancel")
    def cancel(ident: str) -> ResponseReturnValue:
        return answer(book.settle(ident, "cancelled"), url)

    @app.post("/v1/charges/<ident>/refund")
    def refund(ident: str) -> ResponseReturnValue:
        return answer(book.refund(ident), url)

    @app.post("/v1/charges/<ident>/void")
    def void(ident: str) -> ResponseReturnValue:
        return answer(book.void(ident), url)


def for_tests(app: Flask, book: Book) -> None:
    """Add the book: what was really charged."""

    @app.get("/api/charges")
    def charges() -> ResponseReturnValue:
        found = book.of(request.args.get("reference") or request.args.get("email"))
        return jsonify([public(each) for each in found])


def answer(charge: Charge | None, url: str, simulate: str = "") -> ResponseReturnValue:
    """Tell a shop how a charge stands."""
    if charge is None:
        return jsonify(error="no such charge"), 404
    entry = public(charge)
    # The answer lies, the book does not.
    if simulate == "declined_but_charged" and charge.status == "succeeded":
        entry["status"] = "declined"
    if simulate == "charge_missing" and charge.status == "declined":
        entry["status"] = "succeeded"
    waits = charge.status == "challenge"
    entry["challenge_url"] = f"{url}/challenge/{charge.id}" if waits else None
    return jsonify(entry)


def pages(app: Flask, book: Book, token: str) -> None:
    """Add the page where a bank asks: is it you?"""

    def waiting(ident: str) -> Charge:
        found = book.get(ident)
        if found is None or not found.return_url:
            abort(Response("There is no such payment.", 404, mimetype="text/plain"))
        return found

    @app.get("/challenge/<ident>")
    def challenge(ident: str) -> ResponseReturnValue:
        found = waiting(ident)
        return render_template("challenge.html", charge=found, csrf_token=csrf(token, ident))

    @app.post("/challenge/<ident>")
    def confirm(ident: str) -> ResponseReturnValue:
        found = waiting(ident)
        if not same(request.form.get("csrf_token", ""), csrf(token, ident)):
            abort(Response("This form has expired.", 400, mimetype="text/plain"))
        if found.loops:
            return redirect(request.path, 303)
        agreed = request.form.get("answer") == "confirm"
        book.settle(ident, "succeeded" if agreed else "cancelled")
        return redirect(found.return_url, 303)


def main() -> None:
    """Serve until the supervisor goes away."""
    setup = child.setup()
    child.serve(create_app(setup["url"], setup["token"]), setup["fd"], threads=32)


if __name__ == "__main__":
    main()
