"""What happens around the load: test data and one pass of every flow before, clean-up after.

The limit of time is handed in (gevent's), so importing this patches nothing.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from loadtests.generator.flow import Flow, open_rooms
from loadtests.generator.plan import CLEANUP_LIMIT_S, PREPARE_LIMIT_S, Plan
from loadtests.generator.visitor import Door
from loadtests.session import FlowFailedError

_UNKNOWN: Mapping[str, object] = {"made": None, "undone": None, "left": None}


class Stage:
    """The flows of a plan, with nobody counting."""

    def __init__(self, plan: Plan, door: Door, limit: type[Any]) -> None:
        self.plan = plan
        self._door = door
        self._limit = limit  # a context of so many seconds that raises itself

    def rehearse(self) -> Mapping[str, Flow]:
        """Make test data and walk every flow once; return the flows with their rows.

        Raises: FlowFailedError, one line, for the first flow that does not get through.
        """
        open_rooms(self.plan)
        return {name: self._walked(name, raw) for name, raw in self.plan.flows.items()}

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

    def _walked(self, name: str, raw: Mapping[str, Any]) -> Flow:
        try:
            with self._limit(PREPARE_LIMIT_S):
                flow = Flow(name, raw, self.plan.rows.get(name, ()))
                flow.prepare(self._door, self.plan.counts[name] + 1)
        except FlowFailedError:
            raise
        except self._limit:
            late = f"{name}: one pass took longer than {PREPARE_LIMIT_S:g} s"
            raise FlowFailedError("timeout", late) from None
        except Exception as error:  # noqa: BLE001 - a user file may raise anything
            why = f"{name}: loadtests/users/{name}.py: {error!r}"
            raise FlowFailedError("flow file", why) from None
        return flow
