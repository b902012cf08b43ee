"""The last look at a load script before it is written: nothing of the session may stand in it.

Independent of how the script was made: whatever it holds is held against what was recorded,
and against what looks like a secret at all.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote

from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.values import EMAIL, About

_LEAST = 6  # a shorter cookie ("de", "true") hits half of all words
_OF_PATTERNS = re.compile(r"\\.|\[\^[^\]]*\]\+?")


def found(
    script: str, exchanges: Sequence[Exchange], about: About, asked_for: Collection[str] = ()
) -> list[str]:
    """Return what must not be written, by kind and never by value; empty if it is clean.

    `asked_for`: what was typed or sent in the walk that the campaign has to give as a secret.
    """
    kinds = []
    literals = list(_literals(script))
    # Also as the code means them: quotes and backslashes have escapes in its text.
    texts = [script, *literals]
    for kind, values in (
        ("a cookie of the recorded session", _cookies(exchanges)),
        ("an authorization of the recorded session", _authorizations(exchanges)),
        ("a secret of the configuration", about.secrets.values()),
        ("a secret of the walk", asked_for),
        ("the id of the recorded run", [about.run_id]),
    ):
        if any(len(value) >= _LEAST and value in text for value in values for text in texts):
            kinds.append(kind)
    public = {str(value) for value in about.settings.values()}
    if any(looks.random(part) for text in literals if text not in public for part in _parts(text)):
        kinds.append("a value that looks drawn by chance")
    if any(email != EMAIL for email in looks.emails(script)):
        kinds.append("an e-mail address")
    if any(_cards(text) for text in [*literals, *_comments(script)]):
        kinds.append("a card number that is not a public test number")
    return kinds


def _literals(script: str) -> Iterator[str]:
    """Yield the texts of the code."""
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int)):
            yield str(node.value)


def _comments(script: str) -> list[str]:
    return [line.partition("#")[2] for line in script.splitlines() if "#" in line]


def _parts(text: str) -> list[str]:
    """Return what of a text may be a token; the signs of a pattern are none."""
    return looks.tokens(_OF_PATTERNS.sub(" ", text))


def _cards(text: str) -> bool:
    digits = looks.card(text.strip())
    return bool(digits) and digits not in looks.TEST_CARDS


def _cookies(exchanges: Iterable[Exchange]) -> Iterator[str]:
    """Yield the values of all cookies that were sent or set, but for plain words."""
    for one in exchanges:
        told = [value for _, value in one.cookies]
        jar = SimpleCookie()
        try:
            jar.load(one.headers.get("cookie", ""))
        except CookieError:
            told.append(one.headers.get("cookie", ""))
        told += [morsel.value for morsel in jar.values()]
        yield from (
            form for value in told if not value.isalpha() for form in (value, unquote(value))
        )


def _authorizations(exchanges: Iterable[Exchange]) -> Iterator[str]:
    for one in exchanges:
        scheme, _, value = one.headers.get("authorization", "").partition(" ")
        yield value or scheme
