"""From recorded exchanges to a script: fields sent several times, and errors told with 200."""

import json

import pytest

from loadtests.session import Answer, FlowFailedError
from tests.loadtests.recorded import NEW, OLD, SHOP, Har, visit

PAIRS = (
    '<h1>Your cart</h1><form method="post" action="/cart"><input type="hidden" name="csrf" '
    'value="{0}"><input type="hidden" name="line[]" value="{0}a"><input name="qty[]">'
    '<input type="hidden" name="line[]" value="{0}b"><input name="qty[]">'
    '<input type="hidden" name="gift" value="0"><input type="checkbox" name="gift" value="1">'
    "</form>"
)


def test_a_field_that_is_sent_several_times_keeps_all_its_values_in_order() -> None:
    """Lines of a cart, and a box that hides its "no" before itself: each token is this visit's.

    Which quantity belongs to which line is told by their order alone.
    """
    har = Har().add("GET", "/cart", PAIRS.format(OLD))
    sent = [("csrf", OLD), ("line[]", f"{OLD}a"), ("qty[]", "2"), ("line[]", f"{OLD}b"),
            ("qty[]", "1"), ("gift", "0"), ("gift", "1")]  # fmt: skip
    har.add("POST", "/cart", "<h1>Changed</h1>", form=sent)
    made = har.script()

    answers = {("GET", "/cart"): PAIRS.format(NEW), ("POST", "/cart"): "Changed"}
    own = [(name, value.replace(OLD, NEW)) for name, value in sent]
    assert visit(made, answers)[1].form == own
    assert OLD not in made.text
    one_line = PAIRS.format(NEW).replace(f'name="line[]" value="{NEW}b"', 'name="x"')
    with pytest.raises(
        FlowFailedError, match=r"has no hidden field line\[\] number 2 in form sent"
    ):
        visit(made, {**answers, ("GET", "/cart"): one_line})


@pytest.mark.parametrize("first", ["remove", "add"])
def test_of_several_forms_the_same_one_is_sent_with_all_its_values(first: str) -> None:
    """The first form that is sent to the address is another one, if only by its first value."""
    form = (
        '<form action="/add"><input type="hidden" name="t" value="{0}1">'
        '<input type="hidden" name="t" value="same">'
        '<input type="hidden" name="action" value="{1}"></form>'
    )
    page = form.format("other", first) + form
    har = Har().add("GET", "/", page.format(OLD, "add"))
    sent = [("t", f"{OLD}1"), ("t", "same"), ("action", "add")]
    har.add("POST", "/add", form=sent)

    _, added = visit(har.script(), {("GET", "/"): page.format(NEW, "add")})
    assert added.form == [(name, value.replace(OLD, NEW)) for name, value in sent]


def test_an_address_keeps_what_it_says_several_times() -> None:
    """Filters of a list; one of them is a key that the page before handed over."""
    har = Har().add("GET", "/", "<h1>Hi</h1>", answered={"x-key": OLD})
    har.add("GET", f"/list?size=s&size=m&k={OLD}&k=all&size=l", "<h1>List</h1>")

    home = Answer(200, f"{SHOP}/", "<h1>Hi</h1>", {"x-key": NEW})
    path = f"/list?size=s&size=m&k={NEW}&k=all&size=l"
    sent = visit(har.script(), {("GET", "/"): home, ("GET", path): "List"})
    assert sent[1].path == path


GRAPHQL = {"query": "mutation($c: String!) { redeem(code: $c) { left } }", "variables": {"c": "x"}}


def asked(answer: str) -> Har:
    """Return a walk whose page's script asked for two things at once."""
    har = Har().add("GET", "/", "<h1>Kiosk</h1>")
    har.add("GET", "/api/me", '{"name": "Ada", "errors": []}', kind="fetch")
    return har.add("POST", "/graphql", answer, kind="fetch", body=json.dumps(GRAPHQL))


@pytest.mark.parametrize("many", ["{}", "[{}]", '[{"data": 1}, {}]'])
def test_errors_that_a_call_tells_with_status_200_fail_the_visit(many: str) -> None:
    """GraphQL tells them beside its data, also for one of several requests sent at once."""
    good = many.replace("{}", '{"data": {"left": 1}, "errors": []}')
    bad = many.replace("{}", '{"data": null, "errors": [{"message": "used up"}]}')
    made = asked(good).script()

    answers = {("GET", "/"): "Kiosk", ("GET", "/api/me"): "{}", ("POST", "/graphql"): good}
    assert len(visit(made, answers)) == 3
    with pytest.raises(FlowFailedError, match="used up") as failed:
        visit(made, {**answers, ("POST", "/graphql"): bad})
    assert failed.value.kind == "graphql error"
    with pytest.raises(FlowFailedError, match="taken") as failed:
        visit(made, {**answers, ("GET", "/api/me"): '{"id": 1, "errors": {"name": ["taken"]}}'})
    assert failed.value.kind == "json error"
    with pytest.raises(FlowFailedError, match="did not answer with JSON"):
        visit(made, {**answers, ("POST", "/graphql"): "<h1>Sorry</h1>"})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            {"data": {"checkout": {"id": 1, "userErrors": []}}},
            {"data": {"checkout": {"id": 1, "userErrors": [{"message": "Sold out"}]}}},
            "graphql error: data.checkout.userErrors: Sold out",
        ),
        (
            {"data": {"checkoutLinesAdd": {"checkoutErrors": None}}},
            {"data": {"checkoutLinesAdd": {"checkoutErrors": [{"code": "QUANTITY"}]}}},
            "graphql error: data.checkoutLinesAdd.checkoutErrors: QUANTITY",
        ),
        (
            {"cart": {"lines": [{"n": 1}]}},
            {"cart": {"lines": [{"n": 1}, {"errors": {"n": [], "sku": ["No FERN-0042 left"]}}]}},
            "json error: cart.lines.errors: No … left",
        ),
        (
            [{"data": {"a": None}}, {"data": {"b": {"user_errors": []}}}],
            [{"data": {"a": None}}, {"data": {"b": {"user_errors": ["no"]}}}],
            "graphql error: data.b.user_errors: no",
        ),
    ],
)
def test_errors_that_a_mutation_hands_back_fail_the_visit(
    before: object, after: object, told: str
) -> None:
    """Its list was empty in the walk, or not there: it says where, and the first message."""
    made = asked(json.dumps(before)).script()

    answers = {("GET", "/"): "Kiosk", ("GET", "/api/me"): "{}"}
    good = {("POST", "/graphql"): json.dumps(before)}
    assert len(visit(made, {**answers, **good})) == 3
    with pytest.raises(FlowFailedError) as failed:
        visit(made, {**answers, ("POST", "/graphql"): json.dumps(after)})
    assert f"{failed.value.kind}: {failed.value}" == told


def test_errors_that_the_walk_was_told_itself_are_pointed_out() -> None:
    """They are nothing that a visit could be held against; all others still are."""
    made = asked('{"data": null, "errors": [{"message": "used up"}]}').script()
    assert "POST /graphql told errors in the walk: under load they do not count" in made.look

    warned = '{"data": {"carts": {"a7": {"userErrors": ["%s"]}}, "pay": {"userErrors": [%s]}}}'
    made = asked(warned % ("later", "")).script()
    (line, *_) = made.look
    assert line == (
        "POST /graphql told errors in the walk (data.carts.*.userErrors): "
        "under load they do not count"
    )
    answers = {("GET", "/"): "Kiosk", ("GET", "/api/me"): "{}"}
    other = (warned % ("tomorrow", "")).replace("a7", "b8")
    assert len(visit(made, {**answers, ("POST", "/graphql"): other})) == 3
    with pytest.raises(FlowFailedError, match=r"^data\.pay\.userErrors: declined"):
        visit(made, {**answers, ("POST", "/graphql"): warned % ("later", '"declined"')})
