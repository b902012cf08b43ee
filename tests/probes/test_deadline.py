"""A deadline rings where somebody hears it."""

import subprocess
import sys

# In a process of its own: the alarm signal of this one is pytest's.
BUSY = """
import asyncio, time
from probes import deadline
deadline.install()
deadline.PATIENCE_S = 30.0  # the callback may take longer on a busy machine
loop = asyncio.new_event_loop()
loop.set_exception_handler(lambda _, told: print("swallowed", type(told["exception"]).__name__))
def busy():
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    print("done")
try:
    with deadline.limit(0.1, "mine"):
        loop.call_soon(busy)
        loop.call_later(20, loop.stop)
        loop.run_forever()
        print("nobody rang")
except deadline.DeadlinePassed as passed:
    print("passed", passed)
loop.close()
"""


def test_a_limit_is_not_lost_in_a_callback_of_the_event_loop() -> None:
    """The loop swallows what is raised in there, and a callback cut in two may be the driver's."""
    said = subprocess.run(
        [sys.executable, "-c", BUSY], capture_output=True, text=True, timeout=60, check=True
    )

    assert said.stdout.split("\n") == ["done", "passed mine", ""]


# A page that failed, and is so heavy that the run's deadline rings while its evidence is taken.
HEAVY = """
import time
from types import SimpleNamespace
from forepost.model import Fault, Outcome
from probes import deadline
from probes.journey import Journey, JourneyOver, Verdict
deadline.install()
verdict = Verdict(Outcome.FAILED, Fault.SHOP, "no order number")
observer = SimpleNamespace(
    page=SimpleNamespace(url="http://shop"), step_began=lambda: None, look=lambda: None,
    pages=dict, scrub=str, judge=lambda _: verdict, photograph=lambda _: time.sleep(30),
)
journey = Journey(observer, lambda *_: None, run_id="r")
try:
    with deadline.limit(0.2, "run"), journey.step("pay"):
        journey.goal("", "an order number")
except JourneyOver:
    print(journey.verdict.message, *(step.outcome for step in journey.steps()))
"""


def test_a_deadline_ends_the_evidence_and_not_the_verdict() -> None:
    """The shop has failed; that there was no time for its picture is no fault of the flow."""
    said = subprocess.run(
        [sys.executable, "-c", HEAVY], capture_output=True, text=True, timeout=60, check=True
    )

    assert said.stdout == "no order number failed\n"
