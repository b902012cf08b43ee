"""The measure of the engine's cost: a plain FastHttpUser of Locust with the same requests.

`python -m locust -f tests/bench/bare_user.py …`, with BARE_PACE_S between the visits of each
user, prints one JSON line: requests and processor seconds between its second and last second.
"""

import json
import os
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, constant_pacing, events, task

from loadtests.session import Answer

PACE_S = float(os.environ.get("BARE_PACE_S", "0.1"))
MARK = {"X-Load-Test": "forepost/bare"}


class Bare(FastHttpUser):
    """Redeems a part of one gift card, again and again."""

    wait_time = constant_pacing(PACE_S)

    @task
    def redeem(self) -> None:
        """Do what loadtests/users/gift_card.py does."""
        page = self.client.get("/gift-cards/redeem", name="giftcard.redeem_form", headers=MARK)
        form = {
            **Answer(page.status_code, "", page.text or "").fields(),
            "code": "G1",
            "amount_cents": "100",
            "email": "load@example.com",
        }
        done = self.client.post(
            "/gift-cards/redeem", data=form, name="giftcard.redeem", headers=MARK
        )
        if 'data-testid="redeemed"' not in (done.text or ""):
            raise ValueError("not redeemed")


def _measure(**_: Any) -> None:
    gevent.spawn(_between)


def _between() -> None:
    gevent.sleep(1.0)
    cpu_s, number, at = time.process_time(), _requests(), time.monotonic()
    gevent.sleep(float(os.environ.get("BARE_OVER_S", "6")))
    told = {
        "cpu_s": time.process_time() - cpu_s,
        "requests": _requests() - number,
        "wall_s": time.monotonic() - at,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    os._exit(0)


_seen: list[Any] = []


def _remember(environment: Any, **_: Any) -> None:
    _seen.append(environment)


def _requests() -> int:
    return int(_seen[0].stats.total.num_requests)


events.spawning_complete.add_listener(_measure)  # type: ignore[no-untyped-call]
events.init.add_listener(_remember)  # type: ignore[no-untyped-call]
