"""Runs that go from well to bad and back, told late, and thresholds of every kind to hold."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from loadtests.cells import WHOLE, WHOLE_STEP, Tally
from loadtests.thresholds.threshold import Threshold, parse
from tests.loadtests.samples import Sample, tallies

SUBJECTS = ("all", "gift_card", "browse", "gift_card/redeem", "giftcard.redeem", "nobody")
METRICS = (
    "p50({}) < 800ms",
    "p95({}) < 800ms",
    "max({}) < 2s",
    "mean({}) < 600ms",
    "error_rate({}) < 5%",
    "error_rate({}) <= 0%",
    "done({}) >= 95% of offered",
    "done({}) >= 60",
    "dropped({}) < 5% of offered",
    "dropped({}) <= 2",
    "rate({}) >= 7/s",
    "rate({}) < 9/s",
)
CLAUSES = (
    "",
    "for 1s",
    "for 4s",
    "for 10s",
    "after 3s",
    "within 8s",
    "in step 2",
    "per step",
    "for 3s per step",
    "for 3s in step 1",
    "for 2s after 4s within 12s",
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit as it will have been: who made it, and how it ends."""

    worker: int
    at_s: float
    took_s: float
    ended: str
    flow: str

    def seen(self, now_s: float) -> list[Sample]:
        """Return what its worker knows of it: whole visit, step and request."""
        if self.at_s >= now_s:
            return []
        over = self.ended == "dropped" or self.at_s + self.took_s <= now_s
        ended = self.ended if over else "open"
        whole = Sample(int(self.at_s), 1000 * self.took_s, ended, self.flow, WHOLE)
        if ended == "dropped":
            return [whole]
        step = "redeem" if self.flow == "gift_card" else "look"
        inner = replace(whole, step=step, endpoint=WHOLE_STEP)
        return [whole, inner, replace(inner, endpoint="giftcard.redeem")]


def drawn(draw: random.Random) -> list[Visit]:
    """Return a run of 20 s whose shop goes from well to bad and back, now and then."""
    bad = [draw.random() < 0.3 for _ in range(20)]
    made = []
    for second in range(20):
        endings = ["failed", "dropped", "done"] if bad[second] else ["done"] * 20 + ["failed"]
        for _ in range(draw.randint(0, 12)):
            took_s = draw.choice([0.05, 0.5, 3.0]) if bad[second] else draw.choice([0.05, 0.7])
            flow = draw.choice(["gift_card", "browse"])
            at_s = second + draw.random()
            made.append(Visit(draw.randint(0, 1), at_s, took_s, draw.choice(endings), flow))
    return made


def heard(
    draw: random.Random, run: list[Visit]
) -> Iterator[tuple[tuple[list[Sample], list[Sample]], int]]:
    """Yield what each of two workers has told, and how many seconds both have, or the first has.

    One worker lags; sometimes it is lost, so that only the other one counts, and sometimes it is
    back. At the end all is known.
    """
    lag = 0
    for now in (*range(1, 24), 40):
        lag = 0 if now == 40 else max(0, min(now, lag + draw.choice([-2, -1, 0, 0, 1, 1])))
        upto = (now, now - lag)
        first, second = (
            [sample for one in run if one.worker == place for sample in one.seen(upto[place])]
            for place in (0, 1)
        )
        yield (first, second), draw.choice([min(upto), min(upto), now])


def looks(draw: random.Random, run: list[Visit]) -> Iterator[tuple[list[Tally], int]]:
    """Yield all cells as they stand, and how many seconds are told."""
    for (first, second), upto_s in heard(draw, run):
        yield tallies(first + second), upto_s


def thresholds(draw: random.Random, ends: str = "abort", number: int = 8) -> list[Threshold]:
    """Return some thresholds of any subject, window and phase."""
    return [
        parse(f"{draw.choice(METRICS).format(draw.choice(SUBJECTS))} {draw.choice(CLAUSES)} {ends}")
        for _ in range(number)
    ]
