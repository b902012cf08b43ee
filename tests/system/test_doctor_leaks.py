"""`forepost doctor --leaks` as a user calls it: which file, what kind, never the value."""

import json
import sqlite3

from tests.system.home import Home

CONFIG = """
[shop]
url = "http://shop.test"
token = "env:THE_SHOPS_TOKEN"
"""
TOKEN = "tok-canary-77aa"
CARD = "5555555555554444"


def test_nothing_kept_is_nothing_leaked(home: Home) -> None:
    """Exit 0, and nothing is made by looking."""
    home.write(CONFIG)
    said = home.call("doctor", "--leaks", THE_SHOPS_TOKEN=TOKEN)

    assert (said.code, said.err) == (0, "")
    assert "no secret" in said.out
    assert home.files() == ["config.toml"]


def test_leaks_are_told_by_file_and_kind(home: Home) -> None:
    """In evidence and in the store; exit 1."""
    home.write(CONFIG)
    kept = home.folder / "out" / "runs" / "019ab2c3d4e5f6071829"
    kept.mkdir(parents=True)
    (kept / "console.txt").write_text(f"log: {TOKEN}\n", "utf-8")
    (kept / "dom.html").write_text("<p>clean</p>", "utf-8")
    with sqlite3.connect(home.folder / "out" / "forepost.sqlite") as store:
        store.execute("CREATE TABLE runs (message TEXT)")
        store.execute("INSERT INTO runs VALUES (?)", [f"paid with {CARD}"])
    store.close()

    said = home.call("doctor", "--leaks", THE_SHOPS_TOKEN=TOKEN)
    told = json.loads(home.call("doctor", "--leaks", "--json", THE_SHOPS_TOKEN=TOKEN).out)

    assert (said.code, said.err) == (1, "")
    assert "console.txt: a known secret" in said.out
    assert "forepost.sqlite (runs): a card number" in said.out
    assert "dom.html" not in said.out
    assert TOKEN not in said.out
    assert CARD not in said.out
    assert len(told["leaks"]) == 2
    assert told["files"] == 3


def test_a_canary_of_ones_own_is_looked_for(home: Home) -> None:
    """Planted by hand, found by hand; without --leaks it means nothing."""
    home.write('[shop]\nurl = "http://shop.test"\n')
    (home.folder / "out").mkdir()
    (home.folder / "out" / "report.html").write_text("<p>my-canary</p>", "utf-8")

    assert home.call("doctor", "--leaks").code == 0
    assert home.call("doctor", "--leaks", "--canary", "my-canary").code == 1
    assert "--canary needs --leaks" in home.call("doctor", "--canary", "my-canary").refusal()
