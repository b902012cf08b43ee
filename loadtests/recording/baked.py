"""Cookies that a page's script set, where a visit needs them: no answer will set them (pure).

A script that made a token up tells it twice, as a cookie and beside it; another one keeps in a
cookie what a call has handed over. What only remembers a banner or counts visitors is left out.
"""

import json
from collections.abc import Collection, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote, urlsplit

from loadtests.recording import looks
from loadtests.recording.bodies import Pairs
from loadtests.recording.har import Exchange


def baked(exchanges: Sequence[Exchange], answered: Collection[tuple[str, str]]) -> list[Pairs]:
    """Return, for each exchange, the cookies that its page had set by itself just before.

    `answered`: name and value of all cookies that any answer of the walk has set.
    """
    seen = set(answered)
    found: list[Pairs] = []
    for index, one in enumerate(exchanges):
        new = [cookie for cookie in _sent(one) if cookie not in seen]
        seen.update(new)
        found.append(tuple(cookie for cookie in new if _needed(cookie[1], exchanges, index)))
    return found


def _sent(one: Exchange) -> Pairs:
    jar = SimpleCookie()
    try:
        jar.load(one.headers.get("cookie", ""))
    except CookieError:
        return ()
    return tuple((name, morsel.value) for name, morsel in jar.items())


def _needed(value: str, exchanges: Sequence[Exchange], index: int) -> bool:
    """Whether a value came out of an earlier answer, or is sent elsewhere too."""
    plain = unquote(value)
    if not looks.mixed(plain):
        return False
    host = urlsplit(exchanges[index].url).netloc
    if any(plain in one.text for one in exchanges[:index] if urlsplit(one.url).netloc == host):
        return True
    return any(plain in _told(one) for one in exchanges[index:])


def _told(one: Exchange) -> str:
    """Return all that a request sends but its cookies, as one text."""
    headers = [value for name, value in one.headers.items() if name != "cookie"]
    form = [value for _, value in one.form or ()]
    return "\n".join([unquote(one.url), *headers, *form, json.dumps(one.json, ensure_ascii=False)])
