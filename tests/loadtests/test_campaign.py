"""Campaign files: what ships loads, and what is wrong is told in one go."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from forepost import plugins
from forepost.errors import ConfigError
from loadtests import campaign, campaigns
from loadtests.thresholds import grammar

GOOD = """
[campaign]
title = "Test"
owner = "Team"
mocked = []
thresholds = ["p95(browse) < 800ms per step"]
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
    assert [one.text for one in loaded.thresholds] == ["p95(browse) < 800ms per step"]
    assert loaded.dates is None
    assert (loaded.workers, loaded.cleanup) == (1, False)


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
        ('"hold"', '"hild"', "is one of: hold, ramp, steps, spike, soak, breakpoint, replay"),
        ("p95(browse)", "p95(brows)", "brows is no flow, endpoint or step of this"),
        ("p95(browse)", "p95(shop.prodct)", "did you mean shop.product?"),
        ("p95(browse)", "p95(browse/pay)", "browse/pay is no flow, endpoint or step"),
        ("p95(browse)", "p96(browse)", "no metric p96"),
        ("p95(browse) < 800ms", "dropped(shop.product) <= 0", "only whole visits are dropped"),
        ("per step", "in spike", "the shape has no phase spike; there is: hold"),
        ("per step", "after 10s", "speaks of no second of the shape; lower after"),
        ("per step", "for 11s", "no stretch lasts 11 s: the longest has 10 s"),
        ("[resources]", "[limits]\n[resources]", "no such table; there is: campaign, shape"),
        ("mocked = []", "mocked = []\ndates = [2026-12-24, 2026-11-27]", "is [first day, last"),
        ("mocked = []", "mocked = []\ndates = [2026-12-24]", "is [first day, last day]"),
        ("mocked = []", "mocked = []\ndate = 2026-12-24\ndates = [2026-12-24, 2026-12-25]",
         "stands beside date; write one of the two"),
        ("mocked = []", "mocked = []\nheadroom = nan", "is a factor of at least 1"),
        ("mocked = []", 'mocked = []\nmax_duration = "8d"', "is at most 7d"),
        ('rate = "5/s"\nover = "10s"', 'rate = "50/s"\nover = "2d"', "max_duration"),
        ("mocked = []", "mocked = []\nworkers = 0", "is a number from 1 to 64"),
        ("mocked = []", "mocked = []\nmax_in_flight = 9001", "is at most 9,000 for every worker"),
        ("mocked = []", 'mocked = []\npatience = "61m"', 'patience = "3660s": is at most 1h'),
        ("mocked = []", "mocked = []\nworkers = 4\nmax_in_flight = 3", "at least one for every"),
        ("share = 1.0", 'share = 1.0\ndata = "none.csv"', "no file"),
        ("p95(browse)", "p95(everything_at_all)", "is no flow, endpoint or step of this campaign"),
        ("share = 1.0", "share = 1.0\ndata_reuse = true", "data names no file"),
        ("share = 1.0", "", "[flows.browse] share: this key is needed"),
        ("share = 1.0", "share = 0.0", "is a ratio above 0 and at most 1"),
        ("[flows.browse]", "[flows]\nbrowse = 1\n[flows.search]", "is a table: [flows.browse]"),
        ('["shop.product"]', '"shop.product"', "is a list of endpoints"),
        ("[flows.browse]", "[flows.brows]", "no file loadtests/users/brows.py; there is: browse"),
        ("mocked = []", "mocked = []\nheadroom = 0.5", "is a factor of at least 1"),
        ("mocked = []", "", "[campaign] mocked: this key is needed"),
        ("mocked = []", 'mocked = "mail"', 'mocked = "mail": is a list, in brackets, also of one'),
        ("[resources]", "[resource]", "no such table; there is: campaign, shape"),
        ("share = 1.0", 'share = "all"', "[flows.browse] share"),
        ("[shape]", "[shape", "not TOML"),
        ('kind = "hold"', "", "[shape] kind: is one of: hold, ramp"),
        ('over = "10s"', 'over = "900d"', "the shape lasts 77760000 s; raise this"),
    ],
)  # fmt: skip
def test_a_fault_names_its_remedy(was: str, becomes: str, says: str) -> None:
    """Every kind of fault, once."""
    assert any(says in line for line in faults(GOOD.replace(was, becomes)))


def test_a_flow_that_is_not_there_is_one_fault() -> None:
    """That its endpoints are unknown then follows, and would only bury it."""
    assert len(faults(GOOD.replace("[flows.browse]", "[flows.brows]"))) == 1


SHAPE = 'kind = "hold"\nrate = "5/s"\nover = "10s"'


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ('kind = "steps"\nrates = ["1/s"]\nhold = "1.5s"', "whole seconds"),
        ('kind = "steps"\nrates = []\nhold = "1s"', "at least one rate"),
        ('kind = "spike"\nbase = "9/s"\ntop = "9/s"\nat = "5s"\nover = "5s"',
         "top must be above base"),
        ('kind = "spike"\nbase = "1/s"\ntop = "9/s"\nat = "5s"\nover = "500ms"', "whole seconds"),
        ('kind = "breakpoint"\nstart = "1/s"\nhold = "5s"\nfactor = 1.0', "from 1.01 to 4"),
        ('kind = "breakpoint"\nstart = "1/s"\nhold = "5s"\nfactor = 1.0000001', "1.01"),
        ('kind = "breakpoint"\nstart = "60/s"\nhold = "5s"', "is above max_rate (50/s)"),
        ('kind = "breakpoint"\nstart = "1/s"\nhold = "60s"', "max_duration"),
        ('kind = "ramp"\nstart = "1/s"\nend = "9"\nover = "5s"', "a rate is text with a unit"),
        ('kind = "soak"\nrate = "1/s"', "[shape] over: this key is needed"),
        ('kind = "replay"\nfile = "last-year.csv"', "no file"),
        ('kind = "ramp"\nstart = "1/s"\nend = "9/s"\nover = "900000000d"', "max_duration"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_is_told(shape: str, says: str) -> None:
    """Every kind of shape has its keys."""
    assert any(says in line for line in faults(GOOD.replace(SHAPE, shape)))


@pytest.mark.parametrize(
    ("shape", "phases", "lasts_s", "top"),
    [
        ('kind = "ramp"\nstart = "1/s"\nend = "9/s"\nover = "8s"\nhold = "4s"',
         ["ramp", "hold"], 12, 9),
        ('kind = "steps"\nrates = ["1/s", "2/s"]\nhold = "4s"', ["step 1", "step 2"], 8, 2),
        ('kind = "spike"\nbase = "1/s"\ntop = "9/s"\nat = "4s"\nover = "2s"\nrecovery = "9s"',
         ["base", "spike", "recovery"], 15, 9),
        ('kind = "soak"\nrate = "2/s"\nover = "60s"\nrise = "10s"', ["rise", "soak"], 70, 2),
        ('kind = "breakpoint"\nstart = "20/s"\nhold = "4s"',
         ["step 1", "step 2", "step 3", "step 4", "step 5", "step 6"], 24, 50),
    ],
)  # fmt: skip
def test_every_kind_of_shape_has_its_phases(
    shape: str, phases: list[str], lasts_s: float, top: float
) -> None:
    """Thresholds may speak of each."""
    text = GOOD.replace(SHAPE, shape).replace("per step", f"in {phases[-1]}")
    loaded = campaign.parse(text, name="test", origin="test.toml")

    assert [phase.name for phase in loaded.phases] == phases
    assert loaded.shape.duration_s == lasts_s
    assert loaded.shape.top_per_s == top
    assert loaded.phases[-1].end_s == lasts_s


def test_a_search_lists_the_rates_that_it_may_go_through() -> None:
    """From its start times its factor, and at last the ceiling itself."""
    text = GOOD.replace(SHAPE, 'kind = "breakpoint"\nstart = "20/s"\nfactor = 1.5\nhold = "4s"')
    loaded = campaign.parse(text, name="test", origin="test.toml")

    assert loaded.climb is not None
    assert loaded.climb.rates(loaded.max_rate) == (20, 30, 45, 50)
    assert [one.from_per_s for one in loaded.shape.segments] == [20, 30, 45, 50]


def test_days_are_a_first_and_a_last() -> None:
    """One day is both."""
    day = GOOD.replace("mocked = []", "mocked = []\ndate = 2026-12-18")
    days = GOOD.replace("mocked = []", "mocked = []\ndates = [2026-11-27, 2026-12-24]")

    assert campaign.parse(day, name="t", origin="t.toml").dates == (
        dt.date(2026, 12, 18),
        dt.date(2026, 12, 18),
    )
    assert campaign.parse(days, name="t", origin="t.toml").dates == (
        dt.date(2026, 11, 27),
        dt.date(2026, 12, 24),
    )


def test_a_smoke_run_is_the_same_campaign_at_a_low_rate() -> None:
    """Forecast, phases and length stay; a fifth of the visits can never be all of them."""
    whole = campaign.parse(GOOD, name="test", origin="test.toml")
    counts = ("done(browse) >= 45", "rate(all) >= 4/s", "done(all) >= 95% of offered")
    rules = tuple(grammar.parse(text) for text in counts)
    smoke = replace(whole, thresholds=rules).scaled(0.2)

    assert [one.text for one in smoke.thresholds] == ["done(all) >= 95% of offered"]
    assert replace(whole, thresholds=rules).scaled(1).thresholds == rules

    assert smoke.shape.top_per_s == pytest.approx(1.0)
    assert (smoke.shape.duration_s, smoke.phases) == (10, whole.phases)
    assert smoke.flows == whole.flows
    with pytest.raises(ValueError, match="above 0 and at most 1 of the rate: 2"):
        whole.scaled(2)


def test_rows_of_a_flow_come_from_the_file_beside_the_campaign(tmp_path: Path) -> None:
    """One row an arrival, and one for the pass before the run."""
    (tmp_path / "skus.csv").write_text(
        "product,note\n" + "".join(f"sku-{n},x\n" for n in range(51)), "utf-8"
    )
    text = GOOD.replace("share = 1.0", 'share = 1.0\ndata = "skus.csv"').replace(
        "mocked = []", 'mocked = []\narrivals = "uniform"'
    )
    origin = str(tmp_path / "test.toml")
    loaded = campaign.parse(text, name="test", origin=origin)

    assert len(loaded.plan()) == 50
    assert len(loaded.flows["browse"].rows) == 51
    assert loaded.flows["browse"].rows[0] == {"product": "sku-0", "note": "x"}
    more = text.replace("5/s", "6/s")
    with pytest.raises(ConfigError, match=r'data = "skus.csv": it has 51 rows for 60 arrivals'):
        campaign.parse(more, name="test", origin=origin)
    again = more.replace("share = 1.0", "share = 1.0\ndata_reuse = true")
    assert len(campaign.parse(again, name="test", origin=origin).flows["browse"].rows) == 51


def test_a_data_file_must_have_the_columns_that_the_flow_reads(tmp_path: Path) -> None:
    """The user file says which: row["product"]."""
    (tmp_path / "skus.csv").write_text("sku\n1\n", "utf-8")
    text = GOOD.replace("share = 1.0", 'share = 1.0\ndata = "skus.csv"')

    with pytest.raises(ConfigError, match=r"skus\.csv has no column product; line 1 must name"):
        campaign.parse(text, name="test", origin=str(tmp_path / "test.toml"))


def test_an_unknown_campaign_names_those_that_exist(tmp_path: Path) -> None:
    """The reader sees at once what to type."""
    with pytest.raises(ConfigError, match=r"no campaign .*gift\.toml; there is: flash-sale"):
        campaign.load("gift")
    with pytest.raises(ConfigError, match="there is: none"):
        campaign.load("gift", tmp_path)


def test_an_endpoint_is_not_called_what_means_the_visit_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would stand in the books as the visit, twice: refused before anything is sent."""
    monkeypatch.setattr("loadtests.users.browse.ENDPOINTS", ("whole visit", "shop.product"))

    (line,) = faults(GOOD)

    assert 'ENDPOINTS: "whole visit" means the visit itself; name it otherwise' in line


def test_own_campaigns_lie_outside_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of `[paths] plugins` with loadtests/campaigns; one that ships is not replaced."""
    monkeypatch.setattr(campaigns, "__path__", list(campaigns.__path__))
    room = tmp_path / "loadtests" / "campaigns"
    room.mkdir(parents=True)
    for name in ("ours", "smoke"):
        (room / f"{name}.toml").write_text(GOOD, "utf-8")
    plugins.add_folders([tmp_path])

    assert {"ours", "smoke"} <= set(campaign.names())
    assert campaign.load("ours").title == "Test"
    assert campaign.load("smoke").title != "Test"


def test_more_visits_than_a_run_can_plan_are_refused() -> None:
    """Within its own ceilings, and beyond what fits into memory."""
    text = GOOD.replace("mocked = []", 'mocked = []\nmax_duration = "2d"').replace(
        'rate = "5/s"\nover = "10s"', 'rate = "50/s"\nover = "2d"'
    )

    assert any(
        "the shape brings 8,640,000 visits; a run holds 5,000,000" in x for x in faults(text)
    )
