"""Bad input on the command line: one line with what, where and the remedy; exit 2; no litter."""

import json
import os
import socket
import sqlite3
import sys
from pathlib import Path

import pytest

from forepost.storage.sqlite import SqliteStore
from tests.system.home import Home

# Nothing here needs a shop: the fault is found before anybody asks for one.
CONFIG = """
[shop]
url = "http://127.0.0.1:1"
[flows.browse]
[complaints.file]
path = "posts.csv"
"""


@pytest.fixture(autouse=True)
def written(home: Home) -> None:
    """Write a config without a fault."""
    home.write(CONFIG)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            'storefront = "generic"\ncontrols = { nope = "button: x" }',
            "config.toml:4: [shop.controls] nope: no such control; the n",
        ),
        (
            'storefront = "generic"\npreset = "wix"',
            'l:4: [shop] preset = "wix": no such preset; there is: ',
        ),
        (
            'controls = { place_order = "button: Buy" }',
            "l:3: [shop] controls: not read by storefront =",
        ),
        (
            '[flows.browse]\ndevice = "mobil"',
            'l:4: [flows.browse] device = "mobil": no such table [d',
        ),
    ],
)
def test_a_line_that_cannot_be_meant_walks_nowhere(home: Home, lines: str, said: str) -> None:
    """Told before a browser is started; a line that nobody reads is a mistake too."""
    home.write(f'[shop]\nurl = "http://127.0.0.1:1"\n{lines}\n')

    for command in (("probe", "browse"), ("watch",)):
        assert said in home.call(*command).refusal()
        assert home.files() == ["config.toml"]


def test_all_faults_of_a_config_are_told_at_once(home: Home) -> None:
    """A line a fault, each with its place, so that one look mends them all."""
    home.write(
        '[shop]\nurll = "x"\nenvironment = "live"\n[watch]\ndrain = 20\n'
        '[flows.brouse]\n[alerts.webhook]\nurl = "env:NOT_SET_ANYWHERE"\n'
    )
    said = home.call("probe", "browse").refusal(lines=5).splitlines()

    assert [line.partition(": ")[0] for line in said] == [
        f"config.toml:{number}" for number in (2, 3, 5, 6, 8)
    ]
    assert said[0].endswith("[shop] urll: no such key; did you mean url?")
    assert "probes/flows/brouse.py" in said[3]
    assert "NOT_SET_ANYWHERE is not set" in said[4]
    assert home.files() == ["config.toml"]


@pytest.mark.parametrize("command", ["watch", "doctor"])
def test_a_config_that_is_no_toml_is_told(home: Home, command: str) -> None:
    """Every command reads the same file and says the same; the doctor in its table."""
    home.write("[shop\n")
    said = home.call(command)

    assert said.code == 2
    assert "config.toml: not TOML" in said.out + said.err
    assert "Traceback" not in said.err
    assert home.files() == ["config.toml"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--config", "none.toml", "watch"), "none.toml: no such file; name one with --config"),
        (("probe", "chekout"), "no file probes/flows/chekout.py; there is: after_sales, "),
        (("probe",), "forepost probe: missing argument 'FLOW'; see forepost probe --help"),
        (("probe", "browse", "--jsn"), "no such option '--jsn'"),
        (("wacht",), "forepost: no such command 'wacht'; see forepost --help"),
        (("report",), 'forepost.sqlite: there is no store yet; run "forepost watch" first'),
        (("report", "--since", "banana"), "--since: banana: a duration is text with a unit"),
        (("complaints", "counts", "--topic", "weather"), "weather: no such topic; there is: "),
        (("complaints", "counts"), "there is no store yet"),
        (("complaints", "poll", "mastodon"), "no table [complaints.mastodon]; there is: file"),
        (("load", "run", "nope"), "nope.toml; there is: flash-sale, holiday-gift-cards"),
        (("demo", "--seed", "x"), "--seed"),
    ],
)
def test_wrong_usage_is_one_line(home: Home, arguments: tuple[str, ...], part: str) -> None:
    """What, where and the remedy; nothing is made on the way."""
    assert part in home.call(*arguments).refusal()
    assert home.files() == ["config.toml"]


def test_a_taken_port_is_one_line(home: Home) -> None:
    """The demo shop names the port and the option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = (sys.executable, "-m", "demoshop", "--out", "shop", "--port", port)
        said = home.run(*command).refusal()

    assert said.startswith(f"demoshop: port {port} of 127.0.0.1: ")
    assert said.endswith("choose another with --port")


@pytest.mark.browser
def test_no_browser_is_not_the_shop(home: Home) -> None:
    """Our side: exit 2 and the line that says what to do; no step of the shop was judged."""
    said = home.call("probe", "browse", FOREPOST_BROWSER="/bin/false")
    lines = said.out.splitlines()

    assert (said.code, said.err) == (2, "")
    assert lines[1:2] == ["browse: broken in 0.00 s, 0 steps"]
    assert lines[2].startswith("browse: FOREPOST_BROWSER: /bin/false does not start")
    assert lines[2].endswith("unset it or give the path of a Chromium")
    assert [line.rsplit(" ", 1)[0] for line in lines[3:]] == ["  more: forepost show"]


@pytest.mark.parametrize("command", ["watch", "report"])
@pytest.mark.parametrize("content", [b"not a database, " * 300, b"SQLite format 3\0" * 300])
def test_a_corrupt_store_is_told_and_kept(home: Home, command: str, content: bytes) -> None:
    """Nobody deletes what may still be saved."""
    store = home.folder / "out" / "forepost.sqlite"
    store.parent.mkdir()
    store.write_bytes(content)
    said = home.call(*command.split()).refusal()

    assert said.startswith(f"{store}: ")
    assert "restore a backup" in said
    assert store.read_bytes() == content


@pytest.mark.parametrize("command", ["watch", "report"])
def test_a_store_of_a_newer_program_is_left_alone(home: Home, command: str) -> None:
    """Its rows may mean something that this program does not know."""
    store = home.folder / "out" / "forepost.sqlite"
    store.parent.mkdir()
    SqliteStore(store).close()
    raw = sqlite3.connect(store)
    raw.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('forepost', '999_later', '2030-01-01')"
    )
    raw.commit()
    raw.close()
    said = home.call(*command.split()).refusal()

    assert said.startswith(f"{store}: written by a newer Forepost (schema step 999_later); ")
    assert "update Forepost" in said


@pytest.mark.parametrize("command", ["watch", "probe browse"])
def test_an_output_folder_that_is_a_file_is_told(home: Home, command: str) -> None:
    """Not even root can write into it."""
    (home.folder / "results").write_text("mine", "utf-8")
    home.write(f'{CONFIG}[paths]\nout = "results"\n[store]\npath = "forepost.sqlite"\n')
    said = home.call(*command.split()).refusal()

    assert said.startswith(f"{home.folder / 'results'}: there is a file of that name; ")
    assert "[paths] out" in said
    assert (home.folder / "results").read_text("utf-8") == "mine"


def test_a_report_that_is_a_folder_is_told(home: Home) -> None:
    """It cannot be replaced, and no draft is left beside it."""
    place = home.folder / "out"
    place.mkdir()
    SqliteStore(place / "forepost.sqlite").close()
    (place / "report.html").mkdir()
    said = home.call("report").refusal()

    assert said.startswith(f"{place / 'report.html'}: the report cannot be written: ")
    assert not list(place.glob(".report*"))


def test_an_unreachable_source_is_one_line_and_a_poll_without_coverage(home: Home) -> None:
    """Exit 1: nothing is known of this time, which is not the same as quiet."""
    with socket.socket() as held:  # bound, but it does not listen
        held.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        home.write(f'{CONFIG}[complaints.mastodon]\ninstance = "{address}"\nhashtag = "shop"\n')
        said = home.call("complaints", "poll", "mastodon")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"mastodon: {address}/")
    assert len(said.err.splitlines()) == 1
    store = SqliteStore(home.folder / "out" / "forepost.sqlite", read_only=True)
    assert [poll.covered_to for poll in store.polls()] == [None]
    store.close()


def test_a_file_of_posts_that_is_not_there_is_one_line(home: Home) -> None:
    """The same of a file."""
    said = home.call("complaints", "poll")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("file: ")
    assert len(said.err.splitlines()) == 1


def test_a_bad_line_does_not_cost_the_good_ones(home: Home) -> None:
    """Classify tells of each bad line by its number and goes on."""
    lines = ['{"text": "I cannot pay"}', "nonsense", '{"txt": 1}', '{"text": "lovely tent"}']
    said = home.call("complaints", "classify", stdin="\n".join(lines) + "\n")

    assert said.code == 1
    assert [json.loads(line)["text"] for line in said.out.splitlines()] == [
        "I cannot pay",
        "lovely tent",
    ]
    assert [line.partition(":")[0] for line in said.err.splitlines()] == ["line 2", "line 3"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; see test_disk.py")
@pytest.mark.parametrize("command", ["watch", "probe browse", "complaints poll"])
def test_a_folder_that_may_not_be_written_is_one_line(home: Home, command: str) -> None:
    """Which folder, and which setting names another."""
    home.folder.chmod(0o500)
    try:
        said = home.call(*command.split()).refusal()
    finally:
        home.folder.chmod(0o700)

    assert str(Path(home.folder / "out")) in said
    assert "[store] path" in said or "[paths] out" in said
