"""What people met: walks at the load of their moment, and complaints of the campaign's days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from forepost.analysis.human import Band, Human, Level
from forepost.model import FlowRun, LoadRun, Outcome, Poll, ScoredPost, StepResult
from forepost.storage.sqlite import SqliteStore
from reports import load_people
from reports.load_data import HumanView, LoadView
from reports.load_days import campaign_days, unread
from reports.load_spans import Stretch, rates
from reports.load_view import load_view
from tests.reports import load_samples as samples

UTC_ZONE = ZoneInfo("UTC")
TOPICS = {"gift_card": ("gift_card",), "payment": ("payment", "checkout")}
FLOWS = ("gift_card", "checkout")
CHECKOUT_PER_MIN = 60 * samples.shares(FLOWS)["checkout"]


def view(run: LoadRun | None = None, runs: list[FlowRun] | None = None) -> LoadView:
    """Return the load test with walks."""
    chosen = run or samples.load_run()
    return load_view(chosen, samples.cells(chosen.id, FLOWS), runs or [])


def test_the_checkout_leaves_its_budget_between_two_levels_of_load() -> None:
    """Pages are late from the fourth level on: the bracket is level three to four, in orders."""
    seen = view(runs=samples.walks("load-short"))
    human = seen.humans[0]

    assert human.own
    assert human.unit == "orders"
    assert human.found.low_per_min == pytest.approx(8 * CHECKOUT_PER_MIN, rel=1e-4)
    assert human.found.high_per_min == pytest.approx(12 * CHECKOUT_PER_MIN, rel=1e-4)
    said = load_people.sentence(human)
    assert "stays within its budget at 137 orders a minute and is outside it at 206" in said
    assert "24 of 24 pages began late" in said
    assert load_people.card(seen).value == "good to 137, not at 206 orders a minute"


def test_a_busy_machine_decides_no_upper_end() -> None:
    """With this machine's processor full, late pages may be ours: said so, no load is named."""
    human = view(runs=samples.walks("load-short", cpu_ratio=0.95)).humans[0]

    late = [level.band for level in human.found.levels if level.begins_late]
    assert Band.OURS in late
    # What failed still counts: only times are our machine's.
    assert human.found.high_per_min == pytest.approx(16 * CHECKOUT_PER_MIN, rel=1e-4)


def test_a_flow_without_load_of_its_own_is_held_against_all_of_it() -> None:
    """Browsing suffers from other people's redemptions."""
    human = view(runs=samples.walks("load-short", "after_sales")).humans[0]

    assert not human.own
    assert human.unit == "visits of all flows"
    assert human.walks[0].offered_per_min == pytest.approx(2 * 60, rel=1e-4)


def test_walks_that_broke_and_walks_of_other_times_are_none() -> None:
    """A browser that did not start says nothing; nor does a walk outside the load."""
    walks = samples.walks("load-short")
    broken = replace(walks[0], outcome=Outcome.BROKEN)
    late = replace(walks[1], started_at=samples.at(400), finished_at=samples.at(403))
    other = replace(walks[2], load_run=None)

    seen = view(runs=[broken, late, other])

    assert seen.humans[0].broken == 1
    assert seen.humans[0].walks[0].offered_per_min is None
    assert seen.humans[0].found.walks == 0
    assert "no walk whose load is known" in load_people.sentence(seen.humans[0])
    assert seen.quiet_pages == len(walks[2].steps[0].pages)


def test_a_walk_soon_after_a_higher_load_is_in_its_wake() -> None:
    """A spike's queue outlives it."""
    run = samples.load_run(
        levels=[
            {"flow": "checkout", "start_s": start, "end_s": end, "planned_per_s": rate}
            for start, end, rate in ((0, 60, 1.0), (60, 80, 9.0), (80, 150, 1.0))
        ]
    )
    probes = samples.walks("load-short")
    walks = view(run, probes).humans[0].walks

    # A walk takes 3 s: the one that began at 78 s met the end of the spike and what came after.
    whole = {probe.id: (probe.started_at - run.started_at).total_seconds() for probe in probes}
    assert sorted({whole[str(part.walk)] for part in walks if part.wake}) == [78, 85, 92, 99, 106]


def long_walk(**changed: Any) -> FlowRun:
    """Return a walk from second 70 to 130 in three steps; the load goes up at 80, ends at 120."""
    first = samples.walks("load-short")[0]
    page = first.steps[0].pages[0]
    steps = tuple(
        StepResult(name, Outcome.PASSED, lasts_s * 1000.0, pages=tuple(
            replace(page, ttfb_ms=wait_s * 1000.0, fcp_ms=wait_s * 1000.0) for wait_s in waits_s
        ))
        for name, lasts_s, waits_s in (
            ("cart", 8, (7,)), ("address", 32, (9, 10, 11)), ("pay", 20, (19,)), ("mail", 0, ()),
        )
    )  # fmt: skip
    times: dict[str, Any] = {"started_at": samples.at(70), "finished_at": samples.at(130)}
    return replace(first, **({"steps": steps} | times | changed))


def two_levels() -> LoadRun:
    """Return a load of 60 orders a minute until second 80, of 120 until second 120."""
    return samples.load_run(
        levels=[
            {"flow": "checkout", "start_s": start, "end_s": end, "planned_per_s": rate}
            for start, end, rate in ((0, 80, 1.0), (80, 120, 2.0))
        ]
    )


def test_each_page_of_a_long_walk_counts_at_the_load_of_its_moment() -> None:
    """In overload a walk outlasts a level, and the load: what it met before is not lost."""
    seen = view(two_levels(), [long_walk()]).humans[0]

    got = [(part.least_per_min, part.most_per_min, part.begins_ms) for part in seen.walks]
    # The second page began between 78 and 80 and waited 9 s; "pay" began at 110 and waited for 19.
    assert got == [(60, 60, (7e3,)), (60, 120, (9e3,)), (120, 120, (10e3, 11e3, 19e3))]
    assert seen.found.walks == 1
    after = view(two_levels(), [long_walk(finished_at=samples.at(132))]).humans[0]
    assert after.walks[-1].offered_per_min is None  # half of what it waited may be after the load


@pytest.mark.parametrize(
    "changed", [{"attempts": 2}, {"finished_at": samples.at(137)}, {"steps": ()}]
)
def test_a_walk_whose_steps_have_no_known_moment_is_not_cut(changed: dict[str, Any]) -> None:
    """A repeated walk tells the steps of its second attempt only; a long pause may lie anywhere."""
    parts = view(two_levels(), [long_walk(**changed)]).humans[0].walks

    assert [(part.second, part.least_per_min, part.most_per_min) for part in parts] == [
        (70, 60, 120)
    ]


def test_a_walk_that_failed_failed_at_the_load_of_its_last_step() -> None:
    """Its first steps worked; the failure is not lost where no step says it."""
    steps = long_walk().steps[:2]
    told = (steps[0], replace(steps[1], outcome=Outcome.FAILED))
    for own in (told, steps, (*steps, StepResult("pay", Outcome.FAILED, 0.0))):
        failing = long_walk(steps=own, outcome=Outcome.FAILED, finished_at=samples.at(110))
        parts = view(two_levels(), [failing]).humans[0].walks

        assert [part.worked for part in parts] == [True, True, False]


def test_without_recorded_levels_what_really_came_is_the_load() -> None:
    """A run of an earlier version: arrivals counted in stretches of ten seconds."""
    run = replace(samples.old_run("load-short"), detail={})

    human = view(run, samples.walks("load-short")).humans[0]

    assert human.walks[-1].offered_per_min == pytest.approx(16 * CHECKOUT_PER_MIN, rel=0.15)


@pytest.mark.parametrize(
    ("start", "end", "want"),
    [(2, 8, (10, 10, 10)), (8, 12, (15, 10, 20)), (15, 30, None), (40, 44, None)],
)
def test_rates_are_means_over_time(
    start: float, end: float, want: tuple[float, float, float] | None
) -> None:
    """Half under one load and half under the next; mostly outside is not known."""
    found = rates([Stretch(0, 10, 10.0), Stretch(10, 20, 20.0)], start, end)

    assert (found and (found.mean, found.least, found.most)) == want


def level(band: Band, rate: float, broken: tuple[str, ...] = ()) -> Level:
    """Return a level with twelve pages of three walks."""
    return Level(rate, rate, 3, 2, 12, 9, 12, 10, 0, band, broken)


@pytest.mark.parametrize(
    ("found", "want"),
    [
        (
            Human(100, None, (level(Band.WITHIN, 100),), 3, 0),
            "within its budget at 100 orders a minute; no higher load was walked (3 walks, 12",
        ),
        (
            Human(50, None, (replace(level(Band.WITHIN, 50), to_per_min=135.0),), 3, 0),
            "at 50 orders a minute; above that, up to 135, too few were walked to tell",
        ),
        (
            Human(100, None, (level(Band.WITHIN, 100), level(Band.UNDECIDED, 200)), 6, 0),
            "within its budget at 100 orders a minute; above that it is not decided",
        ),
        (
            Human(100, None, (level(Band.WITHIN, 100), level(Band.OURS, 200, ("lcp",))), 6, 0),
            "above that it is not decided: pages were late at 200 orders a minute, but on a mach",
        ),
        (
            Human(None, 50, (level(Band.OUTSIDE, 50, ("success",)),), 3, 0),
            "outside its budget at 50 orders a minute; no lower load was within it (2 of 3 walks",
        ),
        (Human(None, None, (), 0, 0), "not decided, no walk whose load is known"),
        (Human(None, None, (level(Band.UNDECIDED, 9),), 2, 0), "not decided, 2 walks are too few"),
        (
            Human(None, None, (level(Band.OURS, 9, ("begins",)),), 3, 0),
            "pages were late at 9 orders a minute, but on a machine that was itself busy",
        ),
        (Human(None, None, (), 9, 0, contradicted=True), "it is not the load alone"),
        (
            Human(100, None, (level(Band.WITHIN, 100),), 3, 0, capped=8),
            "(3 walks, 12 pages; 8 more walks ended before paying, by a cap or the kill",
        ),
        (
            Human(None, None, (level(Band.UNDECIDED, 9),), 1, 0, capped=1),
            "not decided, 1 walk is too few to say so; 1 more walk ended before paying, by a cap",
        ),
    ],
)
def test_every_outcome_has_its_sentence(found: Human, want: str) -> None:
    """Never more than what was seen."""
    said = load_people.sentence(HumanView("checkout", "orders", True, (), 0, found))

    assert want in said


def test_walks_that_broke_on_our_side_are_not_too_few() -> None:
    """Fewer words would look like a shop that nobody visited."""
    nothing = HumanView("checkout", "orders", True, (), 14, Human(None, None, (), 0, 0))

    assert load_people.sentences([nothing]) == [
        "Checkout: not decided, 14 walks broke on our side."
    ]


def test_flows_with_too_few_walks_share_a_sentence() -> None:
    """Six lines of `not decided` would hide the one that is."""
    walks = samples.walks("load-short")
    few = [*samples.walks("load-short", "browse")[:1], *samples.walks("load-short", "autopay")[:2]]

    said = load_people.sentences(view(runs=[*walks, *few]).humans)

    assert said[0].startswith("A person's checkout stays within its budget at 137 orders")
    assert said[1:] == ["Too few walks at a known load to decide: autopay (2) and browse (1)."]


DAY = date(2026, 12, 18)
MIDNIGHT = datetime(2026, 12, 18, tzinfo=UTC)
ON = "On 18 December"


def post(store: SqliteStore, hours: dict[int, int | None], day: datetime = MIDNIGHT) -> None:
    """Store a day's polls: complaints about gift cards by hour; None: nobody looked."""
    for hour, count in hours.items():
        begun = day + timedelta(hours=hour)
        if count is None:
            continue
        posts = [
            ScoredPost(
                source="mastodon",
                key=f"{begun}-{place}",
                author_key=f"{begun}-{place}",
                posted_at=begun + timedelta(minutes=place),
                arrived_at=begun + timedelta(minutes=place),
                score=0.9,
                complaint=True,
                topics=("gift_card",),
            )
            for place in range(count)
        ]
        store.add_posts(Poll("mastodon", begun, begun, begun + timedelta(hours=1)), posts, None)


def days(store: SqliteStore, now: datetime, zone: str = "UTC") -> list[str]:
    """Return what is said of the campaign's day."""
    place = ZoneInfo(zone)
    found = campaign_days(store, (DAY, DAY), ("gift_card",), TOPICS, place, now)
    return load_people.days(found, place)


def test_complaints_of_the_campaigns_day_are_counted(store: SqliteStore) -> None:
    """41 complaints about gift cards, most of them in one hour."""
    post(store, {hour: {9: 8, 18: 33}.get(hour, 0) for hour in range(24)})

    assert days(store, MIDNIGHT + timedelta(days=2)) == [
        f"{ON} there were 41 complaints about gift cards; most in an hour: 33, from 18:00 to 19:00."
    ]


def test_hours_that_nobody_saw_are_unknown_and_not_quiet(store: SqliteStore) -> None:
    """A source that was down for three hours makes the count a lower bound."""
    post(store, {hour: None if hour in (3, 4, 5) else 1 for hour in range(24)})

    assert days(store, MIDNIGHT + timedelta(days=2)) == [
        f"{ON} there were at least 21 complaints about gift cards (3 hours of 24 not fully seen)."
    ]


def test_hours_without_a_complaint_are_not_counted_as_at_least_none(store: SqliteStore) -> None:
    """A count of "at least 0" says nothing; what was seen, and how much was not, does."""
    post(store, {hour: None if hour in (3, 4, 5) else 0 for hour in range(24)})

    assert days(store, MIDNIGHT + timedelta(days=2)) == [
        "On 18 December no complaint about gift cards was seen (3 hours of 24 not fully seen)."
    ]


def test_a_day_without_any_source_is_unknown(store: SqliteStore) -> None:
    """No poll is not zero complaints."""
    assert days(store, MIDNIGHT + timedelta(days=2)) == [
        "On 18 December no source of posts was read: complaints about gift cards are unknown."
    ]


def test_days_without_any_source_are_one_line_and_no_chart(store: SqliteStore) -> None:
    """Not one panel of unknown hours a topic; a single hour that was seen, and both are drawn."""
    topics = {"gift_card": ("gift_card",), "balance": ("gift_card",)}
    place, now = ZoneInfo("Europe/Berlin"), MIDNIGHT + timedelta(days=9)
    dates = (DAY, DAY + timedelta(days=1))
    found = campaign_days(store, dates, ("gift_card",), topics, place, now)

    (said,) = unread(found, place)
    when = "From 18 December 2026 to 19 December 2026"
    assert said == f"{when} no source of posts was read: complaints are unknown."
    assert found is not None
    assert not found.seen
    post(store, {9: 1})
    found = campaign_days(store, dates, ("gift_card",), topics, place, now)
    assert unread(found, place) == []


def test_the_last_hour_of_a_day_under_way_is_a_full_one_in_every_zone(store: SqliteStore) -> None:
    """In Kolkata, half an hour off, 10:20 UTC is 15:50: the hour to 15:00 is the last full one."""
    post(store, dict.fromkeys(range(-6, 10), 1))
    now = MIDNIGHT + timedelta(hours=10, minutes=20)
    found = campaign_days(store, (DAY, DAY), ("gift_card",), TOPICS, ZoneInfo("Asia/Kolkata"), now)

    assert found is not None
    assert found.until == MIDNIGHT + timedelta(hours=9, minutes=30)
    assert all(hour.coverage > 0.99 for hour in found.topics[0].hours)


def test_a_day_that_lies_ahead_is_not_quiet_either(store: SqliteStore) -> None:
    """Before the campaign nothing is drawn; during it, what has passed."""
    assert days(store, MIDNIGHT - timedelta(days=14)) == [
        "The campaign begins on 18 December 2026; what customers post then will stand here."
    ]
    post(store, dict.fromkeys(range(10), 1))
    assert days(store, MIDNIGHT + timedelta(hours=10, minutes=20)) == [
        "On 18 December so far there were 10 complaints about gift cards."
    ]


def test_days_are_the_shops_own(store: SqliteStore) -> None:
    """Midnight in Berlin is 23:00 UTC: the hour before belongs to another day."""
    post(store, {hour: {-2: 5, -1: 2, 22: 4}.get(hour, 0) for hour in range(-2, 23)})

    said = days(store, MIDNIGHT + timedelta(days=2), "Europe/Berlin")

    assert said == [
        f"{ON} there were 6 complaints about gift cards; most in an hour: 4, from 23:00 to 00:00."
    ]


def test_without_a_topic_of_its_own_all_complaints_count(store: SqliteStore) -> None:
    """A flow that no topic speaks of."""
    post(store, dict.fromkeys(range(24), 1))
    found = campaign_days(
        store, (DAY, DAY), ("browse",), TOPICS, UTC_ZONE, MIDNIGHT + timedelta(days=2)
    )

    assert load_people.days(found, UTC_ZONE) == ["On 18 December there were 24 complaints."]
    assert campaign_days(store, None, ("browse",), TOPICS, UTC_ZONE, MIDNIGHT) is None
    assert load_people.days(None, UTC_ZONE) == []


def test_a_campaign_of_weeks_is_one_sentence(store: SqliteStore) -> None:
    """Its sum, its worst day and what nobody saw; beyond a month it says that it was cut."""
    for day in range(10):
        post(store, dict.fromkeys(range(24), 2 if day == 7 else 1), MIDNIGHT + timedelta(days=day))
    last = date(2027, 1, 31)

    found = campaign_days(
        store, (DAY, last), ("gift_card",), TOPICS, UTC_ZONE, MIDNIGHT + timedelta(days=11)
    )

    said, cut = load_people.days(found, UTC_ZONE)
    assert said.startswith(
        "From 18 December to 28 December there were at least 264 complaints about gift"
    )
    assert said.endswith("(24 hours of 264 not fully seen). Most in a day: 48, on 25 December.")
    assert cut == "The campaign is longer: only its first days stand here."
