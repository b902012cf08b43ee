"""The cart: put in, look at, take out."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from demoshop import catalog
from demoshop.cart import MAX_QTY
from demoshop.pages.visit import error, page, sid
from demoshop.pricing import DELIVERIES, DISCOUNT_FROM_CENTS, DISCOUNT_PERCENT
from demoshop.services import services

pages = Blueprint("cart", __name__)


@pages.get("/cart")
def show() -> ResponseReturnValue:
    """What is in it, and what it will cost: before anybody asks who you are."""
    return page(
        "cart.html",
        cart=services().carts.looked_at_again(sid()),
        deliveries=DELIVERIES,
        discount_percent=DISCOUNT_PERCENT,
        discount_from=DISCOUNT_FROM_CENTS,
    )


@pages.post("/cart/add")
def add() -> ResponseReturnValue:
    """Put some pieces of a product in."""
    product = catalog.BY_SKU.get(request.form.get("sku", ""))
    qty = request.form.get("qty", "1")
    if product is None:
        return error("We do not sell this product.", 404)
    if qty not in {str(number) for number in range(1, MAX_QTY + 1)}:
        return error(f"Please choose a quantity from 1 to {MAX_QTY}.", 422)
    if not product.in_stock:
        return error(f"{product.name} is sold out at the moment.", 409)
    services().carts.add(sid(), product.sku, int(qty))
    return redirect(url_for("cart.show"), 303)


@pages.post("/cart/remove")
def remove() -> ResponseReturnValue:
    """Take a product out, all pieces of it."""
    services().carts.remove(sid(), request.form.get("sku", ""))
    return redirect(url_for("cart.show"), 303)
