"""Failed is the shop's, broken is ours; and what a retry makes of it."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forepost.analysis.decide import Policy, decide
from forepost.model import Fault, Outcome
from probes.child import Result
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site, names

pytestmark = pytest.mark.browser


@contextmanager
def nobody() -> Iterator[str]:
    """Yield an address where nothing listens, and nobody else can: the port is bound."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_a_missing_control_fails_the_step_and_ends_the_run(pool: ProbePool, ask: Ask) -> None:
    """The control is named as the flow says it; the rest of the flow does not run."""
    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "pay"),
            ("click", "Pay now"),
            ("step", "receipt"),
            ("goal", "1"),
            step_deadline_s=3.0,
        )
    )

    assert run.outcome is Outcome.FAILED
    assert names(run) == [("open", "passed"), ("pay", "failed")]
    assert run.failed_step == "pay"
    assert run.steps[1].message.startswith('no get_by_role("link", name="Pay now") after ')
    assert run.steps[1].duration_ms >= 2_900
    assert run.fault is Fault.FLOW, "every page came well: the selector is as suspect as the shop"
    assert run.message.startswith('told, step "pay": no get_by_role("link", name="Pay now") after')
    assert f"runs/{run.id}/pay.png" in run.message


def test_an_empty_goal_fails_with_what_the_network_says(
    pool: ProbePool, ask: Ask, site: Site
) -> None:
    """`no order number`, and the answer that explains it."""
    site.pages["/pay"] = Answer(HELLO.format("sorry"), status=500)

    run = pool.run(ask(("step", "pay"), ("open", "/pay"), ("goal", "")))

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert run.steps[0].message.startswith("no order number after ")
    assert run.steps[0].message.endswith("; GET /pay answered 500")


@pytest.mark.parametrize(
    ("act", "outcome", "said"),
    [
        (("goal of blanks", ""), Outcome.FAILED, "no order number after"),
        (("equal nothing", ""), Outcome.FAILED, "neither is there, so nothing was compared"),
        (("goal of a method", ""), Outcome.BROKEN, "method is never empty"),
        (("goal of a locator", ""), Outcome.BROKEN, "Locator is never empty"),
        (("goal of an answer", "/nowhere"), Outcome.BROKEN, "Response is never empty"),
    ],
)
def test_what_proves_nothing_is_no_goal(
    pool: ProbePool, ask: Ask, act: tuple[str, str], outcome: Outcome, said: str
) -> None:
    """A hard space, a method that was not called, an answer of 404: none makes a run green."""
    run = pool.run(ask(("step", "pay"), ("open", "/"), act))

    assert run.outcome is outcome
    assert said in run.message


def test_figures_that_differ_are_both_named(pool: ProbePool, ask: Ask, site: Site) -> None:
    """The rule and both amounts stand in the message, whatever a frame of somebody else's does."""
    with nobody() as chat:
        site.pages["/"] = Answer(HELLO.format(f"<iframe src='{chat}/chat'></iframe>"))
        run = pool.run(ask(("step", "receipt"), ("open", "/"), ("equal", "5290=4990")))

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert run.steps[0].message.startswith("charged and shown total differ: 5290 and 4990")


def test_a_wait_says_how_long_it_was_and_a_fact_is_one_line(pool: ProbePool, ask: Ask) -> None:
    """The step's deadline came first; a page's words write no second line and no escape."""
    fact, wait = ("fact", "A\n\x1b[2J\u202e7"), ("wait for", "a confirmation mail")
    run = pool.run(ask(("step", "mail"), ("open", "/"), fact, wait, step_deadline_s=2.0))

    assert re.match(r"no confirmation mail within [01]\.\d s after", run.steps[0].message)
    assert dict(run.facts)["order"] == "A [2J 7"


def test_a_payment_provider_that_fails_is_named(pool: ProbePool, ask: Ask, elsewhere: Site) -> None:
    """The challenge page of the provider answers 502: not the shop's own fault."""
    elsewhere.pages["/challenge"] = Answer("bad gateway", status=502)

    run = pool.run(
        ask(
            ("step", "pay"),
            ("open elsewhere", f"{elsewhere.url}/challenge"),
            ("goal", ""),
            shop={"services": {"gateway": elsewhere.url}},
        )
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.PAYMENT_PROVIDER)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (("raise", "typo"), "KeyError: 'typo'"),
        (("run script", "throw new Error('no such thing')"), "Page.evaluate: Error: no such thing"),
        (("ask nobody", "the mailbox is away"), "ConnectionError: the mailbox is away"),
        (("no such verb", ""), "KeyError: 'no such verb'"),
    ],
)
def test_any_other_error_of_the_flow_is_broken(
    pool: ProbePool, ask: Ask, act: tuple[str, str], message: str
) -> None:
    """A fault in the flow file says nothing about the shop."""
    run = pool.run(ask(("step", "open"), ("open", "/"), act, ("goal", "1")))

    assert run.outcome is Outcome.BROKEN
    assert run.fault in (Fault.FLOW, Fault.OURS)
    assert run.steps[0].message.startswith(message)


def test_a_flow_without_a_goal_is_refused(pool: ProbePool, ask: Ask) -> None:
    """A flow that proves nothing must not count as passed."""
    run = pool.run(ask(("step", "open"), ("open", "/")))

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.FLOW)
    assert run.message.startswith("told: flow told ended without a goal: ")


@pytest.mark.parametrize(
    ("acts", "message"),
    [
        ([("step", "a"), ("nest", "b")], 'step "b" begins inside step "a"'),
        ([("step", "a"), ("open", "/"), ("step", "a")], 'two steps are named "a"'),
    ],
)
def test_steps_that_cannot_be_told_apart_are_refused(
    pool: ProbePool, ask: Ask, acts: list[tuple[str, str]], message: str
) -> None:
    """A fault of the flow file, in one line."""
    run = pool.run(ask(*acts))

    assert (run.outcome, run.fault) == (Outcome.BROKEN, Fault.FLOW)
    assert message in run.message


def test_an_expectation_that_fails_names_what_it_found(pool: ProbePool, ask: Ask) -> None:
    """Playwright's own assertions are the shop's failures; they wait as long as a step may."""
    acts = [("step", "read"), ("open", "/"), ("expect", "bye")]

    run = pool.run(ask(*acts, step_deadline_s=3.0))

    assert run.outcome is Outcome.FAILED
    assert 'get_by_role("heading")' in run.message or "Locator expected to have" in run.message


def test_a_setting_that_the_flow_does_not_know_is_broken(pool: ProbePool, ask: Ask) -> None:
    """One line that names the table, and no traceback."""
    run = pool.run(ask(("step", "open"), settings={"colour": "red"}))

    assert (run.outcome, run.steps) == (Outcome.BROKEN, ())
    assert "[flows.told]" in run.message
    assert "colour" in run.message


def test_a_flow_that_is_not_there_names_those_that_are(pool: ProbePool, ask: Ask) -> None:
    """The remedy stands in the line."""
    run = pool.run(ask(flow="gest_checkout"))

    assert run.outcome is Outcome.BROKEN
    assert "no file probes/flows/gest_checkout.py; there is: " in run.message


def test_a_shop_that_is_down_fails_when_our_own_network_works(pool: ProbePool, ask: Ask) -> None:
    """Nothing listens on the shop's port, and our own listener answers: the shop's fault."""
    with nobody() as url:
        run = pool.run(ask(("step", "open"), ("open", "/"), ("see", "hello"), shop={"url": url}))

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP)
    assert "is not reachable (ERR_CONNECTION_REFUSED)" in run.message
    # The browser's own error page is painted in no time: its zeros are not the shop's.
    assert run.steps[0].pages == ()
    # And it is the evidence: what a customer sees of a shop that is not there.
    assert {"screenshot", "dom"} <= {artefact.kind for artefact in run.artefacts}
    assert "evidence not kept" not in dict(run.facts)


def test_a_flake_passes_on_retry_and_stays_visible(
    pool: ProbePool, ask: Ask, site: Site, tmp_path: Path
) -> None:
    """The second attempt decides; what the first one said is kept, with its picture."""
    site.pages["/"] = Answer("no", status=500, then=Answer(HELLO.format("")))
    note = tmp_path / "note"

    run = pool.run(
        ask(
            ("step", "open"),
            ("note", "ran"),
            ("open", "/"),
            ("see", "hello"),
            retry=True,
            step_deadline_s=3.0,
            settings={"note": str(note)},
        )
    )

    assert (run.outcome, run.attempts, run.passed_on_retry) == (Outcome.PASSED, 2, True)
    assert 'step "open": no get_by_text("hello")' in run.first_message
    assert "GET / answered 500" in run.first_message
    assert note.read_text() == "ran\nran\n"
    assert {kept.kind for kept in run.artefacts} >= {"screenshot", "requests"}


def test_a_retry_brings_all_evidence(pool: ProbePool, ask: Ask, site: Site, out: Path) -> None:
    """Screenshot, console, requests and trace, each at its place under runs/."""
    site.pages["/"] = Answer(
        HELLO.format("<script>console.log('cart', 3); oops()</script>"), status=503
    )

    run = pool.run(ask(("step", "open"), ("open", "/"), ("goal", ""), retry=True))

    assert (run.outcome, run.attempts) == (Outcome.FAILED, 2)
    kinds = [kept.kind for kept in run.artefacts]
    assert all(kinds.count(kind) == 2 for kind in ("screenshot", "console", "exchanges", "dom"))
    assert {"trace", "har", "requests"} < {*kinds}
    for kept in run.artefacts:
        assert kept.path.startswith(f"runs/{run.id}/")
        assert (out / kept.path).stat().st_size == kept.size_bytes
    console = (out / f"runs/{run.id}/console.txt").read_text()
    assert "log: cart 3" in console
    assert "uncaught: " in console
    assert "oops is not defined" in console
    failing = json.loads((out / f"runs/{run.id}/requests.json").read_text())
    assert [(row["method"], row["status"]) for row in failing] == [("GET", 503)]


def test_a_failure_before_paying_is_repeated_with_real_money_too(pool: ProbePool, ask: Ask) -> None:
    """Nothing was paid: a second look costs nothing."""
    run = pool.run(
        ask(
            ("step", "address"),
            ("open", "/"),
            ("check", "no forced registration"),
            ("pay step", "pay"),
            ("goal", "1"),
            retry=True,
            shop={"environment": "pay_and_void"},
        )
    )

    assert (run.outcome, run.attempts) == (Outcome.FAILED, 2)
    assert run.steps[0].message.startswith("does not hold: no forced registration")


def test_a_shop_that_must_not_be_paid_is_left_before_the_money(
    pool: ProbePool, ask: Ask, tmp_path: Path
) -> None:
    """The default never pays: the step is not entered, and the run says where it stopped."""
    note = tmp_path / "note"

    run = pool.run(
        ask(
            ("step", "address"),
            ("open", "/"),
            ("pay step", "pay"),
            ("note", "paid"),
            ("goal", "1"),
            shop={"environment": "stop_before_pay"},
            settings={"note": str(note)},
        )
    )

    assert run.outcome is Outcome.PASSED
    assert names(run) == [("address", "passed")]
    assert dict(run.facts)["stopped"].startswith('before "pay"')
    assert not note.exists()


@pytest.mark.parametrize(
    ("second", "attempts", "opens"), [(Outcome.FAILED, 2, True), (Outcome.BROKEN, 1, False)]
)
def test_a_retry_that_broke_on_our_side_is_no_second_failure(
    pool: ProbePool, ask: Ask, second: Outcome, attempts: int, *, opens: bool
) -> None:
    """One failed attempt is not enough for an incident, whatever became of our retry."""
    at = datetime.now(UTC)
    results = [Result(at, at, outcome, message="x") for outcome in (Outcome.FAILED, second)]

    run = pool._verdict(ask(), "run", results, 0.0)

    assert (run.outcome, run.attempts) == (Outcome.FAILED, attempts)
    assert (decide([run], None, Policy(), at) is not None) is opens
