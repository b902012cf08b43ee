"""A page whose times are known: what a page-load measurement is compared with.

It belongs to no shop: no session, no faults, nothing but what the address asks for.
"""

from time import monotonic, sleep

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from demoshop.services import services

pages = Blueprint("reference", __name__, url_prefix="/reference")

# Query parameters and the most that each may be; a delay in milliseconds, `cls` in thousandths.
MOST = {"ttfb": 30_000, "css": 30_000, "lcp": 30_000, "task": 5_000, "inp": 5_000, "cls": 1_000}
STYLE = """\
html { font: 16px/1.4 "DejaVu Sans", sans-serif; }
body { margin: 0; }
#block { height: 200vh; background: #dfe8e2; }
#block p { margin: 0; padding: 8px; }
#largest { display: block; width: 80vw; height: 60vh; object-fit: cover; }
"""


class WrongError(ValueError):
    """A parameter that the page cannot keep; one line for who asked."""


@pages.errorhandler(WrongError)
def wrong(error: WrongError) -> ResponseReturnValue:
    """Say what is wrong: a time that is not kept would be taken for a true one."""
    return Response(f"reference page: {error}\n", 400, mimetype="text/plain")


@pages.get("")
def reference() -> ResponseReturnValue:
    """The page; its first byte comes `ttfb` after the request."""
    begun = monotonic()
    asked = {name: _whole(name) for name in MOST}
    unknown = sorted(set(request.args) - set(MOST))
    if unknown:
        raise WrongError(f"no parameter {unknown[0][:40]!r}; there is: {', '.join(MOST)}")
    html = render_template("reference.html", asked=asked, truth=truth(asked))
    return _late(begun, asked["ttfb"], Response(html, mimetype="text/html"))


@pages.get("/style.css")
def style() -> ResponseReturnValue:
    """The stylesheet that holds up the first paint; its first byte comes `css` late."""
    return _late(monotonic(), _whole("css"), Response(STYLE, mimetype="text/css"))


@pages.get("/largest.jpg")
def largest() -> ResponseReturnValue:
    """The largest picture of the page; its first byte comes `lcp` late."""
    begun = monotonic()
    picture = services().pictures.jpeg("mug-birch-thumb") or b""
    return _late(begun, _whole("lcp"), Response(picture, mimetype="image/jpeg"))


def truth(asked: dict[str, int]) -> dict[str, float]:
    """Return what a right measurement finds: no less, and more only by what a machine takes.

    Units: milliseconds since the navigation began; `cls` as defined, without unit; `tbt_ms`
    is what a task lasts beyond 50 ms; `inp_ms` counts from the press to the next frame.
    """
    painted = asked["ttfb"] + asked["css"]
    shown = max(painted, asked["ttfb"] + asked["lcp"])
    return {
        "ttfb_ms": asked["ttfb"],
        "fcp_ms": painted,
        "lcp_ms": shown,
        "load_ms": shown,
        "cls": asked["cls"] / 1000,
        "tbt_ms": max(0, asked["task"] - 50),
        "inp_ms": asked["inp"],
    }


def _late(begun: float, wait_ms: int, answer: Response) -> Response:
    """Hold an answer back until `wait_ms` after the request came."""
    answer.headers["Cache-Control"] = "no-store"
    sleep(max(0.0, begun + wait_ms / 1000 - monotonic()))
    return answer


def _whole(name: str) -> int:
    value = request.args.get(name, "0")
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 7 else -1  # noqa: PLR2004 - more digits than any limit has
    if not 0 <= number <= MOST[name]:
        raise WrongError(f"{name}: {value[:40]!r}; a whole number from 0 to {MOST[name]}")
    return number
