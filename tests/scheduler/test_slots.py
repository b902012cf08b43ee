"""Slots: stable over restarts, never drifting, spread over the interval."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forepost.slots import Slots, SlotTrigger, offset_s

DAY = datetime(2026, 10, 25, tzinfo=UTC)  # the clocks of Europe go back on this day


def test_a_day_has_exactly_its_288_five_minute_slots() -> None:
    """Jitter loses 13 of them (measured); a grid loses none, also when the clocks change."""
    slots = Slots(300, offset_s("flow:checkout", "local", 300))
    at, seen = slots.after(DAY - timedelta(microseconds=1)), 0
    while at < DAY + timedelta(days=1):
        seen += 1
        at = slots.after(at)

    assert seen == 288


@given(
    st.integers(0, 15 * 366 * 86_400).map(lambda seconds: DAY + timedelta(seconds=seconds)),
    st.floats(1, 86_400),
    st.text(min_size=1, max_size=20),
)
def test_the_next_slot_is_later_by_at_most_one_interval(
    at: datetime, interval_s: float, name: str
) -> None:
    """Whatever the moment, the grid neither stands still nor skips."""
    slots = Slots(interval_s, offset_s(name, "local", interval_s))
    slack = timedelta(milliseconds=1)  # floats of seconds since 1970

    assert at - slack < slots.after(at) <= at + timedelta(seconds=interval_s) + slack
    assert slots.at_or_before(at) <= at + slack


def test_a_flow_keeps_its_place_after_a_restart() -> None:
    """(flow, location, slot) is the idempotency key: it must not depend on when we started."""
    assert offset_s("flow:checkout", "local", 300) == offset_s("flow:checkout", "local", 300)


def test_flows_are_spread_over_the_interval() -> None:
    """Fifty flows at one second would be measured under pressure."""
    places = sorted(offset_s(f"flow:{number}", "local", 300) for number in range(50))

    assert places[0] < 60
    assert places[-1] > 240
    assert len({int(place / 10) for place in places}) > 15


@given(st.floats(1, 86_400), st.integers(0, 10**9), st.text(min_size=1, max_size=20))
def test_a_slot_is_one_instant_however_it_is_reached(
    interval_s: float, second: int, name: str
) -> None:
    """A microsecond of rounding would make two keys of one slot, and two runs."""
    slots = Slots(interval_s, offset_s(name, "local", interval_s))
    slot = slots.after(DAY + timedelta(seconds=second))

    assert slots.holds(slot)
    assert slots.at_or_before(slot) == slot
    assert slots.after(slot) - slot > timedelta(seconds=interval_s / 2)


def test_a_run_that_came_early_covers_the_slot_right_after_it() -> None:
    """Else the next slot would find the early run still under way, and be skipped."""
    slots = Slots(10, 0)
    trigger = SlotTrigger(slots, 4)
    slot = slots.after(DAY)

    assert trigger.get_next_fire_time(slot, slot) == slot + timedelta(seconds=10)
    early = slot - timedelta(seconds=3)
    assert trigger.get_next_fire_time(early, early) == slot + timedelta(seconds=10)
    earlier = slot - timedelta(seconds=7)
    assert trigger.get_next_fire_time(earlier, earlier) == slot
