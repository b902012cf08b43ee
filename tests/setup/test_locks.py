"""The lock files: complete, hashed, without addresses."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock")


def pins(name: str) -> dict[str, str]:
    """Return package → version of a lock."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def wanted(requirements: list[str]) -> set[str]:
    """Return the names in a list of requirements."""
    return {
        re.split(r"[^A-Za-z0-9.-]", requirement)[0].lower().replace("_", "-")
        for requirement in requirements
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_no_address(name: str) -> None:
    """Whoever installs chooses the index; an address in a lock would choose it for them."""
    assert "://" not in (ROOT / name).read_text()


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_its_hash(name: str) -> None:
    """An install refuses a lock with one hash missing, at the worst moment."""
    blocks = re.split(r"^(?=[a-z0-9.-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)

    assert [block.split()[0] for block in blocks if block and "--hash=sha256:" not in block] == []


def test_the_test_lock_holds_what_runs() -> None:
    """An environment made for tests serves ./run: same packages, same versions."""
    run, test = (pins(name) for name in LOCKS)

    assert {name: test.get(name) for name in run} == run


def test_everything_declared_is_locked() -> None:
    """A dependency added to pyproject.toml but not to the lock fails on a fresh machine only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    run = wanted(project["project"]["dependencies"]) | wanted(groups["build"])

    assert run - pins("requirements.lock").keys() == set()
    assert wanted(groups["test"]) - pins("requirements-test.lock").keys() == set()
