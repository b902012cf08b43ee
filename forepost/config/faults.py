"""Faults of a config: where the table and the key stand, and what to write instead."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from forepost.config.lines import Lines, dotted
from forepost.config.secret import Secret

T = TypeVar("T")

ABSENT = object()
"""Stands for a value that is not there, or that would add nothing to the line."""


class Faults:
    """Collects the faults of one file, so that all are told in one go."""

    def __init__(self, name: str, text: str, base: Path = Path()) -> None:
        self.base = base  # where relative paths start
        self.lines = Lines(name, text)
        self.found: list[str] = []

    def add(self, table: str, key: str | None, remedy: str, value: object = ABSENT) -> None:
        """Note one fault: what, where, the value (if there is one to show), the remedy."""
        self.found.append(fault_line(self.lines, table, key, remedy, value))

    def read(
        self, table: str, values: Mapping[str, Any], into: type[T], beside: Iterable[str] = ()
    ) -> T | None:
        """Turn a table into `into`, a dataclass; None if that cannot be, with the faults noted.

        `beside`: keys of the same table that somebody else reads: they may have been meant too.
        """
        fields = {field.name: field for field in dataclasses.fields(into)}  # type: ignore[arg-type]
        known = {key: value for key, value in values.items() if key in fields}
        unknown = [key for key in values if key not in fields]
        for key in unknown:
            self.add(table, key, f"no such key; {suggest(key, [*fields, *beside])}")
        try:
            # Strict JSON mode: a list may become a tuple, but "5" never becomes 5.
            read = {key: self._anchored(fields[key].type, value) for key, value in known.items()}
            made = TypeAdapter(into).validate_json(json.dumps(read, default=str), strict=True)
        except ValidationError as error:
            self._tell(table, known, error)
            return None
        return None if unknown else made

    def _tell(self, table: str, values: Mapping[str, Any], error: ValidationError) -> None:
        """Note what pydantic found, one fault a value."""
        told: set[tuple[str, ...]] = set()
        for one in error.errors():
            path, value = _deepest(one["loc"], values)
            if (key := tuple(path)) in told:  # two bad items; and for pydantic they are too few
                continue
            told.add(key)
            place = ".".join(filter(None, (table, dotted(*path[:-1]))))
            self.add(place, path[-1] if path else None, _words(one["type"], one["msg"]), value)

    def _anchored(self, kind: object, value: object) -> object:
        """Let the relative path of a secret's file start where all others do."""
        if Secret not in (kind, *get_args(kind)) or not isinstance(value, str):
            return value
        where, _, name = value.partition(":")
        if where != "file" or not name or name.startswith("~"):
            return value
        return f"file:{self.base / name}"


def fault_line(
    lines: Lines, table: str, key: str | None, remedy: str, value: object = ABSENT
) -> str:
    """Return one fault as people read it: what, where, the value (if there is one), the remedy."""
    what = f"[{table}]" if key is None else f"[{table}] {key}"
    shown = "" if value is ABSENT else f" = {_shown(value)}"
    return f"{lines.place(table, key)}: {what}{shown}: {remedy}"


def _deepest(loc: Sequence[int | str], values: Mapping[str, Any]) -> tuple[list[str], object]:
    """Return the path to the value that an error is about, as deep as tables go, and the value.

    A key that is not there has the value ABSENT.
    """
    path: list[str] = []
    value: object = values
    for part in loc:
        if not isinstance(value, Mapping):
            break
        path.append(str(part))
        value = value.get(part, ABSENT)
    return path, value if path else ABSENT


def _shown(value: object) -> str:
    """Return a value as it stands in TOML, bounded; a named secret shows only its name."""
    text = json.dumps(_bare(value), default=str, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 - a line's worth


def _bare(value: object) -> object:
    """Return a value without what stands before the host of an address: it may be a password."""
    if isinstance(value, str):
        before, at, host = value.rpartition("@")
        return f"***@{host}" if at and ":" in before else value
    if isinstance(value, Mapping):
        return {key: _bare(item) for key, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list | tuple) else value


def suggest(key: str, existing: Sequence[str]) -> str:
    """Return the key that was probably meant, or all of them."""
    close = get_close_matches(key, existing, n=1)
    return f"did you mean {close[0]}?" if close else f"there is: {', '.join(sorted(existing))}"


def _words(kind: str, message: str) -> str:
    """Return pydantic's message in the house's words."""
    if kind == "missing":
        return "this key is needed"
    if kind in ("tuple_type", "list_type"):
        return "is a list, in brackets, also of one"
    if kind in ("dict_type", "mapping_type", "dataclass_type"):
        return "is a table of names, each with its own value"
    return (
        message.removeprefix("Value error, ")[:1].lower()
        + message.removeprefix("Value error, ")[1:]
    )
