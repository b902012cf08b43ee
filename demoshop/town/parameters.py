"""The town's parameters: one fixed set for every seed, printed by GET /truth."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many customers come, and what those do who hit a problem.

    Rates are means of Poisson arrivals; shares are from 0 to 1. In life people write about
    10 minutes after a problem; the demo compresses that to a median of 50 s, so that three
    situations fit into four minutes. The spread (sigma of the logarithm) is not compressed.
    """

    card_checkouts_per_s: float = 1.6
    challenge_share: float = 0.1  # of card checkouts: the bank's page in between
    renewals_per_s: float = 1.6
    renewals_ahead_s: float = 360.0  # members moved in at opening fall due over this span
    member_visit_after_s: tuple[float, float] = (2.5, 4.5)  # the shop locks 2 s after the date
    gift_redemptions_per_s: float = 1.5
    gift_campaign_per_s: float = 30.0  # the small ledger takes about 10
    gift_campaign_ramp_s: float = 6.0
    browsers_per_s: float = 0.5
    chatter_posts_per_s: float = 0.4
    posting_share: float = 0.17  # of those with a problem
    support_share: float = 0.02  # of those with a problem
    writing_delay_median_s: float = 50.0
    writing_delay_sigma: float = 0.3
    repost_share: float = 0.3  # of posts
    reposts_each: tuple[int, int] = (1, 4)
    repost_after_s: tuple[float, float] = (2.0, 20.0)
    order_patience_s: float = 8.0  # an order that takes longer is a problem
    page_patience_s: float = 20.0  # then a customer gives up on a page
    threads: int = 80  # customers in a shop page at once
    waiting: int = 200  # customers who queue for one of those threads

    def as_json(self) -> dict[str, object]:
        """Return the parameters as JSON can hold them (tuples become lists)."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


PARAMETERS = Parameters()
