"""`forepost load run` and `forepost load worker`: what they are told, and their exit codes."""

import re
import signal
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from forepost.cli import cli
from forepost.cli._load_live import exit_code, setup_of, walked, words
from forepost.cli._signals import stop_on_signals
from forepost.config import Config, FlowPlan
from forepost.errors import ConfigError, LoadError
from forepost.model import LoadRun
from loadtests import campaign as campaigns
from loadtests.generator.lock import only_run

AT = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("verdict", "detail", "want"),
    [
        ("ready", {}, 0),
        ("passed", {}, 0),
        ("failed", {}, 1),
        ("not ready", {}, 1),
        ("not ready", {"cut_short": "ended after 4 s", "aborted": ["p95(all) < 1s abort"]}, 1),
        ("invalid", {}, 3),
        ("invalid", {"cut_short": "stopped by hand after 4 s"}, 3),
        ("inconclusive", {}, 4),
        ("inconclusive", {"cut_short": "stopped by hand after 4 s", "aborted": []}, 5),
        ("inconclusive", {"cut_short": "ended for safety after 12 s"}, 5),
        (None, {}, 4),
    ],
)
def test_the_exit_code_says_what_came_out(
    verdict: str | None, detail: Mapping[str, object], want: int
) -> None:
    """A threshold that ended the run is the shop's word; a stop by hand is nobody's."""
    assert exit_code(LoadRun("r", "c", "t", AT, AT, verdict, None, detail)) == want


@pytest.mark.parametrize(
    ("probes", "flows", "want"),
    [
        ((), ("browse", "checkout", "autopay"), ("checkout",)),
        (("autopay",), ("browse", "checkout", "autopay"), ("autopay",)),
        ((), ("browse", "mine"), ("browse", "mine")),
    ],
)
def test_whoever_buys_is_walked_beside_unless_others_are_named(
    probes: tuple[str, ...], flows: tuple[str, ...], want: tuple[str, ...]
) -> None:
    """One browser walks one flow often enough to say something; a shop without it, all."""
    campaign = replace(campaigns.load("smoke"), probes=probes)
    assert walked(Config(flows=dict.fromkeys(flows, FlowPlan())), campaign) == want


def test_a_probe_that_there_is_not_is_one_line() -> None:
    """Before the shop is started and anything is sent."""
    campaign = replace(campaigns.load("smoke"), probes=("pay",))
    with pytest.raises(ConfigError, match=r"probes: config.toml has no table \[flows.pay\]; there"):
        walked(Config(flows={"checkout": FlowPlan()}), campaign)


@pytest.mark.parametrize(
    ("allowed", "busy", "says"),
    [
        (("localhost",), False, r"host 127\.0\.0\.1 is not among allow_hosts \(localhost\)"),
        (("127.0.0.1",), True, "another load test runs against it"),
    ],
)
def test_a_target_is_refused_before_a_shop_or_a_browser_is_started(
    tmp_path: Path, allowed: tuple[str, ...], busy: bool, says: str
) -> None:
    """The shop would be the bundled one; its folder is the first that starting it makes."""
    folder = tmp_path / "mine" / "loadtests" / "campaigns"
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(
        '[campaign]\ntitle = "T"\nowner = "O"\nmocked = []\ntarget = "http://127.0.0.1:9"\n'
        '[shape]\nkind = "hold"\nrate = "1/s"\nover = "9s"\n[flows.browse]\nshare = 1.0\n'
    )
    config = tmp_path / "config.toml"
    config.write_text(
        f'[shop]\nname = "S"\nurl = "bundled"\n[loadtests]\nallow_hosts = {list(allowed)}\n'
        f'[paths]\nout = "{tmp_path / "out"}"\nplugins = ["mine"]\n'
    )
    with only_run("http://127.0.0.1:9") if busy else nullcontext():
        result = CliRunner().invoke(cli, ["--config", str(config), "load", "run", "own"])

    assert isinstance(result.exception, LoadError)
    assert re.search(says, str(result.exception))
    assert not (tmp_path / "out").exists()


def test_the_setup_is_names_and_values() -> None:
    """The last word on a name counts."""
    assert setup_of(("web=2", " db = small ", "web=3")) == {"web": "3", "db": "small"}
    for bad in ("web", "=2", "web="):
        with pytest.raises(click.UsageError, match="say NAME=VALUE, like web=2"):
            setup_of((bad,))


def test_a_worker_without_a_run_is_one_line() -> None:
    """Nothing listens on port 1: the tunnel was forgotten, or the run is over."""
    result = CliRunner().invoke(cli, ["load", "worker", "--port", "1"], input="c0de\n")

    assert isinstance(result.exception, LoadError)
    assert "nobody listens on port 1 of this machine" in str(result.exception)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize(
    "given", [b"", b"\n", b"two words\n", b"\xff\xfe\n", b"a" * 300, b"\x1b[2J\n"]
)
def test_a_worker_that_gets_no_code_is_one_line(given: bytes) -> None:
    """The command was typed without its beginning; what came instead is not repeated."""
    result = CliRunner().invoke(cli, ["load", "worker", "--port", "1"], input=given)

    assert isinstance(result.exception, LoadError)
    told = str(result.exception)
    assert told.startswith("load worker: no code of a run on standard input; type the whole")
    assert "\n" not in told
    assert "aaa" not in told


@pytest.mark.parametrize(
    ("hosts", "says"), [("-oProxy=x", "is no host"), ("", "names 0 workers; 1 to 64")]
)
def test_hosts_that_are_none_are_refused_before_anything_is_started(hosts: str, says: str) -> None:
    """A name is printed into a command line that somebody will paste; none at all is no answer."""
    result = CliRunner().invoke(cli, ["load", "run", "smoke", "--workers-from", hosts])

    assert isinstance(result.exception, LoadError)
    assert says in str(result.exception)


def test_a_run_in_which_nothing_gave_way_does_not_call_it_unclear() -> None:
    """And what it says cannot move the cursor of whoever reads it."""
    run = LoadRun("r", "c", "t", AT, AT, "ready", None, {})
    held = {"gift_card": {"low_per_s": 12.0, "high_per_s": None}}
    broke = {"gift_card": {"low_per_s": 8.0, "high_per_s": 12.0}}
    hostile = {"lines": ["a\x1b[2J\u202eb"], "evidence": ["c\rd"]}

    assert "gives way first: nothing" in words(replace(run, detail={"brackets": held}))
    assert "gives way first: unclear" in words(replace(run, detail={"brackets": broke}))
    assert "gives way first: unclear" in words(replace(run, detail={}))
    said = words(replace(run, detail=hostile)).splitlines()
    assert (said[1], said[3]) == ("a [2J b", "  c d")


@pytest.mark.parametrize(
    ("detail", "want"),
    [
        ({"brackets": {"browse": {"low_per_s": 4.0, "high_per_s": None}}}, "nothing"),
        ({"brackets": {"browse": {"low_per_s": 4.0, "high_per_s": 8.0}}}, "unclear"),
        ({"brackets": {"browse": {"low_per_s": None, "high_per_s": None}}}, "unclear"),
        ({"brackets": {}, "invalid": ""}, "unclear"),
        (
            {
                "brackets": {"browse": {"low_per_s": 4.0, "high_per_s": None}},
                "cut_short": "stopped by hand after 1 s",
            },
            "unclear",
        ),
    ],
)
def test_nothing_gives_way_only_where_all_was_seen(detail: Mapping[str, object], want: str) -> None:
    """A run that was stopped, or that saw no level, cannot say so."""
    assert f"gives way first: {want}" in words(LoadRun("r", "c", "t", AT, AT, None, None, detail))


def test_a_stop_by_hand_is_answered_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    """A clean-up may take a minute: one line says that it was heard, however often it is asked."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        stop = stop_on_signals("stopping")
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    assert stop.is_set()
    assert capfd.readouterr().err == "stopping\n"
