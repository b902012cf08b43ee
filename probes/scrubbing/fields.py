"""Fields, headers and parameters whose values are secret by their name, as regular expressions.

Each has a group `value`: what is masked. In a form body, in JSON and JSON inside JSON, as
the name-and-value pairs of a request record (HAR), in parts of a multi-part body.
"""

import re

_NAMES = (
    rb"(?:cc[_-]?(?:csc|cvc|cvv|num(?:ber)?)|csc|cvc2?|cvv2?|security[_-]?code|"
    rb"card[_-]?(?:code|number)|iban|pass(?:word|wd|phrase)?|client[_-]?secret|secret|"
    rb"[a-z_-]{0,20}token|api[_-]?key|session[_-]?id)"
)
_HEADERS = (
    rb"(?:(?:set-)?cookie2?|(?:proxy-)?authorization|x-[a-z-]{0,40}(?:token|key|secret|auth))"
)
_QUOTE = rb"\\{0,3}\""
_TEXT = rb"(?P<value>(?:[^\"\\]|\\(?!\\*\"))+)"
# What a page calls a field: its name, its label, its place.
SECRET_FIELD = re.compile(
    r"(?i)csc|cvc|cvv|security.?code|card.?(?:number|code)|cc.?number|passw|passphrase|secret"
)
AUTOCOMPLETE = ("cc-number", "cc-csc", "current-password", "new-password", "one-time-code")
# A hidden field that stands for a session.
HIDDEN_FIELD = re.compile(r"(?i)token|secret|session|nonce|signature|password")
FIELDS = (
    # cc_csc=123 and card[cvc]=123, also with the brackets encoded
    re.compile(
        rb"(?i)(?:(?<![a-z0-9])|(?<=%5b))" + _NAMES + rb"(?:\]|%5d)?=(?P<value>[^&\s\"'\\<>#;]+)"
    ),
    # "cvc":"123", \"cvc\":\"123\", "cvc":123
    re.compile(rb"(?i)" + _QUOTE + _NAMES + _QUOTE + rb"\s*:\s*" + _QUOTE + _TEXT),
    re.compile(rb"(?i)" + _QUOTE + _NAMES + _QUOTE + rb"\s*:\s*(?P<value>[0-9]{3,})"),
    # "name":"Cookie","value":"…"
    re.compile(
        rb"(?i)\"name\"\s*:\s*\"(?:"
        + _NAMES
        + rb"|"
        + _HEADERS
        + rb")\"\s*,\s*\"value\"\s*:\s*\""
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
    rb"[a-z_]{0,40}(?:token|key|secret))=(?P<value>[^&#\s\"'<>\\]+)"
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
