"""Secrets come from the environment or from a file, and never show."""

import os
from pathlib import Path

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Secret:
    """A value that `repr`, logs and reports print as ***."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value; the only way to it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let a Settings dataclass say `token: Secret`; the text is resolved on the way in."""
        return core_schema.no_info_plain_validator_function(resolve)


def resolve(value: object) -> Secret:
    """Turn "env:NAME" or "file:PATH" into its Secret.

    Raises: ValueError if the text names neither, or if what it names is missing or empty.
    The value itself never stands in an error.
    """
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value.startswith(("env:", "file:")):
        raise ValueError('a secret is named, not written: "env:NAME" or "file:PATH"')
    where, _, name = value.partition(":")
    if where == "env":
        found = os.environ.get(name, "")
        if not found:
            raise ValueError(f"the environment variable {name} is not set")
        return Secret(found)
    try:
        found = Path(name).expanduser().read_text("utf-8").strip()
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{name} cannot be read: it is no text in UTF-8") from None
    if not found:
        raise ValueError(f"{name} is empty")
    return Secret(found)
