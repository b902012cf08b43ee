"""`forepost load compare`: which runs it takes, and what it says of wrong names."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from forepost.cli import cli
from forepost.cli._load_compare import show
from forepost.errors import LoadError
from forepost.storage import open_store
from loadtests.comparison.capacity import Change
from loadtests.comparison.compare import compare
from loadtests.comparison.paces import Pace, Quantile
from tests.loadtests.compared import FLOWS, cells, run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config with a store of three runs, the last of another campaign."""
    file = tmp_path / "config.toml"
    file.write_text(
        '[shop]\nname = "S"\nurl = "http://127.0.0.1:1"\n[watch]\nlocation = "here"\n'
        f'[store]\npath = "{tmp_path / "s.sqlite"}"\n[paths]\nout = "{tmp_path}"\n',
        encoding="utf-8",
    )
    store = open_store(tmp_path / "s.sqlite")
    one, two = run(0x11, FLOWS, setup="1"), run(0x12, FLOWS, setup="2")
    for each in (one, two, replace(run(0x21, FLOWS), campaign="[b]other[/b]")):
        store.add_load_run(each)
    for each in (one, two):
        store.add_load_cells(cells(each.id, "checkout", "pay", {3: 10.0}))
    store.close()
    return file


def ask(config: Path, *words: str) -> Any:
    """Call the command as a user would."""
    return CliRunner().invoke(cli, ["--config", str(config), "load", "compare", *words])


def test_the_command_compares_stored_runs_by_the_beginning_of_their_ids(config: Path) -> None:
    """Words for people, and the same as JSON for machines."""
    said = ask(config, "00000011", "00000012")
    read = json.loads(ask(config, "00000011", "00000012", "--json").stdout)

    assert said.exit_code == 0
    assert "sale: 00000011 (not ready) → 00000012 (not ready)" in said.stdout
    assert "checkout: 5 to 10/s before, 5 to 10/s after: × 1.0 (0.50 to 2.00)" in said.stdout
    assert "not the same: setup web 1 → 2" in said.stdout
    assert read["before"] == "00000011"
    assert read["paces"][0]["endpoint"] == "pay"
    assert read["scale_out"]["part"] == "web"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("0000001", "latest"), "0000001: 2 load tests begin like this; the latest: 00000011"),
        (("zz", "latest"), "zz: no such load test; the latest: 00000011"),
        (("00000012", "latest"), "cannot be compared"),
        (("previous", "latest"), "previous: no run of [b]other[/b] with a verdict before 00000021"),
    ],
)
def test_a_wrong_name_is_one_line(config: Path, words: tuple[str, str], says: str) -> None:
    """What was asked, what there is, exit code 2."""
    if "cannot" in says:
        words = ("00000012", "00000012")

    told = ask(config, *words)

    assert isinstance(told.exception, LoadError)
    assert told.exception.exit_code == 2
    assert says in str(told.exception)
    assert "\n" not in str(told.exception)


def test_previous_is_the_run_of_the_same_campaign(config: Path) -> None:
    """Whatever else ran in between."""
    said = ask(config, "previous", "00000012")

    assert said.exit_code == 0
    assert "00000011 (not ready) → 00000012 (not ready)" in said.stdout


def test_previous_passes_over_what_cannot_be_compared(config: Path) -> None:
    """A search, and a run whose generator was at fault, say nothing of a run."""
    store = open_store(config.parent / "s.sqlite")
    search = run(0x13, FLOWS)
    store.add_load_run(replace(search, detail={**search.detail, "kind": "breakpoint"}))
    store.add_load_run(replace(run(0x14, FLOWS), verdict="invalid"))
    store.add_load_run(run(0x15, FLOWS))
    store.close()

    said = ask(config, "previous", "00000015")

    assert said.exit_code == 0
    assert "00000012 (not ready) → 00000015 (not ready)" in said.stdout


def test_times_fit_a_narrow_terminal() -> None:
    """80 columns hold seconds of waiting; no name is folded, and an open end is no riddle."""
    slow = Quantile(8_012, 8_011, 8_110, 90), Quantile(4_186, 4_170, 5_243, 90)
    few = Quantile(321, 278, None, 9), Quantile(248, 212, None, 9)
    paces = (
        Pace("checkout", "checkout.address_form", 6.8, *slow, Change.LESS),
        Pace("checkout", "shop.product", 6.8, *few, Change.UNDECIDED),
    )
    made = compare(run(0x11, FLOWS), run(0x12, FLOWS))
    page = StringIO()

    show(replace(made, paces=paces), Console(width=80, file=page))
    said = [" ".join(line.split()) for line in page.getvalue().splitlines()]

    assert said[-3:] == [
        "checkout at 6.8/s",
        "checkout.address_form 8,012 (8,011\N{EN DASH}8,110) 4,186 (4,170\N{EN DASH}5,243) faster",
        "shop.product 321 (≥ 278) 248 (≥ 212) not decided",
    ]
