"""Shops whose weakest place is known: it is named, and no other ever."""

from collections import Counter

import pytest

from tests.loadtests import truths
from tests.loadtests.truths import TRUTHS, Truth

SEEDS = range(8)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_what_gives_way_is_named_in_every_run(truth: Truth) -> None:
    """Eight runs of each shop on paper: the right name each time, never another, with reasons."""
    found = [truths.simulate(truth, seed) for seed in SEEDS]

    assert {one.resource for one in found} <= truth.right, found
    assert all(one.evidence for one in found)
    said = Counter(truth.says in " ".join(one.evidence) for one in found)
    assert said[True] == len(SEEDS), found[0].evidence
