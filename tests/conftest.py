"""What holds for every test."""

import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from forepost.plugins import ROOMS

# A shell starts what it puts into the background with SIGINT ignored, and children inherit
# that: tests of Ctrl-C would then send it to deaf ears. A handler is reset by exec.
signal.signal(signal.SIGINT, signal.default_int_handler)

# An example has 200 ms by default, and its making a second: on a machine that stands still for a
# moment that fails what holds. What a test proves is in its assertions.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def no_plugins_are_left() -> Iterator[None]:
    """Forget folders of plugins that a test made known: the next test has rooms of its own."""
    before = {room: list(sys.modules[room].__path__) for room in ROOMS if room in sys.modules}
    yield
    for room in ROOMS:
        places = getattr(sys.modules.get(room), "__path__", None)
        if places is None:
            continue
        places[:] = before.get(room, places[:1])
