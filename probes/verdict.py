"""What a failure in a step means, and whose it is. Our own faults are never the shop's."""

import re
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from forepost.errors import BrowserError, ForepostError
from forepost.model import Fault, Outcome
from probes.clock import DATE_INVALID, certificate_of, own_clock
from probes.deadline import DeadlinePassed
from probes.journey import RUN, Verdict
from probes.network import NO_ROUTE, own_fault

BAD_STATUS = 400
SERVER_ERROR = 500
GATEWAY_TIMEOUT = 504
SAFE = ("GET", "HEAD", "OPTIONS")  # RFC 9110, 9.2.1: these ask for nothing to be done
MESSAGE_LENGTH = 400  # of what is told; cut when it is masked, never before
UNMASKED_LENGTH = 2_000  # a secret that is cut in two is known by no mask
DOWNLOAD = "Download is starting"
# What a browser refuses or cannot do by itself: the shop was never asked.
_NOT_ASKED = re.compile(
    r"ERR_(?:UNSAFE_PORT|INVALID_URL|DISALLOWED_URL_SCHEME|UNKNOWN_URL_SCHEME|FILE_[A-Z_]+|"
    r"BLOCKED_BY_(?:ADMINISTRATOR|CLIENT)|NETWORK_IO_SUSPENDED|INSUFFICIENT_RESOURCES|OUT_OF_MEMORY|"
    r"INTERNET_DISCONNECTED|NETWORK_CHANGED|NETWORK_ACCESS_DENIED|PROXY_CONNECTION_FAILED|"
    r"NO_SUPPORTED_PROXIES|MANDATORY_PROXY_CONFIGURATION_FAILED|TUNNEL_CONNECTION_FAILED)"
    r"|NS_ERROR_(?:PORT_ACCESS_NOT_ALLOWED|MALFORMED_URI|UNKNOWN_PROTOCOL|UNKNOWN_PROXY_HOST|"
    r"PROXY_CONNECTION_REFUSED)"
)
_WAITING = re.compile(r"- waiting for (.+)")
_AMBIGUOUS = re.compile(r"strict mode violation: (.+?) resolved to \d+ elements")
_SELECTOR = re.compile(r"selector='(.*)'>$", re.DOTALL)
_FORMS = (
    (re.compile(r'internal:role=(\w+)\[name="(.*?)"[is]?\]'), r'get_by_role("\1", name="\2")'),
    (re.compile(r"internal:role=(\w+)"), r'get_by_role("\1")'),
    (re.compile(r'internal:(text|label)="(.*?)"[is]?'), r'get_by_\1("\2")'),
    (re.compile(r'internal:attr=\[(\w+)="(.*?)"[is]?\]'), r'get_by_\1("\2")'),
)
_NET = re.compile(r"(?:net::)?((?:ERR|NS_ERROR)_[A-Z_]+)(?: at (\S+))?")
# Of terminals (C0, C1), and of directions: they make a line read as another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


@dataclass(slots=True)
class Request:
    """What became of one request of the step; `status` and `failure` None: no answer yet."""

    method: str
    url: str
    kind: str  # document, script, xhr, …
    first_party: bool
    status: int | None = None
    failure: str | None = None
    since: float = field(default_factory=time.monotonic)
    silence: str = ""  # what is known of its connection while there is no answer
    framed: bool = False  # a page inside the customer's: an advertisement, a card form

    @property
    def bad(self) -> bool:
        """Whether it failed or was answered with an error."""
        return self.failure is not None or (self.status or 0) >= BAD_STATUS

    @property
    def pending(self) -> bool:
        """Whether it waits for its answer."""
        return self.status is None and self.failure is None

    def say(self) -> str:
        """Return `POST /checkout/pay answered 500`."""
        parts = urlsplit(self.url)
        place = parts.path if self.first_party else f"{parts.netloc}{parts.path}"
        if self.pending and self.silence:
            return f"{self.method} {place}: {self.silence}"
        end = f"answered {self.status}" if self.failure is None else f"failed ({self.failure})"
        return f"{self.method} {place} {'has no answer' if self.pending else end}"


class Scene(Protocol):
    """What can be asked about the browser and its requests in this step."""

    payment_hosts: frozenset[str]

    @property
    def threw(self) -> bool:
        """Whether a script of the page threw, and nobody caught it."""
        ...

    @property
    def deaf(self) -> bool:
        """Whether the page called so much that what it sends is no longer known."""
        ...

    def gone(self) -> bool:
        """Whether the browser or the page has ended."""
        ...

    def answers(self) -> bool:
        """Whether the browser itself still answers."""
        ...

    def requests(self) -> Sequence[Request]:
        """Return the requests of this step, oldest first."""
        ...


def judge(error: BaseException, scene: Scene) -> Verdict:
    """Return the verdict on what left a step."""
    if isinstance(error, ForepostError):
        fault = Fault.OURS if isinstance(error, BrowserError) else Fault.FLOW
        return Verdict(Outcome.BROKEN, fault, one_line(str(error)))
    if not isinstance(error, (AssertionError, PlaywrightError, DeadlinePassed)):
        # The mailbox or the provider's books did not answer us: nothing a customer saw.
        fault = Fault.OURS if isinstance(error, requests.RequestException) else Fault.FLOW
        return Verdict(Outcome.BROKEN, fault, f"{type(error).__name__}: {one_line(str(error))}")
    if scene.gone():
        return Verdict(Outcome.BROKEN, Fault.OURS, "the browser ended in mid-run")
    if not scene.answers():
        return Verdict(Outcome.BROKEN, Fault.OURS, "the browser hangs")
    if isinstance(error, PlaywrightError) and not isinstance(error, PlaywrightTimeout):
        return _browser_said(error, scene)
    return _customer_stuck(error, scene)


def outside(error: BaseException) -> Verdict:
    """Return the verdict on what left the flow file outside of all steps."""
    if isinstance(error, ForepostError):
        fault = Fault.OURS if isinstance(error, BrowserError) else Fault.FLOW
        return Verdict(Outcome.BROKEN, fault, one_line(str(error)))
    if isinstance(error, DeadlinePassed):
        return Verdict(Outcome.BROKEN, Fault.FLOW, "the run's deadline passed outside of a step")
    said = f"{type(error).__name__} outside of a step: {one_line(str(error))}"
    fault = Fault.OURS if isinstance(error, requests.RequestException) else Fault.FLOW
    return Verdict(Outcome.BROKEN, fault, said)


def waited_for(error: BaseException) -> str:
    """Return the control that a call or an assertion looked for; empty if it was none."""
    found = _wanted(error) or next(
        (hit[1] for form in (_WAITING, _AMBIGUOUS) if (hit := form.search(str(error)))), ""
    )
    return one_line(found) if found else ""


def one_line(text: str) -> str:
    """Return the first line of a hostile text, bounded and without control characters.

    It is still to be masked: see `told`.
    """
    line = next((line for line in text.strip().splitlines() if line.strip()), "no reason given")
    return _CONTROL.sub(" ", line).strip()[:UNMASKED_LENGTH]


def told(text: str, clean: Callable[[str], str]) -> str:
    """Return a hostile text as people may read it: on one line, masked, and only then cut."""
    return clean(one_line(text))[:MESSAGE_LENGTH]


def _browser_said(error: PlaywrightError, scene: Scene) -> Verdict:
    """Judge an error that is no timeout: no route, a refused page, or a fault of the flow."""
    found = _NET.search(str(error))
    if DOWNLOAD in str(error):
        return Verdict(Outcome.FAILED, Fault.SHOP, "the address is a download, not a page")
    if found is None:
        return Verdict(Outcome.BROKEN, Fault.FLOW, one_line(str(error)))
    url = found[2] or ""
    if DATE_INVALID.fullmatch(found[1]) and (dead := _dead_document(scene.requests(), scene)):
        url = dead.url  # a redirect may have led to another host
    return _unreachable(found[1], url) or Verdict(Outcome.FAILED, Fault.SHOP, one_line(str(error)))


def _unreachable(reason: str, url: str) -> Verdict | None:
    """Judge a missing route; None if the reason is another one."""
    if _NOT_ASKED.fullmatch(reason):
        said = f"the shop was never asked: {reason} at {url or 'no address'}"
        return Verdict(Outcome.BROKEN, Fault.OURS, said)
    host = urlsplit(url).netloc or "the shop"
    if DATE_INVALID.search(reason):
        return _not_valid_today(reason, url, host)
    if not NO_ROUTE.search(reason):
        return None
    ours = own_fault(reason, url)
    if ours:
        return Verdict(Outcome.BROKEN, Fault.OURS, f"{ours}: {reason} at {host}")
    return Verdict(Outcome.FAILED, Fault.SHOP, f"{host} is not reachable ({reason})")


def _not_valid_today(reason: str, url: str, host: str) -> Verdict | None:
    """Judge a certificate that is not valid by our clock; None if it cannot be looked at."""
    now = datetime.now(UTC)
    shown = certificate_of(url)
    if shown is None:
        return None
    if ours := own_clock(shown, now):
        return Verdict(Outcome.BROKEN, Fault.OURS, f"{ours}: {reason} at {host}")
    span = f"{shown.begins_at:%Y-%m-%d} to {shown.ends_at:%Y-%m-%d}"
    said = f"the certificate of {host} is valid from {span}, not today ({reason})"
    if shown.begins_at <= now <= shown.ends_at:
        said = f"a certificate that {host} shows is not valid today ({reason})"
    return Verdict(Outcome.FAILED, Fault.SHOP, said)


def _dead_document(made: Sequence[Request], scene: Scene) -> Request | None:
    """Return the latest page that did not come at all.

    Somebody else's frame in a page explains nothing: its host may be unknown to this network.
    """
    dead = (r for r in reversed(made) if r.kind == "document" and r.failure)
    return next((r for r in dead if not r.framed or _matters(r, scene)), None)


def _customer_stuck(error: BaseException, scene: Scene) -> Verdict:
    """Judge a rule that does not hold, a control that is missing, or a wait that was too long."""
    made = scene.requests()
    dead = _dead_document(made, scene)
    if dead is not None and (verdict := _unreachable(dead.failure or "", dead.url)):
        return verdict
    suspects = [request for request in made if request.bad and _matters(request, scene)]
    waiting = [request for request in made if request.pending]
    cause = suspects[-1] if suspects else _slow(waiting, scene)
    fault = _fault(error, cause, waiting, scene)
    if cause is not None and urlsplit(cause.url).netloc in scene.payment_hosts:
        fault = Fault.PAYMENT_PROVIDER
    said = cause.say() if cause else ""
    return Verdict(Outcome.FAILED, fault, _say(error), said, _unanswered(made, scene))


def _unanswered(made: Sequence[Request], scene: Scene) -> bool:
    """Whether a form or a call was sent, and nobody knows what became of it behind the shop."""
    return scene.deaf or any(
        request.method not in SAFE
        and _matters(request, scene)
        and (request.pending or request.failure is not None or request.status == GATEWAY_TIMEOUT)
        for request in made
    )


def _fault(
    error: BaseException, cause: Request | None, waiting: Sequence[Request], scene: Scene
) -> Fault:
    """Say whose it most likely is; the evidence has the last word."""
    if cause is not None or isinstance(error, AssertionError):
        return Fault.SHOP
    if waiting and not any(request.first_party for request in waiting):
        return Fault.THIRD_PARTY
    # Every page came well, no script threw, and yet a control is missing: the selector is as
    # suspect as the shop.
    return Fault.FLOW if _wanted(error) and not scene.threw else Fault.SHOP


def _matters(request: Request, scene: Scene) -> bool:
    """Whether a bad request can explain a failure: the shop's pages and calls, the provider."""
    if urlsplit(request.url).netloc in scene.payment_hosts:
        return True
    return request.first_party and request.kind in ("document", "xhr", "fetch")


def _slow(waiting: Sequence[Request], scene: Scene) -> Request | None:
    return next((request for request in waiting if _matters(request, scene)), None)


def _say(error: BaseException) -> str:
    """Return what a person needs of an error: what was waited for, or the rule."""
    wanted = _wanted(error)
    if wanted:
        return f"no {wanted}"
    if isinstance(error, DeadlinePassed):
        return "the run's deadline passed" if str(error) == RUN else "the step's deadline passed"
    text = str(error)
    if isinstance(error, PlaywrightTimeout):
        return one_line(text).removesuffix(" exceeded.")
    lines = [line.strip() for line in text.splitlines()]
    actual = next((line for line in lines if line.startswith("Actual value:")), "")
    return f"{one_line(text)}{f' ({one_line(actual)})' if actual else ''}"


def _wanted(error: BaseException) -> str:
    """Return the control that a call waited for; empty if it waited for none."""
    if isinstance(error, PlaywrightTimeout):
        found = _WAITING.search(str(error))
        return one_line(found[1]) if found else ""
    if isinstance(error, DeadlinePassed):
        for frame, _ in traceback.walk_tb(error.__traceback__):
            who = frame.f_locals.get("self")
            # An assertion keeps the locator that it looks at to itself.
            who = getattr(getattr(who, "_impl_obj", None), "_actual_locator", who)
            if "Locator" in type(who).__name__ and (found := _SELECTOR.search(repr(who))):
                return one_line(_readable(found[1]))
    return ""


def _readable(selector: str) -> str:
    """Turn Playwright's inner selectors back into what a flow says."""
    for pattern, form in _FORMS:
        selector = pattern.sub(form, selector)
    return selector
