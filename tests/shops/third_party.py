"""A shop whose every page asks three strangers: one refuses, one hangs, one answers 500.

Its pages ask their own server too, without end: they are never still.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, Response

from tests.shops.plain import PlainShop
from tests.shops.shop import Shop, opened, serving

HEAD = """<script async src="{hangs}/tag.js"></script>
<script async src="{refuses}/ads.js"></script>
<link rel="stylesheet" href="{fails}/fonts.css">"""
FOOT = """<img src="{hangs}/pixel.png" alt=""><img src="{refuses}/pixel.png" alt="">
<script>fetch("{fails}/track", {{method: "POST"}}).catch(() => console.error("no tracking"));
console.error("third party said no");
setInterval(() => fetch("/alive").catch(() => 0), 30);</script>"""


class ThirdPartyShop(PlainShop):
    """Works without its third parties; `load` of its pages comes late or never."""

    def __init__(self, hosts: dict[str, str], broken: str = "") -> None:
        super().__init__(broken)
        self.hosts = hosts

    def head(self) -> str:
        """Ask for scripts and styles."""
        return HEAD.format_map(self.hosts)

    def foot(self) -> str:
        """Ask for pictures, and be loud about it."""
        return FOOT.format_map(self.hosts)


@contextmanager
def strangers() -> Iterator[dict[str, str]]:
    """Open the three: `localhost` is another site than the shop's `127.0.0.1`."""
    failing = Flask("stranger")

    @failing.route("/<path:path>", methods=["GET", "POST", "OPTIONS"])
    def fail(path: str) -> Response:
        return Response(f"no {path} today", 500)

    with socket.socket() as refusing, socket.socket() as hanging, serving(failing) as fails:
        refusing.bind(("127.0.0.1", 0))  # held, never listened on: connections are refused
        hanging.bind(("127.0.0.1", 0))
        hanging.listen(256)  # connects, and nobody ever answers
        yield {
            "refuses": f"http://localhost:{refusing.getsockname()[1]}",
            "hangs": f"http://localhost:{hanging.getsockname()[1]}",
            "fails": fails.replace("127.0.0.1", "localhost"),
        }


@contextmanager
def serve(*, broken: str = "") -> Iterator[Shop]:
    """Serve the shop for as long as the block lasts."""
    with strangers() as hosts, opened(ThirdPartyShop(hosts, broken)) as shop:
        yield shop
