"""Errors that an answer of status 200 tells in its JSON, in words that may be shown.

Source: GraphQL, October 2021, 7.1: `errors` stands beside `data` at the top level, is missing
where there are none, and each has a `message`. JSON:API has the same member, with `detail`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from loadtests.session import Answer

GRAPHQL, JSON, NO_JSON = "graphql error", "json error", "not JSON"
_GRAPHQL = {"data", "errors", "extensions"}  # all that its answers may have, by the standard
_MESSAGES = ("message", "detail", "title", "code")
_DEEPEST = 4  # {"errors": {"email": [{"message": …}]}}
_READ, _LONGEST = 500, 120  # characters of a message
_WORD = 3  # what was sent is known again from so many characters on
# Addresses, and whatever may be a code, a number of somebody's, or drawn by chance:
_PRIVATE = re.compile(r"\S+@\S+|(?=[\w-]*\d)[\w-]{4,}|[\w+/=-]{32,}")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells: the kind of failure, and the first message without anybody's data."""

    kind: str
    message: str


def told_errors(
    answer: Answer, member: str, sent: Mapping[str, str] | str | None = None
) -> Told | None:
    """Return what a JSON answer tells under a name at its top level; None if that is nothing.

    Shape: `sent` is the body of the request: what it held is not repeated in the message.
           An answer that is no JSON at all is told as such; an empty one says nothing. Of a list
           of answers, as GraphQL has them for a list of requests, it is the first that has any.
    """
    text = answer.text.strip()
    if not text:
        return None
    if text[0] not in "{[":
        return Told(NO_JSON, "it did not answer with JSON")
    if f'"{member}"' not in text:
        return None  # most answers: nothing to read
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # as deep as that is nobody's answer
        return Told(NO_JSON, "it did not answer with JSON")
    for one in body if isinstance(body, list) else [body]:
        if isinstance(one, dict) and one.get(member):
            message = _shown(_message(one[member]), sent)
            return Told(GRAPHQL if one.keys() <= _GRAPHQL else JSON, message)
    return None


def _message(errors: Any) -> str:
    """Return the first text that says something, of whatever form the errors are."""
    for _ in range(_DEEPEST):
        if isinstance(errors, list):
            errors = errors[0] if errors else ""
        elif isinstance(errors, dict):
            named = (errors[name] for name in _MESSAGES if errors.get(name))
            errors = next(named, next(iter(errors.values()), ""))
    return "" if isinstance(errors, (list, dict)) else str(errors)


def _shown(message: str, sent: Mapping[str, str] | str | None) -> str:
    """Return a message in one short line without what was sent, or may be somebody's."""
    message = message[:_READ]
    for value in sorted(_values(sent), key=len, reverse=True):
        message = message.replace(value, "…")
    plain = "".join(sign if sign.isprintable() else " " for sign in message)
    line = " ".join(_PRIVATE.sub("…", plain).split())
    line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return line or "without a message"


def _values(sent: Mapping[str, str] | str | None) -> set[str]:
    """Return the texts in a request's body: of JSON, of a form."""
    found: set[str]
    if isinstance(sent, Mapping):
        found = set(sent.values())
    else:
        try:
            found = set(_texts(json.loads(sent or "null")))
        except ValueError:
            found = {value for _, value in parse_qsl(sent or "")}
    return {value for value in found if len(value) >= _WORD}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for inside in node.values() if isinstance(node, dict) else node:
            yield from _texts(inside)
