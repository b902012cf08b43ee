"""Shops whose weakest place is known: what gives way in each, and what may never be said.

Each truth is a table of switches for the toy shop (`toy.py`), so that the same case runs on paper
(`simulated.py`, in milliseconds, over many seeds) and for real (`tests/bench/load_truths.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from loadtests.bottlenecks.bottleneck import Bottleneck, find
from loadtests.shapes import shape
from loadtests.shapes.shape import Arrival
from tests.loadtests.simulated import WALKS, Shop

RESOURCES: Mapping[str, tuple[str, ...]] = {
    "web": tuple(endpoint for walk in WALKS.values() for endpoint in walk),
    "gift_db": ("gift.redeem", "gift.balance"),
    "catalog": ("shop.product",),
    "search": ("shop.search",),
    "pictures": ("shop.picture",),
    "cart": ("cart.add", "cart.view"),
    "payment": ("shop.pay",),
}
SHARES = {"toy_gift": 0.3, "toy_balance": 0.2, "toy_browse": 0.3, "toy_buy": 0.2}
CALM_PER_S, LOADED_PER_S, STEP_S = 12.0, 50.0, 5
PATIENCE_S = 4.0
WIDE = {"pool": 40.0, "wait_s": 30.0}  # a ledger that holds everything


@dataclass(frozen=True, slots=True)
class Truth:
    """One shop. `right` are the names that may be given; None stands for "unclear"."""

    name: str
    right: frozenset[str | None]
    shop: Mapping[str, float] = field(default_factory=dict)
    says: str = ""  # stands in the evidence


def _truth(name: str, *right: str | None, says: str = "", **shop: float) -> Truth:
    return Truth(name, frozenset(right), {**WIDE, **shop}, says)


# 50 visits a second are 15 redemptions, 10 balances, 15 product pages, searches and pictures,
# 10 carts; 12 are a quarter of that. Every limit lies between.
TRUTHS = (
    _truth("ledger pool", "gift_db", pool=1, hold_s=0.09, wait_s=30.0),
    _truth("ledger pool, 503 after waiting", "gift_db", pool=1, hold_s=0.1, wait_s=0.8,
           says="after waiting in vain"),
    _truth("catalogue pool", "catalog", catalog_pool=1, catalog_s=0.13),
    _truth("web tier, worker slots of all", "web", page_pool=3, page_s=0.045),
    _truth("lock of the cart", "cart", cart_s=0.085),
    _truth("rate limit on redeeming", "rate limit on gift.redeem", redeem_per_s=6.0,
           says="429 means too many requests"),
    _truth("payment provider", "payment", payment_pool=2, payment_s=0.35),
    _truth("processor of the pictures", "pictures", picture_cpu_s=0.08),
    _truth("full queue, 503 at once", "gift_db", pool=1, hold_s=0.1, wait_s=30.0, queue=1.0,
           says="503 came within"),
    _truth("connections at the door", "listener", page_s=0.15, connections=9.0,
           says="the listener takes no more"),
    _truth("search that slows", "search", search_s=0.03, search_more_s=0.12),
    _truth("freeze of 2 s", None, freeze_at_s=6.0, freeze_all=1.0,
           says="held up the whole shop"),
    _truth("ledger and catalogue together", "gift_db", "catalog", None, pool=1, hold_s=0.08,
           wait_s=30.0, catalog_pool=1, catalog_s=0.135),
    _truth("ledger that fills the web tier", "gift_db", None, pool=1, hold_s=0.12, wait_s=30.0,
           page_pool=12, page_s=0.005),
    _truth("nothing", None, says="every level was held"),
)  # fmt: skip
KNOWN = {truth.name: truth for truth in TRUTHS}


def arrivals(seed: int) -> list[Arrival]:
    """Return a calm start and a load of four times as many visits."""
    steps = shape.steps((CALM_PER_S, LOADED_PER_S), STEP_S)
    return shape.schedule(steps, SHARES, seed=seed)


def simulate(
    truth: Truth,
    seed: int,
    *,
    resources: Mapping[str, tuple[str, ...]] = RESOURCES,
    walks: Mapping[str, tuple[str, ...]] | None = WALKS,
    late_s: Callable[[float], float] = lambda at_s: 0.0,  # noqa: ARG005 - never late
) -> Bottleneck:
    """Run a truth on paper and find what gives way; a shop without a limit holds every level."""
    tallies = Shop(truth.shop, seed, PATIENCE_S).run(arrivals(seed), late_s)
    loaded = None if truth.name == "nothing" else (STEP_S, 2 * STEP_S)
    return find(tallies, resources, (0, STEP_S), loaded, walks)
