"""Masking secrets in evidence: values of known secrets, and whatever reads as a card number.

Masks keep the length, so that offsets in a trace stay true. Short values (a card's check
digits) are masked only where they stand as a whole quoted or form value: "123" would
otherwise hit half of all numbers.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SHORT_BELOW = 6
# Issuer prefixes of payment cards with their lengths (ISO/IEC 7812), digits set apart by at
# most one blank, dash or their form encodings. A time in ms (17…) is not a card.
_GAP = rb"(?:[ -]|%20|\+|\\u00a0)?"
_CARD = re.compile(
    rb"(?<![0-9.])(?:"
    + rb"|".join(
        prefix + rb"(?:" + _GAP + rb"[0-9]){%d}" % rest
        for prefix, rest in (
            (rb"4", 15),
            (rb"5" + _GAP + rb"[1-5]", 14),
            (rb"2" + _GAP + rb"[2-7]", 14),
            (rb"6", 15),
            (rb"3" + _GAP + rb"[47]", 13),
            (rb"3" + _GAP + rb"5", 14),
            (rb"3" + _GAP + rb"[068]", 12),
        )
    )
    + rb")(?![0-9])"
)
# A secret in a field of its own: form body, JSON text, and JSON inside JSON.
_FIELDS = (
    rb"(?:cc[_-]?(?:csc|cvc|cvv)|csc|cvc2?|cvv2?|security[_-]?code|card[_-]?code|"
    rb"pass(?:word|wd|phrase)?|(?:access|auth|api|csrf|refresh)?[_-]?token|api[_-]?key|secret)"
)
# The same in what a page calls a field: its name, its label, its place.
SECRET_FIELD = re.compile(
    r"(?i)csc|cvc|cvv|security.?code|card.?(?:number|code)|cc.?number|passw|passphrase|secret"
)
_FORM = re.compile(rb"(?i)(?<![a-z0-9])(" + _FIELDS + rb"=)([^&\s\"'\\<>#;]+)")
_JSON = re.compile(rb"(?i)(\\?\"" + _FIELDS + rb"\\?\"\s*:\s*\\?\")([^\"\\]+)")
_QUERY = re.compile(
    r"(?i)([?&#;](?:key|token|code|sig|signature|auth|session|sid|password|secret|"
    r"[a-z_]*(?:token|key|secret))=)([^&#\s\"'<>]+)"
)
_DIGITS = re.compile(rb"[0-9]")


class Scrubber:
    """Knows the secrets of one attempt."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._long: re.Pattern[bytes] | None = None
        self._short: re.Pattern[bytes] | None = None
        self._values: set[str] = set()
        for value in secrets:
            self.add(value)

    def add(self, value: str) -> None:
        """Mask a value from now on."""
        value = value.strip()
        if not value or value in self._values:
            return
        self._values.add(value)
        long = [
            form for known in self._values if len(known) >= SHORT_BELOW for form in _forms(known)
        ]
        short = [re.escape(known.encode()) for known in self._values if len(known) < SHORT_BELOW]
        self._long = _any(long)
        self._short = (
            re.compile(rb"(?<=[\"'=>\n])(" + rb"|".join(short) + rb")(?=\\*[\"'&<\r\s]|%22|$)")
            if short
            else None
        )

    def values(self) -> list[str]:
        """Return the secrets that are long enough to be masked wherever they stand."""
        return [value for value in self._values if len(value) >= SHORT_BELOW]

    def text(self, text: str) -> str:
        """Return a text (a URL, a message, a console line) without secrets."""
        masked = self.data(text.encode("utf-8", "replace")).decode("utf-8", "replace")
        return _QUERY.sub(lambda found: found[1] + "*" * len(found[2]), masked)

    def data(self, data: bytes) -> bytes:
        """Return bytes of the same length without secrets."""
        if self._long:
            data = self._long.sub(_stars, data)
        if self._short:
            data = self._short.sub(_stars, data)
        for field in (_FORM, _JSON):
            data = field.sub(lambda found: found[1] + b"*" * len(found[2]), data)
        return _CARD.sub(lambda found: _stars(found) if _luhn(found[0]) else found[0], data)

    def leaks(self, data: bytes) -> list[str]:
        """Return what kind of secret still stands in bytes; empty when they are clean."""
        found = []
        if self._long and self._long.search(data):
            found.append("a known secret")
        if any(_luhn(match[0]) for match in _CARD.finditer(data)):
            found.append("a card number")
        return found


def _forms(value: str) -> Iterator[bytes]:
    """Yield the ways in which a value is written down: plain, escaped, grouped digits."""
    yield re.escape(value.encode())
    for coded in {quote(value, safe=""), quote_plus(value)} - {value}:
        yield re.escape(coded.encode())
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    if escaped != value:
        yield re.escape(escaped.encode())
    digits = re.sub(r"\D", "", value)
    if len(digits) >= 12 and not re.search(r"[^\d -]", value):  # noqa: PLR2004 - shortest card
        yield _GAP.join(digit.encode() for digit in digits)


def _any(forms: list[bytes]) -> re.Pattern[bytes] | None:
    longest_first = sorted(forms, key=len, reverse=True)
    return re.compile(rb"|".join(longest_first)) if longest_first else None


def _stars(found: re.Match[bytes]) -> bytes:
    return b"*" * len(found[0])


def _luhn(number: bytes) -> bool:
    """Whether the digits end in their check digit (ISO/IEC 7812-1, annex B)."""
    number = re.sub(rb"%20|\\u00a0", b"", number)
    digits = [int(digit) for digit in _DIGITS.findall(number)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
