"""Fields, headers and parameters whose values are secret by their name, as regular expressions.

Each has a group `value`: what is masked. In a form body, in JSON and JSON inside JSON, as
the name-and-value pairs of a request record (HAR), in parts of a multi-part body.
"""

import re
from collections.abc import Mapping

# How such a name ends: `cardCvc`, `newPassword`, `access_token`. Short words stand alone.
_CARD = (
    rb"(?:cvc2?|cvv2?|csc)(?:[_-]?(?:code|num(?:ber)?))?|security[_-]?code|"
    rb"(?:cc|card)[_-]?(?:code|num(?:ber)?)"
)
_PASSWORD = rb"pass(?:word|wd|phrase|code)(?:[_-]?confirm(?:ation)?)?|(?<![a-z0-9])pwd"
_TOKEN = rb"secret|token|api[_-]?key|session[_-]?id"
_NAMES = rb"(?:" + _CARD + rb"|" + _PASSWORD + rb"|" + _TOKEN + rb"|(?<![a-z0-9])(?:iban|pass|otp))"
_HEADERS = (
    rb"(?:(?:set-)?cookie2?|(?:proxy-)?authorization|x-[a-z-]{0,40}(?:token|key|secret|auth))"
)
_QUOTE = rb"\\{0,3}\""
_TEXT = rb"(?P<value>(?:[^\"\\]|\\(?!\\*\"))+)"
# What a page calls a field: its name, its label, its place.
SECRET_FIELD = re.compile(
    r"(?i)csc|cvc|cvv|security.?code|card.?(?:number|code)|cc.?number|passw|passphrase|secret"
)
_PURPOSES = frozenset({"cc-number", "cc-csc", "current-password", "new-password", "one-time-code"})
_NAMED_BY = ("name", "id", "aria-label", "placeholder")
# A hidden field that stands for a session.
HIDDEN_FIELD = re.compile(r"(?i)token|secret|session|nonce|signature|password")
_SHORTEST_TOKEN = 8  # "1" and "true" are no tokens
FIELDS = (
    # cc_csc=123 and card[cvc]=123, also with the brackets encoded
    re.compile(rb"(?i)" + _NAMES + rb"(?:\]|%5d)?=(?P<value>[^&\s\"'\\<>#;]+)"),
    # "cvc":"123", \"cvc\":\"123\", "cvc":123
    re.compile(
        rb"(?i)" + _NAMES + _QUOTE + rb"\s*:\s*(?:" + _QUOTE + rb")?"
        rb"(?P<value>(?<=\")(?:[^\"\\]|\\(?!\\*\"))+|(?<!\")[0-9]{3,})"
    ),
    # {cvc: 123, password: hunter22}: as a console shows an object; a sentence has no digits
    re.compile(
        rb"(?i)(?:" + _CARD + rb"|" + _PASSWORD + rb"): (?=[^\s,;}]*[0-9])"
        rb"(?P<value>[^\s\"'\\<>,;}&]{3,})"
    ),
    re.compile(rb"(?i)(?:" + _TOKEN + rb"): (?=[^\s,;}]*[0-9])(?P<value>[^\s\"'\\<>,;}&]{16,})"),
    # "name":"Cookie","value":"…"
    re.compile(
        rb"(?i)\"name\"\s*:\s*\"(?:[^\"\\]{0,40}?"
        + _NAMES
        + rb"|"
        + _HEADERS
        + rb")\]?\"\s*,\s*\"value\"\s*:\s*\""
        + _TEXT
    ),
    # a part of a multi-part body, as it stands and inside JSON
    re.compile(
        rb"(?i)name=\\{0,3}\"[^\"\\]{0,60}?"
        + _NAMES
        + rb"\]?\\{0,3}\"[^\r\n\\]{0,200}(?:\r\n|\\{1,3}r\\{1,3}n){2}(?P<value>[^\r\n\\]+)"
    ),
)
QUERY = re.compile(
    rb"(?i)[?&#;](?:key|token|code|sig|signature|auth|session|sid|password|secret|"
    rb"[a-z_-]{0,40}(?:token|key|secret|signature|credential|sess(?:ion)?[_-]?id))=(?P<value>[^&#\s\"'<>\\]+)"
)
USERINFO = re.compile(rb"://(?P<value>[^/\s:@\"'<>\\]{1,200}:[^/\s@\"'<>\\]{1,200})@")
# In a console line or a text: `Cookie: a=b`, `Authorization: Bearer x`, `bearer x`.
BEARER = re.compile(
    rb"(?i)(?:cookie\\*[\"']?\s{0,3}:\s{0,3}\\*[\"']?(?=[\w.-]{1,100}=)"
    rb"|authorization\\*[\"']?\s{0,3}[:=]\s{0,3}\\*[\"']?"
    rb"|bearer\s{1,3}(?=[\w.~+/-]{0,200}[0-9]))(?P<value>[^\"'\r\n\\,}]{4,4096})"
)
# The list of cookies that a request record (HAR) keeps beside the header.
COOKIES = re.compile(rb"\"cookies\"\s*:\s*\[(?P<jar>(?:[^\]\[\"]|\"(?:[^\"\\]|\\.)*\")*)\]")
VALUE = re.compile(rb"\"value\"\s*:\s*\"" + _TEXT)
# One of these stands in whatever FIELDS, BEARER and COOKIES match.
_ROOTS = tuple(
    b"cvc cvv csc code num pass pwd secret token key session iban otp cookie auth bearer".split()
)


def may_name(data: bytes) -> bool:
    """Whether bytes can hold anything of FIELDS, BEARER or COOKIES at all; mostly they cannot.

    To look for these words takes a hundredth of the time that the expressions take (5 ms for
    the requests of a checkout).
    """
    low = data.lower()
    return any(root in low for root in _ROOTS)


def secret_field(told: Mapping[str, object]) -> bool:
    """Whether what is typed into a field is secret; `told`: its attributes.

    By its kind, by one of its purposes (`billing cc-csc`), or by what it is called.
    """
    kind, purposes = _of(told, "type").lower(), _of(told, "autocomplete").lower().split()
    if kind == "password" or not _PURPOSES.isdisjoint(purposes):
        return True
    name = " ".join(_of(told, key) for key in _NAMED_BY)
    if SECRET_FIELD.search(name):
        return True
    return kind == "hidden" and secret_token(name, _of(told, "value"))


def secret_token(name: str, value: str) -> bool:
    """Whether a value that a page carries unseen (a hidden field, a meta) stands for a session."""
    return len(value) >= _SHORTEST_TOKEN and HIDDEN_FIELD.search(name) is not None


def _of(told: Mapping[str, object], key: str) -> str:
    return str(told.get(key) or "")
