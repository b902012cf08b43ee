"""What a load test may never do."""

from pathlib import Path

import pytest

from forepost.errors import LoadError
from forepost.model import LoadCell
from loadtests import safety
from loadtests.cells import WHOLE, Tally

LOOPBACK = ("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("target", "hosts", "own", "says"),
    [
        ("http://shop.example", LOOPBACK, None, "host shop.example is not among allow_hosts"),
        ("http://127.0.0.1.shop.example", LOOPBACK, None, "is not among allow_hosts"),
        ("http://127.0.0.1@shop.example", LOOPBACK, None, "host shop.example is not among"),
        ("https://shop.example", ("shop.example",), None, "--i-own-this-target shop.example"),
        ("https://shop.example", ("shop.example",), "shop", "--i-own-this-target shop.example"),
        ("bundled", LOOPBACK, None, 'target "bundled": needs a URL like'),
        ("ftp://localhost", LOOPBACK, None, "needs a URL like"),
    ],
)
def test_a_target_that_is_not_ours_is_refused(
    target: str, hosts: tuple[str, ...], own: str | None, says: str
) -> None:
    """Before anything is started; one line with the remedy."""
    with pytest.raises(LoadError) as caught:
        safety.check_target(target, hosts, own)

    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_this_machine_and_a_named_target_are_allowed() -> None:
    """The name is the host itself, so that no habit says yes."""
    assert safety.check_target("http://localhost:8080/", LOOPBACK, None) == "localhost"
    assert safety.check_target("http://[::1]:1", ("::1",), None) == "::1"
    own = safety.check_target("https://shop.example", ("shop.example",), "shop.example")
    assert own == "shop.example"


def test_one_run_a_target(tmp_path: Path) -> None:
    """A second one is refused while the first lasts; another target is free."""
    with safety.only_run("http://localhost:1", tmp_path):
        with (
            pytest.raises(LoadError, match="another load test runs against it"),
            safety.only_run("http://localhost:1/", tmp_path),
        ):
            pytest.fail("two at once")
        with safety.only_run("http://localhost:2", tmp_path):
            pass
    with safety.only_run("http://localhost:1", tmp_path):
        pass


def cells(failed: int, done: int, second: int = 9) -> list[Tally]:
    """One second of whole visits."""
    started = failed + done
    return [Tally(LoadCell("r", second, "f", WHOLE, started=started, failed=failed, done=done))]


def test_a_wreck_is_left_alone() -> None:
    """95 % of the last ten seconds' visits failed; a few visits, or old ones, say nothing."""
    assert safety.wrecked(cells(failed=38, done=2), second=9)
    assert not safety.wrecked(cells(failed=37, done=3), second=9)
    assert not safety.wrecked(cells(failed=10, done=0), second=9)
    assert not safety.wrecked(cells(failed=38, done=2), second=25)
    assert not safety.wrecked(cells(failed=38, done=2, second=8), second=8)
