"""Rules that need no browser: jobs on the pipe, parties, blame."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
import requests
from playwright.sync_api import Error as PlaywrightError

from forepost.config import Secret
from forepost.errors import BrowserError, ProbeError
from forepost.model import Fault, Outcome, PageTiming, StepResult
from probes import network, verdict
from probes.deadline import DeadlinePassed
from probes.job import (
    Order,
    ProbeJob,
    dumps,
    loads,
    order_line,
    plain,
    read_order,
    read_step,
    step_event,
)
from probes.measures.vitals import first_party, timing
from probes.scrubbing.scrub import Scrubber
from probes.verdict import Request, judge, outside

URL = "http://127.0.0.1:8000"
JOB = ProbeJob(
    flow="checkout",
    location="here",
    slot_at=datetime(2026, 1, 2, tzinfo=UTC),
    settings={"card": Secret("4242"), "products": ("a", "b"), "budget_ms": 4.5},
    shop={"url": URL, "token": Secret("t"), "services": {"mail": "http://127.0.0.1:8001"}},
)


def test_an_order_survives_the_pipe() -> None:
    """One line each way; secrets are secrets again, tuples tuples."""
    order = Order(JOB, "run", 2, folders={"probes.flows": ("/a",)})
    line = order_line(order)

    assert "\n" not in line
    assert read_order(line) == order
    assert "4242" not in repr(read_order(line))


def test_a_step_survives_the_pipe() -> None:
    """With its pages, and what is missing stays missing."""
    page = PageTiming(url=URL, ttfb_ms=1.5, requests=2)
    step = StepResult("pay", Outcome.FAILED, 12.5, URL, "no", 4.0, (page,), "runs/1/pay.png")

    assert read_step(loads(dumps(step_event(step)))) == step


def test_a_setting_that_cannot_cross_names_its_type() -> None:
    """One line for a plugin's author."""
    with pytest.raises(TypeError, match="a setting of type complex cannot reach a worker"):
        order_line(Order(replace(JOB, settings={"x": 1j}), "run"))


def test_settings_become_a_plain_dict() -> None:
    """From an instance, from a mapping, from nothing."""

    @dataclass(frozen=True, slots=True)
    class Settings:
        card: Secret
        limit_s: float = 1.0

    assert plain(Settings(Secret("x"))) == {"card": Secret("x"), "limit_s": 1.0}
    assert plain({"a": 1}) == {"a": 1}
    assert plain(None) == {}


@pytest.mark.parametrize(
    ("url", "shop", "first"),
    [
        ("http://127.0.0.1:8000/a", URL, True),
        ("http://127.0.0.1:8001/a", URL, False),
        ("https://img.shop.example/a.png", "https://www.shop.example", True),
        ("https://shop.example/", "https://www.shop.example", True),
        ("https://notshop.example/", "https://shop.example", False),
        ("https://shop.example.evil.example/", "https://shop.example", False),
        ("http://localhost:9/", "http://localhost:8/", False),
        ("http://[broken", URL, False),
    ],
)
def test_parties(url: str, shop: str, first: bool) -> None:
    """A shop's own hosts are first party; on bare addresses the port counts."""
    assert first_party(url, shop) is first


def test_figures_out_of_a_page_are_not_trusted() -> None:
    """A page may overwrite anything: what is no sane number is missing, not zero."""
    figures = {
        "ttfb_ms": "soon",
        "fcp_ms": -1,
        "lcp_ms": float("nan"),
        "cls": True,
        "dcl_ms": 7,
        "lcp_element": "x" * 500,
        "traffic": {"hosts": {URL: [2, 10], "http://cdn.example": [1, 0]}, "unsized": ["http://u"]},
    }

    got = timing(figures, URL, URL, {"http://u": 5})

    assert (got.ttfb_ms, got.fcp_ms, got.lcp_ms, got.cls, got.load_ms) == (None,) * 5
    assert got.dcl_ms == 7.0
    assert len(got.lcp_element or "") == 80
    assert (got.requests, got.bytes, got.third_party_requests, got.third_party_bytes) == (
        3,
        15,
        1,
        5,
    )


@dataclass
class Stage:
    """A scene as a test sets it."""

    payment_hosts: frozenset[str] = frozenset()
    threw: bool = False
    ended: bool = False
    alive: bool = True
    deaf: bool = False
    made: list[Request] = field(default_factory=list)

    def gone(self) -> bool:
        """Whether the browser ended."""
        return self.ended

    def answers(self) -> bool:
        """Whether it answers."""
        return self.alive

    def requests(self) -> list[Request]:
        """Return the requests of the step."""
        return self.made


@pytest.mark.parametrize(
    ("error", "stage", "outcome", "fault"),
    [
        (AssertionError("no"), Stage(), Outcome.FAILED, Fault.SHOP),
        (AssertionError("no"), Stage(ended=True), Outcome.BROKEN, Fault.OURS),
        (DeadlinePassed("step"), Stage(), Outcome.FAILED, Fault.SHOP),
        (DeadlinePassed("step"), Stage(alive=False), Outcome.BROKEN, Fault.OURS),
        (
            DeadlinePassed("step"),
            Stage(made=[Request("GET", "http://cdn/x.js", "script", first_party=False)]),
            Outcome.FAILED,
            Fault.THIRD_PARTY,
        ),
        (PlaywrightError("strict mode violation"), Stage(), Outcome.BROKEN, Fault.FLOW),
        (PlaywrightError("net::ERR_EMPTY_RESPONSE at x"), Stage(), Outcome.FAILED, Fault.SHOP),
        (PlaywrightError("net::ERR_UNSAFE_PORT at x"), Stage(), Outcome.BROKEN, Fault.OURS),
        (PlaywrightError("net::ERR_BLOCKED_BY_CLIENT at x"), Stage(), Outcome.BROKEN, Fault.OURS),
        (PlaywrightError("net::ERR_PROXY_CONNECTION_FAILED"), Stage(), Outcome.BROKEN, Fault.OURS),
        (BrowserError("none"), Stage(), Outcome.BROKEN, Fault.OURS),
        (ProbeError("bad"), Stage(), Outcome.BROKEN, Fault.FLOW),
        (ZeroDivisionError("x"), Stage(), Outcome.BROKEN, Fault.FLOW),
        (KeyboardInterrupt(), Stage(), Outcome.BROKEN, Fault.FLOW),
    ],
)
def test_blame(error: BaseException, stage: Stage, outcome: Outcome, fault: Fault) -> None:
    """One row for each kind of failure."""
    got = judge(error, stage)

    assert (got.outcome, got.fault) == (outcome, fault)


def test_what_was_not_heard_may_have_been_a_payment() -> None:
    """A page that flooded us with calls: that none is known to be open proves nothing."""
    assert not judge(AssertionError("no"), Stage()).unanswered
    assert judge(AssertionError("no"), Stage(deaf=True)).unanswered


@pytest.mark.parametrize(
    ("reason", "url", "broken_part", "outcome"),
    [
        ("ERR_NAME_NOT_RESOLVED", "https://shop.example/", "_resolves", Outcome.BROKEN),
        ("ERR_NAME_NOT_RESOLVED", "https://shop.example/", "", Outcome.FAILED),
        ("ERR_ADDRESS_UNREACHABLE", "https://shop.example/", "_has_route", Outcome.BROKEN),
        ("ERR_CONNECTION_REFUSED", "https://shop.example/", "_resolves", Outcome.FAILED),
        ("ERR_CONNECTION_REFUSED", URL, "_loopback_answers", Outcome.BROKEN),
        ("ERR_CONNECTION_REFUSED", URL, "", Outcome.FAILED),
    ],
)
def test_no_route_is_the_shops_only_if_our_network_works(
    monkeypatch: pytest.MonkeyPatch, reason: str, url: str, broken_part: str, outcome: Outcome
) -> None:
    """Each part of our side that can be broken, and the shop's silence with all of it sound."""
    for part in ("_resolves", "_has_route", "_loopback_answers"):
        works = part != broken_part
        monkeypatch.setattr(network, part, lambda *_, works=works: works)

    opened = judge(PlaywrightError(f"Page.goto: net::{reason} at {url}"), Stage())
    dead = Request("POST", url, "document", first_party=True, failure=f"net::{reason}")
    clicked = judge(DeadlinePassed("step"), Stage(made=[dead]))

    assert opened.outcome is clicked.outcome is outcome
    assert (opened.fault is Fault.OURS) is (outcome is Outcome.BROKEN)


def test_our_own_loopback_answers() -> None:
    """The check itself, on this machine."""
    assert network.own_fault("ERR_CONNECTION_REFUSED", URL) == ""


def test_hostile_text_is_one_short_line() -> None:
    """A page's words cannot write two lines or an escape into a log."""
    got = verdict.told("\n\x1b[31m\x9b1mred\u202e\u2066" + "x" * 500 + "\nsecond", str)

    assert got.isprintable()
    assert len(got) == verdict.MESSAGE_LENGTH


def test_a_text_is_masked_before_it_is_cut() -> None:
    """Half a card number is no card number to any mask, and says eight digits to everybody."""
    said = f"{'x' * (verdict.MESSAGE_LENGTH - 12)} 4242 4242 4242 4242 was not accepted"

    assert "4242" not in verdict.told(said, Scrubber().text)


def test_an_error_outside_of_a_step_is_the_flows() -> None:
    """Nothing a customer does stands outside of a step."""
    assert outside(ValueError("x")).fault is Fault.FLOW
    assert outside(requests.ConnectionError("the mailbox is away")).fault is Fault.OURS
    assert outside(BrowserError("x")).fault is Fault.OURS
    assert "deadline" in outside(DeadlinePassed("run")).message
