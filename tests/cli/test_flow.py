"""`forepost flow`: a journey of one's own runs as scaffolded, and with recorded lines pasted in."""

import json
from pathlib import Path

import pytest

from forepost.bundled import running
from tests.system.home import Home

BUNDLED = '[shop]\nurl = "bundled"\nenvironment = "sandbox"\n'
KNOWN = BUNDLED + '[paths]\nplugins = ["./mine"]\n'
MARK = "    # What `playwright codegen URL` recorded goes here"
# Written by Playwright 1.65's recorder for clicks on the demo shop, but for its address and for
# the letters typed one by one. The assertions are those that its toolbar records.
RECORDED = """page.goto("{shop}/")
page.get_by_role("searchbox", name="Search products").click()
page.get_by_role("searchbox", name="Search products").fill("lantern")
page.get_by_role("button", name="Search").click()
page.get_by_role("link", name="Moth camp lantern Moth camp").click()
expect(page.get_by_role("heading", name="Moth camp lantern")).to_be_visible()
page.get_by_role("button", name="Add to cart").click()
expect(page.get_by_role("main")).to_contain_text("Moth camp lantern")
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty folder to call the program in."""
    return Home(tmp_path)


def test_a_new_flow_lies_in_a_folder_of_ones_own(home: Home) -> None:
    """The two lines for config.toml are printed, to be copied; then it is found."""
    said = home.call("flow", "new", "loyalty_points")

    assert (said.code, said.err) == (0, "")
    assert "mine/probes/flows/loyalty_points.py" in home.files()
    assert '  [paths]\n  plugins = ["./mine"]\n' in said.out
    assert "forepost probe loyalty_points" in said.out
    home.write(KNOWN)
    rows = {row["flow"]: row for row in json.loads(home.call("flow", "list", "--json").out)}
    assert rows["loyalty_points"]["ships"] is False
    assert rows["loyalty_points"]["refused"] == ""
    assert rows["browse"]["ships"] is True


def test_a_new_flow_goes_where_the_config_looks(home: Home) -> None:
    """The first folder of [paths] plugins; then there is nothing left to add."""
    (home.folder / "ours" / "probes" / "flows").mkdir(parents=True)
    home.write(BUNDLED + '[paths]\nplugins = ["./ours"]\n')
    told = json.loads(home.call("flow", "new", "loyalty", "--json").out)

    assert told["config"] == []
    assert Path(told["file"]) == home.folder / "ours/probes/flows/loyalty.py"


def test_a_folder_named_beside_others_keeps_them(home: Home) -> None:
    """The line to copy names the folders that the config has already."""
    (home.folder / "ours" / "probes" / "flows").mkdir(parents=True)
    home.write(BUNDLED + '[paths]\nplugins = ["./ours"]\n')
    told = json.loads(home.call("flow", "new", "loyalty", "--into", "more", "--json").out)

    assert told["config"] == ["[paths]", 'plugins = ["./ours", "./more"]']


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Loyalty", "cannot be a flow's name; write small letters"),
        ("my-flow", "cannot be a flow's name"),
        ("2nd", "cannot be a flow's name"),
        ("_hidden", "cannot be a flow's name"),
        ("class", "cannot be a flow's name"),
        ("../escape", "cannot be a flow's name"),
        ("a" * 61, "at most 60"),
        ("checkout", "there is a flow checkout already"),
    ],
)
def test_a_name_that_cannot_be_is_refused(home: Home, name: str, part: str) -> None:
    """One line, and nothing is written."""
    refused = home.call("flow", "new", "--", name).refusal()

    assert refused.startswith("flow new: ")
    assert part in refused
    assert home.files() == []


def test_a_file_that_is_there_is_never_written_over(home: Home) -> None:
    """Somebody's work may stand in it, also where the config does not know the folder."""
    home.call("flow", "new", "loyalty")
    file = home.folder / "mine/probes/flows/loyalty.py"
    file.write_text("# a day's work\n", "utf-8")

    refused = home.call("flow", "new", "loyalty").refusal()
    assert refused == "flow new: mine/probes/flows/loyalty.py is there already; nothing written"
    assert file.read_text("utf-8") == "# a day's work\n"


def test_a_folder_that_cannot_be_written_is_one_line(home: Home) -> None:
    """A file where the folder should be."""
    (home.folder / "mine").write_text("", "utf-8")

    assert "cannot be written" in home.call("flow", "new", "loyalty").refusal()


@pytest.mark.parametrize("command", ["probe", "watch"])
def test_a_flow_without_a_goal_starts_nothing(home: Home, command: str) -> None:
    """Refused before a shop, a browser or a store is touched."""
    home.call("flow", "new", "loyalty")
    file = home.folder / "mine/probes/flows/loyalty.py"
    lines = [line for line in file.read_text("utf-8").splitlines() if "goal" not in line]
    file.write_text("\n".join([*lines, "        page.title()\n"]), "utf-8")
    home.write(
        '[shop]\nurl = "http://127.0.0.1:9"\n[paths]\nplugins = ["./mine"]\n[flows.loyalty]\n'
    )

    refused = home.call(command, *(["loyalty"] if command == "probe" else [])).refusal()
    assert refused.startswith(f"{file}: a flow without a goal proves nothing; end a step with ")
    listed = home.call("flow", "list").out
    assert "proves nothing" in " ".join(listed.split())


@pytest.mark.browser
def test_a_new_flow_runs_as_it_is(home: Home) -> None:
    """Against the demo shop, before a line of it was changed."""
    home.call("flow", "new", "loyalty")
    home.write(KNOWN)
    said = home.call("probe", "loyalty", "--json", "--no-retry")
    run = json.loads(said.out)

    assert (said.code, said.err) == (0, "")
    assert run["outcome"] in ("passed", "degraded")
    assert [step["name"] for step in run["steps"]] == ["open the page", "read it"]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("goal", "code"), [("Moth camp lantern", 0), ("Heated tent", 1)], ids=["reached", "missed"]
)
def test_recorded_lines_work_once_they_have_steps(home: Home, goal: str, code: int) -> None:
    """Pasted as they are where the template says; the goal then tells good from bad."""
    with running(home.folder / "shop", town=False) as shop:
        home.call("flow", "new", "lantern")
        file = home.folder / "mine/probes/flows/lantern.py"
        lines = RECORDED.format(shop=shop.shop).splitlines()
        steps = {"search": lines[:4], "open the product": lines[4:6], "buy": lines[6:]}
        pasted = "".join(
            f'    with journey.step("{name}"):\n' + "".join(f"        {one}\n" for one in part)
            for name, part in steps.items()
        )
        goal_line = f'        journey.goal("{goal}" in page.content(), "the product in the cart")\n'
        text = file.read_text("utf-8")
        file.write_text(text.replace(MARK, pasted + goal_line + MARK), "utf-8")
        home.write(f'[shop]\nurl = "{shop.shop}"\n[paths]\nplugins = ["./mine"]\n')
        said = home.call("probe", "lantern", "--json", "--no-retry")
        run = json.loads(said.out)

    assert (said.code, said.err) == (code, ""), said
    names = ["open the page", *steps] + ([] if code else ["read it"])
    assert [step["name"] for step in run["steps"]] == names
    if code:
        assert run["failed_step"] == "buy"
        assert "no product in the cart" in run["message"]
