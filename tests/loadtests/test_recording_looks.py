"""What is chance and what is a word; what pages are called; how answers are read."""

import re
import secrets
from collections.abc import Callable
from uuid import uuid4

import pytest

from loadtests import fresh
from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.names import endpoints
from loadtests.recording.text import Call, joined, lay, quoted

_WORDS = """lantern-moth Forepost checkout/address gift_cards.redeem_form 10115 standard 12/34
    4242424242424242 iphone-15-pro-256gb 2026-11-22 application/json de-DE XMLHttpRequest
    camelCaseNameOfField main-navigation-2 text/html;q=0.9 49.90 +4930123456 SAVE10 tent-ridge-2
    GetCartV2Query data-testid Mozilla/5.0 sha256 utf-8 jacket_heron_xl"""


@pytest.mark.parametrize("word", _WORDS.split())
def test_words_of_people_are_not_chance(word: str) -> None:
    """They may stand in a script as they are."""
    assert not looks.random(word)


@pytest.mark.parametrize("text", ["FERN-YHQA-PEGQ-KAQW", "FERN-UPKG-FVNN-KYY7", "K7Q2-M4XT-9WAB"])
def test_a_voucher_is_known_by_its_form(text: str) -> None:
    """Whatever was drawn: a code that is taken for a word would be spent again by each visit."""
    assert looks.code(text)
    for other in ("SAVE10", "ADD-TO-CART", "030-123-456", "2026-11-22", "fern-abcd-efgh", text[:9]):
        assert not looks.code(other)


DRAWS: dict[str, Callable[[], str]] = {
    "short hex": lambda: secrets.token_hex(8),
    "long hex": lambda: secrets.token_hex(16),
    "hex with few changes": lambda: "348201ad5defffbbca15",
    "base64": lambda: secrets.token_urlsafe(18),
    "uuid": lambda: str(uuid4()),
    "groups": lambda: "-".join(secrets.token_hex(2).upper() for _ in range(4)),
}


@pytest.mark.parametrize("kind", DRAWS)
def test_what_is_drawn_by_chance_is_known_as_such(kind: str) -> None:
    """Nearly always: what a shop calls a code or an id is looked for anyway."""
    assert sum(looks.random(DRAWS[kind]()) for _ in range(1000)) > 800


def test_fresh_values_differ_and_keep_their_shape() -> None:
    """Two visits never share one."""
    assert fresh.email("load@example.com") != fresh.email("load@example.com")
    assert re.fullmatch(r"load\+[0-9a-f]{16}@example\.com", fresh.email("load@example.com"))
    assert len(fresh.new_id(7)) == len(fresh.digits(7)) == 7
    assert fresh.digits(1) != "0"
    assert len({fresh.uuid() for _ in range(100)}) == 100
    assert int(fresh.now_ms()) // 1000 - int(fresh.now_s()) in (-1, 0)


def test_endpoints_are_named_by_method_and_path() -> None:
    """Ids do not name anything; reading and sending the same page are two endpoints."""
    asked = [
        ("GET", "/", True),
        ("GET", "/product/lantern-moth", True),
        ("GET", "/product/tent-ridge-2/reviews", True),
        ("GET", "/checkout/address", True),
        ("POST", "/checkout/address", True),
        ("GET", "/order/FH-100003?key=x", True),
        ("POST", "/api/v2/carts", False),
        ("GET", "/api/v2/carts/4107", False),
        ("DELETE", "/api/v2/carts/4107", False),
        ("GET", "http://pay.test/challenge/9f8e7d6c5b4a", True),
        ("POST", "/index.php", True),
    ]
    made = [
        Exchange(
            "s", method, url if url.startswith("http") else f"http://shop.test{url}", page, 0.0, {}
        )
        for method, url, page in asked
    ]
    assert endpoints(made, "http://shop.test") == [
        "shop.home",
        "shop.product",
        "product.reviews",
        "checkout.address_form",
        "checkout.address",
        "shop.order",
        "shop.carts",
        "shop.carts_get",
        "shop.carts_delete",
        "pay.challenge",
        "shop.index",
    ]


@pytest.mark.parametrize(
    "text", ["plain", 'say "x"', "it's", "both ' \"", "\\d+", "a\nb\0", "é{x}\\"]
)
def test_texts_are_written_so_that_python_reads_them_back(text: str) -> None:
    """Alone and beside an expression."""
    assert eval(quoted(text)) == text  # noqa: S307 - what is tested is the literal
    assert eval(joined([(False, text), (True, "str(x)")]), {"x": 7}) == f"{text}7"  # noqa: S307 - see above


def test_long_calls_are_split_as_the_formatter_splits_them() -> None:
    """All arguments on one line of their own if they fit there, else one a line."""
    call = Call("page = session.post(", [quoted("a" * 30), quoted("b" * 30), "form"])
    assert lay(call, 4) == [
        f"    page = session.post({quoted('a' * 30)}, {quoted('b' * 30)}, form)"
    ]
    assert lay(call, 20)[1].startswith(" " * 24 + '"aaa')
    assert len(lay(call, 20)) == 3
    assert len(lay(call, 40)) == 5
