"""Which platform a shop runs on, by the marks that its pages and cookies carry."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

COOKIES = {
    "woocommerce": ("woocommerce_", "wp_woocommerce_"),
    "shopify": ("_shopify_", "cart_currency"),
    "magento": ("mage-", "form_key", "private_content_version"),
    "prestashop": ("PrestaShop-",),
    "shopware": ("sw-", "session-"),
}
# Each names what it saw; one that is alone may stand on a page by chance.
_LOOK = Path(__file__).with_name("marks.js").read_text("utf-8")
ENOUGH = 2
_GENERATOR = 'generator "'


@dataclass(frozen=True, slots=True)
class Marks:
    """What a shop seems to run on, and why one thinks so. Empty: it carries no known mark."""

    platform: str = ""  # the name of a preset
    signs: tuple[str, ...] = ()


def read_marks(page: Page) -> Marks:
    """Look at the page as it stands; a page that does not answer has no marks."""
    try:
        seen: dict[str, list[str]] = page.evaluate(_LOOK)
        cookies = [str(cookie.get("name", "")) for cookie in page.context.cookies()]
    except PlaywrightError:
        return Marks()
    return judge(seen, cookies)


def judge(seen: dict[str, list[str]], cookies: list[str]) -> Marks:
    """Return the platform with the most marks: two, or what the page says of itself."""
    for platform, starts in COOKIES.items():
        named = next((name for name in cookies if name.startswith(starts)), "")
        if named:
            seen.setdefault(platform, []).append(f"cookie {named[:40]}")
    platform, signs = max(seen.items(), key=lambda one: len(one[1]), default=("", []))
    if len(signs) < ENOUGH and not any(sign.startswith(_GENERATOR) for sign in signs):
        return Marks()
    return Marks(platform, tuple(signs))
