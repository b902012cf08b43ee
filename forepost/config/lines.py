"""Where the tables and keys of a TOML text stand: a fault names its line, not only its table."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

# What decides where a statement ends: strings (brackets and line ends in them count for nothing),
# comments, brackets, line ends.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[\]{}]|\n",
    re.DOTALL,
)
_BARE = re.compile(r"[\w-]+", re.ASCII)
Path = tuple[str, ...]


class Lines:
    """The lines of one file, looked through when the first fault asks."""

    def __init__(self, name: str = "config.toml", text: str = "") -> None:
        self.name = name
        self._text = text
        self._known: dict[str, int] | None = None

    def place(self, table: str, key: str | None = None) -> str:
        """Return `config.toml:12`: the key's line, else its table's; only the file if neither is.

        Shape:  `table` as people write it, `flows.checkout.budgets."add to cart"`.
        """
        if self._known is None:
            self._known = {".".join(path): number for path, number in _lines_of(self._text).items()}
        path = table.replace('"', "")
        number = self._known.get(path) if key is None else self._known.get(f"{path}.{key}")
        number = number or self._known.get(path)
        return f"{self.name}:{number}" if number else self.name


def dotted(*keys: str) -> str:
    """Return keys as TOML joins them: `budgets."add to cart"`."""
    return ".".join(key if _BARE.fullmatch(key) else f'"{key}"' for key in keys)


def _lines_of(text: str) -> dict[Path, int]:
    """Return the line of each table and key of a text that tomllib reads.

    Whether a table is written under its own header, in braces or with dots in a key is all one. A
    table that only a deeper header tells of stands in that header's line.
    """
    told: dict[Path, int] = {}  # by a header of its own
    implied: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        try:
            read = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue
        paths = list(_paths(read))
        if statement.lstrip().startswith("["):
            table = paths[-1]
            told[table] = number
        else:
            paths = [(*table, *path) for path in paths]
        for path in paths:
            implied.setdefault(path, number)
    return implied | told


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with the line in which it begins."""
    depth, began, first, number = 0, 0, 1, 1
    for found in _TOKEN.finditer(f"{text}\n"):
        piece = found[0]
        depth += (piece in "[{") - (piece in "]}")
        number += piece.count("\n")
        if piece == "\n" and depth == 0:
            yield first, text[began : found.end()]
            began, first = found.end(), number


def _paths(read: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
    for key, value in read.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))
