"""A report is written whole or not at all, and a disk that refuses gets one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.errors import ReportError
from reports.files import write

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from forepost.errors import ReportError
from reports.files import write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write(Path(sys.argv[1]), b"x" * 5000)
except ReportError as error:
    print(error)
"""


def test_a_reader_sees_the_old_report_or_the_new_one(tmp_path: Path) -> None:
    """The new file takes the old one's name; nothing else is left in the folder."""
    place = tmp_path / "deep" / "report.html"
    write(place, b"old")
    with place.open("rb") as reader:
        write(place, b"new")
        assert reader.read() == b"old"

    assert place.read_bytes() == b"new"
    assert [path.name for path in place.parent.iterdir()] == ["report.html"]
    assert place.stat().st_mode & 0o777 == 0o644


def test_a_disk_that_runs_full_leaves_the_old_report(tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: one line, the old report, no rest."""
    place = tmp_path / "report.html"
    place.write_bytes(b"old")

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(place)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout.startswith(f"{place}: the report cannot be written: File too large; ")
    assert len(done.stdout.splitlines()) == 1
    assert place.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["report.html"]  # noqa: PTH208 - hidden files too


def test_a_place_that_cannot_be_gets_one_line(tmp_path: Path) -> None:
    """A file where a folder should be: what, where and the remedy."""
    (tmp_path / "out").write_text("a file", "utf-8")

    with pytest.raises(ReportError, match=r"cannot be written: .+; make room .*\[paths\] out"):
        write(tmp_path / "out" / "report.html", b"new")
