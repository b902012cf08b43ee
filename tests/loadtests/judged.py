"""Thresholds held against samples: what the tests of their form and of their windows share."""

from hypothesis import HealthCheck, settings

from loadtests.shapes import shape
from loadtests.thresholds.threshold import Context, Finding, evaluate, parse
from tests.loadtests.samples import Sample, tallies

# On a busy machine drawing values may take long: that says nothing of what is tested.
CALM = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
STEPS = shape.steps((4.0, 8.0), 10)
CONTEXT = Context(("gift_card", "browse"), 20, STEPS.phases, STEPS.stretches())


def found(text: str, samples: list[Sample], upto_s: int | None = None) -> Finding:
    """Hold one threshold against samples."""
    return evaluate(parse(text), tallies(samples), CONTEXT, upto_s)
