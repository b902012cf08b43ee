"""A shop of one document: its pages change by history.pushState, never by a load.

Traps: the spinner stays in the page, hidden; buttons are there at once and enabled 300 ms
later; every page is drawn after a fetch, so what stood there before is still there for a while.
"""

import time
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask, Response, jsonify, request, session

from tests.shops.shop import Books, DeclinedError, Goods, Shop, opened

ENABLED_MS = 300
ANSWER_S = 0.1
DELIVERY_CENTS = 390
DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,"><style>[hidden]{display:none!important}</style></head><body>
<nav><a href="/" data-go>Shop</a><form id="find"><input type="search" aria-label="Search products">
</form><a href="/cart" data-go>Cart</a></nav>
<div class="spinner" role="status" hidden>Loading…</div><main id="app"></main><script>
const app = document.getElementById("app"), spinner = document.querySelector(".spinner");
const money = cents => "$" + (cents / 100).toFixed(2);
const state = {email: "", name: "", street: "", postal: "", city: "", country: "US"};
async function api(path, data) {
  spinner.hidden = false;
  const how = data ? {method: "POST", headers: {"Content-Type": "application/json"},
                      body: JSON.stringify(data)} : {};
  try { return await (await fetch("/api" + path, how)).json(); }
  catch (error) { return {error: "We could not reach our shop. Please try again."}; }
  finally { spinner.hidden = true; }
}
function draw(title, html) {
  document.title = title;
  app.innerHTML = `<h1>${title}</h1>` + html;
  app.querySelectorAll("button").forEach(button => {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, %(enabled)d);
  });
}
const click = (id, then) => { document.getElementById(id).onclick = then; };
const field = (id, label, token) => `<p><label for="${id}">${label}</label>
  <input id="${id}" autocomplete="${token}" value="${(state[id] || "").replace(/"/g, "")}"></p>`;
const sums = cart => `<ul class="sums"><li>Items: <span>${money(cart.lines)}</span></li>
  <li>Shipping: <span>${money(cart.delivery)}</span></li>
  <li>Order total: <strong>${money(cart.total)}</strong></li></ul>`;
const keep = () => app.querySelectorAll("input,select").forEach(one => {
  if (one.id in state) state[one.id] = one.value; });
const pages = {
  async "/"() { list("All goods", await api("/goods")); },
  async "/cart"() {
    const cart = await api("/cart");
    draw("Your cart", cart.items.map((one, at) => `<div class="item">
      <a href="/goods/${one.slug}" data-go>${one.name}</a> × <span>${one.quantity}</span>
      <span>${money(one.price)}</span> <button id="drop${at}">Remove ${one.name}</button></div>`)
      .join("") + (cart.items.length ? `<p>Ships in 3 days for ${money(cart.delivery)}.</p>`
      + sums(cart) + `<button id="checkout">Check out</button>` : "<p>Your cart is empty.</p>"));
    cart.items.forEach((one, at) => click("drop" + at, async () => {
      await api("/drop", {slug: one.slug}); go("/cart"); }));
    if (cart.items.length) click("checkout", () => go("/checkout/info"));
  },
  async "/checkout/info"() {
    draw("Information", field("email", "Email", "email") + field("name", "Name", "name")
      + field("street", "Address", "street-address") + field("city", "City", "address-level2")
      + field("postal", "ZIP code", "postal-code") + `<p><label for="country">Country</label>
      <select id="country" autocomplete="country"><option value="US">United States
      <option value="DE">Germany</select></p><button id="next">Continue to shipping</button>`);
    document.getElementById("country").value = state.country;
    click("next", () => { keep(); go("/checkout/shipping"); });
  },
  async "/checkout/shipping"() {
    const cart = await api("/cart");
    draw("Shipping", `<p><label><input type="radio" name="ship" checked> Standard
      ${money(cart.delivery)}</label></p><button id="next">Continue to payment</button>
      <a href="/checkout/info" data-go>Return to information</a>`);
    click("next", () => go("/checkout/payment"));
  },
  async "/checkout/payment"() {
    const cart = await api("/cart");
    draw("Payment", sums(cart) + `<div id="wrong"></div>` + field("number", "Card number",
      "cc-number") + field("expiry", "Expiration date (MM / YY)", "cc-exp")
      + field("cvc", "Security code", "cc-csc") + field("holder", "Name on card", "cc-name")
      + `<button id="pay">Pay ${money(cart.total)}</button>
      <a href="/checkout/info" data-go>Change address</a>`);
    click("pay", async () => {
      const number = document.getElementById("number").value;
      const said = await api("/pay", {email: state.email, number});
      if (said.number !== undefined) { state.done = said; go("/checkout/thanks"); }
      else document.getElementById("wrong").innerHTML = `<p class="error">${said.error}</p>`;
    });
  },
  async "/checkout/thanks"() { draw("Thank you", state.done ? state.done.html : ""); },
};
function list(title, goods) {
  draw(title, goods.map(one => `<p><a href="/goods/${one.slug}" data-go>${one.name}</a>
    ${money(one.price)}</p>`).join(""));
}
async function goods(slug) {
  const one = await api("/goods/" + slug);
  draw(one.name, `<p data-price>${money(one.price)}</p><button id="add">Add to bag</button>
    <p id="told" role="status"></p>`);
  click("add", async () => { await api("/add", {slug});
    document.getElementById("told").textContent = "It is in your bag."; });
}
function show() {
  const path = location.pathname;
  return path.startsWith("/goods/") ? goods(path.slice(7)) : (pages[path] || pages["/"])();
}
function go(path) { history.pushState({}, "", path); return show(); }
document.addEventListener("click", event => {
  const link = event.target.closest("a[data-go]");
  if (link) { event.preventDefault(); keep(); go(link.getAttribute("href")); }
});
document.getElementById("find").addEventListener("submit", async event => {
  event.preventDefault();
  const words = event.target.querySelector("input").value;
  history.pushState({}, "", "/search");
  list("Results", await api("/goods?q=" + encodeURIComponent(words)));
});
addEventListener("popstate", show);
show();
</script></body></html>"""


class SpaShop:
    """One document and an API behind it."""

    goods: tuple[Goods, ...] = (
        Goods("desk-globe", "Desk Globe", 5400),
        Goods("wall-map", "Wall Map", 2200),
    )
    delivery_cents = DELIVERY_CENTS

    def __init__(self, broken: str = "") -> None:
        self.books = Books(broken, money=lambda cents: f"${cents / 100:.2f}")
        self.app = Flask("spa")
        self.app.secret_key = "only for a test"
        self.app.get("/api/goods")(self.found)
        self.app.get("/api/goods/<slug>")(self.one)
        self.app.get("/api/cart")(self.cart)
        for name in ("add", "drop", "pay"):
            self.app.post(f"/api/{name}")(getattr(self, name))
        self.app.get("/")(self.document)
        self.app.get("/<path:path>")(self.document)

    def path(self, slug: str) -> str:
        """Return the path of a product's page."""
        return f"/goods/{slug}"

    def document(self, path: str = "") -> Response:
        """Return the same document for every page."""
        del path
        return Response(DOCUMENT.replace("%(enabled)d", str(ENABLED_MS)))

    def found(self) -> Response:
        """Return the goods with the words in their names."""
        words = request.args.get("q", "").lower()
        return jsonify([self._row(one) for one in self.goods if words in one.name.lower()])

    def one(self, slug: str) -> Response:
        """Return one of the goods, not at once."""
        time.sleep(ANSWER_S)
        return jsonify(next(self._row(one) for one in self.goods if one.slug == slug))

    def cart(self) -> Response:
        """Return lines and sums."""
        time.sleep(ANSWER_S)
        held = session.get("cart", {})
        items = [{**self._row(one), "quantity": held[one.slug]} for one in self._in(held)]
        sums = {"lines": self._lines(held), "delivery": DELIVERY_CENTS}
        return jsonify(items=items, total=self._lines(held) + DELIVERY_CENTS, **sums)

    def add(self) -> Response:
        """Put one piece into the cart."""
        time.sleep(ANSWER_S)
        slug, held = request.get_json()["slug"], session.get("cart", {})
        session["cart"] = {**held, slug: held.get(slug, 0) + 1}
        return jsonify(kept=True)

    def drop(self) -> Response:
        """Take a line out."""
        slug, held = request.get_json()["slug"], session.get("cart", {})
        session["cart"] = {key: count for key, count in held.items() if key != slug}
        return jsonify(kept=True)

    def pay(self) -> Any:
        """Sell; the confirmation is HTML for the last page."""
        said, held = request.get_json(), session.get("cart", {})
        total = self._lines(held) + DELIVERY_CENTS
        try:
            sold = self.books.sell(said["email"], held, total, said["number"].replace(" ", ""))
        except DeclinedError as error:
            return jsonify(error=str(error)), 402
        session["cart"] = {}
        html = f"<p>Order <b>#{sold.number}</b> is confirmed.</p>"
        html += f"<p>Total charged: ${sold.charged_cents / 100:.2f}</p>"
        return jsonify(number=sold.number, html=self.books.said(html))

    def _row(self, one: Goods) -> dict[str, Any]:
        return {"slug": one.slug, "name": one.name, "price": one.price_cents}

    def _in(self, held: dict[str, int]) -> list[Goods]:
        return [one for one in self.goods if one.slug in held]

    def _lines(self, held: dict[str, int]) -> int:
        return sum(one.price_cents * held[one.slug] for one in self._in(held))


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(SpaShop(broken))
