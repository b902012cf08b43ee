"""The HTTP client of the generator: what it sends is what was planned."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests import campaign

ROOT = Path(campaign.__file__).parents[1]
ASK = """
import json, sys
from loadtests.generator.executor import clients
from loadtests.generator.plan import Plan
from loadtests.session import FlowFailedError
from loadtests.generator.visitor import Door, Visitor

plan = Plan("r", sys.argv[1], ("127.0.0.1",), {}, {}, 5.0, 8, "")
door = Door(plan, clients(plan), lambda **_: None)
kinds = []
for _ in range(3):
    try:
        Visitor(door).get("page", "/page")
    except FlowFailedError as error:
        kinds.append(error.kind)
print(json.dumps(kinds))
"""


@pytest.fixture
def slamming() -> Iterator[tuple[str, list[bytes]]]:
    """Run a shop that closes every connection once it has read; yield its address and requests."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(4096))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)


def test_a_page_that_is_slammed_is_not_asked_for_again(slamming: tuple[str, list[bytes]]) -> None:
    """A shop that is full must not get a dozen uncounted requests for each planned one."""
    target, heard = slamming

    made = subprocess.run(
        [sys.executable, "-c", ASK, target],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert json.loads(made.stdout) == ["closed"] * 3
    assert len(heard) == 3
