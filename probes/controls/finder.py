"""Finding a control: what the table says, else by web standards, in one look at the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame, Locator, Page
from playwright.sync_api import TimeoutError as NotThere

from forepost.errors import ProbeError
from probes.controls import texts
from probes.controls.grammar import NONE, Way, read_ways, see_table
from probes.controls.javascript import script
from probes.controls.names import CONTROLS, Control, Kind
from probes.controls.words import phrases
from probes.deadline import left_s

SCRIPT = script("finder.js")
WAIT_S = 15.0
LOOK_MS = 250  # how long one look waits inside the page
CLOSE_TO_END_S = 0.4  # so that a wait names what it waited for before the step's alarm rings
FRAMES = 12  # of a page that are looked into
_STEM = {Kind.FIELD: "label", Kind.BOX: "label", Kind.CHOICE: "label", Kind.LINK: "link"}


@dataclass(frozen=True, slots=True)
class Found:
    """One control on the page. Texts are the page's own: hostile, bounded."""

    name: str
    locator: Locator
    how: str  # by which sign: 'autocomplete="email"', "table: label: E-Mail"
    text: str = ""
    kind: str = ""  # what it really is: a link may be drawn as a button
    tag: str = ""
    type: str = ""
    value: str = ""
    checked: bool = False
    required: bool = False
    url: str = ""  # path of the address behind a link or a form
    score: int = 0
    path: str = ""  # where it stands: two controls with one path are one element
    at: int = 0  # its place among the page's controls
    modal: bool = False  # in a window over the page
    covered: bool = False  # by something that lies over it


class Controls:
    """The controls of the page as it stands; nothing is remembered but how each was found.

    `table` is the shop's own word: what its lines do not find is not there. `preset` is a
    platform's, for one version of one theme: what its lines do not find, standards may.
    Raises: ProbeError, a line for each fault of the tables.
    """

    def __init__(
        self, page: Page, table: Mapping[str, str], preset: Mapping[str, str] | None = None
    ) -> None:
        own, table = table, {**(preset or {}), **table}
        see_table(table)
        self.page = page
        self._table = {name: read_ways(name, text) for name, text in table.items()}
        # A line that says "none" is a word too, whoever wrote it.
        self._stale = {name for name, ways in self._table.items() if ways and name not in own}
        self._how: dict[str, str] = {}

    def find(self, name: str, within: Locator | None = None) -> Locator | None:
        """Return the control if the page shows it now; None if it does not."""
        found = self.look(name, within=within)[name]
        return found[0].locator if found else None

    def need(self, name: str, within: Locator | None = None, wait_s: float = WAIT_S) -> Locator:
        """Wait for the control and return it.

        Raises: TimeoutError of Playwright that names the control and the line to write.
        """
        return self.await_any(name, within=within, wait_s=wait_s)[0].locator

    def await_any(
        self, *names: str, within: Locator | None = None, wait_s: float = WAIT_S
    ) -> list[Found]:
        """Wait for one of some controls; all that are there then, those of earlier names first.

        Raises: TimeoutError of Playwright that names the first of them.
        """
        end = monotonic() + min(wait_s, left_s() - CLOSE_TO_END_S)
        while True:
            rest_ms = int(max(0.0, end - monotonic()) * 1000)
            found = self.look(*names, within=within, wait_ms=min(LOOK_MS, rest_ms))
            there = [one for name in names for one in found[name]]
            if there:
                return there
            if not rest_ms:
                raise NotThere(missing(names[0], self.page.url))

    def apart(self, *names: str, within: Locator | None = None) -> dict[str, list[Found]]:
        """Look for many controls at once; an element is only what it fits best."""
        made = self.look(*names, within=within)
        best: dict[tuple[str, str], Found] = {}
        for found in (one for some in made.values() for one in some if one.path):
            place = (found.locator.page.url, repr(found.locator))
            if place not in best or found.score > best[place].score:
                best[place] = found
        mine = {id(found) for found in best.values()}
        return {
            name: [one for one in some if not one.path or id(one) in mine]
            for name, some in made.items()
        }

    def how(self, name: str) -> str:
        """Return by which sign a control was found last; empty if it was not."""
        return self._how.get(name, "")

    def none(self, name: str) -> bool:
        """Whether the table says that this shop has no such control."""
        return self._table.get(name) == ()

    def address(self, name: str, **parts: str) -> str:
        """Return the address that the table gives for a page; empty if it gives none."""
        for way in self._table.get(name, ()):
            value = way.value
            for key, part in parts.items():
                value = value.replace("{" + key + "}", part)
            return value
        return ""

    def look(
        self, *names: str, within: Locator | None = None, wait_ms: int = 0
    ) -> dict[str, list[Found]]:
        """Look for many controls at once; all that fit of each, the best first."""
        made: dict[str, list[Found]] = {name: self._by_table(name, within) for name in names}
        asked = [name for name in names if self._open(name, made[name])]
        read = [name for name in asked if CONTROLS[name].kind in (Kind.TEXT, Kind.GROUP)]
        for name in read:
            made[name] = self._by_text(name, within)
        rest = [name for name in asked if name not in read and CONTROLS[name].kind is not Kind.PAGE]
        settled = any(made.values())
        if rest:
            made.update(self._by_signs(rest, within, 0 if settled else wait_ms))
        for name, found in made.items():
            if found:
                self._how[name] = found[0].how
        return made

    def _open(self, name: str, found: list[Found]) -> bool:
        """Whether standards are asked: the tables have no word on it, or a stale one."""
        return name not in self._table or (name in self._stale and not found)

    def _by_signs(
        self, names: Sequence[str], within: Locator | None, wait_ms: int
    ) -> dict[str, list[Found]]:
        """Look by web standards, in the page first, then in its frames where that may be."""
        place: Locator | Page | Frame = within if within is not None else self.page
        framed = [name for name in names if CONTROLS[name].frames]
        frames = self.frames() if within is None and framed else []
        made = _ask(place, names, LOOK_MS // 5 if frames else wait_ms)
        for frame in frames:
            lacking = [name for name in framed if not made[name]]
            if not lacking:
                break
            made.update(_ask(frame, lacking, 0))
        return made

    def in_frame(self, frame: Frame, name: str) -> list[Found]:
        """Look for one control in one frame, also one that is not known to stand in frames."""
        return _ask(frame, [name], 0)[name]

    def frames(self) -> list[Frame]:
        """Return the frames inside the page, at most a dozen."""
        return [frame for frame in self.page.frames if frame != self.page.main_frame][:FRAMES]

    def _by_text(self, name: str, within: Locator | None) -> list[Found]:
        place = within if within is not None else self.page
        return [
            Found(name, place.locator(hit.path), hit.how, hit.text, kind="text")
            for hit in texts.find(place, CONTROLS[name])
        ]

    def _by_table(self, name: str, within: Locator | None) -> list[Found]:
        """Return what the table's line finds; the first alternative that is there counts."""
        for way in self._table.get(name, ()):
            if way.by == "url":
                continue
            places: list[Any] = [within] if within is not None else [self.page, *self.frames()]
            for place in places:
                hits = self._shown(name, way, place)
                if hits:
                    return hits
        return []

    def _shown(self, name: str, way: Way, place: Any) -> list[Found]:
        locator = locate(place, way).filter(visible=True)
        try:
            count = locator.count()
        except PlaywrightError as error:
            if "selector" in str(error):
                raise ProbeError(
                    f'[shop.controls] {name} = "{way}": the browser cannot read this selector'
                ) from error
            return []
        return [_told(name, way, locator.nth(at)) for at in range(min(count, 40))]


def locate(place: Any, way: Way) -> Locator:
    """Return what a line of the table means, on a page, in a frame or in an element."""
    by, value = way.by, way.value
    if by == "css":
        return place.locator(f"css={value}")  # type: ignore[no-any-return]
    plain = {
        "label": "get_by_label",
        "placeholder": "get_by_placeholder",
        "text": "get_by_text",
        "test-id": "get_by_test_id",
        "title": "get_by_title",
    }
    if by in plain:
        return getattr(place, plain[by])(value)  # type: ignore[no-any-return]
    return place.get_by_role(by, name=value)  # type: ignore[no-any-return]


def missing(name: str, url: str = "") -> str:
    """Return the text of a timeout that says which control is missing and what to write."""
    control = CONTROLS[name]
    stem = _STEM.get(control.kind, "css" if control.kind in (Kind.TEXT, Kind.GROUP) else "button")
    line = f'{name} = "{stem}: …"'
    place = f" on {url.partition('?')[0][:80]}" if url else ""
    return (
        f"Timeout exceeded.\nCall log:\n  - waiting for {name}{place}: {control.says}; "
        f"if there is one, write in [shop.controls] {line}"
    )


def _ask(place: Any, names: Sequence[str], wait_ms: int) -> dict[str, list[Found]]:
    """Run the finder in a page, a frame or an element; a page that is just leaving has nothing."""
    spec = {"controls": [_spec(CONTROLS[name]) for name in names], "wait_ms": wait_ms, "any": True}
    try:
        told = place.evaluate(SCRIPT, spec)
    except NotThere:
        raise
    except PlaywrightError:
        return {name: [] for name in names}
    return {name: [_found(name, place, one) for one in told[name]] for name in names}


def _found(name: str, place: Any, told: Mapping[str, Any]) -> Found:
    return Found(name, place.locator(told["path"]), **told)


def _told(name: str, way: Way, locator: Locator) -> Found:
    """Say of a control that the table named what the finder would have said."""
    script = """el => ({tag: el.tagName.toLowerCase(), type: el.getAttribute('type') || '',
        text: (el.innerText || el.getAttribute('aria-label') || '').slice(0, 160),
        value: String(el.value ?? '').slice(0, 160), checked: Boolean(el.checked),
        url: el.getAttribute('href') || ''})"""
    try:
        told = locator.evaluate(script, timeout=1_000)
    except PlaywrightError:
        told = {}
    return Found(name, locator, f"table: {way}", kind=CONTROLS[name].kind.value, score=200, **told)


def _spec(control: Control) -> dict[str, Any]:
    return {
        "name": control.name,
        "kind": control.kind.value,
        "page": control.page,
        "autocomplete": control.autocomplete,
        "types": control.types,
        "names": control.names,
        "urls": control.urls,
        "actions": control.actions,
        "forms": control.forms,
        "links": control.links,
        "words": phrases(control.name),
    }


__all__ = ["NONE", "Controls", "Found", "locate", "missing"]
