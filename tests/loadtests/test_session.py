"""What a flow reads out of the shop's answers."""

import pytest

from loadtests.session import Answer, FlowFailedError


def test_hidden_fields_are_read_whatever_their_order_and_case() -> None:
    """A token is found as a browser finds it, entities included; visible fields are not."""
    page = Answer(
        200,
        "http://shop/form",
        "<form><INPUT value='a&amp;b' name=csrf_token type=HIDDEN>"
        '<input name="code" value="x"><input type="hidden" name="attempt" value="7"/></form>',
    )

    assert page.fields() == {"csrf_token": "a&b", "attempt": "7"}


def test_an_answer_that_is_no_json_says_so() -> None:
    """The address stands in the message."""
    with pytest.raises(FlowFailedError, match="http://shop/api did not answer with JSON"):
        Answer(200, "http://shop/api", "<html>").json()
