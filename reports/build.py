"""The report: one HTML file that needs no network, runs no script and says what it rests on."""

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from inspect import getdoc
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forepost import plugins
from forepost.model import Outcome
from forepost.storage import Store
from reports import gaps, load_people, proof, sentences, style, words
from reports.collect import collect
from reports.data import ReportContext, ReportData
from reports.files import write
from reports.load_data import LoadReport
from reports.pictures import data_uri, inside
from reports.planned import does
from reports.priors import PRIORS

TEMPLATES = Path(__file__).parent / "templates"
NAME = "report.html"
PICTURES = 24  # the first evidence of every incident comes before the second of any
UNDER_LOAD = (
    "load", "load_capacity", "load_human", "load_days", "load_curve", "load_law", "load_visits",
)  # fmt: skip
PLACED = ("timeline", "lead_time", "page_load", *UNDER_LOAD)
VITAL_NAMES = {
    "TTFB": "First byte (TTFB)",
    "begins": "Page begins to load",
    "LCP": "Largest content (LCP)",
    "loaded": "Page is loaded",
    "TBT": "Main thread blocked (TBT)",
    "CLS": "Layout shift (CLS)",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: its plugin's docstring is its title and its caption."""

    title: str
    caption: str
    svg: str


def build(
    store: Store,
    context: ReportContext,
    since: datetime,
    until: datetime,
    out: Path,
    file: Path | None = None,
) -> Path:
    """Write the report of [since, until] and return its path.

    Shape:  `out` is the output folder that evidence paths are relative to; the report goes
            to `file`, else to `out/report.html`. An empty store gives an honest report.
    Raises: ReportError for a disk that refuses; StoreError; PluginError for an unknown chart.
    """
    data = collect(store, context, since, until, out, datetime.now(UTC))
    return write_report(data, context.charts, out, file)


def write_report(
    data: ReportData, charts: tuple[str, ...], out: Path, file: Path | None = None
) -> Path:
    """Write a report of what was collected already (the ledger may want the same data)."""
    target = file or out / NAME
    return write(target, render(data, charts, out, target.parent).encode())


def render(data: ReportData, charts: tuple[str, ...], out: Path, folder: Path) -> str:
    """Return the page; `folder` is where it will lie, for links to evidence."""
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    return (
        _environment(data, out, folder)
        .get_template("report.html.j2")
        .render(
            data=data,
            css=css,
            css_hash="sha256-" + b64encode(sha256(css.encode()).digest()).decode(),
            state=sentences.state(data),
            headline=sentences.headline(data),
            cards=sentences.cards(data),
            front=sentences.front(data),
            verdict=sentences.verdict(data.load.run) if data.load else "",
            load_lines=sentences.load_lines(data.load.run) if data.load else [],
            load_evidence=sentences.load_evidence(data.load.run) if data.load else [],
            gaps=gaps.gaps(data),
            method=gaps.method(data),
            priors=PRIORS,
            pictures=_pictures(data, out),
            charts=drawn(data, charts),
            load_charts=[name for name in charts if name in UNDER_LOAD],
            load_people=load_people.sentences(data.load.humans) if data.load else [],
            more_charts=[name for name in charts if name not in PLACED],
            vital_names=VITAL_NAMES,
            broken=Outcome.BROKEN,
            dash=words.NONE,
            times=words.TIMES,
        )
    )


def _environment(data: ReportData, out: Path, folder: Path) -> Environment:
    """Return the template engine: everything escaped, every name must exist."""
    engine = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    moment = partial(words.moment, zone=data.zone, dated=data.dated)
    engine.filters.update(
        clip=words.clip,
        heading=words.heading,
        label=words.label,
        number=words.number,
        shown=shown,
        unbroken=words.unbroken,
    )
    engine.globals.update(
        beside=proof.beside,
        between=words.between,
        clock=partial(words.clock, zone=data.zone),
        counted=words.counted,
        day=partial(words.day, zone=data.zone),
        does=does,
        duration=words.duration,
        href=partial(_href, out=out, folder=folder),
        lead=words.lead,
        listed=lambda names: words.listed([words.label(name) for name in names]),
        millis=words.millis,
        moment=moment,
        percent=words.percent,
        size=words.size,
        span=words.span(data.since, data.until, data.zone),
        tell=partial(sentences.story, data=data),
        unknown=proof.unknown,
    )
    return engine


def shown(value: object) -> str:
    """Return a parameter of the town as text: nested tables and lists on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{words.label(str(k))} {shown(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(shown(one) for one in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: words.NONE}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _href(path: str, out: Path, folder: Path) -> str:
    """Return a link from the report to a file of evidence, safe in an attribute."""
    relative = Path(os.path.relpath(out.resolve() / path, folder.resolve()))
    return "./" + quote(relative.as_posix())


def _pictures(data: ReportData, out: Path) -> dict[str, str]:
    """Return run id -> `data:` URI for as many screenshots as a page should carry."""
    evidence = [one for row in data.rows for one in enumerate(row.evidence)]
    wanted = [one for _, one in sorted(evidence, key=lambda pair: pair[0]) if one.picture]
    found: dict[str, str] = {}
    for one in wanted[:PICTURES]:
        place = inside(out, one.picture or "")
        uri = data_uri(place) if place else None
        if uri:
            found[one.run_id] = uri
    return found


def drawn(data: ReportData | LoadReport, names: tuple[str, ...]) -> dict[str, Chart]:
    """Return charts by name; one that breaks says so in its place.

    Raises: PluginError for a chart that is not there.
    """
    style.quiet()
    with style.house():
        return {name: _chart(name, data) for name in names}


def _parts(module: Any, name: str, title: str, data: ReportData | LoadReport) -> str:
    """Return a chart's picture; one that has `parts` is several, so that paper may part them."""
    drawn_: list[str] = []
    for settings in module.parts(data) if hasattr(module, "parts") else [module.Settings()]:
        axes = style.new_axes()
        figure = style.figure_of(axes)  # a chart with panels of its own takes the axes away
        module.draw(axes, data, settings)
        part = f"{name}-{len(drawn_)}-" if drawn_ else f"{name}-"
        drawn_.append(style.to_svg(figure, part, title))
    return "".join(drawn_)


def _chart(name: str, data: ReportData | LoadReport) -> Chart:
    module: Any = plugins.load("reports.charts", name)
    title, _, caption = (getdoc(module) or name).partition("\n\n")
    short = title.split(":", 1)[0].rstrip(".")
    try:
        svg = _parts(module, name, title, data)
    except Exception as error:  # noqa: BLE001 - a chart of a user's own must not cost the report
        axes = style.new_axes()
        style.not_measured(axes, words.clip(f"the chart {name} failed: {error!r}", 110))
        svg = style.to_svg(style.figure_of(axes), f"{name}-", title)
    said = words.clip(f"{title.partition(':')[2] or title} {caption}".strip(), 600).replace("`", "")
    return Chart(short, said[:1].upper() + said[1:], svg)
