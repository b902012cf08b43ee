"""One load test from start to verdict: the use case behind `forepost load run`."""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from forepost.config.secret import Secret
from forepost.errors import LoadError
from forepost.model import LoadRun, new_id
from forepost.storage import Store
from loadtests.assess import assess, told
from loadtests.campaign import Campaign
from loadtests.generator import books, engine, joining, lock, register, safety
from loadtests.generator import plan as plans
from loadtests.generator.engine import Live, RefusedError
from loadtests.generator.following import Cut, Follower, Report
from loadtests.generator.plan import CLEANUP_LIMIT_S, PREPARE_LIMIT_S, Plan
from loadtests.generator.register import Begun

_HERE = "http://127.0.0.1"
_START_S = 20.0  # for starting Locust and ending it


@dataclass(frozen=True, slots=True)
class Crew:
    """Where the generator's workers run: so many here, or one on each of `hosts`."""

    workers: int = 1
    hosts: tuple[str, ...] = ()
    invite: Callable[[str], None] | None = None  # gets the command for each host beyond this one
    port: int = 0  # the master's, on loopback; 0: a free one

    def running(self, plan: Plan, folder: Path, total_s: float) -> AbstractContextManager[Live]:
        """Start them, and their master, for as long as the block lasts."""
        return engine.running(
            plan,
            folder,
            workers=self.workers,
            hosts=self.hosts,
            invite=self.invite,
            port=self.port,
            total_s=total_s,
        )

    @property
    def join_limit_s(self) -> float:
        """How long workers have to join."""
        here = all(joining.is_here(host) for host in self.hosts)
        return engine.JOIN_LOCAL_S if here else engine.JOIN_REMOTE_S


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
    setup: Mapping[str, str] | None = None,
    kind: str = "run",
    hosts: Sequence[str] = (),
    invite: Callable[[str], None] | None = None,
    port: int = 0,
    planned: str = "",
) -> LoadRun:
    """Run a campaign against `target` and return its verdict, stored each second on the way.

    Shape:   `progress` is called about once a second from this thread; setting `stop` ends the
             run early and keeps what was measured. Lines and logs lie in out/loads/<id>/.
             `own_target` names the host when it is not this machine. `setup` is what the operator
             says of the target ({"web": "2"}). `hosts`, one a worker, replaces the campaign's
             number of workers; `invite` gets the command for each that is not this machine.
             `planned` is the table of [campaigns.x] that asks for it.
    Returns: the LoadRun as stored; started_at is the first instant, from which the seconds of
             its cells count; `detail` as `assess` makes it, with the books of all visits.
    Raises:  LoadError before anything is stored: a host that is not allowed (nothing is sent),
             another run on this target, workers that do not join (nothing is sent), a target
             that does not pass one visit of every flow. StoreError; the generator is ended first.
    """
    crew = Crew(campaign.workers, tuple(hosts), invite, port)
    with begun(campaign, target=target, out=out, own_target=own_target, planned=planned) as (
        run,
        folder,
    ):
        arrivals = campaign.plan()
        counts = {name: sum(one.flow == name for one in arrivals) for name in campaign.flows}
        plan = plans.of_campaign(
            campaign, load_run=run.id, target=target, folder=folder, counts=counts, token=token
        )
        total_s = campaign.shape.duration_s
        with crew.running(plan, folder, total_s) as live:
            live.offer(arrivals)
            live.finish(total_s)
            follower = Follower(
                live,
                campaign,
                run,
                store,
                limit_s=total_s + campaign.patience + before_s(campaign, crew),
                cleanup_limit_s=cleanup_s(campaign),
                progress=progress,
                stop=stop or threading.Event(),
                told=told(campaign, kind, setup or {}),
            )
            cut = follower.follow()
        return _finished(follower, cut, kind, setup or {})


def see_target(target: str | None, allow_hosts: Sequence[str], own_target: str | None) -> None:
    """See that a target may be loaded, before a shop or a browser is started for it.

    Shape:  None for a shop that will be started on this machine, at a port of its own.
    Raises: LoadError, one line: a host that is not allowed, or another run against the target.
    """
    safety.check_target(target or _HERE, allow_hosts, own_target)
    with lock.only_run(target) if target else nullcontext():
        pass  # `begun` takes it again: whoever comes between is told then


@contextmanager
def begun(
    campaign: Campaign, *, target: str, out: Path, own_target: str | None, planned: str = ""
) -> Iterator[tuple[LoadRun, Path]]:
    """Hold a target for one run, with a folder of its own that goes if the run is refused.

    While it lasts it stands on the register, for whoever comes after a kill.

    Raises: LoadError, one line, as `run_load` does.
    """
    safety.check_target(target, campaign.allow_hosts, own_target)
    started_at = datetime.now(UTC)
    run = LoadRun(new_id(started_at), campaign.name, target, started_at)
    with lock.only_run(target):
        folder = _folder(out / "loads" / run.id)
        note = Begun(
            run.id, campaign.name, target, started_at.isoformat(), planned, cleanup_s(campaign)
        )
        try:
            with register.noted(folder, note):
                yield run, folder
        except RefusedError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise LoadError(f"load test {campaign.name} on {target}: {error}") from None


def before_s(campaign: Campaign, crew: Crew) -> float:
    """Return how long a run may take besides its load."""
    each_s = PREPARE_LIMIT_S * len(campaign.flows)
    return _START_S + crew.join_limit_s + each_s + cleanup_s(campaign)


def cleanup_s(campaign: Campaign) -> float:
    """Return how long the clean-up after a run may take."""
    return CLEANUP_LIMIT_S * len(campaign.flows) if campaign.cleanup else 0.0


def _folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise LoadError(f"{folder}: cannot be written: {error}") from error
    return folder.resolve()


def _finished(follower: Follower, cut: Cut, kind: str, setup: Mapping[str, str]) -> LoadRun:
    """Judge a run that is over, and store what it says."""
    campaign, live = follower.campaign, follower.live
    tallies = list(live.watching.tallies.values())
    invalid = live.unsound(campaign.max_lateness)
    judgement, detail = assess(
        campaign,
        tallies,
        invalid=invalid,
        cut_short=cut.short,
        kind=kind,
        setup=setup,
        breached=cut.breached,
    )
    begun_run = follower.started()
    finished = replace(
        begun_run,
        finished_at=datetime.now(UTC),
        verdict=str(judgement.verdict),
        bottleneck=detail.pop("bottleneck"),
        detail={
            **begun_run.detail,
            **detail,
            **books.books(live.watching, live.planned),
            "aborted": [one.text for one in cut.breached],
        },
    )
    follower.store.add_load_run(finished)
    return finished
