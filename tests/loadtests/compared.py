"""Stored runs whose difference is known, and their cells."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from forepost.analysis import histogram
from forepost.model import LoadCell, LoadRun

BEGAN = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
RATES = (10.0, 20.0)
Brackets = Mapping[str, tuple[float | None, float | None]]


def levels(held_to: float, flows: Sequence[str] = ("checkout", "gift_card")) -> list[Any]:
    """Two levels of ten seconds, each flow at half of the rate."""
    return [
        {
            "flow": flow,
            "start_s": index * 10,
            "end_s": index * 10 + 10,
            "planned_per_s": rate / 2,
            "held": "pass" if rate <= held_to else "fail",
        }
        for index, rate in enumerate(RATES)
        for flow in flows
    ]


def run(
    number: int, brackets: Brackets, *, weak: str | None = None, setup: str = "", **more: object
) -> LoadRun:
    """A stored run: `brackets` in arrivals a second."""
    detail = {
        "kind": "run",
        "seed": 1,
        "setup": {"web": setup} if setup else {},
        "brackets": {
            flow: {"low_per_s": low, "high_per_s": high, "why": "", "plateau_per_s": None}
            for flow, (low, high) in brackets.items()
        },
        "levels": levels(10.0),
        "resources": {"web": ["pay", "form", "redeem"], "gift_db": ["redeem"]},
        "workers": [{"index": 0}],
        "thresholds": [],
        **more,
    }
    at = BEGAN + timedelta(hours=number)
    verdict = str(more.get("verdict", "not ready"))
    return LoadRun(f"{number:08x}", "sale", "http://127.0.0.1:1", at, at, verdict, weak, detail)


def cells(load_run: str, flow: str, endpoint: str, each_ms: Mapping[int, float]) -> list[LoadCell]:
    """100 requests a second that all take as long: second → milliseconds."""
    return [
        LoadCell(
            load_run=load_run,
            second=second,
            flow=flow,
            endpoint=endpoint,
            started=100,
            done=100,
            response_us={histogram.bucket(int(ms * 1000)): 100},
        )
        for second, ms in each_ms.items()
    ]


FLOWS: Brackets = {"checkout": (5, 10), "gift_card": (2, 4)}
