"""What gives way first, on invented runs with a known answer."""

from forepost.analysis import histogram
from forepost.model import LoadCell
from loadtests.bottlenecks import bottleneck
from loadtests.cells import WHOLE, Tally

RESOURCES = {"gift_db": ["redeem", "balance"], "web": ["form", "page"]}
CALM, LOADED = (0, 1), (1, 2)


def cell(second: int, endpoint: str, count: int, each_ms: float, failed: int = 0) -> Tally:
    """One second of an endpoint whose requests all took as long."""
    times = {histogram.bucket(int(each_ms * 1000)): count}
    made = LoadCell(
        load_run="r",
        second=second,
        flow="f",
        endpoint=endpoint,
        started=count,
        done=count - failed,
        failed=failed,
        response_us=times,
        service_us=times,
    )
    return Tally(made, {"http 503": failed} if failed else {})


def run(*loaded: Tally) -> list[Tally]:
    """A calm second, then the given one."""
    calm = [cell(0, "redeem", 10, 200), cell(0, "form", 10, 10), cell(0, "page", 5, 20)]
    return [*calm, *loaded]


def test_a_queue_before_one_resource_names_it() -> None:
    """Redeem waits a second more, pages as before."""
    found = bottleneck.find(
        run(cell(1, "redeem", 40, 1200), cell(1, "form", 40, 12), cell(1, "page", 20, 22)),
        RESOURCES,
        CALM,
        LOADED,
    )

    assert found.resource == "gift_db"
    assert found.runner_up is None
    assert found.evidence == (
        "all 40 requests under load were answered, but late",
        (
            "a request took 1.2 s there, 200 ms at the calm start (6 times as long); "
            "elsewhere 15 ms, 13 ms before"
        ),
        "98 % of all waiting was there: 48.0 requests were open at a time, 0.9 elsewhere",
    )


def test_fast_refusals_name_the_resource_without_any_waiting() -> None:
    """A rate limit answers at once: the gap speaks, not the time."""
    found = bottleneck.find(
        run(cell(1, "redeem", 40, 5, failed=25), cell(1, "form", 40, 10), cell(1, "page", 20, 20)),
        RESOURCES,
        CALM,
        LOADED,
    )

    assert found.resource == "gift_db"
    assert "15 of 40 requests under load were answered (38 %)" in found.evidence[0]
    assert "the queue is full and turns customers away" in found.evidence[-1]


def test_a_queue_that_all_share_names_nobody() -> None:
    """Everyone waits 800 ms more: the busiest endpoint is not to blame for that."""
    found = bottleneck.find(
        run(cell(1, "redeem", 80, 1000), cell(1, "form", 80, 810), cell(1, "page", 5, 820)),
        RESOURCES,
        CALM,
        LOADED,
    )

    assert found.resource is None
    assert "several slow down alike" in found.evidence[0]


def test_a_slow_page_that_was_always_slow_is_no_bottleneck() -> None:
    """Most of the time in flight, but no more than at rest: the ledger's growth counts."""
    calm = [cell(0, "page", 20, 2000), cell(0, "redeem", 10, 100)]
    loaded = [cell(1, "page", 80, 2010), cell(1, "redeem", 40, 900)]

    found = bottleneck.find([*calm, *loaded], RESOURCES, CALM, LOADED)

    assert found.resource == "gift_db"


def test_a_busy_machine_does_not_outshout_the_queue() -> None:
    """Pages grow tenfold from next to nothing, the ledger only threefold, by far more time."""
    found = bottleneck.find(
        run(cell(1, "redeem", 40, 640), cell(1, "form", 40, 100), cell(1, "page", 20, 120)),
        RESOURCES,
        CALM,
        LOADED,
    )

    assert found.resource == "gift_db"


def test_nothing_gives_way_when_every_level_was_held() -> None:
    """No word about a bottleneck without an overload."""
    found = bottleneck.find(run(), RESOURCES, CALM, None)

    assert (found.resource, found.runner_up) == (None, None)
    assert "every level was held" in found.evidence[0]


def test_no_endpoint_stands_out_when_none_changed() -> None:
    """A limit was missed, yet every endpoint is as before: unclear, said so."""
    found = bottleneck.find(
        run(cell(1, "redeem", 40, 201), cell(1, "form", 40, 10)), RESOURCES, CALM, LOADED
    )

    assert found.resource is None
    assert "no endpoint" in found.evidence[0]


def test_an_endpoint_without_a_resource_stands_for_itself() -> None:
    """Nobody has to name resources; whole visits are no endpoint."""
    loaded = [cell(1, "redeem", 40, 1500), cell(1, WHOLE, 40, 1510), cell(1, "form", 40, 10)]

    assert bottleneck.find(run(*loaded), {}, CALM, LOADED).resource == "redeem"


def test_a_resource_that_all_touch_is_named_when_all_wait_alike() -> None:
    """The worker slots of the web tier: redeem belongs to the ledger too, and waits no longer."""
    resources = {"gift_db": ["redeem"], "web": ["redeem", "form", "page"]}

    found = bottleneck.find(
        run(cell(1, "redeem", 80, 1000), cell(1, "form", 80, 810), cell(1, "page", 5, 820)),
        resources,
        CALM,
        LOADED,
    )

    assert found.resource == "web"


def test_the_smaller_of_two_is_named_when_only_its_endpoints_suffer() -> None:
    """An endpoint stands in several resources; the one that holds healthy ones too is not it."""
    resources = {"gift_db": ["redeem"], "web": ["redeem", "form", "page"]}

    found = bottleneck.find(
        run(cell(1, "redeem", 40, 1200), cell(1, "form", 40, 12), cell(1, "page", 20, 22)),
        resources,
        CALM,
        LOADED,
    )

    assert (found.resource, found.runner_up) == ("gift_db", "web")


def test_two_resources_with_the_same_endpoints_are_not_told_apart() -> None:
    """A coin would be right half of the time: none is named, both are told."""
    resources = {"gift_db": ["redeem"], "cache": ["redeem"]}

    found = bottleneck.find(run(cell(1, "redeem", 40, 1200)), resources, CALM, LOADED)

    assert found.resource is None
    assert found.evidence[0] == "unclear: gift_db or cache would explain it as well"


def test_a_processor_that_all_share_is_not_blamed_on_the_longest_request() -> None:
    """Everything takes eight times as long: redeem waits most milliseconds, as it always did."""
    resources = {"gift_db": ["redeem"], "web": ["redeem", "form", "page"]}
    loaded = [cell(1, "redeem", 40, 1600), cell(1, "form", 40, 80), cell(1, "page", 20, 160)]

    found = bottleneck.find(run(*loaded), resources, CALM, LOADED)

    assert found.resource != "gift_db"


def test_few_requests_leave_an_endpoint_open() -> None:
    """Two look-ups say nothing: the ledger is named, whose other endpoint suffers."""
    loaded = [cell(1, "redeem", 40, 1200), cell(1, "balance", 2, 5), cell(1, "form", 40, 12)]

    assert bottleneck.find(run(*loaded), RESOURCES, CALM, LOADED).resource == "gift_db"


def test_a_healthy_endpoint_clears_its_resource() -> None:
    """Look-ups touch the ledger and are as quick as ever: it is redeeming itself."""
    calm = cell(0, "balance", 20, 50)
    loaded = [cell(1, "redeem", 40, 1200), cell(1, "balance", 40, 52), cell(1, "form", 40, 12)]

    assert bottleneck.find([calm, *run(*loaded)], RESOURCES, CALM, LOADED).resource == "redeem"


def test_a_short_spike_is_no_stall() -> None:
    """Waiting ends because the load ends: a limit, not a pause."""
    quiet = [cell(at, end, 5, 20) for at in (0, 1, 2, 6, 7, 8, 9) for end in ("redeem", "form")]
    spike = [
        each
        for at, wait in ((3, 1500), (4, 2500), (5, 2600))
        for each in (cell(at, "redeem", 40, wait), cell(at, "form", 40, 20))
    ]

    found = bottleneck.find([*quiet, *spike], RESOURCES, (0, 3), (3, 6))

    assert found.resource == "gift_db"
    assert found.stalls == ()


def test_a_queue_that_drains_when_nobody_comes_any_more_is_no_stall() -> None:
    """After the last visit later steps wait shorter by the second: that is overload, going."""
    waits_ms = {11: 4000, 12: 3000, 13: 2000, 14: 1000}
    drained = [cell(at, "pay", 10, wait) for at, wait in waits_ms.items()]
    came = [cell(at, end, 10, 20) for at in range(10) for end in (WHOLE, "form", "pay")]
    while_load = [cell(at, WHOLE, 10, 20) for at in range(10, 20)]

    def found(*seen: Tally) -> tuple[int, ...]:
        stalls = bottleneck.find([*came, *drained, *seen], RESOURCES, (0, 5), (5, 10)).stalls
        return tuple(one.first_s for one in stalls)

    assert found() == ()
    assert found(*while_load, cell(15, "pay", 10, 20), cell(16, "pay", 10, 20)) == (11,)


def refused(second: int, endpoint: str, count: int, of: int) -> Tally:
    """One second in which `count` of the requests to an endpoint found nobody listening."""
    made = cell(second, endpoint, of, 3, failed=count)
    return Tally(made.cell, {"refused": count} if count else {})


def test_a_shop_that_was_down_names_nobody() -> None:
    """It died at second 3: a door that is too narrow would still have let some in."""
    seen = run(
        *(refused(at, "form", 4 if at == 2 else 10 * (at > 2), 10) for at in (1, 2, 3, 4, 5)),
        *(cell(at, "redeem", 6, 200) for at in (1, 2)),
    )

    found = bottleneck.find(seen, RESOURCES, CALM, (1, 6))

    assert found.resource is None
    assert found.evidence[0] == (
        "in seconds 3 to 5 every connection was refused: nobody listened, the shop was down"
    )


def test_a_door_that_lets_some_in_is_the_listener() -> None:
    """Half of them are refused in every second, at endpoints of several resources."""
    seen = run(
        *(refused(at, name, 5, 10) for at in (1, 2, 3) for name in ("redeem", "form", "page"))
    )

    assert bottleneck.find(seen, RESOURCES, CALM, (1, 4)).resource == "listener"
