"""Screenshots of failures, scaled down and put into the page itself as `data:` URIs."""

from base64 import b64encode
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

WIDTH_PX = 820
HEIGHT_PX = 900  # a long page is cut below: what failed stands at the top
QUALITY = 62
TOO_LARGE_PX = 60_000_000  # a picture that unpacks to more is not one of ours


def data_uri(path: Path) -> str | None:
    """Return a screenshot as a small WebP in a `data:` URI; None if it is gone or no picture."""
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > TOO_LARGE_PX:
                return None
            picture = opened.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
        return None
    picture.thumbnail((WIDTH_PX, picture.height))
    picture = picture.crop((0, 0, picture.width, min(picture.height, HEIGHT_PX)))
    packed = BytesIO()
    picture.save(packed, "WEBP", quality=QUALITY, method=4)
    return "data:image/webp;base64," + b64encode(packed.getvalue()).decode("ascii")


def inside(out: Path, relative: str) -> Path | None:
    """Return the file of evidence if it lies in the output folder, else None."""
    place = (out / relative).resolve()
    return place if place.is_relative_to(out.resolve()) else None
