"""How often to probe to be first: against simulated customers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.analysis.cadence import LONGEST_S, Crowd, p_first, slowest_interval_s


@pytest.mark.parametrize(("rate", "minutes"), [(0.2, 51), (1, 16), (5, 6), (20, 3)])
def test_the_median_first_post_is_that_of_the_table(rate: float, minutes: float) -> None:
    """17 % post, half are seen, ten minutes to write: 51, 16, 6 and 3 minutes."""
    crowd = Crowd(rate)
    assert crowd.p_none_by(minutes - 0.5) > 0.5 > crowd.p_none_by(minutes + 0.5)


def test_the_chance_of_being_first_agrees_with_simulated_customers() -> None:
    """Failing customers as they come, each posting or not, after a delay; probes on a grid."""
    dice = np.random.default_rng(3)
    crowd, interval_s, detect_s = Crowd(2.0), 300.0, 90.0
    wins, n = 0, 4000
    for _ in range(n):
        fails_min = np.cumsum(dice.exponential(1 / 2.0, 80))
        posts = fails_min + dice.exponential(10.0, len(fails_min))
        seen = posts[dice.random(len(posts)) < 0.17 * 0.5]
        told_min = (dice.random() * interval_s + detect_s) / 60
        wins += not np.any(seen < told_min)
    assert p_first(crowd, interval_s, detect_s=detect_s) == pytest.approx(wins / n, abs=0.03)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 50), st.floats(0.3, 0.99))
def test_the_slowest_interval_just_beats_the_first_post(rate: float, probability: float) -> None:
    """At that interval the promise is kept; a tenth slower and it is not."""
    crowd = Crowd(rate)
    interval_s = slowest_interval_s(crowd, probability, detect_s=10)
    if interval_s is None:
        assert p_first(crowd, 1.0, detect_s=10) < probability
        return
    assert p_first(crowd, interval_s, detect_s=10) >= probability
    if interval_s < LONGEST_S:
        assert p_first(crowd, interval_s * 1.1 + 1, detect_s=10) < probability


def test_nobody_posts_before_anything_happened() -> None:
    """And without customers the slowest interval is the longest there is."""
    assert Crowd(5).posts_by(0) == 0.0
    assert Crowd(5, writing_min=0).posts_by(2) == pytest.approx(5 * 0.17 * 0.5 * 2)
    assert slowest_interval_s(Crowd(0), 0.9) == LONGEST_S
    assert slowest_interval_s(Crowd(10_000), 0.99, detect_s=600) is None


def test_what_cannot_be_is_refused() -> None:
    """Rates below zero and chances outside 0 to 1."""
    with pytest.raises(ValueError, match="customers_per_minute: -1 is below 0"):
        Crowd(-1)
    with pytest.raises(ValueError, match="probability: 1 lies outside 0 to 1"):
        slowest_interval_s(Crowd(1), 1.0)
