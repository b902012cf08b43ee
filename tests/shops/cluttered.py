"""A shop with everything twice: hidden menus, look-alike buttons, a second address.

Traps: a menu for phones, hidden, with the same search and basket link before the true ones;
an e-mail field for a newsletter on every page; other goods with buttons of their own on the
product page; wallets that leave the shop beside the way to the checkout; an invoice address
that is asked for unless a box stays ticked; a region that depends on the country.
"""

from contextlib import AbstractContextManager
from typing import Any

from flask import Response, redirect, request, session
from markupsafe import escape

from tests.shops.plain import FIELDS, PlainShop
from tests.shops.shop import Shop, euros, opened

HEAD = """<style>.phone{display:none}</style>"""
MENU = """<div class="phone" aria-hidden="true"><form action="/search"><input type="search"
name="q" aria-label="Search"><button>Search</button></form><a href="/basket">Basket</a>
<a href="/checkout">Checkout</a></div>"""
FOOT = """<footer><form action="/newsletter" method="post"><label>E-mail for our newsletter
<input type="email" name="email" autocomplete="email"></label><button>Subscribe</button></form>
<a href="/wallet">Quick Pay</a></footer>"""
OTHERS = """<aside><h2>Others also bought</h2>{cards}</aside>"""
CARD = """<div class="card"><a href="/p/{slug}">{name}</a> <span class="price">{price}</span>
<form method="post" action="/basket/add"><input type="hidden" name="slug" value="{slug}">
<button aria-label="Add {name} to basket">Add to basket</button></form></div>"""
WALLETS = """<p><a href="/wallet" role="button">Checkout with QuickPay</a></p>"""
ADDRESS = """<form method="post">
<fieldset><legend>Deliver to</legend>
<label for="e">E-mail *</label><input id="e" type="email" name="email" required value="{email}">
<label for="n">Full name *</label><input id="n" name="name" required value="{name}">
<label for="s">Street address *</label><input id="s" name="street" required value="{street}">
<label for="x">Apartment, suite (optional)</label><input id="x" name="street2">
<label for="z">Postcode *</label><input id="z" name="postal_code" required value="{postal_code}">
<label for="c">Town / City *</label><input id="c" name="city" required value="{city}">
<label for="l">Country *</label><select id="l" name="country" required><option value="">Choose…
<option value="US">United States<option value="DE">Germany</select>
<label for="r">State / Region *</label><select id="r" name="region" required>
<option value="">Choose a country first</select></fieldset>
<label><input type="checkbox" id="same" checked> Invoice address is the same</label>
<fieldset id="invoice" hidden><legend>Invoice to</legend>
<label for="in">Full name</label><input id="in" name="invoice_name">
<label for="is">Street address</label><input id="is" name="invoice_street">
<label for="iz">Postcode</label><input id="iz" name="invoice_postal_code"></fieldset>
<label><input type="checkbox" name="news"> Send me offers</label>
<button type="button" onclick="history.back()">Back</button><button>Continue to delivery</button>
</form><script>
const regions = {{US: ["California", "Oregon"], DE: ["Berlin", "Hessen"], "": []}};
const country = document.getElementById("l"), region = document.getElementById("r");
function fill() {{
  region.innerHTML = "<option value=''>Choose…" +
    regions[country.value].map(name => `<option>${{name}}`).join("");
}}
country.addEventListener("change", () => setTimeout(fill, 120));
if ("{country}") {{ country.value = "{country}"; fill(); region.value = "{region}"; }}
document.getElementById("same").onchange = event => {{
  document.getElementById("invoice").hidden = event.target.checked;
  document.querySelectorAll("#invoice input").forEach(one => {{
    one.required = !event.target.checked; }});
}};
</script>"""


class ClutteredShop(PlainShop):
    """Sells like the plain one, to whoever picks the right control of several."""

    def __init__(self, broken: str = "") -> None:
        super().__init__(broken)
        self.lost = 0  # visits that left for the wallet or the newsletter
        self.app.route("/wallet")(self.leave)
        self.app.post("/newsletter")(self.leave)

    def head(self) -> str:
        """Hide the menu for phones."""
        return HEAD

    def foot(self) -> str:
        """Ask for an e-mail address that nobody needs."""
        return FOOT

    def page(self, title: str, body: str, status: int = 200) -> Response:
        """Put the hidden menu before everything else."""
        made = super().page(title, body, status)
        made.set_data(made.get_data(as_text=True).replace("<body>", "<body>" + MENU))
        return made

    def product(self, slug: str) -> Response:
        """Show other goods, each with its button, before and after."""
        made = super().product(slug)
        cards = "".join(
            CARD.format(slug=one.slug, name=one.name, price=euros(one.price_cents))
            for one in self.goods
            if one.slug != slug
        )
        others = OTHERS.format(cards=cards)
        html = made.get_data(as_text=True).replace("<main>", f"{others}<main>")
        made.set_data(html.replace("</main>", f"{others}</main>"))
        return made

    def basket(self) -> Response:
        """Put a wallet before the way to the checkout."""
        made = super().basket()
        html = made.get_data(as_text=True).replace("<p>Delivery in", WALLETS + "<p>Delivery in")
        made.set_data(html)
        return made

    def address(self) -> Any:
        """Ask for more than is needed."""
        names = (*FIELDS, "region")
        if request.method == "POST":
            if not request.form.get("region"):
                return self.page("Your address", '<p role="alert">Choose a region.</p>', 422)
            session["address"] = {name: request.form.get(name, "") for name in names}
            return redirect("/checkout/delivery", 303)
        known = session.get("address", {})
        values = {name: escape(known.get(name, "")) for name in names}
        return self.page("Your address", ADDRESS.format_map(values))

    def leave(self) -> Response:
        """Lose the customer."""
        self.lost += 1
        return self.page("QuickPay", "<p>You have left the shop.</p>")


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(ClutteredShop(broken))
