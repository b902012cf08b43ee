"""What happens around the load: test data and one pass of every flow before, clean-up after.

The limit of time is handed in (gevent's), so importing this patches nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from loadtests.generator import undone
from loadtests.generator.flow import Flow, open_rooms
from loadtests.generator.plan import CLEANUP_LIMIT_S, PREPARE_LIMIT_S, Plan
from loadtests.generator.visitor import Door
from loadtests.session import FlowFailedError

_NOTHING_MADE = ("http 4", "refused", "host", "address")  # kinds of failure that made nothing
_UNKNOWN: Mapping[str, object] = {"made": None, "undone": None, "left": None}


class Stage:
    """The flows of a plan, with nobody counting."""

    def __init__(self, plan: Plan, client: Callable[[], Any], limit: type[Any]) -> None:
        self.plan = plan
        self._door = Door(plan, client, self._note)  # its requests are no load
        self._kinds: set[str | None] = set()  # how they failed, None for an answer
        self._limit = limit  # a context of so many seconds that raises itself
        self._begun: dict[str, Flow] = {}
        self._unknown: tuple[str, ...] = ()  # flows of which nobody knows what they made

    def rehearse(self) -> Mapping[str, Flow]:
        """Make test data and walk every flow once; return the flows with their rows.

        Raises: FlowFailedError, one line, for the first flow that does not get through.
        """
        open_rooms(self.plan)
        for name, raw in self.plan.flows.items():
            self._walk(name, raw)
        return self._begun

    def take_back(self) -> str:
        """Undo what was made for a run that is refused; return what came of it, in words.

        Shape: "" where there was nothing to undo. Where the campaign asks for no clean-up,
               nothing is undone, and that is said.
        """
        touched = {name: flow for name, flow in self._begun.items() if flow.undoes and flow.rows}
        if self._kinds == {"refused"} or not (touched or self._unknown):
            return ""  # nobody was there to make anything, or nothing is made
        if self.plan.cleanup:
            return undone.words(self.clean_up(touched), self._unknown)
        names = ", ".join((*touched, *self._unknown))
        return (
            f"what was made for {names} may still be in the shop: the campaign does not say "
            "cleanup = true"
        )

    def clean_up(self, flows: Mapping[str, Flow]) -> Iterator[Mapping[str, object]]:
        """Let user files undo what their visits made; yield what each that can says of it.

        Shape: flow, made, undone, left, error: "" or why it is not known what is left.
        """
        for name, flow in flows.items():
            made: Mapping[str, object] | None = _UNKNOWN
            error = ""
            try:
                with self._limit(CLEANUP_LIMIT_S):
                    made = flow.clean_up(self._door)
                json.dumps(made)  # what cannot be told is not known
            except self._limit:
                error = f"took longer than {CLEANUP_LIMIT_S:g} s"
            except Exception as fault:  # noqa: BLE001 - a user file may raise anything
                made, error = _UNKNOWN, str(fault) or repr(fault)
            if made is not None:
                yield {"flow": name, **made, "error": error}

    def _note(self, *, exception: str | None, **_: object) -> None:
        self._kinds.add(exception)

    def _walk(self, name: str, raw: Mapping[str, Any]) -> None:
        kind = "stopped"
        try:
            with self._limit(PREPARE_LIMIT_S):
                flow = Flow(name, raw, self.plan.rows.get(name, ()))
                self._begun[name] = flow
                flow.prepare(self._door, self.plan.counts[name] + 1)
            kind = ""
        except FlowFailedError as error:
            kind = error.kind
            if kind == "refused":
                raise FlowFailedError(kind, f"{error}; nobody listens there") from None
            raise
        except self._limit:
            late = f"{name}: one pass took longer than {PREPARE_LIMIT_S:g} s"
            raise FlowFailedError("timeout", late) from None
        except Exception as error:  # noqa: BLE001 - a user file may raise anything
            begun = self._begun.get(name)
            said = begun.without_data(repr(error)) if begun else repr(error)
            why = f"{name}: loadtests/users/{name}.py: {said}"
            raise FlowFailedError("flow file", why) from None
        finally:
            if kind and not kind.startswith(_NOTHING_MADE):
                self._lose_sight(name)

    def _lose_sight(self, name: str) -> None:
        """Note a flow that ended with no row to tell what it made."""
        flow = self._begun.get(name)
        if flow and flow.undoes and not flow.rows:
            self._unknown = (name,)
