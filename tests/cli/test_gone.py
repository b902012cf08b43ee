"""`forepost orders --gone`: a row that the shop cannot speak of is settled by somebody's word."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.words import alert_of_orphan
from forepost.analysis.decide import Policy
from forepost.cli import cli
from forepost.config import FlowPlan
from forepost.model import Caps, LedgerEntry, MadeKind
from forepost.settling import Settling
from forepost.storage import Store, open_store
from forepost.watcher import Watcher
from tests.cli.test_orders import another_walks
from tests.scheduler.world import word

NOW = datetime.now(UTC).replace(microsecond=0)
TABLE = LedgerEntry(
    id="0193a5c9e1b7c3a8f005-1-1",
    run_id="0193a5c9e1b7c3a8f005",
    flow="table",
    attempt=1,
    step="reserve",
    kind=MadeKind.ORDER,
    customer="0193a5c9e1b7c3a8f005-1@probe.invalid",
    asked_at=NOW - timedelta(hours=2),
    reference="T-77",
    amount_cents=500,
    created_at=NOW - timedelta(hours=2),
    note="no way to undo it is known",
)
CARD = replace(
    TABLE,
    id="0193a5c9e1b7c3a8f005-1-2",
    kind=MadeKind.GIFT_CARD,
    reference="…4242",
    created_at=None,
)
BACK = replace(
    TABLE, id="0193a5c9e1b7c3a8f005-1-3", reference="T-76", voided_at=NOW, restocked_at=NOW
)
MAIN = "from forepost.cli import main; main()"
WHY = "cancelled by phone"


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """Return a config on a store with two things that are left and one that was undone."""
    (tmp_path / "config.toml").write_text("[watch]\nlocation = 'test'\n", "utf-8")
    (tmp_path / "out").mkdir()
    with store_at(tmp_path / "config.toml") as store:
        store.ledger_note([TABLE, CARD, BACK])
    return tmp_path / "config.toml"


@contextmanager
def store_at(at: Path) -> Iterator[Store]:
    """Open the store of a config, as another program does."""
    with closing(open_store(at.parent / "out" / "forepost.sqlite")) as store:
        yield store


def run(at: Path, *words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(cli, ["--config", str(at), "orders", *words], standalone_mode=False)


def gone(at: Path, *rows: str) -> Result:
    """Say of rows that they are gone."""
    return run(at, "--gone", *rows, "--note", WHY)


def kept(at: Path) -> dict[str, LedgerEntry]:
    """Return the ledger by id."""
    with store_at(at) as store:
        return {entry.id: entry for entry in store.ledger()}


def test_exactly_the_rows_named_are_settled_with_who_when_and_why(at: Path) -> None:
    """As the list names them; all that was known of them stays, nothing goes."""
    before = kept(at)
    (shown,) = [
        one for one in json.loads(run(at, "--json").stdout)["entries"] if one["reference"] == "T-77"
    ]
    result = gone(at, shown["row"].upper())
    after = kept(at)
    me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()

    assert result.return_value == 1, "the card is left"
    assert f"settled by your word: {shown['row']} (order T-77)\n" in result.stderr
    assert "T-77" not in result.stdout
    said = after[TABLE.id]
    assert (said.gone_by, said.gone_note) == (me, WHY)
    assert said.gone_at is not None
    assert NOW <= said.gone_at <= datetime.now(UTC)
    assert {**after, TABLE.id: replace(said, gone_at=None, gone_by="", gone_note="")} == before
    assert gone(at, CARD.id).return_value == 0, "a whole id will do, and now nothing is left"


def test_what_was_said_is_shown_and_printed_as_json(at: Path) -> None:
    """Under --all, beside what the shop's own list settled."""
    gone(at, TABLE.row)
    rows = {one["id"]: one for one in json.loads(run(at, "--all", "--json").stdout)["entries"]}
    text = " ".join(run(at, "--all").stdout.split())

    assert rows[TABLE.id].items() >= {"row": TABLE.row, "settled": True, "gone_note": WHY}.items()
    assert datetime.fromisoformat(rows[TABLE.id]["gone_at"]) >= NOW
    assert rows[BACK.id]["gone_at"] is None
    assert f"{TABLE.row} order T-77 · 5.00 · table: created → gone by hand; said by " in text
    assert f"“{WHY}”" in text


def test_a_second_person_is_told_what_the_first_one_said(at: Path) -> None:
    """The first word stands, also where the second came with rows that are still open."""
    gone(at, TABLE.row)
    first = kept(at)
    again = run(at, "--gone", TABLE.row, CARD.row, "--note", "me too")

    (line,) = str(again.exception).splitlines()
    assert f"row {TABLE.row} (order T-77): settled already: said to be gone by " in line
    assert line.endswith(f"“{WHY}”; leave it out")
    assert kept(at) == first


def test_of_two_at_once_one_is_heard(at: Path) -> None:
    """Two processes, the same rows: one settles them all, the other hears of it."""
    line = [sys.executable, "-c", MAIN, "--config", str(at), "orders", "--gone"]
    line += [TABLE.row, CARD.row, "--note"]
    both = [
        subprocess.Popen([*line, who], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for who in ("one", "two")
    ]
    told = [one.communicate(timeout=120) for one in both]

    assert sorted(one.returncode for one in both) == [0, 2]
    notes = {entry.gone_note for entry in kept(at).values() if entry.gone_at}
    (heard,) = [who for who, one in zip(("one", "two"), both, strict=True) if one.returncode == 0]
    assert notes == {heard}
    (late,) = [err for (_, err), one in zip(told, both, strict=True) if one.returncode]
    assert "Traceback" not in late
    assert late.count("\n") == late.count("settled already: said to be gone by") == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((TABLE.row[:-1] + "0",), f"no such row; did you mean {TABLE.row} (order T-77)?"),
        (("T-77",), f"row T-77: no such row; did you mean {TABLE.row} (order T-77)?"),
        (("?",), "no such row; left are: "),
        ((BACK.row,), f"row {BACK.row} (order T-76): settled already: by proof, see "),
        ((TABLE.row, "nothing\x1b[2J"), "row nothing [2J: no such row; "),
        (("",), "row without a name: no such row; "),
    ],
)
def test_a_row_that_cannot_be_settled_is_one_line_and_none_is(
    at: Path, rows: tuple[str, ...], said: str
) -> None:
    """What, where, the remedy; nothing is half-written."""
    before = kept(at)
    result = gone(at, *rows)

    (line,) = str(result.exception).splitlines()
    assert line.startswith(f"{at.parent / 'out' / 'forepost.sqlite'}: row ")
    assert said in line
    assert kept(at) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--gone", "--note", "x"), "--gone wants the rows"),
        (("--gone", TABLE.row), "--gone wants --note"),
        (("--gone", TABLE.row, "--note", "  "), "--gone wants --note"),
        (("--gone", TABLE.row, "--note", "a\nb"), "visible characters on one line"),
        (("--gone", TABLE.row, "--note", "x" * 301), "1 to 300 visible"),
        (("--gone", TABLE.row, "--note", "x", "--settle"), "--gone is a job of its own"),
        (("--gone", TABLE.row, "--note", "x", "--stop", "y"), "--gone is a job of its own"),
        ((TABLE.row,), "ROW and --note go with --gone"),
        (("--note", "x"), "ROW and --note go with --gone"),
    ],
)
def test_options_that_do_not_belong_together_change_nothing(
    at: Path, words: tuple[str, ...], said: str
) -> None:
    """One line each, before the store is opened."""
    result = run(at, *words)

    assert said in str(result.exception)
    assert [one.gone_at for one in kept(at).values()] == [None] * 3
    with store_at(at) as store:
        assert store.paying_stopped() is None


def test_a_row_of_a_run_under_way_is_left_to_it(at: Path) -> None:
    """Until that run is over: it is recorded, or two deadlines have gone by."""
    young = replace(TABLE, id="0193a5c9e1b7c3a8f006-1-1", asked_at=datetime.now(UTC))
    young = replace(young, run_id="0193a5c9e1b7c3a8f006", reference="T-78")
    with store_at(at) as store:
        store.ledger_note([young])
    record = at.parent / "out" / "runs" / young.run_id / "run.json"
    with another_walks(at.parent / "out"):
        refused = gone(at, young.row, TABLE.row)
        untouched = kept(at)
        record.parent.mkdir(parents=True)
        record.write_text("{}")
        granted = gone(at, young.row, TABLE.row)

    (line,) = str(refused.exception).splitlines()
    assert f"row {young.row} (order T-78): its run {young.run_id} may be under way" in line
    assert "say it when that run is over, or in " in line
    assert [one.gone_at for one in untouched.values()] == [None] * 4
    assert granted.exception is None, "what is old, or over, is free"


def test_caps_still_count_it_and_nobody_is_told_or_asked_of_it_again(at: Path) -> None:
    """The money was spent that day; the shop is asked no more, and no alert comes."""
    caps = Caps(since=NOW - timedelta(days=1), orders=2)
    gone(at, TABLE.row)
    asked: list[LedgerEntry] = []

    def door(entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        asked.extend(entries)
        return entries

    with store_at(at) as store:
        store.ledger_note([replace(CARD, nothing_at=NOW)])
        watcher = Watcher(store, Policy(), ("terminal",), word, orphan=alert_of_orphan)
        told = Settling(watcher, {"table": FlowPlan()}, door).settle(datetime.now(UTC), {})
        refused = store.ledger_ask(replace(TABLE, id="new", asked_at=NOW), caps)
        assert (told, asked, store.alerts()) == (0, [], [])
    assert "2 of 2 orders" in refused


def test_a_clean_up_that_comes_late_takes_nobody_at_their_word_back(at: Path) -> None:
    """A watch that had read the row before notes it after; its list may still hold the thing."""
    gone(at, TABLE.row)
    before = kept(at)[TABLE.id]
    with store_at(at) as store:
        store.ledger_note([replace(TABLE, note="not voided"), replace(TABLE, id=f"{TABLE.id}+1")])

    assert kept(at)[TABLE.id] == replace(before, note="not voided")
    assert len(kept(at)) == 3, "no row anew for what is said to be gone"
