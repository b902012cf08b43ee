"""Whose visit this is, and what every page shows."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, session
from flask.typing import ResponseReturnValue

from demoshop.money import euro
from demoshop.services import services
from demoshop.tokens import csrf, new_key, same

SHOP_WINDOW = {"browse.home", "browse.search", "browse.product"}


def sid() -> str:
    """Return the id of this browser's session, making one at the first visit."""
    if "sid" not in session:
        session["sid"] = new_key()
    return str(session["sid"])


def form_is_ours() -> bool:
    """Whether the posted form came from a page of this session."""
    known = session.get("sid")
    if known is None:
        return False
    return same(request.form.get("csrf_token", ""), csrf(services().token, str(known)))


def page(template: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """Render a page of the shop."""
    shop = services()
    wait_ms = 0
    if request.endpoint in SHOP_WINDOW:
        wait_ms = shop.faults.amount("slow_third_party", "delay_ms")
    html = render_template(
        template,
        csrf_token=csrf(shop.token, sid()),
        cart_pieces=shop.carts.of(sid()).pieces,
        widget=f"{shop.cdn_url}/widget.js" + (f"?wait={wait_ms}" if wait_ms else ""),
        shop_window=request.endpoint in SHOP_WINDOW,
        script_error=shop.faults.hits("script_error"),
        errors=values.pop("errors", {}),
        **values,
    )
    return html, status, {"Cache-Control": "private, no-cache"}


def error(message: str, status: int, title: str = "", retry: str = "") -> ResponseReturnValue:
    """Render a page that says what went wrong; `retry` is where to go on."""
    return page("error.html", status, message=message, title=title or "Sorry", retry=retry)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money that people and programs can read; templates take it as HTML."""

    cents: int

    def __html__(self) -> str:
        """Return the element; nothing in it comes from outside."""
        return f'<data value="{self.cents}" data-cents="{self.cents}">{euro(self.cents)}</data>'
