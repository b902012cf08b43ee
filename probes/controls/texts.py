"""Finding what is to be read on a page: prices, sums, numbers, lines of a cart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probes.controls.names import Control


@dataclass(frozen=True, slots=True)
class Hit:
    """A text on the page: hostile, bounded."""

    path: str
    how: str
    text: str


def find(_place: Any, _control: Control) -> Sequence[Hit]:
    """Return the texts that a control may be, the best first."""
    return ()
