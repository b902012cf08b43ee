"""A shop whose card fields stand in iframes of another site, one field each.

The shop's page never sees the card: on paying, each frame hands its field to the vault,
and the shop asks the vault.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response, jsonify, redirect, request

from tests.shops.plain import PlainShop
from tests.shops.shop import DeclinedError, Shop, opened, serving

# name in the vault: what its label says, its autocomplete token
FIELDS = {
    "number": ("Card number", "cc-number"),
    "exp": ("Expiry date (MM/YY)", "cc-exp"),
    "csc": ("Security code", "cc-csc"),
}
FORM = """<form method="post" action="/checkout/pay" id="payment">
<label>Name on card <input name="holder" autocomplete="cc-name" required></label>
<input type="hidden" name="token">{frames}<button>Pay now</button></form><script>
const form = document.getElementById("payment"), token = crypto.randomUUID();
const frames = [...document.querySelectorAll("iframe.field")];
let stored = 0;
form.addEventListener("submit", event => {{
  event.preventDefault();
  form.token.value = token;
  stored = 0;
  frames.forEach(frame => frame.contentWindow.postMessage({{token}}, "{vault}"));
}});
addEventListener("message", event => {{
  if (event.origin === "{vault}" && event.data === "stored" && ++stored === frames.length)
    form.submit();
}});
</script>"""
FRAME = """<iframe class="field" title="Secure {label}" src="{vault}/field/{name}"
style="width:20em;height:4em;border:0"></iframe>"""
FIELD = """<!doctype html><title>{label}</title><label>{label}
<input autocomplete="{token}" inputmode="numeric"></label><script>
addEventListener("message", async event => {{
  const data = {{token: event.data.token, name: "{name}",
                 value: document.querySelector("input").value}};
  await fetch("/store", {{method: "POST", headers: {{"Content-Type": "application/json"}},
                         body: JSON.stringify(data)}});
  event.source.postMessage("stored", event.origin);
}});
</script>"""


class Vault:
    """The provider's fields and what was typed into them, by token."""

    def __init__(self) -> None:
        self.app = Flask("vault")
        self.held: dict[str, dict[str, str]] = {}
        self.app.get("/field/<name>")(self.field)
        self.app.post("/store")(self.store)

    def field(self, name: str) -> Response:
        """Return one field as a page."""
        label, token = FIELDS[name]
        return Response(FIELD.format(label=label, token=token, name=name))

    def store(self) -> Response:
        """Keep what one field holds."""
        said: dict[str, str] = request.get_json()
        self.held.setdefault(said["token"], {})[said["name"]] = said["value"]
        return jsonify(kept=True)


class FramedShop(PlainShop):
    """Takes the card's number from the vault."""

    def __init__(self, vault: Vault, vault_url: str, broken: str = "") -> None:
        super().__init__(broken)
        self.vault = vault
        self.vault_url = vault_url

    def payment_form(self) -> str:
        """Put one frame into the form for each field."""
        frames = "".join(
            FRAME.format(label=label, vault=self.vault_url, name=name)
            for name, (label, _) in FIELDS.items()
        )
        return FORM.format(frames=frames, vault=self.vault_url)

    def pay(self) -> Any:
        """Charge the card that the vault holds; all of its fields must be there."""
        card = self.vault.held.pop(request.form.get("token", ""), {})
        try:
            number = self._charged(card)
        except DeclinedError as error:
            told = f'<p role="alert">{error}</p>'
            return self.page("Payment", told + self.sums() + self.payment_form(), 402)
        return redirect(f"/checkout/done/{number}", 303)

    def _charged(self, card: dict[str, str]) -> str:
        if not all(card.get(name) for name in FIELDS):
            raise DeclinedError("Please fill in your card.")
        return self.sell(card["number"])


@contextmanager
def serve(*, broken: str = "") -> Iterator[Shop]:
    """Serve the shop for as long as the block lasts."""
    vault = Vault()
    with (
        serving(vault.app, "localhost") as vault_url,
        opened(FramedShop(vault, vault_url, broken)) as shop,
    ):
        yield shop
