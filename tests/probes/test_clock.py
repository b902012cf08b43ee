"""A certificate that is not valid today: the shop's fault, or our own clock's.

The certificates are made by openssl and shown by a real TLS server; the time that its `Date`
tells is the test's. (A browser that trusts no test's authority says ERR_CERT_AUTHORITY_INVALID
first, so that its word for the date is given here.)
"""

import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError

from forepost.model import Fault, Outcome
from probes.clock import certificate_of, validity
from probes.deadline import DeadlinePassed
from probes.journey import Verdict
from probes.verdict import Request, judge
from tests.probes.test_rules import Stage

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl to make certificates")
BEGAN, ENDED = datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2024, 6, 7, 8, 9, tzinfo=UTC)
WITHIN = datetime(2024, 1, 1, tzinfo=UTC)
AUTHORITY = """[ca]
default_ca = here
[here]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate that ran out, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "ca.cnf").write_text(AUTHORITY, "utf-8")
    (folder / "index.txt").touch()
    asked = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost"
    openssl(folder, f"{asked} -keyout key.pem -out asked.pem")
    dates = f"-startdate {BEGAN:%Y%m%d%H%M%SZ} -enddate {ENDED:%Y%m%d%H%M%SZ}"
    made = "-keyfile key.pem -in asked.pem -out made.pem -notext"
    openssl(folder, f"ca -batch -selfsign -config ca.cnf {dates} {made}")
    whole = folder / "whole.pem"
    whole.write_text((folder / "key.pem").read_text() + (folder / "made.pem").read_text(), "utf-8")
    return whole


def openssl(folder: Path, words: str) -> None:
    """Call it; fail with what it says."""
    said = subprocess.run(
        [OPENSSL or "", *words.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


@contextmanager
def served(certificate: Path, date: str | None) -> Iterator[str]:
    """Serve nothing over TLS, with this Date; yield the address."""

    class Dated(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(204)
            if date is not None:
                self.send_header("Date", date)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dated)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def verdicts(url: str) -> list[Verdict]:
    """Judge it as it is told by an opened page, and by a link that was pressed."""
    reason = "net::ERR_CERT_DATE_INVALID"
    dead = Request("GET", url, "document", first_party=True, failure=reason)
    return [
        judge(PlaywrightError(f"Page.goto: {reason} at {url}"), Stage()),
        judge(
            PlaywrightError(f"Page.goto: {reason} at http://elsewhere.invalid/"), Stage(made=[dead])
        ),
        judge(DeadlinePassed("step"), Stage(made=[dead])),
    ]


def test_an_expired_certificate_is_the_shops_fault(certificate: Path) -> None:
    """Its server agrees with us on what day it is; the line says when it ran out."""
    now = format_datetime(datetime.now(UTC) + timedelta(hours=20), usegmt=True)
    with served(certificate, now) as url:
        told = verdicts(url)

    for one in told:
        assert (one.outcome, one.fault) == (Outcome.FAILED, Fault.SHOP)
        assert "valid from 2023-01-02 to 2024-06-07, not today" in one.message


def test_a_wrong_clock_of_ours_is_never_the_shops_fault(certificate: Path) -> None:
    """The server lives on a day on which its certificate holds: it is we who do not."""
    days = round((datetime.now(UTC) - WITHIN) / timedelta(days=1))
    with served(certificate, format_datetime(WITHIN, usegmt=True)) as url:
        told = verdicts(url)

    for one in told:
        assert (one.outcome, one.fault) == (Outcome.BROKEN, Fault.OURS)
        said = f"our clock is {days} days off (the shop's server says 2024-01-01): "
        assert one.message.startswith(said)


@pytest.mark.parametrize("date", ["Mon, 06 Jan 2020 00:00:00 GMT", "yesterday", None])
def test_a_server_whose_own_clock_is_wrong_says_nothing_about_ours(
    certificate: Path, date: str | None
) -> None:
    """On its day the certificate is not valid either, or it names no day at all."""
    with served(certificate, date) as url:
        told = verdicts(url)

    assert {one.outcome for one in told} == {Outcome.FAILED}


def test_a_server_that_cannot_be_asked_again_is_the_shops_fault() -> None:
    """Nothing listens there any more: what the browser said stands."""
    (opened, _, pressed) = verdicts("https://localhost:1/")

    assert certificate_of("https://localhost:1/") is None
    assert opened.outcome is pressed.outcome is Outcome.FAILED
    assert "ERR_CERT_DATE_INVALID" in opened.message


def test_dates_are_read_as_openssl_reads_them(certificate: Path) -> None:
    """Two independent readers of one certificate; garbage is refused, whatever it is."""
    text = certificate.read_text("utf-8")
    body = re.search("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    assert body is not None
    der = ssl.PEM_cert_to_DER_cert(body[0])

    assert validity(der) == (BEGAN, ENDED)
    for garbage in (b"", b"\x30", der[:80], b"\x30\x84\xff\xff\xff\xff", b"\xff" * 99):
        with pytest.raises((ValueError, IndexError)):
            validity(garbage)
