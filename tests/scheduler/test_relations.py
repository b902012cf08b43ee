"""Tables that name each other: windows and flows, flows and flows."""

from datetime import timedelta
from pathlib import Path

import pytest

from forepost import config
from forepost.config.relations import needs_of
from forepost.errors import ConfigError

FLOWS = '[flows.browse]\n[flows.checkout]\ndepends_on = ["browse"]\n[flows.payment]\n'


def faults_of(text: str, base: Path) -> list[str]:
    """Return the lines that a faulty text is answered with."""
    with pytest.raises(ConfigError) as caught:
        config.parse(text, base=base)
    return caught.value.faults


def test_dependencies_reach_through_others(tmp_path: Path) -> None:
    """What checkout needs, payment needs too."""
    made = config.parse(FLOWS + 'depends_on = ["checkout"]\n', base=tmp_path)

    assert needs_of(made.flows).flows == {
        "browse": (),
        "checkout": ("browse",),
        "payment": ("checkout", "browse"),
    }


def test_nobody_waits_longer_for_a_flow_than_for_its_next_slot(tmp_path: Path) -> None:
    """Two attempts, but at most the interval."""
    text = '[flows.browse]\ninterval = "30s"\n[flows.checkout]\ndeadline = "60s"\n'
    needs = needs_of(config.parse(text, base=tmp_path).flows)

    assert needs.wait("browse") == timedelta(seconds=30)
    assert needs.wait("checkout") == timedelta(seconds=120)
    assert needs.wait("unknown") == timedelta()


def test_an_unknown_flow_and_a_circle_are_told(tmp_path: Path) -> None:
    """With the line, the names and what to do."""
    text = FLOWS + 'depends_on = ["brows"]\n[flows.autopay]\ndepends_on = ["gift_card"]\n'
    text += '[flows.gift_card]\ndepends_on = ["autopay"]\n'
    unknown, circle = faults_of(text, tmp_path)

    assert unknown.startswith('config.toml:5: [flows.payment] depends_on = ["brows"]: no table')
    assert "there is: autopay, browse, checkout, gift_card, payment" in unknown
    assert circle == (
        "config.toml:7: [flows.autopay] depends_on: flows wait for each other: "
        "autopay → gift_card → autopay; take one of them out"
    )


def test_a_flow_does_not_wait_for_itself(tmp_path: Path) -> None:
    """The smallest circle."""
    (line,) = faults_of(FLOWS + 'depends_on = ["payment"]\n', tmp_path)
    assert "payment → payment" in line


def test_every_fault_of_a_window_is_one_line(tmp_path: Path) -> None:
    """Where, the value and the remedy; a half-written window is never guessed."""
    text = FLOWS + '[maintenance.move]\nstarts = "2026-11-27 02:00"\n'
    text += '[maintenance.weekly]\nat = "sunday"\nlasts = "2h"\nflows = ["gest"]\n'
    faults = faults_of(text, tmp_path)

    assert [line.partition(": write")[0].partition("; write")[0] for line in faults[:2]] == [
        "config.toml:5: [maintenance.move] ends: this key is needed with the other one",
        'config.toml:8: [maintenance.weekly] at = "sunday"',
    ]
    assert faults[2].startswith('config.toml:10: [maintenance.weekly] flows = ["gest"]: no table')


def test_a_window_in_a_date_of_toml_loads(tmp_path: Path) -> None:
    """TOML has dates of its own; both spellings mean the same."""
    text = FLOWS + "[maintenance.move]\nstarts = 2026-11-27 02:00:00\nends = 2026-11-27T04:00:00\n"
    made = config.parse(text, base=tmp_path)
    assert made.maintenance["move"].ends == "2026-11-27 04:00:00"
