"""Settings that cannot be meant are refused with the config, before anything is bought."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from forepost.config import load
from forepost.errors import ConfigError
from probes.flows._cards import card_of


def test_a_card_is_written_or_named_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is nobody's business comes from the environment, with its date and check digits."""
    monkeypatch.setenv("OUR_CARD", "5555555555554444 11/31 987")
    file = tmp_path / "config.toml"
    file.write_text('[flows.checkout]\ncard = "env:OUR_CARD"\n[flows.browse]\n', "utf-8")
    plan = load(file).flows["checkout"]
    journey = Mock(secret=lambda text: text)

    named, written = card_of(journey, plan.settings.card), card_of(journey, "4242424242424242")

    assert (named.number, named.expiry, named.csc) == ("5555555555554444", "11/31", "987")
    assert (written.number, written.expiry, written.csc) == ("4242424242424242", "12/34", "123")
    assert "5555" not in repr(plan)
    assert "987" not in repr(named)


def test_half_of_what_belongs_together_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address without its password, and money on a card that nobody named."""
    monkeypatch.setenv("WHO", "ada@probe.invalid")
    file = tmp_path / "config.toml"
    half = '[flows.autopay]\nlogin_email = "env:WHO"\n[flows.gift_card]\ncode_cents = 500\n'
    file.write_text(half, "utf-8")

    with pytest.raises(ConfigError) as refused:
        load(file)

    first, second = str(refused.value).splitlines()
    assert first.startswith(f"{file}:1: [flows.autopay]: ")
    assert "name both or neither" in first
    assert second.startswith(f"{file}:3: [flows.gift_card]: ")
    assert "none is named" in second


@pytest.mark.parametrize(
    ("flow", "line", "said"),
    [
        ("payment", 'checks = ["reloda"]', "input should be 'reload', 'back', "),
        ("autopay", 'checks = ["refund"]', "input should be 'expired' or 'cancelled'"),
        ("checkout", "mail_within_s = -1", "input should be greater than 0"),
        ("browse", "page_budget_ms = nan", "input should be a finite number"),
        ("browse", 'product = ""', "this is blank; write what is meant, or leave the key out"),
        ("browse", 'search = " \t"', "this is blank; write what is meant, or leave the key out"),
        ("checkout", 'mail_domain = "me@shop.example"', 'not a domain; write it without "@"'),
        ("gift_card", "amount_cents = 0", "input should be greater than 0"),
        ("checkout", 'card = "4242"', 'not a card; write "4242424242424242" or'),
        ("checkout", "card = 4242424242424242", "a secret is named"),
        ("payment", 'declined_card = "env:NO_SUCH_CARD"', "NO_SUCH_CARD is not set"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_one_line(
    tmp_path: Path, flow: str, line: str, said: str
) -> None:
    """A mail limit below zero would fail every healthy shop; a misspelt check, after it paid."""
    file = tmp_path / "config.toml"
    file.write_text(f"[flows.{flow}]\n{line}\n", "utf-8")

    with pytest.raises(ConfigError) as refused:
        load(file)

    (told,) = str(refused.value).splitlines()
    assert told.startswith(f"{file}:2: [flows.{flow}] {line.partition(' = ')[0]} = ")
    assert said in told
