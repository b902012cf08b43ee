"""Masking secrets in evidence: values of known secrets, and what reads as a secret unasked.

Unasked: card numbers, e-mail addresses that are not the probe's own, cookies, authorization
headers, and fields for check digits, passwords, tokens. Looked for as they stand and in
disguise (base64, gzip, UTF-16, escapes). Masks keep the length, so that offsets in a trace
stay true. Short values (a card's check digits) are masked only where they stand as a whole
quoted or form value: "123" would otherwise hit half of all numbers.
"""

import re
from collections.abc import Iterable, Iterator

from probes.scrubbing.disguises import disguised
from probes.scrubbing.fields import BEARER, COOKIES, FIELDS, QUERY, USERINFO, VALUE, may_name
from probes.scrubbing.spellings import GAP, spellings

SHORT_BELOW = 6
DEEP = 3  # a gzip in base64 in JSON in base64 is not looked into
KNOWN, CARD, EMAIL = "a known secret", "a card number", "an e-mail address"
FIELD, HEADER = "the value of a secret field", "a cookie or an authorization header"
# Issuer prefixes of payment cards with their lengths (ISO/IEC 7812), digits set apart by at
# most one blank, dash or their form encodings. A time in ms (17…) is not a card.
_CARD = re.compile(
    rb"(?<![0-9.])(?:"
    + rb"|".join(
        prefix + rb"(?:" + GAP + rb"[0-9]){%d}" % rest
        for prefix, rest in (
            (rb"4", 15),
            (rb"5" + GAP + rb"[1-5]", 14),
            (rb"2" + GAP + rb"[2-7]", 14),
            (rb"6", 15),
            (rb"3" + GAP + rb"[47]", 13),
            (rb"3" + GAP + rb"5", 14),
            (rb"3" + GAP + rb"[068]", 12),
        )
    )
    + rb")(?![0-9])"
)
_ENCODED_GAP = re.compile(rb"%20|\\u00a0|&nbsp;")
_DIGITS = re.compile(rb"[0-9]")
# An address is looked for from its middle: from its beginning costs the square of the length.
_AT = re.compile(rb"@|%40|\\u0040|&#64;|&#x40;|&commat;")
_LOCAL = re.compile(rb"[\w.%+'\x80-\xff-]+$")
_DOMAIN = re.compile(
    rb"(?:[a-z0-9\x80-\xff](?:[a-z0-9\x80-\xff-]{0,62})\.)+([a-z\x80-\xff]{2,24})(?![a-z0-9])",
    re.IGNORECASE,
)
_BETWEEN, _BATCH = b"\n\0\n", 1_000_000
_LOCAL_LENGTH, _DOMAIN_LENGTH = 64, 256
# An address that the probes made for a run, this one or another, holds the run's id.
_RUN_ID = re.compile(rb"(?<![0-9a-f])[0-9a-f]{20}(?![0-9a-f])")
# `logo@2x.png`, `page@1234.jpeg`: the name of a file, not an address.
_FILES = frozenset(b"png jpg jpeg gif webp svg avif ico css js mjs map json woff ttf html".split())


class Scrubber:
    """Knows the secrets of one attempt; `own` marks addresses that the probe itself made."""

    def __init__(self, secrets: Iterable[str] = (), own: Iterable[str] = ()) -> None:
        self._long: re.Pattern[bytes] | None = None
        self._short: re.Pattern[bytes] | None = None
        self._values: set[str] = set()
        self._stale = False
        self._own: list[bytes] = []
        self._public: list[bytes] = []
        for mark in own:
            self.own(mark)
        for value in secrets:
            self.add(value)

    def add(self, value: str) -> None:
        """Mask a value from now on."""
        value = value.strip()
        if value and set(value) != {"*"} and value not in self._values:
            self._values.add(value)
            self._stale = True

    def own(self, mark: str) -> None:
        """Leave e-mail addresses that hold this text: a run's id, a domain of ours."""
        if mark:
            self._own.append(mark.lower().encode("utf-8", "replace"))

    def public(self, host: str) -> None:
        """Let pictures show e-mail addresses of this host: the shop's own, for all to see."""
        parts = host.lower().removeprefix("www.").encode("utf-8", "replace")
        if parts:
            self._public.append(parts)

    def values(self) -> list[str]:
        """Return the secrets that are long enough to be masked wherever they stand."""
        return [value for value in self._values if len(value) >= SHORT_BELOW]

    def kept(self) -> tuple[list[str], list[str]]:
        """Return what e-mail addresses that pictures may show hold, and how they end."""
        public = [f"{sign}{host.decode()}" for host in self._public for sign in "@."]
        return [mark.decode("utf-8", "replace") for mark in self._own], public

    def text(self, text: str) -> str:
        """Return a text (a URL, a message, a console line) without secrets."""
        return self.data(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def data(self, data: bytes) -> bytes:
        """Return bytes of the same length without secrets."""
        return self._masked(data, DEEP)

    def leaks(self, data: bytes) -> list[str]:
        """Return what kinds of secrets still stand in bytes; empty when they are clean."""
        return sorted({kind for _, _, kind in self._found(data, DEEP)})

    def holds(self, data: bytes) -> bool:
        """Whether bytes that are no text (a picture, a font) hold a known secret."""
        if self._stale:
            self._compile()
        return self._long is not None and self._long.search(data) is not None

    def shows(self, text: str) -> list[str]:
        """Return what kinds of secrets a page shows that no picture may hold."""
        data = text.encode("utf-8", "replace")
        found = {kind for _, _, kind in self._found(data, 0) if kind in (KNOWN, CARD)}
        ends = tuple(end.encode() for end in self.kept()[1])
        if any(not data[begin:end].lower().endswith(ends) for begin, end in self._addresses(data)):
            found.add(EMAIL)
        return sorted(found)

    def _compile(self) -> None:
        """Write the known values as patterns: once, and not for each value that is learned."""
        long = [
            form for known in self._values if len(known) >= SHORT_BELOW for form in spellings(known)
        ]
        short = [re.escape(known.encode()) for known in self._values if len(known) < SHORT_BELOW]
        self._long = _any(long)
        self._short = (
            re.compile(rb"(?<=[\"'=>\n])(" + rb"|".join(short) + rb")(?=\\*[\"'&<\r\s]|%22|$)")
            if short
            else None
        )
        self._stale = False

    def _masked(self, data: bytes, deep: int) -> bytes:
        spans = [(begin, end) for begin, end, _ in self._found(data, deep)]
        if not spans:
            return data
        masked = bytearray(data)
        for begin, end in spans:
            masked[begin:end] = b"*" * (end - begin)
        # What was masked may have stood beside a secret and hidden it: look again.
        return self._masked(bytes(masked), deep)

    def _found(self, data: bytes, deep: int) -> Iterator[tuple[int, int, str]]:
        """Yield (begin, end, kind) of each secret that is not masked yet."""
        if self._stale:
            self._compile()
        for known in (self._long, self._short):
            if known is not None:
                yield from ((*hit.span(), KNOWN) for hit in known.finditer(data))
        for hit in _CARD.finditer(data):
            if _luhn(hit[0]):
                yield *hit.span(), CARD
        yield from ((begin, end, EMAIL) for begin, end in self._addresses(data))
        yield from _fields(data)
        if deep > 0:
            for batch in _batches(disguised(data)):
                # One look at all of them together: nearly always there is nothing to find.
                if any(self._found(_BETWEEN.join(part[2] for part in batch), deep - 1)):
                    yield from self._in(batch, deep - 1)

    def _in(self, batch: list[tuple[int, int, bytes]], deep: int) -> Iterator[tuple[int, int, str]]:
        for begin, end, plain in batch:
            kind = next((kind for _, _, kind in self._found(plain, deep)), None)
            if kind is not None:
                yield begin, end, kind

    def _addresses(self, data: bytes) -> Iterator[tuple[int, int]]:
        for at in _AT.finditer(data):
            domain = _DOMAIN.match(data, at.end(), at.end() + _DOMAIN_LENGTH)
            local = _LOCAL.search(data, max(0, at.start() - _LOCAL_LENGTH), at.start())
            if domain is None or local is None or domain[1].lower() in _FILES:
                continue
            begin, end = local.start(), domain.end()
            whole = data[begin:end].lower()
            if not _RUN_ID.search(whole) and not any(mark in whole for mark in self._own):
                yield begin, end


def _fields(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield the values of fields and headers that are secret by their name."""
    patterns = [(pattern, FIELD) for pattern in (QUERY, USERINFO)]
    named = may_name(data)
    if named:
        patterns += [*((pattern, FIELD) for pattern in FIELDS), (BEARER, HEADER)]
    for pattern, kind in patterns:
        for hit in pattern.finditer(data):
            if hit["value"].strip(b"*"):
                yield *hit.span("value"), kind
    if not named:
        return
    for jar in COOKIES.finditer(data):
        for hit in VALUE.finditer(data, *jar.span("jar")):
            if hit["value"].strip(b"*"):
                yield *hit.span("value"), HEADER


def _batches(
    parts: Iterable[tuple[int, int, bytes]],
) -> Iterator[list[tuple[int, int, bytes]]]:
    """Yield so many parts at a time that their texts stay small together."""
    batch: list[tuple[int, int, bytes]] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part[2])
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _any(forms: list[bytes]) -> re.Pattern[bytes] | None:
    longest_first = sorted(set(forms), key=len, reverse=True)
    return re.compile(rb"|".join(longest_first)) if longest_first else None


def _luhn(number: bytes) -> bool:
    """Whether the digits end in their check digit (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in _DIGITS.findall(_ENCODED_GAP.sub(b"", number))]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
