"""What an answer hands to a later request: tokens of forms, links, ids in JSON, headers.

For user files: each function takes an `Answer` and returns the value as it stands there now.
Raises: FlowFailedError("content", …) from all of them, if the answer does not have it.
`until` asks again until an answer has it.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from html import unescape
from json import loads
from typing import Any
from urllib.parse import urljoin, urlsplit

from loadtests.markup import Form, forms, tags
from loadtests.session import Answer, FlowFailedError, Row, Session

_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")
_ADDRESSES = ("href", "action", "formaction", "src", "data-href", "data-url", "data-src")


def hidden(answer: Answer, action: str, nth: int = 0, /, **given: str) -> dict[str, str]:
    """Return the hidden fields of the form that is sent to `action`, csrf tokens among them.

    `action` is a pattern for the path; of several such forms the one whose fields are as
    `given`, and of those the `nth`.
    """
    return dict(_form(answer, action, nth, given).hidden)


def field(
    answer: Answer, action: str, name: str, which: int = 0, nth: int = 0, /, **given: str
) -> str:
    """Return one hidden field of a form, of several of that name the one after `which` others.

    For forms that send a name several times; the form is found as by `hidden`.
    """
    form = _form(answer, action, nth, given)
    values = [value for own, value in form.pairs if own == name]
    if len(values) <= which:
        raise _missing(answer, f"hidden field {name} number {which + 1} in form sent to {action}")
    return values[which]


def link(answer: Answer, pattern: str) -> str:
    """Return the first address on a page (link, form, frame) whose path and query match."""
    for tag in tags(answer.text):
        for name in _ADDRESSES:
            value = tag.attrs.get(name)
            url = onward(answer.url, value) if value else ""
            if url and re.fullmatch(pattern, path_of(url)):
                return url
    raise _missing(answer, f"link to {pattern}")


def attribute(answer: Answer, tag: str, wanted: str, **given: str) -> str:
    """Return an attribute of the first such tag: `attribute(page, "meta", "content", name="csrf")`.

    Underscores in the names of `given` stand for dashes.
    """
    needed = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
    for one in tags(answer.text):
        if one.name == tag and wanted in one.attrs and needed.items() <= one.attrs.items():
            return one.attrs[wanted]
    raise _missing(answer, f"<{tag} {_said(needed)}> with {wanted}")


def text(answer: Answer, **given: str) -> str:
    """Return the text right inside the first tag with these attributes: `data_testid="code"`."""
    needed = {name.rstrip("_").replace("_", "-"): value for name, value in given.items()}
    for one in tags(answer.text):
        if not one.closing and needed.items() <= one.attrs.items():
            return unescape(answer.text[one.end :].partition("<")[0]).strip()
    raise _missing(answer, f"element with {_said(needed)}")


def between(answer: Answer, before: str, after: str) -> str:
    """Return what stands between two texts: for values inside of scripts, their escapes undone."""
    _, found, rest = answer.text.partition(before)
    value, ends, _ = rest.partition(after)
    if not found or not ends:
        raise _missing(answer, f"value after {before!r}")
    value = unescape(value)
    if "\\" in value:  # "\u002B" and "\/" of JSON, "\x2B" of scripts
        with suppress(ValueError):
            return str(loads(f'"{re.sub(_HEX, lambda sign: rf"{chr(92)}u00{sign[1]}", value)}"'))
    return value


def digits(text: str) -> str:
    """Return a number without what groups its digits for people: 1234567 of 1.234.567."""
    return "".join(sign for sign in text if sign.isdigit())


def at(answer: Answer, *path: str | int) -> Any:
    """Return a value of a JSON answer: `at(cart, "items", 0, "id")`."""
    value = answer.json()
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            raise _missing(answer, f"JSON value at {'.'.join(map(str, path))}") from None
    return value


def until(
    session: Session,
    ask: Callable[[], Answer],
    *path: str | int,
    value: str | bool | None = None,
    every_ms: int = 250,
    looks: int = 20,
) -> Answer:
    """Ask until the JSON of the answer has `value` at `path` (None: anything); return the answer.

    Each look is a request of its own; the pauses between them are nobody's response time.
    Raises: FlowFailedError("no change", …) after so many looks; whatever `ask` raises.
    """
    for look in range(max(1, looks)):
        if look:
            session.pause(every_ms / 1000)
        answer = ask()
        if _holds(answer, path, value):
            return answer
    wanted = "something" if value is None else repr(value)
    told = f"{answer.url}: no {wanted} at {'.'.join(map(str, path))} after {looks} looks"
    raise FlowFailedError("no change", told)


def header(answer: Answer, name: str) -> str:
    """Return a header of an answer."""
    value = answer.headers.get(name)
    if not value:
        raise _missing(answer, f"header {name}")
    return str(value)


def address(answer: Answer, pattern: str) -> str:
    """Return the first group of a pattern in the address where the redirects ended."""
    found = re.search(pattern, path_of(answer.url))
    if found is None:
        raise _missing(answer, f"{pattern} in its address")
    return found[1]


def given(row: Row, column: str) -> str:
    """Return a column of the visit's row of test data.

    Raises: FlowFailedError("test data", …) if the campaign gives none.
    """
    if column not in row:
        raise FlowFailedError(
            "test data", f'no column "{column}": give the flow data = "FILE.csv" in the campaign'
        )
    return row[column]


def onward(url: str, address: str) -> str:
    """Return what an address on the page at `url` means; "" for what is none ("http://[shop]")."""
    try:
        found = urljoin(url, address)
        urlsplit(found)
    except ValueError:
        return ""
    return found


def path_of(url: str) -> str:
    """Return path and query of an address."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _form(answer: Answer, action: str, nth: int, given: dict[str, str]) -> Form:
    found = [
        form
        for form in _forms(answer.text)
        if re.fullmatch(action, urlsplit(onward(answer.url, form.action)).path)
        and given.items() <= form.hidden.items()
    ]
    if len(found) <= nth:
        raise _missing(answer, f"form sent to {action}")
    return found[nth]


@lru_cache(maxsize=1)
def _forms(text: str) -> tuple[Form, ...]:
    """Return the forms of a page, which is read once for all fields that are taken from it."""
    return tuple(forms(text))


def _holds(answer: Answer, path: tuple[str | int, ...], value: object) -> bool:
    try:
        got = at(answer, *path)
    except FlowFailedError as missing:
        if missing.kind == "content":
            return False
        raise
    return got is not None if value is None else (type(got), got) == (type(value), value)


def _said(needed: dict[str, str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in needed.items())


def _missing(answer: Answer, what: str) -> FlowFailedError:
    return FlowFailedError("content", f"{answer.url} has no {what}")
