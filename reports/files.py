"""Writing a report: all of it or nothing, and one line when the disk refuses."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from forepost.errors import ReportError


def write(path: Path, content: bytes) -> Path:
    """Write beside the file and rename: a reader sees the old report or the new one.

    Raises: ReportError, one line, for a full or read-only disk; nothing is left behind.
    """
    unfinished: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            unfinished = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o644)  # a temporary file is private; a report is to be read
        unfinished.replace(path)
    except OSError as error:
        if unfinished is not None:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        raise ReportError(
            f"{path}: the report cannot be written: {error.strerror or error}; "
            "make room there, or set [paths] out to a folder that may be written"
        ) from error
    return path
