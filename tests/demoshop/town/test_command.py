"""`python -m demoshop.town` as another program meets it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

NOWHERE = "http://127.0.0.1:9"


def command(out: Path, *more: str) -> list[str]:
    """Return the command line of a town whose shop does not answer."""
    fixed = ["--shop", NOWHERE, "--gateway", NOWHERE, "--token", "right", "--seed", "1"]
    return [sys.executable, "-m", "demoshop.town", *fixed, "--out", str(out), *more]


@contextmanager
def town(out: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run a town; killed at the end if it still runs."""
    child = subprocess.Popen(command(out), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child, json.loads(child.stdout.readline())
    finally:
        child.kill()
        child.communicate()


def post(urls: dict[str, str], body: object, word: str = "right") -> requests.Response:
    """Send a control request."""
    bearer = {"Authorization": f"Bearer {word}"}
    return requests.post(f"{urls['town']}/control", json=body, headers=bearer, timeout=30)


def test_it_says_where_it_is_and_ends_with_its_books_when_its_input_closes(tmp_path: Path) -> None:
    """One line of JSON with both addresses; at the end the truth lies in the folder."""
    with town(tmp_path) as (child, urls):
        feed = requests.get(urls["timeline"], timeout=30)
        assert set(urls) == {"timeline", "town"}
        assert "Nobody has posted yet." in feed.text
        child.communicate(timeout=30)

        assert child.returncode == 0
    truth = json.loads((tmp_path / "town-truth.json").read_text(encoding="utf-8"))
    assert (truth["seed"], truth["customers"], truth["open"]) == (1, 0, False)
    assert set(truth["situations"]) == {"payment", "autopay", "gift_card", "other"}
    assert truth["parameters"]["posting_share"] == 0.17


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    """With exit code 0, as it was asked to end."""
    with town(tmp_path) as (child, _):
        child.send_signal(number)
        assert child.wait(timeout=30) == 0


def test_control_needs_the_token_and_says_what_is_wrong(tmp_path: Path) -> None:
    """No token, a wrong switch, a wrong value, a shop that does not answer: one line each."""
    with town(tmp_path) as (_, urls):
        answers = [
            requests.get(f"{urls['town']}/truth", timeout=30),
            post(urls, {"open": True}, word="wrong"),
            post(urls, {"opn": True}),
            post(urls, {"open": "yes"}),
            post(urls, [1]),
            post(urls, {"open": True}),
            post(urls, {"gift_campaign": True}),
            post(urls, {"gift_campaign": True}),
            post(urls, {"open": False, "gift_campaign": False}),
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 400, 400, 400, 502, *[200] * 3]
    assert answers[2].json()["error"] == "'opn': no such switch; there is: open, gift_campaign"
    assert answers[3].json()["error"] == "open: 'yes' is neither true nor false"
    assert answers[5].json()["error"] == f"the town cannot open: {NOWHERE}/: ConnectionError"
    assert answers[6].json() == {"open": False, "gift_campaign": True}
    assert answers[8].json() == {"open": False, "gift_campaign": False}


def test_a_taken_port_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """Which option, which port, what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command(tmp_path, "--port-timeline", port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"town: --port-timeline {port}: ")
    assert done.stderr.endswith("; choose another port, or 0\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--shop", "shop:80"), "argument --shop: 'shop:80' is not a URL like"),
        (("--port-control", "99999"), "argument --port-control: '99999' is not a port"),
        (("--seed", "one"), "argument --seed: invalid int value: 'one'"),
    ],
)
def test_a_wrong_value_names_the_option(tmp_path: Path, more: tuple[str, str], words: str) -> None:
    """What, where and the value, exit 2, no traceback."""
    done = subprocess.run(
        command(tmp_path, *more), capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_a_file_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """The books need a folder."""
    taken = tmp_path / "file"
    taken.write_text("x", encoding="utf-8")
    done = subprocess.run(command(taken), capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"town: --out {taken}: ")
