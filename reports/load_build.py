"""The page of one load test: HTML that needs no network and runs no script."""

from base64 import b64encode
from functools import partial
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports import load_detail, load_people, load_words, words
from reports.build import TEMPLATES, drawn
from reports.files import write
from reports.load_data import LoadReport
from reports.load_days import unread
from reports.load_view import took_s

CHARTS = (
    "load_capacity",
    "load_human",
    "load_days",
    "load_curve",
    "load_law",
    "load_visits",
    "load",
)


def write_load_report(report: LoadReport, file: Path) -> Path:
    """Write the page of one load test to `file` and return it.

    Raises: ReportError for a disk that refuses.
    """
    return write(file, render_load(report).encode())


def render_load(report: LoadReport) -> str:
    """Return the page as HTML, its style inside."""
    css = "".join((TEMPLATES / name).read_text("utf-8") for name in ("report.css", "load.css"))
    view = report.load
    return (
        _environment(report)
        .get_template("load.html.j2")
        .render(
            report=report,
            view=view,
            facts=view.facts,
            css=css,
            css_hash="sha256-" + b64encode(sha256(css.encode()).digest()).decode(),
            verdict=load_words.verdict(view),
            rows=load_words.rows(view),
            doubtful=any(flow.doubtful for flow in view.facts.flows),
            cards=load_words.cards(view),
            charts=drawn(report, CHARTS),
            people=load_people.sentences(view.humans),
            days=unread(view.days, report.zone) or load_people.days(view.days, report.zone),
            budget=load_people.budget_words(),
            thresholds=load_detail.thresholds(view),
            unjudged=load_detail.unjudged(view),
            equations=load_detail.equations(view.facts.books),
            generator=load_detail.generator(view),
            cleanup=load_detail.cleanup(view),
            missing=load_detail.missing(view),
            repeat=load_detail.repeat(view),
            took=took_s(view.run),
        )
    )


def _environment(report: LoadReport) -> Environment:
    """Return the template engine: everything escaped, every name must exist."""
    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters.update(
        clip=words.clip,
        heading=words.heading,
        label=words.label,
        number=words.number,
        unbroken=words.unbroken,
    )
    engine.globals.update(
        campaign_dates=_dates,
        counted=words.counted,
        dash=words.NONE,
        day=partial(words.day, zone=report.zone),
        duration=words.duration,
        listed=words.listed,
        millis=words.millis,
        moment=partial(words.moment, zone=report.zone, dated=True),
        percent=words.percent,
        resource=load_words.resource,
        zone_name=words.zone_name(report.made_at, report.zone),
    )
    return engine


def _dates(report: LoadReport) -> str:
    """Return the campaign's days as people say them; nothing without a date."""
    dates = report.load.facts.dates
    if dates is None:
        return ""
    first, last = dates
    if first == last:
        return f"{first.day} {first:%B %Y}"
    start = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B %Y}"
    return f"{start} to {last.day} {last:%B %Y}"
