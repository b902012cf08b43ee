"""After the sale: support and reviews (status and returns: test_paying)."""

import pytest

from tests.demoshop.customer import Shop, until


def test_support_answers_with_a_reference_and_a_promise(shop: Shop) -> None:
    """On the page and by mail, with the same reference."""
    customer = shop.customer()
    form = {"email": customer.email, "topic": "order", "message": "Where is my tent?"}
    page = customer.post("/support", form)
    reference = page.words("support-reference")
    assert "24 hours" in page.words("response-promise")
    (mail,) = until(lambda: shop.mails(customer), "the mail from support")
    assert reference in mail["subject"]
    assert "Where is my tent" not in customer.get(f"/support/{reference}").text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("email", "nobody", "name@example.com"),
        ("topic", "weather", "choose a topic"),
        ("message", "", "fill in your message"),
        ("message", "x" * 5000, "shorten your message"),
    ],
)
def test_a_message_that_cannot_be_taken_says_why(
    shop: Shop, field: str, value: str, says: str
) -> None:
    """What was typed is still there."""
    form = {"email": "a@example.com", "topic": "order", "message": "Hello", field: value}
    page = shop.customer().post("/support", form)
    assert page.status == 422
    assert says in page.alert
    assert page.field("email") == form["email"]


def test_reviews_are_shown_with_their_stars(shop: Shop) -> None:
    """Readable without seeing the stars, too."""
    page = shop.customer().get("/product/mug-birch/reviews")
    assert page.text.count('data-testid="review"') == 4
    assert 'aria-label="5 of 5 stars"' in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/product/nothing",
        "/support/SUP-1x",
        "/support/SUP-999",
        "/picture/no.jpg",
        "/order/FH-1?key=x",
    ],
)
def test_what_is_not_there_is_a_page_of_its_own(shop: Shop, path: str) -> None:
    """A 404 in the shop's own style."""
    page = shop.customer().get(path)
    assert page.status == 404
    assert "could not find" in page.alert
