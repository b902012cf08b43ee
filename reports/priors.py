"""Starting figures, each with its interval, its source and what that source is worth.

They are where an estimate starts before a shop has data of its own; they are never facts.
Sources are numbered in docs/why.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prior:
    """One starting figure: what it says, how wide, from where, and the caution it needs."""

    figure: str
    value: str
    use: str
    source: str
    caution: str


PRIORS = (
    Prior(
        figure="Customers with a problem who post about it",
        value="17 % (95 % interval 8 to 28 %), Beta(8.5, 41.5)",
        use="expected posts from customers affected",
        source="FireScope white paper (2012), citing comScore",
        caution=(
            "The paper names no method. A 2012 survey has the same figure for a year's use of "
            "social media for service, which is not a rate per problem; a 2009 survey has 12 to 13 "
            "% per problem."
        ),
    ),
    Prior(
        figure="Customers with a problem who write to the shop",
        value="2 % (95 % interval 0.2 to 5.5 %), Beta(2, 98)",
        use="why support tickets are not waited for",
        source="FireScope white paper (2012), citing comScore",
        caution="A 2009 survey contradicts it: 38 % phoned and 26 % wrote within a year.",
    ),
    Prior(
        figure="Consumers who wait no more than 3 s for a page to begin loading",
        value="40 %",
        use="the 3 s line in the charts",
        source="Forrester for Akamai (2009), survey of 1,048 shoppers",
        caution=(
            "Stated preference, so an upper bound: observed bounce at 3 s is about 10 points above "
            "that at 1 s (Google and SOASTA, 2017)."
        ),
    ),
    Prior(
        figure="Largest content shown: good and poor",
        value="2.5 s and 4 s at the 75th percentile",
        use="the LCP lines in the charts",
        source="Core Web Vitals thresholds (web.dev)",
        caution="Set for visits of real users; a probe is one machine on one line.",
    ),
)
