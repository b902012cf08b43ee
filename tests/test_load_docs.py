"""docs/load.md against the code: keys, shapes, thresholds, options, examples."""

import dataclasses
import re
from pathlib import Path

import click
import pytest

from forepost.cli.load import command
from loadtests import campaign, flow_share
from loadtests.session import Row
from loadtests.shapes import replay, shape_table
from loadtests.thresholds import grammar

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "load.md").read_text("utf-8")


def examples(language: str) -> list[str]:
    """Return the code blocks of a language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [text for said, text in blocks if said == language]


def coded() -> set[str]:
    """Return what stands between backticks."""
    return set(re.findall(r"`([^`\n]+)`", PAGE))


def keys(table: type) -> set[str]:
    """Return the keys of a table."""
    return {item.name for item in dataclasses.fields(table)}


def test_the_campaign_of_the_page_is_a_good_one(tmp_path: Path) -> None:
    """Copied with a data file of its own, it loads and fits its own ceilings."""
    (text,) = examples("toml")
    rows = "\n".join(f"FERN-{number}" for number in range(2_000))
    (tmp_path / "cards.csv").write_text(f"code\n{rows}\n", "utf-8")

    made = campaign.parse(text, name="page", origin=str(tmp_path / "page.toml"))

    first: Row = made.flows["gift_card"].rows[0]
    assert first == {"code": "FERN-0"}
    assert made.plan()


@pytest.mark.parametrize("table", [campaign._Head, flow_share._Table])
def test_every_key_of_a_campaign_is_told(table: type) -> None:
    """In the table of keys, or in the example."""
    (example,) = examples("toml")
    for key in keys(table):
        assert f"`{key}`" in PAGE or f"\n{key} = " in example or f"`{key} = true`" in PAGE, key


def test_every_shape_is_told_with_its_keys() -> None:
    """A row a kind."""
    own = {**shape_table._PLAIN, "breakpoint": shape_table._Breakpoint}
    for kind, table in {**own, "replay": shape_table._Replay}.items():
        (row,) = re.findall(rf"^\| `{kind}` \|(.*)$", PAGE, re.MULTILINE)
        for key in keys(table) - {"kind"}:
            assert f"`{key}`" in row, f"{kind}: {key}"


def test_every_threshold_of_the_page_can_be_read() -> None:
    """The examples whole, and each metric with the limits that the table shows."""
    whole = [text for text in coded() if re.match(r"[\w.]+\([\w./]+\) [<>]", text)]
    for text in whole:
        grammar.parse(text)
    for metrics, limits in re.findall(r"^\| (`.*?`) \| .* \| (`[<>].*?`) \|$", PAGE, re.MULTILINE):
        for metric in re.findall(r"`([^`]+)`", metrics):
            for limit in re.findall(r"`([^`]+)`", limits):
                grammar.parse(f"{metric}(all) {limit}")
    assert set(grammar.METRICS) <= coded()


def test_the_counts_of_the_page_can_be_replayed(tmp_path: Path) -> None:
    """Two flows, minute after minute."""
    file = tmp_path / "last-year.csv"
    (text,) = [block for block in examples("") if block.startswith("minute,")]
    file.write_text(text, "utf-8")

    made = replay.read(file).shapes(speed=10, scale=1.5)

    assert set(made) == {"gift_card", "browse"}
    assert made["gift_card"].per_s(0, 6) == pytest.approx(1.5 * 310 / 60 * 10 / 10)


@pytest.mark.parametrize("name", sorted(command.commands))
def test_every_option_is_told(name: str) -> None:
    """An option that no page names is not found."""
    for option in command.commands[name].params:
        if isinstance(option, click.Option):
            assert any(said in PAGE for said in option.opts), f"{name}: {option.opts}"


def test_every_exit_code_is_told() -> None:
    """From 0 to 5, a row each."""
    assert re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE) == [*"012345"]
