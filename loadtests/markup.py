"""The tags of a page, as far as a visitor without a browser needs them: forms, links, texts.

Read with one regular expression: a page of 8 kB takes a tenth of what html.parser takes
(measured), and that time is the load generator's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

_TAG = re.compile(
    r"<!--.*?-->|<(script|style)\b[^>]*>.*?</\1\s*>"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)(?P<attrs>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
_ATTR = re.compile(r"([^\s\"'=/>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_CONTROLS = ("input", "select", "textarea", "button")


@dataclass(frozen=True, slots=True)
class Tag:
    """One opening or closing tag; `end` is where the text after it begins."""

    name: str
    attrs: Mapping[str, str]
    end: int
    closing: bool = False


@dataclass(slots=True)
class Form:
    """One form. `hidden`: the fields that nobody fills in; `shown`: the names of the others."""

    action: str  # as written; empty: the page's own address
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)  # with the kind of control


def tags(text: str) -> Iterator[Tag]:
    """Yield the tags of a page in turn; comments, scripts and styles have none."""
    for found in _TAG.finditer(text):
        name = found["name"]
        if name is not None:
            yield Tag(name.lower(), attrs(found["attrs"]), found.end(), bool(found["close"]))


def attrs(text: str) -> dict[str, str]:
    """Return the attributes of a tag; one without a value is empty."""
    return {
        name.lower(): unescape(quoted or single or bare)
        for name, quoted, single, bare in _ATTR.findall(text)
    }


def forms(text: str) -> list[Form]:
    """Return the forms of a page with their controls."""
    found: list[Form] = []
    inside: Form | None = None
    by_id: dict[str, Form] = {}
    for tag in tags(text):
        if tag.name == "form":
            inside = None
            if not tag.closing:
                method = tag.attrs.get("method", "get").lower()
                inside = Form(tag.attrs.get("action", ""), method)
                found.append(inside)
                by_id[tag.attrs.get("id", "")] = inside
        elif tag.name in _CONTROLS and not tag.closing:
            _add(by_id.get(tag.attrs.get("form") or "-", inside), tag)
    return found


def _add(form: Form | None, tag: Tag) -> None:
    """Put a control into its form."""
    name = tag.attrs.get("name")
    if form is None or not name:
        return
    kind = tag.attrs.get("type", "text" if tag.name == "input" else tag.name).lower()
    if kind == "hidden":
        form.hidden[name] = tag.attrs.get("value", "")
    else:
        form.shown[name] = kind
