"""A flow that cannot fail is refused before it runs, by one line that says where and why."""

from pathlib import Path

import pytest

from forepost import plugins
from forepost.errors import ProbeError
from probes import flows
from probes.goal import see_goal, see_goals
from probes.proof import empty

FLOW = '''"""A flow."""
from dataclasses import dataclass
from playwright.sync_api import expect
{more}

@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


def run(shop, journey, settings):
    """Walk."""
    page = journey.page
    with journey.step("look"):
{body}
'''


def flow(folder: Path, *lines: str, more: str = "") -> Path:
    """Write a flow whose one step has these lines."""
    file = folder / "mine.py"
    body = "\n".join(f"        {line}" for line in lines)
    file.write_text(FLOW.format(body=body, more=more), "utf-8")
    return file


def test_every_flow_that_ships_has_a_goal_that_can_be_missed() -> None:
    """The rule holds for our own files first."""
    ours = Path(flows.__file__).parent  # other tests add folders of their own to the room
    names = [name for name in plugins.names("probes.flows") if (ours / f"{name}.py").exists()]
    assert len(names) >= 6

    see_goals(names)


@pytest.mark.parametrize(
    "line",
    [
        'journey.goal(page.title(), "a title")',
        'journey.goal(page.get_by_role("heading").inner_text(), "a heading")',
        'journey.goal(page.get_by_role("listitem").count(), "something in the cart")',
        'journey.goal(page.locator("#number").first.is_visible(), "an order number")',
        'number = page.url.split("/")[-1]; journey.goal(number, "an order number")',
        'journey.goal(value=page.url.endswith("/done"), what="the last page")',
        'journey.goal([line for line in page.title().split()][0], "a word")',
        'journey.goal(shop.orders("a@b.invalid"), "an order")',
        'journey.goal([*shop.orders("a@b.invalid")], "an order")',
        'journey.goal(page.title() or page.url, "a title")',
        'journey.goal(page.url and "there", "a page")',
        'orders = shop.orders("a@b.invalid"); journey.goal(orders.first, "an order")',
    ],
)
def test_a_goal_that_is_read_from_the_page_is_accepted(tmp_path: Path, line: str) -> None:
    """Whatever can be empty may be a goal."""
    see_goal(flow(tmp_path, line))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('journey.goal(True, "done")', "True is a constant"),
        ('journey.goal("done", "done")', "'done' is a constant"),
        ('journey.goal(1 == 1 and not False, "done")', "is a constant"),
        ('journey.goal((1, 2), "done")', "is a constant"),
        ('reached = True; journey.goal(reached, "done")', "True is a constant"),
        ('journey.goal(f"order {page.url}", "done")', "is never empty"),
        ('journey.goal([page.title()], "done")', "is never empty"),
        ('journey.goal(lambda: page.title(), "done")', "is never empty"),
        ('journey.goal(page.get_by_role("heading"), "a heading")', "is a locator"),
        ('journey.goal(page.locator("h1").first, "a heading")', "is a locator"),
        ('heading = page.locator("h1"); journey.goal(heading, "a heading")', "is a locator"),
        ('journey.goal(page.title() or "unknown", "a title")', "is never empty"),
        ('journey.goal("order " + page.title(), "an order")', "is never empty"),
        ('journey.goal("yes" if page.url else "no", "a page")', "is never empty"),
        ("journey.goal()", "it has no value"),
    ],
)
def test_a_goal_that_cannot_be_missed_is_refused(tmp_path: Path, line: str, why: str) -> None:
    """One line: the file, the line number, the call, the reason, the remedy."""
    file = flow(tmp_path, line)

    with pytest.raises(ProbeError) as refused:
        see_goal(file)

    said = str(refused.value)
    assert said.startswith(f"{file}:15: journey.goal(")
    assert why in said
    assert said.endswith("VALUE read from the page")
    assert "\n" not in said


@pytest.mark.parametrize(
    "lines",
    [
        ('page.goto("/")',),
        ('page.get_by_role("button").click()', 'journey.check(page.title(), "a title")'),
        ("if False:", '    journey.goal(page.title(), "a title")'),
        ("while 0:", '    journey.goal(page.title(), "a title")'),
        ("if True:", "    pass", "else:", '    journey.goal(page.title(), "a title")'),
        ("return", 'journey.goal(page.title(), "a title")'),
        ('"journey.goal(page.title(), 1)"',),
        ('# journey.goal(page.title(), "a title")', "pass"),
    ],
)
def test_a_flow_that_never_comes_to_a_goal_is_refused(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    """The vendors' own examples end at a click; such a run is green whatever the shop does."""
    file = flow(tmp_path, *lines)

    with pytest.raises(ProbeError) as refused:
        see_goal(file)

    assert str(refused.value).startswith(f"{file}: a flow without a goal proves nothing; ")


def test_a_goal_in_a_function_that_nobody_calls_does_not_count(tmp_path: Path) -> None:
    """Only what `run` can come to counts."""
    helper = 'def finish(journey):\n    journey.goal(journey.page.title(), "a title")\n'

    see_goal(flow(tmp_path, "finish(journey)", more=helper))
    with pytest.raises(ProbeError, match="proves nothing"):
        see_goal(flow(tmp_path, 'page.goto("/")', more=helper))


def test_a_journey_that_is_handed_to_another_file_is_left_to_the_run(tmp_path: Path) -> None:
    """What another module does with it is not known before; the worker looks again."""
    see_goal(flow(tmp_path, "walk(journey)", more="from mine_too import walk"))


def test_a_file_that_is_no_python_is_one_line(tmp_path: Path) -> None:
    """A slip in a flow file is no traceback."""
    file = tmp_path / "mine.py"
    file.write_text("def run(:\n", "utf-8")

    with pytest.raises(ProbeError, match="cannot be read as a flow") as refused:
        see_goal(file)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", ["\u200b ", [], ["", "\u00a0"], (None, ""), 0, None])
def test_blanks_are_no_proof_also_in_a_list(value: object) -> None:
    """What is read of a page that shows nothing."""
    assert empty(value, "an order number")


@pytest.mark.parametrize("value", ["7", ["", "7"], [0], (None, 7), 1])
def test_what_was_seen_is_proof(value: object) -> None:
    """One word among blanks is something that an empty page has not."""
    assert not empty(value, "an order number")
