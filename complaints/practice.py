"""Practice posts: frames of complaints/practice.toml, filled at random with a seed."""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FRAMES = Path(__file__).with_name("practice.toml")
_PLACE = re.compile(r"\{(\w+)\}")
_LOOSE = re.compile(r"\s+([.,?!:])|\s{2,}")


@dataclass(frozen=True, slots=True)
class Practice:
    """One made-up post; posts of one frame share `frame`."""

    text: str
    complaint: bool
    section: str
    frame: int


def practice(per_frame: int, seed: int, path: Path = FRAMES) -> list[Practice]:
    """Return `per_frame` posts of every frame, the same ones for the same seed."""
    source = random.Random(seed)  # noqa: S311 - repeatable text, guards nothing
    kept = tomllib.loads(path.read_text("utf-8"))
    made = []
    frame = 0
    for kind in ("complaint", "harmless"):
        for section, frames in kept[kind].items():
            for text in frames:
                made += [
                    Practice(
                        _noisy(_filled(text, kept["lists"], source), source),
                        kind == "complaint",
                        section,
                        frame,
                    )
                    for _ in range(per_frame)
                ]
                frame += 1
    return made


def _filled(text: str, lists: Mapping[str, Sequence[str]], source: random.Random) -> str:
    while _PLACE.search(text):
        text = _PLACE.sub(lambda found: source.choice(lists[found[1]]), text)
    return _LOOSE.sub(lambda found: found[1] or " ", text).strip()


def _noisy(text: str, source: random.Random) -> str:
    """Write as people do: sometimes a hashtag, capitals, or an exclamation mark more."""
    if source.random() < 0.4:  # noqa: PLR2004 - a share of posts
        text += source.choice(
            (" #shop", " #outdoors", " #fail", " #help", " #giftcard", "!!", "...")
        )
    if source.random() < 0.3:  # noqa: PLR2004
        text = text[:1].upper() + text[1:]
    return text.upper() if source.random() < 0.04 else text  # noqa: PLR2004
