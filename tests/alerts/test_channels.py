"""Every channel against a real receiver; hostile text; secrets that stay secret."""

import io
import json
import logging
import socket
import sys
from dataclasses import replace
from typing import Any

import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from alerts.channels import chat, email, terminal, webhook
from forepost.config import Secret
from forepost.errors import DeliveryError
from forepost.model import Alert

# Apprise's mail imports a module that Python 3.13 has dropped, and brings its own for then.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

CANARY = "c4n4ry-do-not-tell"
HOSTILE = "pay\r\nBcc: all@shop.example\n\x1b[2J\x1b]0;owned\x07 \u202e<script>alert(1)</script>"


@pytest.fixture
def hostile(alert: Alert) -> Alert:
    """Return an alert whose words came from a page that wants to do harm."""
    return replace(alert, title=HOSTILE, lines=(HOSTILE, "@everyone <!channel>"), key=HOSTILE)


def hook(server: HTTPServer, **changes: Any) -> webhook.Settings:
    """Return the settings of a webhook that posts to the test's server."""
    return webhook.Settings(**{"url": server.url_for("/in"), **changes})


def closed_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_a_webhook_gets_the_alert_and_its_key(httpserver: HTTPServer, alert: Alert) -> None:
    """JSON with all there is, the same key in header and body, the token as bearer."""
    httpserver.expect_oneshot_request("/in", method="POST").respond_with_data("", status=204)
    with requests.Session() as http:
        webhook.send(http, alert, hook(httpserver, token=Secret(CANARY)))

    request, _ = httpserver.log[0]
    told = json.loads(request.data)
    assert told["key"] == request.headers["Idempotency-Key"] == alert.key
    assert request.headers["Authorization"] == f"Bearer {CANARY}"
    assert (told["title"], told["lines"]) == (alert.title, list(alert.lines))
    assert told["text"].splitlines() == [alert.title, *alert.lines]


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_every_other_answer_is_a_failed_try(
    httpserver: HTTPServer, alert: Alert, status: int
) -> None:
    """A redirect to a login page is no success; the line says the answer and no path."""
    answer = Response("no", status=status, headers={"Location": httpserver.url_for("/login")})
    httpserver.expect_request("/in").respond_with_response(answer)
    with requests.Session() as http, pytest.raises(DeliveryError) as caught:
        webhook.send(http, alert, hook(httpserver, url=httpserver.url_for("/in?key=" + CANARY)))

    assert str(caught.value).startswith(f"webhook: {httpserver.host}: answered {status}")
    assert CANARY not in str(caught.value)
    assert len(httpserver.log) == 1


def test_a_netrc_of_the_user_is_not_sent(
    httpserver: HTTPServer, alert: Alert, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what config.toml names goes to the receiver."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {httpserver.host} login me password {CANARY}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    httpserver.expect_request("/in").respond_with_data("")
    with requests.Session() as http:
        webhook.send(http, alert, hook(httpserver))

    assert "Authorization" not in httpserver.log[0][0].headers


@pytest.mark.parametrize(
    ("token", "line"),
    [
        ("fine", "no connection; see host and port of url"),
        (f"{CANARY}\r\nX-Injected: 1", "cannot be asked (ValueError); see url and token"),
        (f"{CANARY}\u20ac", "cannot be asked (UnicodeEncodeError); see url and token"),
    ],
)
def test_an_error_holds_neither_address_nor_token(alert: Alert, token: str, line: str) -> None:
    """The text of requests' own errors holds both."""
    url = Secret(f"http://127.0.0.1:{closed_port()}/{CANARY}")
    settings = webhook.Settings(url=url, token=Secret(token))
    with requests.Session() as http, pytest.raises(DeliveryError) as caught:
        webhook.send(http, alert, settings)

    assert str(caught.value) == f"webhook: 127.0.0.1: {line}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert CANARY not in repr(settings)


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("hooks.example/x", "url is no address"),
        ("ftp://hooks.example", "url is no address"),
        ("https://", "url is no address"),
        ("https://hooks.example:port", "url is no address"),
        ("http://hooks.example/x", "url sends unencrypted to another machine"),
        ("http://127.0.0.1.evil.example/x", "url sends unencrypted to another machine"),
    ],
)
def test_a_wrong_address_is_told_when_the_config_is_read(url: str, line: str) -> None:
    """Not at the first alert, at night."""
    with pytest.raises(ValueError, match=line):
        webhook.Settings(url=url)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/x", "http://localhost:8080", "http://127.0.0.1/", "http://[::1]/"],
)
def test_tls_or_this_machine_will_do(url: str) -> None:
    """Loopback needs no TLS."""
    assert webhook.address(webhook.Settings(url=url)) == url
    assert webhook.Settings(url="http://hooks.example", allow_http=True).allow_http


def test_a_mail_arrives_with_its_key(mailbox: Any, alert: Alert) -> None:
    """A real SMTP conversation: subject, lines, recipient, and the key twice."""
    email.send(requests.Session(), alert, email.Settings(url=Secret(mailbox.url())))

    [mail] = mailbox.messages
    assert mail["Subject"] == '[Forepost] checkout fails, step "pay"'
    assert mail["To"] == "oncall@shop.example"
    assert mail["X-Forepost-Key"] == alert.key
    text = mail.get_body(("plain",)).get_content()
    for line in (*alert.lines, f"key: {alert.key}"):
        assert line in text


def test_a_hostile_title_cannot_add_a_header_or_a_script(mailbox: Any, hostile: Alert) -> None:
    """What a page says ends up as text, in the subject and in the HTML part."""
    email.send(requests.Session(), hostile, email.Settings(url=Secret(mailbox.url())))

    [mail] = mailbox.messages
    assert mail["Bcc"] is None
    assert "\x1b" not in mail["Subject"]
    assert mail["X-Forepost-Key"].startswith("pay Bcc:")
    for part in mail.walk():
        if part.get_content_type() == "text/html":
            assert "<script>" not in part.get_content()


@pytest.mark.parametrize("refuse", ["550 no such mailbox", "451 later"])
def test_a_refused_mail_is_a_failed_try(
    mailbox: Any, alert: Alert, refuse: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The outbox must hear of it; the address, which is the secret, must not show."""
    mailbox.refuse = refuse
    url = mailbox.url() + f"&name={CANARY}"
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        email.send(requests.Session(), alert, email.Settings(url=Secret(url)))

    assert str(caught.value).startswith("email: the service did not take it; try [alerts.email]")
    # The mail server of this test logs the mail itself.
    ours = [one.getMessage() for one in caplog.records if one.name != "mail.log"]
    assert CANARY not in "".join([str(caught.value), *ours])


def test_a_mail_server_that_is_away_is_a_failed_try(
    alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    """No exception of a library, no password in the log."""
    port = closed_port()
    url = f"mailto://me:{CANARY}@127.0.0.1:{port}/?to=on@shop.example&mode=insecure"
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError, match=r"^email: "):
        email.send(requests.Session(), alert, email.Settings(url=Secret(url)))

    assert CANARY not in caplog.text


def test_a_chat_gets_title_and_lines(httpserver: HTTPServer, hostile: Alert) -> None:
    """Through Apprise to a real server; nobody is called by what a page says."""
    got = []

    def take(request: Request) -> Response:
        got.append(json.loads(request.data))
        return Response("ok")

    httpserver.expect_request("/hook").respond_with_handler(take)
    url = Secret(f"json://127.0.0.1:{httpserver.port}/hook")
    chat.send(requests.Session(), hostile, chat.Settings(url=url))

    [told] = got
    assert told["type"] == "failure"
    assert "\n" not in told["title"]
    assert "\x1b" not in told["title"] + told["message"]
    assert "@everyone" not in told["message"]
    assert "<!channel" not in told["message"]
    assert told["message"].splitlines()[-1].startswith("key: pay")


@pytest.mark.parametrize("url", [f"nosuch://{CANARY}", f"slack://{CANARY}", f"http://[{CANARY}"])
def test_an_address_that_apprise_does_not_know_is_told_without_it(
    url: str, alert: Alert, caplog: pytest.LogCaptureFixture
) -> None:
    """Apprise logs such addresses in full; we must not."""
    with caplog.at_level(logging.DEBUG), pytest.raises(DeliveryError) as caught:
        chat.send(requests.Session(), alert, chat.Settings(url=Secret(url)))

    assert "$ADDRESS" in str(caught.value)
    assert CANARY not in str(caught.value) + caplog.text


@pytest.mark.parametrize("kind", [email.Settings, chat.Settings], ids=["email", "chat"])
def test_a_secret_that_is_no_address_is_told_without_it(kind: Any) -> None:
    """Somebody put the password where the address belongs."""
    with pytest.raises(ValueError, match="url names a secret that is no") as caught:
        kind(url=Secret(CANARY))

    assert CANARY not in str(caught.value)


def test_the_terminal_gets_lines_and_no_commands(
    hostile: Alert, capsys: pytest.CaptureFixture[str]
) -> None:
    """No escape sequence of a page's title reaches the operator's terminal."""
    terminal.send(requests.Session(), hostile, terminal.Settings())

    out, err = capsys.readouterr()
    assert out == "", "stdout is for results"
    assert err.splitlines()[0].startswith("ALERT  12:00:00 UTC  pay Bcc: all@shop.example [2J")
    assert len(err.splitlines()) == 1 + len(hostile.lines)
    assert not set(err) & {"\x1b", "\x07", "\r", "\u202e"}


def test_a_terminal_that_is_gone_is_a_failed_try(
    alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log's reader left; the alert stays in the outbox."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)

    with pytest.raises(DeliveryError, match=r"^terminal: stderr cannot be written"):
        terminal.send(requests.Session(), alert, terminal.Settings())
