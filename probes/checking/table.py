"""The table that a check writes: what stands in config.toml to watch this shop, to complete."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

from probes.checking.found import Checked, Sighting, needs
from probes.controls import CONTROLS, Kind

FILE = "controls.toml"
FALLBACK = {  # what a line looks like where the page offers nothing near
    Kind.FIELD: "label: …",
    Kind.BOX: "label: …",
    Kind.CHOICE: "label: …",
    Kind.BUTTON: "button: …",
    Kind.LINK: "link: …",
    Kind.TEXT: "css: …",
    Kind.GROUP: "css: …",
}
_COMMENT: dict[str, Any] = {"initial_indent": "# ", "subsequent_indent": "# "}
HEAD = """\
# Written by `forepost storefront check {url}` on {at:%Y-%m-%d %H:%M} UTC.
# What is not named here is found without a line. How to write one: docs/own-shop.md
"""
WAITS = """\
# Lines that begin with # wait for you: take the # away from one of each control, correct it, and
# check again.
"""


def write_table(checked: Checked, table: dict[str, str], at: datetime) -> Path:
    """Write the table beside the pictures, whole or not at all; return its path.

    `table`: the lines that config.toml has already.
    """
    target = checked.folder / FILE
    draft = target.with_name(f".{FILE}")
    draft.write_text("\n".join(lines(checked, table, at)) + "\n", "utf-8")
    draft.replace(target)
    return target


def lines(checked: Checked, table: dict[str, str], at: datetime) -> Iterator[str]:
    """Yield the lines of the file: good TOML as it is, a whole config for this shop."""
    yield HEAD.format(url=checked.url, at=at) + (WAITS if checked.missing else "")
    yield from shop_lines(checked)
    yield ""
    yield "[shop.controls]"
    yield from (f"{name} = {_text(line)}" for name, line in table.items())
    for one in checked.missing:
        if one.name not in table:
            yield from _wanted(one)
    rest = [one.name for one in checked.sightings if one.state == "missing" and not needs(one.name)]
    if rest:
        yield from wrap(f"Not seen, and not needed for that: {', '.join(rest)}", 98, **_COMMENT)
    yield ""
    yield from flow_lines(checked)


def shop_lines(checked: Checked) -> Iterator[str]:
    """Yield the table [shop]."""
    yield "[shop]"
    yield f"url = {_text(checked.url)}"
    yield 'storefront = "generic"'
    if checked.preset:
        yield f"preset = {_text(checked.preset)}"
    yield 'environment = "stop_before_pay"    # nothing is bought'


def flow_lines(checked: Checked) -> Iterator[str]:
    """Yield the tables of the two flows, with the product that the check found."""
    if not checked.product:
        return
    yield "[flows.browse]"
    yield f"product = {_text(checked.product)}"
    if checked.words:
        yield f"search = {_text(checked.words)}"
    yield ""
    yield "[flows.checkout]"
    yield f"product = {_text(checked.product)}"


def _wanted(one: Sighting) -> Iterator[str]:
    """Yield what is said of a control that was not found, and lines to choose from."""
    control = CONTROLS[one.name]
    by = ", ".join(needs(one.name))
    yield f"# {one.name}: {control.says}" + (f"; needed by {by}" if by else "")
    for line in one.candidates or (FALLBACK.get(control.kind, "css: …"),):
        yield f"# {one.name} = {_text(line)}"


def _text(value: str) -> str:
    """Return a text as TOML writes it (a JSON string is one)."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")
