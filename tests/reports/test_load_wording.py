"""The words of a load test's page: one figure everywhere, and none that only engineers read."""

from dataclasses import replace
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from forepost.model import LoadRun
from loadtests import wording
from reports import load_axes, load_people, load_words
from reports.build import Chart, drawn
from reports.load_build import render_load
from reports.load_data import LoadReport, LoadView
from reports.load_view import load_view
from tests.reports import load_samples as samples

FIVE = ("gift_card", "checkout", "renewal", "browse", "search")


def seen(run: LoadRun | None = None, *flows: str) -> LoadView:
    """Return a load test as its page reads it, with cells of `flows`."""
    chosen = run or samples.load_run()
    return load_view(chosen, samples.cells(chosen.id, flows) if flows else [], [])


def aborted(text: str, value: float, unit: str) -> LoadView:
    """Return a run that a threshold with `abort` ended, as a run writes it."""
    broken = {**samples.threshold(f"{text} abort", "fail", value, unit), "abort": True}
    cut = f"ended after 22 s: {text} abort does not hold"
    lines = [cut, f"threshold {text} abort is broken"]
    return seen(
        samples.load_run(
            thresholds=[broken], cut_short=cut, lines=lines, brackets={}, aborted=[text]
        )
    )


@pytest.mark.parametrize(
    ("text", "value", "unit", "says"),
    [
        (
            "p50(gift_card) < 20ms for 4s", 236.0, "ms",
            "half of gift card visits must end within 20 ms. It was 236 ms",
        ),
        (
            "p95(giftcard.redeem) < 2s", 4100.0, "ms",
            "95 of 100 giftcard.redeem requests must end within 2 s. It was 4.10 s",
        ),
        ("error_rate(all) < 2%", 31.0, "%", "fewer than 2 % of all visits may fail. It was 31.0 %"),
        ("dropped(all) <= 0", 3.0, "", "dropped(all) <= 0. It was 3"),
    ],
)  # fmt: skip
def test_a_run_that_a_limit_ended_says_so_once(
    text: str, value: float, unit: str, says: str
) -> None:
    """The manager reads which limit, in words, and what was measured; not the rule three times."""
    said = load_words.verdict(aborted(text, value, unit)).said

    assert said.startswith(f"A limit was broken, and that ended the run: {says}")
    assert said.count("ended") == 1


def test_a_stop_by_hand_is_told_before_what_it_leaves_open() -> None:
    """No threshold ended it: why it was cut short stands first."""
    run = samples.load_run(cut_short="stopped by hand after 4 s of 60 s", thresholds=[])

    said = load_words.verdict(seen(run)).said

    assert said.startswith("The run was cut short: stopped by hand after 4 s of 60 s. Gift card")


def test_the_first_card_says_in_words_what_the_shop_answered() -> None:
    """A status code alone tells a manager nothing; one that has no usual meaning stays a code."""
    ends = "40 of 90 requests were answered; the others mostly ended as http {}"
    cards = [
        load_words.first(seen(samples.load_run(evidence=[ends.format(code)])))
        for code in (503, 418)
    ]

    assert 'ended as "service unavailable" (http 503); next after it: web' in cards[0].detail
    assert "ended as http 418; next after it: web" in cards[1].detail


def test_what_a_few_visits_kept_is_called_likely() -> None:
    """A margin of "likely +350 %" and a headline of "not decided" would be two answers."""
    bracket = {"low_per_s": 4.0, "high_per_s": None, "sure_per_s": 1.0}
    peaks = {"checkout": {"per_s": 2.0, "unit": "orders", "share": 1.0}}
    run = samples.load_run(flows=("checkout",), brackets={"checkout": bracket}, peaks=peaks)

    said = load_words.verdict(seen(replace(run, verdict="inconclusive", bottleneck=None))).said

    assert said == (
        "The shop likely takes the forecast of checkout orders: too few visits came to be sure."
    )


def test_a_limit_without_a_forecast_is_told_in_visits() -> None:
    """The rule that broke is the engineers'; how much was too much is everybody's."""
    run = samples.load_run(
        flows=("checkout",),
        peaks={},
        brackets={"checkout": {"low_per_s": 2.1, "high_per_s": 3.4, "sure_per_s": 2.1}},
        lines=[
            "checkout holds up to 126 visits a minute (2.1 a second); first broken: p50(x) < 1s"
        ],
    )

    view = seen(replace(run, verdict="failed"))

    assert load_words.verdict(view).said == (
        "Checkout visits stay within their limits up to 126 a minute; more was sent, and was too "
        "much."
    )
    assert load_words.cards(view)[1].detail == "not estimated: no journey has a forecast"


def test_an_invalid_run_names_no_load_that_people_bear() -> None:
    """The load was not as meant, so no rate beside a walk is to be trusted."""
    run = replace(samples.load_run(invalid="late"), verdict="invalid", bottleneck=None)
    view = load_view(run, samples.cells(run.id), samples.walks(run.id))

    assert load_people.card(view).value == "unknown"


def test_estimates_of_posts_have_no_digits_that_nobody_knows() -> None:
    """1,540 is as good as 1,500: the interval is a thousand times as wide."""
    cost = {"gift_card": {"failing_per_min": [0, 302], "posts_per_hour": [1.2, 1540, 3466]}}

    card = load_words.cards(seen(samples.load_run(fallout=cost)))[1]

    assert card.value == "up to 302 customers a minute"
    assert "then about 1,500 public complaints an hour (1 to 3,500)" in card.detail


@pytest.mark.parametrize("per_min", [0.0, 0.067, 0.5, 1.0, 7.25, 9.96, 50.625, 67.5, 564.3, 12e3])
def test_the_terminal_and_the_page_show_one_figure(per_min: float) -> None:
    """51 on the page and 50.62 in the terminal would be two answers to one question."""
    assert wording.minute(per_min / 60) == load_words.rate(per_min / 60)


@pytest.mark.parametrize(
    ("value", "said"), [(2000, "2,000"), (0.5, "0.5"), (7.5, "7.5"), (0, "0"), (12_500, "12,500")]
)
def test_marks_of_axes_part_thousands(value: float, said: str) -> None:
    """As in the text beside the chart."""
    assert load_axes.parted(value) == said


def test_the_visits_of_many_flows_are_pictures_that_paper_can_part() -> None:
    """Five flows are three pictures; what they share (key, visits under way) stands once."""
    charts: Any = drawn(report(FIVE), ("load_visits",))
    svg = charts["load_visits"].svg

    assert svg.count("<svg") == svg.count("</svg>") == 3
    assert "failed:" not in svg


def test_what_was_not_measured_is_one_line_without_the_words_of_a_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How to read dots that are not there helps nobody."""
    monkeypatch.setattr("reports.load_build.drawn", told_of)

    full, bare = (
        render_load(replace(report(FIVE), load=load))
        for load in (
            load_view(samples.load_run(), samples.cells("load-short"), samples.walks("load-short")),
            seen(samples.load_run(levels=[])),
        )
    )

    for name in ("load", "load_visits", "load_human", "load_curve"):
        assert f"how to read {name}." in full
        assert f"how to read {name}." not in bare
    assert "Not measured: no probe walked during this load test." in bare
    assert "Not measured: the seconds of this run are not stored." in bare


def told_of(data: object, names: tuple[str, ...]) -> dict[str, Chart]:
    """Return charts that are only told of."""
    del data
    return {name: Chart(name, f"how to read {name}.", "") for name in names}


def report(flows: tuple[str, ...]) -> LoadReport:
    """Return what a page is made of."""
    run = samples.load_run(flows=flows)
    return LoadReport(
        shop_name="Fernhill",
        zone=ZoneInfo("UTC"),
        made_at=samples.START.astimezone(UTC),
        load=seen(run, *flows),
        version="0",
        earlier=(),
        before="",
    )
