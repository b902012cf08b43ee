"""A made-up morning at a shop, kept in a real SQLite store: three incidents and a load test."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw

from forepost.model import (
    Artefact,
    Browser,
    Fault,
    FlowRun,
    Incident,
    IncidentKind,
    LoadCell,
    LoadRun,
    Outcome,
    PageTiming,
    Poll,
    ScoredPost,
    StepResult,
    Transition,
    TransitionKind,
    new_id,
)
from forepost.storage.sqlite import SqliteStore
from reports.build import build
from reports.data import ReportContext

START = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
END = START + timedelta(seconds=240)
HOSTILE = "<script>alert(1)</script> $x^2$ & \"quoted\" 'single' </svg>"
CAPACITY = (
    "gift card redemptions hold up to 8 a second (480 a minute); the forecast peak of 1,200 a "
    "minute with 1.5 headroom needs 30 a second"
)
STEPS: Mapping[str, tuple[str, ...]] = {
    "after_sales": ("order status", "return"),
    "autopay": ("subscribe", "renew", "open the members' page"),
    "browse": ("home", "search", "product"),
    "checkout": ("add to cart", "address", "delivery", "pay", "receipt"),
    "gift_card": ("buy", "balance", "redeem"),
    "payment": ("cart", "pay", "charged once"),
}
DOWN = {  # flow: (seconds since the start when it broke, when it was mended, first complaint)
    "gift_card": (40, 85, 96),
    "payment": (110, 150, 143),
    "autopay": (175, 215, None),
}
AWAY = range(200, 214)  # the seconds in which the source of posts did not answer
EXTRA: Mapping[str, object] = {
    "truth": {
        "situations": {
            name: {
                "customers_hit": hit,
                "posts": posts,
                "reposts": posts // 2,
                "first_hit_at": (START + timedelta(seconds=DOWN[name][0])).isoformat(),
                "first_post_at": None,
            }
            for name, hit, posts in (("payment", 46, 8), ("autopay", 41, 0), ("gift_card", 71, 9))
        },
        "parameters": {"posting_share": 0.17, "gift_campaign_per_s": 24.0, "reposts_each": [1, 4]},
    },
    "situation_of_flow": {
        "payment": "payment",
        "checkout": "payment",
        "autopay": "autopay",
        "gift_card": "gift_card",
    },
    "seed": 7,
}


def at(second: float) -> datetime:
    """Return a moment of the morning."""
    return START + timedelta(seconds=second)


@dataclass(frozen=True, slots=True)
class Shop:
    """The store with the morning in it, and the folder of evidence."""

    store: SqliteStore
    out: Path
    context: ReportContext
    since: datetime = START
    until: datetime = END


@pytest.fixture(scope="session")
def context() -> ReportContext:
    """What the scheduler would tell a report."""
    return ReportContext(
        shop_name="Fernhill Outfitters (demo)",
        timezone="UTC",
        flows_of_topic={
            "payment": ("payment", "checkout"),
            "gift_card": ("gift_card",),
            "autopay": ("autopay",),
        },
        attempts_per_minute={"payment": 72.0, "checkout": 72.0, "gift_card": 90.0, "autopay": 72.0},
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store on disk."""
    kept = SqliteStore(tmp_path / "forepost.sqlite")
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory, context: ReportContext) -> Iterator[Shop]:
    """Everything that happened between 09:00 and 09:04; shared, so only to be read."""
    out = tmp_path_factory.mktemp("morning")
    store = SqliteStore(out / "forepost.sqlite")
    yield fill(store, out, context)
    store.close()


@pytest.fixture(scope="session")
def report(morning: Shop) -> Path:
    """The morning's report with all its charts."""
    return build(morning.store, morning.context, morning.since, morning.until, morning.out)


def fill(store: SqliteStore, out: Path, context: ReportContext) -> Shop:
    """Write runs, incidents, posts, polls and a load test."""
    draw = Random(7)
    for flow in STEPS:
        _walk(store, out, flow, draw)
    _posts(store, draw)
    _load(store, draw)
    return Shop(store, out, replace(context, extra=EXTRA))


def _walk(store: SqliteStore, out: Path, flow: str, draw: Random) -> None:
    down = DOWN.get(flow)
    incident: Incident | None = None
    second, failed, good_end = 2.0 + draw.random() * 4, 0, START
    while second < 236:
        broken = down is not None and down[0] <= second < down[1]
        run = _run(out, flow, second, broken, draw)
        transition = None
        if broken and down:
            failed += 1
            if failed == 1:
                opened = run.finished_at
                incident = Incident(
                    id=f"inc-{flow}",
                    kind=IncidentKind.PROBE,
                    subject=flow,
                    onset_at=good_end,
                    first_failed_at=run.started_at,
                    opened_at=opened,
                    run_id=run.id,
                    step=run.failed_step,
                    message=run.message,
                )
                transition = Transition(TransitionKind.OPENED, opened, incident, "failed twice")
        elif run.outcome is not Outcome.BROKEN:
            if incident is not None and incident.open:
                incident = replace(incident, closed_at=run.finished_at)
                transition = Transition(
                    TransitionKind.CLOSED, run.finished_at, incident, "passed again"
                )
            good_end = run.finished_at
        assert store.add_run(run, transition)
        second += (6 if broken else 14) + draw.random() * 3


def _run(out: Path, flow: str, second: float, broken: bool, draw: Random) -> FlowRun:
    names = STEPS[flow]
    fails_at = min(1, len(names) - 1) if broken else len(names)
    ours = flow == "browse" and 120 < second < 140
    steps: list[StepResult] = []
    for place, name in enumerate(names):
        if place > fails_at or ours:
            break
        slow = 3.2 if flow == "gift_card" and broken else 1.0
        begins = draw.lognormvariate(5.4, 0.3) * slow
        steps.append(
            StepResult(
                name=name,
                outcome=Outcome.FAILED if place == fails_at else Outcome.PASSED,
                duration_ms=begins * draw.uniform(3, 5),
                url="http://127.0.0.1/x",
                message="" if place != fails_at else f'"{name}": HTTP 500 {HOSTILE}',
                budget_ms=4000.0,
                pages=(
                    PageTiming(
                        url="http://127.0.0.1/x",
                        ttfb_ms=begins * 0.4,
                        fcp_ms=begins,
                        lcp_ms=begins * draw.uniform(1.1, 2),
                        cls=draw.random() * 0.05,
                        tbt_ms=draw.random() * 60,
                        load_ms=begins * draw.uniform(2, 3),
                    ),
                ),
            )
        )
    started = at(second)
    run_id = new_id(started)
    finished = started + timedelta(milliseconds=sum(s.duration_ms for s in steps) + 150)
    outcome = Outcome.BROKEN if ours else Outcome.FAILED if broken else Outcome.PASSED
    artefacts = _evidence(out, run_id, flow, names[fails_at]) if broken else ()
    return FlowRun(
        id=run_id,
        flow=flow,
        location="local",
        slot_at=started,
        started_at=started,
        finished_at=finished,
        outcome=outcome,
        steps=tuple(steps),
        failed_step=names[fails_at] if broken else None,
        message=steps[-1].message if broken else "no browser came up" if ours else "",
        fault=Fault.SHOP if broken else Fault.OURS if ours else None,
        attempts=2 if broken or draw.random() < 0.08 else 1,
        cpu_ratio=0.9 if draw.random() < 0.2 else 0.5,
        browser=Browser("chromium", "140.0.1", "headless-shell"),
        artefacts=artefacts,
        load_run="load-1" if second < 24 else None,
    )


def _evidence(out: Path, run_id: str, flow: str, step: str) -> tuple[Artefact, ...]:
    folder = out / "runs" / run_id
    folder.mkdir(parents=True)
    picture = Image.new("RGB", (1280, 900), "#faf7f2")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 1280, 72), fill="#24493b")
    pen.text((40, 24), "Fernhill Outfitters", fill="white", font_size=26)
    pen.text((40, 130), "Something went wrong on our side", fill="#222222", font_size=34)
    pen.text((40, 190), f"{flow}: {step} could not be completed", fill="#444444", font_size=22)
    packed = io.BytesIO()
    picture.save(packed, "PNG")
    (folder / "step.png").write_bytes(packed.getvalue())
    (folder / "trace.zip").write_bytes(b"PK" + b"0" * 90_000)
    (folder / "console.json").write_text("[]", "utf-8")
    return tuple(
        Artefact(kind, f"runs/{run_id}/{name}", (folder / name).stat().st_size)
        for kind, name in (
            ("screenshot", "step.png"),
            ("trace", "trace.zip"),
            ("console", "console.json"),
        )
    )


def _posts(store: SqliteStore, draw: Random) -> None:
    posts = []
    for topic, (_, mended, first) in DOWN.items():
        seconds = [] if first is None else [float(first)]
        while seconds and seconds[-1] < mended + 45:
            seconds.append(seconds[-1] + draw.expovariate(1 / 5))
        posts += [(second, topic, False) for second in seconds]
        posts += [(second + 4, topic, True) for second in seconds[::2]]
    scored = [
        ScoredPost(
            source="mastodon",
            key=f"k{number}",
            author_key=f"a{number}",
            posted_at=at(second),
            arrived_at=at(second),
            score=0.9,
            complaint=True,
            topics=(topic,),
            repost=repost,
        )
        for number, (second, topic, repost) in enumerate(sorted(posts))
    ]
    for begin in range(0, 240, 2):
        end = begin + 2
        if end in AWAY:
            store.add_posts(Poll("mastodon", at(end), None, None, "no answer"), [], None)
            continue
        heard = [post for post in scored if at(begin) <= post.posted_at < at(end)]
        store.add_posts(Poll("mastodon", at(end), at(begin), at(end)), heard, str(end))


def _load(store: SqliteStore, draw: Random) -> None:
    cells = []
    for second in range(22):
        offered = (2, 5, 8, 12, 16)[min(4, second // 4)]
        for endpoint, limit, base_us in (
            ("giftcard.redeem", 9, 220_000),
            ("giftcard.balance", 99, 90_000),
            ("shop.product", 99, 35_000),
        ):
            waits = max(0, offered - limit) * second * 60_000
            done = min(offered, limit)
            times: dict[int, int] = {}
            for _ in range(done):
                value = int((base_us + waits) * draw.uniform(0.8, 1.3))
                shift = max(0, value.bit_length() - 8)
                times[value >> shift << shift] = times.get(value >> shift << shift, 0) + 1
            cells.append(
                LoadCell(
                    load_run="load-1",
                    second=second,
                    flow="gift_card",
                    endpoint=endpoint,
                    started=offered,
                    done=done,
                    failed=max(0, offered - limit - 3),
                    in_flight=offered - done,
                    response_us=times,
                    service_us=times,
                )
            )
    store.add_load_run(
        LoadRun(
            id="load-1",
            campaign="holiday-gift-cards",
            target="http://127.0.0.1",
            started_at=START,
            finished_at=at(24),
            verdict="not ready",
            bottleneck="gift_db",
            detail={
                "title": "Holiday gift cards",
                "lines": [CAPACITY, "gift_db gives way first"],
                "evidence": ["giftcard.redeem: 26 % of what was started was not done"],
            },
        )
    )
    store.add_load_cells(cells)


@pytest.fixture
def morning_span() -> tuple[datetime, datetime]:
    """The four minutes that the report is about."""
    return START, END
