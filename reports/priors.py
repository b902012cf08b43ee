"""Starting figures, each with its interval, its source and what that source is worth.

They are where an estimate starts before a shop has data of its own; they are never facts.
"""

from dataclasses import dataclass

from forepost.analysis.beta import beta_quantiles
from forepost.analysis.prior import CONTACT, POSTING, Prior
from reports import words

TAILS = [0.025, 0.975]


@dataclass(frozen=True, slots=True)
class Starting:
    """One starting figure: what it says, how wide, from where, and the caution it needs."""

    figure: str
    value: str
    use: str
    source: str
    caution: str


def share(prior: Prior) -> str:
    """Return a prior's mean, interval and parameters, as the estimates use them."""
    low, high = (words.percent(float(end)) for end in beta_quantiles(prior.a, prior.b, TAILS))
    mean = words.percent(prior.mean, 0)
    return f"{mean} (95 % interval {low} to {high}), Beta({prior.a:g}, {prior.b:g})"


PRIORS = (
    Starting(
        figure="Customers with a problem who post about it",
        value=share(POSTING),
        use="expected posts from customers affected",
        source="FireScope white paper (2012), citing comScore",
        caution=(
            "The paper names no method. A 2012 survey has the same figure for a year's use of "
            "social media for service, which is not a rate per problem; a 2009 survey has 12 to 13 "
            "% per problem."
        ),
    ),
    Starting(
        figure="Customers with a problem who write to the shop",
        value=share(CONTACT),
        use="why support tickets are not waited for",
        source="FireScope white paper (2012), citing comScore",
        caution="A 2009 survey contradicts it: 38 % phoned and 26 % wrote within a year.",
    ),
    Starting(
        figure="Consumers who wait no more than 3 s for a page to begin loading",
        value="40 %",
        use="the 3 s line in the charts",
        source="Forrester for Akamai (2009), survey of 1,048 shoppers",
        caution=(
            "Stated preference, so an upper bound: observed bounce at 3 s is about 10 points above "
            "that at 1 s (Google and SOASTA, 2017)."
        ),
    ),
    Starting(
        figure="Largest content shown: good and poor",
        value="2.5 s and 4 s at the 75th percentile",
        use="the LCP lines in the charts",
        source="Core Web Vitals thresholds (web.dev)",
        caution="Set for visits of real users; a probe is one machine on one line.",
    ),
)
