"""A shop that sells to nobody without an account: a guest can look, not buy."""

from contextlib import AbstractContextManager
from typing import Any

from flask import redirect, request, session

from tests.shops.plain import PlainShop
from tests.shops.shop import Shop, opened

DOOR = """<section><h2>I have an account</h2><form method="post" action="/account/login">
<label>E-mail <input type="email" name="email" autocomplete="username" required></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required>
</label><button>Log in</button></form></section>
<section><h2>I am new here</h2><form method="post" action="/account/register">
<label>E-mail <input type="email" name="email" autocomplete="email" required></label>
<label>Choose a password <input type="password" name="password" autocomplete="new-password"
minlength="8" required></label><button>Create account</button></form></section>"""


class RegisterShop(PlainShop):
    """Asks for an account before the address."""

    def __init__(self, broken: str = "") -> None:
        super().__init__(broken)
        self.accounts: dict[str, str] = {}
        self.app.get("/account")(self.account)
        self.app.post("/account/login")(self.login)
        self.app.post("/account/register")(self.register)

    def account(self) -> Any:
        """Show the two ways in."""
        return self.page("Log in or register", DOOR)

    def login(self) -> Any:
        """Let in whoever has an account."""
        email, password = request.form["email"], request.form["password"]
        if self.accounts.get(email) != password:
            refused = '<p role="alert">E-mail or password is wrong.</p>'
            return self.page("Log in or register", refused + DOOR, 401)
        session["account"] = email
        return redirect("/checkout", 303)

    def register(self) -> Any:
        """Make an account."""
        self.accounts[request.form["email"]] = request.form["password"]
        session["account"] = request.form["email"]
        return redirect("/checkout", 303)

    def address(self) -> Any:
        """Let nobody further without one."""
        return super().address() if "account" in session else redirect("/account", 303)


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(RegisterShop(broken))
