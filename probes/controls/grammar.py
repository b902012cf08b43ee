"""What may stand in `[shop.controls]`: one line a control, in the shop's language.

to_checkout = "link: Zur Kasse"             # by what people read on it
email = "label: E-Mail | placeholder: Mail" # the first alternative that is there
place_order = "css: #place_order"
phone = "none"                              # this shop has none: it is not looked for
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from forepost.errors import ProbeError
from probes.controls.names import CONTROLS, Kind

NONE = "none"
ROLES = ("button", "link", "textbox", "checkbox", "radio", "combobox", "heading", "group")
WAYS = (*ROLES, "label", "placeholder", "text", "test-id", "title", "css", "url")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find a control: `button: Zur Kasse`."""

    by: str
    value: str

    def __str__(self) -> str:
        return f"{self.by}: {self.value}"


def read_ways(name: str, text: str) -> tuple[Way, ...]:
    """Return the alternatives that a line of the table names; none for "none".

    Raises: ProbeError, one line with the control, the value and the remedy.
    """
    problem = _problem(name, text)
    if problem:
        raise ProbeError(f"[shop.controls] {name} = {_shown(text)}: {problem}")
    return tuple(_ways(text))


def check_table(table: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return what is wrong with a table: (name of the control, problem and remedy)."""
    faults = []
    for name, text in table.items():
        problem = _unknown(name) or _problem(name, text)
        if problem:
            faults.append((str(name), problem))
    return faults


def see_table(table: Mapping[str, object]) -> None:
    """See that every line of `[shop.controls]` names a control and a way to it.

    Raises: ProbeError, a line for each that does not.
    """
    faults = check_table(table)
    if faults:
        raise ProbeError("\n".join(f"[shop.controls] {name}: {fault}" for name, fault in faults))


def _unknown(name: str) -> str:
    """Say which control was probably meant; empty if there is one of that name."""
    if name in CONTROLS:
        return ""
    close = get_close_matches(name, CONTROLS, n=1)
    remedy = f"did you mean {close[0]}?" if close else 'the names: "forepost storefront check URL"'
    return f"no such control; {remedy}"


def _problem(name: str, text: object) -> str:
    """Say what is wrong with a line; empty if nothing is."""
    if not isinstance(text, str) or not text.strip():
        return f'a control is written as text, e.g. "{_example(name)}", or "{NONE}"'
    if len(text) > _LONGEST:
        return f"longer than {_LONGEST} characters"
    if text.strip() == NONE:
        return ""
    return next(filter(None, (_bad_way(name, part) for part in _parts(text))), "")


def _bad_way(name: str, part: str) -> str:
    """Say what is wrong with one alternative; empty if nothing is."""
    by, colon, value = (piece.strip() for piece in part.partition(":"))
    if not colon or by not in WAYS:
        what = f'"{part[:40]}" is no way to find it; write "{_example(name)}"'
        return f"{what}, or one of: {', '.join(WAYS)}"
    if not value:
        return f'nothing stands behind "{by}:"'
    page = name in CONTROLS and CONTROLS[name].kind is Kind.PAGE
    if (by == "url") != page:
        return 'a page is written as its address: "url: /cart"' if page else _no_address(name)
    return ""


def _no_address(name: str) -> str:
    return f'only the pages take an address; write "{_example(name)}"'


def _example(name: str) -> str:
    kind = CONTROLS[name].kind if name in CONTROLS else Kind.BUTTON
    return {
        Kind.FIELD: "label: What stands beside it",
        Kind.CHOICE: "label: What stands beside it",
        Kind.BOX: "label: What stands beside it",
        Kind.LINK: "link: What stands on it",
        Kind.TEXT: "css: .its-class",
        Kind.GROUP: "css: .its-class",
        Kind.PAGE: "url: /its/path",
    }.get(kind, "button: What stands on it")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(" | ")]


def _ways(text: str) -> Iterator[Way]:
    if text.strip() == NONE:
        return
    for part in _parts(text):
        by, _, value = part.partition(":")
        yield Way(by.strip(), value.strip())


def _shown(text: object) -> str:
    """Return a value for a message, bounded and on one line."""
    return f'"{" ".join(str(text).split())[:80]}"'
