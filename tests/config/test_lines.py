"""A fault names the line in which its table or key stands, however the file is written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from forepost import config
from forepost.config.lines import Lines, dotted
from forepost.errors import ConfigError, ProbeError
from forepost.model import Outcome, StepResult
from probes.controls.presets import read_preset, see_shop
from probes.job import Order, order_line, read_order
from probes.measures.bands import judge
from scheduler import probe_job
from tests.config.test_load import ROOT

# Each value is the number of the line in which it stands: the file tells what must be found.
TEXT = '''# [shop] in a comment is no table
top = 2
[shop]
name = 4
text = """5
[not_a_table]
not_a_key = 7
"""
list = [
  "]", # ] = [
  ["[shop.fake]"],
]
after = 13
[shop.controls]
"with blank" = 15
inline = { deep = 16, "odd key" = 16 }
dotted.key = 17
 indented = 18
literal = \'\'\'19
]\'\'\'
[flows."my flow".budgets]
"add to cart" = { lcp_ms = 22 }
[flows."my flow"]
device = 24
[[lists]]
key = 26
'''


@pytest.mark.parametrize(
    ("table", "key", "number"),
    [
        ("shop", None, 3),
        ("shop", "name", 4),
        ("shop", "text", 5),
        ("shop", "list", 9),
        ("shop", "after", 13),
        ("shop", "nowhere", 3),
        ("shop.controls", None, 14),
        ("shop.controls", "with blank", 15),
        ("shop.controls.inline", "deep", 16),
        ("shop.controls.inline", "odd key", 16),
        ("shop.controls.dotted", "key", 17),
        ("shop.controls", "indented", 18),
        ("shop.controls", "literal", 19),
        (dotted("flows", "my flow", "budgets"), None, 21),
        (dotted("flows", "my flow", "budgets", "add to cart"), "lcp_ms", 22),
        (dotted("flows", "my flow"), None, 23),
        (dotted("flows", "my flow"), "device", 24),
        ("lists", "key", 26),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_line_is_found_however_the_table_is_written(
    table: str, key: str | None, number: int, ending: str
) -> None:
    """In brackets, braces or with dots; text that only looks like a table misleads nobody."""
    lines = Lines("config.toml", TEXT.replace("\n", ending))

    assert lines.place(table, key) == f"config.toml:{number}"


@pytest.mark.parametrize(("table", "key"), [("not_a_table", "not_a_key"), ("shop.fake", None)])
def test_what_stands_nowhere_names_the_file(table: str, key: str | None) -> None:
    """No line is better than a wrong one."""
    assert Lines("config.toml", TEXT).place(table, key) == "config.toml"


def test_every_key_of_the_config_that_ships_is_found_in_its_own_line() -> None:
    """Its lines are plain: a key is the first word of its line."""
    text = (ROOT / "config.toml").read_text("utf-8")
    lines, table = Lines("config.toml", text), ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            table = line.strip("[]")
            assert lines.place(table) == f"config.toml:{number}"
        elif line[:1].isalpha() and " = " in line:
            assert lines.place(table, line.partition(" = ")[0]) == f"config.toml:{number}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[shop.controls]\n\nemail = 5\n", "config.toml:3: [shop.controls] email = 5: input sho"),
        (
            '[flows.browse.budgets]\n"add to cart" = { lcp_ms = "soon" }\n',
            'config.toml:2: [flows.browse.budgets."add to cart"] lcp_ms = "soon": is a list, in',
        ),
        (
            "[flows.browse]\n[flows.browse.budgets.search]\ncls = []\n",
            "config.toml:3: [flows.browse.budgets.search] cls = []: tuple should have at least 1",
        ),
        (
            '[flows.browse]\nbudgets.search.lcp_ms = ["soon"]\n',
            'config.toml:2: [flows.browse.budgets.search] lcp_ms = ["soon"]: input should be a val',
        ),
        (
            '[flows.browse.budgets]\nsearch.lcp_ms = ["soon", "late"]\n',
            'config.toml:2: [flows.browse.budgets.search] lcp_ms = ["soon", "late"]: input should ',
        ),
        (
            "[flows.browse.budgets]\nlcp_ms = [2500]\n",
            "config.toml:2: [flows.browse.budgets] lcp_ms = [2500]: is a table of names, each",
        ),
    ],
)
def test_a_value_deep_in_a_table_is_named_with_its_line(
    tmp_path: Path, text: str, fault: str
) -> None:
    """Not the whole table that it stands in; and one fault is one line."""
    with pytest.raises(ConfigError) as caught:
        config.parse(text, base=tmp_path)

    assert [one[: len(fault)] for one in caught.value.faults] == [fault]


def test_controls_that_cannot_be_meant_are_told_with_their_lines(tmp_path: Path) -> None:
    """All of them in one go, the preset beside them."""
    text = (
        '[shop]\nstorefront = "generic"\npreset = "magneto"\n\n[shop.controls]\nmail = "label: x"'
    )
    made = config.parse(f'{text}\nemail = "E-Mail"\n', base=tmp_path)

    with pytest.raises(ProbeError) as caught:
        see_shop(made.shop, made.lines)

    preset, name, way = str(caught.value).splitlines()
    assert preset.startswith('config.toml:3: [shop] preset = "magneto": no such preset; did you m')
    assert name.startswith("config.toml:6: [shop.controls] mail: no such control; ")
    assert way.startswith('config.toml:7: [shop.controls] email: "E-Mail" is no way to find it; wr')


def test_bands_that_cannot_be_meant_are_told_with_their_lines(tmp_path: Path) -> None:
    """A border the wrong way round, a figure that there is not; and a device, likewise."""
    text = '[flows.browse.budgets]\n"*" = { lcp = [1] }\n"search" = { lcp_ms = [4000, 2500] }\n'
    made = config.parse(text, base=tmp_path)
    other = config.parse('[watch]\n\ndevice = "mobil"\n[flows.browse]\n', base=tmp_path)
    slot = datetime(2026, 1, 2, tzinfo=UTC)

    with pytest.raises(ProbeError) as bands:
        probe_job(made, "browse", made.flows["browse"], slot)
    with pytest.raises(ProbeError, match=r'^config\.toml:3: \[watch\] device = "mobil": no such'):
        probe_job(other, "browse", other.flows["browse"], slot)

    figure, border = str(bands.value).splitlines()
    assert figure == (
        'config.toml:2: [flows.browse.budgets."*"] lcp = [1]: no such figure; did you mean lcp_ms?'
    )
    assert border.startswith("config.toml:3: [flows.browse.budgets.search] lcp_ms = [4000, 2500]: ")


def test_a_step_that_a_flow_has_not_is_told_with_its_line_too(tmp_path: Path) -> None:
    """Only a run that came to its end knows the steps; it knows the line from its job."""
    text = '[flows.browse]\n[flows.browse.budgets]\n"serch it" = { lcp_ms = [1] }\n'
    made = config.parse(text, base=tmp_path)
    slot = datetime(2026, 1, 2, tzinfo=UTC)
    job = probe_job(made, "browse", made.flows["browse"], slot)
    heard = read_order(order_line(Order(job, "r"))).job
    done = StepResult(name="search", outcome=Outcome.PASSED, duration_ms=1.0, url="")

    with pytest.raises(ProbeError) as caught:
        judge([done], heard.budgets, whole=True, places=heard.budgets_at)

    assert str(caught.value) == (
        'config.toml:3: [flows.browse.budgets."serch it"]: no step "serch it"; '
        'there is: "search"; "*" means all'
    )


def test_a_preset_s_faults_are_told_with_their_lines(tmp_path: Path) -> None:
    """Whoever writes one for a platform has all of them at once."""
    file = tmp_path / "mine.toml"
    file.write_text(
        '[about]\nplatform = "Mine"\n[controls]\nemail = "x"\nmial = "css: a"\n', "utf-8"
    )

    with pytest.raises(ProbeError) as caught:
        read_preset(file)

    said = str(caught.value).splitlines()
    assert [line.partition(": ")[0] for line in said] == [
        f"storefronts/presets/mine.toml:{number}" for number in (1, 1, 1, 4, 5)
    ]
    assert said[3].partition(": ")[2].startswith('[controls] email: "x" is no way to find it; ')
