"""Full examples of the nouns, every field set, for the tests of stores."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from forepost.model import (
    Alert,
    Artefact,
    Browser,
    Cleanup,
    Fault,
    FlowRun,
    HostTraffic,
    Incident,
    IncidentKind,
    LedgerEntry,
    MadeKind,
    Outcome,
    PageTiming,
    Poll,
    ScoredPost,
    StepResult,
    Transition,
    TransitionKind,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    """Minutes after noon."""
    return NOON + timedelta(minutes=minute)


PAGE = PageTiming(
    url="https://shop.example/checkout/payment",
    ttfb_ms=81.5,
    fcp_ms=120.25,
    lcp_ms=310.0,
    lcp_element="img.hero",
    lcp_url="https://cdn.example/hero.avif",
    lcp_delay_ms=40.0,
    lcp_load_ms=150.5,
    lcp_render_ms=38.0,
    cls=0.02,
    inp_ms=48.0,
    tbt_ms=12.0,
    dcl_ms=200.0,
    load_ms=450.5,
    requests=31,
    bytes=812_345,
    third_party_requests=4,
    third_party_bytes=90_210,
    hosts=(
        HostTraffic("shop.example", first_party=True, requests=27, bytes=722_135),
        HostTraffic("cdn.example", first_party=False, requests=4, bytes=90_210),
    ),
)
STEPS = (
    StepResult("open the shop", Outcome.PASSED, 812.5, "https://shop.example/", pages=(PAGE, PAGE)),
    StepResult(
        "pay",
        Outcome.FAILED,
        8000.0,
        "https://shop.example/checkout/pay",
        "no order number after 8.0 s",
        budget_ms=4000.0,
        pages=(PageTiming("https://shop.example/checkout/pay"),),
        picture="runs/1/pay.png",
    ),
)


def full_run(minute: float = 0, flow: str = "payment", location: str = "local") -> FlowRun:
    """A run with everything a run can have."""
    when = at(minute)
    return FlowRun(
        id=f"{flow}-{location}-{minute:g}",
        flow=flow,
        location=location,
        slot_at=when,
        started_at=when + timedelta(milliseconds=1.5),
        finished_at=when + timedelta(seconds=9),
        outcome=Outcome.FAILED,
        steps=STEPS,
        failed_step="pay",
        message="pay: no order number after 8.0 s",
        fault=Fault.PAYMENT_PROVIDER,
        attempts=2,
        first_message="pay: the shop answered 500",
        queued_ms=3.25,
        cpu_ratio=0.41,
        browser=Browser("chromium", "142.0.1", "headless-shell"),
        artefacts=(Artefact("screenshot", "runs/1/pay.png", 40_112),),
        facts=(("order", "1001"), ("total", "49.90 €")),
        load_run=None,
        device="mobile",
        maintenance="move of the database",
        cleanup=Cleanup(Outcome.FAILED, "order 1001 is still there", 812.5, made=2, left=1),
    )


def failed_run(minute: float = 0, flow: str = "payment") -> FlowRun:
    """A run that counts against the shop: in no maintenance window."""
    return replace(full_run(minute, flow), maintenance=None)


def passed_run(minute: float, duration_ms: float = 500.0, flow: str = "payment") -> FlowRun:
    """A good run of one step."""
    return replace(
        full_run(minute, flow),
        outcome=Outcome.PASSED,
        steps=(StepResult("pay", Outcome.PASSED, duration_ms),),
        failed_step=None,
        fault=None,
        message="",
        maintenance=None,
        cleanup=None,
    )


def incident(
    minute: float = 0,
    until: float | None = None,
    subject: str = "payment",
    kind: IncidentKind = IncidentKind.PROBE,
) -> Incident:
    """An incident of that flow or topic."""
    return Incident(
        id=f"{kind}-{subject}-{minute:g}",
        kind=kind,
        subject=subject,
        onset_at=at(minute - 2),
        first_failed_at=at(minute - 1),
        opened_at=at(minute),
        closed_at=None if until is None else at(until),
        run_id="payment-local-0",
        step="pay",
        message="no order number",
    )


def opening(minute: float = 0, subject: str = "payment") -> Transition:
    """The opening of that incident."""
    one = incident(minute, None, subject)
    return Transition(TransitionKind.OPENED, at(minute), one, "failed 2 of the last 2 attempts")


def closing(minute: float, until: float, subject: str = "payment") -> Transition:
    """The closing of that incident."""
    one = incident(minute, until, subject)
    return Transition(TransitionKind.CLOSED, at(until), one, "worked in 2 of the last 2 runs")


def alert(transition: Transition) -> Alert:
    """What people are told of it."""
    return Alert(
        key=f"{transition.incident.id}:{transition.kind}",
        at=transition.at,
        severity="critical",
        title=f"{transition.incident.subject} is down",
        lines=("no order number", "since 11:58"),
        incident_id=transition.incident.id,
    )


def told(transition: Transition, *channels: str) -> dict[str, Alert]:
    """The same alert for each channel."""
    return dict.fromkeys(channels or ("terminal",), alert(transition))


def post(
    minute: float,
    author: str = "ann",
    *topics: str,
    complaint: bool = True,
    repost: bool = False,
    source: str = "town",
) -> ScoredPost:
    """What is kept of a post of that minute."""
    return ScoredPost(
        source=source,
        key=f"{author}{minute:g}",
        author_key=author,
        posted_at=at(minute),
        arrived_at=at(minute + 1),
        score=0.875,
        complaint=complaint,
        topics=topics or ("payment",),
        repost=repost,
    )


def poll(since: float, until: float, source: str = "town") -> Poll:
    """A look that covered those minutes."""
    return Poll(source, at(until), at(since), at(until))


def failed_poll(minute: float, source: str = "town") -> Poll:
    """A look that covered nothing."""
    return Poll(source, at(minute), None, None, "town: http://…: 503")


def entry(
    minute: float = 0, name: str = "e", cents: int | None = 4_990, run_id: str = "run-1"
) -> LedgerEntry:
    """What a probe asks leave for."""
    return LedgerEntry(
        id=f"{name}{minute:g}",
        run_id=run_id,
        flow="payment",
        attempt=1,
        step="pay",
        kind=MadeKind.ORDER,
        customer="probe-1@forepost.example",
        asked_at=at(minute),
        amount_cents=cents,
    )
