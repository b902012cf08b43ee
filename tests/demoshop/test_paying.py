"""Paying by card: one charge, one order and one mail, whatever is clicked."""

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor

from tests.demoshop.customer import CHALLENGED, DECLINED, Customer, Page, Shop, until

LINK = re.compile(r"http://\S+/order/\S+")


def answer(customer: Customer, challenge: Page, choice: str) -> Page:
    """Press a button on the provider's page and come back to the shop."""
    form = {"csrf_token": challenge.field("csrf_token"), "answer": choice}
    back = customer.http.post(challenge.url, data=form, timeout=30)
    return Page(back.status_code, back.url, back.text)


def test_a_guest_pays_and_all_books_agree(shop: Shop) -> None:
    """Shown total = order = charge = mail; the mail's link leads to the order."""
    customer = shop.customer()
    payment = customer.to_payment("lantern-moth", 2, "express")
    done = customer.pay(payment)
    number = done.words("order-number")

    assert done.url.endswith(f"/checkout/done/{number}")
    assert done.cents("charged") == done.cents("total") == payment.cents("total")
    assert [charge["amount_cents"] for charge in shop.charges(number)] == [payment.cents("total")]
    (order,) = shop.orders(customer)
    assert (order["number"], order["charged_cents"]) == (number, payment.cents("total"))
    (mail,) = until(lambda: shop.mails(customer), "the confirmation mail")
    assert number in mail["subject"]
    link = LINK.search(mail["text"])
    assert link
    assert customer.get(link[0]).words("order-number") == number


def test_a_double_click_makes_one_order(shop: Shop) -> None:
    """Five requests at once with the same attempt: all of them end at the same order."""
    customer = shop.customer()
    payment = customer.to_payment()
    with ThreadPoolExecutor(5) as clicks:
        pages = list(clicks.map(lambda _: customer.pay(payment), range(5)))
    assert len({page.url for page in pages}) == 1
    number = pages[0].words("order-number")

    later = customer.pay(payment)  # back, and once more
    assert later.words("order-number") == number
    assert customer.get("/checkout/payment").words("order-number") == number  # a dropped response
    assert len(shop.charges(payment.field("attempt"))) == len(shop.charges(number)) == 1
    assert len(shop.orders(customer)) == 1
    assert len(until(lambda: shop.mails(customer), "the confirmation mail")) == 1


def test_a_declined_card_says_so_and_keeps_the_cart(shop: Shop) -> None:
    """And the same page can be paid with another card."""
    customer = shop.customer()
    payment = customer.to_payment()
    declined = customer.pay(payment, DECLINED)
    assert declined.status == 402
    assert "declined" in declined.alert
    assert declined.cents("total") == payment.cents("total")
    assert not shop.charges(payment.field("attempt"))
    assert not shop.orders(customer)

    done = customer.pay(declined)
    assert len(shop.charges(done.words("order-number"))) == 1


def test_a_challenge_leads_to_the_provider_and_back(shop: Shop) -> None:
    """Confirmed twice, it is still one order."""
    customer = shop.customer()
    challenge = customer.pay(customer.to_payment(), CHALLENGED)
    assert challenge.url.startswith(shop.urls["gateway"])
    assert not shop.orders(customer)

    number = answer(customer, challenge, "confirm").words("order-number")
    assert answer(customer, challenge, "confirm").words("order-number") == number
    assert len(shop.charges(number)) == len(shop.orders(customer)) == 1


def test_a_cancelled_challenge_charges_nothing_and_gives_the_gift_card_back(shop: Shop) -> None:
    """The cart is kept, and the customer may try again."""
    customer, code = shop.customer(), shop.gift_card(500)
    challenge = customer.pay(customer.to_payment(), CHALLENGED, code)
    assert shop.balance(code) == 0
    refused = answer(customer, challenge, "cancel")

    assert refused.status == 402
    assert "did not confirm" in refused.alert
    assert shop.balance(code) == 500
    assert customer.pay(refused).cents("charged") == refused.cents("total")


def test_a_challenge_left_open_does_not_block_another_card(shop: Shop) -> None:
    """Back from the bank's page without an answer, then another card: one charge."""
    customer = shop.customer()
    payment = customer.to_payment()
    challenge = customer.pay(payment, CHALLENGED)
    done = customer.pay(payment)
    assert answer(customer, challenge, "confirm").words("order-number") == done.words(
        "order-number"
    )
    assert len(shop.charges(payment.field("attempt"))) == 1


def test_an_old_page_cannot_be_paid_after_the_cart_changed(shop: Shop) -> None:
    """Nobody pays a total that the page did not show."""
    customer = shop.customer()
    payment = customer.to_payment()
    customer.post("/cart/add", {"sku": "tent-ridge-2", "qty": "1"})
    page = customer.pay(payment)
    assert page.status == 409
    assert "cart has changed" in page.alert
    assert not shop.orders(customer)


def test_card_faults_are_named_before_anything_is_sent(shop: Shop) -> None:
    """No charge is tried with a card that cannot be right."""
    customer = shop.customer()
    payment = customer.to_payment()
    form = {"cc_name": "", "cc_number": "42", "cc_exp": "01/20", "cc_csc": "x"}
    page = customer.post("/checkout/pay", {**form, "attempt": payment.field("attempt")})
    assert page.status == 422
    for words in ("name on the card", "card number", "has expired", "security code"):
        assert words in page.alert


def test_a_gift_card_pays_a_part_and_a_return_gives_each_its_own(shop: Shop) -> None:
    """Gift card and card add up to the total, and both get their share back."""
    customer, code = shop.customer(), shop.gift_card(1000)
    done = customer.pay(customer.to_payment(), gift_code=code.lower())
    number = done.words("order-number")
    assert done.cents("gift-applied") + done.cents("charged") == done.cents("total")
    assert (done.cents("gift-applied"), shop.balance(code)) == (1000, 0)

    (order,) = shop.orders(customer)
    returned = customer.post(f"/order/{number}/return", {"key": order["key"]})
    assert "accepted your return" in returned.text
    until(lambda: shop.balance(code) == 1000, "the gift card's money")
    (charge,) = shop.charges(number)
    assert charge["refunded_cents"] == charge["amount_cents"] == done.cents("charged")


def test_a_gift_card_that_covers_all_needs_no_other_card(shop: Shop) -> None:
    """And what is left stays on it."""
    customer, code = shop.customer(), shop.gift_card(10_000)
    done = customer.pay(customer.to_payment(), number="", gift_code=code)
    assert done.cents("charged") == 0
    assert shop.balance(code) == 10_000 - done.cents("total")


def test_a_gift_card_that_falls_short_asks_for_a_card_and_keeps_its_money(shop: Shop) -> None:
    """Nothing is taken from it for an order that was not made."""
    customer, code = shop.customer(), shop.gift_card(100)
    page = customer.pay(customer.to_payment(), number="", gift_code=code)
    assert page.status == 422
    assert "does not cover" in page.alert
    assert shop.balance(code) == 100


def test_a_declined_card_gives_the_gift_card_its_money_back(shop: Shop) -> None:
    """The part that the gift card had paid is undone."""
    customer, code = shop.customer(), shop.gift_card(700)
    assert customer.pay(customer.to_payment(), DECLINED, code).status == 402
    until(lambda: shop.balance(code) == 700, "the gift card's money")


def test_an_order_is_nobody_elses_business(shop: Shop) -> None:
    """Neither the thank-you page nor the status opens without session or key."""
    customer, stranger = shop.customer(), shop.customer()
    number = customer.pay(customer.to_payment()).words("order-number")
    assert stranger.get(f"/checkout/done/{number}").status == 404
    assert stranger.get(f"/order/{number}").status == 404
    assert stranger.get(f"/order/{number}?key=guess").status == 404


def test_a_return_is_accepted_once_and_within_thirty_days(shop: Shop) -> None:
    """Later, and the second time, the page says why not."""
    customer = shop.customer()
    number = customer.pay(customer.to_payment()).words("order-number")
    (order,) = shop.orders(customer)
    with sqlite3.connect(shop.out / "shop.sqlite") as book:
        old = "UPDATE orders SET placed_at = '2001' || substr(placed_at, 5) WHERE number = ?"
        book.execute(old, (number,))
    book.close()
    late = customer.post(f"/order/{number}/return", {"key": order["key"]})
    assert (late.status, "30 days are over" in late.alert) == (409, True)

    other = customer.pay(customer.to_payment()).words("order-number")
    key = {"key": shop.orders(customer)[1]["key"]}
    assert customer.post(f"/order/{other}/return", key).status == 200
    again = customer.post(f"/order/{other}/return", key)
    assert (again.status, "already been returned" in again.alert) == (409, True)
