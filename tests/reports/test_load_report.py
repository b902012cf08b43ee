"""The page of one load test: verdict first, self-contained, escaped, honest."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from forepost.model import LoadRun
from forepost.storage.sqlite import SqliteStore
from loadtests import cells as written
from reports import load_view
from reports.build import build
from reports.data import ReportContext
from reports.load_build import CHARTS, render_load
from reports.load_collect import collect_load
from tests.reports import load_samples as samples
from tests.reports.page_text import Text, text

NOW = samples.START + timedelta(days=1)
HOSTILE = "<script>alert(1)</script> $x^2$ & \"quoted\" 'single' </svg>"
RUNS = {"script", "iframe", "object", "embed", "link", "base", "form", "frame", "img"}

Page = Callable[..., str]


@pytest.fixture
def show(store: SqliteStore, context: ReportContext, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Return a function that stores a run, with cells and walks if wanted, and reads its page."""

    def made(
        run: LoadRun,
        *flows: str,
        walks: tuple[Any, ...] = (),
        now: datetime = NOW,
        charts: tuple[str, ...] = (),
    ) -> str:
        store.add_load_run(run)
        if flows:
            store.add_load_cells(samples.cells(run.id, flows))
        for walk in walks:
            store.add_run(walk)
        if charts != CHARTS:  # drawing takes a second: only where a test is about it
            monkeypatch.setattr("reports.load_build.drawn", _blank)
        return render_load(collect_load(store, context, run, now))

    return made


def _blank(data: object, names: tuple[str, ...]) -> dict[str, Any]:
    del data
    return {name: {"title": name, "caption": "", "svg": ""} for name in names}


def test_the_first_screen_tells_a_manager_everything(show: Page) -> None:
    """Verdict, capacity in the business's unit, margin, bottleneck, cost, what was mocked."""
    said = text(show(samples.load_run(), "gift_card", "checkout"))
    first = said[: said.index("For engineers")]

    assert "NOT READY" in first
    assert (
        "Gift card redemptions stay within their limits up to 343 a minute; "
        "the forecast peak is 1,200 a minute."
    ) in first
    assert "Gift card redemptions 343 514 1,200 1,800 \N{MINUS SIGN}72 % falls short" in first
    assert "Checkout orders at least 274 \N{EN DASH} 120 180 at least +128 % holds" in first
    assert "Gift database giftcard.redeem: 31 % of what was offered was not done" in first
    assert "840 to 960 customers a minute" in first
    assert "980 public complaints an hour (310 to 2,100)" in first
    assert "Not tested card network" in first
    assert "18 December to 19 December 2026" in first


def test_the_engineers_half_tells_what_it_rests_on(show: Page) -> None:
    """Thresholds with states and intervals, books that add up, tables, health, how to repeat."""
    said = text(show(samples.load_run(), "gift_card", "checkout"))

    assert "p95(giftcard.redeem) < 800ms per step fail 4.10 s 3.69 s to 4.51 s 640" in said
    for state in ("no data", "too few", "not decided", "pass"):
        assert f" {state} " in said
    whole = samples.books(("gift_card", "checkout"))
    started, failed = whole["started"], whole["failed"]
    assert f"{started:,} planned = {started:,} started + 0 dropped + 0 not sent adds up" in said
    assert f"{started - failed:,} done + {failed:,} failed + 0 open at the end adds up" in said
    assert "giftcard.redeem gift card 901 460 441 48.9 %" in said
    assert "redeem gift card 901 460 441" in said  # the step
    assert "timeout 212" in said
    assert "Busiest second of a worker's core 61 %" in said
    assert "900 made, 900 undone, 0 left" in said
    assert "forepost load run holiday-gift-cards --setup web=2 seed 7" in said
    assert "plateau" in show(samples.load_run()).lower()


def test_it_is_one_file_that_runs_nothing(show: Page) -> None:
    """A policy with the hash of exactly this style, no script, no address to load from."""
    page = show(samples.load_run(), "gift_card", "checkout", charts=CHARTS)
    found = Text(page)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)

    assert style is not None
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.replace("&#39;", "'")
    assert "default-src 'none'" in page
    assert not RUNS & found.tags
    assert not found.styled
    assert "url(http" not in page
    assert "failed:" not in page  # every chart could be drawn


def test_hostile_names_are_text_everywhere(show: Page) -> None:
    """A title, a flow, a unit, an endpoint, a sign, a threshold from elsewhere."""
    run = samples.load_run(
        title=HOSTILE,
        owner=HOSTILE,
        mocked=[HOSTILE],
        evidence=[HOSTILE],
        lines=[HOSTILE],
        runner_up=HOSTILE,
        setup={HOSTILE: HOSTILE},
        errors={HOSTILE: 3},
        brackets={HOSTILE: {"low_per_s": 1.0, "high_per_s": 2.0, "why": HOSTILE}},
        peaks={HOSTILE: {"per_s": 1.0, "unit": HOSTILE, "share": 1.0}},
        thresholds=[samples.threshold(HOSTILE, "fail", 1.0, HOSTILE)],
        resources={HOSTILE: [HOSTILE]},
        workers=[{"index": 0, "host": HOSTILE, "lost": HOSTILE}],
        cleanup={HOSTILE: {"made": 1, "undone": 0, "left": 1, "error": HOSTILE}},
        levels=[{**samples.levels(("checkout",))[0], "flow": HOSTILE}],
        phases=[{"name": HOSTILE, "start_s": 0, "end_s": 9}],
    )

    page = show(
        replace(run, campaign=HOSTILE, target=HOSTILE, bottleneck=HOSTILE),
        "checkout",
        charts=CHARTS,
    )

    assert "script" not in Text(page).tags
    assert "<script" not in page
    assert "failed:" not in page
    assert "&lt;script&gt;" in page


def test_a_ready_shop_is_called_ready(show: Page) -> None:
    """Nothing gave way, nothing is expected to fail, nothing was mocked."""
    said = text(show(samples.ready_run(), "checkout"))

    assert "READY" in said
    assert "NOT READY" not in said
    assert "The shop takes the forecast peak of every journey, with 1.5 times headroom." in said
    assert "nothing did no journey reached its limit" in said
    assert "nothing expected" in said


def of_few(**more: Any) -> LoadRun:
    """Return a run that held 4 visits an hour, forecast to be 3, and is not sure of it."""
    per_s = 4 / 3600
    bracket = {"low_per_s": per_s, "high_per_s": None, "why": "", "sure_per_s": None}
    peaks = {"checkout": {"per_s": per_s * 0.75, "unit": "orders", "share": 1.0}}
    run = samples.ready_run()
    told = {"brackets": {"checkout": bracket}, "peaks": peaks, "headroom": 1.0, "lines": ["open"]}
    return replace(run, verdict="inconclusive", detail={**run.detail, **told, **more})


def test_a_few_visits_an_hour_are_not_zero_and_what_they_show_is_not_sure(show: Page) -> None:
    """4 an hour are 0.067 a minute; a third above the forecast, by chance perhaps."""
    said = text(show(of_few(), "checkout", charts=("load_capacity",)))

    assert "likely 0.067 – 0.05 0.05" in said
    assert "likely +33 %" in said
    assert "likely, not sure" in said
    assert "too few visits to be sure that nobody fails" in said
    assert "nothing expected" not in said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"cut_short": "stopped by hand after 4 s of 60 s"}, "What gives way first unclear"),
        ({"brackets": {"checkout": {"low_per_s": None}}}, "What gives way first unknown too few"),
        ({"kind": "smoke"}, "What the failure would cost unknown"),
    ],
)
def test_a_run_that_did_not_get_far_calls_nothing_well(
    show: Page, more: dict[str, Any], says: str
) -> None:
    """Stopped, without visits, or too small: neither "nothing did" nor "nothing expected"."""
    said = text(show(of_few(**more), "checkout"))

    assert says in said
    assert "nothing expected" not in said


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ("passed", "Every threshold was kept. There is no forecast"),
        ("failed", "Threshold p95 is broken."),
    ],
)
def test_thresholds_alone_have_a_word_too(show: Page, verdict: str, says: str) -> None:
    """Green or red, not "unknown": without a forecast they are all that was asked."""
    run = samples.ready_run()
    detail = {**run.detail, "peaks": {}, "lines": ["threshold p95 is broken"]}

    page = show(replace(run, verdict=verdict, detail=detail))

    assert says in text(page)
    assert f'class="word {"well" if verdict == "passed" else "open"}"' in page


def test_an_invalid_run_says_nothing_of_the_shop(show: Page) -> None:
    """Our own fault is never the shop's: no capacity, no bottleneck, no cost is shown."""
    run = samples.load_run(invalid="worker 2 died after 12 s (signal 9)", workers=[
        {"index": 0, "host": "127.0.0.1", "pid": 1, "lost": ""},
        {"index": 1, "host": "127.0.0.1", "pid": 2, "lost": "died after 12 s (signal 9)"},
    ])  # fmt: skip

    said = text(show(replace(run, verdict="invalid", bottleneck=None), "gift_card"))
    first = said[: said.index("For engineers")]

    assert "INVALID" in first
    assert "so these figures say nothing about the shop: worker 2 died after 12 s" in first
    assert "343" not in first
    assert "840" not in first
    assert "Gift database" not in first
    assert "Worker 2 on 127.0.0.1; died after 12 s (signal 9)" in said


def test_a_run_of_an_earlier_version_stays_readable(show: Page) -> None:
    """What it did not record is said to be unknown: never zero, never a pass."""
    said = text(show(samples.old_run()))

    assert "Gift card redemptions hold up to 8 a second (480 a minute)." in said
    assert "Gift card visits 480 720" in said
    assert "no forecast" in said
    assert "Thresholds Not recorded" in said
    assert "? planned = 400 started + 0 dropped + ? not sent not all of it was recorded" in said
    assert "400 started = 360 done + 40 failed + 0 open at the end adds up" in said
    assert "Its cells are no longer kept" in said
    assert "not estimated" in said
    assert "nothing expected" not in said


@pytest.mark.parametrize(
    ("verdict", "word"), [(None, "NO VERDICT"), ("interrupted", "INTERRUPTED")]
)
def test_a_run_that_was_killed_has_no_verdict(show: Page, verdict: str | None, word: str) -> None:
    """A row that was begun and never finished reads as such, also once it is settled."""
    told = {"kind": "breakpoint", "seed": 1, "mocked": ["mail"]}
    run = LoadRun("load-x", "holiday", "http://127.0.0.1", samples.START, detail=told)
    if verdict:
        short = {"cut_short": "whoever ran it ended after 9 s", "lines": ["it ended"]}
        run = replace(run, finished_at=samples.START, verdict=verdict, detail={**told, **short})
    said = text(show(run))

    assert word in said
    assert ("whoever ran it ended after 9 s. It came to no word on the shop." in said) == bool(
        verdict
    )
    assert "Its thresholds were not judged: it still runs, or was ended before" in said
    assert "forepost load breakpoint holiday" in said
    assert "version" not in said[: said.index("Made by")]
    assert "READY" not in said
    assert "PASSED" not in said
    assert "not recorded" in said


@pytest.mark.parametrize(
    "detail",
    [
        {"brackets": [1], "peaks": "x", "levels": {"a": 1}, "thresholds": 7, "dates": ["soon"]},
        {"brackets": {"a": None}, "headroom": "much", "fallout": {"a": [1]}, "health": 3},
        {"workers": [{"lost": True}, 4], "errors": {"x": "many"}, "cleanup": {"a": 1}, "kind": 3},
        {"search": {"curves": {"a": {"per_s": None}}, "plateaus": 4, "steps": [1]}, "mocked": "x"},
        {"planned": float("nan"), "started": True, "planned_end_at": "later", "setup": []},
    ],
)
def test_nonsense_in_the_store_is_unknown_and_no_error(show: Page, detail: dict[str, Any]) -> None:
    """What lies in a store may come from anywhere."""
    run = replace(samples.load_run(), detail=detail)

    said = text(show(run, charts=CHARTS))

    assert "NOT READY" in said
    assert "nan" not in said.split()


def test_a_level_that_held_only_likely_is_not_sold_as_sure(show: Page) -> None:
    """Too few visits for the threshold at the level that the forecast needs."""
    bracket = {"low_per_s": 5.0, "high_per_s": None, "why": "", "sure_per_s": 2.0}
    run = samples.load_run(brackets={"checkout": bracket}, levels=[])

    said = text(show(replace(run, verdict="inconclusive")))

    assert "likely, not sure" in said
    assert "did not decide whether the shop takes the forecast of checkout orders" in said


def test_a_smoke_run_does_not_judge_the_forecast(show: Page) -> None:
    """A nightly run at a low rate finds no capacity, and does not pretend to."""
    run = replace(samples.ready_run(), detail={**samples.ready_run().detail, "kind": "smoke"})

    said = text(show(run))

    assert "This smoke run passed. Its load is too small" in said
    assert "not judged: a smoke run" in said
    assert "at its full rate: this smoke run is repeated by [campaigns] of config.toml" in said
    assert "the same arrivals again" not in said


def test_a_search_shows_its_plateau_and_its_curve(
    store: SqliteStore, context: ReportContext, show: Page
) -> None:
    """The plateau with its interval; the curve within what was measured, through its points."""
    page = show(samples.search_run(), charts=CHARTS)

    assert "360 (348 to 372)" in text(page)
    assert 'id="chart-load_law"' in page
    assert "forepost load breakpoint holiday-gift-cards" in page
    report = collect_load(store, context, samples.search_run(), NOW)
    law = report.load.facts.laws[0]
    assert [law.at(n) for n, _ in law.points] == pytest.approx([done for _, done in law.points])
    assert 'id="chart-load_law"' not in show(samples.load_run())


def test_the_periods_report_tells_of_the_load_test_too(
    store: SqliteStore, context: ReportContext, tmp_path: Path
) -> None:
    """Verdict, what a person's browser met, what was mocked, and where the whole page is."""
    run = samples.load_run()
    store.add_load_run(run)
    store.add_load_cells(samples.cells(run.id))
    for walk in samples.walks(run.id):
        store.add_run(walk)
    quiet = replace(context, charts=("load_human",))

    page = build(store, quiet, samples.START, samples.at(600), tmp_path).read_text("utf-8")
    said = text(page)

    assert "NOT READY for Holiday gift cards" in said
    assert "A person's checkout stays within its budget at 137 orders a minute" in said
    assert "did not test what was mocked: card network" in said
    assert "forepost load report load-short" in said
    assert 'id="chart-load_human"' in page
    assert "whole visit" not in said  # a total is no endpoint
    assert "whole step" not in said


def test_the_generators_words_for_whole_visits_are_ours() -> None:
    """Two rooms that may not import each other name the same cells."""
    assert load_view.WHOLE == written.WHOLE
    assert load_view.WHOLE_STEP == written.WHOLE_STEP


def test_earlier_runs_of_the_campaign_are_named(show: Page, store: SqliteStore) -> None:
    """Two runs of one campaign can be compared by a copied command."""
    before = replace(samples.ready_run("load-before"), started_at=samples.at(-3600))
    store.add_load_run(before)
    search = replace(samples.search_run(), id="load-search", started_at=samples.at(-60))
    store.add_load_run(replace(search, campaign=before.campaign))

    assert "forepost load compare load-before load-short" in text(show(samples.load_run()))


@pytest.mark.parametrize(
    ("kind", "again", "command"),
    [
        ("breakpoint", ["--flow", "gift_card"], "breakpoint holiday-gift-cards --flow gift_card "),
        ("replay", ["last year.csv", "--speed", "10"], "replay 'last year.csv' --speed 10 --camp"),
        ("replay", None, "replay FILE.csv --campaign holiday-gift-cards "),
    ],
)
def test_the_command_to_repeat_it_is_whole(
    show: Page, kind: str, again: list[str] | None, command: str
) -> None:
    """What was said besides the campaign's name belongs to it."""
    run = samples.load_run(kind=kind, again=again)

    assert f"forepost load {command}" in text(show(run))
