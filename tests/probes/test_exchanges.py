"""Every request of a run: the page's own book joined with what was heard."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from forepost.model import FlowRun, Outcome
from probes.measures.exchanges import (
    EXCHANGES,
    Document,
    Heard,
    exchanges,
    pack,
    unpack,
    zipped,
)
from probes.network import addresses, states_to
from probes.pool import ProbePool
from probes.scrubbing.scrub import Scrubber
from tests.probes.site import HELLO, Answer, Ask, Site

SHOP = "https://shop.example"
# A row as vitals.js tells it: start, fetch, DNS, connection, request, first byte, end.
FULL = [10, 12, 15, 20, 20, 25, 40, 41, 141, 160]


def row(url: str, times: Sequence[float], **more: Any) -> list[Any]:
    """Return what a page tells of one request."""
    told = {"kind": "script", "sent": 900, "body": 600, "status": 200, **more}
    end = [told["sent"], told["body"], told["status"], "h2", ""]
    return [url, told["kind"], *times, *end]


def test_the_phases_are_those_of_resource_timing() -> None:
    """Blocked, DNS, connect with TLS, wait, receive: each the span between two instants."""
    page = Document(f"{SHOP}/cart", 1_000_000.0, [row(f"{SHOP}/a.js", FULL)])
    said = Heard(f"{SHOP}/a.js", 1_000_150.0, "GET", "script", 200)

    (made,) = exchanges([page], [said], [(999_000.0, "open"), (1_000_500.0, "pay")])

    assert (made.method, made.type, made.status, made.step) == ("GET", "script", 200, "open")
    assert (made.initiator_host, made.document) == ("shop.example", f"{SHOP}/cart")
    assert (made.started_at_ms, made.duration_ms, made.bytes) == (1_000_010.0, 150, 900)
    assert (made.blocked_ms, made.dns_ms, made.connect_ms, made.tls_ms) == (3, 5, 20, 15)
    assert (made.wait_ms, made.receive_ms, made.protocol) == (100, 19, "h2")


def test_what_another_site_hides_is_empty_and_not_zero() -> None:
    """Without Timing-Allow-Origin only start and end are told."""
    hidden = row("https://cdn.example/x.js", [10, 10, 0, 0, 0, 0, 0, 0, 0, 60], sent=0, body=0)

    (made,) = exchanges([Document(SHOP, 0.0, [hidden])], [], [])

    assert made.duration_ms == 50
    told = (made.dns_ms, made.connect_ms, made.wait_ms, made.receive_ms, made.blocked_ms)
    assert told == (None, None, None, None, None)
    assert made.bytes is None
    assert "dns_ms" not in pack([made], run_id="r", attempt=1)["requests"][0]


def test_a_connection_that_was_there_has_no_phases_of_its_own() -> None:
    """The second request to a host waits for no handshake."""
    warm = row(f"{SHOP}/b.js", [10, 11, 11, 11, 11, 0, 11, 14, 20, 21])

    (made,) = exchanges([Document(SHOP, 0.0, [warm])], [], [])

    assert (made.dns_ms, made.connect_ms, made.tls_ms) == (None, None, None)
    assert (made.blocked_ms, made.wait_ms) == (3, 6)


def test_answers_that_no_page_told_of_are_there_without_times() -> None:
    """A redirect, a page that died: known from the answer alone."""
    heard = [
        Heard(f"{SHOP}/checkout/pay", 5_000.0, "POST", "document", 303),
        Heard(f"{SHOP}/gone.js", 5_100.0, "GET", "script", failure="net::ERR_CONNECTION_REFUSED"),
    ]

    pay, gone = exchanges([], heard, [(4_000.0, "pay")])

    assert (pay.method, pay.status, pay.step, pay.wait_ms) == ("POST", 303, "pay", None)
    assert (gone.failure, gone.status) == ("net::ERR_CONNECTION_REFUSED", None)


def test_the_same_address_twice_takes_its_answers_in_order() -> None:
    """The second look at the cart is not the first one's answer."""
    book = [row(f"{SHOP}/cart", FULL), row(f"{SHOP}/cart", [at + 500 for at in FULL], status=0)]
    heard = [
        Heard(f"{SHOP}/cart", 700.0, "POST", "fetch", 503),
        Heard(f"{SHOP}/cart", 150.0, "GET", "fetch", 200),
    ]

    first, second = exchanges([Document(SHOP, 0.0, book)], heard, [])

    assert [(one.method, one.status) for one in (first, second)] == [("GET", 200), ("POST", 503)]


ENDLESS = float("inf")
MADE_UP: tuple[object, ...] = (
    None,
    7,
    [],
    ["x"],
    "text",
    [SHOP, "script", *["a"] * 15],
    row(SHOP, FULL, sent=ENDLESS),
    row(SHOP, [ENDLESS] * 10),
    row("http://[broken", FULL),
    [*row(SHOP, FULL)[:-1], "http://[broken"],
)


@pytest.mark.parametrize("made_up", MADE_UP)
def test_rows_that_a_page_has_made_up_are_dropped(made_up: object) -> None:
    """What comes out of a page is hostile."""
    assert exchanges([Document(SHOP, 0.0, [made_up])], [], []) == []


def test_a_long_address_is_masked_before_it_is_cut() -> None:
    """Half a secret would be known by no mask; in a row, in an answer, of the page itself."""
    address = f"{SHOP}/{'x' * 470}/planted-secret/more"
    page, said = Document(address, 0.0, [row(address, FULL)]), Heard(address, 9.0, "GET", "image")

    told, unseen = exchanges([page], [said, said], [], Scrubber(["planted-secret"]).text)

    assert len(told.url) == len(unseen.url) == 500
    assert "plant" not in told.url + told.document + unseen.url


def test_their_number_is_bounded() -> None:
    """A page that asks without end costs a bounded file."""
    book = [row(f"{SHOP}/{n}", FULL) for n in range(EXCHANGES + 50)]

    assert len(exchanges([Document(SHOP, 0.0, book)], [], [])) == EXCHANGES


def test_the_packed_file_reads_back() -> None:
    """Gzip of JSON, the same bytes for the same requests."""
    packed = pack([], run_id="r", attempt=2, left_out=3)

    data = zipped(json.dumps(packed))

    assert unpack(data) == packed
    assert data == zipped(json.dumps(packed))


@pytest.mark.browser
def test_a_run_keeps_all_of_its_requests(
    pool: ProbePool, ask: Ask, site: Site, elsewhere: Site, out: Path
) -> None:
    """Documents, a call, an iframe's script, a third party that fails; each with its step."""
    elsewhere.pages["/frame"] = Answer(
        HELLO.format(f"<script src='{elsewhere.url}/in.js'></script>")
    )
    elsewhere.pages["/in.js"] = Answer("1", kind="text/javascript")
    site.pages["/call"] = Answer("{}", kind="application/json", delay_s=0.12)
    site.pages["/"] = Answer(
        HELLO.format(
            "<a href='/next'>next</a><script>fetch('/call?token=planted-4711', {method: 'POST'})"
            ".then(told => told.text()).then(() => document.body.append('called'))</script>"
            f"<iframe src='{elsewhere.url}/frame'></iframe>"
            "<script src='http://127.0.0.1:9/no.js'></script>"
        )
    )

    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("see", "called"),
            ("step", "next"),
            ("click", "next"),
            ("see", "bye"),
        )
    )

    assert run.outcome is Outcome.PASSED, run.message
    by_path = {one["url"].removeprefix(site.url): one for one in kept(run, out)}
    call = by_path["/call?token=************"]
    assert (call["method"], call["status"], call["step"], call["type"]) == (
        "POST",
        200,
        "open",
        "fetch",
    )
    assert 115 <= call["wait_ms"] < 20_000
    assert by_path["/next"]["step"] == "next"
    assert by_path["http://127.0.0.1:9/no.js"]["failure"].startswith("net::ERR_")
    assert by_path[f"{elsewhere.url}/in.js"]["initiator_host"] == "127.0.0.1"
    page = run.steps[0].pages[0]
    third = [host for host in page.hosts if not host.first_party]
    assert {host.host: host.requests for host in third} == {
        elsewhere.url.removeprefix("http://"): 2,
        "127.0.0.1:9": 1,
    }
    assert sum(host.bytes for host in page.hosts) == page.bytes


def test_a_connection_that_was_never_made_is_seen_in_the_table_of_sockets() -> None:
    """Still asking for one, or up: the states of the connections to that very address."""
    sockets = [
        ("192.0.2.7", 443, "SYN_SENT"),
        ("::ffff:192.0.2.8", 443, "ESTABLISHED"),
        ("192.0.2.9", 80, "ESTABLISHED"),
    ]

    assert states_to({("192.0.2.7", 443)}, sockets) == {"SYN_SENT"}
    assert states_to({("192.0.2.8", 443)}, sockets) == {"ESTABLISHED"}
    assert states_to({("192.0.2.9", 443)}, sockets) == set()
    assert addresses("http://127.0.0.1:8080/x") == {("127.0.0.1", 8080)}
    assert addresses("https://127.0.0.1/x") == {("127.0.0.1", 443)}


@pytest.mark.browser
@pytest.mark.parametrize("listens", [True, False])
def test_a_silent_server_is_told_from_one_that_does_not_listen(
    pool: ProbePool, ask: Ask, site: Site, listens: bool
) -> None:
    """The line is up and nothing comes: the cause says so. Nobody listens: another line."""
    site.pages["/pay"] = Answer(delay_s=60)
    call = "/pay" if listens else "http://127.0.0.1:9/pay"
    site.pages["/"] = Answer(HELLO.format(f"<script>fetch('{call}', {{method: 'POST'}})</script>"))

    run = pool.run(
        ask(("step", "pay"), ("open", "/"), ("click", "done"), step_deadline_s=3.0, retry=False)
    )

    assert run.outcome is Outcome.FAILED
    silent = "POST /pay: connected, no byte came in" in run.message
    assert silent is listens


def kept(run: FlowRun, out: Path) -> list[dict[str, Any]]:
    """Return the requests that a run kept."""
    (artefact,) = [one for one in run.artefacts if one.kind == "exchanges"]
    rows: list[dict[str, Any]] = unpack((out / artefact.path).read_bytes())["requests"]
    return rows
