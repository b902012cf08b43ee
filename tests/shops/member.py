"""A shop with one subscription, behind a password or behind a key; its day is told as asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response, redirect, request, session
from werkzeug.wrappers import Response as Answer

from tests.shops.shop import serving

EMAIL, PASSWORD, KEY = "ada@probe.invalid", "corr3ct-h0rse", "k3y-0f-the-page"
PAGE = """<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,">
</head><body><header><a href="/">Shop</a><form action="/search"><input type="search" name="q"
aria-label="Search"></form></header><main>{body}</main></body></html>"""
LOGIN = """<h1>Sign in</h1>{said}<form method="post"><label>E-mail <input name="user" type="email"
autocomplete="username"></label><label>Password <input name="secret" type="password"
autocomplete="current-password"></label><button>Sign in</button></form>"""
SHEET = """<h1>Your subscription</h1><dl><dt>Status</dt><dd>Active</dd><dt>Member since</dt>
<dd>4 March 2024</dd><dt>Next renewal</dt><dd>{day}</dd></dl>"""


@contextmanager
def serve(day: str) -> Iterator[str]:
    """Serve `/subscription` (password) and `/open?key=` with a day as it is written."""
    app = Flask("members")
    app.secret_key = "only for a test"

    def sheet() -> Response:
        return Response(PAGE.format(body=SHEET.format(day=day)))

    @app.get("/subscription")
    def subscription() -> Answer:
        return sheet() if session.get("in") else redirect("/login", 303)

    @app.get("/open")
    def opened() -> Answer:
        return sheet() if request.args.get("key") == KEY else Response("no", 403)

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Answer:
        if request.form.get("user") == EMAIL and request.form.get("secret") == PASSWORD:
            session["in"] = True
            return redirect("/account", 303)
        said = "" if request.method == "GET" else '<p role="alert">Wrong password.</p>'
        return Response(PAGE.format(body=LOGIN.format(said=said)))

    @app.get("/account")
    def account() -> Response:
        return Response(PAGE.format(body='<h1>Hello</h1><a href="/subscription">Yours</a>'))

    with serving(app) as url:
        yield url
