"""Errors that an answer of status 200 tells in its JSON, in words that may be shown.

Source: GraphQL, October 2021, 7.1: `errors` stands beside `data` at the top level, is missing
where there are none, and each has a `message`. JSON:API has the same member, with `detail`.
Where else they stand: `loadtests.error_lists`.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from loadtests.error_lists import ANY, error_lists, known
from loadtests.multipart import texts
from loadtests.session import Answer

GRAPHQL, JSON, NO_JSON = "graphql error", "json error", "not JSON"
_GRAPHQL = {"data", "errors", "extensions"}  # all that its answers may have, by the standard
_MESSAGES = ("message", "detail", "title", "code")
_DEEPEST = 4  # {"errors": {"email": [{"message": …}]}}
_READ, _LONGEST = 500, 120  # characters of a message
# What follows the name of a list that has anything in it:
_FULL = r"(?!\[\s*+\]|\{\s*+\}|null\b|false\b)"
_WORD = 3  # what was sent is known again from so many characters on
# Addresses, and whatever may be a code, a number of somebody's, or drawn by chance:
_PRIVATE = re.compile(r"\S+@\S+|(?=[\w-]*\d)[\w-]{4,}|[\w+/=-]{32,}")


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer tells: the kind of failure, and the first message without anybody's data."""

    kind: str
    message: str


def told_errors(
    answer: Answer,
    member: str,
    sent: Mapping[str, str] | str | bytes | None = None,
    but: Collection[str] = (),
) -> Told | None:
    """Return what a JSON answer tells in a list of errors of that name; None if that is nothing.

    Shape: `sent` is the body of the request: what it held is not repeated in the message.
           `but`: paths of lists that are nobody's failure, "data.*.userErrors".
           An answer that is no JSON at all is told as such; an empty one says nothing. It is the
           uppermost list that has any; below the top its path stands in the message.
    """
    text = answer.text.strip()
    if not text:
        return None
    if text[0] not in "{[":
        return Told(NO_JSON, "it did not answer with JSON")
    if re.search(rf'{re.escape(member)}"\s*+:\s*+{_FULL}', text, re.IGNORECASE) is None:
        return None  # most answers: nothing to read
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):  # as deep as that is nobody's answer
        return Told(NO_JSON, "it did not answer with JSON")
    among = [tuple(path.split(".")) for path in but]
    for path, errors in error_lists(body, member):
        if not known(path, among):
            message = _shown(_message(errors), sent)
            return Told(_kind(body), f"{_place(path, sent)}{message}")
    return None


def _kind(body: Any) -> str:
    """Return whose errors they are, by what else the answer has."""
    answers = [one for one in (body if isinstance(body, list) else [body]) if isinstance(one, dict)]
    return GRAPHQL if all(one.keys() <= _GRAPHQL for one in answers) else JSON


def _place(path: tuple[str, ...], sent: Mapping[str, str] | str | bytes | None) -> str:
    """Return where a list stands, in front of its message; nothing for one at the top."""
    parts = [part for part in path if part != ANY]
    return f"{_shown('.'.join(parts), sent)}: " if len(parts) > 1 else ""


def _message(errors: Any) -> str:
    """Return the first text that says something, of whatever form the errors are."""
    for _ in range(_DEEPEST):
        if isinstance(errors, list):
            errors = errors[0] if errors else ""
        elif isinstance(errors, dict):
            named = (errors[name] for name in _MESSAGES if errors.get(name))
            errors = next(named, next(filter(None, errors.values()), ""))
    return "" if isinstance(errors, (list, dict)) else str(errors)


def _shown(message: str, sent: Mapping[str, str] | str | bytes | None) -> str:
    """Return a message in one short line without what was sent, or may be somebody's."""
    message = message[:_READ]
    for value in sorted(_values(sent), key=len, reverse=True):
        message = message.replace(value, "…")
    plain = "".join(sign if sign.isprintable() else " " for sign in message)
    line = " ".join(_PRIVATE.sub("…", plain).split())
    line = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    return line or "without a message"


def _values(sent: Mapping[str, str] | str | bytes | None) -> set[str]:
    """Return the texts in a request's body: of JSON, of a form."""
    found: set[str]
    if isinstance(sent, Mapping):
        found = set(sent.values())
    elif isinstance(sent, bytes):
        found = set(texts(sent))
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
