"""One load test from start to verdict: the use case behind `forepost load run`."""

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from forepost.config.secret import Secret
from forepost.errors import LoadError
from forepost.model import LoadRun, new_id
from forepost.storage import Store
from loadtests import child, safety, users
from loadtests.assess import assess
from loadtests.campaign import Campaign
from loadtests.cells import whole
from loadtests.plan import PREPARE_LIMIT_S, Plan
from loadtests.watching import LoadProgress, Watching

_LOOK_S = 0.2
_SPARE_S = 20.0  # for starting Locust and ending it, above what the plan needs

Report = Callable[[LoadProgress], None]


def run_load(
    campaign: Campaign,
    *,
    target: str,
    store: Store,
    out: Path,
    token: Secret | str | None = None,
    progress: Report | None = None,
    stop: threading.Event | None = None,
    own_target: str | None = None,
) -> LoadRun:
    """Run a campaign against `target` and return its verdict, stored each second on the way.

    Shape:   `progress` is called about once a second from this thread; setting `stop` ends the
             run early and keeps what was measured. Lines and log lie in out/loads/<id>/.
             `own_target` names the host when it is not this machine.
    Returns: the LoadRun as stored; started_at is the first instant, from which the seconds of
             its cells count; `detail` as `assess` makes it, with the totals of all visits.
    Raises:  LoadError before anything is stored: a host that is not allowed (nothing is sent),
             another run on this target, a target that does not pass one visit of every flow.
             StoreError; the generator is ended first.
    """
    safety.check_target(target, campaign.allow_hosts, own_target)
    started_at = datetime.now(UTC)
    run = LoadRun(new_id(started_at), campaign.name, target, started_at)
    with safety.only_run(target, out / "loads"):
        folder = _folder(out / "loads" / run.id)
        try:
            plan = _plan(campaign, run, folder, token)
            return _run(_Job(campaign, run, plan, store, progress, stop or threading.Event()))
        except _RefusedError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise LoadError(f"load test {campaign.name} on {target}: {error}") from None


class _RefusedError(Exception):
    """The passes before the run did not succeed."""


@dataclass(frozen=True, slots=True)
class _Job:
    campaign: Campaign
    run: LoadRun
    plan: Plan
    store: Store
    progress: Report | None
    stop: threading.Event


def _run(job: _Job) -> LoadRun:
    watching = Watching(job.run.id, job.plan.duration_s)
    with child.running(job.plan, Path(job.plan.cells).parent) as generator:
        cut_short = _watch(generator, watching, job)
        generator.stop()
        _take(generator, watching, None)
        if not watching.ready:
            raise _RefusedError(cut_short or _death(generator, watching))
        # Again, for a run so short that its whole life was read in one look.
        job.store.add_load_run(_begun(job.run, watching))
        job.store.add_load_cells([tally.cell for tally in watching.take_fresh()])
        broken = "" if watching.end else _death(generator, watching)
    tallies = list(watching.tallies.values())
    invalid = broken or watching.unsound(job.campaign.max_lateness)
    judgement, detail = assess(job.campaign, tallies, invalid=invalid, cut_short=cut_short)
    finished = replace(
        _begun(job.run, watching),
        finished_at=datetime.now(UTC),
        verdict=str(judgement.verdict),
        bottleneck=detail.pop("bottleneck"),
        detail={**detail, **_books(watching)},
    )
    job.store.add_load_run(finished)
    return finished


def _plan(campaign: Campaign, run: LoadRun, folder: Path, token: Secret | str | None) -> Plan:
    return Plan(
        load_run=run.id,
        target=run.target.rstrip("/"),
        hosts=campaign.allow_hosts,
        flows={name: dict(flow.settings) for name, flow in campaign.flows.items()},
        arrivals=tuple(campaign.plan()),
        duration_s=campaign.shape.duration_s,
        patience_s=campaign.patience,
        max_in_flight=campaign.max_in_flight,
        cells=str(folder / "cells.jsonl"),
        plugin_folders=tuple(users.__path__),
        token=token.reveal() if isinstance(token, Secret) else token or "",
    )


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise LoadError(f"{folder}: cannot be written: {error}") from error
    return folder.resolve()


def _watch(generator: child.Child, watching: Watching, job: _Job) -> str:
    """Follow the run until it ends; return why it was cut short, if it was."""
    plan = job.plan
    limit_s = _SPARE_S + PREPARE_LIMIT_S * len(plan.flows) + plan.duration_s + plan.patience_s
    deadline = time.monotonic() + limit_s
    stored = False
    while watching.end is None and not generator.ended:
        before = watching.second
        _take(generator, watching, job.store if stored else None)
        if watching.ready and not stored:
            job.store.add_load_run(_begun(job.run, watching))
            stored = True
        if job.progress and stored and watching.second != before:
            job.progress(watching.progress())
        if job.stop.wait(_LOOK_S):
            return f"stopped by hand after {watching.second + 1} s of {plan.duration_s:g} s"
        if safety.wrecked(list(watching.tallies.values()), watching.second):
            return f"ended for safety after {watching.second + 1} s: nearly every visit failed"
        if time.monotonic() > deadline:
            return f"ended at its deadline of {limit_s:.0f} s"
    return ""


def _take(generator: child.Child, watching: Watching, store: Store | None) -> None:
    for event in generator.events():
        watching.feed(event)
    if watching.refused is not None:
        raise _RefusedError(watching.refused)
    if store is not None and watching.fresh:
        store.add_load_cells([tally.cell for tally in watching.take_fresh()])


def _begun(run: LoadRun, watching: Watching) -> LoadRun:
    """Return the run as of its first instant: the seconds of its cells count from there.

    It says by when it must be over, so that a run that was killed blinds nobody for long.
    """
    started_at = watching.first_at or run.started_at
    end = started_at + timedelta(seconds=watching.total_s + _SPARE_S)
    return replace(run, started_at=started_at, detail={"planned_end_at": end.isoformat()})


def _death(generator: child.Child, watching: Watching) -> str:
    """Return why a generator that did not close its books ended."""
    code = generator.process.returncode
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    words = generator.last_words()
    after = f"after {watching.second + 1} s" if watching.ready else "before its first visit"
    return f"the load generator died {after} ({how}){': ' + words if words else ''}"


def _books(watching: Watching) -> Mapping[str, Any]:
    """Return the totals of the run and the generator's health."""
    end = watching.end or {}
    visits = whole(watching.tallies.values())
    kinds: dict[str, int] = {}
    for tally in visits:
        for kind, number in tally.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    totals = {
        name: sum(getattr(tally.cell, name) for tally in visits)
        for name in ("started", "done", "failed", "censored", "dropped")
    }
    return {
        "offered": totals["started"] + totals["dropped"],
        **totals,
        "errors": kinds,
        "requests": end.get("requests"),
        "lateness_p99_ms": end.get("lateness_p99_ms"),
        "generator_cpu_ratio": max((one["cpu_ratio"] for one in watching.health), default=None),
    }
