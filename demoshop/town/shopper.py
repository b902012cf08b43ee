"""A customer's browser without the pixels: pages, forms, and what a person would notice."""

import html
import re
import time
from types import TracebackType
from typing import Self
from urllib.parse import urljoin, urlsplit

import requests

from demoshop.town.decisions import Kind

_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.IGNORECASE | re.DOTALL)
_INPUT = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_SILENT = re.compile(
    r"<(script|style|template|head)\b.*?</\1>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_MARKUP = re.compile(r"<[^>]+>")
SERVER_ERROR = 500
CLIENT_ERROR = 400


class TroubleError(Exception):
    """What a customer runs into: `situation` says what he was doing, `str()` what he saw."""

    def __init__(self, situation: Kind, saw: str) -> None:
        super().__init__(saw)
        self.situation = situation


class Shopper:
    """One customer's session: cookies, the page he is on, and his patience."""

    def __init__(self, shop: str, patience_s: float) -> None:
        self._shop = shop
        self._patience_s = patience_s
        self._session = requests.Session()
        self._session.trust_env = False  # loopback only; reading proxies costs more than a page
        self._session.headers["User-Agent"] = "Mozilla/5.0 (a customer of the town)"
        self.page: requests.Response | None = None
        self.doing = Kind.BROWSER

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def get(self, path: str, *, refusal_ok: bool = False) -> requests.Response:
        """Open a page; TroubleError when it fails as a customer would see it."""
        return self._ask("GET", urljoin(self._shop, path), None, refusal_ok=refusal_ok)

    def submit(
        self, path: str, fields: dict[str, str], *, refusal_ok: bool = False
    ) -> requests.Response:
        """Fill in and send the form of the current page that goes to `path`."""
        if self.page is None:
            raise TroubleError(self.doing, "no page to fill in")
        hidden = hidden_fields(self.page.text, self.page.url, path)
        if hidden is None:
            raise TroubleError(self.doing, f"{_path(self.page.url)}: no form for {path}")
        where = urljoin(self.page.url, path)
        return self._ask("POST", where, {**hidden, **fields}, refusal_ok=refusal_ok)

    def _ask(
        self, method: str, url: str, data: dict[str, str] | None, *, refusal_ok: bool
    ) -> requests.Response:
        began = time.monotonic()
        try:
            answer = self._session.request(method, url, data=data, timeout=self._patience_s)
        except requests.Timeout:
            waited_s = time.monotonic() - began
            raise TroubleError(self.doing, f"{_path(url)}: nothing for {waited_s:.0f} s") from None
        except requests.RequestException as error:
            raise TroubleError(self.doing, f"{_path(url)}: {type(error).__name__}") from None
        self.page = answer
        refused = answer.status_code >= CLIENT_ERROR and not refusal_ok
        if answer.status_code >= SERVER_ERROR or refused:
            raise TroubleError(self.doing, f"{_path(answer.url)}: error {answer.status_code}")
        return answer


def hidden_fields(page: str, url: str, path: str) -> dict[str, str] | None:
    """Return the hidden fields of the form that posts to `path`; None without such a form."""
    for found in _FORM.finditer(page):
        action = _attributes(found[1]).get("action") or url
        if _path(urljoin(url, action)) == path:
            inputs = [_attributes(tag) for tag in _INPUT.findall(found[2])]
            return {
                field["name"]: field.get("value", "")
                for field in inputs
                if field.get("type", "").lower() == "hidden" and "name" in field
            }
    return None


def visible_text(page: str) -> str:
    """Return roughly what a person reads on a page."""
    return html.unescape(_MARKUP.sub(" ", _SILENT.sub(" ", page)))


def _attributes(tag: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(tag)
    }


def _path(url: str) -> str:
    return urlsplit(url).path
