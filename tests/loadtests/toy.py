"""A toy shop with known limits: pools, a lock, a rate limit, a full queue, a narrow door.

`python toy.py '{"pool": 2, "hold_s": 0.05, ...}'` prints its address as one JSON line and ends
when its standard input closes.
"""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SETTINGS = {
    "pool": 2,
    "hold_s": 0.05,
    "wait_s": 1.0,  # then 503
    "page_pool": 1000,  # the web tier: every request takes one
    "page_s": 0.0,
    "catalog_pool": 1000,  # what a product page needs besides
    "catalog_s": 0.0,
    "freeze_at_s": -1.0,  # since the first product page; nobody is answered for a while
    "freeze_not_yet": 0.0,  # product pages before the one that counts as the first
    "freeze_s": 2.0,
    "freeze_all": 0.0,  # 1: not only product pages
    "queue": -1.0,  # so many may wait for the ledger, the next gets 503 at once; -1: all
    "redeem_per_s": 0.0,  # more redemptions get 429; 0: no limit
    "cart_s": 0.0,  # under the one lock that all carts share
    "payment_pool": 1000,  # calls that the payment provider takes at once
    "payment_s": 0.0,
    "search_s": 0.0,
    "search_more_s": 0.0,  # for each search under way at the time
    "picture_cpu_s": 0.0,  # of the one processor that draws pictures
    "connections": 0.0,  # open at once; the next is closed at the door; 0: no limit
}
PRODUCT = '<article data-testid="product">a product</article>'
DONE = "".join(  # what the user files expect of a redemption and of a fresh card
    f'<p data-testid="{name}"><data value="{cents}">money</data></p>'
    for name, cents in (("redeemed", 100), ("balance", 5_000))
)
FORM = '<form method="post"><input type="hidden" name="csrf_token" value="{}"></form>'


DRAW = """
import sys, time
for line in sys.stdin:
    until = time.process_time() + float(line)
    while time.process_time() < until:
        pass
    try:
        print(flush=True)
    except BrokenPipeError:  # the shop is gone
        break
"""


class Easel:
    """One processor that draws pictures, in a process of its own, one picture at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", DRAW]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.turn = threading.Lock()

    def draw(self, cpu_s: float) -> None:
        """Use so much of the processor; it ends with us, when its standard input closes."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self.turn:
            self.process.stdin.write(f"{cpu_s}\n")
            self.process.stdin.flush()
            self.process.stdout.readline()


class Toy(ThreadingHTTPServer):
    """The shop's state, for all its handlers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, settings: dict[str, float]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.settings = settings
        self.ledger = threading.BoundedSemaphore(int(settings["pool"]))
        self.web = threading.BoundedSemaphore(int(settings["page_pool"]))
        self.catalog = threading.BoundedSemaphore(int(settings["catalog_pool"]))
        self.cart = threading.Lock()
        self.payment = threading.BoundedSemaphore(int(settings["payment_pool"]))
        self.easel = Easel() if settings["picture_cpu_s"] else None
        self.first_at: float | None = None
        self.not_yet = settings["freeze_not_yet"]
        self.lock = threading.Lock()
        self.waiting = self.searching = self.connections = 0
        self.tokens, self.tokens_at = settings["redeem_per_s"], time.monotonic()
        self.seen = {"requests": 0, "unmarked": 0, "redeemed": 0}

    def note(self, what: str) -> None:
        """Count something."""
        with self.lock:
            self.seen[what] += 1

    def process_request(self, request: Any, client_address: Any) -> None:
        """Open the door, or close it at once in front of one too many."""
        with self.lock:
            most = self.settings["connections"]
            full = 0 < most <= self.connections
            self.connections += not full
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection until it ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self.lock:
                self.connections -= 1

    def token(self) -> bool:
        """Take one of the redemptions that come back evenly; False if none is left."""
        rate = self.settings["redeem_per_s"]
        with self.lock:
            now = time.monotonic()
            self.tokens = min(rate, self.tokens + (now - self.tokens_at) * rate)
            self.tokens_at = now
            granted = self.tokens >= 1
            self.tokens -= granted
        return granted

    def search_s(self) -> float:
        """Return how long a search takes that begins now; end it with `searched`."""
        with self.lock:
            seconds = self.settings["search_s"]
            seconds += self.settings["search_more_s"] * self.searching
            self.searching += 1
        return seconds

    def searched(self) -> None:
        """Count a search as over."""
        with self.lock:
            self.searching -= 1

    def thaw(self) -> None:
        """Hold everybody who comes during the freeze until its end."""
        settings = self.settings
        if settings["freeze_at_s"] < 0:
            return
        with self.lock:
            if self.not_yet > 0:
                self.not_yet -= 1
                return
            self.first_at = self.first_at or time.monotonic()
        since = time.monotonic() - self.first_at - settings["freeze_at_s"]
        if 0 <= since < settings["freeze_s"]:
            time.sleep(settings["freeze_s"] - since)


class Handler(BaseHTTPRequestHandler):
    """Answers as the shop's pages do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Toy

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_GET(self) -> None:
        """Pages; /seen tells what came and is itself not counted."""
        if self.path == "/seen":
            self.answer(200, json.dumps(self.server.seen))
            return
        self.count()
        if self.server.settings["freeze_all"]:
            self.server.thaw()
        with self.server.web:
            time.sleep(self.server.settings["page_s"])
            if self.path.startswith("/gift-cards/"):
                self.answer(200, FORM.format("t0ken"))
            elif self.path == "/away":
                self.answer(302, "", location="http://elsewhere.invalid/")
            elif self.path.startswith("/product/"):
                self.server.thaw()
                with self.server.catalog:
                    time.sleep(self.server.settings["catalog_s"])
                self.answer(200, PRODUCT)
            elif self.path == "/":
                self.answer(200, '<a href="/product/tent-2">Tent</a>')
            else:
                self.other_page()

    def other_page(self) -> None:
        """Pages with a weak place of their own."""
        if self.path == "/search":
            time.sleep(self.server.search_s())
            self.server.searched()
            self.answer(200, "found")
        elif self.path == "/picture":
            if self.server.easel:
                self.server.easel.draw(self.server.settings["picture_cpu_s"])
            self.answer(200, "a picture")
        elif self.path == "/cart":
            self.in_cart()
        else:
            self.answer(404, "no such page")

    def do_POST(self) -> None:
        """The ledger's transactions, and the bulk issue."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.count()
        if self.server.settings["freeze_all"]:
            self.server.thaw()
        if self.path == "/api/gift-cards":
            granted = self.headers.get("Authorization") == "Bearer t0p"
            rows = [{"code": f"G{number}"} for number, _ in enumerate(json.loads(body))]
            self.answer(200 if granted else 401, json.dumps(rows))
        elif "csrf_token=t0ken" not in body:
            self.answer(400, "no token")
        else:
            with self.server.web:
                time.sleep(self.server.settings["page_s"])
                self.do_form()

    def do_form(self) -> None:
        """The cart, the payment provider, and everything else at the ledger."""
        settings = self.server.settings
        if self.path == "/cart/add":
            self.in_cart()
        elif self.path == "/pay":
            with self.server.payment:
                time.sleep(settings["payment_s"])
            self.answer(200, "paid")
        elif self.path == "/gift-cards/redeem" and settings["redeem_per_s"]:
            if self.server.token():
                self.transact()
            else:
                self.answer(429, "too many")
        else:
            self.transact()

    def in_cart(self) -> None:
        """Do something under the lock that all carts share."""
        with self.server.cart:
            time.sleep(self.server.settings["cart_s"])
        self.answer(200, "a cart")

    def transact(self) -> None:
        """Hold a connection of the ledger's pool; 503 if none is free in time."""
        settings = self.server.settings
        if not self.queued(settings["wait_s"]):
            self.answer(503, "busy")
            return
        try:
            time.sleep(settings["hold_s"])
        finally:
            self.server.ledger.release()
        self.server.note("redeemed")
        self.answer(200, DONE)

    def queued(self, within_s: float) -> bool:
        """Wait for a connection of the ledger's pool, unless too many do so already."""
        server = self.server
        if server.ledger.acquire(blocking=False):
            return True
        with server.lock:
            full = 0 <= server.settings["queue"] <= server.waiting
            server.waiting += not full
        if full:
            return False
        try:
            return server.ledger.acquire(timeout=within_s)
        finally:
            with server.lock:
                server.waiting -= 1

    def count(self) -> None:
        """Count a request, and whether it lacks the load test's mark."""
        self.server.note("requests")
        if not self.headers.get("X-Load-Test", "").startswith("forepost/"):
            self.server.note("unmarked")

    def answer(self, status: int, body: str, **headers: str) -> None:
        """Send an answer."""
        data = body.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "text/html; charset=utf-8"}.items():
            self.send_header(name.capitalize(), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    toy = Toy({**SETTINGS, **json.loads(sys.argv[1])})
    threading.Thread(target=toy.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{toy.server_port}"}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
