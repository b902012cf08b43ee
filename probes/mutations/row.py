"""A mutation: its name, the invariant that it violates, and who must notice it where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from probes.mutations.stage import Hooks

ANY = "*"  # a flow of one's own, in any of its steps that pay


@dataclass(frozen=True, slots=True)
class Mutation:
    """One way to break a shop, and the invariant that it violates."""

    name: str
    rule: str  # the invariant, as it should be
    flows: Mapping[str, str]  # flow → the step that must notice it; "": any step that pays
    hooks: Hooks = field(repr=False)

    @property
    def what(self) -> str:
        """What the customer would meet."""
        hooks = self.hooks
        act = hooks.before or hooks.page or hooks.rows or hooks.entering
        return (act.__doc__ or "").strip() if act else ""

    def step(self, flow: str) -> str:
        """Return the step of a flow that must notice it; empty where any may."""
        return self.flows.get(flow, "")


def row(
    where: str, act: Callable[..., Any], rule: str, flows: Mapping[str, str], name: str = ""
) -> Mutation:
    """Make a row; `where` is the hook that the function goes to."""
    return Mutation(name or act.__name__, rule, flows, Hooks(**{where: act}))
