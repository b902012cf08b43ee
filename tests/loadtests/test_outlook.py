"""What a campaign would do, worked out without sending anything."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from forepost.cli import cli
from forepost.model import LoadCell, LoadRun
from forepost.storage import open_store
from loadtests import campaign
from loadtests.former import former
from loadtests.outlook import REQUESTS_PER_CPU_S, outlook

TEXT = """
[campaign]
title = "Test"
owner = "Team"
mocked = []
max_rate = "900/s"
thresholds = ["p95(gift_card) < 800ms per step", "p99(all) < 1s for 2s", "error_rate(all) < 1%"]
[shape]
kind = "steps"
rates = ["4/s", "8/s"]
hold = "5s"
[flows.gift_card]
share = 0.75
peak = "300 redemptions/min"
[flows.browse]
share = 0.25
"""


AT = datetime(2026, 11, 20, 22, tzinfo=UTC)


def kept(folder: Path, *runs: LoadRun, looks: int = 7) -> None:
    """Store runs whose gift cards opened the form once and then looked so many times.

    In the last second one visit of two failed at once: it says nothing of what a visit sends.
    """
    (folder / "out").mkdir(exist_ok=True)
    store = open_store(folder / "out" / "forepost.sqlite")
    first, last = parsed().flows["gift_card"].endpoints
    for run in runs:
        store.add_load_run(run)
        counts = [(0, first, 2, 2), (0, last, 2 * looks, 2 * looks), (0, "whole visit", 2, 2)]
        counts += [(0, "whole step", 2, 2), (1, first, 2, 1), (1, "whole visit", 2, 1)]
        store.add_load_cells([
            LoadCell(run.id, second, "gift_card", endpoint, started=started, done=done,
                     failed=started - done, step="redeem" if endpoint == "whole step" else "")
            for second, endpoint, started, done in counts
        ])  # fmt: skip
    store.close()


def ran(run_id: str, days: int, **other: Any) -> LoadRun:
    """Return a run of the campaign so many days later."""
    at = AT + timedelta(days=days)
    return replace(LoadRun(run_id, "test", "http://127.0.0.1:9", at, at, "ready"), **other)


def parsed(text: str = TEXT) -> campaign.Campaign:
    """Return the campaign."""
    return campaign.parse(text, name="test", origin="test.toml")


def test_visits_requests_and_peak_are_those_of_the_plan() -> None:
    """Counted again from the arrivals."""
    made, seen = parsed(), outlook(parsed())
    each = Counter(one.flow for one in made.plan())
    seconds = Counter(int(one.at_s) for one in made.plan())
    gift, browse = seen.flows

    assert (gift.arrivals, browse.arrivals) == (each["gift_card"], each["browse"])
    assert gift.requests == len(made.flows["gift_card"].endpoints) * gift.arrivals
    assert not gift.measured
    assert not seen.measured
    assert seen.peak_per_s == max(seconds.values())
    assert gift.steps == pytest.approx({"step 1": 3.0, "step 2": 6.0})
    assert (gift.top_per_s, gift.need_per_s, browse.need_per_s) == (6.0, 7.5, None)


def test_cores_follow_the_busiest_second() -> None:
    """By what one core was measured to generate."""
    seen = outlook(parsed(TEXT.replace('["4/s", "8/s"]', '["4/s", "800/s"]')))

    assert seen.cores == -(-seen.requests_per_s // REQUESTS_PER_CPU_S)
    assert seen.cores > 1
    assert f"may need {seen.cores} cores and workers = 1" in seen.warnings[-1]
    assert outlook(parsed()).cores == 1


def test_what_cannot_come_out_as_hoped_is_said_before() -> None:
    """A forecast out of reach, and figures that too few visits cannot decide."""
    first, second, third, fourth, fifth = outlook(parsed()).warnings

    assert first.startswith("gift_card comes to 6 a second at most; its forecast with 1.5 headroom")
    assert second.startswith("p95(gift_card) < 800ms per step needs 200 visits and gets about 30")
    assert third.startswith("p99(all) < 1s for 2s needs 1,000 visits and gets about 16 at most")
    assert fourth.startswith("error_rate(all) < 1% needs 381 visits and gets about 60 at most")
    assert fifth.startswith("done(gift_card) >= 95% of offered per step needs 73 visits and gets")


def test_plan_prints_everything_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For people and as JSON; the target does not even exist."""
    (tmp_path / "test.toml").write_text(
        TEXT.replace("mocked = []", 'mocked = ["mail"]\ntarget = "http://127.0.0.1:9"'), "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))
    said = CliRunner().invoke(cli, ["load", "plan", "test"])
    told = CliRunner().invoke(cli, ["load", "plan", "test", "--json"])
    read = json.loads(told.output)

    assert said.exit_code == told.exit_code == 0
    for part in ("http://127.0.0.1:9", "step 2", "300 redemptions/min", "nothing was sent",
                 "p99(all) < 1s for 2s", "mocked   mail", "900 visits/s", "note"):  # fmt: skip
        assert part in said.output
    assert read["arrivals"] == sum(flow["arrivals"] for flow in read["flows"])
    assert read["flows"][0]["peak"] == {"per_s": 5.0, "unit": "redemptions"}
    assert read["thresholds"][2] == "error_rate(all) < 1%"
    assert (read["requests_measured"], read["requests_from_run"]) == (False, None)
    assert f"at least {read['requests']} requests" in said.output
    assert "no former run of this campaign" in said.output
    assert not (tmp_path / "out").exists(), "a plan makes no store"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('target = "https://shop.example"', "host shop.example is not among allow_hosts"),
        ('probes = ["nobody"]', "has no table [flows.nobody]; there is: "),
    ],
)
def test_plan_says_that_the_run_would_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, says: str
) -> None:
    """Two weeks before the campaign is better than on the night of the test."""
    (tmp_path / "test.toml").write_text(
        TEXT.replace("mocked = []", f"mocked = []\n{line}"), "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))

    said = CliRunner().invoke(cli, ["load", "plan", "test"])

    assert said.exit_code == 0
    note = next(line for line in said.output.splitlines() if "would refuse" in line)
    assert says in note
    assert said.output.count("would refuse") == 1


def test_a_former_run_tells_how_many_requests_a_visit_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest that is valid and of this campaign; a flow that it did not have stays a least."""
    (tmp_path / "test.toml").write_text(TEXT, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))
    kept(tmp_path, ran("run-old", 0), looks=3)
    kept(tmp_path, ran("run-told", 1), looks=7)
    others: list[dict[str, Any]] = [{"verdict": "invalid"}, {"verdict": None}, {"campaign": "x"}]
    later = [ran(f"run-{n}", 2 + n, **other) for n, other in enumerate(others)]
    kept(tmp_path, *later, looks=50)
    said = CliRunner().invoke(cli, ["load", "plan", "test"]).output
    read = json.loads(CliRunner().invoke(cli, ["load", "plan", "test", "--json"]).output)

    gift, browse = read["flows"]
    assert (gift["requests_per_visit"], gift["measured"]) == (8.0, True)
    assert gift["requests"] == 8 * gift["arrivals"]
    assert browse["measured"] is False
    assert read["requests"] == gift["requests"] + browse["requests"]
    assert read["peak_requests_per_s"] > 8 * 4
    assert read["requests_from_run"] == "run-told"
    assert "as many requests a visit as in run run-told of 2026-11-21; browse: at least" in said


def test_a_flow_that_asked_for_other_things_is_not_measured() -> None:
    """Its file was changed since: what a visit of the old one sent says nothing of the new."""
    made = parsed()
    cells = [
        LoadCell("r", 0, flow, endpoint, started=4, done=4)
        for flow in ("gift_card", "browse")
        for endpoint in ("whole visit", "gone" if flow == "browse" else "giftcard.redeem")
    ]
    found = former(made, [ran("r", 0)], lambda _: cells)

    assert found is not None
    assert found.per_visit == {"gift_card": 1.0}
    assert former(made, [ran("r", 0)], lambda _: []) is None


def test_a_store_that_cannot_be_read_does_not_hold_a_plan_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says so, and the requests are a least."""
    (tmp_path / "test.toml").write_text(TEXT, "utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "forepost.sqlite").write_text("no database at all, but long enough" * 99)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))
    said = CliRunner().invoke(cli, ["load", "plan", "test"])

    assert said.exit_code == 0
    assert said.stderr.count("\n") == 1
    assert said.stderr.startswith("load plan: no former run could be read: ")
    assert "at least" in said.stdout


def test_a_title_cannot_steer_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign file may come from somebody else: escapes and overrides are not passed on."""
    text = TEXT.replace('title = "Test"', 'title = "Te\\u202est\\u001b[2J"')
    (tmp_path / "test.toml").write_text(text, "utf-8")
    monkeypatch.setattr("loadtests.campaign.names.__defaults__", (tmp_path,))
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))

    for command in (["load", "plan", "test"], ["load", "list"]):
        said = CliRunner().invoke(cli, command, standalone_mode=False).output
        assert "test: Te st [2J" in said


def test_the_list_names_every_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With title, days and forecast; one that cannot be read is told and does not hide others."""
    (tmp_path / "test.toml").write_text(TEXT, "utf-8")
    (tmp_path / "broken.toml").write_text("[campaign", "utf-8")
    monkeypatch.setattr("loadtests.campaign.names.__defaults__", (tmp_path,))
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))
    got = CliRunner().invoke(cli, ["load", "list"], standalone_mode=False)

    assert got.stdout == "test: Test; no date; 300 redemptions/min\n"
    assert "broken.toml: not TOML" in got.stderr
    assert got.return_value == 2
