"""Amounts as shops write them, and pages changed by a cent: pure rules, checked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.flows._letters import names
from probes.flows._money import names_amount
from probes.flows.after_sales import status_link
from probes.mutations import html
from probes.storefront import Mail

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    "text",
    [
        "Total: € 47.76",
        "47,76 €",
        "$47.76.",
        "Summe 47,76",
        "(47.76)",
        "４７．７６",
        "47\u200e,76¹",
    ],
)
def test_a_mail_names_an_amount_however_it_is_written(text: str) -> None:
    """A point, a comma, a currency on either side."""
    assert names_amount(text, 4_776)


@pytest.mark.parametrize("text", ["147.76", "47.767", "47.77", "1,047.76", "", "4776"])
def test_another_amount_is_not_it(text: str) -> None:
    """Part of a longer number is another number."""
    assert not names_amount(text, 4_776)


@given(
    st.integers(1, 10**8),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("", "."), ("’", ".")]),
)
def test_thousands_are_read_in_every_manner(cents: int, marks: tuple[str, str]) -> None:
    """Python's own grouping is the independent hand that writes the figure."""
    whole = f"{cents // 100:,}".replace(",", marks[0])

    assert names_amount(f"Total {whole}{marks[1]}{cents % 100:02d} EUR", cents)


def test_every_amount_moves_by_a_cent_as_shown_and_as_read() -> None:
    """Widths, dates and versions are no amounts."""
    page = (
        '<head><meta content="1.25"></head><body><p style="width:80">10.12.2026</p>'
        '<data value="2136" data-cents="2136">€ 21.36</data> <b>1.099,99</b></body>'
    )

    assert html.off_by_one(page) == (
        '<head><meta content="1.25"></head><body><p style="width:80">10.12.2026</p>'
        '<data value="2137" data-cents="2137">€ 21.37</data> <b>1.099,98</b></body>'
    )


def test_the_total_is_what_follows_its_word() -> None:
    """Not the larger amount from which on something is free."""
    page = "<body><p>free from 200.00</p><dt>Subtotal</dt>10.00<dt>Total</dt>12.00"
    page += "<p>The total is shown in the cart.</p></body>"

    changed = html.total_off_by_one(page)

    assert changed is not None
    assert "200.00" in changed
    assert "10.00" in changed
    assert "12.01" in changed


@pytest.mark.parametrize(
    "edit",
    [
        html.off_by_one,
        html.total_off_by_one,
        html.silenced,
        html.without_buttons,
        html.forgotten,
        html.without_promise,
    ],
)
def test_a_page_with_nothing_of_the_kind_is_left_alone(edit: object) -> None:
    """None says: not applicable; a change that changed nothing would count as struck."""
    assert callable(edit)
    assert edit("<body><h1>Hello</h1></body>") is None


def test_a_form_forgets_what_was_typed_and_keeps_its_tokens() -> None:
    """A hidden field is not the customer's."""
    form = '<body><input type="hidden" value="t"><input name="city" value="Berlin"></body>'

    assert html.forgotten(form) == (
        '<body><input type="hidden" value="t"><input name="city" value=""></body>'
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Your order #57.", True),
        ("Order 57, paid", True),
        ("ORD57-1", True),
        ("order 1057", False),
        ("57.90 €", False),
        ("1.57 €", False),
        ("577", False),
    ],
)
def test_a_mail_names_an_order_only_by_its_whole_number(text: str, named: bool) -> None:
    """A shop that has just begun numbers its orders 57: a price is not one of them."""
    assert names(Mail("a@b.invalid", "Thank you", text), "57") is named
    assert names(Mail("a@b.invalid", text, "Thank you"), "57") is named


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (f"Follow: {SHOP}/order/7?key=k.", f"{SHOP}/order/7?key=k"),
        (f"{SHOP}/help {SHOP}/account/view/FH-7/", f"{SHOP}/account/view/FH-7/"),
        (f"https://elsewhere.example/FH-7 {SHOP}/x", f"{SHOP}/x"),
        ("https://elsewhere.example/order/FH-7", ""),
        ("no link at all", ""),
    ],
)
def test_the_link_to_an_order_is_the_shops_and_names_it_if_one_does(text: str, link: str) -> None:
    """A tracker's or a carrier's link is not the shop's status page."""
    assert status_link(text, SHOP, "FH-7") == link
