"""The wheel: built, installed into an empty environment, run from somewhere else."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOPS = {"forepost", "probes", "complaints", "loadtests", "alerts", "reports", "demoshop"}
LIMIT_S = 200


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from what git tracks, so that nothing unsaved slips in."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=LIMIT_S,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_rooms_and_nothing_else(wheel: Path) -> None:
    """No tests, no generated output; the config that ships is inside."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == {*TOPS, "scheduler.py"}
    for needed in (
        "forepost/config.default.toml",
        "forepost/demo/demo.toml",
        "forepost/demo/holiday-gift-cards.toml",
        "complaints/model.json",
        "complaints/topics.toml",
        "loadtests/campaigns/holiday-gift-cards.toml",
        "probes/measures/vitals.js",
        "reports/templates/report.html.j2",
    ):
        assert needed in names
    assert not any("__pycache__" in name for name in names)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel alone; what it depends on is lent by path, read-only, not installed."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--no-deps", "--no-index", "-q", str(wheel)],
        check=True,
        timeout=LIMIT_S,
    )
    # The dependencies of this environment, without our own editable install among them.
    lent = home / "lent"
    lent.mkdir()
    site = Path(next(path for path in sys.path if path.endswith("site-packages")))
    for entry in site.iterdir():
        if "forepost" not in entry.name and not entry.name.endswith(".pth"):
            (lent / entry.name).symlink_to(entry)
    target = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    (Path(target) / "lent.pth").write_text(f"{lent}\n", "utf-8")
    return home


@pytest.mark.parametrize(
    "words",
    [["--version"], ["--help"], ["demo", "--help"], ["load", "run", "--help"], ["probe", "--help"]],
)
def test_the_command_runs_from_anywhere(installed: Path, words: list[str]) -> None:
    """From /, without the checkout."""
    done = subprocess.run(
        [installed / "bin" / "forepost", *words],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout


GENERATOR = ("executor", "master", "worker")
PATCHES = ("loadtests.locustfile", *(f"loadtests.generator.{name}" for name in GENERATOR))


def test_every_module_of_the_wheel_imports_in_the_empty_environment(installed: Path) -> None:
    """A file that was forgotten shows here, not at the user's."""
    code = (
        "import importlib, pkgutil, scheduler, forepost.config\n"
        f"skip = {PATCHES}\n"
        "for top in ('forepost','probes','complaints','loadtests','alerts','reports','demoshop'):\n"
        "    package = importlib.import_module(top)\n"
        "    for found in pkgutil.walk_packages(package.__path__, top + '.'):\n"
        "        leaf = found.name.split('.')[-1]\n"
        "        if found.name not in skip and leaf not in ('train', '__main__'):\n"
        "            importlib.import_module(found.name)\n"
        "print(len(forepost.config.load().flows))\n"
    )

    assert told(installed, code) == "6"


def test_the_generators_modules_import_in_the_empty_environment(installed: Path) -> None:
    """They patch sockets as they load, so they come first in a process of their own."""
    assert told(installed, "\n".join(f"import {name}" for name in PATCHES)) == ""


def told(installed: Path, code: str) -> str:
    """Run code in the empty environment, outside the checkout; return what it prints."""
    done = subprocess.run(
        [installed / "bin" / "python", "-c", code],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
