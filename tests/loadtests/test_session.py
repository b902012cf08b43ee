"""What a flow reads out of the shop's answers."""

import json
import time
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request

import pytest

from forepost.analysis import histogram
from loadtests import cells
from loadtests.generator.plan import Plan
from loadtests.generator.recorder import Recorder
from loadtests.generator.visitor import Door, Visitor, _text
from loadtests.multipart import Parts, Upload
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


@pytest.mark.parametrize(
    "bad", ["<", "<!--", "<a ", "</", "<input ", "<!DOCTYPE ", '<input type="']
)
def test_a_page_that_never_ends_holds_no_visit_up(bad: str) -> None:
    """The generator's time is everybody's: a hostile page is read once."""
    assert Answer(200, "http://shop/form", bad * 100_000).fields() == {}


@pytest.mark.parametrize("body", ["<html>", "[" * 100_000])
def test_an_answer_that_is_no_json_says_so(body: str) -> None:
    """The address stands in the message; what the shop sent is no fault of a user file."""
    with pytest.raises(FlowFailedError, match="http://shop/api did not answer with JSON"):
        Answer(200, "http://shop/api", body).json()


@dataclass
class Reply:
    """What the HTTP client hands back."""

    status_code: int = 200
    content: bytes = b"fine"
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode()


class Client:
    """Stands for the HTTP client; answers in turn."""

    def __init__(self, *replies: Reply | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.sent: list[tuple[str, object, object]] = []  # method, body, headers
        self.cookiejar: Any = set()

    def urlopen(self, url: str, *, method: str, payload: object, headers: object) -> Reply:
        """Answer, or fail."""
        self.asked.append(url)
        self.sent.append((method, payload, headers))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


REFUSED = '{"made": {"errors": ["No photo of Ada Lovelace fits"]}}'


def visitor(client: Client, recorder: Recorder) -> tuple[Visitor, Door]:
    """Return a visitor of http://shop, and the door."""
    asked = Plan("r", "http://shop", ("shop", "pay"), {}, {}, 1.0, 9, "")
    door = Door(asked, lambda: client, lambda **_: None)
    return Visitor(door, recorder, 3, "f"), door


def seen(recorder: Recorder) -> dict[tuple[str, str], tuple[int, int, dict[str, int]]]:
    """Return started, done and kinds of failure by step and endpoint."""
    tallies = [cells.from_event(json.loads(line), "r") for line in recorder.changed(3)]
    return {
        (one.cell.step, one.cell.endpoint): (one.cell.started, one.cell.done, dict(one.kinds))
        for one in tallies
        if one.cell.started
    }


def test_a_step_is_counted_with_its_requests_and_fails_with_them() -> None:
    """The requests of a step carry its name; what comes after it does not."""
    recorder = Recorder()
    client = Client(Reply(), Reply(status_code=503), Reply())
    session, door = visitor(client, recorder)

    with session.step("form"):
        session.get("form", "/form")
    with pytest.raises(FlowFailedError, match="http 503"), session.step("redeem"):
        session.post("redeem", "/redeem", {})
    session.get("after", "/after")

    assert seen(recorder) == {
        ("form", "form"): (1, 1, {}),
        ("form", cells.WHOLE_STEP): (1, 1, {}),
        ("redeem", "redeem"): (1, 0, {"http 503": 1}),
        ("redeem", cells.WHOLE_STEP): (1, 0, {"http 503": 1}),
        ("", "after"): (1, 1, {}),
    }
    assert door.requests == 3


@pytest.mark.parametrize(
    ("replies", "path", "kind"),
    [
        ([Reply(302, headers={"location": "http://elsewhere/"})], "/x", "host"),
        ([Reply(302, headers={"location": "//elsewhere/"})], "/x", "host"),
        ([Reply(302, headers={"location": "/x"})] * 6, "/x", "redirects"),
        ([Reply(302, headers={"location": "http://[::1"})], "/x", "address"),
        ([Reply(302, headers={"location": "http://shop:99999/"})], "/x", "address"),
        ([Reply(302, headers={"location": "ftp://shop/x"})], "/x", "address"),
        ([Reply(302, headers={"location": "mailto:a@shop.example"})], "/x", "address"),
        ([OSError(24, "Too many open files")], "/x", "this machine: too many open files"),
        ([OSError(99, "Cannot assign requested address")], "/x", "this machine: no free port"),
        ([MemoryError()], "/x", "this machine: no memory"),
        ([ConnectionRefusedError()], "/x", "refused"),
        ([], "http://elsewhere/x", "host"),
        ([], "//elsewhere/x", "host"),
    ],
)
def test_every_failure_has_a_kind_and_no_other_host_is_asked(
    replies: list[Reply | Exception], path: str, kind: str
) -> None:
    """Redirects are followed by us, so that each hop is looked at first."""
    client, recorder = Client(*replies), Recorder()
    session, _ = visitor(client, recorder)

    with pytest.raises(FlowFailedError) as caught:
        session.get("page", path)

    assert caught.value.kind == kind
    assert all(url.startswith("http://shop/") for url in client.asked)
    assert seen(recorder) == {("", "page"): (1, 0, {kind: 1})}


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (302, "PUT", "PUT"),
        (303, "PUT", "GET"),
        (308, "DELETE", "DELETE"),
    ],
)
def test_a_redirect_repeats_what_a_browser_repeats(status: int, method: str, then: str) -> None:
    """The table of the Fetch standard; a body goes only where the method stays."""
    client = Client(Reply(status, headers={"location": "/on#top"}), Reply())
    session, _ = visitor(client, Recorder())

    answer = session.send(method, "x", "/x", json={"a": 1}, headers={"X-CSRF": "t"})

    again = method == then
    body = '{"a": 1}' if again else None
    more = {"X-CSRF": "t"} | ({"Content-Type": "application/json"} if again else {})
    assert client.sent[1] == (then, body, more)
    assert answer.url == "http://shop/on"


def test_another_origin_gets_the_body_and_no_secret_of_this_one() -> None:
    """A payment page of an allowed host may be handed a form, never the shop's token."""
    client = Client(Reply(307, headers={"location": "http://pay/take"}), Reply())
    session, _ = visitor(client, Recorder())

    session.send("POST", "x", "/x", form={"a": "1"}, headers={"Authorization": "Bearer t"})

    assert client.asked == ["http://shop/x", "http://pay/take"]
    assert client.sent[1] == ("POST", {"a": "1"}, {})


@pytest.mark.parametrize("status", [307, 308])
def test_a_body_is_never_repeated_to_a_host_that_may_not_be_asked(status: int) -> None:
    """The card's number stays here."""
    client = Client(Reply(status, headers={"location": "http://elsewhere/"}))
    session, _ = visitor(client, Recorder())

    with pytest.raises(FlowFailedError, match="elsewhere is not among allow_hosts"):
        session.post("pay", "/pay", {"cc_number": "4242"})
    assert client.asked == ["http://shop/pay"]


def test_a_field_that_is_sent_several_times_is_sent_so() -> None:
    """As a browser encodes a form (URL standard), in its order; a redirect repeats it."""
    client = Client(Reply(307, headers={"location": "/on"}), Reply(), Reply())
    session, _ = visitor(client, Recorder())
    form = [("line[]", "a b"), ("qty", "1"), ("line[]", "é&")]

    session.post("cart", "/cart", form)
    session.send("PUT", "cart", "/cart", form=form, headers={"X-CSRF": "t"})

    body = "line%5B%5D=a+b&qty=1&line%5B%5D=%C3%A9%26"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.sent[:2] == [("POST", body, kind)] * 2
    assert client.sent[2] == ("PUT", body, {"X-CSRF": "t"} | kind)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([{"message": "Not enough in stock", "path": ["buy"]}], "Not enough in stock"),
        (["Down for\n\tmaintenance"], "Down for maintenance"),
        ({"email": [{"detail": "is taken"}]}, "is taken"),
        ([{"message": "Code FERN-0042 of ada.l@example.com"}], "Code … of …"),
        ([{"message": "Ada Lovelace has used SUMMERSALE"}], "… has used …"),
        ([{"message": "No session " + "k" * 40}], "No session …"),
        ([{"message": "too long " * 60}], f"{'too long ' * 13}to…"),
        ([{"path": []}], "without a message"),
        ([[[[[["deep"]]]]]], "without a message"),
    ],
)
def test_errors_of_an_answer_fail_its_request_in_words_that_may_be_shown(
    said: object, told: str
) -> None:
    """Status 200 or not: the endpoint counts it as failed. What was sent is not told again."""
    recorder = Recorder()
    session, _ = visitor(Client(Reply(content=json.dumps({"errors": said}).encode())), recorder)
    body = {"variables": {"code": "SUMMERSALE", "names": ["Ada Lovelace", 7]}}

    with pytest.raises(FlowFailedError) as failed:
        session.send("POST", "shop.graphql", "/graphql", json=body, lacks="errors")

    assert str(failed.value) == f"shop.graphql: graphql error: {told}"
    assert seen(recorder) == {("", "shop.graphql"): (1, 0, {"graphql error": 1})}


def test_an_answer_without_errors_is_a_good_one() -> None:
    """Also an empty one, and one that has the word elsewhere; what is cut off is no JSON."""
    good = [b"", b'{"errors": []}', b'{"data": {"errors": 1}}', b'[{"errors": null}, 1]']
    good += [b'{"data": {"buy": {"userErrors": [ ], "hasErrors": false, "said": "errors"}}}']
    good += [b'{"form": {"errors": {"name": [], "zip": null}}}']
    session, _ = visitor(Client(*[Reply(content=one) for one in good]), Recorder())
    for _ in good:
        session.send("GET", "x", "/x", lacks="errors")

    for bad in (b'{"errors": [', b"[" * 100_000 + b'"errors": 1', b"Sorry"):
        session, _ = visitor(Client(Reply(content=bad)), Recorder())
        with pytest.raises(FlowFailedError, match="not JSON"):
            session.send("GET", "x", "/x", lacks="errors")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "shop.example"])
def test_a_cookie_of_a_pages_script_goes_to_the_target_alone(host: str) -> None:
    """By the jar of Python's own library, which the client has; it replaces the shop's own."""
    client, jar = Client(), CookieJar()
    client.cookiejar = jar
    asked = Plan("r", f"http://{host}", ("shop",), {}, {}, 1.0, 9, "")
    session = Visitor(Door(asked, lambda: client, lambda **_: None))
    session.set_cookie("key", "a%3D")
    session.set_cookie("key", "b%3D")

    here, there = Request(f"http://{host}/cart"), Request("http://elsewhere.example/")
    for request in (here, there):
        jar.add_cookie_header(request)
    assert here.get_header("Cookie") == "key=b%3D"
    assert there.get_header("Cookie") is None
    assert session.cookie("key") == "b%3D"
    session.leave()
    assert list(jar) == []


def test_a_form_with_files_is_sent_with_its_boundary_and_not_told_again() -> None:
    """Also after a redirect that repeats it; what its fields held stands in no message."""
    client = Client(Reply(307, headers={"location": "/on"}), Reply(content=REFUSED.encode()))
    session, _ = visitor(client, Recorder())
    parts: Parts = {"name": "Ada Lovelace", "photo": Upload("a.png", "image/png", 40)}

    with pytest.raises(FlowFailedError) as failed:
        session.send("POST", "x", "/x", parts=parts, lacks="errors")
    assert str(failed.value) == "x: json error: made.errors: No photo of … fits"
    (_, body, more), again = client.sent
    assert again == ("POST", body, more)
    assert isinstance(body, bytes)
    assert isinstance(more, dict)
    kind, _, boundary = more["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert body.count(f"--{boundary}\r\n".encode()) == len(parts)


def test_an_address_ends_no_line_of_the_request() -> None:
    """A page may link to what looks like a second request behind the first."""
    client = Client(Reply())
    session, _ = visitor(client, Recorder())

    session.get("page", "/x\r\nX-Evil:\t1")

    assert client.asked == ["http://shop/xX-Evil:1"]


def test_a_pause_is_in_no_requests_time() -> None:
    """A member who looks again after a while has not waited for the shop meanwhile.

    The shop answers at once; were the pauses between the requests counted, they would be all of it.
    """
    recorder = Recorder()
    session, _ = visitor(Client(*[Reply() for _ in range(3)]), recorder)
    begun = time.monotonic()
    for _ in range(3):
        session.get("look", "/")
        session.pause(0.3)
    assert time.monotonic() - begun >= 0.9

    (tally,) = [cells.from_event(json.loads(one), "r") for one in recorder.changed(3)]
    assert tally.cell.done == 3
    assert histogram.total_us(tally.cell.response_us) < 600_000


def test_a_closed_door_sends_nothing() -> None:
    """The run is over: a visit that goes on finds no way out."""
    client = Client(Reply())
    session, door = visitor(client, Recorder())
    door.closed = True

    with pytest.raises(FlowFailedError, match="nothing was sent"):
        session.get("page", "/")

    assert client.asked == []


def test_the_next_visitor_gets_a_client_without_cookies() -> None:
    """Clients are used again: their connections are dear, their cookies another customer's."""
    client = Client(Reply())
    session, door = visitor(client, Recorder())
    client.cookiejar.add("session=1")
    session.leave()

    assert door.borrow() is client
    assert client.cookiejar == set()


@pytest.mark.parametrize(
    "kind",
    ["text/html", "text/html; charset=latin-1", 'text/html; Charset="UTF-8"; x=1',
     "text/html; charset=none-such", "text/html; charset=hex", "text/html; charset="],
)  # fmt: skip
def test_whatever_a_page_says_of_its_characters_it_is_read(kind: str) -> None:
    """A name that nobody knows is no fault of the user file, which would make a run invalid."""
    content = "caf\u00e9".encode("latin-1" if "latin" in kind else "utf-8")

    assert _text(content, {"content-type": kind}) == "caf\u00e9"
