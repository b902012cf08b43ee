"""What a load test may never do."""

import pytest

from forepost.errors import LoadError
from forepost.model import LoadCell
from loadtests.cells import WHOLE, Tally
from loadtests.generator import safety

LOOPBACK = ("127.0.0.1", "localhost")


@pytest.mark.parametrize(
    ("target", "hosts", "own", "says"),
    [
        ("http://shop.example", LOOPBACK, None, "host shop.example is not among allow_hosts"),
        ("http://127.0.0.1.shop.example", LOOPBACK, None, "is not among allow_hosts"),
        ("http://127.0.0.1@shop.example", LOOPBACK, None, "load target on shop.example"),
        ("https://shop.example", ("shop.example",), None, "--i-own-this-target shop.example"),
        ("https://shop.example", ("shop.example",), "shop", "--i-own-this-target shop.example"),
        ("bundled", LOOPBACK, None, 'target "bundled": needs a URL like'),
        ("ftp://localhost", LOOPBACK, None, "needs a URL like"),
        ("http://[::1", LOOPBACK, None, "needs a URL like"),
        ("http://localhost:99999", LOOPBACK, None, "needs a URL like"),
        ("http://localhost:0", LOOPBACK, None, "needs a URL like"),
        ("http://localhost/shop", LOOPBACK, None, "/shop would be left out, since user files"),
        ("http://localhost/?shop=2", LOOPBACK, None, "needs a URL like"),
        ("http://localhost/#top", LOOPBACK, None, "needs a URL like"),
        ("http://me:secret@localhost", LOOPBACK, None, "a name or password before the host"),
        ("http://me:secret@localhost:x", LOOPBACK, None, "needs a URL like"),
    ],
)
def test_a_target_that_is_not_ours_is_refused(
    target: str, hosts: tuple[str, ...], own: str | None, says: str
) -> None:
    """Before anything is started; one line with the remedy."""
    with pytest.raises(LoadError) as caught:
        safety.check_target(target, hosts, own)

    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_this_machine_and_a_named_target_are_allowed() -> None:
    """The name is the host itself, so that no habit says yes."""
    assert safety.check_target("http://localhost:8080/", LOOPBACK, None) == "localhost"
    assert safety.check_target("http://[::1]:1", ("::1",), None) == "::1"
    own = safety.check_target("https://shop.example", ("shop.example",), "shop.example")
    assert own == "shop.example"


def test_a_run_against_this_machine_stays_on_it() -> None:
    """Hosts that a campaign allows elsewhere were not called ours: no redirect leads there."""
    hosts = ("localhost", "127.0.0.1", "::1", "shop.example", "127.0.0.1.shop.example")

    assert safety.reachable("http://localhost:8080", hosts) == ("localhost", "127.0.0.1", "::1")
    assert safety.reachable("http://[::1]:8080", hosts) == ("localhost", "127.0.0.1", "::1")
    assert safety.reachable("https://shop.example", hosts) == hosts


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


def test_a_shop_that_answers_nobody_is_left_alone_when_patience_is_over() -> None:
    """Visits fail 12 s after they came: in the last ten seconds none has ended."""
    hung = [tally for at in range(10) for tally in cells(failed=5, done=0, second=at)]
    waiting = [Tally(LoadCell("r", at, "f", WHOLE, started=5)) for at in range(10, 22)]

    assert not safety.wrecked([*hung, *waiting], second=20, patience_s=12.0)
    assert safety.wrecked([*hung, *waiting], second=21, patience_s=12.0)
    served = cells(failed=0, done=5, second=15)
    assert not safety.wrecked([*hung, *waiting, *served], second=21, patience_s=12.0)
