"""From recorded exchanges to a script: what each visit takes and makes.

Each script is run, as written, on a shop that hands out other values than those recorded.
"""

import json

import pytest

from loadtests.session import Answer, FlowFailedError
from tests.loadtests.recorded import NEW, OLD, RUN_ID, SHOP, Har, visit

FORM = (
    '<h1>Your cart</h1><form method="post" action="/pay">'
    '<input type="hidden" name="csrf" value="{}"></form>'
)

# No browser follows these, and none of them is a fault of whoever reads the page:
BROKEN = '<a href="http://[shop/terms">Terms</a><form action="//[shop/search"></form>'


@pytest.mark.parametrize("before", ["", BROKEN])
def test_a_hidden_field_is_read_from_the_page_again(before: str) -> None:
    """The recorded token must not be sent: each session has its own."""
    har = Har().add("GET", "/cart", before + FORM.format(OLD))
    har.add("POST", "/pay", "<h1>Thank you</h1>", form={"csrf": OLD, "way": "card"})
    made = har.script()

    page = before + FORM.format(NEW)
    _, paid = visit(made, {("GET", "/cart"): page, ("POST", "/pay"): "Thank you"})
    assert paid.form == {"csrf": NEW, "way": "card"}
    assert OLD not in made.text
    assert made.look == ()


@pytest.mark.parametrize(
    ("name", "now"), [("product", ("rope", "tent", "lamp")), ("from", ("tent", "lamp", "rope"))]
)
def test_of_forms_to_one_address_the_same_one_is_sent(name: str, now: tuple[str, ...]) -> None:
    """A list of products has a form for each; what tells them apart is not chance.

    It is the place on the page where the field has a name that Python keeps for itself.
    """
    form = (
        '<form action="/add" method="post"><input type="hidden" name="t" value="{t}">'
        f'<input type="hidden" name="{name}" value="{{p}}"></form>'
    )
    page = "".join(form.format(t=f"{OLD}{p}", p=p) for p in ("tent", "lamp", "rope"))
    har = Har().add("GET", "/", page)
    har.add("POST", "/add", form={"t": f"{OLD}lamp", name: "lamp"})

    new = "".join(form.format(t=f"{NEW}{p}", p=p) for p in now)
    _, added = visit(har.script(), {("GET", "/"): new})
    assert added.form == {"t": f"{NEW}lamp", name: "lamp"}


def test_what_json_hands_over_goes_into_paths_and_bodies() -> None:
    """Numbers stay numbers, and a path has them as text."""
    har = Har().add("GET", "/", "<h1>Kiosk</h1>")
    har.add("POST", "/api/carts", json.dumps({"cart": {"id": 4107, "key": OLD}}), kind="fetch")
    body = json.dumps({"cartId": 4107, "key": OLD, "qty": 2, "gift": True, "note": None})
    har.add("POST", "/api/carts/4107/items", "{}", kind="fetch", body=body)
    made = har.script()

    answers = {
        ("GET", "/"): "Kiosk",
        ("POST", "/api/carts"): json.dumps({"cart": {"id": 999, "key": NEW}}),
    }
    sent = visit(made, answers)[-1]
    assert sent.path == "/api/carts/999/items"
    assert sent.json == {"cartId": 999, "key": NEW, "qty": 2, "gift": True, "note": None}
    assert made.endpoints == ("shop.home", "shop.carts", "carts.items")


def test_what_no_page_showed_before_is_taken_from_the_answer_that_did() -> None:
    """A receipt that does not look like chance is still this visit's alone."""
    har = Har().add("GET", "/", "<h1>Kiosk</h1>")
    har.add("POST", "/api/buy", '{"receipt": "rose-40-pine"}', kind="fetch", body="{}")
    har.add("GET", "/done?receipt=rose-40-pine", "<h1>Thanks</h1>")

    answers: dict[tuple[str, str], Answer | str] = {
        ("GET", "/"): "Kiosk",
        ("POST", "/api/buy"): '{"receipt": "elm-77-fir"}',
        ("GET", "/done?receipt=elm-77-fir"): "Thanks",
    }
    assert visit(har.script(), answers)[-1].path == "/done?receipt=elm-77-fir"


def test_a_code_that_the_shop_has_just_given_out_is_this_visits() -> None:
    """Also one in which chance put no digit; what is on sale keeps its number, of the same form."""
    code, sku = "FERN-YHQA-PEGQ-KAQW", "TENT-BLUE-LITE"
    page = '<h1>Your card</h1><b data-testid="code">{}</b>'
    form = '<h1>Shop</h1><form action="/spend"><input name="code"></form>'
    har = Har().add("GET", "/", f'{form}<a data-sku="{sku}" href="/p">Tent</a>')
    har.add("POST", "/buy", page.format(code), form={"sku": sku})
    har.add("POST", "/spend", "<h1>Spent</h1>", form={"code": code})
    made = har.script()

    shown = page.format("FERN-BJMP-TFVK-JAYF")
    answers = {("GET", "/"): "<h1>Shop</h1>", ("POST", "/buy"): shown, ("POST", "/spend"): "Spent"}
    _, bought, spent = visit(made, answers)
    assert bought.form == {"sku": sku}
    assert spent.form == {"code": "FERN-BJMP-TFVK-JAYF"}
    assert code not in made.text


@pytest.mark.parametrize("before", ["", BROKEN])
def test_a_link_with_a_key_is_followed_where_it_leads_now(before: str) -> None:
    """The status link of an order is another one for each customer."""
    page = before + '<h1>Thank you</h1><a href="/order/FH-{0}?key={1}&amp;lang=en">Follow</a>'
    har = Har().add("POST", "/pay", page.format("100001", OLD))
    har.add("GET", f"/order/FH-100001?key={OLD}&lang=en", "<h1>Order</h1>")

    answers: dict[tuple[str, str], Answer | str] = {
        ("POST", "/pay"): page.format("100777", NEW),
        ("GET", f"/order/FH-100777?key={NEW}&lang=en"): "Order",
    }
    assert visit(har.script(), answers)[-1].path == f"/order/FH-100777?key={NEW}&lang=en"


def test_headers_and_cookies_are_told_again() -> None:
    """A bearer from an answer's header, and a cookie that a script sends as a header too."""
    cookie = f"{OLD[:20]}%3D"
    har = Har().add("GET", "/", "<h1>Hi</h1>", answered={"x-session": OLD}, cookies={"XS": cookie})
    headers = {"authorization": f"Bearer {OLD}", "x-xsrf": f"{OLD[:20]}=", "accept-language": "de"}
    har.add("GET", "/api/me", "{}", kind="xhr", headers=headers)
    made = har.script()

    page = Answer(200, f"{SHOP}/", "<h1>Hi</h1>", {"x-session": NEW})
    sent = visit(made, {("GET", "/"): page}, cookies={"XS": f"{NEW[:20]}%3D"})[-1]
    assert sent.headers == {"authorization": f"Bearer {NEW}", "x-xsrf": f"{NEW[:20]}="}


def test_a_redirect_is_the_sessions_to_follow() -> None:
    """Its target is not asked for again, and what its address tells is read from there."""
    har = Har().add("GET", "/cart", FORM.format(OLD))
    har.add("POST", "/pay", form={"csrf": OLD}, status=303, answered={"location": "/done/TK-4711"})
    har.add("GET", "/done/TK-4711", "<h1>Thank you</h1>")
    har.add("GET", "/api/orders/TK-4711", "{}", kind="fetch")
    made = har.script()

    done = Answer(200, f"{SHOP}/done/TK-9000", "<h1>Thank you</h1>")
    sent = visit(made, {("GET", "/cart"): FORM.format(NEW), ("POST", "/pay"): done})
    assert [one.path for one in sent] == ["/cart", "/pay", "/api/orders/TK-9000"]


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_repeats_a_form_is_the_sessions_too(status: int) -> None:
    """The second sending is no request of its own: the session repeats it with its body."""
    har = Har().add("GET", "/cart", FORM.format(OLD))
    har.add("POST", "/pay", form={"csrf": OLD}, status=status, answered={"location": "/eu/pay"})
    har.add("POST", "/eu/pay", form={"csrf": OLD}, status=303, answered={"location": "/done"})
    har.add("GET", "/done", "<h1>Thank you</h1>")
    made = har.script()

    done = Answer(200, f"{SHOP}/done", "<h1>Thank you</h1>")
    sent = visit(made, {("GET", "/cart"): FORM.format(NEW), ("POST", "/pay"): done})
    assert [(one.method, one.path) for one in sent] == [("GET", "/cart"), ("POST", "/pay")]
    assert made.left == ()
    assert 'shows="Thank you"' in made.text


def test_what_stands_in_a_page_is_found_by_what_names_it() -> None:
    """A meta tag, an attribute, a text, and a value inside of a script."""
    page = (
        '<h1>Hi</h1><meta name="csrf" content="{0}a"><div data-cart="{0}b"></div>'
        '<b data-testid="code">{0}c</b><script>boot({{"nonce": "{0}d"}})</script>'
    )
    har = Har().add("GET", "/", page.format(OLD))
    body = json.dumps({"a": f"{OLD}a", "b": f"{OLD}b", "c": f"{OLD}c", "d": f"{OLD}d"})
    har.add("POST", "/api/buy", "{}", kind="fetch", body=body)

    sent = visit(har.script(), {("GET", "/"): page.format(NEW)})[-1]
    assert sent.json == {"a": f"{NEW}a", "b": f"{NEW}b", "c": f"{NEW}c", "d": f"{NEW}d"}


def test_what_the_page_made_up_is_made_up_for_each_visit() -> None:
    """A nonce, a UUID, the time: never the same twice, and a person is told of it."""
    uuid = "3d5f1f6e-6b0f-4a52-9c5f-0a4a1f7f9f11"
    sent = {"nonce": OLD, "id": uuid, "at": 1_795_348_801_000}
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/api/buy", "{}", kind="fetch", body=json.dumps(sent))
    har.add("POST", "/api/pay", "{}", kind="fetch", body=json.dumps({"again": OLD}))
    made = har.script()

    visits = [visit(made, {("GET", "/"): "Hi"}) for _ in range(2)]
    bodies = [one[1].json for one in visits]
    assert bodies[0]["nonce"] != bodies[1]["nonce"]
    assert {len(body["nonce"]) for body in bodies} == {len(OLD)}
    assert all(len(body["id"]) == len(uuid) and body["id"] != uuid for body in bodies)
    assert all(isinstance(body["at"], int) and body["at"] > 1_600_000_000_000 for body in bodies)
    assert [one[2].json["again"] for one in visits] == [body["nonce"] for body in bodies]
    assert (
        made.look[0]
        == '"nonce" of POST /api/buy was made up by the page: made up anew for each visit'
    )
    assert f"# - {made.look[0]}" in made.text


def test_a_token_of_a_host_that_is_not_asked_is_told_as_such() -> None:
    """A payment frame's: no visit can have one, so the shop will most likely refuse it."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "http://pay.test/frame", json.dumps({"token": OLD}), kind="fetch")
    har.add("POST", "/pay", "<h1>Thanks</h1>", form={"token": OLD})
    made = har.script()

    (line,) = made.look
    assert line.startswith('"token" of POST /pay was handed over by pay.test, which is not asked')


def test_each_visit_is_another_customer() -> None:
    """The address and whatever holds the recorded run's id are made anew; typed texts are set."""
    fields = "".join(f'<input name="{name}">' for name in ("email", "name", "nick"))
    form = f'<h1>Where to?</h1><form method="post">{fields}</form>'
    har = Har().add("GET", "/address", form)
    typed = {
        "email": f"{RUN_ID}-1@probe.invalid",
        "name": "Forepost Probe",
        "nick": f"p-{RUN_ID}-1",
    }
    har.add("POST", "/address", "<h1>Thanks</h1>", form=typed)
    made = har.script()

    answers = {("GET", "/address"): form, ("POST", "/address"): "Thanks"}
    forms = [dict(visit(made, answers, name="Ada")[1].form or {}) for _ in range(2)]
    assert forms[0]["name"] == "Ada"
    assert forms[0]["email"].startswith("load+")
    assert forms[0]["email"].endswith("@example.com")
    assert len({one["email"] for one in forms}) == len({one["nick"] for one in forms}) == 2
    assert forms[0]["nick"].startswith("p-")
    assert RUN_ID not in made.text


def test_an_end_that_nothing_proves_is_pointed_out() -> None:
    """A shop that says no with status 200 would be counted as one that sold."""
    har = Har().add("GET", "/", "<h1>Kiosk</h1>")
    har.add("POST", "/api/buy", '{"refused": "sold out"}', kind="fetch", body="{}")
    assert har.script().look == (
        "nothing shows that POST /api/buy worked but that it has no errors: add shows= to it",
    )

    har = Har().add("GET", "/", "<h1>Kiosk</h1>")
    har.add("POST", "/api/buy", '{"id": 7, "status":"paid"}', kind="fetch", body="{}")
    made = har.script()
    assert made.look == ()
    with pytest.raises(FlowFailedError, match="does not show"):
        visit(made, {("GET", "/"): "Kiosk", ("POST", "/api/buy"): '{"status":"declined"}'})


def test_fields_that_the_page_took_out_of_its_form_are_not_sent() -> None:
    """What is disabled is none of the form's; what a script removed is not put back."""
    page = FORM.format(OLD).replace(
        "</form>",
        '<input type="hidden" name="old" value="1" disabled>'
        '<input type="hidden" name="bot" value="1"></form>',
    )
    har = Har().add("GET", "/cart", page)
    har.add("POST", "/pay", "<h1>Thanks</h1>", form=[("csrf", OLD), ("tag", "a"), ("tag", "b")])
    made = har.script()

    answers = {("GET", "/cart"): page.replace(OLD, NEW), ("POST", "/pay"): "Thanks"}
    assert visit(made, answers)[1].form == [("csrf", NEW), ("tag", "a"), ("tag", "b")]
    assert made.look == ()


def test_a_number_that_nobody_explains_is_pointed_out() -> None:
    """It is kept, since nothing better is known, in the output and in the script."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/api/buy", '{"ok": true}', kind="fetch", body='{"shelf": 31337000}')
    made = har.script()

    line = '"shelf" of POST /api/buy cannot be explained: kept as 31337000'
    assert made.look == (line,)
    assert f"# - {line}" in made.text
    answers = {("GET", "/"): "Hi", ("POST", "/api/buy"): '{"ok": true}'}
    assert visit(made, answers)[1].json == {"shelf": 31337000}


@pytest.mark.parametrize(
    ("before", "last", "told"),
    [
        ({"ready": False}, {"ready": True, "id": 7}, '"ready", value=True'),
        ({"job": {"state": "queued"}}, {"job": {"state": "done"}}, '"job", "state", value="done"'),
        ({"tries": 1}, {"tries": 2, "order": NEW}, '"order"'),
        ({"lines": []}, {"lines": [{"no": 5}]}, '"lines", 0, "no"'),
    ],
)
def test_a_page_that_waits_is_waited_with(
    before: dict[str, object], last: dict[str, object], told: str
) -> None:
    """As often as it takes this time, within limits; what came is then handed on."""
    har = Har().add("GET", "/", "<h1>Kiosk</h1>", at_s=0)
    for look in range(4):
        body = json.dumps(last if look == 3 else before)
        har.add("GET", "/api/state", body, kind="fetch", at_s=1 + 0.4 * look)
    made = har.script()
    assert f"{told}, every_ms=400, looks=20" in " ".join(made.text.split())

    page, early, late = {("GET", "/"): "Kiosk"}, json.dumps(before), json.dumps(last)
    for looks in (1, 3, 9):
        turns = [*[early] * (looks - 1), late]
        sent = visit(made, {("GET", "/"): "Kiosk", ("GET", "/api/state"): turns})
        assert len(sent) == 1 + looks
    with pytest.raises(FlowFailedError, match="after 20 looks") as failed:
        visit(made, {**page, ("GET", "/api/state"): early})
    assert failed.value.kind == "no change"
    with pytest.raises(FlowFailedError, match="did not answer with JSON"):
        visit(made, {**page, ("GET", "/api/state"): "<h1>Sorry</h1>"})


def test_a_page_that_refreshes_itself_is_asked_once_and_calls_keep_their_order() -> None:
    """Nothing changed in its answers, so there is nothing to wait for.

    Calls that overlapped follow each other by when they began.
    """
    har = Har().add("GET", "/", "<h1>Hi</h1>", at_s=0)
    har.add("GET", "/api/b", "{}", kind="xhr", at_s=2)
    har.add("GET", "/api/a", "{}", kind="xhr", at_s=1)
    for number in range(4):
        stamp = 1_795_348_800_000 + number
        har.add("GET", f"/api/state?_={stamp}", "{}", kind="fetch", at_s=3 + number)
    made = har.script()

    paths = [one.path.partition("?")[0] for one in visit(made, {("GET", "/"): "Hi"})]
    assert paths == ["/", "/api/a", "/api/b", "/api/state"]
    assert "# Asked 4 times while the page waited; once here." in made.text


def test_a_setting_of_the_flow_is_one_of_the_script() -> None:
    """What is bought can be changed in the campaign, and no heading of one product is asked for."""
    har = Har().add("GET", "/product/lantern-moth", "<h1>Moth camp lantern</h1>")
    har.add("GET", "/search?q=moth+lamp", "<h1>Results</h1>")
    made = har.script(settings={"product": "lantern-moth", "words": "moth lamp"})

    results = {("GET", "/search?q=two%20tents"): "Results"}
    sent = visit(made, results, product="tent-ridge-2", words="two tents")
    assert [one.path for one in sent] == ["/product/tent-ridge-2", "/search?q=two%20tents"]
