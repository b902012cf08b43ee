"""Masking: same length, all spellings, and nothing else."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.artefacts.dom import still
from probes.artefacts.trace import typed_secrets
from probes.scrubbing import fields
from probes.scrubbing.scrub import Scrubber


def luhn_number(prefix: str, digits: str) -> str:
    """Return a card number by the rule as a card issuer states it: the sum ends in 0."""
    body = prefix + digits
    for check in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(body + check)):
            doubled = int(digit) * (1 + place % 2)
            total += doubled - 9 if doubled > 9 else doubled
        if total % 10 == 0:
            return body + check
    raise AssertionError


@given(st.text("0123456789", min_size=14, max_size=14))
def test_any_card_number_is_masked_unasked(digits: str) -> None:
    """Whoever's card it is: a number with an issuer's prefix and a sound check digit goes."""
    number = luhn_number("4", digits)
    grouped = " ".join(number[i : i + 4] for i in range(0, 16, 4))

    for text in (number, grouped, f"n={number}&x=1", f'{{"n":"{number}"}}'):
        masked = Scrubber().text(text)
        assert len(masked) == len(text)
        assert number not in masked
        assert grouped not in masked


@pytest.mark.parametrize("number", ["378282246310005", "5555555555554444", "6011111111111117"])
def test_cards_of_other_issuers_are_masked(number: str) -> None:
    """The test numbers that payment providers publish."""
    assert Scrubber().text(f"card {number}.") == f"card {'*' * len(number)}."


@pytest.mark.parametrize(
    "text", ["at 1767323040000 ms", "4242424242424241", "order 20260102-000017", "5290 cents"]
)
def test_other_numbers_stay(text: str) -> None:
    """Times, order numbers, amounts, and a number whose check digit is wrong."""
    assert Scrubber().text(text) == text


@given(st.text(min_size=6, max_size=30).filter(lambda text: len(text.strip()) >= 6))
def test_a_known_secret_never_survives(secret: str) -> None:
    """Whatever it is made of, plain and in an address."""
    scrubber = Scrubber([secret])
    data = f"before {secret} after".encode("utf-8", "replace")

    masked = scrubber.data(data)

    assert len(masked) == len(data)
    assert secret.strip().encode("utf-8", "replace") not in masked


def test_escaped_spellings_are_masked() -> None:
    """Form-coded and JSON-escaped."""
    scrubber = Scrubber(['pass word&"x"'])

    for spelling in ("pass+word%26%22x%22", "pass%20word%26%22x%22", 'pass word&\\"x\\"'):
        assert scrubber.text(f"a={spelling};").startswith("a=***")


def test_a_short_secret_is_masked_by_field_only() -> None:
    """Check digits are masked where they are a whole value; the same digits elsewhere stay."""
    scrubber = Scrubber(["123"])

    assert scrubber.text("cc_csc=123&n=1") == "cc_csc=***&n=1"
    assert scrubber.text('"value":"123"') == '"value":"***"'
    assert scrubber.text('fill(\\"123\\")') == 'fill(\\"***\\")'
    assert scrubber.text("1234 of 5123 in 0.123 s") == "1234 of 5123 in 0.123 s"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("cvv=987&x=1", "cvv=***&x=1"),
        ('{"password":"abc"}', '{"password":"***"}'),
        ("GET /order/7?key=abcdef&x=1", "GET /order/7?key=******&x=1"),
        ("http://shop/?access_token=zz#a", "http://shop/?access_token=**#a"),
        ("http://shop/cart;jsessionid=AB12#a", "http://shop/cart;jsessionid=****#a"),
        ("http://cdn/a?X-Amz-Signature=ff00&x", "http://cdn/a?X-Amz-Signature=****&x"),
        ('{"cardCvc":"987"}', '{"cardCvc":"***"}'),
        ('\\"cardCvc\\": 987,', '\\"cardCvc\\": ***,'),
        ("newPassword=abc&password_confirmation=abc", "newPassword=***&password_confirmation=***"),
        ('"name":"card[cvc]","value":"987"', '"name":"card[cvc]","value":"***"'),
        # as Chromium's console shows an object
        ("pay {cc_csc: 987, pwd: hunter2}", "pay {cc_csc: ***, pwd: *******}"),
        ("{token: 0123456789abcdef, ok: 1}", "{token: ****************, ok: 1}"),
        (
            "Password: at least eight signs; tokens: 12",
            "Password: at least eight signs; tokens: 12",
        ),
        ("compass=north&misc=1", "compass=north&misc=1"),
    ],
)
def test_fields_that_hold_secrets_are_masked_unasked(text: str, want: str) -> None:
    """By the field's name, whatever the value."""
    assert Scrubber().text(text) == want


NAMED = [*fields.FIELDS, fields.BEARER, fields.COOKIES]


@pytest.mark.parametrize("pattern", NAMED, ids=range(len(NAMED)))
def test_a_text_without_the_words_holds_no_secret_field(pattern: re.Pattern[bytes]) -> None:
    """The quick look for words passes over nothing that the expressions would find."""

    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(st.from_regex(pattern))
    def holds(found: bytes) -> None:
        assert fields.may_name(found)

    holds()


# attributes of a field, and whether what stands in it is secret
FIELDS = [
    ({"autocomplete": "section-pay billing cc-csc"}, True),
    ({"autocomplete": "CC-NUMBER"}, True),
    ({"name": "f3", "id": "cvv"}, True),
    ({"placeholder": "Security code"}, True),
    ({"type": "hidden", "name": "card_cvc"}, True),
    ({"type": "hidden", "name": "csrf_token"}, True),
    ({"type": "Password"}, True),
    ({"name": "city", "autocomplete": "billing address-level2"}, False),
    ({"type": "hidden", "name": "sku"}, False),
]


@pytest.mark.parametrize(("attributes", "secret"), FIELDS)
def test_a_field_is_known_by_any_of_its_signs(attributes: dict[str, str], secret: bool) -> None:
    """Purpose, kind, name, id, label: in the page that is kept and in the trace alike."""
    told = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    held = {**attributes, "value": "98765432", "__playwright_value_": "98765432"}
    line = json.dumps({"html": ["FORM", {}, ["INPUT", held]]}, separators=(",", ":"))

    assert ("98765432" not in still(f'<input {told} value="98765432">')) is secret
    assert ("98765432" in [*typed_secrets(line.encode())]) is secret


def test_a_pages_own_token_is_a_secret_and_a_flag_is_none() -> None:
    """The token of a form may stand in a meta or on an element; "1" would hit every figure."""
    page = '<meta name="csrf-token" content="Zm9vYmFy"><p data-csrf-token="Zm9vYmFy">x</p>'
    meta = b'["META",{"name":"csrf-token","content":"Zm9vYmFy"}]'
    flag = b'["INPUT",{"type":"hidden","name":"session_is_new","value":"1"}]'

    assert "Zm9v" not in still(page)
    assert [*typed_secrets(meta + flag)] == ["Zm9vYmFy"]
