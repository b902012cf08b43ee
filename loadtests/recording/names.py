"""Names of endpoints, from method and path: checkout.address_form, checkout.address (pure)."""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from loadtests.recording import looks
from loadtests.recording.har import Exchange

_GROUP = "shop"  # of pages that lie at the top
_KIND = re.compile(r"products?|items?|p|orders?|categor(?:y|ies)|collections?|sku")
_WORDS = re.compile(r"[^/:?=&]{1,60}")  # an id may be an address of its own
_API = ("api", "rest", "ajax", "v1", "v2", "v3")


def endpoints(exchanges: Sequence[Exchange], target: str) -> list[str]:
    """Return the endpoint of each exchange; the same method and kind of path is one endpoint."""
    host = urlsplit(target).netloc
    keys = [(one.method, _words(one.url, host)) for one in exchanges]
    sent = {words for method, words in keys if method == "POST"}
    names: dict[tuple[str, tuple[str, ...]], str] = {}
    for (method, words), one in zip(keys, exchanges, strict=True):
        if (method, words) not in names:
            read = "form" if one.document else "get"
            name = _name(method, words, read if words in sent else "")
            alike = sum(
                re.fullmatch(rf"{name}(?:_\d+)?", one) is not None for one in names.values()
            )
            names[method, words] = f"{name}_{alike + 1}" if alike else name
    return [names[key] for key in keys]


def _words(url: str, host: str) -> tuple[str, ...]:
    """Return what stays the same in a path: no ids, no numbers."""
    parts = urlsplit(url)
    words = [] if parts.netloc == host else [_word((parts.hostname or "").split(".")[0])]
    segments = [unquote(part.partition(";")[0]) for part in parts.path.split("/") if part]
    for number, segment in enumerate(segments):
        # Behind a word like "product" or "orders" stands which one, even if it is a word.
        last = number == len(segments) - 1 or "-" in segment
        which = number > 0 and last and _KIND.fullmatch(segments[number - 1]) is not None
        drawn = looks.tokens(segment) or not _WORDS.fullmatch(segment)
        if not (drawn or segment.isdigit() or which or _numbered(segment)):
            words.append(_word(segment))
    return tuple(word for word in words if word and word not in _API)


def _numbered(segment: str) -> bool:
    """Whether it is a word with a number, as orders have: FH-100001."""
    return re.search(r"\d{3,}", segment) is not None


def _word(segment: str) -> str:
    stem = re.sub(r"\.(?:php|html?|aspx?|jsp|do|json)$", "", segment.lower())
    return re.sub(r"[^a-z0-9]+", "_", stem).strip("_")


def _name(method: str, words: tuple[str, ...], read: str) -> str:
    """Return group and name; `read` is what reading is called where the same is sent too."""
    group, *rest = words if len(words) > 1 else (_GROUP, *(words or ("home",)))
    name = f"{group}.{'_'.join(rest)}"
    if method == "GET":
        return f"{name}_{read}" if read else name
    return name if method == "POST" else f"{name}_{method.lower()}"
