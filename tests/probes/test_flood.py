"""A flood of calls is known by how many come at a time, never by how many there were."""

from hypothesis import given
from hypothesis import strategies as st

from probes.measures.flood import Flood


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.at


def told(gaps_s: list[float], most: int, within_s: float) -> list[bool]:
    """Return what each of some calls was told, by the time between them."""
    clock = Clock()
    flood = Flood(most, within_s, clock)
    said = []
    for gap_s in gaps_s:
        clock.at += gap_s
        said.append(flood.count())
    assert flood.on == any(said)
    return said


@given(
    st.lists(st.floats(0, 2, allow_nan=False), max_size=60), st.integers(1, 9), st.integers(1, 5)
)
def test_it_begins_once_with_the_call_that_is_one_too_many(
    gaps_s: list[float], most: int, within_s: int
) -> None:
    """Against counting, for each call, those that came in the time before it."""
    said = told(gaps_s, most, within_s)

    clock, times = 0.0, []
    for gap_s in gaps_s:
        clock += gap_s
        times.append(clock)
    floods = [
        sum(at - one < within_s for one in times[: n + 1]) > most for n, at in enumerate(times)
    ]
    assert said == [flood and not any(floods[:n]) for n, flood in enumerate(floods)]


def test_a_page_that_asks_for_ever_but_slowly_is_none() -> None:
    """A call every 100 ms for ten minutes."""
    assert not any(told([0.1] * 6_000, most=150, within_s=3.0))
