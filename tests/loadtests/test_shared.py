"""A processor that all share, and what only looks like one in the end."""

import math
import random
from collections.abc import Iterator

import pytest

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.bottlenecks import bottleneck
from loadtests.bottlenecks.bottleneck import Bottleneck
from loadtests.cells import Tally
from tests.loadtests import truths
from tests.loadtests.truths import Truth

PAGES = (
    "shop.product", "cart.add", "checkout.address_form", "checkout.address", "checkout.delivery",
    "checkout.pay",
)  # fmt: skip
WALKS = {"checkout": PAGES, "gift_card": ("giftcard.redeem_form", "giftcard.redeem")}
RESOURCES = {
    "gift_db": ["giftcard.redeem"],
    "web": [one for walk in WALKS.values() for one in walk],
}

# The demo shop with two web servers, measured: five levels of 18 s, at each level and endpoint
# (requests, answered, mean ms, standard deviation ms). The ledger turns redemptions away from the
# second level on, the web servers are full in the last.
LEVEL_S = 18
MEASURED = {
    "shop.product": ((18, 18, 120, 40), (36, 36, 110, 33), (58, 58, 130, 50), (72, 72, 144, 44),
                     (113, 113, 681, 304)),
    "cart.add": ((18, 18, 222, 51), (36, 36, 202, 29), (58, 58, 231, 52), (72, 72, 263, 68),
                 (113, 113, 1389, 572)),
    "checkout.address_form": ((18, 18, 110, 38), (36, 36, 113, 34), (58, 58, 117, 33),
                              (72, 72, 127, 42), (113, 113, 696, 289)),
    "checkout.address": ((18, 18, 218, 68), (36, 36, 216, 47), (58, 58, 227, 45),
                         (72, 72, 263, 67), (113, 113, 1344, 531)),
    "checkout.delivery": ((18, 18, 208, 48), (36, 36, 205, 31), (58, 58, 232, 53),
                          (72, 72, 267, 71), (113, 113, 1297, 539)),
    "checkout.pay": ((18, 18, 260, 74), (36, 36, 245, 56), (58, 58, 269, 73), (72, 72, 286, 69),
                     (113, 76, 928, 528)),
    "giftcard.redeem_form": ((43, 43, 114, 49), (87, 87, 109, 31), (138, 138, 121, 39),
                             (173, 173, 131, 39), (272, 272, 674, 304)),
    "giftcard.redeem": ((43, 43, 434, 49), (87, 62, 1209, 207), (138, 58, 1226, 132),
                        (173, 59, 1231, 138), (272, 64, 1757, 322)),
}  # fmt: skip


def cells(seed: int, only: int = len(MEASURED["cart.add"])) -> Iterator[Tally]:
    """Return a run with the measured figures; instants and times are drawn anew."""
    draw = random.Random(seed)
    for flow, walk in WALKS.items():
        for endpoint in walk:
            for level, (number, done, mean_ms, spread_ms) in enumerate(MEASURED[endpoint][:only]):
                sigma = math.sqrt(math.log(1 + (spread_ms / mean_ms) ** 2))
                middle = math.log(mean_ms) - sigma**2 / 2
                for turn in range(number):
                    second = LEVEL_S * level + draw.randrange(LEVEL_S)
                    took_us = int(1000 * draw.lognormvariate(middle, sigma))
                    yield _one(second, flow, endpoint, took_us, done=turn < done)


def _one(second: int, flow: str, endpoint: str, took_us: int, *, done: bool) -> Tally:
    times = {histogram.bucket(took_us): 1}
    cell = LoadCell(
        load_run="r",
        second=second,
        flow=flow,
        endpoint=endpoint,
        started=1,
        done=int(done),
        failed=int(not done),
        response_us=times,
        service_us=times,
    )
    kind = "http 503" if endpoint == "giftcard.redeem" else "timeout"
    return Tally(cell, {} if done else {kind: 1})


def find(seed: int) -> Bottleneck:
    """Judge the measured run, loaded from its second level on."""
    return bottleneck.find(
        list(cells(seed)), RESOURCES, (0, LEVEL_S), (LEVEL_S, 5 * LEVEL_S), WALKS
    )


def test_who_gave_way_alone_at_first_is_named_though_all_are_slower_in_the_end() -> None:
    """The ledger turned customers away a minute before the web servers were full."""
    found = [find(seed) for seed in range(10)]

    assert {one.resource for one in found} == {"gift_db"}
    assert {one.runner_up for one in found} == {"web"}
    assert all("followed in second 7" in " ".join(one.evidence) for one in found)


@pytest.mark.parametrize(
    "shop",
    [
        {"core_s": 0.012},
        {"core_s": 0.008, "core_redeem_s": 0.03},
        {"core_s": 0.006, "core_redeem_s": 0.06, "hold_s": 0.01},
        {"core_s": 0.002, "core_redeem_s": 0.12},
    ],
    ids=["all alike", "redeeming takes more", "redeeming takes most", "redeeming alone"],
)
def test_a_processor_that_all_share_is_never_blamed_on_one_resource(shop: dict[str, float]) -> None:
    """Whoever computes longest waits longest, from the first second on: that names nobody."""
    truth = Truth("processor", frozenset({"web", None}), {**truths.WIDE, **shop})

    found = [truths.simulate(truth, seed) for seed in range(8)]

    assert {one.resource for one in found} <= truth.right, found
