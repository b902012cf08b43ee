"""Three shops with unusual checkouts, each as some shop out there has it.

`python -m tests.loadtests.odd_shops` prints {"url": …} and ends with its standard input.
Whatever is not what
this very session was handed out is refused with 4xx, and remembered.

/tea     pages of a server: the session in the form's action, a one-time id in the redirect,
         a form with a file, an order number grouped as people read it
/shoes   a page's script: a cookie told again in a header, and another one after each answer; each
         answer hands over what the next call needs; ids that are addresses; a first try that
         fails; a page that says that it is there; GraphQL with errors beside what it made
/books   a script that hands the token over, a state escaped into the page, a version's mark,
         a key that the page makes up and tells as a cookie and beside it
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.loadtests.serving import serve

HEAD = "<!doctype html><html lang=en><head><title>Odd</title></head><body>"

TEA = """<h1>Tea house</h1><form method="post" action="/tea/basket;jsessionid={sid}?tea=green">
<input type="hidden" name="_csrf" value="{csrf}"><button>Into the basket</button></form>"""
TILL = """<h1>Till</h1><form method="post" enctype="multipart/form-data">
<input type="hidden" name="_csrf" value="{csrf}"><input type="hidden" name="execution" value="e1s2">
<label>E-mail <input name="email" type="email"></label>
<label>Label <input name="label" type="file"></label><button>Buy tea</button></form>"""
TEA_DONE = """<h1>Tea is on its way</h1><p id="number">{grouped}</p><script>
fetch("/tea/api/orders/" + document.querySelector("#number").textContent.replaceAll(".", ""))
  .then(answer => answer.json()).then(told => {{ document.title = told.state; }});
</script>"""

SHOES = """<h1>Shoe shop</h1><label>E-mail <input name="email"></label><button>Buy shoes</button>
<p id="number"></p><script>
const cookie = () => decodeURIComponent(document.cookie.match(/XSRF-TOKEN=([^;]+)/)[1]);
async function call(method, path, body) {
  const headers = {"Content-Type": "application/vnd.api+json", "X-XSRF-TOKEN": cookie()};
  for (let tries = 0; tries < 3; tries++) {
    const answer = await fetch(path, {method, headers, body: JSON.stringify(body)});
    if (answer.status < 500) return answer.json();
  }
}
const here = () => fetch("/shoes/ping", {method: "POST", body: "{}"});
document.querySelector("button").onclick = async () => {
  await here();
  let told = await call("POST", "/shoes/carts", {});
  await here();
  const cart = told.cart, path = "/shoes/carts/" + encodeURIComponent(cart);
  told = await call("PUT", path, {next: told.next, size: 42});
  await here();
  const email = document.querySelector("[name=email]").value;
  const query = "mutation($i: Input!) { complete(i: $i) { order userErrors { message } } }";
  const input = JSON.stringify({cart, email, next: told.next, total: told.total});
  told = await call("POST", "/shoes/graphql", {query, variables: {input}});
  document.querySelector("#number").textContent = told.data.complete.order;
};
</script>"""

BOOKS = """<h1>Book shop</h1><div id="app" data-page="{state}"></div><script src="/books/token.js">
</script><label>E-mail <input name="email"></label><button>Buy a book</button><script>
const page = JSON.parse(document.querySelector("#app").dataset.page);
document.querySelector("button").onclick = async () => {{
  const path = "/books/baskets/" + page.basket.id, headers = {{"Books-Token": window.token}};
  const seen = await fetch(path, {{headers}});
  const body = new FormData();
  body.append("email", document.querySelector("[name=email]").value);
  const order = {{key: page.basket.key, no: page.basket.id}};
  body.append("order", new Blob([JSON.stringify(order)], {{type: "application/json"}}));
  const more = {{"If-Match": seen.headers.get("ETag"), ...headers}};
  const form = crypto.randomUUID();
  document.cookie = `form_key=${{encodeURIComponent("v1:" + form)}}; path=/`;
  document.cookie = "seen=1; path=/";
  body.append("form_key", "v1:" + form);
  const paid = await fetch(path + "/pay", {{method: "POST", headers: more, body}});
  location = (await paid.json()).next;
}};
</script>"""
DONE = """<h1>Thank you for reading</h1><p id="number">{}</p>"""


class RefusedError(Exception):
    """What the shop says no to."""


class Shop:
    """Sessions by their id, and everything that was sold or refused."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.sold: list[dict[str, str]] = []
        self.refused: list[str] = []
        self.pairs = 1_000_000
        self.next = 1_200_300
        self.tries = 0

    def begin(self) -> dict[str, Any]:
        """Return a new session."""
        with self.lock:
            self.next += 1_017
            made = {"sid": secrets.token_hex(16), "csrf": secrets.token_urlsafe(18)}
            one: dict[str, Any] = {
                **made,
                "number": self.next,
                "key": f"k+{secrets.token_hex(9)}/=",
                "paid": False,
            }
            self.sessions[one["sid"]] = one
            return one

    def sell(self, shop: str, session: dict[str, Any], email: str) -> str:
        """Note an order, once a session."""
        with self.lock:
            see(not session["paid"], "a second order")
            session["paid"] = True
            self.sold.append({"shop": shop, "email": email})
        return str(session["number"])


def see(holds: object, why: str) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise RefusedError(why)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    shop: Shop

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        """Answer with what the first word of the address is for."""
        self.raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.parts = urlsplit(self.path)
        self.words = [unquote(word) for word in self.parts.path.strip("/").split("/")]
        shops: dict[str, Callable[[], None]] = {
            "tea": self.tea,
            "shoes": self.shoes,
            "books": self.books,
            "books-of-accounts": self.accounts,
            "pairs": self.set_pairs,
        }
        try:
            shops[self.words[0]]()
        except (RefusedError, KeyError, ValueError, TypeError) as error:
            self.shop.refused.append(f"{self.command} {self.path}: {error!r}")
            self.say({"refused": str(error)}, status=409)

    def do_GET(self) -> None:
        """Read."""
        self.answer()

    def do_POST(self) -> None:
        """Send."""
        self.answer()

    def do_PUT(self) -> None:
        """Put."""
        self.answer()

    # -- tea: no cookies ----------------------------------------------------------------------

    def tea(self) -> None:
        """Serve pages."""
        word = self.words[1] if len(self.words) > 1 else ""
        if not word:
            return self.html(TEA.format_map(self.shop.begin()))
        if word == "api":
            known = any(str(s["number"]) == self.words[3] and s["paid"] for s in self.all())
            see(known, "no such order")
            return self.say({"state": "packed"})
        session = self.by("sid" if word.startswith("basket;") else "till", word.rpartition("=")[2])
        if word.startswith("basket;"):
            see(dict(parse_qsl(self.raw.decode())) == {"_csrf": session["csrf"]}, "token")
            session["till"] = secrets.token_hex(8)
            return self.put("", "text/html", {"Location": f"/tea/till;once={session['till']}"}, 303)
        if self.command == "GET":
            see(not session.get("seen"), "a till opens once")
            session["seen"], session["csrf"] = True, secrets.token_urlsafe(18)
            return self.html(TILL.format_map(session))
        fields = self.fields()
        see(fields["_csrf"] == (None, session["csrf"].encode()), "token of the till")
        see(fields["execution"] == (None, b"e1s2"), "execution")
        name, label = fields["label"]
        see((name, len(label), label[:4]) == ("label.png", 2000, b"\x89PNG"), "label")
        email = str(fields["email"][1], "utf-8")
        grouped = f"{int(self.shop.sell('tea', session, email)):,}".replace(",", ".")
        return self.html(TEA_DONE.format(grouped=grouped))

    # -- shoes: one page ----------------------------------------------------------------------

    def shoes(self) -> None:
        """Serve a page, and its script."""
        if len(self.words) == 1:
            session = self.shop.begin()
            cookie = f"sid={session['sid']}; Path=/; HttpOnly"
            return self.html(SHOES, {"Set-Cookie": cookie, "set-cookie": self.turned(session)})
        if self.words[1] == "ping":
            return self.say({"here": True, "at": int(time.time() * 1000)})
        calls = {"carts": self.carts, "graphql": self.complete}
        return calls[self.words[1]]()

    def carts(self) -> None:
        """Make a cart, and put shoes into it."""
        session, body = self.handed()
        if self.words[1:] == ["carts"]:
            with self.shop.lock:
                self.shop.tries += 1
                first = self.shop.tries == 1
            if first:
                return self.say({}, status=503)
            session["cart"] = f"gid://shoes/Cart/{secrets.token_hex(10)}?key=1"
            return self.go_on(session, cart=session["cart"])
        see(self.words[2:] == [session["cart"]], "cart")
        see(body == {"next": session["next"], "size": 42}, "next")
        session["total"] = 100 + session["number"] % 89 + 0.5
        return self.go_on(session, total=session["total"])

    def complete(self) -> None:
        """Sell them, while there are any."""
        session, body = self.handed()
        given = json.loads(body["variables"]["input"])
        want = {name: session[name] for name in ("cart", "next", "total")}
        see({**given, "email": ""} == {**want, "email": ""}, "input")
        with self.shop.lock:
            self.shop.pairs -= 1
            left = self.shop.pairs
        if left < 0:
            told = [{"message": f"No pair is left for {given['email']}"}]
            return self.say({"data": {"complete": {"order": None, "userErrors": told}}})
        order = self.shop.sell("shoes", session, given["email"])
        return self.say({"data": {"complete": {"order": order, "userErrors": []}}})

    def handed(self) -> tuple[dict[str, Any], Any]:
        """Return the session and the body of a call that tells the cookie again."""
        session = self.session()
        see(self.headers["X-XSRF-TOKEN"] == session["xsrf"], "cookie in the header")
        see(self.headers["Content-Type"] == "application/vnd.api+json", "type")
        return session, json.loads(self.raw)

    def go_on(self, session: dict[str, Any], **told: object) -> None:
        """Answer with what the next call needs, and another cookie."""
        session["next"] = secrets.token_urlsafe(12)
        self.say({**told, "next": session["next"]}, {"Set-Cookie": self.turned(session)})

    def turned(self, session: dict[str, Any]) -> str:
        """Return a cookie that the page's script has to tell again."""
        session["xsrf"] = f"{secrets.token_hex(12)}=="
        return f"XSRF-TOKEN={quote(session['xsrf'])}; Path=/"

    # -- books: a state in the page --------------------------------------------------------------

    def books(self) -> None:
        """Serve a page with its state, a script with a token, and baskets."""
        if len(self.words) == 1:
            session = self.shop.begin()
            basket = {"id": session["number"], "key": session["key"]}
            state = json.dumps({"books": [1, 2], "basket": basket}).replace("/", "\\/")
            cookie = f"sid={session['sid']}; Path=/; HttpOnly"
            return self.html(BOOKS.format(state=escape(state)), {"Set-Cookie": cookie})
        session = self.session()
        if self.words[1] == "token.js":
            return self.put(f"window.token = '{session['csrf']}'", "text/javascript")
        if self.words[1] == "done":
            see(self.words[2] == session["once"], "no such order")
            return self.html(DONE.format(session["number"]))
        see(self.headers["Books-Token"] == session["csrf"], "token")
        see(self.words[2] == str(session["number"]), "basket")
        if self.command == "GET":
            session["tag"] = f'W/"{secrets.token_hex(16)}"'
            return self.say({}, {"ETag": session["tag"]})
        see(self.headers["If-Match"] == session["tag"], "version")
        fields = self.fields()
        cookie = f"form_key={quote(fields['form_key'][1], safe='')}"
        see(cookie in self.headers["Cookie"].split("; "), "cookie of the page")
        order = json.loads(fields["order"][1])
        see(order == {"key": session["key"], "no": session["number"]}, "order")
        self.shop.sell("books", session, str(fields["email"][1], "utf-8"))
        session["once"] = secrets.token_hex(10)
        return self.say({"next": f"/books/done/{session['once']}"})

    # -- what tests ask for ----------------------------------------------------------------------

    def accounts(self) -> None:
        """Tell what was sold and refused."""
        self.say({"sold": self.shop.sold, "refused": self.shop.refused})

    def set_pairs(self) -> None:
        """Take the test's word for how many shoes are left."""
        self.shop.pairs = json.loads(self.raw)
        self.say({})

    # -- the rest --------------------------------------------------------------------------------

    def all(self) -> list[dict[str, Any]]:
        """Return all sessions."""
        return list(self.shop.sessions.values())

    def by(self, name: str, value: str) -> dict[str, Any]:
        """Return the session that was handed a value."""
        found = [one for one in self.all() if one.get(name) == value]
        see(found, f"{name} of nobody")
        return found[0]

    def session(self) -> dict[str, Any]:
        """Return the session of the cookie."""
        told = self.headers.get("Cookie", "").split("; ")
        return self.by("sid", next((one[4:] for one in told if one.startswith("sid=")), "nobody"))

    def fields(self) -> dict[str, tuple[str | None, bytes]]:
        """Return the parts of a form: file name and content."""
        kind = self.headers["Content-Type"]
        see(kind.startswith("multipart/form-data"), "no form with files")
        whole = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + self.raw)
        found = {}
        for part in whole.walk():
            if part is not whole:
                name = str(part.get_param("name", header="content-disposition"))
                content = part.get_payload(decode=True)
                found[name] = (part.get_filename(), content if isinstance(content, bytes) else b"")
        return found

    def say(
        self, body: object, headers: dict[str, str] | None = None, *, status: int = 200
    ) -> None:
        """Answer with JSON."""
        self.put(json.dumps(body), "application/json", headers, status)

    def html(self, text: str, headers: dict[str, str] | None = None) -> None:
        """Answer with a page."""
        self.put(HEAD + text, "text/html; charset=utf-8", headers)

    def put(
        self, text: str, kind: str, headers: dict[str, str] | None = None, status: int = 200
    ) -> None:
        """Answer."""
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    """Serve until standard input ends."""
    Handler.shop = Shop()
    serve(Handler)


if __name__ == "__main__":
    main()
