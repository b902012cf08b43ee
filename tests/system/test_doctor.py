"""`forepost doctor` as a user calls it."""

import json

import pytest

from tests.system.home import Home


@pytest.mark.browser
def test_a_sound_machine_is_exit_0(home: Home) -> None:
    """The machine that runs the tests is one; every check has a detail and needs no remedy."""
    home.write('[shop]\nurl = "bundled"\n')
    said = home.call("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(said.out)}

    assert (said.code, said.err) == (0, ""), said.out
    assert {"config", "browser", "store", "clock", "loopback", "names", "disk"} <= set(checks)
    assert all(check["ok"] and check["detail"] and not check["remedy"] for check in checks.values())


def test_a_bad_config_is_exit_2_with_every_fault_and_the_remedy(home: Home) -> None:
    """Nothing else is looked at: what to look at stands in the config."""
    home.write('[shop]\nurl = "shop.example"\n[wacht]\n')
    said = home.call("doctor", "--json")
    (check,) = json.loads(said.out)

    assert (said.code, said.err) == (2, "")
    assert (check["name"], check["ok"]) == ("config", False)
    assert [line.partition(": ")[0] for line in check["detail"].splitlines()] == [
        "config.toml:3",
        "config.toml:2",
    ]
    assert "docs/config.md" in check["remedy"]
    assert home.files() == ["config.toml"]


def test_orders_that_are_used_up_before_the_day_is_over_are_told(home: Home) -> None:
    """50 orders, one each five minutes: from 04:10 on nobody would know that paying breaks."""
    home.write(
        '[shop]\nurl = "http://127.0.0.1:9"\nenvironment = "sandbox"\norders_per_day = 50\n'
        '[flows.browse]\n[flows.checkout]\ninterval = "5m"\n'
        '[flows.autopay]\nsubscription_page = "file:config.toml"\n'
    )
    (check,) = (
        one for one in json.loads(home.call("doctor", "--json").out) if one["name"] == "caps"
    )

    assert not check["ok"]
    assert "checkout: 288 paying runs a day use up 50 orders by 04:10" in check["detail"]
    assert "orders_per_day" in check["remedy"]


def test_the_table_says_what_to_mend(home: Home) -> None:
    """As a person reads it."""
    home.write("[wacht]\n")
    said = home.call("doctor")

    assert said.code == 2
    assert said.out.startswith("mend  config")
    assert "change these lines; keys: docs/config.md" in said.out
