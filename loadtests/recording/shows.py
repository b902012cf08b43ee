"""What an answer must show, or must not tell, for the visit to go on (pure).

A page shows a text that is the same for everybody. After something was sent it is, if there is
one, a text that the page before did not show: many shops answer a refusal with status 200 and
the form again. A call's JSON tells errors beside what it has: GraphQL does so with status 200.
"""

import re
from collections.abc import Iterator

from loadtests.error_lists import ANY, error_lists
from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.spots import json_of
from loadtests.recording.values import Values

# Bounded, so that a page of elements that never end costs no more than its length.
_PLACES = tuple(
    re.compile(
        rf"<(?:{names})\b[^<>]{{0,300}}+>(.{{0,200}}?)</(?:{names})>", re.DOTALL | re.IGNORECASE
    )
    for names in ("h1", "h2|h3", "dt|th|legend")
)
_HEADING = _PLACES[0]
_LEAST, _MOST = 4, 70
_WORD = 3  # shorter settings stand in any text
_WELL = re.compile(
    r'"(?:ok|success|succeeded|accepted|paid|confirmed|valid)"\s*:\s*true\b'
    r'|"(?:status|state|result)"\s*:\s*"(?:ok|success|succeeded|accepted|paid|confirmed|completed?)"'
)
"""How JSON says that a call did what it was sent for; refusals come with status 200 too."""


ERRORS = "errors"
"""The member of GraphQL's answers (and of JSON:API's) that is there if something went wrong.

What a mutation hands back has others whose names end so: `userErrors`, `checkoutErrors`.
"""


def shows(index: int, values: Values) -> str:
    """Return a text of the page of an exchange; empty where no stable one is found.

    Raw as it stands in the page, since that is what a session compares it with. What has a
    figure, an address or something that was typed in it belongs to one visit only.
    """
    one = values.exchanges[index]
    if not one.document:
        said = _WELL.search(one.text) if one.method != "GET" else None
        return said[0] if said else ""
    if _of_setting(one, values):
        return ""
    before, heading = _page_before(index, values), _heading(one, values)
    if one.method == "GET" or before is None or (heading and heading not in before.text):
        return heading
    new = (text for text in _texts(one, values) if text not in before.text)
    return next(new, heading)


def lacks(one: Exchange) -> tuple[str, ...] | None:
    """Return the paths of the errors that the walk was told by a call: all others must be empty.

    None for what is no call, or was not answered with JSON: that cannot tell any.
    """
    bodies = [json_of(one, text) for text in (*(text for _, text in one.earlier), one.text)]
    if one.document or not isinstance(bodies[-1], (dict, list)):
        return None
    told = (path for body in bodies for path, _ in error_lists(body, ERRORS))
    return tuple(dict.fromkeys(".".join(map(_same, path)) for path in told))


def _same(part: str) -> str:
    """Return a part of a path as it is in every visit; an id is another one each time."""
    return ANY if looks.has_digit(part) or looks.random(part) or "." in part else part


def _of_setting(one: Exchange, values: Values) -> bool:
    """Whether the page is that of a setting: another product has another heading."""
    own = [str(told) for told in values.about.settings.values() if len(str(told)) > _WORD]
    return any(told in one.url or told in one.seen_url for told in own)


def _page_before(index: int, values: Values) -> Exchange | None:
    pages = (values.exchanges[at] for at in range(index - 1, -1, -1))
    return next((page for page in pages if page.document), None)


def _texts(one: Exchange, values: Values) -> Iterator[str]:
    """Yield the stable texts of a page, headings first."""
    for place in _PLACES:
        for found in place.finditer(one.text):
            for text in re.split(r"<[^>]*>|[\r\n]+", found[1]):
                if _stable(text.strip(), values):
                    yield text.strip()


def _heading(one: Exchange, values: Values) -> str:
    """Return the heading; with its tags if other pages have the same words elsewhere."""
    found = _HEADING.search(one.text)
    said = found[1].strip() if found else ""
    if found is None or not _stable(said, values) or "<" in said:
        return ""
    others = [page for page in values.exchanges if page.document and said in page.text]
    alone = all((head := _HEADING.search(page.text)) and said in head[1] for page in others)
    return said if alone else found[0] if len(found[0]) <= _MOST else ""


def _stable(text: str, values: Values) -> bool:
    typed = [str(field.default) for field in values.fields.values() if field.default]
    own = any(told in text for told in typed if len(told) > _WORD)
    whole = _LEAST <= len(text) <= _MOST and text.isprintable()
    return whole and not own and not looks.has_digit(text) and not looks.emails(text)
