"""Shops whose weakest place is known: it is named, and no other ever."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from forepost.storage import Store
from loadtests import users
from tests.bench import load_truths
from tests.loadtests import truths
from tests.loadtests.truths import KNOWN, RESOURCES, TRUTHS, Truth

SEEDS = range(8)
FEWER = range(3)


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_what_gives_way_is_named_in_every_run(truth: Truth) -> None:
    """Eight runs of each shop on paper: the right name each time, never another, with reasons."""
    found = [truths.simulate(truth, seed) for seed in SEEDS]

    assert {one.resource for one in found} <= truth.right, found
    assert all(one.evidence for one in found)
    said = Counter(truth.says in " ".join(one.evidence) for one in found)
    assert said[True] == len(SEEDS), found[0].evidence


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_without_the_order_of_requests_it_may_stay_unclear_and_is_never_wrong(
    truth: Truth,
) -> None:
    """Whoever asks later waits longer behind a growing queue: that alone names nobody."""
    found = [truths.simulate(truth, seed, walks=None) for seed in FEWER]

    assert {one.resource for one in found} <= truth.right | {None}


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: truth.name)
def test_a_resource_that_the_campaign_does_not_list_is_not_mistaken_for_another(
    truth: Truth,
) -> None:
    """Its endpoint may be named, or nothing."""
    hidden = {name: held for name, held in RESOURCES.items() if name not in truth.right}
    own = {end for name in truth.right if name in RESOURCES for end in RESOURCES[str(name)]}

    found = [truths.simulate(truth, seed, resources=hidden) for seed in FEWER]

    assert {one.resource for one in found} <= truth.right | own | {None}


def test_a_queue_behind_another_is_told_apart_from_it() -> None:
    """All pages wait for workers that wait for the ledger: how much longer one waits there."""
    found = [truths.simulate(KNOWN["ledger that fills the web tier"], seed) for seed in SEEDS]

    named = [one for one in found if one.resource == "gift_db"]
    assert named
    assert all(one.runner_up == "web" for one in named)
    assert any("the others queue behind it" in " ".join(one.evidence) for one in named)


def test_a_late_generator_is_not_the_shop() -> None:
    """Visits leave up to 3 s late under load: nothing is said of the shop, and why."""
    found = truths.simulate(KNOWN["ledger pool"], 1, late_s=lambda at_s: 3.0 if at_s > 6 else 0.0)

    assert found.resource is None
    assert found.evidence[0].startswith("the load generator sent its visits late in 4 of 5 s")


def test_a_stall_does_not_hide_the_limit_behind_it() -> None:
    """A second of standing still, and a ledger that is too small: its name comes first."""
    both = replace(
        KNOWN["ledger pool, 503 after waiting"],
        shop={**KNOWN["ledger pool, 503 after waiting"].shop,
              "freeze_at_s": 2.0, "freeze_s": 1.5, "freeze_all": 1.0},
    )  # fmt: skip

    found = [truths.simulate(both, seed) for seed in SEEDS]

    assert {one.resource for one in found} == {"gift_db"}
    # At 12 visits a second hardly more than one arrival an endpoint falls into it.
    assert any("a stall of 1." in one.evidence[-1] for one in found)


@pytest.mark.slow
def test_a_real_run_names_what_gives_way(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real generator, a real toy shop in a process of its own, a ledger of one connection."""
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(load_truths.ROOMS)])
    monkeypatch.setattr(truths, "STEP_S", 3)
    monkeypatch.setattr(truths, "PATIENCE_S", 2.0)
    monkeypatch.setattr(load_truths, "MAX_LATENESS", "5s")  # other tests run beside it

    run = load_truths.walked(KNOWN["ledger pool, 503 after waiting"], store, tmp_path)

    assert run.verdict == "failed", run.detail  # there is no forecast to be ready for
    assert run.bottleneck == "gift_db", run.detail["evidence"]
