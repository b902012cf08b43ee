"""A plain shop of several pages, without a trap; the others change one thing each."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask, Response, abort, redirect, request, session
from markupsafe import escape

from tests.shops.shop import Books, DeclinedError, Goods, Shop, euros, opened

GOODS = (
    Goods("tin-kettle", "Tin Kettle", 2490),
    Goods("oak-stool", "Oak Stool", 8900),
    Goods("linen-apron", "Linen Apron", 1250),
)
LAYOUT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,">{head}</head><body><header><a href="/">Small Shop</a>
<form action="/search"><input type="search" name="q" aria-label="Search">
<button>Search</button></form><a href="/basket">Basket ({count})</a></header>
<main><h1>{title}</h1>{body}</main>{foot}</body></html>"""
PRODUCT = """<script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Product", "name": "{name}", "sku": "{slug}", "offers": {{"@type": "Offer",
"price": "{price}", "priceCurrency": "EUR"}}}}</script><p class="price">{shown}</p>
<form method="post" action="/basket/add"><input type="hidden" name="slug" value="{slug}">
<label>Quantity <input type="number" name="quantity" value="1" min="1"></label>
<button>Add to basket</button></form>"""
LINE = """<tr><td><a href="/p/{slug}">{name}</a></td><td>{quantity}</td><td>{price}</td>
<td><form method="post" action="/basket/remove"><input type="hidden" name="slug" value="{slug}">
<button>Remove</button></form></td></tr>"""
SUMS = """<table><tr><th>Subtotal</th><td>{lines}</td></tr><tr><th>Delivery</th><td>{delivery}
</td></tr>{discount}<tr><th>Total</th><td>{total}</td></tr></table>"""
ADDRESS = """<form method="post">
<label>E-mail <input type="email" name="email" autocomplete="email" required value="{email}">
</label><label>Full name <input name="name" autocomplete="name" required value="{name}"></label>
<label>Street <input name="street" autocomplete="street-address" required value="{street}"></label>
<label>Postal code <input name="postal_code" autocomplete="postal-code" required
value="{postal_code}"></label>
<label>City <input name="city" autocomplete="address-level2" required value="{city}"></label>
<label>Country <select name="country" autocomplete="country"><option value="DE">Germany
<option value="GB">United Kingdom</select></label><button>Continue to delivery</button></form>"""
CARD_FORM = """<form method="post" action="/checkout/pay" id="payment">
<label>Name on card <input name="holder" autocomplete="cc-name" required></label>
<label>Card number <input name="number" autocomplete="cc-number" required></label>
<label>Expiry (MM/YY) <input name="expiry" autocomplete="cc-exp" required></label>
<label>Security code <input name="csc" autocomplete="cc-csc" required></label>
<button>Pay now</button></form>"""
FIELDS = ("email", "name", "street", "postal_code", "city", "country")


class PlainShop:
    """Home, search, product, basket, address, delivery, payment, confirmation."""

    goods: tuple[Goods, ...] = GOODS
    delivery_cents = 490

    def __init__(self, broken: str = "") -> None:
        self.books = Books(broken)
        self.app = Flask("shop")
        self.app.secret_key = "only for a test"
        get, post = self.app.get, self.app.post
        get("/")(self.home)
        get("/search")(self.search)
        get("/p/<slug>")(self.product)
        get("/basket")(self.basket)
        post("/basket/add")(self.add)
        post("/basket/remove")(self.remove)
        self.app.route("/checkout", methods=["GET", "POST"])(self.address)
        self.app.route("/checkout/delivery", methods=["GET", "POST"])(self.delivery)
        get("/checkout/payment")(self.payment)
        post("/checkout/pay")(self.pay)
        get("/checkout/done/<number>")(self.done)

    def path(self, slug: str) -> str:
        """Return the path of a product's page."""
        return f"/p/{slug}"

    # -- what a shop may change ----------------------------------------------------------

    def head(self) -> str:
        """Return what else every page's head has."""
        return ""

    def foot(self) -> str:
        """Return what else every page's end has."""
        return ""

    def cart(self) -> dict[str, int]:
        """Return the customer's basket: slug to quantity."""
        return dict(session.get("cart", {}))

    def keep(self, cart: Mapping[str, int]) -> None:
        """Keep the customer's basket."""
        session["cart"] = dict(cart)

    def discount_cents(self) -> int:
        """Return what comes off the sum."""
        return 0

    def payment_form(self) -> str:
        """Return the form that asks for the card."""
        return CARD_FORM

    # -- pages ------------------------------------------------------------------------------

    def page(self, title: str, body: str, status: int = 200) -> Response:
        """Put a page into the layout; its title and texts are escaped by who wrote them."""
        html = LAYOUT.format(
            title=title, body=body, head=self.head(), foot=self.foot(), count=len(self.cart())
        )
        return Response(html, status)

    def listing(self, goods: tuple[Goods, ...]) -> str:
        """List goods with their prices."""
        return "".join(
            f'<article><a href="/p/{one.slug}">{one.name}</a> {euros(one.price_cents)}</article>'
            for one in goods
        )

    def home(self) -> Response:
        """Show all goods."""
        return self.page("Small Shop", self.listing(self.goods))

    def search(self) -> Response:
        """Show the goods that have the words in their names."""
        words = request.args.get("q", "").lower()
        found = tuple(one for one in self.goods if words in one.name.lower())
        return self.page("Search results", f"<p>{len(found)} found</p>" + self.listing(found))

    def product(self, slug: str) -> Response:
        """Show one of the goods."""
        one = next((one for one in self.goods if one.slug == slug), None) or abort(404)
        price = f"{one.price_cents / 100:.2f}"
        shown = euros(one.price_cents)
        return self.page(
            one.name, PRODUCT.format(name=one.name, slug=slug, price=price, shown=shown)
        )

    def add(self) -> Any:
        """Put goods into the basket."""
        cart = self.cart()
        slug = request.form["slug"]
        cart[slug] = cart.get(slug, 0) + int(request.form.get("quantity", "1"))
        self.keep(cart)
        return redirect("/basket", 303)

    def remove(self) -> Any:
        """Take a line out of the basket."""
        cart = self.cart()
        cart.pop(request.form["slug"], None)
        self.keep(cart)
        return redirect("/basket", 303)

    def basket(self) -> Response:
        """Show lines, delivery terms and sums."""
        cart = self.cart()
        if not cart:
            return self.page("Your basket", "<p>Your basket is empty.</p>")
        rows = "".join(
            LINE.format(
                slug=one.slug,
                name=one.name,
                quantity=cart[one.slug],
                price=euros(one.price_cents),
            )
            for one in self.goods
            if one.slug in cart
        )
        terms = f"<p>Delivery in 2 to 3 working days: {euros(self.delivery_cents)}</p>"
        going = '<a href="/checkout">Go to checkout</a>'
        return self.page("Your basket", f"<table>{rows}</table>{terms}{self.sums()}{going}")

    def address(self) -> Any:
        """Ask for the address; no account."""
        if request.method == "POST":
            session["address"] = {name: request.form.get(name, "") for name in FIELDS}
            return redirect("/checkout/delivery", 303)
        known = session.get("address", {})
        values = {name: escape(known.get(name, "")) for name in FIELDS}
        return self.page("Your address", ADDRESS.format_map(values))

    def delivery(self) -> Any:
        """Ask how to send it."""
        if request.method == "POST":
            return redirect("/checkout/payment", 303)
        fee = euros(self.delivery_cents)
        return self.page(
            "Delivery",
            f'<form method="post"><label><input type="radio" name="delivery" value="standard" '
            f"checked> Standard delivery {fee}</label><button>Continue to payment</button></form>",
        )

    def payment(self) -> Any:
        """Show the sums and ask for the card."""
        return self.page("Payment", self.sums() + self.payment_form())

    def pay(self) -> Any:
        """Charge, and show the confirmation; a declined card is told on the payment page."""
        try:
            number = self.sell(request.form.get("number", ""))
        except DeclinedError as error:
            told = f'<p role="alert">{error}</p>'
            return self.page("Payment", told + self.sums() + self.payment_form(), 402)
        return redirect(f"/checkout/done/{number}", 303)

    def done(self, number: str) -> Response:
        """Confirm an order."""
        sold = next((sold for sold in self.books.orders if sold.number == number), None)
        if sold is None:
            abort(404)
        body = f"<p>Your order number is <strong>{sold.number}</strong>.</p>"
        body += f"<p>Total paid: {euros(sold.charged_cents)}</p>"
        return self.page("Thank you", self.books.said(body))

    # -- sums -------------------------------------------------------------------------------

    def sell(self, card: str) -> str:
        """Sell the basket to the customer at hand; the order's number."""
        cart = self.cart()
        if not cart:
            abort(409)
        email = session.get("address", {}).get("email", "")
        sold = self.books.sell(email, cart, self.total_cents(), card.replace(" ", ""))
        self.keep({})
        return sold.number

    def lines_cents(self) -> int:
        """Return what the goods in the basket cost."""
        cart = self.cart()
        return sum(one.price_cents * cart.get(one.slug, 0) for one in self.goods)

    def total_cents(self) -> int:
        """Return what the customer pays."""
        return self.lines_cents() + self.delivery_cents - self.discount_cents()

    def sums(self) -> str:
        """Show how the total comes about."""
        off = self.discount_cents()
        return SUMS.format(
            lines=euros(self.lines_cents()),
            delivery=euros(self.delivery_cents),
            discount=f"<tr><th>Voucher</th><td>−{euros(off)}</td></tr>" if off else "",
            total=euros(self.total_cents()),
        )


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(PlainShop(broken))
