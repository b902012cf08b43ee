"""What was waited for, and what stands on the page instead: the five nearest controls.

    no get_by_role("button", name="Pay now"); nearest: button "Pay", button "Buy"

What the page says of itself is hostile text: bounded, on one line, and masked.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

from probes.deadline import DeadlinePassed, limit
from probes.verdict import one_line, waited_for

MOST = 5
LIMIT_S = 1.0
CONTROLS = 400  # of one document
DOCUMENTS = 6  # the page and its first iframes
ALIKE = 0.6  # of two names; a control of another kind counts only from here on
INSIDE = 0.85  # one name within the other: "Pay" in "Pay now"
NAME_LENGTH = 60
TAG_LENGTH = 300
Clean = Callable[[str], str]
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
_CALL = re.compile(r"(get_by_\w+|locator)\((.*?)\)(?=[.\s]|$)")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")
_FIELDS = frozenset({"textbox", "searchbox", "combobox", "spinbutton", "checkbox", "radio"})
_LISTED = frozenset({"button", "link"}) | _FIELDS
_KINDS: Mapping[str, frozenset[str]] = {
    "get_by_label": _FIELDS,
    "get_by_placeholder": _FIELDS,
    "get_by_alt_text": frozenset({"img"}),
}


@dataclass(frozen=True, slots=True)
class Control:
    """One control of the page, as a customer would name it."""

    role: str
    name: str
    id: str = ""  # its test id, id or name: what a selector might have meant
    placeholder: str = ""
    visible: bool = True
    enabled: bool = True
    html: str = ""  # its opening tag

    def say(self) -> str:
        """Return `button "Pay" (disabled)`."""
        state = "" if self.enabled else " (disabled)"
        state = state if self.visible else " (hidden)"
        return f'{self.role} "{self.name or self.placeholder or self.id}"{state}'


@dataclass(frozen=True, slots=True)
class Wish:
    """What a flow waited for: its own words, the kind of control, its name."""

    said: str
    roles: frozenset[str] = frozenset()  # none: of any kind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A control that was not found, and those that are nearest to it."""

    wanted: str
    controls: tuple[Control, ...]

    def say(self) -> str:
        """Return the line for people."""
        listed = ", ".join(control.say() for control in self.controls)
        return f"no {self.wanted}; nearest: {listed or 'nothing of its kind on the page'}"


def nearest_to(error: BaseException, page: Page, clean: Clean) -> Nearest | None:
    """Return what stands on the page beside what an error waited for, within a second.

    `clean` masks what the page says before it is cut: half a secret is known by no mask.
    None if the error waited for no control, or the page does not answer.
    """
    wish = wish_of(waited_for(error))
    if wish is None:
        return None
    try:
        with limit(LIMIT_S, "candidates"):
            return Nearest(
                wish.said, tuple(shown(one, clean) for one in rank(wish, controls_of(page)))
            )
    except (PlaywrightError, DeadlinePassed):
        return None


def wish_of(said: str) -> Wish | None:
    """Return what a locator asks for: `get_by_role("button", name="Pay now")`; None if nothing."""
    calls = _CALL.findall(said)
    if not calls:
        return None
    verb, arguments = next((call for call in reversed(calls) if call[0] != "locator"), calls[-1])
    texts = [first or second for first, second in _QUOTED.findall(arguments)]
    if verb == "get_by_role":
        role, name = [*texts, "", ""][:2]
        return Wish(said, frozenset({role}), name)
    name = texts[0] if texts else ""
    if verb == "locator":
        name = " ".join(re.findall(r"[A-Za-z]+", name))
    return Wish(said, _KINDS.get(verb, frozenset()), name)


def controls_of(page: Page) -> list[Control]:
    """Return the controls of a page and its first iframes.

    Raises: PlaywrightError if the page is gone.
    """
    found: list[Control] = []
    for number, frame in enumerate(page.frames[:DOCUMENTS]):
        try:
            listed = frame.evaluate(_SCRIPT, CONTROLS)
        except PlaywrightError:
            if number == 0:
                raise
            continue  # an iframe that is going elsewhere
        found += [control for item in listed if (control := _control(item)) is not None]
    return found


def rank(wish: Wish, controls: Sequence[Control], most: int = MOST) -> list[Control]:
    """Return the nearest controls, the best first: those of the same kind, by name.

    One of another kind is named only if its name is alike; each line once.
    """
    scored = []
    for place, control in enumerate(controls):
        same = not wish.roles or control.role in wish.roles
        alike = likeness(wish.name, control)
        shown = control.role in _LISTED or control.role in wish.roles or alike >= ALIKE
        if shown and (alike >= ALIKE or (same and wish.roles)):
            scored.append((not same, not control.visible, -alike, place, control))
    best: dict[str, Control] = {}
    for *_, control in sorted(scored, key=lambda row: row[:4]):
        best.setdefault(control.say(), control)
    return list(best.values())[:most]


def likeness(name: str, control: Control) -> float:
    """Return how near a control's words are to a name: 0 (nothing) to 1 (the same)."""
    return max(
        (_alike(name, words) for words in (control.name, control.id, control.placeholder) if words),
        default=0.0,
    )


def _alike(first: str, second: str) -> float:
    first, second = first.casefold(), second.casefold()
    if not first:
        return 0.0
    inside = INSIDE if first in second or second in first else 0.0
    return max(SequenceMatcher(None, first, second).ratio(), inside)


def shown(control: Control, clean: Clean) -> Control:
    """Return a control as it is kept: masked, and only then cut."""
    return replace(
        control,
        name=clean(control.name)[:NAME_LENGTH],
        id=clean(control.id)[:NAME_LENGTH],
        placeholder=clean(control.placeholder)[:NAME_LENGTH],
        html=clean(control.html)[:TAG_LENGTH],
    )


def _control(item: Any) -> Control | None:
    """Read what the page said of one control: candidates.js has cut it, longer than it is kept."""
    if not isinstance(item, Mapping) or not item.get("role"):
        return None
    texts = {
        key: one_line(str(item[key])) if item.get(key) else ""
        for key in ("role", "name", "id", "placeholder")
    }
    return Control(
        **texts,
        visible=item.get("visible") is True,
        enabled=item.get("enabled") is True,
        html=str(item.get("html", "")),
    )
