"""The words of what is left in the shop, and of alerts that have waited."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.words import alert_of, alert_of_orphan
from forepost.model import (
    Incident,
    IncidentKind,
    LedgerEntry,
    MadeKind,
    Transition,
    TransitionKind,
)

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
HOSTILE = "1001\x1b[31m\nforged"


def entry(**known: object) -> LedgerEntry:
    """An order that a probe of payment may have made."""
    fields: dict[str, object] = {
        "id": "e1",
        "run_id": "run-1",
        "flow": "payment",
        "attempt": 1,
        "step": "pay",
        "kind": MadeKind.ORDER,
        "customer": "probe@x.example",
        "asked_at": NOON,
    }
    return LedgerEntry(**{**fields, **known})  # type: ignore[arg-type]  # the test's own names


def test_an_orphan_says_what_is_left_since_when_and_what_to_do() -> None:
    """Kind, number, amount, customer, instant, the last clean-up, the remedy."""
    left = entry(
        reference="1001", amount_cents=4_990, created_at=NOON, note="the shop answered 500"
    )
    alert = alert_of_orphan(left, NOON + timedelta(minutes=10), zone=ZoneInfo("Europe/Berlin"))

    assert alert.key == "orphan:e1"
    assert alert.severity == "critical"
    assert alert.title == "a synthetic order is left in the shop: 1001"
    assert alert.lines == (
        'not settled: order 1001, 49.90 in the shop\'s currency; from payment, step "pay"',
        "it was made for probe@x.example, at 2026-11-03 13:00:00 CET, 10 min 0 s ago",
        "the last clean-up: the shop answered 500",
        'what to do: see "forepost orders", and undo it in the shop before anybody packs it',
    )
    assert alert.incident_id is None


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    """No number and no amount are not "0"; nobody saw that it was made."""
    lines = alert_of_orphan(entry(), NOON).lines

    assert lines[0].startswith("not settled: order number unknown, amount unknown;")
    assert lines[1].startswith("it may have been made for")
    assert lines[2] == "no clean-up has said why"


@pytest.mark.parametrize("field", ["reference", "note", "customer", "step"])
def test_what_a_shop_says_stays_on_its_line(field: str) -> None:
    """No escape, no line of its own."""
    alert = alert_of_orphan(entry(**{field: HOSTILE}), NOON)

    text = "".join([alert.title, *alert.lines])
    assert "\x1b" not in text
    assert "\n" not in text


def opened() -> Transition:
    """A flow that fails."""
    incident = Incident("i1", IncidentKind.PROBE, "browse", NOON, NOON, NOON)
    return Transition(TransitionKind.OPENED, NOON, incident, "failed 2 of the last 2 attempts")


def test_an_alert_names_what_fails_with_it_and_what_it_waited_for() -> None:
    """Nothing of either where there is nothing to tell."""
    plain = alert_of(opened())
    full = alert_of(opened(), fails_too=("checkout", "payment"), waited='maintenance "move"')

    assert set(full.lines) - set(plain.lines) == {
        "fails with it: checkout, payment; alerts of what depends on it wait until it works again",
        'told late: held back by maintenance "move"',
    }
    assert full.key == plain.key
