"""The named controls of a shop, and by which signs each is known: `names.toml`, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """What a control is to the customer."""

    FIELD = "field"  # something to type in or to select from
    CHOICE = "choice"  # one of several ways: a radio button, or a button for each
    BOX = "box"  # something to tick
    BUTTON = "button"
    LINK = "link"
    TEXT = "text"  # something to read
    GROUP = "group"  # something with parts: a line of the cart, a review
    PAGE = "page"  # an address


@dataclass(frozen=True, slots=True)
class Control:
    """One control: what it is for people, and its signs for the finder."""

    name: str
    says: str
    kind: Kind
    page: str
    needs: frozenset[str] = frozenset()  # the flows that cannot do without it
    autocomplete: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    names: str = ""
    urls: str = ""
    actions: str = ""
    forms: str = ""
    css: str = ""
    links: bool = False  # a choice that may be drawn as a link
    frames: bool = False  # may stand in a frame of its own


def _read() -> Mapping[str, Control]:
    """Read the list that ships with the package."""
    tables = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
    return {name: _control(name, table) for name, table in tables.items()}


def _control(name: str, table: dict[str, object]) -> Control:
    made = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    kind = Kind(str(made.pop("kind")))
    needs = frozenset(made.pop("needs", ()))  # type: ignore[call-overload]
    return Control(**{**made, "name": name, "kind": kind, "needs": needs})


CONTROLS: Mapping[str, Control] = _read()
