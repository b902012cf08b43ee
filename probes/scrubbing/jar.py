"""Which cookies and headers stand for a session: their values are secrets wherever they turn up."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from probes.scrubbing.fields import QUERY

SHORTEST = 8
LONG = 16
_SESSION = re.compile(r"(?i)sess|sid\b|^sid|auth|token|jwt|csrf|xsrf|secret|login|remember|key")
_AUTHORIZATION = re.compile(r"(?i)^(?:proxy-)?authorization$|^x-.*(?:token|key|secret|auth)")


def secret_cookie(name: str, value: str, *, http_only: bool = False) -> bool:
    """Whether a cookie lets in whoever has it; what a visitor chose (a language) does not."""
    if len(value) < SHORTEST:
        return False
    return http_only or bool(_SESSION.search(name)) or (len(value) >= LONG and _mixed(value))


def secrets_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the secrets of one request record (HAR): session cookies, authorization."""
    for side in (entry.get("request"), entry.get("response")):
        if not isinstance(side, Mapping):
            continue
        for cookie in _pairs(side.get("cookies")):
            if secret_cookie(*cookie[:2], http_only=cookie[2]):
                yield cookie[1]
        for name, value, _ in _pairs(side.get("headers")):
            if _AUTHORIZATION.search(name):
                yield value.partition(" ")[2] or value


def secrets_sent(url: str, headers: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets of a request on its way: tokens in its address, authorization."""
    for hit in QUERY.finditer(url.encode("utf-8", "replace")):
        value = unquote(hit["value"].decode("utf-8", "replace"))
        if len(value) >= SHORTEST and _mixed(value):
            yield value
    for name, value in headers.items():
        token = value.partition(" ")[2] or value
        if _AUTHORIZATION.search(name) and len(token) >= SHORTEST:
            yield token


def _mixed(value: str) -> bool:
    """Whether a value has digits and letters: a word of the shop's has none of the former."""
    return re.search(r"\d", value) is not None and re.search(r"[A-Za-z]", value) is not None


def _pairs(listed: object) -> Iterator[tuple[str, str, bool]]:
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, Mapping):
            name, value = str(item.get("name", "")), str(item.get("value", ""))
            yield name, value, bool(item.get("httpOnly"))
