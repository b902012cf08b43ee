"""What a step that pays asks leave for, and what a flow notes to have made."""

from collections.abc import Callable
from dataclasses import dataclass

from forepost.model import MadeKind


@dataclass(frozen=True, slots=True)
class Wish:
    """What a step that pays may make: asked before the step is entered."""

    step: str
    kind: MadeKind
    customer: str  # empty: the flow named none
    amount_cents: int | None


@dataclass(slots=True)
class Thing:
    """Something that a flow without a storefront made, and its way to undo it."""

    step: str
    kind: MadeKind
    reference: str
    amount_cents: int | None
    undo: Callable[[], object] | None
    customer: str = ""  # who bought when it was made; empty: nobody was named yet
