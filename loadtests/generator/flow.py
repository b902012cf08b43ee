"""A user file inside the generator: its settings, its test data, one visit."""

from collections.abc import Mapping, Sequence
from itertools import count
from types import ModuleType
from typing import Any
from urllib.parse import quote, quote_plus

from forepost import plugins
from forepost.config.faults import Faults
from loadtests import users
from loadtests.generator.plan import Plan
from loadtests.generator.visitor import Door, Visitor
from loadtests.session import FlowFailedError, Row

_LEAST = 3  # characters of a value that is worth hiding; a shorter one stands in any text


class Flow:
    """One flow of the plan, with the rows that it may use."""

    def __init__(self, name: str, raw: Mapping[str, Any], rows: Sequence[Row] = ()) -> None:
        self.name = name
        self.module: ModuleType = plugins.load("loadtests.users", name)
        faults = Faults("campaign", "")
        self.settings: Any = faults.read(f"flows.{name}", raw, self.module.Settings)
        if self.settings is None:
            raise FlowFailedError("settings", "; ".join(faults.found))
        self.rows: tuple[Row, ...] = tuple(rows)
        self._given = bool(rows)
        self._turn = count()

    def prepare(self, door: Door, visits: int) -> None:
        """Make test data, unless rows were given, then walk the flow once.

        The pass takes the last row, so that the first visits find theirs untouched. If it does
        not come to an end, `rows` are those that were made so far.
        """
        visitor = Visitor(door)
        try:
            if not self.rows and hasattr(self.module, "prepare"):
                self._make_rows(visitor, visits)
            self.rows = self.rows or ({},)
            before = door.requests
            self.module.run(Visitor(door), self.rows[-1], self.settings)
        except FlowFailedError as error:
            told = f"{self.name}: {self.without_data(str(error))}"
            raise FlowFailedError(error.kind, told) from error
        if door.requests == before:  # all visits would be done at once, whatever the shop does
            told = f"{self.name}: a visit asks for nothing; mend loadtests/users/{self.name}.py"
            raise FlowFailedError("flow file", told)

    def without_data(self, said: str) -> str:
        """Return what the pass says without the values of its row, if that is the campaign's."""
        values = {str(value) for value in self.rows[-1].values()} if self._given else set()
        forms = {
            form for one in values for form in (one, quote(one), quote(one, ""), quote_plus(one))
        }
        for form in sorted(forms, key=len, reverse=True):
            said = said.replace(form, "…") if len(form) >= _LEAST else said
        return said

    def _make_rows(self, visitor: Visitor, visits: int) -> None:
        """Note each row as it comes, so that what was made before a fault can be undone."""
        made: list[Row] = []
        try:
            for row in self.module.prepare(visitor, visits, self.settings):
                made.append(row)  # noqa: PERF402 - a list of all is there too late
        finally:
            self.rows = tuple(made)

    def visit(self, visitor: Visitor) -> None:
        """Walk the flow with the next row, in turn."""
        row = self.rows[next(self._turn) % len(self.rows)]
        self.module.run(visitor, row, self.settings)

    @property
    def undoes(self) -> bool:
        """Whether its file says how to undo what its visits made."""
        return hasattr(self.module, "clean_up")

    def clean_up(self, door: Door) -> Mapping[str, object] | None:
        """Let the file undo what its visits made; None if it has no such verb.

        Raises: FlowFailedError if the rows are the campaign's own data: what stands behind their
                addresses and codes was there before, and is not ours to undo.
        """
        if not self.undoes:
            return None
        if self._given:
            raise FlowFailedError(
                "clean-up",
                "nothing undone: the rows are the campaign's own data, and what else they name "
                "is not this run's; undo by hand, or leave data out",
            )
        told = self.module.clean_up(Visitor(door), self.rows, self.settings)
        return {name: told.get(name) for name in ("made", "undone", "left")}


def open_rooms(plan: Plan) -> None:
    """Let user files of the plan's own folders be found."""
    room = users.__path__
    room.extend(place for place in plan.plugin_folders if place not in room)
