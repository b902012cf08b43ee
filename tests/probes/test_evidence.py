"""Evidence without leaks: planted canaries must be in none of the artefacts."""

import re
import zipfile
from pathlib import Path

import pytest

from forepost.config import Secret
from forepost.model import FlowRun, Outcome
from probes.pool import ProbePool
from probes.scrubbing.scrub import Scrubber
from tests.probes.site import HELLO, Answer, Ask, Site

pytestmark = pytest.mark.browser

CARD = "4242424242424242"
OTHER_CARD = "5555555555554444"  # nobody told the probe of it
CHECK_DIGITS = "937"  # nobody told of them either: known by their field
PASSWORD = "hunter2-canary"
TOKEN = "tok-canary-77aa"

FORM = f"""
<form method=post action='/pay?token={TOKEN}'>
<label>Number <input name=cc_number autocomplete=cc-number></label>
<label>Code <input name=cc_csc autocomplete=cc-csc></label>
<label>Password <input name=password></label>
<script>
console.log('typed {CARD} and {PASSWORD}');
console.log('4242 4242 4242 4242', '{OTHER_CARD}');
fetch('/log?card={CARD}&key={TOKEN}', {{method: 'POST', body: JSON.stringify(
  {{number: '{CARD}', other: '{OTHER_CARD}', password: '{PASSWORD}'}})}});
</script>
<a href='#' onclick='document.forms[0].submit()'>Pay</a>
</form>
"""


def contents(run: FlowRun, out: Path) -> dict[str, bytes]:
    """Return all that was kept: files, and the entries of archives unpacked."""
    found: dict[str, bytes] = {}
    for kept in run.artefacts:
        path = out / kept.path
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found |= {f"{kept.path}:{name}": archive.read(name) for name in archive.namelist()}
        else:
            found[kept.path] = path.read_bytes()
    return found


def test_no_artefact_holds_a_planted_secret(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Card, check digits, password and token: typed, posted, logged, and in an address."""
    site.pages["/"] = Answer(HELLO.format(FORM))
    site.pages["/pay"] = Answer(HELLO.format(f"card {CARD} was not accepted"), status=500)

    run = pool.run(
        ask(
            ("step", "form"),
            ("secret", CARD),
            ("open", "/"),
            ("fill", f"Number={CARD}"),
            ("fill", f"Code={CHECK_DIGITS}"),
            ("fill", f"Password={PASSWORD}"),
            ("step", "pay"),
            ("click", "Pay"),
            ("wait", "300"),
            ("fact", f"paid with {CARD}"),
            ("check", f"the card {CARD} is accepted"),
            retry=True,
            shop={"token": Secret(TOKEN)},
            settings={"note": Secret(PASSWORD)},
        )
    )

    assert (run.outcome, run.attempts) == (Outcome.FAILED, 2)
    kinds = {kept.kind for kept in run.artefacts}
    assert kinds >= {"screenshot", "console", "requests", "trace"}, run.facts
    found = contents(run, out)
    told = repr(run).encode()
    for canary in (CARD, OTHER_CARD, PASSWORD, TOKEN, "4242 4242 4242 4242"):
        holders = [name for name, data in found.items() if canary.encode() in data]
        assert holders == [], canary
        assert canary.encode() not in told
    short = re.compile(rb"[\"'=>]937[\"'&<]|=937$")
    assert [name for name, data in found.items() if short.search(data)] == []
    assert any(b"****************" in data for name, data in found.items() if "trace" in name)


def test_names_of_steps_and_facts_are_masked_and_their_pictures_kept_apart(
    pool: ProbePool, ask: Ask, out: Path
) -> None:
    """A name may hold what a flow was told; one without Latin letters is a step like any other."""
    run = pool.run(
        ask(
            ("step", "支払い"),
            ("open", f"/?{PASSWORD}"),
            ("fact", f"before anybody said so: {PASSWORD}"),
            ("step", "確認"),
            ("secret", PASSWORD),
            ("open", "/next"),
            ("fact of", f"of {PASSWORD}"),
            ("step", f"sign in with {PASSWORD}"),
            ("open", "/?again"),
            ("see", "hello"),
            pictures=True,
        )
    )

    assert run.outcome is Outcome.PASSED, run.message
    assert PASSWORD not in repr(run)
    pictures = [step.picture or "" for step in run.steps]
    assert len(set(pictures)) == 3
    assert all((out / picture).is_file() for picture in pictures)


def test_the_frames_of_a_trace_are_left_out_where_a_secret_was_on_show(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """A picture cannot be masked afterwards."""
    site.pages["/"] = Answer(HELLO.format(f"your code: {PASSWORD}"))

    jobs = {
        shown: ask(
            ("step", "see"), *secret, ("open", "/"), ("wait", "300"), ("goal", ""), retry=True
        )
        for shown, secret in ((True, [("secret", PASSWORD)]), (False, []))
    }

    for shown, job in jobs.items():
        names = list(contents(pool.run(job), out))
        assert any("trace" in name for name in names)
        frames = [name for name in names if name.endswith((".jpeg", ".jpg"))]
        assert (not frames) is shown


def test_what_cannot_be_cleaned_is_not_kept(tmp_path: Path) -> None:
    """Fails closed: a scrubber that finds something left says so."""
    scrubber = Scrubber([PASSWORD])

    assert scrubber.leaks(f"a {PASSWORD} b".encode()) == ["a known secret"]
    assert scrubber.leaks(f"n={CARD}".encode()) == ["a card number"]
    assert scrubber.leaks(scrubber.data(f"{PASSWORD} {CARD}".encode())) == []
    assert list(tmp_path.iterdir()) == []
