"""What could stand in `[shop.controls]` for a control that was not found: the nearest texts."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.controls import CONTROLS, Kind, phrases

SCRIPT = Path(__file__).with_name("hints.js").read_text("utf-8")
MOST = 3
LIKE = 0.6  # below that, two texts have nothing in common
MONEY = ("price", "total", "tax", "discount")  # names of controls that show an amount
_KINDS = {
    Kind.FIELD: ("field",),
    Kind.BOX: ("box",),
    Kind.CHOICE: ("choice", "button"),
    Kind.BUTTON: ("button", "link"),
    Kind.LINK: ("link", "button"),
    Kind.GROUP: ("group",),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """Something on the page that is no known control yet."""

    kind: str  # field, box, choice, button, link, money, group
    text: str
    css: str


def offers(page: Page) -> list[Offer]:
    """Return what the page shows; none if it does not answer."""
    try:
        told = page.evaluate(SCRIPT)
    except PlaywrightError:
        return []
    return [Offer(str(one["kind"]), clean(one["text"]), clean(one["css"])) for one in told]


def candidates(name: str, offered: list[Offer]) -> tuple[str, ...]:
    """Return lines for the table that are worth a try, the nearest first."""
    control = CONTROLS[name]
    if control.kind is Kind.TEXT:
        kinds: tuple[str, ...] = ("money",) if any(word in name for word in MONEY) else ()
    else:
        kinds = _KINDS.get(control.kind, ())
    words = [word for word in phrases(name) if not word.startswith("!")]
    words += [name.replace("_", " ")]
    fits = [(_like(one, words), one) for one in offered if one.kind in kinds]
    near = sorted(fits, key=lambda fit: -fit[0])
    lines = [_line(one) for like, one in near if like >= LIKE or one.kind in ("money", "group")]
    return tuple(dict.fromkeys(line for line in lines if line))[:MOST]


def clean(text: object) -> str:
    """Return a text of the page as a line of ours: what prints, on one line, bounded."""
    seen = "".join(one if one.isprintable() else " " for one in str(text))
    return " ".join(seen.replace("|", " ").split())[:80]


def _like(one: Offer, words: list[str]) -> float:
    """Return how much an offer sounds like a control: from 0 to 1."""
    said = [one.text.casefold(), one.css.casefold().lstrip("#").replace("-", " ")]
    return max(
        SequenceMatcher(None, heard, word.casefold()).ratio() for heard in said for word in words
    )


def _line(one: Offer) -> str:
    """Return the offer in the grammar of the table."""
    if one.kind in ("money", "group"):
        return f"css: {one.css}" if one.css else ""
    stem = {"link": "link", "button": "button"}.get(one.kind, "label")
    return f"{stem}: {one.text}" if one.text else ""
