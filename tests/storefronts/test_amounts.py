"""Money as shops show it, in hundredths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.amounts import amounts, cents


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("1.234,56 €", 123456),
        ("£9.99", 999),
        ("CHF 1'234.50", 123450),
        ("1\u00a0234,56 kr", 123456),
        ("1\u202f234,56\u00a0€", 123456),
        ("$1,234", 123400),
        ("$1,234,567.89", 123456789),
        ("₹1,23,456.00", 12345600),
        ("€ 0,99", 99),
        ("249,-", 24900),
        ("CHF 12.–", 1200),
        ("kr. 1.299,00", 129900),
        ("EUR 1.000", 100000),
        ("12,5 €", 1250),
        ("19.99 USD incl. tax", 1999),
        ("١٢٣٫٤٥ ر.س", 12345),
        ("￥１，２３４", 123400),
        ("1 234,56 zł", 123456),
        ("1\u200b234,56\u200f €", 123456),
        ("$1,234.5", 123450),
        ("from 5 €", 500),
        ("24€90", 2490),
        ("£12⁹⁹", 1299),
    ],
)
def test_an_amount_is_read_as_its_country_writes_it(text: str, want: int) -> None:
    """Points, commas, spaces and apostrophes mean thousands here and decimals there."""
    assert cents(text) == want


BELOW = ("-£5.00", "−5,00 €", "(5.00)", "5.00-", "- 5,00 kr", "EUR-5,00", "\u20115,00 €")


@pytest.mark.parametrize("text", [*BELOW, "\u200e5.00-\u200e", "Discount (10 %) −5,00 €"])
def test_a_discount_is_below_zero(text: str) -> None:
    """The minus stands before the currency, after the amount, or is a pair of brackets."""
    assert cents(text) == -500


@pytest.mark.parametrize("text", ["Express - 4,90 €", "DHL – 4,90", "+4,90 €", "4,90¹ €", "€4.90²"])
def test_a_dash_is_no_minus_and_a_footnote_no_digit(text: str) -> None:
    """What stands beside an amount does not change it."""
    assert cents(text) == 490


def test_a_currency_without_decimals_counts_in_hundredths_too() -> None:
    """A price for machines and the price for people must compare: 1980 and ¥1,980."""
    assert cents("¥1,980") == cents("1980 JPY") == cents("1980") == 198000
    assert cents("1.980 Ft") == 198000


def test_thousandths_are_never_rounded() -> None:
    """1.250 dinars are 125 hundredths; 1.255 are no whole number of them."""
    assert cents("KWD 1.250") == 125
    assert cents("KWD 1.255") is None


@pytest.mark.parametrize("text", ["", "Free", "—", "on request", ".", "-5 %", "%20"])
def test_no_amount_is_none_and_not_zero(text: str) -> None:
    """Missing data is never zero."""
    assert cents(text) is None


def test_all_amounts_of_a_text_come_in_their_order() -> None:
    """An old price stands before the new one."""
    assert amounts("£19.99 £9.99") == (1999, 999)
    assert amounts("19,99 9,99 1 234,50") == (1999, 999, 123450)
    assert amounts("20 % off: 8,00 €") == (800,)


@given(value=st.integers(min_value=0, max_value=10**9))
def test_what_a_shop_writes_is_read_back(value: int) -> None:
    """Whatever the amount: written in English, in German and in Swiss, it is the same."""
    english = f"{value / 100:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert cents(f"£{english}") == value
    assert cents(f"{german} €") == value
    assert cents(f"CHF {english.replace(',', chr(39))}") == value


@given(text=st.text(max_size=300))
def test_any_text_at_all_is_read_without_an_error(text: str) -> None:
    """What a page shows as a price is hostile text."""
    told = cents(text)
    assert told is None or isinstance(told, int)
