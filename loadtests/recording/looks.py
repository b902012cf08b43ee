"""What a recorded value looks like: random, a moment, a card, an address (pure).

Decides what a load script may hold as it was seen, and what it must make or take anew.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise

# Numbers that payment providers print in their manuals: nobody's card.
TEST_CARDS = frozenset(
    {
        "4242424242424242",
        "4000000000000002",
        "4000000000003220",
        "4000000000000341",
        "4000056655665556",
        "4111111111111111",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "3056930009020004",
    }
)
TEST_CODES = frozenset({"123", "1234", "000", "737", "999"})
_EMAIL = re.compile(r"[^@\s<>,;\"/]+@[^@\s<>,;\"/]+\.[a-zA-Z]{2,24}")
_EMAILS = re.compile(r"(?<![\w.%+-])[\w.%+-]++@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,24}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-fA-F])(?:[0-9a-f]{12,}|[0-9A-F]{12,})")
_TOKEN = re.compile(r"[A-Za-z0-9_~+/=.:-]+")
_CODE = re.compile(r"(?=.*[A-Z])[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8}){2,}")
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_HUMP = re.compile(r"[A-Z][a-z]{2,}")
_LEAST = 8
_DENSE, _VERY_DENSE = 0.25, 0.45  # changes between a, A and 0, a character
_MIXED = 12
_CHANGES = 3
_NEAR_MS = 3 * 86_400_000.0  # a page may round to days
_SEASON_MS = 200 * 86_400_000.0
_SECONDS, _MILLISECONDS = 10, 13  # digits of this century's times
_CARD = range(12, 20)
_ID_NAME = re.compile(
    r"(?:id|uuid|guid|key|token|code|nonce|number|ref|reference|hash|session|csrf|xsrf|secret"
    r"|version|etag|attempt|signature)s?$",
    re.IGNORECASE,
)
MONEY = re.compile(r"total|amount|price|(?:^|_)sum$|cents$", re.IGNORECASE)
PASSWORD = re.compile(
    r"pass(?:word|wd|phrase|code)|(?:^|[^a-z])(?:pass|pwd|pin|otp|tan)(?:$|[^a-z])", re.IGNORECASE
)
CARD_CODE = re.compile(r"cvc|cvv|csc|cv2|security.?code|check.?digits", re.IGNORECASE)
KEY = re.compile(
    r"auth|token|secret|(?:api|access|private).?key|session|credential|passw|signature",
    re.IGNORECASE,
)


def random(text: str) -> bool:
    """Whether a value was drawn by chance: a token, an id, a nonce; no word of people.

    Words keep to one class of characters for long; what is drawn changes between small
    letters, capitals and digits all the time.
    """
    if _UUID.fullmatch(text) or _HEX.fullmatch(text):
        return True
    if len(text) < _LEAST or not _TOKEN.fullmatch(text) or _ISO.fullmatch(text):
        return False
    # What changes between words (iphone-15-pro, GetCartV2) is no chance.
    words = re.findall(r"[A-Za-z0-9]+", _HUMP.sub(lambda found: found[0].lower(), text))
    changes = sum(_class(a) != _class(b) for word in words for a, b in pairwise(word))
    dense = changes / max(1, sum(map(len, words)))
    return changes >= _CHANGES and dense >= (_DENSE if has_digit(text) else _VERY_DENSE)


def code(text: str) -> bool:
    """Whether a value has the form of a voucher: FERN-YHQA-PEGQ-KAQW, groups of one length.

    Half of those that are drawn do not look it, and one in thirty has no digit at all; but an
    article's number may have the same form.
    """
    return _CODE.fullmatch(text) is not None and len(set(map(len, text.split("-")))) == 1


def tokens(text: str) -> list[str]:
    """Return the parts of a text that look drawn by chance."""
    parts = re.findall(r"[A-Za-z0-9_~+-]+=*", text)  # once=95a0…: a name, and what it names
    return [part for part in parts if random(part)]


def made(text: str) -> str:
    """Return the code that makes such a value anew."""
    if _UUID.fullmatch(text):
        return "fresh.uuid()"
    if text.isdigit():
        return f"fresh.digits({len(text)})"
    return f"fresh.new_id({len(text)})"


def moment(text: str, at_ms: float) -> str:
    """Return the code that makes a time of now, if the text is a time about `at_ms`."""
    if text.isdigit() and len(text) in (_SECONDS, _MILLISECONDS):
        seconds = len(text) == _SECONDS
        told_ms = float(text) * (1000 if seconds else 1)
        if abs(told_ms - at_ms) < _NEAR_MS:
            return "fresh.now_s()" if seconds else "fresh.now_ms()"
    if _ISO.fullmatch(text):
        try:
            told_ms = datetime.fromisoformat(text).timestamp() * 1000
        except ValueError:
            return ""
        if abs(told_ms - at_ms) < _NEAR_MS:
            return "fresh.now_iso()"
    return ""


def day(text: str, at_ms: float) -> bool:
    """Whether it is a day that will have passed before long: of a delivery, of a booking."""
    with suppress(ValueError):
        told_ms = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000
        return abs(told_ms - at_ms) < _SEASON_MS
    return False


def email(text: str) -> bool:
    """Whether the text is one e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def emails(text: str) -> list[str]:
    """Return the e-mail addresses in a text."""
    return _EMAILS.findall(text)


def card(text: str) -> str:
    """Return the digits if the text is a card number (ISO/IEC 7812-1, annex B), else nothing."""
    digits = re.sub(r"[ -]", "", text)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in _CARD:
        return ""
    turned = [int(digit) for digit in reversed(digits)]
    total = sum(turned[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in turned[1::2])
    return digits if total % 10 == 0 and digits[0] in "23456" else ""


def mixed(text: str) -> bool:
    """Whether it may be a token by its signs alone: some that are drawn do not look it."""
    cases = text not in (text.lower(), text.upper())
    return len(text) >= _MIXED and " " not in text and (cases or has_digit(text))


def names_id(name: str) -> bool:
    """Whether a field of this name usually holds what a server gave out."""
    return _ID_NAME.search(re.sub(r"\W+$", "", name)) is not None


def has_digit(text: str) -> bool:
    """Whether there is a digit in it."""
    return any(sign.isdigit() for sign in text)


def _class(sign: str) -> str:
    if sign.isdigit():
        return "0"
    return "A" if sign.isupper() else "a"


def masked(text: str) -> str:
    """Return a text for people, without what was drawn by chance and without addresses."""
    for token in {*tokens(text), *emails(text)}:
        text = text.replace(token, "…")
    return text
