"""config.toml: what is right loads, what is wrong is said in one go, line by line."""

from pathlib import Path

import pytest

from forepost import config
from forepost.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [ROOT / "config.toml", ROOT / "forepost" / "demo" / "demo.toml"]


def faults_of(text: str, base: Path) -> list[str]:
    """Return the lines that a faulty text is answered with."""
    with pytest.raises(ConfigError) as caught:
        config.parse(text, base=base)
    return caught.value.faults


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_config_loads(path: Path) -> None:
    """What ships must work as it ships."""
    loaded = config.load(path)

    assert set(loaded.flows) == {
        "browse",
        "checkout",
        "payment",
        "gift_card",
        "autopay",
        "after_sales",
    }
    assert loaded.shop.bundled
    assert loaded.store.path.is_absolute()


def test_every_fault_is_told_in_one_go(tmp_path: Path) -> None:
    """Nobody should have to start a program nine times to mend nine lines."""
    text = """
[shop]
url = "htp:/x"
colour = 3
[flows.gest_checkout]
[decide]
open_after = "2"
opn_after = 1
[complaints]
poll = "5 minutes"
[watch]
workers = -1
[zone]
"""
    faults = faults_of(text, tmp_path)

    expected = [
        "config.toml:13: [zone]: no such table",
        'config.toml:3: [shop] url = "htp:/x": not an address',
        "config.toml:4: [shop] colour: no such key",
        "config.toml:5: [flows.gest_checkout]: no file probes/flows/gest_checkout.py; there is:",
        'config.toml:7: [decide] open_after = "2": input should be a valid integer',
        "config.toml:8: [decide] opn_after: no such key; did you mean open_after?",
        'config.toml:10: [complaints] poll = "5 minutes": a duration is text with a unit',
        "config.toml:12: [watch] workers = -1: input should be greater than or equal to 0",
    ]
    assert len(faults) == len(expected)
    for start in expected:
        assert any(fault.startswith(start) for fault in faults), (start, faults)
    assert all("\n" not in fault for fault in faults)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[shop]\ntimezone = "Mars/Olympus"\n', "no such time zone"),
        ('[shop]\nstorefront = "nowhere"\n', "no file probes/storefronts/nowhere.py; there is:"),
        ('[alerts.webhook]\nurl = "https://x.example"\ntoken = "hunter2"\n', "env:NAME"),
        (
            '[alerts.webhook]\nurl = "https://x.example"\ntoken = "env:FOREPOST_NOT_SET"\n',
            "the environment variable FOREPOST_NOT_SET is not set",
        ),
        (
            '[alerts.webhook]\nurl = "https://x.example"\ntoken = "file:/nowhere/at/all"\n',
            "/nowhere/at/all cannot be read: No such file",
        ),
        ('[flows.browse]\ninterval = "0s"\n', "longer than nothing"),
        ("[flows.browse]\ninterval = 300\n", "a duration is text with a unit"),
        ('[flows.browse]\ninterval = "10s"\ninterval_failing = "20s"\n', "not be longer"),
        ("[flows.browse]\nno_such_key = 1\n", "no such key"),
        ('[complaints]\nplol = "5s"\n', "no such key; did you mean poll?"),
        ('[flows.browse]\nintervall = "5m"\n', "intervall: no such key; did you mean interval?"),
        ('[flows.browse]\nserch = "x"\n', "serch: no such key; did you mean search?"),
        ('[shop]\nflag = "a b"\n', 'flag = "a b": write "name=value"'),
        ('[complaints]\ncontact = "two words"\n', "write an address in one word"),
        ('[reports]\ncharts = ["pie"]\n', "no file reports/charts/pie.py"),
        ('[paths]\nplugins = ["./nothing-here"]\n', "holds no room"),
        (
            '[shop.services]\nmial = "https://x.example"\n',
            "toml:2: [shop.services] mial: no such service; there is: gateway, mail, orders",
        ),
        (
            '[shop]\nstorefront = "generic"\n[shop.services]\n\nmail = "x.example"\n',
            'toml:5: [shop.services] mail = "x.example": not an address; write "https://',
        ),
        (
            '[shop]\nservices = { mail = "http://me:pa@x.example" }\n',
            'mail = "***@x.example": a name or password before the host',
        ),
        ("[shop.services]\nmail = 5\n", "input should be a valid string"),
        ("[shop\n", "not TOML"),
    ],
)
def test_a_fault_names_the_line_and_the_remedy(tmp_path: Path, text: str, part: str) -> None:
    """What, where, the value, what to do: one line each."""
    faults = faults_of(text, tmp_path)

    assert any(part in fault for fault in faults), faults
    assert all(fault.startswith("config.toml:") for fault in faults)


@pytest.mark.parametrize(
    "url", ["https://buyer:pa-5514@shop.example", "https://pa-5514@shop.example/", "//a:pa-5514@b"]
)
def test_a_password_in_an_address_is_refused_and_never_shown(tmp_path: Path, url: str) -> None:
    """It would stand in every report; a browser would leave such a shop without our mark."""
    (fault,) = faults_of(f'[shop]\nurl = "{url}"\n', tmp_path)

    assert fault.startswith('config.toml:2: [shop] url = "***@')
    refused = "a name or password before the host would stand in every report; leave it out"
    assert fault.endswith(refused if url.startswith("https") else 'or "bundled"')
    assert "5514" not in fault


@pytest.mark.parametrize(
    "url",
    ["https://sh op.example", "https://shop.example/a b", "https://a\\tb", "http://[::1", "x"],
)
def test_an_address_has_a_host_and_no_blank(tmp_path: Path, url: str) -> None:
    """What one part of the house reads and another does not is no address."""
    (fault,) = faults_of(f'[shop]\nurl = "{url}"\n', tmp_path)

    assert 'not an address; write "https://shop.example" or "bundled"' in fault


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://[::1]:8000", "https://ölshop.example/de", "bundled"]
)
def test_an_address_may_be_of_any_kind(tmp_path: Path, url: str) -> None:
    """Ports, numbers, letters of any alphabet, a folder of the host."""
    assert config.parse(f'[shop]\nurl = "{url}"\n', base=tmp_path).shop.url == url


def test_a_storefront_of_ones_own_may_ask_other_services(tmp_path: Path) -> None:
    """Nobody but its author knows their names; that they are addresses is known."""
    room = tmp_path / "mine" / "probes" / "storefronts"
    room.mkdir(parents=True)
    (room / "ours.py").write_text(
        '"""Our shop."""\nfrom probes.storefronts.generic import Settings, open_shop\n', "utf-8"
    )
    text = '[paths]\nplugins = ["mine"]\n[shop]\nstorefront = "ours"\n[shop.services]\n'

    loaded = config.parse(text + 'books = "https://books.example"\n', base=tmp_path)
    (fault,) = faults_of(text + 'books = "/srv/books"\n', tmp_path)

    assert loaded.shop.services == {"books": "https://books.example"}
    assert 'config.toml:6: [shop.services] books = "/srv/books": not an address' in fault


def test_a_secret_never_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """repr, str and errors print ***; only reveal() gives the value."""
    monkeypatch.setenv("FOREPOST_TEST_TOKEN", "canary-5512")
    text = '[alerts.webhook]\nurl = "https://x.example"\ntoken = "env:FOREPOST_TEST_TOKEN"\n'

    loaded = config.parse(text, base=tmp_path)

    assert "canary" not in repr(loaded)
    assert loaded.alerts["webhook"].token.reveal() == "canary-5512"


def test_a_secret_in_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    """`file:` is how containers hand secrets over."""
    (tmp_path / "token").write_text("canary-5513\n", "utf-8")

    assert config.secret.resolve(f"file:{tmp_path}/token").reveal() == "canary-5513"
    beside = config.parse('[shop]\ntoken = "file:token"\n', base=tmp_path).shop.token
    assert beside is not None, "a relative path starts at the config, wherever one works"
    assert beside.reveal() == "canary-5513"


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("5m", 300), ("1h", 3600), ("1.5d", 129_600)]
)
def test_durations_have_units(text: str, seconds: float) -> None:
    """The five units and fractions."""
    assert config.parse_duration(text) == seconds


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    """No traceback for a typo on the command line."""
    with pytest.raises(ConfigError, match=r"no such file; name one with --config FILE$"):
        config.load(tmp_path / "nope.toml")


def test_a_file_in_another_encoding_is_one_line_with_its_remedy(tmp_path: Path) -> None:
    """An editor of old writes Latin-1: the first such line is named, not the codec."""
    (tmp_path / "config.toml").write_bytes('[shop]\nname = "Käsehaus"\n'.encode("latin-1"))

    with pytest.raises(ConfigError, match=r"config\.toml:2: not UTF-8; save the file as UTF-8$"):
        config.load(tmp_path / "config.toml")


def test_a_slip_in_a_plugin_is_one_line_that_names_the_file_and_its_line(tmp_path: Path) -> None:
    """Whoever writes a first flow makes one; the words of Python's compiler are enough."""
    room = tmp_path / "mine" / "probes" / "flows"
    room.mkdir(parents=True)
    (room / "slipped.py").write_text('"""Slipped."""\ndef run(:\n', "utf-8")

    (fault,) = faults_of('[flows.slipped]\n[paths]\nplugins = ["./mine"]\n', tmp_path)

    want = f"config.toml:1: [flows.slipped]: {room / 'slipped.py'}, line 2: invalid syntax; mend "
    assert fault.startswith(want)


def test_a_relative_path_of_a_plugin_starts_at_the_config_too(tmp_path: Path) -> None:
    """As all other paths do: a watch started by a service manager has another working folder."""
    loaded = config.parse('[complaints.file]\npath = "posts.csv"\n', base=tmp_path)

    assert loaded.complaints.sources["file"].path == tmp_path / "posts.csv"


def test_a_file_of_own_topic_rules_is_named_in_the_config(tmp_path: Path) -> None:
    """A shop has topics of its own; its rules lie beside its config."""
    loaded = config.parse('[complaints]\ntopics = "topics.toml"\n', base=tmp_path)

    assert loaded.complaints.topics == tmp_path / "topics.toml"


@pytest.mark.parametrize("value", [None, "shop.example.org"])
def test_real_money_needs_a_second_key_that_names_the_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """A key copied from another shop's config is none."""
    text = '[shop]\nurl = "https://shop.example"\nenvironment = "pay_and_void"\n'
    if value is not None:
        monkeypatch.setenv("FOREPOST_PAY_AND_VOID", value)
        text += 'pay_and_void_key = "env:FOREPOST_PAY_AND_VOID"\n'

    with pytest.raises(ConfigError) as caught:
        config.parse(text, base=tmp_path)

    assert len(caught.value.faults) == 1
    assert "set that variable to the shop's host, shop.example;" in caught.value.faults[0]


def test_real_money_is_allowed_with_both_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment says the host of this very shop."""
    monkeypatch.setenv("FOREPOST_PAY_AND_VOID", "shop.example")
    text = '[shop]\nurl = "https://shop.example"\nenvironment = "pay_and_void"\n'
    text += 'pay_and_void_key = "env:FOREPOST_PAY_AND_VOID"\n'

    assert config.parse(text, base=tmp_path).shop.environment == "pay_and_void"
