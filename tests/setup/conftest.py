"""A little checkout with the real scripts: its package and its lock need no network."""

import base64
import hashlib
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ("run", "test", ".ci/setup.sh")
DEADLINE_S = 120

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "forepost"
version = "0"
"""

# The smallest build back-end that can install a command from a checkout (PEP 517, PEP 660).
BACKEND = '''\
"""Build the editable wheel of the little package."""
import pathlib
import zipfile

INFO = "forepost-0.dist-info/"


def build_editable(folder, config_settings=None, metadata_directory=None):
    here = str(pathlib.Path(__file__).parent)
    files = {
        "forepost.pth": here,
        INFO + "METADATA": "Metadata-Version: 2.1\\nName: forepost\\nVersion: 0\\n",
        INFO + "WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        INFO + "entry_points.txt": "[console_scripts]\\nforepost = forepost:main\\n",
    }
    record = "".join(f"{name},,\\n" for name in files) + INFO + "RECORD,,\\n"
    name = "forepost-0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in {**files, INFO + "RECORD": record}.items():
            wheel.writestr(path, text)
    return name
'''

PACKAGE = '''\
"""The little product: it says what it was asked."""
import sys


def main():
    print(sys.argv[1:])
'''


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with the scripts in it, and the wheels that its lock names."""

    folder: Path

    @property
    def wheels(self) -> Path:
        """Where the index would be; pip splits its settings at spaces."""
        return self.folder.parent / "wheels"

    @property
    def venv(self) -> Path:
        """Where the scripts make the environment unless told otherwise."""
        return self.folder / ".venv"

    def env(self, **changes: str) -> dict[str, str]:
        """Return an environment that reaches no index and finds no uv."""
        clean = {
            "HOME": str(self.folder),
            "PATH": os.defpath,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_INDEX": "1",
            "FOREPOST_PYTHON": shutil.which("python3") or "python3",
        }
        return {**clean, **changes}

    def start(self, script: str, *args: str, **changes: str) -> subprocess.Popen[str]:
        """Start a script from a folder that is not the checkout's."""
        return subprocess.Popen(
            ["/bin/sh", str(self.folder / script), *args],
            cwd=self.folder.parent,
            env=self.env(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, script: str, *args: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        with self.start(script, *args, **changes) as process:
            out, err = process.communicate(timeout=DEADLINE_S)
            return subprocess.CompletedProcess(args, process.returncode, out, err)

    def lock(self, name: str, *packages: str) -> None:
        """Write a lock file that names packages; a wheel of each is there to be found."""
        lines = [f"{package}==1.0 --hash=sha256:{self._wheel(package)}" for package in packages]
        (self.folder / name).write_text("\n".join(lines) + "\n")

    def has(self, package: str) -> bool:
        """Whether a package is installed in the environment."""
        return any(self.venv.glob(f"lib/python3*/site-packages/{package}.py"))

    def _wheel(self, package: str) -> str:
        """Make a wheel with one module, always the same bytes; return its SHA-256."""
        path = self.wheels / f"{package}-1.0-py3-none-any.whl"
        info = f"{package}-1.0.dist-info"
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).rstrip(b"=").decode()
        files = {
            f"{package}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": f"{package}.py,sha256={digest},0\n{info}/RECORD,,\n",
        }
        with zipfile.ZipFile(path, "w") as wheel:
            for name, text in files.items():
                wheel.writestr(zipfile.ZipInfo(name), text)
        return hashlib.sha256(path.read_bytes()).hexdigest()


def make(folder: Path) -> Checkout:
    """Fill a folder with the real scripts and the little package."""
    folder.mkdir()
    for name in ("../wheels", "forepost", "probes", ".ci"):
        (folder / name).mkdir()
    for script in SCRIPTS:
        shutil.copy(ROOT / script, folder / script)
    files = {
        "pyproject.toml": PYPROJECT,
        "backend.py": BACKEND,
        "forepost/__init__.py": PACKAGE,
        "probes/browser.py": "",
        "pytest.py": "import sys\nprint('pytest', sys.argv[1:])\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    checkout = Checkout(folder)
    checkout.lock("requirements.lock", "small")
    checkout.lock("requirements-test.lock", "small", "tool")
    return checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a checkout that nobody has set up yet, in a folder with spaces in its name."""
    return make(tmp_path / "a new place")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout on which `./run` has once come to its end."""
    made = make(tmp_path_factory.mktemp("ready") / "a new place")
    done = made.call("run", "hello")
    assert done.returncode == 0, done.stderr
    return made
