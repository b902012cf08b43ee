"""Reading what a page says, in one look: the texts come back as they stand, hostile and bounded."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as NotThere

from probes.controls.javascript import script
from probes.controls.names import CONTROLS
from probes.controls.words import phrases

SCRIPT = script("reader.js")
_WORDS = (
    "_free",
    "quantity",
    "remove_line",
    "delivery_terms",
    "support_promise",
    "_consent",
    "gift_balance",
    "renewal_day",
)
_SIGNS = {
    "price": CONTROLS["product_price"].css,
    "quantity": CONTROLS["line_quantity"].names,
    "remove": CONTROLS["remove_line"].names,
    "remove_urls": CONTROLS["remove_line"].urls,
    "alert": CONTROLS["alert"].css,
    "review": CONTROLS["review"].css,
}


def read(place: Any, *what: str, **more: object) -> Mapping[str, Any]:
    """Read parts of a page, a frame or an element; empty while the page is just leaving.

    `what`: sums, product, cards, lines, alerts, reviews, orders, text, path (of `value`), blocks
    (that speak of `block`, at most `length` characters).
    """
    spec = {"what": what, "words": {name: phrases(name) for name in _WORDS}, "signs": _SIGNS}
    try:
        told: Mapping[str, Any] = place.evaluate(SCRIPT, {**spec, **more})
    except NotThere:
        raise
    except PlaywrightError:
        return {}
    return told
