"""Gift cards: bought, looked up, redeemed, refused; never spent twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.demoshop.customer import DECLINED, Shop, card, until


def test_bought_redeemed_in_part_and_in_full(shop: Shop) -> None:
    """Balance before − redeemed = balance after, on the page and in the ledger."""
    customer = shop.customer()
    form = {"amount_cents": "5000", "email": customer.email, **card()}
    bought = customer.post("/gift-cards/buy", form)
    code, reference = bought.words("gift-code"), bought.words("reference")
    assert [charge["amount_cents"] for charge in shop.charges(reference)] == [5000]

    part = {"code": code, "amount_cents": "1500", "email": customer.email}
    redeemed = customer.post("/gift-cards/redeem", part)
    assert (redeemed.cents("balance"), redeemed.cents("credit")) == (3500, 1500)
    looked_up = customer.post("/gift-cards/balance", {"code": f" {code.lower()} "})
    assert looked_up.cents("balance") == shop.balance(code) == 3500
    rest = customer.post("/gift-cards/redeem", {**part, "amount_cents": "3500"})
    assert (rest.cents("balance"), rest.cents("credit")) == (0, 5000)
    (mail,) = until(lambda: shop.mails(customer), "the mail with the code")
    assert code in mail["text"]


def test_sending_the_buy_form_twice_sells_one_card(shop: Shop) -> None:
    """A double click costs once."""
    customer = shop.customer()
    attempt = customer.get("/gift-cards").field("attempt")
    form = {"amount_cents": "2500", "email": customer.email, "attempt": attempt, **card()}
    with ThreadPoolExecutor(3) as clicks:
        pages = list(clicks.map(lambda _: customer.post("/gift-cards/buy", form), range(3)))
    assert len({page.words("gift-code") for page in pages}) == 1
    assert len(shop.charges(attempt)) == 1


def test_a_reload_after_redeeming_takes_nothing_more(shop: Shop) -> None:
    """The same form again gives the same answer."""
    customer, code = shop.customer(), shop.gift_card(3000)
    attempt = customer.get("/gift-cards/redeem").field("attempt")
    form = {"code": code, "amount_cents": "1000", "email": customer.email, "attempt": attempt}
    pages = [customer.post("/gift-cards/redeem", form) for _ in range(2)]
    assert [page.cents("balance") for page in pages] == [2000, 2000]
    assert shop.balance(code) == 2000


def test_a_declined_card_buys_no_gift_card(shop: Shop) -> None:
    """No code, no charge, no mail."""
    customer = shop.customer()
    form = {"amount_cents": "5000", "email": customer.email, **card(DECLINED)}
    page = customer.post("/gift-cards/buy", form)
    assert page.status == 402
    assert "declined" in page.alert
    assert not shop.charges(customer.email)


@pytest.mark.parametrize(
    ("which", "status", "says"),
    [
        ("mistyped", 404, "do not know this gift card"),
        ("expired", 410, "expired on 1 March 2020"),
        ("used", 409, "used up"),
        ("too much", 409, "more than the balance"),
    ],
)
def test_a_card_that_cannot_be_redeemed_says_why(
    shop: Shop, which: str, status: int, says: str
) -> None:
    """The ledger keeps every cent where it was."""
    customer = shop.customer()
    expired = {"expires_at": "2020-03-01T00:00:00+00:00"} if which == "expired" else {}
    code = shop.gift_card(1000, **expired)
    typed = {"mistyped": code[:-1] + "0"}.get(which, code)
    form = {"code": code, "amount_cents": "1000", "email": customer.email}
    if which == "used":
        customer.post("/gift-cards/redeem", form)
    before = shop.balance(code)
    amount = "1001" if which == "too much" else "1000"
    page = customer.post("/gift-cards/redeem", {**form, "code": typed, "amount_cents": amount})

    assert page.status == status
    assert says in page.alert.replace(" 01 ", " 1 ")
    assert shop.balance(code) == before


@pytest.mark.parametrize("amount", ["0", "-5", "1.5", "lots", "", "9" * 30, "٣"])
def test_an_amount_that_is_none_is_refused_before_the_ledger(shop: Shop, amount: str) -> None:
    """The form says what it wants."""
    customer, code = shop.customer(), shop.gift_card(1000)
    form = {"code": code, "amount_cents": amount, "email": customer.email}
    page = customer.post("/gift-cards/redeem", form)
    assert page.status == 422
    assert "amount in cents" in page.alert


def test_two_carts_racing_for_one_card_never_spend_it_twice(shop: Shop) -> None:
    """Taken from the card = gift parts of the orders, whoever wins."""
    code = shop.gift_card(1500)
    customers = [shop.customer() for _ in range(4)]
    payments = [customer.to_payment() for customer in customers]
    with ThreadPoolExecutor(4) as race:
        pages = list(
            race.map(
                lambda pair: pair[0].pay(pair[1], gift_code=code),
                zip(customers, payments, strict=True),
            )
        )
    orders = [order for customer in customers for order in shop.orders(customer)]
    assert sum(order["gift_cents"] for order in orders) == 1500
    assert shop.balance(code) == 0
    for order in orders:
        assert order["charged_cents"] + order["gift_cents"] == order["total_cents"]
    refused = [page for page in pages if page.status != 200]
    assert all("used up" in page.alert for page in refused)
    assert len(orders) + len(refused) == 4


def test_a_busy_ledger_sells_nothing_and_gives_the_charge_back(shop: Shop) -> None:
    """No customer pays for a card that could not be issued."""
    shop.fault("gift_pool_starved")
    customer = shop.customer()
    form = {"amount_cents": "5000", "email": customer.email, **card()}
    page = customer.post("/gift-cards/buy", form)
    assert page.status == 503
    (charge,) = shop.charges(customer.email)
    assert charge["refunded_cents"] == 5000
