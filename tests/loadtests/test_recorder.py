"""The accounting: whatever happens, everything that started ends in exactly one count."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.analysis import histogram
from loadtests import cells
from loadtests.cells import WHOLE, Tally
from loadtests.generator.recorder import Open, Recorder

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "done", "http 503", "timeout", "drop", "write"]),
        st.integers(0, 5),
    ),
    max_size=80,
)


def read(lines: list[str]) -> list[Tally]:
    """Return the cells as a reader sees them: the last line of a key counts."""
    tallies = [cells.from_event(json.loads(line), "r") for line in lines]
    return list({tally.key: tally for tally in tallies}.values())


@given(EVENTS)
def test_started_is_done_and_failed_and_censored(events: list[tuple[str, int]]) -> None:
    """In any order of starts, ends, writes and a close in the middle of everything."""
    lines, recorder, going = list[str](), Recorder(), list[Open]()
    for step, (what, second) in enumerate(events):
        match what:
            case "begin":
                going.append(recorder.begin((second, "f", "", WHOLE), step, step + 0.1))
            case "drop":
                recorder.drop(second, "f")
            case "write":
                lines += recorder.changed(second)
            case _ if going:
                one = going.pop(second % len(going))
                recorder.end(one, step + 1, None if what == "done" else what)
    recorder.close(100.0)
    for one in going:  # a reply after the close: it is counted already
        recorder.end(one, 101.0)
    lines += recorder.changed(6)

    seen = [tally.cell for tally in read(lines)]
    for cell in seen:
        assert cell.started == cell.done + cell.failed + cell.censored
        assert histogram.count(cell.response_us) == cell.started
        assert histogram.count(cell.service_us) == cell.started
    assert sum(cell.started for cell in seen) == sum(what == "begin" for what, _ in events)
    assert sum(cell.dropped for cell in seen) == sum(what == "drop" for what, _ in events)
    assert sum(cell.censored for cell in seen) == len(going)


def test_what_is_open_at_the_end_counts_as_at_least_that_long() -> None:
    """A request cut off after 5 s must not vanish from the percentiles."""
    recorder = Recorder()
    recorder.begin((0, "f", "", WHOLE), intended_at=10.0, sent_at=11.0)
    recorder.close(15.0)

    (tally,) = read(recorder.changed(5))
    assert tally.cell.censored == 1
    assert list(tally.cell.response_us) == [histogram.bucket(5_000_000)]
    assert list(tally.cell.service_us) == [histogram.bucket(4_000_000)]


def test_the_number_in_flight_belongs_to_the_second_of_the_clock() -> None:
    """Begun in second 0, still open at the end of second 1: in flight in both."""
    recorder = Recorder()
    one = recorder.begin((0, "f", "", WHOLE), intended_at=0.0, sent_at=0.0)
    lines = [*recorder.changed(0), *recorder.changed(1)]
    recorder.end(one, 1.5)
    lines += recorder.changed(2)

    in_flight = {tally.cell.second: tally.cell.in_flight for tally in read(lines)}
    assert in_flight == {0: 1, 1: 1}


def test_lateness_and_drops_are_told_for_each_second() -> None:
    """How late visits leave says whether the generator kept up; what was told is not told again."""
    recorder = Recorder()
    assert recorder.take_health()["lateness_p99_ms"] is None

    recorder.begin((0, "f", "", WHOLE), intended_at=0.0, sent_at=0.2)
    recorder.drop(0, "f")
    told = recorder.take_health()
    assert told["lateness_p99_ms"] == pytest.approx(200, rel=0.005)
    assert (told["dropped"], told["in_flight"]) == (1, 1)
    assert recorder.take_health()["dropped"] == 0


def test_a_line_tells_worker_and_step() -> None:
    """Workers are merged later, steps are kept apart from endpoints."""
    recorder = Recorder(worker=3)
    recorder.end(recorder.begin((2, "f", "redeem", "POST /x"), 2.0, 2.0), 2.5)

    (line,) = recorder.changed(2)
    assert json.loads(line)["worker"] == 3
    assert cells.from_event(json.loads(line), "r").key == (2, "f", "redeem", "POST /x")


def test_a_long_run_keeps_only_the_seconds_that_can_still_change() -> None:
    """An hour of visits, one of them open all the while for ten minutes: no total is lost."""
    recorder, lines = Recorder(), []
    slow = recorder.begin((0, "f", "", WHOLE), 0.0, 0.0)
    held = []
    for second in range(3600):
        one = recorder.begin((second, "f", "", WHOLE), second, second)
        part = recorder.begin((second, "f", "redeem", "POST /x"), second, second)
        recorder.drop(second, "f")
        recorder.end(part, second + 0.4, "http 503")
        recorder.end(one, second + 0.5, "http 503")
        if second == 600:
            recorder.end(slow, second + 0.9)
        lines += recorder.changed(second)
        recorder.let_go(second)
        held.append(len(recorder._cells))

    assert max(held[700:]) <= 4
    told = {tally.key: tally.cell for tally in read(lines)}
    whole = [cell for key, cell in told.items() if key[3] == WHOLE]
    want = {"started": 3601, "done": 1, "failed": 3600, "censored": 0, "dropped": 3600}
    assert recorder.totals() == want
    assert {name: sum(getattr(cell, name) for cell in whole) for name in want} == want


def test_a_step_that_outlives_its_visit_still_counts() -> None:
    """What is open is never let go, whatever comes later."""
    recorder = Recorder()
    step = recorder.begin((0, "f", "redeem", "whole step"), 0.0, 0.0)
    for second in range(1, 5):
        recorder.end(recorder.begin((second, "f", "", WHOLE), second, second), second + 0.1)
        recorder.changed(second)
        recorder.let_go(second)
    recorder.end(step, 5.0)

    (tally,) = [one for one in read(recorder.changed(5)) if one.cell.endpoint == "whole step"]
    assert (tally.cell.started, tally.cell.done) == (1, 1)
