"""A shop whose cart lives in its page's script: JSON, tokens in headers, polling.

`python -m tests.loadtests.json_shop` prints {"url": …} and ends with its standard input.
It sells only to
who hands back what it handed out: each refusal is an answer of 4xx. Only its GraphQL says with
status 200 that there are no seats left, and its pages take no notice of that.
"""

import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.loadtests.serving import serve

PAGE = """<!doctype html><html><head><meta name="csrf-token" content="{csrf}"><title>Kiosk</title>
</head><body><h1>Buy a ticket</h1><label>Name <input name="name"></label>
<label>E-mail <input name="email" type="email"></label><button>Buy</button><script>
const token = document.querySelector("meta[name=csrf-token]").content;
const xsrf = decodeURIComponent(document.cookie.match(/XSRF-TOKEN=([^;]+)/)[1]);
async function call(method, path, body, headers) {{
  const answer = await fetch(path, {{method, headers: {{"Content-Type": "application/json",
    "X-CSRF-Token": token, ...headers}}, body: body && JSON.stringify(body)}});
  return answer.json();
}}
document.querySelector("button").onclick = async () => {{
  const value = name => document.querySelector(`[name=${{name}}]`).value;
  const cart = await call("POST", "/api/carts", {{nonce: crypto.randomUUID(), at: Date.now()}});
  await call("POST", `/api/carts/${{cart.cart.id}}/items`, {{sku: "ticket", qty: 1,
    key: cart.cart.key}});
  let state = {{}};
  while (!state.ready) {{
    state = await call("GET", `/api/carts/${{cart.cart.id}}?_=${{Date.now()}}`);
  }}
  await call("POST", "/graphql", {{query: "mutation($by: String!) {{ seat(by: $by) {{ no }} }}",
    variables: {{by: value("email")}}}});
  const order = await call("PUT", `/api/carts/${{cart.cart.id}}`, {{version: state.version,
    customer: {{name: value("name"), email: value("email")}}}}, {{"X-XSRF-TOKEN": xsrf}});
  location = `/done/${{order.order}}?receipt=${{order.receipt}}`;
}};
</script></body></html>"""
DONE = """<!doctype html><html><body><h1>Have a good trip</h1><p id=number>{order}</p>
<form method="post" action="/along"><input type="hidden" name="order" value="{order}">
<input type="hidden" name="place[]" value="{places[0]}">
<label><input type="checkbox" name="what[]" value="bike" checked> Bike</label>
<input type="hidden" name="place[]" value="{places[1]}">
<label><input type="checkbox" name="what[]" value="dog"> Dog</label>
<button>Take them along</button></form></body></html>"""
ALONG = "<!doctype html><html><body><h1>Taken along</h1><p id=number>{}</p></body></html>"


class Shop:
    """Carts by session, orders, and everything that was ever refused."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.next = 4100
        self.nonces: set[str] = set()
        self.carts: dict[int, dict[str, Any]] = {}
        self.orders: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.seats = 1_000_000


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    shop: Shop

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Pages, the cart's state, and the books."""
        parts = urlsplit(self.path)
        words = parts.path.strip("/").split("/")
        if parts.path == "/":
            self.page()
        elif parts.path == "/books":
            self.say({"orders": self.shop.orders, "refused": self.shop.refused})
        elif words[0] == "done":
            receipt = parse_qs(parts.query).get("receipt", [""])[0]
            known = [
                o for o in self.shop.orders if [o["order"], o["receipt"]] == [words[1], receipt]
            ]
            self.html(DONE.format_map(known[0])) if known else self.refuse("no such order")
        elif cart := self.cart(words[2]):
            with self.shop.lock:
                cart["polls"] += 1
            self.say({"ready": cart["polls"] > 2, "version": cart["version"]})

    def do_POST(self) -> None:
        """A new cart, or an item into one; and what asks for no token."""
        others = {"/along": self.along, "/graphql": self.seat, "/seats": self.set_seats}
        if self.path in others:
            return others[self.path]()
        body = self.body()
        if self.headers.get("X-CSRF-Token") != self.session()[::-1]:
            return self.refuse("csrf")
        if self.path == "/api/carts":
            with self.shop.lock:
                if body["nonce"] in self.shop.nonces or abs(body["at"]) < 1_700_000_000_000:
                    return self.refuse("nonce")
                self.shop.nonces.add(body["nonce"])
                self.shop.next += 7
                made = {"id": self.shop.next, "key": secrets.token_urlsafe(12)}
                more = {"session": self.session(), "polls": 0, "items": 0}
                self.shop.carts[self.shop.next] = {**made, **more, "version": self.shop.next * 3}
            return self.say({"cart": made})
        cart = self.cart(self.path.split("/")[3])
        if not cart or body["key"] != cart["key"]:
            return self.refuse("key")
        cart["items"] += body["qty"]
        return self.say({"items": cart["items"]})

    def do_PUT(self) -> None:
        """Buy it."""
        body, cart = self.body(), self.cart(self.path.split("/")[3])
        if not cart or body["version"] != cart["version"] or not cart["items"]:
            return self.refuse("version")
        if self.headers.get("X-XSRF-TOKEN") != f"{self.session()[:12]}=="[:14]:
            return self.refuse("xsrf")
        with self.shop.lock:
            number = f"TK-{10_000 + len(self.shop.orders)}"
            order = {"order": number, "receipt": secrets.token_hex(10), **body["customer"]}
            order["places"] = [secrets.token_hex(8), secrets.token_hex(8)]
            self.shop.orders.append(order)
        return self.say({"order": order["order"], "receipt": order["receipt"]})

    def set_seats(self) -> None:
        """Take the test's word for how many are left."""
        self.shop.seats = self.body()
        self.say({})

    def seat(self) -> None:
        """Give a seat away, while there are any."""
        by = self.body()["variables"]["by"]
        with self.shop.lock:
            self.shop.seats -= 1
            left = self.shop.seats
        if left < 0:
            return self.say({"data": None, "errors": [{"message": f"No seat is left for {by}"}]})
        return self.say({"data": {"seat": {"no": left}}})

    def along(self) -> None:
        """Take things along: each stands behind its place, so that their order counts."""
        told = parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode())
        for order in self.shop.orders:
            first, second = order["places"]
            pairs = [("order", order["order"]), ("place[]", first), ("what[]", "bike")]
            if told == [*pairs, ("place[]", second), ("what[]", "dog")]:
                order["along"] = True
                return self.html(ALONG.format(order["order"]))
        return self.refuse(f"along {told}")

    def cart(self, number: str) -> dict[str, Any] | None:
        """Return the visitor's own cart."""
        cart = self.shop.carts.get(int(number))
        return cart if cart and cart["session"] == self.session() else None

    def session(self) -> str:
        """Return the visitor's session, or nothing that fits."""
        told = self.headers.get("Cookie", "")
        return next((c[4:] for c in told.split("; ") if c.startswith("sid=")), "nobody")

    def page(self) -> None:
        """Begin a session."""
        sid = secrets.token_hex(16)
        self.html(
            PAGE.format(csrf=sid[::-1]), f"sid={sid}; HttpOnly", f"XSRF-TOKEN={sid[:12]}%3D%3D"
        )

    def body(self) -> Any:
        """Return what was sent."""
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def refuse(self, why: str) -> None:
        """Say no, and remember it."""
        self.shop.refused.append(f"{self.command} {self.path}: {why}")
        self.send(409, "application/json", json.dumps({"refused": why}))

    def say(self, body: object) -> None:
        """Answer with JSON."""
        self.send(200, "application/json", json.dumps(body))

    def html(self, text: str, *cookies: str) -> None:
        """Answer with a page."""
        self.send(200, "text/html; charset=utf-8", text, *cookies)

    def send(self, status: int, kind: str, text: str, *cookies: str) -> None:
        """Answer."""
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for cookie in cookies:
            self.send_header("Set-Cookie", f"{cookie}; Path=/")
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until standard input ends."""
    Handler.shop = Shop()
    serve(Handler)


if __name__ == "__main__":
    main()
