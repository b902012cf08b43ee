"""The town's control over HTTP, for whoever holds the token: open, campaign, truth."""

import hmac

from flask import Flask, Response, jsonify, request

from demoshop.town.stock import StockError
from demoshop.town.town import Town

SWITCHES = ("open", "gift_campaign")


def create(town: Town, token: str) -> Flask:
    """Return the application that steers `town`; every request needs the bearer token."""
    app = Flask(__name__)

    @app.before_request
    def guard() -> tuple[Response, int] | None:
        given = request.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return jsonify(error="Authorization: Bearer <token> is missing or wrong"), 401

    @app.post("/control")
    def control() -> tuple[Response, int]:
        try:
            asked = _switches(request.get_json(silent=True))
        except ValueError as error:
            return jsonify(error=str(error)), 400
        try:
            state = town.control(open_=asked.get("open"), gift_campaign=asked.get("gift_campaign"))
        except StockError as error:
            return jsonify(error=f"the town cannot open: {error}"), 502
        return jsonify(state), 200

    @app.get("/truth")
    def truth() -> Response:
        return jsonify(town.truth())

    return app


def _switches(body: object) -> dict[str, bool]:
    """Return the switches that a control request sets; ValueError in one line."""
    if not isinstance(body, dict):
        raise ValueError('the body is not a JSON object like {"open": true}')  # noqa: TRY004 - bad input, not a wrong type of ours
    for key, value in body.items():
        if key not in SWITCHES:
            raise ValueError(f"{str(key)[:40]!r}: no such switch; there is: {', '.join(SWITCHES)}")
        if not isinstance(value, bool):
            raise ValueError(f"{key}: {str(value)[:40]!r} is neither true nor false")  # noqa: TRY004 - bad input
    return body
