"""Last year's minutes: what is read, what is refused, and what comes of speed and scale."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from forepost.cli import main
from forepost.errors import ConfigError
from loadtests import campaign
from loadtests.campaign import Campaign
from loadtests.shapes import replay

GOOD = "minute,browse,gift_card\n0,60,30\n1,120,0\n2,0,90\n"


def write(folder: Path, text: str) -> Path:
    """Write a CSV file and return its path."""
    path = folder / "last-year.csv"
    path.write_text(text, "utf-8")
    return path


def asked(folder: Path, head: str = "", shape: str = "", shares: bool = False) -> Campaign:
    """Return a campaign of two flows beside a CSV file."""
    share = "share = 0.5" if shares else ""
    text = f"""
[campaign]
title = "Test"
owner = "Team"
mocked = []
max_rate = "40/s"
arrivals = "uniform"
{head}
[shape]
{shape}
[flows.browse]
{share}
[flows.gift_card]
{share}
peak = "60 redemptions/min"
"""
    return campaign.parse(text, name="test", origin=str(folder / "test.toml"))


def test_each_minute_brings_what_it_brought_last_year(tmp_path: Path) -> None:
    """Counted again from the arrivals that are planned."""
    write(tmp_path, GOOD)
    made = asked(tmp_path, shape='kind = "replay"\nfile = "last-year.csv"')
    seen = Counter((int(one.at_s // 60), one.flow) for one in made.plan())

    assert seen == {
        (0, "browse"): 60, (0, "gift_card"): 30, (1, "browse"): 120, (2, "gift_card"): 90,
    }  # fmt: skip
    assert made.shape.duration_s == 180
    assert [one.per_s for one in made.context().steps] == [1.5, 2.0, 1.5]
    assert made.flows["browse"].share == pytest.approx(180 / 300)


def test_speed_shortens_the_day_and_scale_makes_it_busier(tmp_path: Path) -> None:
    """Speed 10 and scale 1.5: one and a half times the rate in minutes of six seconds."""
    counts = replay.read(write(tmp_path, GOOD))
    made = asked(tmp_path, shape='kind = "hold"\nrate = "1/s"\nover = "9s"', shares=True).replayed(
        counts, speed=10, scale=1.5
    )
    seen = Counter((int(one.at_s // 6), one.flow) for one in made.plan())

    assert made.shape.duration_s == 18
    assert made.shape.top_per_s == pytest.approx(3.0)
    want = {
        (0, "browse"): 9.0, (0, "gift_card"): 4.5, (1, "browse"): 18.0, (2, "gift_card"): 13.5,
    }  # fmt: skip
    assert seen.keys() == want.keys()
    assert all(abs(seen[key] - number) <= 0.5 for key, number in want.items())
    assert [phase.name for phase in made.phases] == ["replay"]


@pytest.mark.parametrize(
    "minutes",
    [
        ("7", "8", "9"),
        ("23:58", "23:59"),
        ("2025-12-18T23:59", "2025-12-19T00:00", "2025-12-19T00:01"),
        ("2025-12-18T23:59:00Z", "2025-12-19T00:00:00Z"),
        ("22:59", *(f"23:{minute:02d}" for minute in range(60)), "00:00", "00:01"),
        ("2025-10-26T02:59+02:00", "2025-10-26T02:00+01:00"),  # the clock is put back
        ("2026-03-29T01:59+01:00", "2026-03-29T03:00+02:00"),  # and forward
    ],
)
def test_minutes_are_numbers_or_times(tmp_path: Path, minutes: tuple[str, ...]) -> None:
    """As whoever exported them writes them."""
    text = "minute,browse\n" + "".join(f"{minute},3\n" for minute in minutes)

    assert replay.read(write(tmp_path, text)).minutes == len(minutes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 must name every column"),
        ("time,browse\n0,1\n", 'line 1: the first column is "time"; the header reads minute,FLOW'),
        ("minute\n0\n", "the header reads minute,FLOW,FLOW"),
        ("minute,browse\n", "has no minutes; give a line a minute"),
        ("minute,browse\n0,1\n2,1\n", "line 3: minute 2 does not follow the one before"),
        ("minute,browse\n0,1\n0,1\n", "line 3: minute 0 does not follow the one before"),
        ("minute,browse\n18:05,1\n18:07,1\n", "line 3: minute 18:07 does not follow"),
        ("minute,browse\n00:00,1\n23:59,1\n", "line 3: minute 23:59 does not follow"),
        (
            "minute,browse\n2025-10-26T02:59,1\n2025-10-26T02:00,1\n",
            r"a quiet one with 0; where the clock was changed, write the zone",
        ),
        (
            "minute,browse\n2025-10-26T02:00+02:00,1\n2025-10-26T02:01+01:00,1\n",
            r"minute 2025-10-26T02:01\+01:00 does not follow",
        ),
        (
            "minute,browse\n2025-10-26T02:00+00:00,1\n2025-10-26T02:01,1\n",
            "line 3: minute 2025-10-26T02:01 is written in another form",
        ),
        ("minute,browse\n0,1\n00:01,1\n", "line 3: minute 00:01 is written in another form"),
        ("minute,browse\n0,1\n1,many\n", 'line 3: browse = "many" is no count; write a whole'),
        ("minute,browse\n0,1\n1,\n", 'line 3: browse = "" is no count'),
        ("minute,browse\n0,1.5\n", 'browse = "1.5" is no count'),
        ("minute;browse\n0;1,5\n", 'browse = "1,5" is no count'),
        ("minute,browse\n0,-3\n", 'browse = "-3" is no count'),
        ("minute,browse\nnoon,3\n", 'line 2: "noon" is no minute; write 0, 18:05 or'),
        ("minute,browse\n18:05:30,3\n", "18:05:30 is no full minute"),
        ("minute,browse\n0,3,4\n", "line 2 has 3 fields, the header 2"),
        ("minute,browse\n0,0\n1,0\n", "counts nobody in any minute"),
    ],
)
def test_a_file_that_says_less_than_it_seems_is_refused(
    tmp_path: Path, text: str, says: str
) -> None:
    """A gap or a word in a count is never taken for a quiet minute."""
    file = write(tmp_path, text)
    with pytest.raises(ValueError, match=says) as caught:
        replay.read(file)
    assert str(file) in str(caught.value)


HOLD = 'kind = "hold"\nrate = "1/s"\nover = "9s"'


@pytest.mark.parametrize(
    ("head", "text", "speed", "scale", "says"),
    [
        ("", GOOD, 10, 30, r"max_rate = 40/s: the shape goes up to 60/s"),
        ('max_duration = "60s"', GOOD, 2, 1, r"max_duration = 60s: the shape lasts 90 s"),
        ("", "minute,browse,returns\n0,1,1\n", 1, 1, "column returns is no flow of the campaign"),
        ("", GOOD, 1, float("nan"), "scale nan is no factor from 0.01 to"),
        ("", GOOD, 0, 1, "speed 0 is no factor from 0.01 to"),
    ],
)
def test_what_a_replay_would_break_is_told_before_anything_is_sent(
    tmp_path: Path, head: str, text: str, speed: float, scale: float, says: str
) -> None:
    """The campaign's ceilings hold after scaling too."""
    counts = replay.read(write(tmp_path, text))
    made = asked(tmp_path, head, HOLD, shares=True)

    with pytest.raises(ConfigError, match=says) as caught:
        made.replayed(counts, speed=speed, scale=scale)
    assert all("\n" not in line for line in caught.value.faults)


def test_what_a_phase_must_keep_holds_for_a_whole_replay(tmp_path: Path) -> None:
    """The peak of last year has no "step 3"; nothing that was asked falls away with it."""
    head = 'thresholds = ["p95(all) < 1s in hold per step", "error_rate(all) < 1% in replay"]'
    counts = replay.read(write(tmp_path, GOOD))
    again = asked(tmp_path, 'thresholds = ["p95(all) < 1s in hold per step"]', HOLD, shares=True)

    made = again.replayed(counts)
    assert [one.text for one in made.thresholds] == ["p95(all) < 1s per step"]
    assert list(made.faults()) == []
    with pytest.raises(ConfigError, match="no phase replay; there is: hold"):
        asked(tmp_path, head, HOLD, shares=True)


@pytest.mark.parametrize("name", ["holiday-gift-cards", "flash-sale", "renewal-day"])
def test_every_campaign_that_ships_can_be_replayed(tmp_path: Path, name: str) -> None:
    """By its name, as the README says, from a file of one of its flows."""
    made = campaign.load(name)
    flow = next(iter(made.flows))
    counts = replay.read(write(tmp_path, f"minute,{flow}\n18:00,120\n"))

    assert made.replayed(counts, scale=1.5).shape.arrivals == 180


def test_a_share_beside_a_replay_is_a_contradiction(tmp_path: Path) -> None:
    """The file says how many come of each flow."""
    write(tmp_path, GOOD)

    with pytest.raises(ConfigError, match=r"share = 0\.5: is not used: the file of the replay"):
        asked(tmp_path, shape='kind = "replay"\nfile = "last-year.csv"', shares=True)


def test_a_flow_that_is_not_in_the_file_stays_without_visits(tmp_path: Path) -> None:
    """Its forecast is then not decided, instead of being forgotten."""
    counts = replay.read(write(tmp_path, "minute,browse\n0,30\n"))
    made = asked(tmp_path, shape=HOLD, shares=True).replayed(counts)

    assert made.flows["gift_card"].share == 0
    assert made.shapes()["gift_card"].arrivals == 0
    assert {one.flow for one in made.plan()} == {"browse"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["last-year.csv", "--campaign", "smoke", "--scale", "many"], "is not a valid float"),
        (["none.csv", "--campaign", "smoke"], "no file none.csv"),
        (["last-year.csv", "--campaign", "nope"], "no campaign"),
        (["last-year.csv", "--campaign", "smoke"], "column returns is no flow of the campaign"),
        (["last-year.csv"], "missing option '--campaign'"),
    ],
)
def test_a_wrong_call_is_one_line_and_code_2(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before a shop is started or asked."""
    write(tmp_path, "minute,returns\n0,1\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text('[shop]\nname = "T"\nurl = "http://127.0.0.1:9"\n')
    monkeypatch.setattr(sys, "argv", ["forepost", "load", "replay", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()

    assert caught.value.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert says in said.err


def test_the_command_replays_a_csv(
    tmp_path: Path,
    toy: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the file to a stored run of kind "replay", against a toy shop in its own process."""
    csv = write(tmp_path, "minute,browse\n0,400\n1,200\n")
    url = toy()
    (tmp_path / "config.toml").write_text(f'[shop]\nname = "Toy"\nurl = "{url}"\n', "utf-8")
    (tmp_path / "toy.toml").write_text(
        '[campaign]\ntitle = "Toy"\nowner = "Tests"\nmocked = []\nmax_lateness = "5s"\n'
        f'target = "{url}"\n[shape]\nkind = "hold"\nrate = "1/s"\nover = "9s"\n'
        "[flows.browse]\nshare = 1.0\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(campaign.load, "__defaults__", (tmp_path,))
    words = [str(csv), "--campaign", "toy", "--speed", "60", "--scale", "1.5", "--json"]
    monkeypatch.setattr(sys, "argv", ["forepost", "load", "replay", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    said = capsys.readouterr()

    assert caught.value.code in (0, 4), said.err
    told = json.loads(said.out)
    assert told["detail"]["kind"] == "replay"
    assert told["detail"]["offered"] == pytest.approx(15, abs=12)  # Poisson: 600 × 1.5 / 60
