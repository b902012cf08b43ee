"""The words by which people know a control: `probes/words.toml`, a table a language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "words.toml"


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """Return name → phrases of all languages, each once."""
    made: dict[str, dict[str, None]] = {}
    for language in tomllib.loads(FILE.read_text("utf-8")).values():
        for name, phrases in language.items():
            made.setdefault(name, {}).update(dict.fromkeys(phrases))
    return {name: tuple(found) for name, found in made.items()}


def phrases(name: str) -> tuple[str, ...]:
    """Return the phrases for a control; those that rule it out begin with "!"."""
    return _words().get(name, ())


def known() -> tuple[str, ...]:
    """Return every name that has words."""
    return tuple(_words())
