"""What a customer will do, decided before he comes: a generator for each (seed, kind, index).

No thread and no clock has a say, so two runs with one seed make the same decisions.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from demoshop.town.parameters import Parameters


class Kind(StrEnum):
    """What somebody comes for."""

    PAYMENT = "payment"
    AUTOPAY = "autopay"
    GIFT_CARD = "gift_card"
    BROWSER = "other"
    CHATTER = "chatter"  # does not shop: posts what is not a complaint


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer and every decision of his, should it come to that.

    `gap` is the time since the customer before him in units of the mean gap: divided by the
    rate of arrivals (per second) it is seconds. `repost_after_s` is empty when nobody reposts.
    """

    kind: Kind
    index: int
    gap: float
    posts: bool
    delay_s: float
    repost_after_s: tuple[float, ...]
    writes_support: bool
    visit_after_s: float  # members: after the renewal was due
    challenged: bool  # card checkouts: his bank asks him first
    pick: float  # 0..1: which product he looks at
    email: str


def generator(seed: int, kind: str, index: int, purpose: str = "") -> Random:
    """Return the generator that belongs to one customer and one purpose."""
    return Random(f"{seed}/{kind}/{index}/{purpose}")


def decide(seed: int, kind: Kind, index: int, parameters: Parameters) -> Customer:
    """Return the customer `index` of `kind`; the same for the same arguments, always."""
    dice = generator(seed, kind, index)
    gap = dice.expovariate(1.0)
    posts = dice.random() < parameters.posting_share
    delay_s = dice.lognormvariate(
        math.log(parameters.writing_delay_median_s), parameters.writing_delay_sigma
    )
    repost_after_s: tuple[float, ...] = ()
    if dice.random() < parameters.repost_share:
        count = dice.randint(*parameters.reposts_each)
        repost_after_s = tuple(dice.uniform(*parameters.repost_after_s) for _ in range(count))
    return Customer(
        kind=kind,
        index=index,
        gap=gap,
        posts=posts,
        delay_s=delay_s,
        repost_after_s=repost_after_s,
        writes_support=dice.random() < parameters.support_share,
        visit_after_s=dice.uniform(*parameters.member_visit_after_s),
        challenged=dice.random() < parameters.challenge_share,
        pick=dice.random(),
        email=f"{kind.value.replace('_', '')}{index}.s{seed}@town.example",
    )
