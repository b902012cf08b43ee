"""The performance: which act is whose, what counts as complete, and who may touch a switch."""

import ast
from pathlib import Path

import pytest

from forepost import config, plugins
from forepost.demo.performance import _clear, _complete, _config
from forepost.demo.situations import SITUATION_OF_FLOW, SITUATIONS
from forepost.errors import ForepostError

ROOT = Path(__file__).resolve().parents[2]


def row(situation: str, lead_s: float | None) -> dict[str, object]:
    """Return a row of the summary."""
    return {"situation": situation, "lead_time_s": lead_s}


@pytest.mark.parametrize(
    ("leads", "complete"),
    [
        ({"payment": 20.0, "autopay": 31.0, "gift_card": 8.0}, True),
        ({"payment": 20.0, "autopay": None, "gift_card": 8.0}, False),
        ({"payment": 20.0, "autopay": -3.0, "gift_card": 8.0}, False),
        ({"payment": 20.0, "autopay": 0.0, "gift_card": 8.0}, False),
        ({"payment": 20.0, "gift_card": 8.0}, False),
        ({}, False),
    ],
)
def test_only_three_wins_make_a_complete_demo(
    leads: dict[str, float | None], complete: bool
) -> None:
    """A tie, a loss, a miss and a silence are no win."""
    told = {"incidents": [row(name, lead) for name, lead in leads.items()]}

    assert _complete(told) is complete


def test_the_demo_config_loads_under_any_folder(tmp_path: Path) -> None:
    """Everything that is written lies below the folder it was started in."""
    loaded = _config(tmp_path)

    assert loaded.paths.out == tmp_path / "out" / "demo"
    assert loaded.store.path.is_relative_to(loaded.paths.out)
    assert {situation.flow for situation in SITUATIONS} <= set(loaded.flows)


def test_every_act_belongs_to_a_flow_that_exists() -> None:
    """A renamed flow must not leave an act without its detector."""
    known = set(plugins.names("probes.flows"))

    assert set(SITUATION_OF_FLOW) <= known
    assert {situation.name for situation in SITUATIONS} == set(SITUATION_OF_FLOW.values())


def test_nothing_that_detects_can_see_a_fault_switch() -> None:
    """All detections come from probes walking the shop: only the acts know the switches."""
    allowed = {
        ROOT / "forepost" / "demo" / "situations.py",
        ROOT / "tests",
    }
    for top in ("forepost", "probes", "complaints", "loadtests", "alerts", "reports"):
        for path in (ROOT / top).rglob("*.py"):
            if path in allowed:
                continue
            texts = [
                node.value
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            ]
            assert not any("/api/faults" in text for text in texts), path


def test_an_earlier_performance_is_cleared_but_not_the_claim(tmp_path: Path) -> None:
    """The lock file lives on: a second demo beside us must go on being refused."""
    held = tmp_path / "forepost.sqlite.lock"
    held.write_text("1", "utf-8")
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "old.png").write_text("x", "utf-8")
    (tmp_path / "report.html").write_text("x", "utf-8")

    _clear(tmp_path, held)

    assert [path.name for path in tmp_path.iterdir()] == ["forepost.sqlite.lock"]


def test_a_folder_that_cannot_be_cleared_is_one_line(tmp_path: Path) -> None:
    """A file where the folder should be."""
    place = tmp_path / "out"
    place.write_text("x", "utf-8")

    with pytest.raises(ForepostError, match="remove the folder") as caught:
        _clear(place, tmp_path / "lock")
    assert "\n" not in str(caught.value)


def test_the_shipped_config_watches_the_same_shop_as_the_demo(tmp_path: Path) -> None:
    """What the demo shows is what `watch` does: the same flows on the same storefront."""
    shipped = config.load(ROOT / "config.toml")
    demo = _config(tmp_path)

    assert set(shipped.flows) == set(demo.flows)
    assert shipped.shop.storefront == demo.shop.storefront
