"""What a page writes to its console and throws: so many lines of it, and no more."""

from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

from probes.artefacts.evidence import LINE_LENGTH, LINES
from probes.measures.traffic import heard
from probes.measures.vitals import TOLD

FLOOD = 2_000  # lines; each is an event that this process has to read


class Console:
    """The console of one attempt's customer; its lines are still to be masked.

    `figures` hears what a page tells of itself there, `logged` every other line.
    """

    def __init__(self, figures: Callable[[str], None], logged: Callable[[str], None]) -> None:
        self.lines: list[str] = []
        self.threw = False  # whether a script of the page threw, and nobody caught it
        self._figures = figures
        self._logged = logged
        self._heard = 0
        self._listening: list[tuple[Any, Callable[[Any], None]]] = []

    def listen(self, context: BrowserContext) -> None:
        """Hear the pages of a context."""
        for event, listener in (("console", self._wrote), ("weberror", self._thrown)):
            listening = heard(partial(listener, context))
            self._listening.append((event, listening))
            context.on(event, listening)  # type: ignore[call-overload]

    def add(self, line: str) -> None:
        """Keep a line, if there is room for it; one of ours always."""
        if len(self.lines) < LINES or line.startswith("forepost: "):
            self.lines.append(line.replace("\n", " ")[: 2 * LINE_LENGTH])

    def _wrote(self, context: BrowserContext, message: ConsoleMessage) -> None:
        self._count(context)
        if message.text.startswith(TOLD):
            self._figures(message.text.removeprefix(TOLD))
        else:
            self._logged(message.text)
            self.add(f"{message.type}: {message.text}")

    def _thrown(self, context: BrowserContext, thrown: WebError) -> None:
        self._count(context)
        self.threw = True
        self.add(f"uncaught: {thrown.error}")

    def _count(self, context: BrowserContext) -> None:
        """Count a line; after too many none is heard, nor the figures that pages tell there.

        A flood of them must not keep this process from its deadlines (seen: the browser seemed
        to hang).
        """
        self._heard += 1
        if self._heard == FLOOD:
            self.add(f"forepost: more than {FLOOD} lines, the rest is not read")
            for event, listening in self._listening:
                context.remove_listener(event, listening)
