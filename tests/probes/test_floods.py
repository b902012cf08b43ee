"""Pages that flood: with calls of their server, and with lines for the console."""

from pathlib import Path

import pytest

from forepost.model import Fault, Outcome
from probes.measures.flood import SAID
from probes.pool import ProbePool
from tests.probes.hostile import BOUND_BYTES, held, script, walk
from tests.probes.site import Ask, Site

pytestmark = pytest.mark.browser

FLOOD = (
    "setInterval(() => { for (let i = 0; i < 4; i++) fetch('/next?' + Math.random()).catch(() => 0)"
    " }, 5)"
)
IN_FLOOD = (("step", "open"), ("open", "/flood"), ("wait", "1500"))


def test_a_page_that_calls_800_times_a_second_can_be_left(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """What it asks for is not what the customer came for."""
    site.pages["/flood"] = script(FLOOD)

    run = walk(
        sound,
        ask,
        *IN_FLOOD,
        ("see", "hello"),
        ("step", "go on"),
        ("open", "/"),
        ("see", "hello"),
    )

    assert run.outcome is Outcome.PASSED, run.message
    assert dict(run.facts).get("calls of the page", SAID) == SAID
    held(run, out)


def test_what_such_a_page_does_not_have_is_the_shops(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """The rule that it breaks is told, and never "the browser hangs"."""
    site.pages["/flood"] = script(FLOOD)

    run = walk(
        sound,
        ask,
        *IN_FLOOD,
        ("check", "the shelf is full"),
        ("goal", "1"),
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP), run.message
    assert "the shelf is full" in run.message
    held(run, out)


def test_errors_thrown_without_end_do_not_hold_a_run(
    sound: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """They are heard as the lines of a console are: so many, and no more."""
    site.pages["/throws"] = script(
        "for (let i = 0; i < 3000; i++) setTimeout(() => { throw new Error('boom') }, 0);"
        " setTimeout(() => document.body.append('thrown'), 0)"
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/throws"),
        ("see", "thrown"),
        ("check", "the shelf is full"),
        ("goal", "1"),
    )

    assert (run.outcome, run.fault) == (Outcome.FAILED, Fault.SHOP), run.message
    (console,) = [out / kept.path for kept in run.artefacts if kept.kind == "console"]
    assert "the rest is not read" in console.read_text("utf-8")
    held(run, out)


def test_ten_thousand_console_lines_are_bounded(sound: ProbePool, ask: Ask, site: Site) -> None:
    """Long ones too; the verdict and the last lines are there."""
    site.pages["/loud"] = script(
        "for (let i = 0; i < 10000; i++) console.log(i + ' ' + 'y'.repeat(2000))"
    )

    run = walk(
        sound,
        ask,
        ("step", "open"),
        ("open", "/loud"),
        ("wait", "500"),
        ("check", "the shelf is full"),
        ("goal", "1"),
        retry=True,
    )

    assert run.outcome is Outcome.FAILED, run.message
    consoles = [kept for kept in run.artefacts if kept.kind == "console"]
    assert consoles
    assert all(kept.size_bytes < 200_000 for kept in consoles)
    held_bytes = sum(kept.size_bytes for kept in run.artefacts)
    assert held_bytes < 2 * BOUND_BYTES
