"""A shop that pays by script: what goes wrong is told in a toast that is gone after 700 ms."""

from contextlib import AbstractContextManager
from typing import Any

from flask import jsonify, request

from tests.shops.plain import CARD_FORM, PlainShop
from tests.shops.shop import DeclinedError, Shop, opened

SHOWN_MS = 700
SCRIPT = """<div id="toasts" aria-live="assertive"></div><script>
const form = document.getElementById("payment");
function toast(text) {
  const box = document.createElement("div");
  box.className = "toast error";
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), %d);
}
form.addEventListener("submit", async event => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {method: "POST", body: new FormData(form)});
    const said = await answer.json();
    if (said.next) location.assign(said.next); else toast(said.error);
  } catch (error) {
    toast("Something went wrong. Please try again.");
  }
  button.disabled = false;
});
</script>"""


class FadingShop(PlainShop):
    """Tells a declined card for a moment only."""

    shown_ms = SHOWN_MS

    def payment_form(self) -> str:
        """Submit the form by script."""
        return CARD_FORM + SCRIPT % self.shown_ms

    def pay(self) -> Any:
        """Answer with JSON: where to go next, or what went wrong."""
        try:
            number = self.sell(request.form.get("number", ""))
        except DeclinedError as error:
            return jsonify(error=str(error)), 402
        return jsonify(next=f"/checkout/done/{number}")


def serve(*, broken: str = "", shown_ms: int = SHOWN_MS) -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts; a toast is shown so long."""
    shop = FadingShop(broken)
    shop.shown_ms = shown_ms
    return opened(shop)
