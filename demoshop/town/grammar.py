"""A small generating grammar: rules of alternatives in TOML, expanded with a given generator."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

WORDS = Path(__file__).parent / "words"
Rules = Mapping[str, Sequence[str]]

_SLOT = re.compile(r"\{(\w+)\}")
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")


@cache
def rules(name: str) -> Rules:
    """Return the rules of `words/<name>.toml` laid over the shared ones."""
    shared = tomllib.loads((WORDS / "shared.toml").read_text(encoding="utf-8"))
    return {**shared, **tomllib.loads((WORDS / f"{name}.toml").read_text(encoding="utf-8"))}


def expand(book: Rules, rule: str, dice: Random) -> str:
    """Return one text of `rule`: {slot} becomes an alternative of that rule, [a|b|] a part."""
    text = dice.choice(book[rule])
    # Choices go first, so that the slots of a part not taken draw nothing.
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda found: dice.choice(found[1].split("|")), text, count=1)
    text = _SLOT.sub(lambda found: expand(book, found[1], dice), text)
    return re.sub(r"\s+", " ", text).strip()


def slots(book: Rules, rule: str) -> set[str]:
    """Return the names that the alternatives of `rule` refer to."""
    return {name for alternative in book[rule] for name in _SLOT.findall(alternative)}
