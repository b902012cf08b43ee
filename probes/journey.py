"""A journey: what a customer does, told in steps that are timed and can fail.

    with journey.step("pay", pays=True, budget_ms=4_000):
        order = shop.pay(card)
        journey.goal(order.number, "an order number")

Only `step` catches. Its clock stops before anything is observed or photographed; after
the first step that fails the rest does not run.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import requests
from playwright.sync_api import Page

from forepost.errors import ProbeError
from forepost.model import Fault, MadeKind, Outcome, PageTiming, StepResult
from forepost.model.proof import NEVER_PAYS, STOPPED
from probes.deadline import DeadlinePassed, left_s, limit
from probes.lines import URL_LENGTH, bare, seen, taken
from probes.proof import empty
from probes.wishes import Thing, Wish

T = TypeVar("T")

STEP = "step"  # the names of the two limits a step can meet
RUN = "run"
POLL_MS = 50
CLOCKS_DIFFER_MS = 2.0  # a page says when it began in whole milliseconds
SAID_LENGTH = 400  # cut when it is masked: half a secret is known by no mask
CLOSE_TO_END_S = 0.2  # so that a wait names what it waited for before the alarm rings


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failure in a step means, and whose it is."""

    outcome: Outcome
    fault: Fault
    message: str
    cause: str = ""  # what the network says about it: "POST /checkout/pay answered 500"
    unanswered: bool = False  # whether something that was sent may still come true


class JourneyOver(BaseException):
    """The journey has its verdict: ends the flow file, past any `except Exception` of it."""


class Observer(Protocol):
    """What looks at the browser once a step's clock has stopped."""

    page: Page

    def step_began(self) -> None:
        """Forget the requests of the step before."""
        ...

    def look(self) -> None:
        """Read the figures of the page as it stands."""
        ...

    def pages(self) -> dict[float, PageTiming]:
        """Return all documents known so far by when they began (ms since 1970)."""
        ...

    def judge(self, error: BaseException) -> Verdict:
        """Say what a failure means."""
        ...

    def photograph(self, name: str) -> str | None:
        """Take a picture of the failure; the path relative to the output folder, or None."""
        ...

    def picture(self, name: str) -> str | None:
        """Take a small picture of a step that worked, if pictures are wanted; its path."""
        ...

    def scrub(self, text: str) -> str:
        """Mask every known secret in a text."""
        ...

    def keep_secret(self, value: str) -> None:
        """Mask a value wherever it may turn up from now on."""
        ...

    def open_customer(self) -> Page:
        """Return a page in a context of its own."""
        ...


def _granted(_wish: Wish) -> str:
    """Give leave to everything: a journey without a ledger."""
    return ""


@dataclass(slots=True)
class _Record:
    """A step that is over; its pages have their final figures only once they are left."""

    result: StepResult
    began_ms: float  # since 1970


class Journey:
    """What a flow holds in its hands; `page` is Playwright's Page."""

    def __init__(
        self,
        observer: Observer,
        tell: Callable[[str, dict[str, object]], None],
        *,
        run_id: str,
        attempt: int = 1,
        environment: str = "sandbox",
        step_s: float = 20.0,
        ask: Callable[[Wish], str] = _granted,
    ) -> None:
        self.run_id = run_id
        self.attempt = attempt
        self.environment = environment
        self.facts: dict[str, str] = {}
        self.verdict: Verdict | None = None
        self.failed_step: str | None = None
        self.reached_goal = False
        self.stopped_before_pay = False
        self.paying = False  # whether a step that pays was entered
        self.buyers: list[str] = []  # the synthetic customers, oldest first
        self.things: list[Thing] = []
        self._ask = ask
        self._observer = observer
        self._tell = tell
        self._step_s = step_s
        self._records: list[_Record] = []
        self._current: str | None = None
        self._paying_now = False
        self._http: requests.Session | None = None

    @property
    def page(self) -> Page:
        """The customer's page."""
        return self._observer.page

    @property
    def key(self) -> str:
        """A text that no other attempt has: for addresses and idempotency keys."""
        return f"{self.run_id}-{self.attempt}"

    @property
    def http(self) -> requests.Session:
        """A session for what a customer has no page for: a mailbox, a provider's books.

        Its calls carry the synthetic mark; each call needs its own `timeout=`. An error of
        it inside a step is ours (broken), not the shop's.
        """
        if self._http is None:
            self._http = requests.Session()
            self._http.headers["X-Synthetic-Probe"] = f"forepost/{self.run_id}"
        return self._http

    def buyer(self, email: str) -> str:
        """Name the synthetic customer whose things come next, and return it.

        The clean-up asks the shop what it has under this address.
        Raises: ProbeError inside a step that pays: its leave was for another customer.
        """
        if self._paying_now:
            raise ProbeError(f'journey.buyer("{email}") stands inside a step that pays')
        if email in self.buyers:
            self.buyers.remove(email)
        self.buyers.append(email)
        return email

    def made(
        self,
        kind: MadeKind,
        reference: str,
        amount_cents: int | None = None,
        undo: Callable[[], object] | None = None,
    ) -> None:
        """Note something that this flow made in the shop, and how to undo it.

        For a flow whose storefront cannot look it up. `undo` is called in the clean-up, the
        latest thing first; it must raise if it did not work. Without one the thing stays in
        `forepost orders` until `--gone` says otherwise.
        Raises: ProbeError outside a step.
        """
        self._inside("made", reference)
        step = self._current or ""
        thing = Thing(step, MadeKind(kind), reference, amount_cents, undo, self._buyer())
        self.things.append(thing)

    @contextmanager
    def step(
        self,
        name: str,
        *,
        pays: bool = False,
        makes: MadeKind = MadeKind.ORDER,
        amount_cents: int | None = None,
        budget_ms: float | None = None,
    ) -> Iterator[None]:
        """Time one thing a customer does, and catch what goes wrong in it.

        `pays`: may move money. It needs leave, written into the ledger before the step is
        entered; without it (environment "stop_before_pay", kill switch, a cap) the journey
        ends there. It is repeated only with proof of what the first attempt left.
        `makes`, `amount_cents`: what the step may make, and for how much, if that is known.
        `budget_ms`: a step that took longer is degraded.
        Raises: ProbeError for a step inside a step, or a name used before.
        """
        name = self._observer.scrub(name)
        self._enter(name, Wish(name, makes, self._buyer(), amount_cents) if pays else None)
        self._observer.step_began()
        caught: BaseException | None = None
        began_ms, began = time.time() * 1000, time.perf_counter()
        try:
            with limit(self._step_s, STEP):
                yield
        except JourneyOver:
            raise
        except BaseException as error:  # noqa: BLE001 - the one place that catches, deadlines too
            caught = error
        duration_ms = (time.perf_counter() - began) * 1000
        self._current, self._paying_now = None, False
        result = StepResult(
            name=name,
            outcome=Outcome.PASSED,
            duration_ms=duration_ms,
            url=self._observer.scrub(self.page.url)[:URL_LENGTH],
            budget_ms=budget_ms,
        )
        self._close(_Record(result, began_ms), caught)

    def goal(self, value: T | None, what: str) -> T:
        """See that the goal was reached, and return it; `what` names it: "an order number".

        Raises: AssertionError `no order number` for anything empty, blanks too; ProbeError
        for what is never empty: how to look (a locator, a method) instead of what is there.
        """
        self._inside("goal", what)
        if value is None or empty(value, what):
            raise AssertionError(f"no {bare(what)}")
        self.reached_goal = True
        return value

    def equal(self, got: object, want: object, what: str, unit: str = "") -> None:
        """See that two figures agree; `what` is the rule: "charged and shown total".

        Shape:  `unit` of both, for whoever reads the message: "cents".

        Raises: AssertionError naming both figures and the rule, also if there is neither:
        two sums that nobody could read are no sums that agree.
        """
        self._inside("equal", what)
        if got is None and want is None:
            raise AssertionError(f"{what}: neither is there, so nothing was compared")
        if got != want:
            raise AssertionError(f"{what} differ: {got!r} and {want!r} {unit}".rstrip())

    def check(self, holds: object, rule: str) -> None:
        """See that a rule holds, said as it should be: "an item can be removed".

        Raises: AssertionError naming the rule.
        """
        self._inside("check", rule)
        if not holds:
            raise AssertionError(f"does not hold: {rule}")

    def wait_for(self, look: Callable[[], T | None], what: str, within_s: float) -> T:
        """Look again and again until there is something; the page lives on meanwhile.

        Raises: AssertionError `no confirmation mail within 5 s`.
        """
        self._inside("wait_for", what)
        # The step may end before: what is said is how long it really was.
        within_s = max(0.0, min(within_s, round(left_s() - CLOSE_TO_END_S, 1)))
        end = time.monotonic() + within_s
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() >= end:
                raise AssertionError(f"no {bare(what)} within {within_s:g} s")
            self.page.wait_for_timeout(POLL_MS)

    def fact(self, name: str, value: object) -> None:
        """Note a business fact of the run: order number, total. Never a secret.

        It may be in the page's own words: kept on one line, without signs that do not print.
        """
        self.facts[self._observer.scrub(name)] = self._observer.scrub(seen(str(value)))[:200]

    def secret(self, value: str) -> str:
        """Mask a value in all evidence from now on, and return it: a card, a password, a key."""
        self._observer.keep_secret(value)
        return value

    def another_customer(self) -> Page:
        """Return a page of a second customer (own cookies), closed with the run."""
        return self._observer.open_customer()

    def beginnings(self) -> list[tuple[float, str]]:
        """Return when each step began (ms since 1970), and its name."""
        return [(record.began_ms, record.result.name) for record in self._records]

    def steps(self) -> tuple[StepResult, ...]:
        """Return the steps so far with their pages: each belongs to the step it began in.

        The page on the screen is read now; those that were left told their figures then, so
        that nothing is asked of the browser between two steps.
        """
        if not self._records:
            return ()
        self._observer.look()
        known = self._observer.pages()
        starts = [record.began_ms - CLOCKS_DIFFER_MS for record in self._records]
        ends = [*starts[1:], float("inf")]
        return tuple(
            replace(
                record.result,
                pages=tuple(known[at] for at in sorted(known) if start <= at < end),
            )
            for record, start, end in zip(self._records, starts, ends, strict=True)
        )

    def end(self) -> None:
        """Let go of the session; who asks for it afterwards gets a new one."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _enter(self, name: str, wish: Wish | None) -> None:
        if self.verdict is not None:
            raise JourneyOver
        if self._current is not None:
            raise ProbeError(f'step "{name}" begins inside step "{self._current}"')
        if any(record.result.name == name for record in self._records):
            raise ProbeError(f'two steps are named "{name}"; name each as the customer would')
        if wish is not None:
            self._get_leave(wish)
        self._current, self._paying_now = name, wish is not None
        self._tell("enter", {"step": name, "pays": wish is not None})

    def _get_leave(self, wish: Wish) -> None:
        """Ask before money moves; without leave the journey ends here, and says why."""
        reason = NEVER_PAYS
        if self.environment != "stop_before_pay":
            reason = self._ask(wish)
        if reason:
            self.stopped_before_pay = True
            said = self._observer.scrub(seen(reason))[:SAID_LENGTH]
            self.facts[STOPPED] = f'before "{wish.step}": {said}'
            raise JourneyOver
        self.paying = True

    def _buyer(self) -> str:
        return self.buyers[-1] if self.buyers else ""

    def _inside(self, verb: str, what: str) -> None:
        if self._current is None:
            raise ProbeError(f'journey.{verb}(…, "{what}") stands outside a step')

    def _close(self, record: _Record, caught: BaseException | None) -> None:
        """Write down a step whose clock has stopped; end the journey if it failed."""
        result = record.result
        after = taken(result.duration_ms, result.budget_ms)
        if caught is not None:
            record.result = self._fail(result, caught, after)
        elif result.budget_ms is not None and result.duration_ms > result.budget_ms:
            record.result = replace(result, outcome=Outcome.DEGRADED, message=f"done{after}")
        self._records.append(record)
        self._tell("step", {"step": record.result})
        if caught is not None:
            raise JourneyOver from caught
        picture = self._observer.picture(record.result.name)
        record.result = replace(record.result, picture=picture)

    def _fail(self, result: StepResult, caught: BaseException, after: str) -> StepResult:
        """Judge what went wrong, and take the evidence."""
        self.failed_step = result.name
        self.verdict = verdict = self._observer.judge(caught)
        cause = f"; {verdict.cause}" if verdict.cause else ""
        said = self._observer.scrub(verdict.message)[:SAID_LENGTH]
        message = f"{said}{after}{self._observer.scrub(cause)[:SAID_LENGTH]}"
        result = replace(result, outcome=verdict.outcome, message=message)
        # Told before the evidence is taken: a deadline may end that, not the verdict.
        self._tell("verdict", {"step": result, "fault": verdict.fault})
        with suppress(DeadlinePassed):  # the run's own: the journey ends here in any case
            result = replace(result, picture=self._observer.photograph(result.name))
        return result
