"""A shop with its whole checkout on one page, by script: sections unfold one after another.

Traps: the postal code takes key events only (a value that is set is thrown away), the total
comes by fetch when the delivery changes, placing the order asks back in a modal dialog, and
the order's number appears without a change of the address.
"""

import time
from contextlib import AbstractContextManager
from typing import Any

from flask import Response, jsonify, request, session

from tests.shops.plain import PlainShop
from tests.shops.shop import DeclinedError, Shop, euros, opened

FEES = {"standard": 490, "express": 990}
SUMMING_S = 0.15  # a total is not there at once
CHECKOUT = """<div id="errors" role="alert"></div><div id="checkout">
<fieldset id="s1"><legend>1. Contact</legend><label for="mail">E-mail address</label>
<input id="mail" type="email" autocomplete="email"><button type="button">Next: address</button>
</fieldset>
<fieldset id="s2" hidden><legend>2. Where to</legend>
<label for="first">First name</label><input id="first" autocomplete="given-name">
<label for="last">Last name</label><input id="last" autocomplete="family-name">
<label for="line1">Street and number</label><input id="line1" autocomplete="address-line1">
<label for="zip">Postal code</label><input id="zip" autocomplete="postal-code">
<label for="town">Town</label><input id="town" autocomplete="address-level2">
<label for="land">Country</label><select id="land" autocomplete="country"><option value="">Choose
<option value="DE">Germany<option value="FR">France</select>
<button type="button">Next: delivery</button></fieldset>
<fieldset id="s3" hidden><legend>3. How</legend>
<label><input type="radio" name="way" value="standard" checked> Standard, €4.90</label>
<label><input type="radio" name="way" value="express"> Express, €9.90</label>
<button type="button">Next: payment</button></fieldset>
<fieldset id="s4" hidden><legend>4. Payment</legend>
<label for="num">Card number</label><input id="num" autocomplete="cc-number" inputmode="numeric">
<label for="exp">Expires (MM/YY)</label><input id="exp" autocomplete="cc-exp">
<label for="cvc">CVC</label><input id="cvc" autocomplete="cc-csc">
<button type="button">Place order</button></fieldset>
<table id="sums"><tr><th>Subtotal<td id="lines"><tr><th>Delivery<td id="fee">
<tr><th>Order total<td id="total"></table></div>
<dialog id="sure"><p>Place this order for <b id="again"></b>?</p>
<button type="button" id="yes">Yes, buy now</button>
<button type="button" id="no">Not yet</button></dialog>"""
SCRIPT = """<script>
const $ = id => document.getElementById(id);
const way = () => document.querySelector("[name=way]:checked").value;
async function sums() {
  $("total").textContent = "…";
  const said = await (await fetch("/api/sums?way=" + way())).json();
  for (const name of ["lines", "fee", "total"]) $(name).textContent = said[name];
  $("again").textContent = said.total;
}
let zip = "";
$("zip").addEventListener("keydown", event => {
  if (event.key === "Backspace") zip = zip.slice(0, -1);
  else if (event.ctrlKey && event.key === "a") zip = "";
  else if (/^[0-9A-Za-z ]$/.test(event.key)) zip += event.key;
});
$("zip").addEventListener("input", () => { $("zip").value = zip; });
const needed = {s1: ["mail"], s2: ["first", "last", "line1", "zip", "town", "land"], s3: []};
["s1", "s2", "s3"].forEach((name, at) => $(name).querySelector("button").onclick = () => {
  const empty = needed[name].find(id => !$(id).value.trim());
  $("errors").textContent = empty ? "Please fill in: " + $(empty).labels[0].textContent : "";
  if (empty) return $(empty).focus();
  $("s" + (at + 2)).hidden = false;
});
document.querySelectorAll("[name=way]").forEach(radio => radio.onchange = sums);
$("s4").querySelector("button").onclick = () => $("sure").showModal();
$("no").onclick = () => $("sure").close();
$("yes").onclick = async () => {
  $("sure").close();
  $("errors").textContent = "";
  const body = JSON.stringify({email: $("mail").value, zip: $("zip").value, way: way(),
                               number: $("num").value, expiry: $("exp").value});
  const answer = await fetch("/api/pay", {method: "POST", body,
    headers: {"Content-Type": "application/json"}}).catch(() => null);
  const said = answer && await answer.json().catch(() => null);
  if (said && said.html !== undefined) $("checkout").innerHTML = said.html;
  else $("errors").textContent = said ? said.error : "Something went wrong on our side.";
};
sums();
</script>"""
ADDING = """<dialog id="added"><p>Added to your basket.</p><a href="/basket">View basket</a>
<button type="button" onclick="document.getElementById('added').close()">Continue shopping</button>
</dialog><script>
document.querySelector("main form").addEventListener("submit", async event => {
  event.preventDefault();
  await fetch("/basket/add", {method: "POST", body: new FormData(event.target)});
  document.getElementById("added").showModal();
});
</script>"""


class OnePageShop(PlainShop):
    """Sells by script on one page."""

    def __init__(self, broken: str = "") -> None:
        super().__init__(broken)
        self.app.get("/api/sums")(self.api_sums)
        self.app.post("/api/pay")(self.api_pay)

    def product(self, slug: str) -> Response:
        """Put goods into the basket without leaving the page."""
        page = super().product(slug)
        page.set_data(page.get_data(as_text=True).replace("</body>", ADDING + "</body>"))
        return page

    def address(self) -> Any:
        """Show the whole checkout."""
        return self.page("Checkout", CHECKOUT + SCRIPT)

    def api_sums(self) -> Response:
        """Reckon again, not at once."""
        time.sleep(SUMMING_S)
        session["way"] = request.args.get("way", "standard")
        fee = FEES.get(session["way"], FEES["standard"])
        lines = self.lines_cents()
        return jsonify(lines=euros(lines), fee=euros(fee), total=euros(lines + fee))

    def api_pay(self) -> Any:
        """Sell; the confirmation is a piece of the page."""
        said: dict[str, str] = request.get_json()
        if not (said["zip"] and said["expiry"] and said["number"]):
            return jsonify(error="Please fill in all fields."), 422
        cents = self.lines_cents() + FEES[said["way"]]
        try:
            sold = self.books.sell(
                said["email"], self.cart(), cents, said["number"].replace(" ", "")
            )
        except DeclinedError as error:
            return jsonify(error=str(error)), 402
        self.keep({})
        html = f"<h2>Thank you!</h2><p>Order number: <b>{sold.number}</b></p>"
        html += f"<p>Charged to your card: {euros(sold.charged_cents)}</p>"
        return jsonify(html=self.books.said(html))


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(OnePageShop(broken))
