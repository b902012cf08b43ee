"""`forepost show` and `forepost runs`: what is known of runs, as a person and a machine read it."""

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from click.testing import CliRunner, Result
from rich.console import Console

from forepost.cli import cli
from forepost.cli._book import write_run
from forepost.cli._compare import compare
from forepost.cli.probe import exit_code, show_steps
from forepost.cli.runs import _cells, row_of
from forepost.errors import ProbeError
from forepost.model import (
    Artefact,
    Browser,
    Cleanup,
    Fault,
    FlowRun,
    LedgerEntry,
    MadeKind,
    Outcome,
    PageTiming,
    StepResult,
    new_id,
)
from forepost.model.proof import NEVER_PAYS
from forepost.storage import open_store

CHROMIUM = Browser("chromium", "156.0", "headless-shell")


def run_at(
    minutes_ago: float, outcome: Outcome = Outcome.PASSED, *, pay_ms: float = 400.0, **more: object
) -> FlowRun:
    """Return a run of two steps; the second has a page."""
    # Not the time of import: a suite may run for minutes before it comes to this file.
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes_ago)
    page = PageTiming(url="http://shop.test/pay", ttfb_ms=30.0, fcp_ms=80.0, lcp_ms=pay_ms / 2)
    fields: dict[str, object] = {
        "id": new_id(at),
        "flow": "checkout",
        "location": "local",
        "slot_at": at,
        "started_at": at,
        "finished_at": at + timedelta(seconds=1),
        "outcome": outcome,
        "steps": (
            StepResult("address", Outcome.PASSED, 100.0),
            StepResult("pay", outcome, pay_ms, pages=(page,)),
        ),
        "cpu_ratio": 0.2,
        "browser": CHROMIUM,
        **more,
    }
    return FlowRun(**fields)  # type: ignore[arg-type]


def failed_run(folder: Path) -> FlowRun:
    """Return a run that failed, with its evidence on disk."""
    run = run_at(
        5,
        Outcome.FAILED,
        failed_step="pay",
        message='checkout, step "pay": no order number [red]after[/red] 4.0 s',
        fault=Fault.SHOP,
        facts=(("nearest", 'no get_by_role("button", name="Pay now"); nearest: button "Pay"'),),
        cleanup=Cleanup(Outcome.FAILED, "the shop does not answer", 120.0, 1, 1),
    )
    place = f"runs/{run.id}"
    (folder / "out" / place).mkdir(parents=True)
    with zipfile.ZipFile(folder / "out" / place / "trace-retry.zip", "w") as archive:
        archive.writestr("trace.trace", "")
    kept = (
        Artefact("trace", f"{place}/trace-retry.zip", 22),
        Artefact("screenshot", f"{place}/pay.png", 12_700),
    )
    return FlowRun(**{**{n: getattr(run, n) for n in run.__dataclass_fields__}, "artefacts": kept})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a config and a store of three runs, the last but one failed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[shop]\nurl = "http://shop.test"\n', "utf-8")
    (tmp_path / "out").mkdir()
    store = open_store(tmp_path / "out" / "forepost.sqlite")
    failed = failed_run(tmp_path)
    for run in (run_at(10), failed, run_at(1, pay_ms=900.0)):
        assert store.add_run(run)
    entry = LedgerEntry(
        id="e1",
        run_id=failed.id,
        flow="checkout",
        attempt=1,
        step="pay",
        kind=MadeKind.ORDER,
        customer="a@b.test",
        asked_at=failed.started_at,
        reference="FH-7",
        amount_cents=4776,
        created_at=failed.started_at,
    )
    store.ledger_note([entry])
    store.close()
    return tmp_path


def call(*arguments: str) -> Result:
    """Call the program in this process, on a wide terminal."""
    return CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "200"})


def refusal(*arguments: str) -> str:
    """Return the one line with which the program refuses."""
    result = call(*arguments)
    assert isinstance(result.exception, ProbeError), result
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_runs_lists_the_newest_last(home: Path) -> None:
    """One line a run; markup of a page is text."""
    del home
    lines = call("runs").output.splitlines()

    assert len(lines) == 4
    assert ["passed" in lines[1], "failed" in lines[2], "passed" in lines[3]] == [True] * 3
    assert "no order number [red]after[/red] 4.0 s" in lines[2]


def test_a_pipe_gets_the_whole_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no edge to cut at: who looks for "order number" finds the run."""
    del home
    monkeypatch.delenv("COLUMNS", raising=False)

    (line,) = CliRunner().invoke(cli, ["runs", "--failed"]).output.splitlines()[1:]

    assert line.rstrip().endswith('step "pay": no order number [red]after[/red] 4.0 s')


def test_runs_can_be_narrowed_and_read_by_machines(home: Path) -> None:
    """By failure, flow, age and number."""
    del home
    failed = json.loads(call("runs", "--failed", "--json").stdout)

    assert [row["outcome"] for row in failed] == ["failed"]
    assert failed[0]["fault"] == "shop"
    assert len(json.loads(call("runs", "--limit", "2", "--json").stdout)) == 2
    assert json.loads(call("runs", "--since", "3m", "--json").stdout)[0]["duration_ms"] == 1000.0
    assert call("runs", "--flow", "browse").output == "no run of browse in the last 24h\n"
    slip = call("runs", "--flow", "browze").output
    assert slip == "no run of browze in the last 24h; no such flow: did you mean browse?\n"
    assert call("runs", "--since", "soon").exit_code == 2


def test_show_tells_all_of_a_run(home: Path) -> None:
    """Steps, verdict, whose it is, nearest controls, clean-up, ledger, evidence, the viewer."""
    output = call("show", "last-failed").output

    for part in (
        "address",
        "no order number [red]after[/red] 4.0 s",
        "shop",
        'nearest: button "Pay"',
        "failed: 1 made, 1 left, 120 ms; the shop does not answer",
        "order FH-7  47.76",
        "left behind: see forepost orders",
        "gone",
    ):
        assert part in output, output
    command = re.search(r"trace viewer: (.+)", output)
    assert command is not None
    assert "-m playwright show-trace out/runs/" in command[1]
    assert (home / command[1].split()[-1]).is_file()


def test_a_run_is_found_by_id_by_its_beginning_and_by_its_place(home: Path) -> None:
    """And what fits none or several is told in a line."""
    del home
    ids = [row["id"] for row in json.loads(call("runs", "--json").stdout)]

    assert json.loads(call("show", "last", "--json").stdout)["id"] == ids[-1]
    assert json.loads(call("show", ids[0][:14], "--json").stdout)["id"] == ids[0]
    assert ids[0] in refusal("show", f"{ids[0][:-2]}zz")
    assert "3 runs begin like this" in refusal("show", ids[0][:4])
    assert refusal("show", "nothing").startswith("nothing: no such run")


def test_a_run_walked_by_hand_can_be_shown(home: Path) -> None:
    """It is in no store; it lies beside its evidence."""
    by_hand = run_at(0.1)
    write_run(home / "out", by_hand)

    assert json.loads(call("show", "last", "--json").stdout)["id"] == by_hand.id
    (home / "out" / "runs" / by_hand.id / "run.json").write_text("{", "utf-8")
    assert json.loads(call("show", "last", "--json").stdout)["id"] != by_hand.id


def test_without_a_store_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been walked yet, and nothing is made by looking."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[shop]\nurl = "http://shop.test"\n', "utf-8")

    assert refusal("show", "last").startswith("last: no such run yet")
    assert call("runs").output == "no run in the last 24h\n"
    assert not (tmp_path / "out").exists()


def test_a_run_that_had_no_leave_to_pay_says_so_in_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It passed, but not as far as its goal."""
    run = run_at(1, facts=(("stopped", 'before "pay": paying is stopped: stocktaking'),))

    assert row_of(run)["stopped"] == 'before "pay": paying is stopped: stocktaking'
    assert row_of(run)["capped"] is True
    cells = [cell.plain for cell in _cells(run, ZoneInfo("UTC"))]
    assert cells[3] == "passed unpaid"
    assert cells[-1].startswith('stopped before "pay"')
    show_steps(run, Console(width=120))
    assert "passed in 0.50 s, 2 steps (not paid: whether paying works" in capsys.readouterr().out
    assert (exit_code(run), exit_code(run, strict=True)) == (0, 3)
    never = run_at(1, facts=(("stopped", f'before "pay": {NEVER_PAYS}'),))
    assert (row_of(never)["capped"], _cells(never, ZoneInfo("UTC"))[3].plain) == (False, "passed")
    assert exit_code(never, strict=True) == 0


def test_a_long_step_is_whole_in_a_narrow_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Cut off, "confirmation mail" could not be told from "confirmation page"."""
    page = PageTiming(url="", ttfb_ms=1_000.0, fcp_ms=1_000.0, lcp_ms=1_000.0, load_ms=1_000.0)
    step = StepResult("confirmation mail", Outcome.PASSED, 12_345.0, pages=(page,))
    show_steps(run_at(1, steps=(step,)), Console(width=76))
    names = [line[:12].strip() for line in capsys.readouterr().out.splitlines()[1:5]]

    assert "confirmation" in "".join(names)


def test_compare_takes_good_runs_of_the_same_kind_only() -> None:
    """Last good and median of 24 h by hand; other device, busy machine, load, failure left out."""
    now = run_at(0, pay_ms=500.0)
    earlier = [
        run_at(60, pay_ms=300.0),
        run_at(50, pay_ms=400.0),
        run_at(40, pay_ms=800.0),
        run_at(30, pay_ms=9_000.0, device="mobile"),
        run_at(20, pay_ms=9_000.0, cpu_ratio=0.95),
        run_at(10, Outcome.FAILED, pay_ms=9_000.0),
        run_at(9, pay_ms=9_000.0, load_run="load-1"),
        run_at(8, pay_ms=9_000.0, maintenance="stocktaking"),
        run_at(26 * 60, pay_ms=9_000.0),
        run_at(5, pay_ms=9_000.0, browser=Browser("chromium", "156.0", "chrome")),
    ]
    rows = {(row.step, row.figure): row for row in compare(now, earlier)}

    pay = rows["pay", "time"]
    assert (pay.now_ms, pay.last_ms, pay.median_ms, pay.count) == (500.0, 800.0, 400.0, 3)
    assert rows["pay", "LCP"].median_ms == 200.0
    assert ("address", "LCP") not in rows


def test_the_last_good_run_is_one_that_paid() -> None:
    """A later one that a cap ended has no time of the payment; the steps that it walked count."""
    short = run_at(5, facts=(("stopped", 'before "pay": paying is stopped: stocktaking'),))
    short = replace(short, steps=short.steps[:1])
    found = compare(run_at(0), [run_at(10, pay_ms=300.0), short])
    rows = {row.step: row for row in found if row.figure == "time"}

    assert (rows["pay"].last_ms, rows["pay"].count, rows["address"].count) == (300.0, 1, 2)
    alone = {row.step: row.last_ms for row in compare(run_at(0), [short]) if row.figure == "time"}
    assert alone == {"address": short.steps[0].duration_ms, "pay": None}


def test_a_missing_figure_is_a_dash(home: Path) -> None:
    """No earlier run, no page: not zero."""
    del home
    rows = compare(run_at(0), [])

    assert {row.last_ms for row in rows} == {None}
    lines = call("show", "last", "--compare").output.splitlines()
    pay = next(line for line in lines if re.match(r"pay +time", line))
    assert re.search(r"900 ms +400 ms +\+500 ms +400 ms +1 +\+500 ms", pay), pay


def test_open_serves_the_viewer_on_this_machine_until_interrupted(home: Path) -> None:
    """Its page answers on loopback; Ctrl-C ends it, and nothing is left running."""
    program = Path(sys.executable).with_name("forepost")
    shown = subprocess.Popen(
        [program, "show", "last-failed", "--open"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert shown.stdout is not None
    url = next(
        found[0] for line in shown.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
    )
    assert requests.get(url, timeout=20).status_code == 200
    shown.send_signal(signal.SIGINT)
    shown.communicate(timeout=30)

    assert shown.returncode == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_open_without_a_trace_is_one_line(home: Path) -> None:
    """The run passed: none was recorded."""
    del home
    assert "no trace" in refusal("show", "last", "--open")


def test_a_thing_that_somebody_said_is_gone_is_not_left_behind(home: Path) -> None:
    """Whose word it is stands in its place."""
    before = call("show", "last-failed").output
    with closing(open_store(home / "out" / "forepost.sqlite")) as store:
        store.ledger_gone(["e1"], at=datetime.now(UTC), by="ann", said="voided by phone")
    after = call("show", "last-failed").output

    assert "left behind" in before
    assert "left behind" not in after
    assert "gone by hand, ann: “voided by phone”" in after
