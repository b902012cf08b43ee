"""What a customer notices on a page, and what the town does not hide about itself."""

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from demoshop.town import journeys
from demoshop.town.agenda import Agenda
from demoshop.town.books import Books
from demoshop.town.crew import Crew
from demoshop.town.decisions import Kind, decide
from demoshop.town.parameters import PARAMETERS
from demoshop.town.shopper import Shopper, TroubleError, hidden_fields, visible_text
from demoshop.town.stock import Membership, Stock, StockError

PAGE = """<form action="/search"><input name="q"></form>
<form method=post action='/cart/add'>
<INPUT type="hidden" name="csrf_token" value="a&amp;b"><input type=hidden name=sku value=T-1>
<input name="qty" value="1"></form>"""
GATEWAY = "http://127.0.0.1:9"
CUSTOMER = decide(1, Kind.PAYMENT, 0, PARAMETERS)


def form(action: str) -> str:
    """Return a page with one form."""
    return (
        f'<form method="post" action="{action}"><input type="hidden" name="csrf_token" value="c">'
    )


def shop_until_payment(server: HTTPServer) -> None:
    """Let every page before the payment work."""
    pages = {
        "/product/x": form("/cart/add") + "</form>",
        "/checkout/address": form("/checkout/address") + "</form>",
    }
    for path, page in pages.items():
        server.expect_request(path, method="GET").respond_with_data(page)
    after = {
        "/cart/add": "in the cart",
        "/checkout/address": form("/checkout/delivery") + "</form>",
        "/checkout/delivery": form("/checkout/pay") + "</form>",
    }
    for path, page in after.items():
        server.expect_request(path, method="POST").respond_with_data(page)


def trouble(server: HTTPServer, patience_s: float = 8.0) -> TroubleError | None:
    """Return the trouble that a buyer met."""
    try:
        with Shopper(server.url_for("/"), patience_s=5.0) as shopper:
            journeys.buy(shopper, CUSTOMER, ["/product/x"], GATEWAY, patience_s)
    except TroubleError as met:
        return met
    return None


def done_page(server: HTTPServer, page: str, after_s: float = 0.0) -> None:
    """Let the payment lead to order F-77 with this page."""

    def pay(_: Request) -> Response:
        time.sleep(after_s)
        return Response(status=303, headers={"Location": "/checkout/done/F-77"})

    server.expect_request("/checkout/pay", method="POST").respond_with_handler(pay)
    server.expect_request("/checkout/done/F-77").respond_with_data(page)


def test_the_hidden_fields_are_those_of_the_right_form() -> None:
    """Of the form that goes there, entities decoded, visible fields left to the customer."""
    got = hidden_fields(PAGE, "http://shop/product/x", "/cart/add")

    assert got == {"csrf_token": "a&b", "sku": "T-1"}
    assert hidden_fields(PAGE, "http://shop/product/x", "/checkout/pay") is None


def test_a_form_without_action_goes_to_its_own_page() -> None:
    """As browsers do."""
    page = '<form method="post"><input type="hidden" name="csrf_token" value="1"></form>'

    assert hidden_fields(page, "http://shop/support?x=1", "/support") == {"csrf_token": "1"}


def test_scripts_comments_and_the_head_are_not_read_by_people() -> None:
    """An order number in a script does not tell the customer anything."""
    page = "<head><title>F-1</title></head><script>n='F-1'</script><!-- F-1 --><p>Thank <b>you"

    assert "F-1" not in visible_text(page)
    assert "Thank" in visible_text(page)


def test_an_order_number_on_the_page_is_no_trouble(httpserver: HTTPServer) -> None:
    """The sale as it should be."""
    shop_until_payment(httpserver)
    done_page(httpserver, "<p>Your order F-77</p>")

    assert trouble(httpserver) is None


def test_a_blank_confirmation_is_trouble_with_the_payment(httpserver: HTTPServer) -> None:
    """The address bar has the number, the page has not: a customer reads pages."""
    shop_until_payment(httpserver)
    done_page(httpserver, "<script>order='F-77'</script>")

    met = trouble(httpserver)

    assert met is not None
    assert met.situation is Kind.PAYMENT
    assert str(met) == "/checkout/done/F-77: 200, no order number"


def test_a_slow_order_is_trouble_although_it_went_through(httpserver: HTTPServer) -> None:
    """Patience ends before the page comes."""
    shop_until_payment(httpserver)
    done_page(httpserver, "<p>F-77</p>", after_s=0.3)

    met = trouble(httpserver, patience_s=0.2)

    assert met is not None
    assert met.situation is Kind.PAYMENT
    assert str(met).startswith("the order took ")


@pytest.mark.parametrize(("status", "words"), [(500, "error 500"), (402, "402, no order number")])
def test_a_refused_payment_is_trouble_with_the_payment(
    httpserver: HTTPServer, status: int, words: str
) -> None:
    """A server error, or 'declined' for a card that is good."""
    shop_until_payment(httpserver)
    httpserver.expect_request("/checkout/pay").respond_with_data("sorry", status=status)

    met = trouble(httpserver)

    assert met is not None
    assert met.situation is Kind.PAYMENT
    assert words in str(met)


def test_trouble_before_the_payment_is_of_another_kind(httpserver: HTTPServer) -> None:
    """The situation is what the customer was doing: here he only looked at a product."""
    httpserver.expect_request("/product/x").respond_with_data("sorry", status=500)

    met = trouble(httpserver)

    assert met is not None
    assert met.situation is Kind.BROWSER


def test_a_locked_members_page_is_trouble_with_the_renewal(httpserver: HTTPServer) -> None:
    """402 on the members' page is what a customer sees of a renewal that did not run."""
    httpserver.expect_request("/members", query_string="id=s&key=k").respond_with_data("", 402)

    with (
        Shopper(httpserver.url_for("/"), 5.0) as shopper,
        pytest.raises(TroubleError, match="locked") as met,
    ):
        journeys.visit_members(shopper, Membership("s", "k"))

    assert met.value.situation is Kind.AUTOPAY


def test_a_busy_ledger_is_trouble_with_the_gift_card(httpserver: HTTPServer) -> None:
    """503 after the code was sent."""
    page = form("/gift-cards/redeem") + "</form>"
    httpserver.expect_request("/gift-cards/redeem", method="GET").respond_with_data(page)
    httpserver.expect_request("/gift-cards/redeem", method="POST").respond_with_data("busy", 503)

    with Shopper(httpserver.url_for("/"), 5.0) as shopper, pytest.raises(TroubleError) as met:
        journeys.redeem(shopper, CUSTOMER, "CODE")

    assert met.value.situation is Kind.GIFT_CARD
    assert str(met.value) == "/gift-cards/redeem: error 503"


def test_nobody_answering_is_trouble_too() -> None:
    """Port 9 of this machine: refused at once."""
    with Shopper("http://127.0.0.1:9", 5.0) as shopper, pytest.raises(TroubleError) as met:
        shopper.get("/")

    assert str(met.value) == "/: ConnectionError"


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '[{"no": "code"}, 1]', '{"codes": ["a"]}'])
def test_a_wrong_answer_of_the_admin_api_names_the_address(
    httpserver: HTTPServer, body: str
) -> None:
    """Two cards were asked for: anything but two codes is said in one line."""
    httpserver.expect_request("/api/gift-cards").respond_with_data(body)

    with pytest.raises(StockError, match=r"^http://.*/api/gift-cards: "):
        Stock(httpserver.url_for("/"), "t").cards(2, 500)


def test_a_crew_that_cannot_keep_up_says_so() -> None:
    """One thread, one place in the queue: the third customer is turned away and counted."""
    books = Books()
    crew = Crew(1, 1, books)
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        go_on.wait(30)

    crew.send(time.monotonic(), slow)
    assert started.wait(30)
    crew.send(time.monotonic() - 2.0, ended.set)
    crew.send(time.monotonic(), ended.set)
    go_on.set()
    assert ended.wait(30)
    crew.stop()

    truth = books.truth()
    assert (truth["turned_away"], truth["late"]) == (1, 2)


def test_a_customer_counts_once_and_the_log_says_what_he_saw(tmp_path: Path) -> None:
    """The first time stands; a second trouble of the same customer changes nothing."""
    books = Books(tmp_path / "log.jsonl")
    at = datetime(2026, 3, 1, tzinfo=UTC)

    assert books.hit(CUSTOMER, Kind.PAYMENT, "error 500", at)
    assert not books.hit(CUSTOMER, Kind.PAYMENT, "error 500", datetime.now(UTC))

    tally = books.truth()["situations"]["payment"]
    assert (tally["customers_hit"], tally["first_hit_at"]) == (1, "2026-03-01T00:00:00.000Z")
    assert tally["first_post_at"] is None
    assert (tmp_path / "log.jsonl").read_text(encoding="utf-8").count("error 500") == 1


def test_a_log_that_cannot_be_written_stops_the_log_not_the_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is said once; the truth stays complete."""
    books = Books(tmp_path / "no such folder" / "log.jsonl")
    for index in range(3):
        books.hit(decide(1, Kind.PAYMENT, index, PARAMETERS), Kind.PAYMENT, "x", datetime.now(UTC))

    assert books.truth()["situations"]["payment"]["customers_hit"] == 3
    assert len(caplog.records) == 1


def test_a_journey_that_breaks_on_our_side_costs_no_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next customer is still served, and the fault is logged as ours."""
    crew, done = Crew(1, 5, Books()), threading.Event()

    def broken() -> None:
        raise ZeroDivisionError

    crew.send(time.monotonic(), broken)
    crew.send(time.monotonic(), done.set)

    assert done.wait(30)
    crew.stop()
    assert "broke on our side" in caplog.text


def test_the_agenda_gives_what_is_due_in_order() -> None:
    """Earliest first, nothing twice, nothing early."""
    agenda, seen = Agenda(), list[str]()
    for due_s, name in ((3.0, "c"), (1.0, "a"), (2.0, "b"), (9.0, "z")):
        agenda.add(due_s, lambda name=name: seen.append(name))  # type: ignore[misc]
    for job in agenda.take(5.0) + agenda.take(5.0):
        job()

    assert seen == ["a", "b", "c"]
