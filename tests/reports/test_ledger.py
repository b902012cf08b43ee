"""The ledger outside the page: rows for a terminal, a dict for --json."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from reports.collect import collect
from reports.data import ReportData
from reports.ledger import HEADINGS, rows, summary

ASKED_FOR = {
    "flow",
    "situation",
    "detected_at",
    "first_complaint_at",
    "lead_time_s",
    "customers_affected",
    "expected_posts",
    "posts_seen",
    "evidence",
    "truth",
}


def told(shop: Any) -> ReportData:
    """Return what the morning's report says."""
    return collect(shop.store, shop.context, shop.since, shop.until, shop.out, shop.until)


def test_the_summary_is_json_with_everything_asked_for(morning: Any) -> None:
    """Times parse, leads agree with the times, evidence lies where it says."""
    got = json.loads(json.dumps(summary(told(morning), Path("out/report.html"))))

    assert got["report"] == "out/report.html"
    assert got["versions"]["forepost"]
    assert {row["flow"] for row in got["incidents"]} == {"gift_card", "payment", "autopay"}
    for row in got["incidents"]:
        assert row.keys() >= ASKED_FOR
        low, high = row["customers_affected_range"]
        assert low <= row["customers_affected"] <= high
        assert all((morning.out / path).is_file() for path in row["evidence"])
        assert row["evidence"]
        if row["first_complaint_at"] is None:
            assert row["lead_time_s"] is None
            continue
        lead = datetime.fromisoformat(row["first_complaint_at"]) - datetime.fromisoformat(
            row["detected_at"]
        )
        assert abs(lead.total_seconds() - row["lead_time_s"]) < 0.01


def test_the_towns_count_stands_beside_the_estimate(morning: Any) -> None:
    """In a demo only; outside of it the key is not there at all."""
    shown = {row["flow"]: row for row in summary(told(morning))["incidents"]}  # type: ignore[attr-defined]
    plain = replace(morning, context=replace(morning.context, extra=None))

    assert shown["payment"]["truth"]["customers_hit"] == 46
    assert shown["payment"]["truth"]["posts"] == 8
    assert shown["payment"]["situation"] == "payment"
    for row in summary(told(plain))["incidents"]:  # type: ignore[attr-defined]
        assert "truth" not in row
        assert row["situation"] is None


def test_a_row_of_text_for_every_incident(morning: Any) -> None:
    """As many cells as headings; estimates with their range, the truth beside them."""
    table = {row[0]: dict(zip(HEADINGS, row, strict=True)) for row in rows(told(morning))}

    assert len(table) == 3
    assert table["autopay"]["lead time"] == "nobody posted"
    assert table["payment"]["lead time"].startswith("+")
    assert ", truth 46" in table["payment"]["customers affected"]
    assert " to " in table["payment"]["expected posts"]
