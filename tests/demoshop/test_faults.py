"""Every fault breaks what it names, and nothing else."""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from demoshop.faults import KINDS, FaultError, Faults
from tests.demoshop.customer import DECLINED, Customer, Page, Shop, until


def bought(shop: Shop) -> tuple[Customer, Page, Page]:
    """Buy a mug; return the customer, the payment page and what came of it."""
    customer = shop.customer()
    payment = customer.to_payment()
    return customer, payment, customer.pay(payment)


def books(shop: Shop, customer: Customer, payment: Page) -> tuple[int, int]:
    """Return (charges, orders) of an attempt."""
    return len(shop.charges(payment.field("attempt"))), len(shop.orders(customer))


def test_payment_error_is_a_server_error_without_charge_or_order(shop: Shop) -> None:
    """The card was sent, the page is a 500, and a later try works with the same cart."""
    shop.fault("payment_error")
    customer, payment, page = bought(shop)
    assert page.status == 500
    assert "went wrong on our side" in page.alert
    assert books(shop, customer, payment) == (0, 0)
    assert shop.api("GET", "/api/stats").json()["errors_5xx"]["POST /checkout/pay"] >= 1

    shop.api("DELETE", "/api/faults")
    assert customer.pay(payment).words("order-number")
    assert books(shop, customer, payment) == (1, 1)


def test_double_charge_shows_only_in_the_providers_book(shop: Shop) -> None:
    """The page looks as always."""
    shop.fault("double_charge")
    customer, payment, page = bought(shop)
    assert page.cents("charged") == page.cents("total")
    assert books(shop, customer, payment) == (2, 1)
    assert len(shop.charges(page.words("order-number"))) == 2


def test_declined_but_charged_takes_the_money_and_says_no(shop: Shop) -> None:
    """With a good card and with a bad one."""
    shop.fault("declined_but_charged")
    customer, payment, page = bought(shop)
    assert page.status == 402
    assert "declined" in page.alert
    assert page.cents("total") == payment.cents("total")
    assert books(shop, customer, payment) == (1, 0)
    customer.pay(page, DECLINED)
    assert books(shop, customer, payment) == (2, 0)


def test_wrong_total_charges_more_than_shown(shop: Shop) -> None:
    """By as much as was asked for."""
    shop.fault("wrong_total", off_cents=37)
    _, payment, page = bought(shop)
    assert page.cents("total") == payment.cents("total")
    assert page.cents("charged") == page.cents("total") + 37
    (charge,) = shop.charges(page.words("order-number"))
    assert charge["amount_cents"] == page.cents("charged")


def test_blank_confirmation_hides_an_order_that_stands(shop: Shop) -> None:
    """200, and nothing to read."""
    shop.fault("blank_confirmation")
    customer, payment, page = bought(shop)
    assert page.status == 200
    assert "FH-" not in page.text
    assert "<h1>" not in page.text
    assert books(shop, customer, payment) == (1, 1)


def test_out_of_stock_comes_between_cart_and_payment(shop: Shop) -> None:
    """The product still looks available before."""
    shop.fault("out_of_stock")
    customer, payment, page = bought(shop)
    assert page.status == 409
    assert "Birch enamel mug has just sold out" in page.alert
    assert page.cents("total") == payment.cents("total")
    assert books(shop, customer, payment) == (0, 0)


def test_lost_mail_loses_the_mail_and_nothing_else(shop: Shop) -> None:
    """The next customer's mail, sent after it, arrives."""
    shop.fault("lost_mail")
    customer, payment, page = bought(shop)
    assert page.words("order-number")
    shop.api("DELETE", "/api/faults")
    other, _, _ = bought(shop)
    until(lambda: shop.mails(other), "the mail of another order")
    assert not shop.mails(customer)
    assert books(shop, customer, payment) == (1, 1)


def test_a_starved_pool_refuses_gift_cards_only(shop: Shop) -> None:
    """503 after the wait wherever the ledger is asked; a card payment does not notice."""
    code = shop.gift_card(5000)
    shop.fault("gift_pool_starved")
    customer = shop.customer()
    begun = time.monotonic()
    page = customer.post("/gift-cards/balance", {"code": code})
    assert time.monotonic() - begun >= 2
    assert page.status == 503
    assert "gift card service is busy" in page.alert
    paying = customer.pay(customer.to_payment(), gift_code=code)
    assert paying.status == 503
    assert "gift card service is busy" in paying.alert
    assert customer.pay(paying).words("order-number")


def test_slow_pages_are_late_and_pictures_are_not(shop: Shop) -> None:
    """The delay comes before the first byte of each page."""
    shop.fault("slow_pages", delay_ms=700)
    url = shop.urls["shop"]
    begun = time.monotonic()
    assert requests.get(f"{url}/", timeout=10).ok
    assert time.monotonic() - begun >= 0.7
    shop.fault("slow_pages", delay_ms=60_000)
    assert requests.get(f"{url}/picture/hills.jpg", timeout=30).ok


def test_a_slow_third_party_delays_its_own_script(shop: Shop) -> None:
    """The shop answers at once; the page names a script that takes its time."""
    shop.fault("slow_third_party", delay_ms=600)
    page = shop.customer().get("/product/mug-birch")
    script = f"{shop.urls['cdn']}/widget.js?wait=600"
    assert script in page.text
    assert requests.get(script, timeout=10).elapsed.total_seconds() >= 0.6
    assert "widget.js" not in shop.customer().get("/cart").text


def test_a_script_error_stands_on_every_page(shop: Shop) -> None:
    """And the journey goes on (test_browser sees it thrown)."""
    shop.fault("script_error")
    customer, payment, page = bought(shop)
    assert "console.error" in page.text
    assert books(shop, customer, payment) == (1, 1)


@pytest.mark.parametrize(
    ("method", "name", "settings", "says"),
    [
        ("PUT", "gremlins", {}, "no fault 'gremlins'; there is: account_forced, "),
        ("DELETE", "gremlins", None, "no fault 'gremlins'"),
        (
            "PUT",
            "slow_pages",
            {"delay": 3},
            "no parameter 'delay'; there is: share, seed, delay_ms",
        ),
        ("PUT", "slow_pages", {"share": 1.5}, "share is 1.5; it goes from 0 to 1"),
        ("PUT", "slow_pages", {"delay_ms": -1}, "delay_ms is -1"),
        ("PUT", "slow_pages", {"delay_ms": "4s"}, "delay_ms is '4s'; it wants a number"),
        ("PUT", "slow_pages", {"share": True}, "share is True"),
        ("PUT", "slow_pages", [], "wants a JSON object"),
    ],
)
def test_a_wrong_fault_says_what_there_is(
    shop: Shop, method: str, name: str, settings: Any, says: str
) -> None:
    """And switches nothing on."""
    answer = shop.api(method, f"/api/faults/{name}", settings)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert sorted(KINDS) == answer.json()["faults"]
    assert shop.api("GET", "/api/faults").json()["active"] == {}


def test_faults_can_be_listed_and_cleared_one_by_one(shop: Shop) -> None:
    """What is on, with its settings, and what there is."""
    shop.fault("lost_mail", share=0.25, seed=9)
    shop.fault("slow_pages", delay_ms=1)
    listed = shop.api("GET", "/api/faults").json()
    assert listed["active"]["lost_mail"] == {"share": 0.25, "seed": 9}
    assert set(listed["known"]) == set(KINDS)
    assert shop.api("DELETE", "/api/faults/lost_mail").status_code == 204
    assert set(shop.api("GET", "/api/faults").json()["active"]) == {"slow_pages"}


@pytest.mark.parametrize(
    ("door", "path"),
    [
        ("shop", "/api/faults"),
        ("shop", "/api/stats"),
        ("gateway", "/api/charges"),
        ("mail", "/messages"),
    ],
)
def test_the_test_apis_want_the_token(shop: Shop, door: str, path: str) -> None:
    """The customers' pages do not."""
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = requests.get(shop.urls[door] + path, headers=headers, timeout=10)
        assert answer.status_code == 401


def test_a_share_strikes_as_often_as_it_says_and_the_same_again() -> None:
    """Seeded dice: 300 of 1,000 within four standard deviations, twice in the same places."""
    runs = []
    for _ in range(2):
        faults = Faults()
        faults.put("payment_error", {"share": 0.3, "seed": 5})
        runs.append([faults.hits("payment_error") for _ in range(1000)])
    assert runs[0] == runs[1]
    assert abs(sum(runs[0]) - 300) < 4 * (1000 * 0.3 * 0.7) ** 0.5


def test_a_case_keeps_its_fate_while_the_fault_is_on() -> None:
    """Another seed deals anew; without the fault nothing strikes."""
    faults = Faults()
    cases = [f"sub-{n}/1" for n in range(1000)]
    assert not any(faults.hits_case("renewal_skipped", case) for case in cases)
    faults.put("renewal_skipped", {"share": 0.5, "seed": 1})
    first = [faults.hits_case("renewal_skipped", case) for case in cases]
    assert first == [faults.hits_case("renewal_skipped", case) for case in cases]
    assert abs(sum(first) - 500) < 4 * 250**0.5
    faults.put("renewal_skipped", {"share": 0.5, "seed": 2})
    assert first != [faults.hits_case("renewal_skipped", case) for case in cases]


def test_an_unknown_fault_is_an_error_of_its_own() -> None:
    """Also below the HTTP door."""
    with pytest.raises(FaultError, match="no fault 'x'"):
        Faults().clear("x")


def test_every_fault_is_shown_by_a_test() -> None:
    """A fault nobody has seen breaks nothing, as far as anybody knows."""
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert not [name for name in KINDS if f'"{name}"' not in tests]


def test_every_fault_stands_in_the_docs_with_its_flow_and_settings() -> None:
    """One row of the table for each."""
    docs = (Path(__file__).parents[2] / "docs" / "demoshop.md").read_text()
    for name, kind in KINDS.items():
        settings = "".join(f" (`{key}` {value})" for key, value in kind.parameters.items())
        assert f"| `{name}`{settings} | {kind.flow or '–'} | {kind.text} |" in docs
