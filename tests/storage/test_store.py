"""What every kind of store keeps: the suite of the Store protocol."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest

from forepost.errors import StoreError
from forepost.model import (
    Fault,
    IncidentKind,
    LoadCell,
    LoadRun,
    Outcome,
    Transition,
    TransitionKind,
)
from forepost.storage import Store
from tests.storage.conftest import Opener
from tests.storage.nouns import (
    NOON,
    alert,
    at,
    closing,
    failed_poll,
    full_run,
    incident,
    opening,
    passed_run,
    poll,
    post,
    told,
)


def test_a_run_comes_back_as_it_went_in(store: Store, opener: Opener) -> None:
    """Every field, every page of every step, in order, also after opening anew."""
    run = full_run()
    assert store.add_run(run) is True
    assert store.run(run.id) == run
    assert opener().runs() == [run]


def test_missing_stays_none(store: Store) -> None:
    """A run that never began has no steps, no browser and no share of the machine."""
    run = replace(
        full_run(),
        outcome=Outcome.BROKEN,
        fault=Fault.SCHEDULER,
        steps=(),
        failed_step=None,
        cpu_ratio=None,
        browser=None,
        artefacts=(),
        facts=(),
        load_run="load-1",
    )
    store.add_run(run)
    assert store.run(run.id) == run
    assert store.run("unknown") is None


def test_a_slot_is_filled_once(store: Store) -> None:
    """The second run of (flow, location, slot) is refused with all that came with it."""
    store.add_run(full_run())
    again = replace(full_run(), id="another")
    assert store.add_run(again, opening(), told(opening())) is False
    assert store.runs() == [full_run()]
    assert store.transitions() == []
    assert store.alerts() == []
    assert store.add_run(full_run(location="paris")) is True
    assert store.add_run(replace(full_run(), slot_at=at(5))) is False  # the id is taken


def test_runs_are_read_by_flow_span_and_limit(store: Store) -> None:
    """A half-open span by start; with a limit the latest, still oldest first."""
    for minute in (3, 1, 2, 0):
        store.add_run(full_run(minute))
    store.add_run(full_run(1, "gift_card"))
    assert [run.id for run in store.runs(flow="payment")] == [
        f"payment-local-{minute}" for minute in range(4)
    ]
    starts = [run.slot_at for run in store.runs(flow="payment", since=at(1), until=at(3))]
    assert starts == [at(1), at(2)]
    assert [run.slot_at for run in store.runs(flow="payment", limit=2)] == [at(2), at(3)]
    assert store.runs(limit=0) == []
    assert len(store.runs()) == 5


def test_times_of_any_zone_come_back_in_utc(store: Store) -> None:
    """Texts sort only if all are of one zone."""
    zone = timezone(timedelta(hours=2))
    run = replace(full_run(), slot_at=at(0).astimezone(zone))
    store.add_run(run)
    (kept,) = store.runs()
    assert kept.slot_at == at(0)
    assert kept.slot_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """Guessing a zone would move an incident by hours."""
    with pytest.raises(StoreError, match="without a zone"):
        store.add_run(replace(full_run(), slot_at=datetime(2026, 11, 3)))  # noqa: DTZ001 - the point
    assert store.runs() == []


def test_hostile_text_is_kept_harmless(store: Store) -> None:
    """Half a character, a NUL and SQL in a page's message neither fail nor run."""
    run = replace(full_run(), message="\ud800 \x00 '); DROP TABLE runs; --", first_message="\udfff")
    store.add_run(run)
    (kept,) = store.runs()
    assert kept.message == "? \x00 '); DROP TABLE runs; --"


def test_a_run_brings_its_transition_and_one_alert_per_channel(store: Store) -> None:
    """All in one: run, incident, transition, and a waiting alert for each channel."""
    transition = opening()
    store.add_run(full_run(), transition, told(transition, "terminal", "webhook"))
    assert store.incidents() == [transition.incident]
    assert store.transitions() == [transition]
    due = store.due_alerts(at(0))
    assert [(row.channel, row.alert, row.tries) for row in due] == [
        ("terminal", alert(transition), 0),
        ("webhook", alert(transition), 0),
    ]


def test_a_transition_is_told_once(store: Store) -> None:
    """Whoever says it a second time is not heard: one alert per channel, ever."""
    assert store.add_transition(opening(), told(opening())) is True
    assert store.add_transition(opening(), told(opening())) is False
    assert store.add_run(full_run(), opening(), told(opening())) is True  # the run is kept
    assert len(store.transitions()) == 1
    assert len(store.alerts()) == 1
    assert len(store.runs()) == 1


def test_one_incident_of_a_flow_lasts_at_a_time(store: Store) -> None:
    """A second opening while the first lasts is the same news."""
    store.add_transition(opening(0), told(opening(0)))
    assert store.add_transition(opening(1), told(opening(1))) is False
    store.add_transition(closing(0, 9), told(closing(0, 9)))
    assert store.add_transition(opening(10), told(opening(10))) is True
    assert [one.opened_at for one in store.incidents()] == [at(0), at(10)]


def test_open_incident_knows_subject_and_kind(store: Store) -> None:
    """A flow and a topic may be named alike; a closed incident is not open."""
    surge = incident(-5, subject="payment", kind=IncidentKind.COMPLAINTS)
    store.add_transition(Transition(TransitionKind.OPENED, at(-5), surge, "12 complaints"))
    assert store.open_incident("payment") == surge
    store.add_transition(opening())
    assert store.open_incident("payment", IncidentKind.PROBE) == opening().incident
    assert store.open_incident("payment", IncidentKind.COMPLAINTS) == surge
    assert store.open_incident("payment") == opening().incident
    store.add_transition(closing(0, 9))
    assert store.open_incident("payment", IncidentKind.PROBE) is None
    assert store.open_incident("checkout") is None


def test_transitions_keep_the_incident_as_it_stood(store: Store) -> None:
    """The opening speaks of an open incident even after it has closed."""
    store.add_transition(opening())
    store.add_transition(closing(0, 9))
    assert store.transitions() == [opening(), closing(0, 9)]
    assert store.transitions(since=at(1)) == [closing(0, 9)]
    assert store.transitions(until=at(9)) == [opening()]


def test_incidents_that_lasted_in_the_span(store: Store) -> None:
    """Overlap counts, not the moment of opening."""
    for subject, minute in (("a", 0), ("b", 30)):
        store.add_transition(opening(minute, subject))
        store.add_transition(closing(minute, minute + 10, subject))
    store.add_transition(opening(60, "c"))
    assert [one.subject for one in store.incidents(since=at(10), until=at(28))] == ["a"]
    assert [one.subject for one in store.incidents(since=at(11), until=at(29))] == ["b"]
    assert [one.subject for one in store.incidents(since=at(90))] == ["c"]
    assert [one.subject for one in store.incidents()] == ["a", "b", "c"]


def test_an_alert_is_due_until_it_is_sent(store: Store) -> None:
    """Failed: due again at its time. Sent: never again. Given up: kept, and visible."""
    store.add_transition(opening(), told(opening(), "terminal", "webhook"))
    first, second = store.due_alerts(at(0))
    store.alert_failed(first.id, at(0), "webhook: 503", retry_at=at(2))
    assert [row.id for row in store.due_alerts(at(1))] == [second.id]
    assert [row.tries for row in store.due_alerts(at(2)) if row.id == first.id] == [1]
    store.alert_sent(first.id, at(2))
    store.alert_failed(second.id, at(2), "no route", retry_at=None)
    assert store.due_alerts(at(99)) == []
    sent, failed = store.alerts()
    assert (sent["state"], sent["tries"], sent["sent_at"]) == ("sent", 2, at(2))
    assert (failed["state"], failed["channel"], failed["sent_at"]) == ("failed", "webhook", None)
    assert "no route" in str(failed["error"])
    assert store.alerts(since=at(1)) == []


def test_an_alert_is_not_due_before_its_time(store: Store) -> None:
    """Due at the moment of the transition."""
    store.add_transition(opening(5), told(opening(5)))
    assert store.due_alerts(at(4)) == []
    assert len(store.due_alerts(at(5))) == 1


def test_a_sent_alert_cannot_fail_afterwards(store: Store) -> None:
    """A late answer of a channel must not send it again."""
    store.add_transition(opening(), told(opening()))
    (row,) = store.due_alerts(at(0))
    store.alert_sent(row.id, at(1))
    store.alert_failed(row.id, at(2), "too late", retry_at=at(3))
    assert store.due_alerts(at(9)) == []


def test_posts_are_kept_once(store: Store) -> None:
    """The same post again, in the same page or a later one, changes nothing."""
    posts = [post(1), post(2, "bob"), post(1)]
    assert store.add_posts(poll(0, 3), posts, "17") == 2
    assert store.add_posts(poll(3, 4), [post(2, "bob"), post(2, "bob", source="file")], None) == 1
    assert len(store.posts()) == 3
    assert store.cursor("town") == "17"
    assert store.cursor("file") is None
    assert [look.at for look in store.polls()] == [at(3), at(4)]
    store.add_posts(poll(4, 5), [], "18")
    assert store.cursor("town") == "18"


def test_posts_come_back_by_topic_span_and_kind(store: Store) -> None:
    """Ordered by posting; chatter only on demand; a topic is matched whole."""
    first, second = post(2, "ann", "payment", "checkout"), post(1, "bob", "pay")
    chatter = post(3, "cid", complaint=False)
    store.add_posts(poll(0, 4), [first, second, chatter], None)
    assert store.posts() == [second, first]
    assert store.posts(topic="pay") == [second]
    assert store.posts(topic="checkout") == [first]
    assert store.posts(since=at(2), until=at(3)) == [first]
    assert store.posts(complaints_only=False) == [second, first, chatter]


def test_polls_come_back_with_what_they_covered(store: Store) -> None:
    """A failed look covered nothing, and says why."""
    looks = [poll(0, 1), failed_poll(2)]
    for look in looks:
        store.add_posts(look, [], None)
    assert store.polls() == looks
    assert store.polls(since=at(2)) == looks[1:]
    assert store.polls(until=at(2)) == looks[:1]


def test_load_tests_are_kept_and_replaced(store: Store) -> None:
    """Known first as running, then with its verdict; cells by second, replaced whole."""
    run = LoadRun("load-1", "gift cards", "http://127.0.0.1:1", NOON)
    store.add_load_run(run)
    done = replace(
        run,
        finished_at=at(3),
        verdict="NOT READY",
        bottleneck="gift-card ledger",
        detail={"capacity": {"redeem": 12.5}, "evidence": ["pool full"]},
    )
    store.add_load_run(done)
    assert store.load_runs() == [done]
    assert store.load_runs(since=at(1)) == []
    cell = LoadCell("load-1", 1, "flow", "POST /x", "redeem", 5, 4, 1, 0, 0, 2, {130: 4}, {129: 4})
    first, other = replace(cell, second=0), replace(cell, step="")
    store.add_load_cells([cell, first, other, replace(cell, started=1)])
    assert store.load_cells("load-1") == [first, other, replace(cell, started=1)]
    assert store.load_cells("load-2") == []


def test_the_salt_is_random_and_stays(store: Store, opener: Opener) -> None:
    """Keys must match over restarts, and not between stores."""
    assert len(store.salt()) == 32
    assert opener().salt() == store.salt()


def test_threads_write_side_by_side(store: Store) -> None:
    """No write is lost and none fails, whatever thread it comes from."""

    def work(flow: str) -> None:
        for minute in range(20):
            store.add_run(passed_run(minute, flow=flow))

    threads = [Thread(target=work, args=(f"flow{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.runs()) == 80
    assert store.check() == []


def test_a_closed_store_says_so(store: Store) -> None:
    """One line, no traceback, no file opened again behind the back."""
    store.close()
    with pytest.raises(StoreError, match="the store is closed"):
        store.runs()
    store.close()
