"""Looking at a page of a check: its controls, what could stand in for them, a picture."""

from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.checking.found import INSTEAD, NEVER_SEEN, Sighting
from probes.checking.hints import candidates, clean, offers
from probes.controls import CONTROLS, Controls, Kind
from probes.deadline import DeadlinePassed, limit
from probes.scrubbing.masks import MASK
from probes.storefront import CartView, Offer, Totals

PICTURE_S = 4.0
WIDEST, TALLEST = 2_000, 5_000  # pixels of a picture: a page may have no end
SIZE = "() => [document.body.scrollWidth, document.documentElement.scrollHeight]"
MOST = 3  # candidates of a control
# On which stage the controls of a page are looked for.
STAGES = {
    "home": ("any", "listing"),
    "product": ("any", "product"),
    "search": ("any", "listing"),
    "cart": ("any", "cart", "voucher"),
    "checkout": ("login", "address", "delivery"),
    "payment": ("delivery", "payment", "voucher"),
    "address": ("address",),
    "support": ("support",),
}
READ = (Kind.TEXT, Kind.GROUP)  # a sum may stand on any page; what is operated may not
IN_A_LINE = ("line_name", "line_quantity", "line_price", "remove_line")


class Look:
    """What was seen so far, by control; a control that was found once stays found."""

    def __init__(self, page: Page, controls: Controls, folder: Path) -> None:
        self._page = page
        self._controls = controls
        self._folder = folder
        self._seen: dict[str, Sighting] = {}

    def sight(self, stage: str, *, reached: bool = True) -> None:
        """Look for every control that belongs to a stage and was not found before.

        On a page of which it is not known whether it is the stage's, nothing is missed unless
        something of that stage is there.
        """
        wanted = [
            control.name
            for control in CONTROLS.values()
            if control.page in STAGES[stage]
            and control.kind is not Kind.PAGE
            and self._state(control.name) != "found"
        ]
        found = self._find(stage, wanted)
        own = [CONTROLS[name] for name in wanted if found[name]]
        if not reached and all(one.page == "any" or one.kind in READ for one in own):
            return
        offered = offers(self._page) if any(not found[name] for name in wanted) else []
        for name in wanted:
            if found[name]:
                how, text = found[name]
                self._seen[name] = Sighting(name, "found", clean(how), clean(text), stage)
            elif self._controls.none(name):
                self._seen[name] = Sighting(name, "none", "the table says so", page=stage)
            else:
                known = self._seen[name].candidates if name in self._seen else ()
                lines = tuple(dict.fromkeys([*candidates(name, offered), *known]))[:MOST]
                self._seen[name] = Sighting(name, "missing", page=stage, candidates=lines)

    def used(self, stage: str, by: Controls) -> None:
        """Note what the storefront used on its way through pages that it has left already."""
        for name, control in CONTROLS.items():
            how = by.how(name) if control.page in STAGES[stage] else ""
            if how and self._state(name) != "found":
                self._seen[name] = Sighting(name, "found", clean(how), page=stage)

    def read(self, stage: str, told: object) -> None:
        """Note what the storefront itself read off the page: a probe will read the same."""
        for name, value in _values(told).items():
            if value and self._state(name) != "found":
                self._seen[name] = Sighting(name, "found", "read", clean(value), stage)

    def sightings(self) -> list[Sighting]:
        """Return what became of every control, in the order in which a customer meets them."""
        return [
            self._settled(name)
            for name, control in CONTROLS.items()
            if control.page not in NEVER_SEEN and control.kind is not Kind.PAGE
        ]

    def photograph(self, name: str) -> str:
        """Keep a picture of the page, fields masked; return its file name, if there is one."""
        target = self._folder / name
        draft = target.with_name(f".{name}")
        try:
            with limit(PICTURE_S, "photograph"):
                wide, tall = self._page.evaluate(SIZE)
                data = self._page.screenshot(
                    full_page=True,
                    clip={
                        "x": 0,
                        "y": 0,
                        "width": max(1, min(wide, WIDEST)),
                        "height": max(1, min(tall, TALLEST)),
                    },
                    style=MASK,
                    animations="disabled",
                    timeout=PICTURE_S * 1000,
                )
            draft.write_bytes(data)
            draft.replace(target)
        except (PlaywrightError, DeadlinePassed, OSError):
            draft.unlink(missing_ok=True)
            return ""
        return name

    def _find(self, stage: str, wanted: list[str]) -> dict[str, tuple[str, str]]:
        """Return how each control was found, and its text; empty for one that was not.

        What belongs to a line of the cart is looked for inside the first line.
        """
        line = self._controls.find("cart_line") if stage == "cart" else None
        inside = [name for name in wanted if name in IN_A_LINE and line is not None]
        found = self._controls.look(*[name for name in wanted if name not in inside])
        if inside:
            found |= self._controls.look(*inside, within=line)
        return {name: (hits[0].how, hits[0].text) if hits else () for name, hits in found.items()}  # type: ignore[misc]

    def _state(self, name: str) -> str:
        return self._seen[name].state if name in self._seen else ""

    def _settled(self, name: str) -> Sighting:
        """Return the last word on a control: an address in the table stands in for a link."""
        one = self._seen.get(name) or Sighting(name, "unseen", page=CONTROLS[name].page)
        for other in INSTEAD.get(name, ()):
            if one.state != "found" and self._controls.address(other):
                return Sighting(name, "found", f"table: {other}", page=one.page)
        return one


def _values(told: object) -> dict[str, str]:
    """Return the controls that a value of the storefront stands for."""
    if isinstance(told, Offer):
        return {"product_name": told.name, "product_price": _money(told.price_cents)}
    if isinstance(told, CartView) and told.lines:
        line = told.lines[0]
        return {
            "cart_line": line.name,
            "line_name": line.name,
            "line_price": _money(line.price_cents),
            "delivery_terms": told.delivery_terms,
            "cart_total": _money(told.totals.total_cents if told.totals else None),
        }
    if isinstance(told, Totals):
        return {
            "lines_total": _money(told.lines_cents),
            "delivery_price": _money(told.delivery_cents),
            "tax": _money(told.tax_cents),
            "order_total": _money(told.total_cents),
        }
    return {}


def _money(cents: int | None) -> str:
    """Return an amount as the report shows it; empty if there is none."""
    if cents is None:
        return ""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
