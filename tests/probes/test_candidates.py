"""What stands on the page instead of the control that was waited for."""

import json
from pathlib import Path

import pytest

from forepost.model import Outcome
from probes.artefacts.candidates import Control, likeness, rank, shown, wish_of
from probes.pool import ProbePool
from probes.scrubbing.scrub import Scrubber
from tests.probes.site import HELLO, Answer, Ask, Site

SHOP = [
    Control("heading", "Payment"),
    Control("textbox", "Card number"),
    Control("button", "Pay"),
    Control("button", "Buy now"),
    Control("link", "Pay later"),
    Control("button", "Search", visible=False),
]


def said(wanted: str) -> list[str]:
    """Return what is nearest in the small shop above."""
    wish = wish_of(wanted)
    assert wish is not None
    return [control.say() for control in rank(wish, SHOP)]


def test_the_same_role_comes_first_by_name() -> None:
    """What is hidden comes last; a link that is not alike is left out."""
    assert said('get_by_role("button", name="Pay now")') == [
        'button "Pay"',
        'button "Buy now"',
        'button "Search" (hidden)',
    ]


def test_a_label_is_looked_for_among_fields() -> None:
    """A button of that name would not do."""
    assert said('get_by_label("Card-Number")') == ['textbox "Card number"']


def test_a_selector_is_compared_by_its_words() -> None:
    """`#pay-button` means something that pays."""
    found = rank(
        wish_of('locator("#pay-button")') or pytest.fail("no wish"),
        [Control("button", "Zahlen", id="pay-btn"), Control("button", "Hilfe", id="help")],
    )

    assert [control.id for control in found] == ["pay-btn"]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ('locator("form").get_by_role("button", name="Pay (now)").first', "Pay (now)"),
        ('get_by_role("button", name=re.compile(r"Pay"))', "Pay"),
        ("get_by_text('Pay')", "Pay"),
    ],
)
def test_the_name_is_read_out_of_the_locator(wanted: str, name: str) -> None:
    """The last locator of a chain names the control."""
    wish = wish_of(wanted)

    assert wish is not None
    assert wish.name == name


def test_what_waits_for_no_control_has_no_neighbours() -> None:
    """A rule that does not hold is no missing control."""
    assert wish_of("") is None
    assert wish_of("an order number") is None


def test_a_control_is_masked_before_it_is_cut() -> None:
    """Half a card number would be known by no mask."""
    said = f"{'x' * 50} 4242424242424242"
    control = Control("button", said, html=f"<i title='{'x' * 280} 4242424242424242'>")

    kept = shown(control, Scrubber().text)

    assert "4" not in kept.name + kept.html
    assert (len(kept.name), len(kept.html)) == (60, 300)


def test_likeness_is_none_without_a_name() -> None:
    """A locator without a name is like nothing in particular."""
    assert likeness("", SHOP[2]) == 0


@pytest.mark.browser
def test_a_run_names_the_nearest_controls(pool: ProbePool, ask: Ask, site: Site, out: Path) -> None:
    """In a fact, and in a file with their tags; disabled and shadowed ones too."""
    site.pages["/"] = Answer(
        HELLO.format(
            "<a href=/x>Later</a><button disabled>Pay now</button><div id=host></div>"
            "<script>host.attachShadow({mode:'open'}).innerHTML='<a href=/y>Pay at once</a>'"
            "</script>"
        )
    )
    run = pool.run(ask(("step", "pay"), ("open", "/"), ("click", "Pay now"), step_deadline_s=4.0))
    facts = dict(run.facts)
    files = [out / kept.path for kept in run.artefacts if kept.kind == "nearest"]

    assert run.outcome is Outcome.FAILED
    assert facts["nearest"] == (
        'no get_by_role("link", name="Pay now"); nearest: '
        'link "Pay at once", link "Later", button "Pay now" (disabled)'
    )
    told = json.loads(files[0].read_text("utf-8"))
    assert told["wanted"] == 'get_by_role("link", name="Pay now")'
    assert told["nearest"][2]["html"] == '<button disabled=""></button>'
