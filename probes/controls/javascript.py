"""What runs inside the page: the helpers of `common.js` with one script after them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """Return a function of JavaScript, called as (spec) on a page or (element, spec)."""
    common, body = ((FOLDER / part).read_text("utf-8") for part in ("common.js", name))
    return f"(first, second) => {{\n{common}\n{body}\n}}"
