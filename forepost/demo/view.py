"""The live terminal view; plain lines where there is no terminal."""

import threading
import time
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from forepost.demo.stage import FlowState, Scene, Stage
from forepost.model import FlowRun, Outcome
from forepost.model.proof import capped

EVENTS_SHOWN = 9
MARKS = {
    Outcome.PASSED: ("● passed", "green"),
    Outcome.DEGRADED: ("▲ degraded", "yellow"),
    Outcome.FAILED: ("✖ failed", "red"),
    Outcome.BROKEN: ("? our side", "magenta"),
}
UNPAID = ("◇ unpaid", "yellow")  # no leave to pay: neither worked nor not
KINDS = {
    "INCIDENT": "bold red",
    "surge": "bold yellow",
    "failed": "red",
    "broken": "magenta",
    "recovered": "bold green",
    "act": "bold cyan",
    "load": "blue",
}


class View:
    """Draws the stage on stderr until it is closed."""

    def __init__(self, stage: Stage, console: Console, *, limit_s: float) -> None:
        self.stage = stage
        self.console = console
        self.limit_s = limit_s
        self._began = time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="forepost-view", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(5)

    def _run(self) -> None:
        if self.console.is_terminal:
            with Live(console=self.console, auto_refresh=False) as live:
                while not self._end.wait(0.5):
                    live.update(self.draw(self.stage.scene()), refresh=True)
                live.update(self.draw(self.stage.scene()), refresh=True)
        else:
            self._lines()

    def _lines(self) -> None:
        """Print each event once."""
        printed = 0
        while True:
            ended = self._end.wait(0.5)
            scene = self.stage.scene()
            fresh = min(scene.noted - printed, len(scene.events))
            for at, kind, words in scene.events[len(scene.events) - fresh :]:
                self.console.print(Text(f"{at:%H:%M:%S}  {kind:9}  {words}"), soft_wrap=True)
            printed = scene.noted
            if ended:
                return

    def draw(self, scene: Scene) -> Panel:
        """Return one picture of the stage."""
        elapsed_s = time.monotonic() - self._began
        head = Table.grid(expand=True)
        head.add_column(ratio=1)
        head.add_column(justify="right")
        head.add_row(
            Text(scene.act, style="bold"), Text(f"{elapsed_s:4.0f} s of at most {self.limit_s:.0f}")
        )
        bar = ProgressBar(total=1.0, completed=scene.done_ratio)
        return Panel(
            Group(head, bar, Text(), _flows(scene), Text(), _events(scene)),
            title="[bold]Forepost[/bold] · know before they post",
            subtitle=_listening(scene),
            padding=(1, 2),
        )


def _flows(scene: Scene) -> Table:
    """Return the table of flows."""
    table = Table(expand=True, box=None, pad_edge=False, header_style="dim")
    for name in ("flow", "now", "last run", "runs", "worked", "where it stands"):
        table.add_column(
            name, justify="right" if name in ("runs", "worked", "last run") else "left"
        )
    for name, state in sorted(scene.flows.items()):
        table.add_row(*_row(name, state))
    return table


def _row(name: str, state: FlowState) -> list[Text]:
    mark, colour = _mark(state.last)
    took = f"{state.last.duration_ms / 1000:.1f} s" if state.last and state.last.steps else "–"
    stands = Text("")
    if state.incident is not None:
        stands = Text(
            f'incident since {state.incident.opened_at:%H:%M:%S}, step "', style="bold red"
        )
        stands.append(f'{state.incident.step or "?"}"')
    elif state.last and state.last.load_run:
        stands = Text("under our own load test", style="blue")
    return [
        Text(name, style="bold"),
        Text(mark, style=colour),
        Text(took),
        Text(str(state.runs)),
        Text(_worked(state)),
        stands,
    ]


def _mark(last: FlowRun | None) -> tuple[str, str]:
    """Return how the last run ended, and its colour."""
    if last is None:
        return "· waiting", "dim"
    return UNPAID if capped(last) else MARKS[last.outcome]


def _worked(state: FlowState) -> str:
    """Say how many worked of the runs that prove it, and how many had no leave to pay."""
    proving = state.runs - state.capped
    share = f"{state.worked} of {proving}" if proving else "unknown"
    return f"{share}, {state.capped} unpaid" if state.capped else share


def _events(scene: Scene) -> Table:
    """Return the last events, newest last."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(style="dim", width=8)
    table.add_column(width=9)
    table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
    for at, kind, words in scene.events[-EVENTS_SHOWN:]:
        style = KINDS.get(kind, "")
        table.add_row(f"{at:%H:%M:%S}", Text(kind, style=style), Text(words))
    return table


def _listening(scene: Scene) -> str:
    """Return one line about the ears."""
    if scene.source_error:
        return "complaints: the last poll failed"
    if not scene.polls:
        return "complaints: not heard yet"
    return f"{scene.complaints} complaints heard in {scene.polls} polls"
