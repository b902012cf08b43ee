"""One performance from curtain to curtain: shop, town, scheduler, load test, report."""

import shutil
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

import scheduler
from complaints.topics import Topics
from forepost.bundled import Bundled, running, with_shop
from forepost.claim import claim
from forepost.config import Config, parse
from forepost.demo.director import Director
from forepost.demo.situations import SITUATION_OF_FLOW, SITUATIONS
from forepost.demo.stage import Stage
from forepost.demo.view import View
from forepost.errors import ForepostError
from forepost.model import LoadRun
from forepost.storage import Store
from forepost.storage.sqlite import SqliteStore
from loadtests import campaign as campaigns
from loadtests.generator.watching import LoadProgress
from loadtests.run import run_load
from reports.build import write_report
from reports.collect import collect
from reports.data import ReportData
from reports.ledger import summary

CAMPAIGN = "holiday-gift-cards"  # in short, beside this file


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a performance leaves behind."""

    summary: dict[str, Any]
    data: ReportData
    report: Path


def perform(seed: int, screen: Console, *, limit_s: float, base: Path | None = None) -> Outcome:
    """Play the demo under `base` (the working folder by default).

    Raises: ForepostError, one line, if the shop, the store or a browser cannot be had, or
    if the performance was interrupted.
    """
    config = _config(base or Path.cwd())
    with ExitStack() as stack:
        held = stack.enter_context(claim(config.store.path))
        _clear(config.paths.out, Path(held.name))
        stop = threading.Event()
        _end_on_signals(stop, stack)
        stage = Stage()
        stack.enter_context(View(stage, screen, limit_s=limit_s))
        shop = stack.enter_context(running(config.paths.out / "demoshop", seed=seed))
        store = SqliteStore(config.store.path)
        stack.callback(store.close)
        play = _Play(with_shop(config, shop), shop, store, stage, stop, seed)
        return play.run()


@dataclass(slots=True)
class _Play:
    """The parts of one performance."""

    config: Config
    shop: Bundled
    store: Store
    stage: Stage
    stop: threading.Event
    seed: int
    topics: Topics = field(default_factory=Topics.load)
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self) -> Outcome:
        """Play, end everything, and write the report."""
        began = time.monotonic()
        service = scheduler.build(self.config, self.store, heard=self.stage.heard, console=False)
        director = Director(
            stage=self.stage,
            shop=self.shop,
            store=self.store,
            flows=tuple(self.config.flows),
            load=self._load,
            first_post_of=self._first_post_of,
            began=began,
            stop=self.stop,
        )
        service.start()
        try:
            load = director.play()
        finally:
            service.stop()
        if self.stop.is_set():
            raise ForepostError("demo: interrupted; nothing of it is left running")
        if scheduler.settle_left(self.config, self.store):
            self.stage.say("act", "Something is left in the shop: see the report")
        return self._report(datetime.now(UTC), load)

    def _load(self) -> LoadRun:
        """Run the load test of the campaign while the probes walk on."""
        made = run_load(
            campaigns.load(CAMPAIGN, Path(__file__).parent),
            target=self.config.shop.url,
            token=self.config.shop.token,
            store=self.store,
            out=self.config.paths.out,
            progress=self._progress,
            stop=self.stop,
        )
        verdict = str(made.verdict).upper()
        self.stage.say("load", f"{verdict}: {made.bottleneck or 'unclear'} gives way first")
        return made

    def _progress(self, seen: LoadProgress) -> None:
        self.stage.tell("load", seen.words())

    def _first_post_of(self, flow: str) -> datetime | None:
        """Return the first complaint that could be about a flow's incident, if there is one."""
        mine = [one for one in self.store.incidents(since=self.began_at) if one.subject == flow]
        if not mine:
            return None
        posts = self.store.posts(since=mine[0].onset_at)
        found = [
            post.posted_at
            for post in posts
            if not post.repost and any(flow in self.topics.flows_of(topic) for topic in post.topics)
        ]
        return min(found, default=None)

    def _report(self, until: datetime, load: LoadRun) -> Outcome:
        """Ask the town for its own count, and write the report."""
        truth = self.shop.call("GET", f"{self.shop.town}/truth")
        extra = {"truth": truth, "situation_of_flow": SITUATION_OF_FLOW, "seed": self.seed}
        context = scheduler.context_of(self.config, extra)
        out = self.config.paths.out
        data = collect(self.store, context, self.began_at, until, out, until)
        report = write_report(data, context.charts, out)
        tested = {"verdict": load.verdict, "bottleneck": load.bottleneck}
        told = {**summary(data, report), "load": tested}
        return Outcome({**told, "complete": _complete(told)}, data, report)


def _complete(told: Mapping[str, Any]) -> bool:
    """Say whether every situation was found before its first post."""
    found = {
        row["situation"]
        for row in told["incidents"]
        if row["lead_time_s"] is not None and row["lead_time_s"] > 0
    }
    return found >= {situation.name for situation in SITUATIONS}


def _config(base: Path) -> Config:
    """Read the demo's own config, with its paths under `base`."""
    text = resources.files("forepost.demo").joinpath("demo.toml").read_text("utf-8")
    return parse(text, name="demo.toml", base=base)


def _clear(out: Path, held: Path) -> None:
    """Remove what an earlier performance left; the claim stays ours throughout.

    Raises: ForepostError if it cannot be removed.
    """
    try:
        for path in out.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != held:
                path.unlink()
    except OSError as error:
        raise ForepostError(
            f"{error.filename}: {error.strerror}; remove the folder {out}"
        ) from None


def _end_on_signals(stop: threading.Event, stack: ExitStack) -> None:
    """Let Ctrl-C and SIGTERM end the performance in order."""

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        stack.callback(signal.signal, number, signal.signal(number, ask))
