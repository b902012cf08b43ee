"""The door is polite, patient within its budget, and never unbounded."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from complaints import client
from complaints.client import PoliteSession


@contextmanager
def raw_server(*answers: bytes, drip_s: float = 0.0) -> Iterator[str]:
    """Serve raw bytes, one answer a connection, then hang up: what no web framework would send."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        over = threading.Event()

        def accept() -> socket.socket | None:
            while not over.is_set():
                try:
                    return listener.accept()[0]
                except TimeoutError:
                    continue
            return None

        def serve() -> None:
            for answer in answers:
                line = accept()
                if line is None:
                    return
                line.settimeout(10)
                with line:
                    line.recv(65_536)
                    parts = [answer] if not drip_s else [bytes([byte]) for byte in answer]
                    try:
                        for part in parts:
                            line.sendall(part)
                            over.wait(drip_s)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            thread.join(10)


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n[{"


def test_it_says_who_it_is_and_whom_to_ask(httpserver: HTTPServer, http: PoliteSession) -> None:
    """An instance's admin must be able to reach somebody before blocking us."""
    httpserver.expect_request("/").respond_with_handler(
        lambda request: Response(request.headers["User-Agent"])
    )

    said = http.get(httpserver.url_for("/")).text

    assert said.startswith("Forepost/")
    assert "(+mailto:ops@shop.example)" in said


def test_a_connection_cut_in_mid_body_is_tried_again(http: PoliteSession) -> None:
    """Half an answer is no answer."""
    with raw_server(CUT, WHOLE) as url:
        assert http.get(url).json() == []


def test_it_gives_up_on_a_line_that_keeps_breaking() -> None:
    """Within its budget of time."""
    with raw_server(*[CUT] * 9) as url, client.session(budget_s=1.0) as http:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            http.get(url)
        assert time.monotonic() - began < 10


def test_a_body_that_drips_cannot_outlast_the_budget() -> None:
    """Each read succeeds, and still the poll ends."""
    slow = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + b"x" * 60
    with (
        raw_server(slow, drip_s=0.05) as url,
        client.session(budget_s=2.6) as http,
        pytest.raises(requests.Timeout),
    ):
        http.get(url)


def test_an_endless_body_is_refused(
    httpserver: HTTPServer, http: PoliteSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded whatever the other side sends."""
    monkeypatch.setattr(client, "MAX_BODY_BYTES", 10_000)
    httpserver.expect_request("/").respond_with_data(b"x" * 50_000)

    with pytest.raises(client.BodyTooLargeError):
        http.get(httpserver.url_for("/"))


def test_an_unavailable_server_is_tried_again(httpserver: HTTPServer, http: PoliteSession) -> None:
    """503 without a hint: back off and come again."""
    answers = [Response("", status=503), Response("ok")]
    httpserver.expect_request("/").respond_with_handler(lambda _: answers.pop(0))

    assert http.get(httpserver.url_for("/")).text == "ok"


def test_what_changes_something_is_sent_once(httpserver: HTTPServer, http: PoliteSession) -> None:
    """A POST that may have been heard is not repeated."""
    seen: list[Request] = []

    def refuse(request: Request) -> Response:
        seen.append(request)
        return Response("", status=503)

    httpserver.expect_request("/").respond_with_handler(refuse)

    assert http.post(httpserver.url_for("/")).status_code == 503
    assert len(seen) == 1


def test_all_requests_of_a_poll_share_one_budget(httpserver: HTTPServer) -> None:
    """Twenty-five pages do not get twenty-five budgets."""
    httpserver.expect_request("/").respond_with_data("ok")
    with client.session(budget_s=60.0) as http, http.poll():
        http.get(httpserver.url_for("/"))
        http._polls.ends -= 60.0  # as if so much time had gone by
        with pytest.raises(client.BudgetSpentError):
            http.get(httpserver.url_for("/"))


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "want"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:09 GMT"}, 9.0),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "2026-03-01T12:00:30.000Z"}, 30.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 12)}, 12.0),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) - 12)}, 0.0),
        ({"X-RateLimit-Reset": "15"}, 15.0),
        ({"X-RateLimit-Reset": (NOW - timedelta(hours=1)).isoformat()}, 0.0),
        ({}, None),
    ],
)
def test_every_way_to_say_how_long_is_understood(
    headers: dict[str, str], want: float | None
) -> None:
    """RFC 9110, Mastodon, X and GitHub say it differently."""
    answer = requests.Response()
    answer.headers.update(headers)

    assert client.told_to_wait_s(answer, NOW) == want
