"""`forepost orders`: what is left is told, settled or stopped; nothing is said to be gone."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from forepost.cli import cli
from forepost.cli._left import show, to_do
from forepost.config import Config, Paths, Shop
from forepost.model import Caps, LedgerEntry, MadeKind
from forepost.storage import open_store
from scheduler import caps_of, may_settle

NOW = datetime.now(UTC).replace(microsecond=0)
ENTRY = LedgerEntry(
    id="r-1-1",
    run_id="r",
    flow="checkout",
    attempt=1,
    step="pay",
    kind=MadeKind.ORDER,
    customer="r-1@probe.invalid",
    asked_at=NOW,
    reference="N1",
    amount_cents=4_900,
    created_at=NOW,
    note="not voided: 409 already packed",
)
GONE = replace(ENTRY, id="r-1-2", reference="N2", voided_at=NOW, restocked_at=NOW, note="")


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """Return a config on a store that holds one order that is left and one that is not."""
    (tmp_path / "config.toml").write_text("[watch]\nlocation = 'test'\n", "utf-8")
    (tmp_path / "out").mkdir()
    store = open_store(tmp_path / "out" / "forepost.sqlite")
    store.ledger_note([ENTRY, GONE])
    store.close()
    return tmp_path / "config.toml"


def run(at: Path, *words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(cli, ["--config", str(at), "orders", *words], standalone_mode=False)


def entries(result: Result) -> list[dict[str, Any]]:
    """Return the entries of a JSON answer."""
    found: list[dict[str, Any]] = json.loads(result.stdout)["entries"]
    return found


def test_what_is_left_is_listed_and_the_exit_code_says_so(at: Path) -> None:
    """The goal is nothing: anything else is 1."""
    result = run(at, "--json")

    assert result.return_value == 1
    assert [one["reference"] for one in entries(result)] == ["N1"]


def test_everything_is_listed_when_asked(at: Path) -> None:
    """Also what is settled, each with its state."""
    assert [one["settled"] for one in entries(run(at, "--all", "--json"))] == [False, True]


@contextmanager
def another_walks(out: Path) -> Iterator[None]:
    """Have another process stand as one that walks on this output folder."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        marker = out / "workers" / f"{other.pid}-abc" / "owner.json"
        marker.parent.mkdir(parents=True)
        began = psutil.Process(other.pid).create_time()
        marker.write_text(json.dumps({"pid": other.pid, "started": began}))
        yield
        other.kill()


def test_what_may_be_of_a_run_under_way_is_left_to_it(at: Path) -> None:
    """A watch on this output folder would see its order vanish: a failure that is none."""
    with another_walks(at.parent / "out"):
        config = Config(paths=Paths(out=at.parent / "out"))
        now = datetime.now(UTC)  # not NOW: a test may come minutes after its file was read
        young = replace(ENTRY, asked_at=now)
        old = replace(ENTRY, id="old", asked_at=now - timedelta(hours=1))
        store = open_store(at.parent / "out" / "forepost.sqlite")
        store.ledger_note([young])
        store.close()

        result = run(at, "--settle")
        beside = may_settle(config, [young, old])
    alone = may_settle(config, [young, old])

    assert result.return_value == 1
    assert "1 may be of a run of another Forepost" in result.stderr
    assert (beside, alone) == ([old], [young, old])


def test_nothing_left_is_said_and_exits_with_zero(at: Path) -> None:
    """An operator must not read an empty answer as a fault."""
    store = open_store(at.parent / "out" / "forepost.sqlite")
    store.ledger_note([replace(ENTRY, voided_at=NOW, restocked_at=NOW)])
    store.close()

    result = run(at)

    assert result.return_value == 0
    assert "nothing is left behind" in result.stdout


def test_the_kill_switch_is_thrown_for_all_who_share_the_store_and_released(at: Path) -> None:
    """Another process asks the same file and gets no leave, with the reason given here."""
    run(at, "--stop", "stocktaking")
    store = open_store(at.parent / "out" / "forepost.sqlite")
    refused = store.ledger_ask(replace(ENTRY, id="x-1"), Caps(NOW))
    released = [run(at, "--resume").stderr for _ in range(2)]
    granted = store.ledger_ask(replace(ENTRY, id="x-2"), Caps(NOW))
    store.close()

    assert "stocktaking" in refused
    assert granted == ""
    assert released[0] == "the kill switch is released; it was thrown: stocktaking\n"
    assert released[1] == "the kill switch is released; it was not thrown\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stop", " "), "--stop wants a reason"),
        (("--stop", "x", "--resume"), "--stop wants a reason"),
        (("--since", "soon"), "soon: a duration is text with a unit"),
    ],
)
def test_a_wrong_option_is_one_line(at: Path, words: Sequence[str], said: str) -> None:
    """And nothing is switched."""
    result = run(at, *words)

    assert result.exception is not None
    assert said in str(result.exception)


@pytest.mark.parametrize("clock", ["04:30", "05:30", "23:00"])  # in UTC; 0:30 twice, and 18:00
def test_a_day_with_two_midnights_has_its_caps_once(clock: str) -> None:
    """Havana's clocks went from 1:00 back to 0:00 on that day: the day began at the first one."""
    now = datetime.fromisoformat(f"2026-11-01T{clock}+00:00")

    assert caps_of(Shop(url="http://shop.test", timezone="America/Havana"), now).since == (
        datetime(2026, 11, 1, 4, tzinfo=UTC)
    )


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_needed_to_undo_it_by_hand_stands_whole_in_every_width(
    capsys: pytest.CaptureFixture[str], width: int
) -> None:
    """Number, flow, sum, state, age, why, whose it is, what to do; no word is cut in two."""
    run_id = "01936a5c-9e1b-7c3a-8f00-5b8e5f0a1c22"
    note = "not voided: 409 already packed; ask the warehouse at extension 12 to take it back"
    entry = replace(
        ENTRY,
        run_id=run_id,
        step="pay with a double click",
        customer=f"{run_id}-1@probe.invalid",
        asked_at=NOW - timedelta(hours=3, minutes=59),
        reference="FERNHILL-2026-0000-4711",
        amount_cents=123_456,
        paid_at=NOW,
        note=note,
    )
    show([entry], [entry], None, Console(width=width), now=NOW, zone=ZoneInfo("Europe/Berlin"))
    said = capsys.readouterr().out
    lines, whole = said.splitlines(), " ".join(said.split())

    assert max(map(len, lines)) <= width
    assert lines[0] == "order FERNHILL-2026-0000-4711 · 1,234.56 · 3 h old"
    at = entry.asked_at.astimezone(ZoneInfo("Europe/Berlin"))
    for part in (
        f"row {entry.row} ",
        "flow checkout, step “pay with a double click”, attempt 1",
        f"asked {at:%Y-%m-%d %H:%M:%S} CE",
        "so far created → paid",
        f"why {note}",
        f"customer {run_id}-1@probe.invalid",
        f"run forepost show {run_id}",
        f"to do {to_do(entry)}",
        "1 left behind; ",
        f"if it cannot tell: forepost orders --gone {entry.row} --note WHY",
    ):
        assert part in whole
    assert "…" not in said


def test_what_is_settled_takes_a_line_below_which_the_rest_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Under --all: each with how it ended, and no number where there never was one."""
    nothing = replace(ENTRY, id="n", reference="", created_at=None, nothing_at=NOW, note="")
    refused = replace(nothing, id="r", nothing_at=None, refused="the kill switch is thrown")
    rows = [GONE, nothing, refused, ENTRY]
    show(rows, [ENTRY], None, Console(width=100), now=NOW, zone=UTC)
    lines = capsys.readouterr().out.splitlines()

    assert [line.partition("  ")[2].rstrip() for line in lines[:3]] == [
        f"{GONE.row}  order N2 · 49.00 · checkout: created → voided → restocked",
        f"{nothing.row}  order · 49.00 · checkout: made nothing",
        f"{refused.row}  order · 49.00 · checkout: no leave: the kill switch is thrown",
    ]
    assert lines[4] == "order N1 · 49.00 · 0 min old"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "void it in the shop: the money back, its pieces back into stock"),
        ({"voided_at": NOW}, "it is voided: put its pieces back into stock"),
        ({"kind": MadeKind.GIFT_CARD}, "look it up by its customer and its end"),
        ({"kind": MadeKind.SUBSCRIPTION}, "cancel it in the shop"),
        ({"created_at": None}, "look in the shop for what this customer has"),
        ({"created_at": None, "customer": ""}, "any synthetic customer of that time"),
    ],
)
def test_what_to_do_depends_on_how_far_it_came(changes: dict[str, Any], said: str) -> None:
    """Nobody looks for pieces of a gift card, or voids what is voided."""
    assert said in to_do(replace(ENTRY, **changes))


def test_a_hostile_number_cannot_write_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A shop's page chose it."""
    evil = replace(ENTRY, reference="N\x1b[2J1", note="\x1b]0;x\x07", step="[blink]pay[/x]")
    console = Console(width=200)
    show([evil], [evil], "why\x1b[31m", console, now=NOW, zone=UTC)
    said = capsys.readouterr().out

    assert "\x1b[2J" not in said
    assert "[blink]pay[/x]" in said, "no markup of ours either"


def test_a_things_word_stands_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Who said when that it is gone, and why."""
    said = replace(ENTRY, gone_at=NOW, gone_by="ann", gone_note="voided\x1b[2J by hand")
    show([said], [], None, Console(width=200), now=NOW, zone=UTC)

    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith(
            f"{ENTRY.row}  order N1 · 49.00 · checkout: created → gone by hand; "
            f"said by ann, {NOW:%Y-%m-%d %H:%M:%S}: “voided [2J by hand”"
        )
    )


def test_how_to_say_that_much_is_gone_takes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is cut in two cannot be copied."""
    many = [replace(ENTRY, id=f"r-1-{number}") for number in range(9)]
    show(many, many, None, Console(width=80), now=NOW, zone=UTC)
    rows = " ".join(one.row for one in many[:3])

    assert len({one.row for one in many}) == len(many)
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"if it cannot tell: forepost orders --gone {rows} … --note WHY"
    )
