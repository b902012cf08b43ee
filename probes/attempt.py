"""One attempt at a flow in a running browser: from its Settings to its verdict."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from forepost import plugins
from forepost.config import Secret
from forepost.errors import BrowserError, ForepostError, ProbeError
from forepost.model import CONTENDED_ABOVE_RATIO, Fault, Outcome, StepResult
from probes import mutations, recording
from probes.artefacts.evidence import Evidence
from probes.blocking import blocking_of
from probes.browser import Launched
from probes.cleanup import clean_up
from probes.deadline import DeadlinePassed, limit
from probes.device import read as read_device
from probes.job import Order, loads, step_event
from probes.journey import RUN, Journey, JourneyOver, Verdict
from probes.leave import Answered, against, books_of
from probes.ledger import Findings, doubted, findings_event
from probes.mark import as_browsers_write
from probes.measures.bands import judge as judge_bands
from probes.measures.pressure import cpu, ratio
from probes.scene import Scene
from probes.scrubbing.scrub import Scrubber
from probes.storefront import ShopSettings, Storefront
from probes.verdict import outside
from probes.wishes import Wish

Tell = Callable[[str, dict[str, Any]], None]

EVIDENCE_SHARE = 0.10  # of the deadline, kept back so that evidence survives a hang
EVIDENCE_S = 5.0
SAID_LENGTH = 1_000  # of the run's message, masked: a step's own is shorter
BOOKS = Answered()  # for as long as the worker lives
TELL_S = 0.5  # before the hard deadline the result is told, whatever evidence is not kept then


def attempt(
    order: Order, launched: Launched, out: Path, tell: Tell, hear: Callable[[], str | None]
) -> bool:
    """Run the flow once, tell its verdict and clean up; or only clean up, for `order.settle`.

    `hear` waits for the parent's next line: the answer to an `ask`.
    Returns: False if the browser cannot be used again.
    """
    made = _Attempt(order, launched, out, tell, hear)
    return made.settle() if order.settle else made.run()


class _Attempt:
    """What is known of an attempt while it lasts; a part that failed to begin stays None."""

    def __init__(
        self,
        order: Order,
        launched: Launched,
        out: Path,
        tell: Tell,
        hear: Callable[[], str | None],
    ) -> None:
        scrubber = Scrubber(_secrets(order.job.shop) + _secrets(order.job.settings))
        self._order = order
        self._launched = launched
        self._evidence = Evidence(out, order.run_id, order.attempt, scrubber)
        self._ends = time.monotonic() + order.job.deadline_s - TELL_S
        self._tell = tell
        self._hear = hear
        self._cpu = cpu()
        self._front: Storefront | None = None
        self._scene: Scene | None = None
        self._journey: Journey | None = None
        self._books_asked = False

    def run(self) -> bool:
        """Walk the flow, tell the verdict, close the contexts."""
        deadline_s = self._order.job.deadline_s
        verdict: Verdict | None = None
        try:
            with limit(deadline_s - min(EVIDENCE_S, EVIDENCE_SHARE * deadline_s), RUN):
                verdict = self._walk()
        except JourneyOver:
            verdict = self._journey.verdict if self._journey else None
        except BaseException as error:  # noqa: BLE001 - whatever a flow file does, it has a verdict
            # A step's verdict is told by now: what a flow file does behind it changes nothing.
            verdict = (self._journey and self._journey.verdict) or self._escaped(error)
        self._report(verdict)
        self._clean_up()
        usable = self._close()
        if self._order.job.record:
            self._tell("recorded", {})  # its file is written when the context closes
        return usable

    def settle(self) -> bool:
        """Clean up after customers of an attempt that could not do so itself."""
        problem = "the clean-up's worker could not open the shop"
        try:
            with limit(self._order.job.deadline_s, RUN):
                self._open()
                problem = ""
        except ForepostError as error:
            problem = str(error)
        except BaseException as error:  # noqa: BLE001 - told as a finding, whatever it was
            problem = f"{problem}: {type(error).__name__}"
        if problem:
            found = [Findings(name, problem=problem) for name in self._order.settle]
            self._tell("cleanup", {"found": findings_event(found), "duration_ms": 0.0})
        else:
            self._clean(self._order.settle)
        return self._close()

    def _walk(self) -> Verdict | None:
        """Run the flow file; return what is wrong with one that proves nothing."""
        flow, settings = self._open()
        assert self._journey is not None  # noqa: S101 - opened just above
        assert self._front is not None  # noqa: S101
        flow.run(self._front, self._journey, settings)
        if self._journey.reached_goal:
            return None
        job = self._order.job
        message = f"flow {job.flow} ended without a goal: end it with journey.goal(…) in a step"
        return outside(ProbeError(message))

    def _open(self) -> tuple[Any, Any]:
        """Open browser context, journey and storefront; return the flow and its Settings."""
        order, job = self._order, self._order.job
        flow, settings, shop = _load(order)
        expect.set_options(timeout=job.step_deadline_s * 1000)
        self._scene = scene = Scene(
            self._launched,
            self._evidence,
            shop_url=shop.url,
            run_id=order.run_id,
            step_s=job.step_deadline_s,
            payment_hosts=_payment_hosts(shop),
            full=order.attempt > 1,
            pictures=job.pictures,
            device=read_device(job.device),
            blocking=blocking_of(shop),
            flag=shop.flag,
            record="" if order.settle else job.record,
        )
        self._journey = journey = Journey(
            scene,
            self._told,
            run_id=order.run_id,
            attempt=order.attempt,
            environment=shop.environment,
            step_s=job.step_deadline_s,
            ask=self._ask,
        )
        if job.mutation and not order.settle:
            mutations.install(job.mutation, job.flow, journey, shop)
        self._front = plugins.load("probes.storefronts", shop.storefront).open_shop(journey, shop)
        return flow, settings

    def _ask(self, wish: Wish) -> str:
        """Ask the parent for leave to pay; return why there is none, or nothing.

        Raises: BrowserError if the ledger cannot be written, or if the shop's books refuse us:
        that is our side.
        """
        if reason := self._books_against(wish.customer):
            return reason
        self._tell("ask", {"wish": asdict(wish)})
        answer = loads(self._hear() or "{}")
        if "reason" not in answer or answer.get("ours"):
            raise BrowserError(f"no leave to pay: {answer.get('reason', 'nobody answers')}")
        return str(answer["reason"])

    def _books_against(self, customer: str) -> str:
        """Ask the shop's books, at most once; return why no money may move, or nothing."""
        journey, shop = self._journey, self._order.job.shop
        if self._books_asked or self._front is None or journey is None:
            return ""
        real_money = shop.get("environment") == "pay_and_void"
        if not real_money and BOOKS.lately(shop, time.monotonic()):
            return ""
        books = books_of(self._front, customer, shop.get("token"), real_money=real_money)
        if books.answered:
            BOOKS.note(shop, time.monotonic())
        reason = against(books, real_money=real_money, note=journey.fact)
        self._books_asked = True  # not of books that refused: a flow may catch what that raised
        return reason

    def _clean_up(self) -> None:
        """Undo what the attempt made; told apart from its verdict."""
        journey = self._journey
        if journey is None or not (journey.paying or journey.things):
            return
        # A new session: what was done to the old one (a mutation) must not blind the clean-up.
        journey.end()
        self._clean(journey.buyers)

    def _clean(self, customers: Sequence[str]) -> None:
        began = time.perf_counter()
        found = clean_up(
            self._front,
            customers,
            self._journey.things if self._journey else (),
            self._order.job.cleanup_deadline_s,
            self._evidence.scrubber.text,
        )
        verdict = self._journey.verdict if self._journey else None
        if verdict is not None and verdict.unanswered:
            found = doubted(found)
        duration_ms = (time.perf_counter() - began) * 1000
        self._tell("cleanup", {"found": findings_event(found), "duration_ms": duration_ms})

    def _escaped(self, error: BaseException) -> Verdict:
        """Judge what left the flow file; a browser that is gone or hangs is its reason."""
        scene = self._scene
        if isinstance(error, ForepostError):
            return outside(error)
        if scene is None and isinstance(error, (PlaywrightError, DeadlinePassed)):
            return Verdict(Outcome.BROKEN, Fault.OURS, "the browser gave no page")
        if scene is not None and scene.gone():
            return Verdict(Outcome.BROKEN, Fault.OURS, "the browser ended in mid-run")
        if scene is not None and not scene.answers():
            return Verdict(Outcome.BROKEN, Fault.OURS, "the browser hangs")
        return outside(error)

    def _report(self, verdict: Verdict | None) -> None:
        """Keep the evidence of a failure and tell the result."""
        finished, cpu_ratio = time.time(), ratio(self._cpu)
        steps = self._masked(self._journey.steps()) if self._journey else ()
        clean = self._evidence.scrubber.text
        told = self._journey.facts.items() if self._journey else ()
        facts = {clean(name): clean(value) for name, value in told}
        if self._scene is not None and (note := self._scene.note()):
            facts["device"] = note
        try:
            steps = judge_bands(
                steps,
                self._order.job.budgets,
                contended=(cpu_ratio or 0.0) > CONTENDED_ABOVE_RATIO,
                whole=verdict is None and not (self._journey and self._journey.stopped_before_pay),
                places=self._order.job.budgets_at,
            )
        except ProbeError as error:
            verdict = verdict or outside(error)
        outcome, failed_step, message = _outcome(verdict, steps, self._journey)
        if self._scene is not None and not outcome.worked:
            with suppress(DeadlinePassed), limit(self._ends - time.monotonic(), "evidence"):
                self._scene.keep_evidence()
        if self._scene is not None and self._journey is not None:
            beginnings = self._journey.beginnings()
            self._keep_exchanges(self._scene, beginnings)
            recording.keep_steps(self._order.job.record, beginnings, finished)
        facts |= self._evidence.facts
        if self._evidence.dropped:
            facts["evidence not kept"] = ", ".join(sorted(set(self._evidence.dropped)))
        self._tell(
            "run",
            {
                "run_id": self._order.run_id,
                "finished": finished,
                "outcome": outcome,
                "steps": [step_event(step) for step in steps],
                "failed_step": failed_step,
                "message": self._evidence.scrubber.text(message)[:SAID_LENGTH],
                "fault": verdict.fault if verdict else _fault(outcome),
                "cpu_ratio": cpu_ratio,
                "artefacts": [asdict(kept) for kept in self._evidence.artefacts],
                "facts": list(facts.items()),
                "cleanup": bool(self._journey and (self._journey.paying or self._journey.things)),
            },
        )

    def _keep_exchanges(self, scene: Scene, beginnings: Sequence[tuple[float, str]]) -> None:
        """Keep the requests of the run, if there is time: to mask 2,000 takes seconds."""
        try:
            with limit(self._ends - time.monotonic(), "exchanges"):
                scene.keep_exchanges(beginnings)
        except DeadlinePassed:
            self._evidence.dropped.append("exchanges (not finished)")

    def _masked(self, steps: Sequence[StepResult]) -> tuple[StepResult, ...]:
        """Mask what became known as a secret only after a step was over."""
        clean = self._evidence.scrubber.text
        return tuple(replace(one, url=clean(one.url), message=clean(one.message)) for one in steps)

    def _close(self) -> bool:
        """Close session and contexts; no part of the run: the verdict is told."""
        if self._journey is not None:
            self._journey.end()
        return self._scene is not None and self._scene.close()

    def _told(self, event: str, data: dict[str, Any]) -> None:
        """Turn a step into what crosses the pipe."""
        if isinstance(data["step"], StepResult):
            data = {**data, "step": step_event(data["step"])}
        self._tell(event, data)


def _outcome(
    verdict: Verdict | None, steps: Sequence[StepResult], journey: Journey | None
) -> tuple[Outcome, str | None, str]:
    """Return outcome, the step that decided it, and what it said."""
    named = journey.failed_step if journey else None
    if verdict is not None:
        said = next((step.message for step in steps if step.name == named), verdict.message)
        return verdict.outcome, named, said
    for outcome in (Outcome.FAILED, Outcome.DEGRADED):
        slow = next((step for step in steps if step.outcome is outcome), None)
        if slow is not None:
            return outcome, slow.name, slow.message
    return Outcome.PASSED, None, ""


def _fault(outcome: Outcome) -> Fault | None:
    """Return whose it is that a journey reached its goal outside of a band."""
    return Fault.SHOP if outcome is Outcome.FAILED else None


def _load(order: Order) -> tuple[Any, Any, ShopSettings]:
    """Return the flow's module, its Settings and the shop.

    Raises: PluginError or ProbeError, one line.
    """
    for room, folders in order.folders.items():
        _see_folders(room, folders)
    job = order.job
    flow = plugins.load("probes.flows", job.flow)
    try:
        settings = flow.Settings(**job.settings)
    except TypeError as error:
        raise ProbeError(f"[flows.{job.flow}]: {error}") from error
    try:
        shop = ShopSettings(**job.shop)
    except TypeError as error:
        raise ProbeError(f"[shop]: {error}") from error
    return flow, settings, replace(shop, url=as_browsers_write(shop.url))


def _see_folders(room: str, folders: tuple[str, ...]) -> None:
    """Let this process find the plugins that its parent finds."""
    package = import_module(room)
    for folder in folders:
        if folder not in package.__path__:
            package.__path__.append(folder)


def _secrets(value: object) -> list[str]:
    """Return the secrets of a table, and of what is in it: they are masked without being told."""
    if isinstance(value, Secret):
        return [value.reveal()]
    if isinstance(value, Mapping):
        return _secrets([*value.values()])
    if isinstance(value, list | tuple):
        return [found for one in value for found in _secrets(one)]
    return []


def _payment_hosts(shop: ShopSettings) -> frozenset[str]:
    """Return the hosts of the payment provider, as far as the shop's table names them."""
    gateway = as_browsers_write(shop.services.get("gateway", ""))
    return frozenset({urlsplit(gateway).netloc} - {""})
