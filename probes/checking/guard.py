"""A guard in the page: during a check nothing is clicked or sent that looks like buying.

The second lock on the door: the walk itself never goes for such a button. Only pages of a
checkout are guarded; on a product's page "Buy" may well mean the cart.
"""

import json
import unicodedata
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.controls import phrases

SCRIPT = Path(__file__).with_name("guard.js").read_text("utf-8")


def guard(page: Page) -> None:
    """Put the guard into every page from now on, and into the one that stands."""
    script = f"({SCRIPT.rstrip()})({json.dumps(_words())})"
    page.context.add_init_script(script)
    try:
        page.evaluate(script)
    except PlaywrightError:
        return  # the page is just leaving: the next one has it


def kept_from(page: Page) -> str:
    """Return what the guard kept from being clicked on this page; empty: nothing."""
    try:
        return str(page.evaluate("() => window.__forepost_kept_from || ''"))
    except PlaywrightError:
        return ""


def _words() -> list[str]:
    """Return what stands on buttons that buy, in all languages, as the page compares it."""
    found = []
    for phrase in phrases("place_order"):
        if not phrase.startswith("!"):
            plain = unicodedata.normalize("NFKD", phrase.replace("ß", "ss"))
            found.append("".join(one for one in plain if not unicodedata.combining(one)))
    return found
