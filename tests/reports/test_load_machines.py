"""A load test for machines: JUnit whose colours are right, and JSON that says unknown as null."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from forepost.model import LoadRun
from forepost.storage.sqlite import SqliteStore
from loadtests import campaign
from loadtests.assess import assess
from reports.data import ReportContext
from reports.load_collect import collect_load
from reports.load_data import LoadReport
from reports.load_json import SCHEMA, as_json
from reports.load_junit import junit
from tests.loadtests.samples import Sample, at_endpoint, tallies
from tests.reports import load_samples as samples

NASTY = 'p95(a) < 1s \x00\x0b\ud800 <&>" ]]>'


@pytest.fixture
def told(store: SqliteStore, context: ReportContext) -> Any:
    """Return a function that stores a run and collects its report."""

    def made(run: LoadRun, *flows: str) -> LoadReport:
        store.add_load_run(run)
        if flows:
            store.add_load_cells(samples.cells(run.id, flows))
        return collect_load(store, context, run, samples.at(9999))

    return made


def outcomes(report: LoadReport) -> dict[str, str]:
    """Return test case → pass, failure, error or skipped."""
    root = ET.fromstring(junit(report))  # noqa: S314 - our own file
    suite = root.find("testsuite")
    assert suite is not None
    found = {
        case.attrib["name"]: next((child.tag for child in case), "pass")
        for case in suite.iter("testcase")
    }
    tags = list(found.values())
    assert int(suite.attrib["tests"]) == len(tags)
    assert int(suite.attrib["failures"]) == tags.count("failure")
    assert int(suite.attrib["errors"]) == tags.count("error")
    assert int(suite.attrib["skipped"]) == tags.count("skipped")
    return found


def test_every_threshold_and_capacity_is_a_case(told: Any) -> None:
    """Failed ones fail; without data or with too few nothing passes."""
    assert outcomes(told(samples.load_run())) == {
        "verdict": "failure",
        "gift_card takes its forecast": "failure",
        "checkout takes its forecast": "pass",
        "p95(giftcard.redeem) < 800ms per step": "failure",
        "error_rate(checkout) < 1%": "pass",
        "done(gift_card) >= 95% of offered for 5s": "skipped",
        "p99.9(checkout) < 3s": "error",
        "p95(renewal) < 1s in spike": "error",
    }


def test_a_ready_run_is_green(told: Any) -> None:
    """All cases pass, and only then; that nothing gave way is no "unclear"."""
    found = told(samples.ready_run())
    assert set(outcomes(found).values()) == {"pass"}
    assert 'name="bottleneck" value="nothing did"' in junit(found)


OVER = "p95(shop.pay) < 800ms per step"


@pytest.mark.parametrize("state", ["fail", "too few", "no data"])
@pytest.mark.parametrize(
    ("text", "kind", "verdict", "want"),
    [
        # The flow holds what is needed: the verdict asks no more of what is read per step.
        (OVER, "run", "ready", "skipped"),
        ("error_rate(checkout/pay)  <  1% per  step", "run", "ready", "skipped"),
        (OVER, "run", "inconclusive", "skipped"),
        ("p95(all) < 1s", "breakpoint", "ready", "skipped"),
        # The verdict looks at these by themselves.
        ("p95(all) < 1s", "run", "ready", "red"),
        (OVER, "smoke", "failed", "red"),
    ],
)
def test_a_threshold_is_red_only_where_the_verdict_asks_for_it(
    told: Any, text: str, kind: str, verdict: str, want: str, state: str
) -> None:
    """A search always ends at too much, and a run may go beyond the forecast."""
    run = samples.ready_run()
    found = [samples.threshold(text, state, 4100.0, "ms")]
    detail = {**run.detail, "kind": kind, "thresholds": found}
    got = outcomes(told(replace(run, verdict=verdict, detail=detail), "checkout"))

    red = "failure" if state == "fail" else "error"
    assert got[" ".join(text.split())] == (red if want == "red" else want)


def test_a_threshold_that_breaks_where_it_is_needed_is_red(told: Any) -> None:
    """Gift cards fall short, so theirs is; checkout holds, so its own is not."""
    texts = ["p95(giftcard.redeem) < 1s per step", "p90(checkout) < 1s per step",
             "p90(all) < 1s per step"]  # fmt: skip
    found = [samples.threshold(text, "fail", 4100.0, "ms") for text in texts]
    got = outcomes(told(samples.load_run(thresholds=found), "gift_card", "checkout"))

    assert [got[text] for text in texts] == ["failure", "skipped", "failure"]


CAMPAIGN = """
[campaign]
title = "Gift cards"
owner = "Team"
mocked = []
max_rate = "100/s"
thresholds = ["p95(gift_card) < 800ms per step", "p95(giftcard.redeem) < 700ms per step",
              "p95(all) < 1s per step"]
[shape]
kind = "steps"
rates = ["20/s", "40/s"]
hold = "10s"
[flows.gift_card]
share = 1.0
peak = "{} redemptions/min"
"""


@pytest.mark.parametrize(
    ("per_min", "verdict", "red"),
    [
        (600, "ready", {"pass", "skipped"}),  # 15 a second are needed, and 20 are held
        (800, "ready", {"pass", "skipped"}),  # 20 are needed
        (1200, "inconclusive", {"error"}),  # 30: between the two levels
        (1600, "not ready", {"failure"}),  # 40: where it breaks
        (2400, "not ready", {"failure"}),
    ],
)
def test_junit_says_what_the_verdict_says(
    told: Any, per_min: int, verdict: str, red: set[str]
) -> None:
    """Judged by the load tests themselves: visits at 40 a second take 3 s, at 20 a second 60 ms."""
    visits = [Sample(n, 60.0) for n in range(10) for _ in range(20)]
    visits += [Sample(n, 3000.0) for n in range(10, 20) for _ in range(40)]
    plan = campaign.parse(CAMPAIGN.format(per_min), name="gift", origin="gift.toml")
    judgement, detail = assess(plan, tallies([*visits, *at_endpoint(visits, "giftcard.redeem")]))
    run = replace(samples.load_run(), detail=detail, verdict=str(judgement.verdict))
    found = outcomes(told(run))

    assert judgement.verdict == verdict
    assert found["verdict"] in red
    assert [one["state"] for one in detail["thresholds"]] == ["fail"] * 3
    got = {found[text.text] for text in plan.thresholds}
    assert got == ({"skipped"} if verdict == "ready" else {"failure"})
    assert (set(found.values()) & {"failure", "error"} == set()) == (verdict == "ready")


def test_a_threshold_that_ended_the_run_is_red_whatever_was_held(told: Any) -> None:
    """`abort` says that it must never happen, above the forecast too."""
    run = samples.ready_run()
    found = [{**samples.threshold(f"{OVER} abort", "fail", 4100.0, "ms"), "abort": True}]
    detail = {**run.detail, "thresholds": found, "cut_short": "p95 broke"}
    got = outcomes(told(replace(run, verdict="not ready", detail=detail), "checkout"))

    assert got[f"{OVER} abort"] == "failure"


@pytest.mark.parametrize(
    ("confirmed", "want"), [(True, {"skipped"}), (False, {"error", "failure"})]
)
def test_a_search_without_a_forecast_that_came_to_its_end_is_not_red(
    told: Any, confirmed: bool, want: set[str]
) -> None:
    """Its command exits 0: it has measured what there was to measure."""
    run = samples.search_run()
    made: Any = run.detail["search"]
    search = {**made, "confirmed": confirmed}
    found = [samples.threshold("p95(checkout) < 1s", "fail", 4100.0, "ms")]
    detail = {**run.detail, "peaks": {}, "search": search, "thresholds": found}
    got = outcomes(told(replace(run, verdict="inconclusive", detail=detail)))

    assert {got["verdict"], got["p95(checkout) < 1s"]} == want


def test_an_invalid_run_is_an_error_throughout(told: Any) -> None:
    """The generator's fault must not read as the shop's pass or failure."""
    run = replace(samples.load_run(invalid="late"), verdict="invalid")

    assert set(outcomes(told(run)).values()) == {"error"}


@pytest.mark.parametrize("verdict", ["inconclusive", "interrupted", None])
def test_a_run_without_a_clear_verdict_is_never_green(told: Any, verdict: str | None) -> None:
    """Even if all that was judged passed."""
    found = outcomes(told(replace(samples.ready_run(), verdict=verdict)))

    assert found["verdict"] == "error"


def test_an_old_run_has_its_capacity_without_a_judgement(told: Any) -> None:
    """No forecast was recorded: skipped, not passed."""
    assert outcomes(told(samples.old_run())) == {
        "verdict": "failure",
        "gift_card takes its forecast": "skipped",
    }


def test_a_smoke_run_skips_capacity(told: Any) -> None:
    """Its load is too small to say."""
    run = samples.ready_run()
    found = outcomes(told(replace(run, detail={**run.detail, "kind": "smoke"})))

    assert found["checkout takes its forecast"] == "skipped"


def test_what_xml_cannot_hold_does_not_break_the_file(told: Any) -> None:
    """Control characters and lone surrogates from elsewhere."""
    run = samples.load_run(thresholds=[samples.threshold(NASTY, "fail", 1.0, "ms")])

    assert outcomes(told(run))['p95(a) < 1s <&>" ]]>'] == "failure"


def test_json_says_what_the_page_says(told: Any) -> None:
    """Capacity, thresholds, books, browser and generator, with the schema's name."""
    told_ = json.loads(json.dumps(as_json(told(samples.load_run(), "gift_card", "checkout"))))

    assert told_["schema"] == SCHEMA
    assert told_["verdict"] == "not ready"
    assert told_["bottleneck"]["resource"] == "gift_db"
    flow = told_["flows"][0]
    assert (flow["flow"], flow["unit"], flow["holds"]) == ("gift_card", "redemptions", False)
    assert flow["need_per_s"] == 30
    assert [one["state"] for one in told_["thresholds"]][:2] == ["fail", "pass"]
    books = told_["books"]
    assert books["planned"] == books["started"] + books["dropped"] + books["unsent"]
    assert books["plan_adds_up"] is True
    whole = next(one for one in told_["visits"] if one["flow"] == "gift_card")
    assert whole["offered"] == whole["done"] + whole["failed"]
    assert whole["response_ms"]["p50"] <= whole["response_ms"]["p99"]
    assert told_["generator"]["workers"][1]["lost"] is None
    assert told_["run"]["repeat"] == "forepost load run holiday-gift-cards --setup web=2"


def test_json_of_an_old_run_has_null_where_nothing_is_known(told: Any) -> None:
    """Null is not zero and not an empty list."""
    told_ = as_json(told(samples.old_run()))

    assert told_["thresholds"] is None
    assert told_["days"] is None
    books: Any = told_["books"]
    assert books["planned"] is None
    assert books["plan_adds_up"] is None
    assert books["cleanup"] is None


@pytest.mark.parametrize(
    ("kind", "target", "want"),
    [
        ("breakpoint", "http://localhost:1", "forepost load breakpoint holiday-gift-cards"),
        ("replay", "http://[::1]:1", "forepost load replay FILE.csv --campaign holiday-gift-cards"),
        (
            "run",
            "https://staging.shop.test",
            "forepost load run holiday-gift-cards --i-own-this-target staging.shop.test",
        ),
    ],
)
def test_the_command_to_repeat_fits_the_kind(told: Any, kind: str, target: str, want: str) -> None:
    """It can be pasted: quoted, with the set-up and the owned target."""
    run = replace(samples.load_run(kind=kind, setup={}), target=target)

    said: Any = as_json(told(run))["run"]
    assert said["repeat"] == want

    evil = replace(run, campaign="x; rm -rf ~")
    said = as_json(told(evil))["run"]
    assert "'x; rm -rf ~'" in said["repeat"]


def test_an_invalid_run_gives_no_capacity_away(told: Any) -> None:
    """Whoever reads only `flows[]` must not find a figure that the generator made."""
    found: Any = as_json(told(replace(samples.load_run(invalid="late"), verdict="invalid")))

    assert found["flows"]
    for flow in found["flows"]:
        known = {name for name, value in flow.items() if value is not None}
        assert known <= {"flow", "unit", "peak_per_s", "need_per_s"}
