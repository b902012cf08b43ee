"""What a script must not hold, and what hostile pages cannot do to it or to whoever records."""

import ast
import json

import pytest

from forepost.errors import LoadError
from loadtests.recording import About, secrets
from loadtests.recording.har import Exchange
from loadtests.session import FlowFailedError
from tests.loadtests.recorded import RUN_ID, SHOP, Har, visit

OLD, NEW = "95a09cfa1275b7eeeb5ff349b13e117f", "e1f0c2b77d5a4c1f9b3e6a8d2c4f6a80"

PAY = (
    '<h1>Pay</h1><form method="post" action="/pay"><input name="cc_number"><input name="cc_csc">'
    '<input name="password" type="password"><input name="voucher"></form>'
)


def test_a_public_test_card_is_a_default() -> None:
    """It is nobody's: the script runs without a key in the campaign."""
    har = Har().add("GET", "/pay", PAY)
    har.add(
        "POST",
        "/pay",
        "<h1>Thanks</h1>",
        form={"cc_number": "4242 4242 4242 4242", "cc_csc": "123"},
    )
    made = har.script(settings={"card": "4242424242424242"})

    sent = visit(made, {("GET", "/pay"): PAY, ("POST", "/pay"): "Thanks"})[1]
    assert sent.form == {"cc_number": "4242 4242 4242 4242", "cc_csc": "123"}
    assert made.needed == ()
    assert "card: str =" in made.text


def test_other_cards_codes_and_passwords_are_secrets_of_the_campaign() -> None:
    """Nothing of them stands in the script, and it says what has to be given."""
    har = Har().add("GET", "/pay", PAY)
    sent = {"cc_number": "4539578763621486", "cc_csc": "871", "password": "Sesam-öffne"}
    har.add("POST", "/pay", "<h1>Thanks</h1>", form=sent)
    made = har.script()

    assert made.needed == ("cc_number", "cc_csc", "password")
    assert not any(value in made.text for value in sent.values())
    assert "cc_number: Secret" in made.text


NAMES = (
    ("user[password]", "text"),
    ("password_confirmation", "text"),
    ("newPassword2", "text"),
    ("login_pin", "text"),
    ("answer", "password"),
)


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_a_password_is_known_by_its_name_or_its_control(name: str, kind: str) -> None:
    """Whatever a framework calls it: it was typed, and it must not stand in a file."""
    page = f'<h1>Log in</h1><form method="post"><input name="{name}" type="{kind}"></form>'
    har = Har().add("GET", "/login", page)
    har.add("POST", "/login", "<h1>Welcome</h1>", form={name: "correct horse"})
    made = har.script()

    assert "correct horse" not in made.text
    assert len(made.needed) == 1


def test_a_key_in_a_header_is_a_secret_of_the_campaign() -> None:
    """A word that a script sends as its key looks like any other word."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    headers = {"x-auth": "swordfish", "x-credentials": "open-sesame"}
    har.add("GET", "/api/me", "{}", kind="xhr", headers=headers)
    made = har.script()

    assert made.needed == ("x_auth", "x_credentials")
    assert not any(value in made.text for value in headers.values())


@pytest.mark.parametrize("bad", ["<h1>", "<h1 ", "<h2", "<dt x", "a@", "aaaa"])
def test_hostile_pages_hold_no_recording_up(bad: str) -> None:
    """What never ends is read once, not from each of its beginnings again."""
    page = bad * 40_000
    har = Har().add("GET", "/", page)
    har.add("POST", "/buy", page, form={"note": page})
    assert har.script().requests == 2


@pytest.mark.parametrize("code", ["K7Q2-M4XT-9WAB", "FERN-YHQA-PEGQ-KAQW"])
def test_a_value_from_elsewhere_is_a_column_of_the_data(code: str) -> None:
    """A voucher that was typed from a mail: no page handed it over, chance would not do."""
    har = Har().add("GET", "/pay", PAY)
    har.add("POST", "/pay", "<h1>Thanks</h1>", form={"voucher": code})
    made = har.script()

    answers = {("GET", "/pay"): PAY, ("POST", "/pay"): "Thanks"}
    assert made.columns == ("voucher",)
    assert code not in made.text
    assert visit(made, answers, {"voucher": "AAAA"})[1].form == {"voucher": "AAAA"}
    with pytest.raises(FlowFailedError, match=r'no column "voucher": give the flow data = '):
        visit(made, answers)


HOSTILE = '"""\'\\{x}; import os\n#'


def test_hostile_texts_cannot_leave_their_quotes() -> None:
    """A page may be written by an enemy: its texts are data in the script, wherever they come."""
    har = Har().add(
        "GET", "/", f"<h1>{HOSTILE}</h1><form action='/p'><input name='{{y}}\"'></form>"
    )
    har.add("POST", "/p", f"<h1>{HOSTILE}</h1>", form={'{y}"': HOSTILE, HOSTILE: HOSTILE})
    har.add("POST", "/api", "{}", kind="fetch", body=json.dumps({HOSTILE: [HOSTILE]}))
    twice = [(HOSTILE, HOSTILE), (HOSTILE, "b")]
    har.add("POST", "/q", f"<h1>{HOSTILE}</h1>", form=twice)
    made = har.script(steps=[(0.0, HOSTILE)])

    imported = [node for node in ast.walk(ast.parse(made.text)) if isinstance(node, ast.Import)]
    assert imported == []
    sent = visit(made, {})
    assert dict(sent[1].form or {})[HOSTILE] == HOSTILE
    assert sent[2].json == {HOSTILE: [HOSTILE]}
    assert sent[3].form == twice


def test_a_script_that_would_hold_a_secret_is_not_written() -> None:
    """The last look does not trust how the script was made."""
    cookie = Exchange("s", "GET", f"{SHOP}/", True, 0.0, {"cookie": "sid=monday-7; lang=english"})
    about = About("journey", SHOP, RUN_ID, {"sku": OLD}, {"token": "open sesame"})
    for text, kind in {
        "x = 'monday-7'": "a cookie of the recorded session",
        "x = 'say open sesame now'": "a secret of the configuration",
        f"# {RUN_ID}": "the id of the recorded run",
        f"x = '{NEW}'": "a value that looks drawn by chance",
        "# ada@shop.example": "an e-mail address",
        "# 4539578763621486": "a card number that is not a public test number",
        f"x = r'[^/]+\\.{NEW}'": "a value that looks drawn by chance",
    }.items():
        assert secrets.found(text, [cookie], about) == [kind]
    bare = Exchange("s", "GET", f"{SHOP}/", True, 0.0, {"authorization": "hunter-two"})
    kinds = ["an authorization of the recorded session"]
    assert secrets.found("x = 'hunter-two'", [bare], about) == kinds
    escaped = 'x = "it\'s a \\"horse\\""'
    assert secrets.found(escaped, [], about, {'it\'s a "horse"'}) == ["a secret of the walk"]
    assert secrets.found("x = 'correct horse'", [], about, {"correct horse"}) == [
        "a secret of the walk"
    ]
    clean = f"x = '{OLD}', 'english', 'load@example.com', '4242424242424242'"
    assert secrets.found(clean, [cookie], about) == []


def test_what_cannot_be_cleaned_is_refused_whole() -> None:
    """A token that the probe cannot tell from a word: named by kind, never by value."""
    har = Har().add("GET", "/", "<h1>Hi</h1>", headers={"cookie": "sid=tuesday-9"})
    har.add("GET", "/p/tuesday-9", "<h1>Hi</h1>")

    with pytest.raises(LoadError, match="a cookie of the recorded session") as refused:
        har.script()
    assert "tuesday" not in str(refused.value)
