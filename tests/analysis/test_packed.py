"""Packed histograms: whatever is asked of a dict of times, they answer the same."""

import random

import pytest

from forepost.analysis import histogram
from forepost.analysis.packed import Packed


@pytest.mark.parametrize("number", [0, 1, 3, 200])
def test_a_packed_histogram_answers_as_the_dict_does(number: int) -> None:
    """Keys, counts and pairs in the same order; sums and percentiles follow from these."""
    dice = random.Random(number)
    plain = {histogram.bucket(dice.randrange(10**8)): dice.randint(1, 9) for _ in range(number)}

    packed = Packed(plain)

    assert packed == plain
    assert (list(packed), len(packed)) == (list(plain), len(plain))
    assert list(packed.items()) == list(plain.items())
    assert list(packed.values()) == list(plain.values())
    assert dict(packed) == plain
    assert histogram.merge([packed, packed]) == histogram.merge([plain, plain])
    assert histogram.percentile_us(packed, 0.95) == histogram.percentile_us(plain, 0.95)
    assert all(packed[key] == count for key, count in plain.items())


def test_what_was_never_counted_is_not_there() -> None:
    """As in a dict: a KeyError, or the default that was asked for."""
    packed = Packed({5_000: 2})

    assert packed.get(6_000, 0) == 0
    assert 6_000 not in packed
    with pytest.raises(KeyError):
        packed[6_000]


def test_times_of_hours_and_counts_of_billions_are_kept_whole() -> None:
    """A visit that was held for two hours does not fit into four bytes."""
    plain = {histogram.bucket(2 * 3600 * 10**6): 5, 256: 2**33}

    assert Packed(plain) == plain
