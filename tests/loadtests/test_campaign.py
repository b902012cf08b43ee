"""Campaign files: what ships loads, and what is wrong is told in one go."""

from pathlib import Path

import pytest

from forepost.errors import ConfigError
from loadtests import campaign

GOOD = """
[campaign]
title = "Test"
owner = "Team"
mocked = []
[shape]
kind = "hold"
rate = "5/s"
over = "10s"
[flows.browse]
share = 1.0
peak = "300 visits/min"
[resources]
web = ["shop.product"]
"""


def faults(text: str) -> list[str]:
    """Return the lines of the error that a file leads to."""
    with pytest.raises(ConfigError) as caught:
        campaign.parse(text, name="test", origin="test.toml")
    return caught.value.faults


@pytest.mark.parametrize("name", campaign.names())
def test_every_campaign_that_ships_loads(name: str) -> None:
    """And has arrivals within its own ceilings."""
    loaded = campaign.load(name)

    assert loaded.name == name
    assert 0 < len(loaded.plan()) < loaded.max_rate * loaded.max_duration


def test_what_is_written_is_what_is_loaded() -> None:
    """Units are turned into seconds and rates a second."""
    loaded = campaign.parse(GOOD, name="test", origin="test.toml")

    assert loaded.shape.duration_s == 10
    assert loaded.flows["browse"].peak is not None
    assert (loaded.flows["browse"].peak.per_s, loaded.flows["browse"].peak.unit) == (5.0, "visits")
    assert loaded.resources == {"web": ("shop.product",)}


def test_all_faults_come_at_once() -> None:
    """One line a fault: file, table, key, value and remedy."""
    text = (
        GOOD.replace('owner = "Team"\n', "")
        .replace('rate = "5/s"', "rate = 5")
        .replace('"300 visits/min"', '"300"')
        .replace("share = 1.0", 'share = 1.0\nproduct = "x"')
        .replace('["shop.product"]', '["shop.prodct"]')
    )

    found = faults(text)

    assert len(found) == 5
    assert all(line.startswith("test.toml") for line in found)
    assert any("[campaign] owner: this key is needed" in line for line in found)
    assert any(
        '[shape] rate = 5: a rate is text with a unit, like "12/s"' in line for line in found
    )
    assert any('[flows.browse] peak = "300": a forecast says how many' in line for line in found)
    assert any(
        "[flows.browse] product: no such key; did you mean products?" in line for line in found
    )
    assert any(
        '[resources] web = "shop.prodct": no flow of this campaign' in line for line in found
    )


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("share = 1.0", "share = 0.5", "the shares add up to 0.5; they must make 1"),
        ('rate = "5/s"', 'rate = "80/s"', 'max_rate = "50/s": the shape goes up to 80/s'),
        ('over = "10s"', 'over = "2h"', 'max_duration = "600s": the shape lasts 7200 s'),
        ('"hold"', '"hild"', "is one of: hold, ramp, steps"),
        ("[flows.browse]", "[flows.brows]", "no file loadtests/users/brows.py; there is: browse"),
        ("mocked = []", "mocked = []\nheadroom = 0.5", "is a factor of at least 1"),
        ("mocked = []", "", "[campaign] mocked: this key is needed"),
        ("[resources]", "[resource]", "no such table; there is: campaign, shape"),
        ("[shape]", "[shape", "not TOML"),
    ],
)  # fmt: skip
def test_a_fault_names_its_remedy(was: str, becomes: str, says: str) -> None:
    """Every kind of fault, once."""
    assert any(says in line for line in faults(GOOD.replace(was, becomes)))


def test_steps_must_hold_whole_seconds() -> None:
    """Figures are kept per second: a second belongs to one step."""
    text = GOOD.replace(
        'kind = "hold"\nrate = "5/s"\nover = "10s"',
        'kind = "steps"\nrates = ["1/s"]\nhold = "1.5s"',
    )

    assert any("whole seconds" in line for line in faults(text))


def test_an_unknown_campaign_names_those_that_exist(tmp_path: Path) -> None:
    """The reader sees at once what to type."""
    with pytest.raises(ConfigError, match=r"no campaign .*gift\.toml; there is: gift-cards"):
        campaign.load("gift")
    with pytest.raises(ConfigError, match="there is: none"):
        campaign.load("gift", tmp_path)
