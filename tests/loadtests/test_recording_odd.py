"""From recorded exchanges to a script: what unusual shops hand over, and where they want it back.

Each script is run, as written, on a shop that hands out other values than those recorded.
"""

import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote

import pytest

from loadtests.session import Answer
from tests.loadtests.recorded import NEW, OLD, SHOP, Har, visit

SIGNS = "ab+cd/{}=="


def in_scripts(text: str) -> str:
    """Return a text as JSON inside of a page's script: nothing in it may end the script."""
    return text.replace("/", "\\/").replace("+", "\\u002B").replace("=", "\\x3D")


@pytest.mark.parametrize(
    "page",
    [
        lambda told: f'<script>boot({{"page": 7, "csrf": "{in_scripts(told)}"}})</script>',
        lambda told: f"<script>var a = 'b', token = '{in_scripts(told)}';</script>",
        lambda told: f'<div data-page="{escape(json.dumps({"a": "b", "csrf": told}))}"></div>',
        lambda told: f'<div data-page="{escape(json.dumps(told)[1:-1])}" id="app"></div>',
        lambda told: f'<p class="hint">To go on <i>{escape(told)}</i></p>',
    ],
    ids=["JSON", "script", "attribute", "nameless", "text"],
)
def test_a_token_is_read_however_the_page_writes_it(page: Callable[[str], str]) -> None:
    """In a script, in JSON inside of an attribute: escapes are undone as the browser did it."""
    old, new = SIGNS.format(OLD), SIGNS.format(NEW)
    har = Har().add("GET", "/", page(old))
    har.add("POST", "/api/buy", "{}", kind="fetch", body=json.dumps({"token": old}))
    made = har.script()

    assert visit(made, {("GET", "/"): page(new)})[1].json == {"token": new}
    assert OLD not in made.text


@pytest.mark.parametrize(
    "piece",
    [
        '<form action="/pay"><input name="n" value="1"><input name="t" value="{}"></form>',
        '{{"user": {{"token": "{}"}}}}',
    ],
    ids=["HTML", "JSON"],
)
def test_a_token_is_read_out_of_a_piece_that_json_holds(piece: str) -> None:
    """A call that answers with a part of the page, or with JSON as a text."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/cart", json.dumps({"piece": piece.format(OLD)}), kind="xhr", body="{}")
    har.add("POST", "/pay", "<h1>Thanks</h1>", form={"t": OLD})

    answers = {("GET", "/"): "Hi", ("POST", "/cart"): json.dumps({"piece": piece.format(NEW)})}
    assert visit(har.script(), {**answers, ("POST", "/pay"): "Thanks"})[2].form == {"t": NEW}


def test_a_time_that_was_offered_is_chosen_again_and_a_day_is_pointed_out() -> None:
    """A slot for the delivery is none of now; a day that no answer has will have passed."""
    slots = '{{"slots": ["{}"]}}'
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("GET", "/slots", slots.format("2026-11-23T10:00:00+01:00"), kind="fetch")
    body = {"slot": "2026-11-23T10:00:00+01:00", "day": "2026-11-24", "birth": "1990-01-31"}
    har.add("POST", "/deliver", "{}", kind="fetch", body=json.dumps(body))
    made = har.script()

    later = "2027-01-05T18:00:00+01:00"
    sent = visit(made, {("GET", "/"): "Hi", ("GET", "/slots"): slots.format(later)})[2]
    assert sent.json == {**body, "slot": later}
    assert made.look[0] == '"day" of POST /deliver cannot be explained: kept as 2026-11-24'
    assert not any("birth" in line for line in made.look)


def test_an_id_is_read_by_its_name_and_no_other_number_is_taken_for_it() -> None:
    """The first digits that fit may be a price's; what a cart's id is called, tells it."""
    page = (
        '<b>{0}4107</b><script>let s = {{"n": {0}, "cart": {{"id": {1}, "version": {2}}}}}</script>'
    )
    har = Har().add("GET", "/", page.format(3, 4107, 3))
    body = {"cartId": 4107, "cartVersion": 3}
    har.add("POST", "/api/buy", "{}", kind="fetch", body=json.dumps(body))

    sent = visit(har.script(), {("GET", "/"): page.format(8, 999, 8)})[1]
    assert sent.json == {"cartId": 999, "cartVersion": 8}


def test_an_id_with_slashes_stays_one_part_of_an_address() -> None:
    """As the page's script encodes it; in a query it may hold what would end its value."""
    old, new = f"gid://shop/Cart/{OLD}?key=1&x", f"gid://shop/Cart/{NEW}?key=1&x"
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/carts", json.dumps({"cart": {"id": old}}), kind="fetch", body="{}")
    har.add("PUT", f"/carts/{quote(old, safe='')}", "{}", kind="fetch", body="{}")
    har.add("GET", f"/carts?id={quote(old, safe='')}", "{}", kind="fetch")

    answers = {("GET", "/"): "Hi", ("POST", "/carts"): json.dumps({"cart": {"id": new}})}
    paths = [one.path for one in visit(har.script(), answers)[2:]]
    assert paths == [f"/carts/{quote(new, safe='')}", f"/carts?id={quote(new)}"]


def test_a_session_behind_a_sign_in_an_address_is_the_visits_own() -> None:
    """Servers without cookies keep it in the form's action, behind a semicolon."""
    form = (
        '<h1>Checkout</h1><form method="post" action="/checkout;jsessionid={0}?step=2">'
        '<input type="hidden" name="csrf" value="{0}x"><input name="zip"></form>'
    )
    har = Har().add("GET", "/", form.format(OLD))
    path = "/checkout;jsessionid={}?step=2"
    har.add("POST", path.format(OLD), "<h1>Thanks</h1>", form={"csrf": f"{OLD}x", "zip": "1"})

    answers = {("GET", "/"): form.format(NEW), ("POST", path.format(NEW)): "Thanks"}
    sent = visit(har.script(), answers)[1]
    assert (sent.path, sent.form) == (path.format(NEW), {"csrf": f"{NEW}x", "zip": "1"})


@pytest.mark.parametrize("sign", [".", ",", "&nbsp;", "\u202f", "'", "&#8217;"])
def test_a_number_is_found_as_people_read_it(sign: str) -> None:
    """A receipt for 1.234.567 is asked for as 1234567."""
    page = "<h1>Thanks</h1><p>No. {}</p>"
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/pay", page.format(f"1{sign}234{sign}567"), form={"a": "1"})
    har.add("GET", "/api/orders/1234567", "{}", kind="fetch")
    har.add("POST", "/api/seen", "{}", kind="fetch", body='{"order": 1234567}')

    answers = {("GET", "/"): "Hi", ("POST", "/pay"): page.format(f"7{sign}654{sign}321")}
    asked, seen = visit(har.script(), answers)[2:]
    assert (asked.path, seen.json) == ("/api/orders/7654321", {"order": 7654321})


def test_a_sum_is_sent_back_as_the_shop_has_told_it() -> None:
    """Another product has another price, and a shop refuses a total that is not its own."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/cart", '{"total": 49.9, "cents": 4990}', kind="fetch", body="{}")
    body = {"total": 49.9, "amountCents": 4990, "tip": 0.5}
    har.add("POST", "/pay", "{}", kind="fetch", body=json.dumps(body))

    answers = {("GET", "/"): "Hi", ("POST", "/cart"): '{"total": 120, "cents": 12000}'}
    sent = visit(har.script(), answers)[2]
    assert sent.json == {"total": 120, "amountCents": 12000, "tip": 0.5}


def test_headers_of_a_script_are_sent_whatever_they_are_called() -> None:
    """The mark of a version, a store's name, a type that the API insists on; not the browser's."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("GET", "/cart", f'{{"key": "{OLD}"}}', kind="fetch", answered={"etag": f'W/"{OLD}"'})
    own = {"if-match": f'W/"{OLD}"', "cart-token": OLD, "store": "north"}
    browsers = {
        "user-agent": "x",
        "sec-fetch-mode": "cors",
        "referer": SHOP,
        "x-forwarded-for": "1",
    }
    kind = {"content-type": "application/vnd.api+json"}
    har.add("PATCH", "/cart", "{}", kind="fetch", body="{}", headers={**own, **browsers, **kind})

    cart = Answer(200, f"{SHOP}/cart", f'{{"key": "{NEW}"}}', {"etag": f'W/"{NEW}"'})
    sent = visit(har.script(), {("GET", "/"): "Hi", ("GET", "/cart"): cart})[2]
    new = {"if-match": f'W/"{NEW}"', "cart-token": NEW, "store": "north"}
    assert sent.headers == {**new, "Content-Type": "application/vnd.api+json"}


def test_json_inside_of_a_field_has_its_ids_anew() -> None:
    """Of a form, and of JSON; what holds nothing of this visit stays the text that it was."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/carts", json.dumps({"cartId": 4107}), kind="fetch", body="{}")
    inside, plain = json.dumps({"cartId": 4107}), '{"a":1}'
    har.add("POST", "/ajax", "{}", kind="xhr", form={"payload": inside, "plain": plain})
    har.add("POST", "/api", "{}", kind="xhr", body=json.dumps({"variables": inside}))

    answers = {("GET", "/"): "Hi", ("POST", "/carts"): json.dumps({"cartId": 999})}
    form, body = visit(har.script(), answers)[2:]
    assert form.form == {"payload": '{"cartId": 999}', "plain": plain}
    assert body.json == {"variables": '{"cartId": 999}'}


@pytest.mark.parametrize("size", [1, 900])
def test_json_that_an_answer_had_is_sent_back_letter_for_letter(size: int) -> None:
    """A state with its checksum: written anew, it would be another text."""

    def state(token: str) -> str:
        return json.dumps({"n": "x" * size, "checksum": token}, separators=(",", ":"))

    har = Har().add("GET", "/", f'<div data-state="{escape(state(OLD))}"></div>')
    more = f"{OLD}9"
    for had, answer in ((OLD, {"parts": [{"state": state(more)}]}), (more, {})):
        body = json.dumps({"states": [state(had)]})
        har.add("POST", "/update", json.dumps(answer), kind="fetch", body=body)

    first = f'<div data-state="{escape(state(NEW))}"></div>'
    then = [json.dumps({"parts": [{"state": state(f"{NEW}7")}]}), "{}"]
    sent = visit(har.script(), {("GET", "/"): first, ("POST", "/update"): then})
    assert [one.json["states"] for one in sent[1:]] == [[state(NEW)], [state(f"{NEW}7")]]


def test_a_page_that_says_that_it_is_there_says_so_once() -> None:
    """How often it did in the walk is chance. What hands on something new each time is none."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    for number in range(4):
        har.add("POST", "/api/ping", f'{{"at": {number}}}', kind="fetch", body="{}")
        har.add("POST", "/cart/events", json.dumps({"key": f"{OLD}{number}"}), kind="fetch")
        har.add("POST", "/cart/more", "{}", kind="fetch", body="{}")
    made = har.script()

    paths = [one.path for one in visit(made, {("GET", "/"): "Hi"})]
    assert [paths.count(path) for path in ("/api/ping", "/cart/events", "/cart/more")] == [1, 4, 4]
    assert "# Asked 4 times while the page waited; once here." in made.text


def test_a_script_that_hands_a_token_over_is_asked_for_and_streams_are_told() -> None:
    """Other scripts are files, the same for everybody."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("GET", "/app.js", "let version = '0f9e8d7c6b5a4938271605f4e3d2c1b0'", kind="script")
    har.add("GET", "/token.js", f"window.token = '{OLD}'", kind="script")
    har.add("GET", "/live", kind="eventsource").add("GET", "ws://shop.test/ws", kind="websocket")
    har.add("POST", "/api/buy", "{}", kind="fetch", headers={"x-token": OLD})
    made = har.script()

    answers = {("GET", "/"): "Hi", ("GET", "/token.js"): f"window.token = '{NEW}'"}
    sent = visit(made, answers)
    assert [one.path for one in sent] == ["/", "/token.js", "/api/buy"]
    assert sent[2].headers == {"x-token": NEW}
    assert made.left == (
        "GET /live: a stream of events: what it tells is not heard",
        "GET /ws: a WebSocket: what it tells is not heard",
    )


def test_a_cookie_that_the_pages_script_set_is_set_for_each_visit() -> None:
    """A key that it made up and tells twice, and what a call handed over; banners are nobody's."""
    har = Har().add("GET", "/", "<h1>Hi</h1>", cookies={"sid": OLD})
    har.add("POST", "/login", f'{{"jwt": "{OLD}=="}}', kind="fetch", body="{}")
    sent = {"cookie": f"sid={OLD}; jwt={OLD}%3D%3D; key=K{OLD[:15]}; seen=1; _ga=GA1.2.99.77"}
    har.add("POST", "/cart", "<h1>Cart</h1>", form={"key": f"K{OLD[:15]}"}, headers=sent)
    har.add("GET", "/till", "<h1>Till</h1>", headers=sent)
    made = har.script()

    answers = {("GET", "/"): "Hi", ("POST", "/login"): f'{{"jwt": "{NEW}=="}}'}
    answers |= {("POST", "/cart"): "Cart", ("GET", "/till"): "Till"}
    login, cart, till = visit(made, answers, cookies={"sid": NEW})[1:]
    form = dict(cart.form or {})
    assert login.cookies == {"sid": NEW}
    assert cart.cookies == {"sid": NEW, "jwt": f"{NEW}%3D%3D", "key": form["key"]}
    assert len(form["key"]) == 16
    assert OLD[:15] not in form["key"]
    assert till.cookies == cart.cookies
    assert made.look[0].startswith('"key" of POST /cart was made up by the page')


def test_no_variable_hides_a_name_of_pythons() -> None:
    """A field may be called next, id or list."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/a", json.dumps({"next": OLD}), kind="fetch", body="{}")
    har.add("POST", "/b", "{}", kind="fetch", body=json.dumps({"next": OLD}))
    made = har.script()

    assert "next_2 = at(" in made.text
    answers = {("GET", "/"): "Hi", ("POST", "/a"): json.dumps({"next": NEW})}
    assert visit(made, answers)[2].json == {"next": NEW}
