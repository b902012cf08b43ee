"""A film of the retry, made of the frames that its trace holds: an animated WebP.

Playwright's own video needs an ffmpeg that cannot be had everywhere, and cannot be looked
through; the frames of a trace are the same pictures, in every browser, with fields masked.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

FRAMES = 120
WIDTH, HEIGHT = 640, 640
QUALITY = 40
LAST_MS = 1_000  # how long the last picture stands
LARGEST = 4_000_000  # bytes; a longer film is left out
_FRAME = re.compile(r"^screencast/page@[\w-]+-(\d{13})\.jpe?g$")


def film_of(trace: Path, frames: int = FRAMES) -> bytes | None:
    """Return the film of a clean trace; None if it has no frame or the film gets too large.

    Shape:   at most `frames` pictures; each stands for as long as it did (ms). One picture
             at a time is unpacked.
    Raises:  OSError, BadZipFile, or ValueError for a frame that is no picture.
    """
    with zipfile.ZipFile(trace) as archive:
        found = sorted(
            (int(named[1]), name) for name in archive.namelist() if (named := _FRAME.match(name))
        )
        if not found:
            return None
        chosen = thinned(found, frames)
        pictures = _pictures(archive, [name for _, name in chosen])
        first = next(pictures)
        data = io.BytesIO()
        first.save(
            data,
            "WEBP",
            save_all=True,
            append_images=pictures,
            duration=durations([at_ms for at_ms, _ in chosen]),
            quality=QUALITY,
            method=0,
        )
    return data.getvalue() if data.tell() <= LARGEST else None


def thinned(frames: Sequence[tuple[int, str]], most: int) -> list[tuple[int, str]]:
    """Return so many frames at most, spread evenly, the last one among them."""
    if len(frames) <= most:
        return list(frames)
    step = (len(frames) - 1) / (most - 1)
    return [frames[round(number * step)] for number in range(most)]


def durations(at_ms: Sequence[int]) -> list[int]:
    """Return how long each picture stands (ms): until the next one came."""
    ends = [*at_ms[1:], at_ms[-1] + LAST_MS]
    return [max(end - begin, 1) for begin, end in zip(at_ms, ends, strict=True)]


def _pictures(archive: zipfile.ZipFile, names: Sequence[str]) -> Iterator[Image.Image]:
    """Yield the frames, small, all of one size: those of another are set on white."""
    size: tuple[int, int] | None = None
    for name in names:
        with Image.open(io.BytesIO(archive.read(name))) as opened:
            opened.draft("RGB", (WIDTH, HEIGHT))
            picture = opened.convert("RGB")
        picture.thumbnail((WIDTH, HEIGHT))
        size = size or picture.size
        if picture.size != size:
            sheet = Image.new("RGB", size, "white")
            picture.thumbnail(size)
            sheet.paste(picture)
            picture = sheet
        yield picture
