"""The page itself: self-contained, escaped, honest about what it does not know."""

import re
import shutil
from base64 import b64encode
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jinja2 import Environment

from forepost.errors import PluginError, ReportError
from forepost.storage.sqlite import SqliteStore
from reports.build import build, render, shown
from reports.collect import bucket_for, collect
from reports.data import ReportContext, ReportData

LOADS = {"src", "href", "xlink:href", "data", "action", "poster", "srcset", "background"}
RUNS = {"script", "iframe", "object", "embed", "link", "base", "form", "frame"}


class Page(HTMLParser):
    """What a browser would find: elements, attributes, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.elements and self.elements[-1][0] == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        """Everything a person can read, on one line."""
        return " ".join(" ".join(self.words).replace("\N{NO-BREAK SPACE}", " ").split())

    def values(self, name: str) -> list[str]:
        """Return every value of an attribute."""
        return [attrs[name] for _, attrs in self.elements if name in attrs]


def read(path: Path) -> Page:
    """Return a report as a browser reads it."""
    return Page(path.read_text(encoding="utf-8"))


def make(shop: Any, place: Path, charts: tuple[str, ...] = ()) -> Path:
    """Build the morning's report at a place of its own, without charts unless asked for."""
    context = replace(shop.context, charts=charts)
    return build(shop.store, context, shop.since, shop.until, shop.out, place)


def told(shop: Any) -> ReportData:
    """Return what the morning's report says."""
    return collect(shop.store, shop.context, shop.since, shop.until, shop.out, shop.until)


@pytest.fixture(scope="session")
def page(report: Path) -> Page:
    """The morning's report, read back."""
    return read(report)


def test_nothing_is_loaded_from_outside(page: Page) -> None:
    """Every address is a data: picture, a place on this page, or a file of evidence beside it."""
    for _, attrs in page.elements:
        for name in LOADS & attrs.keys():
            assert attrs[name].startswith(("data:image/webp;base64,", "#", "./runs/")), attrs

    assert not RUNS & {tag for tag, _ in page.elements}
    assert "--ink" in page.style
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_allows_our_style_sheet_and_nothing_else(page: Page, report: Path) -> None:
    """default-src 'none', pictures from data:, and the hash of exactly the style that is there."""
    policy = next(
        attrs["content"]
        for tag, attrs in page.elements
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    text = report.read_text("utf-8")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)

    assert style is not None
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'")
    assert "unsafe" not in policy
    assert not page.values("style")
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]


def test_hostile_text_is_shown_and_never_run(page: Page, report: Path) -> None:
    """What a page of the shop said stands there as text, once escaped."""
    assert "<script>alert(1)</script> $x^2$" in page.text
    assert "script" not in {tag for tag, _ in page.elements}
    assert "&lt;script&gt;alert(1)" in report.read_text("utf-8")


def test_charts_are_sound_xml_without_names_in_common(report: Path) -> None:
    """Each `<svg>` parses by itself; two charts must not share a clip path's id."""
    text = report.read_text("utf-8")
    charts = re.findall(r"<svg xmlns:xlink=.*?</svg>", text, re.DOTALL)
    ids: list[str] = []
    for chart in charts:
        root = ET.fromstring(chart)  # noqa: S314 - our own chart
        ids += [element.attrib["id"] for element in root.iter() if "id" in element.attrib]

    assert len(charts) == 4
    assert len(ids) == len(set(ids))
    assert "failed:" not in text


def test_a_hostile_name_is_text_in_a_chart_too(morning: Any) -> None:
    """A flow or endpoint with `$` and `<` is drawn as it is, not parsed as mathematics."""
    data = told(morning)
    assert data.load is not None
    nasty = "$\\frac{1}{<b>&"
    endpoints = tuple(replace(one, name=nasty) for one in data.load.endpoints)
    flows = tuple(replace(flow, name=nasty) for flow in data.flows)
    data = replace(data, flows=flows, load=replace(data.load, endpoints=endpoints))

    text = render(data, morning.context.charts, morning.out, morning.out)

    assert "failed:" not in text
    assert "<b>&" not in text


def test_every_estimate_carries_its_interval_and_its_truth(page: Page, morning: Any) -> None:
    """Customers and posts: figure, interval, and in a demo the town's own count beside it."""
    for row in told(morning).rows:
        for figure in (row.story.customers_affected, row.story.expected_posts):
            assert figure is not None
            said = f"{round(figure.value):,} {round(figure.low):,} to {round(figure.high):,}"
            assert said in page.text
    assert "71 40 to 87" not in page.text
    for count in ("truth 71", "truth 46", "truth 41", "truth 9", "truth 8"):
        assert count in page.text
    assert "posting share 0.17" in page.text
    assert "seed 7" in page.text


def test_the_first_screen_says_it_in_plain_words(page: Page) -> None:
    """State, what happened, who was first, what gives way: before any chart."""
    first = page.text[: page.text.index("Who knew first: the lead-time ledger")]

    assert "All well at the end of this period" in first
    assert "Three customer journeys broke; Forepost knew first in 2 of 2 that customers" in first
    assert '"pay" failed' in first
    assert "nobody posted about it" in first
    assert "Gift database" in first
    assert "NOT READY for Holiday gift cards: gift card redemptions hold up to 8 a second" in first
    assert "99 of 100 runs measured" in first


def test_silence_is_censored_and_not_a_lead(page: Page) -> None:
    """Nobody posted about auto-pay: no number stands in for that."""
    row = page.text[page.text.index("Autopay renew") :][:140]

    assert "nobody posted" in row
    assert "censored" in row


def test_customers_first_is_told_as_such(morning: Any) -> None:
    """A negative lead says who was first, in the ledger, the story and the headline."""
    data = told(morning)
    rows = tuple(
        replace(
            row,
            lead_class="late",
            story=replace(
                row.story,
                first_complaint_at=row.story.incident.opened_at - timedelta(seconds=35),
                lead_time_s=-35.0,
            ),
        )
        for row in data.rows[:1]
    )

    page = Page(render(replace(data, rows=rows), ("lead_time",), morning.out, morning.out))

    assert "customers were first, by 35 s" in page.text
    assert "\N{MINUS SIGN}35 s customers first" in page.text


def test_what_no_source_covered_is_unknown(page: Page, report: Path, morning: Any) -> None:
    """14 s without an answer: said in words, and drawn as a hatched stretch."""
    counts = morning.store.complaint_counts(None, morning.since, morning.until, 5)

    assert any(count.coverage < 1 for count in counts)
    assert "hatched times in the timeline are unknown, not quiet" in page.text
    assert "7 looks at a source had no answer" in page.text
    chart = re.search(r"<svg[^>]*Timeline.*?</svg>", report.read_text("utf-8"), re.DOTALL)
    assert chart is not None
    assert "<pattern" in chart.group(0)


def test_an_empty_store_gives_an_honest_report(
    store: SqliteStore,
    context: ReportContext,
    tmp_path: Path,
    morning_span: tuple[datetime, datetime],
) -> None:
    """Nothing measured is said as such: no 100 %, no zero incidents found, no error."""
    page = read(build(store, context, *morning_span, tmp_path))

    assert "Nothing was measured between 09:00:00 and 09:04:00" in page.text
    assert "State unknown" in page.text
    assert "100 %" not in page.text
    assert "All well" not in page.text
    assert "nothing can be said about who would have known first" in page.text
    assert page.text.count("not measured") >= 3


def test_pictures_of_failures_are_in_the_page(page: Page, morning: Any, tmp_path: Path) -> None:
    """One proof a failed step, with its trace; a picture that is gone is said to be gone."""
    sources = [attrs["src"] for tag, attrs in page.elements if tag == "img"]
    traces = [href for href in page.values("href") if href.endswith("trace.zip")]

    assert len(sources) == 3
    assert all((morning.out / trace).is_file() for trace in traces)
    assert traces

    later = read(make(replace(morning, out=tmp_path), tmp_path / "report.html"))
    assert "no longer kept" in later.text
    assert not [tag for tag, _ in later.elements if tag == "img"]


def test_a_report_elsewhere_still_links_to_its_evidence(morning: Any, tmp_path: Path) -> None:
    """Links are relative to where the report lies, not to where it was made."""
    place = tmp_path / "for the board" / "march.html"

    page = read(make(morning, place))

    traces = [href for href in page.values("href") if href.endswith("trace.zip")]
    assert traces
    assert all((place.parent / trace).resolve().is_file() for trace in traces)


def test_evidence_outside_the_output_folder_is_not_shown(morning: Any, tmp_path: Path) -> None:
    """A path that climbs out of the folder is no evidence of ours."""
    data = told(morning)
    secret = tmp_path.parent / "secret.png"
    shutil.copy(next(morning.out.glob("runs/*/step.png")), secret)
    proof = replace(data.rows[0].evidence[0], picture="../secret.png", links=())
    data = replace(data, rows=(replace(data.rows[0], evidence=(proof,)),))

    page = Page(render(data, (), morning.out, morning.out))

    assert not [tag for tag, _ in page.elements if tag == "img"]


def test_an_unknown_rate_leaves_customers_unknown(morning: Any, tmp_path: Path) -> None:
    """Without customers_per_minute there is no estimate, and the remedy is named."""
    context = replace(morning.context, attempts_per_minute={}, extra=None)

    page = read(make(replace(morning, context=context), tmp_path / "report.html"))

    assert "customers affected unknown" in page.text
    assert "unknown without customers_per_minute in config.toml" in page.text
    assert "truth" not in page.text


def test_times_stand_in_the_shops_zone(morning: Any, tmp_path: Path) -> None:
    """09:00 UTC is 05:00 in New York on that day, and the zone is named."""
    context = replace(morning.context, timezone="America/New_York")

    page = read(make(replace(morning, context=context), tmp_path / "report.html"))

    assert "9 March 2026, 05:00:00 to 05:04:00 America/New_York (UTC-0400)" in page.text
    with pytest.raises(ReportError, match=r'no zone "Mars/Base" here'):
        make(replace(morning, context=replace(context, timezone="Mars/Base")), tmp_path / "x")


def test_an_unknown_chart_names_those_that_exist(morning: Any, tmp_path: Path) -> None:
    """The plugin contract's own line."""
    with pytest.raises(PluginError, match=r"timelime\.py; there is: .*timeline"):
        make(morning, tmp_path / "report.html", ("timelime",))


def test_a_chart_of_a_user_that_breaks_costs_only_itself(
    morning: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is there, and the chart's place says what went wrong."""
    from reports.charts import page_load  # noqa: PLC0415 - the one that breaks here

    def draw(axes: object, data: object, settings: object) -> None:
        del axes, data, settings
        raise ZeroDivisionError("mine")

    monkeypatch.setattr(page_load, "draw", draw)
    page = read(make(morning, tmp_path / "report.html", ("page_load",)))

    assert "Three customer journeys broke" in page.text
    assert "the chart page_load failed: ZeroDivisionError('mine')" in page.text


def test_buckets_fit_a_page() -> None:
    """From a minute to a year: never more bars than a page shows apart."""
    for span_s in (60, 240, 3600, 86_400, 30 * 86_400, 365 * 86_400):
        assert span_s / bucket_for(span_s) <= 96


def test_parameters_of_any_shape_read_as_text() -> None:
    """The town's JSON: lists and tables on one line; escaping is the template's."""
    assert shown({"a_b": [1, 4], "on": True, "none": None}) == "a b 1, 4, on yes, none \N{EN DASH}"
    assert Environment(autoescape=True).from_string("{{ x }}").render(x=shown("<i>")) == "&lt;i&gt;"


@pytest.mark.parametrize("extra", [{}, {"truth": "x"}, {"truth": {"situations": [1]}, "seed": "a"}])
def test_a_town_that_answers_nonsense_is_unknown(
    morning: Any, tmp_path: Path, extra: dict[str, object]
) -> None:
    """What came over HTTP is read with care: unknown, not an error."""
    context = replace(morning.context, extra=extra)

    page = read(make(replace(morning, context=context), tmp_path / "report.html"))

    assert "Three customer journeys broke" in page.text
    assert "truth" not in page.text
