"""The order ledger in the terminal: a block for each thing that is left, whole at 80 columns.

Who undoes a thing by hand needs every word of its block; so nothing is cut, and long words are
folded. What is settled takes a line, or two on a narrow screen.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alerts.plain import plain
from forepost.model import LedgerEntry, MadeKind

SHOWN = 3  # rows in the example of how to say that they are gone
LENGTH = 1_000  # of what the shop answered; it is cut at less when it is written down


def show(
    entries: Sequence[LedgerEntry],
    left: Sequence[LedgerEntry],
    stopped: str | None,
    console: Console,
    *,
    now: datetime,
    zone: tzinfo,
) -> None:
    """Print what is settled of `entries`, then what is left, then whether probes may pay."""
    settled = [entry for entry in entries if entry.settled]
    if settled:
        console.print(Padding(_lines(settled, zone), (0, 0, 1, 0), expand=False))
    for entry in left:
        console.print(_head(entry, now))
        console.print(Padding(_facts(entry, zone), (0, 0, 1, 2), expand=False))
    if left:
        done = "after undoing it by hand, too, forepost orders --settle asks the shop again"
        console.print(Text(f"{len(left)} left behind", style="bold red").append(f"; {done}"))
        rows = " ".join(entry.row for entry in left[:SHOWN]) + (" …" if left[SHOWN:] else "")
        console.print(Text(f"if it cannot tell: forepost orders --gone {rows} --note WHY"))
    else:
        console.print(Text("nothing is left behind", style="green"))
    if stopped is not None:
        said = f"paying is stopped: {plain(stopped)}; forepost orders --resume releases it"
        console.print(Text(said, style="yellow"))


def to_do(entry: LedgerEntry) -> str:
    """Return what somebody has to do in the shop by hand, so that nothing is left of an entry."""
    if entry.created_at is None:
        whom = "this customer" if entry.customer else "any synthetic customer of that time"
        return f"look in the shop for what {whom} has; void it if there is any"
    if entry.voided_at is not None:
        return "it is voided: put its pieces back into stock"
    if entry.kind is MadeKind.ORDER:
        return "void it in the shop: the money back, its pieces back into stock"
    if entry.kind is MadeKind.GIFT_CARD:
        return "void it in the shop, the money back; look it up by its customer and its end"
    return "cancel it in the shop, the money back"


def _head(entry: LedgerEntry, now: datetime) -> Text:
    """Return what it is, what it cost and how old it is."""
    head = Text(what(entry), style="bold red", overflow="fold")
    return head.append(f" · {_amount(entry)} · {_age(now - entry.asked_at)} old", style="default")


def _facts(entry: LedgerEntry, zone: tzinfo) -> Table:
    """Return the rest, a line each."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    told = {
        "row": Text(entry.row, style="bold"),
        "flow": Text(f"{entry.flow}, step “{plain(entry.step)}”, attempt {entry.attempt}"),
        "asked": Text(f"{entry.asked_at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"),
        "so far": _so_far(entry),
        "why": Text(plain(entry.note, LENGTH)),
        "customer": Text(plain(entry.customer) or "nobody was named"),
        "run": Text(f"forepost show {plain(entry.run_id)}"),
        "to do": Text(to_do(entry), style="bold"),
    }
    for name, said in told.items():
        if said:
            facts.add_row(name, said)
    return facts


def _lines(entries: Sequence[LedgerEntry], zone: tzinfo) -> Table:
    """Return what is settled, a line each."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for entry in entries:
        line = Text(f"{what(entry)} · {_amount(entry)} · {entry.flow}: ")
        line.append_text(_so_far(entry)).append(_word(entry, zone))
        table.add_row(f"{entry.asked_at.astimezone(zone):%Y-%m-%d %H:%M:%S}", entry.row, line)
    return table


def what(entry: LedgerEntry) -> str:
    """Return kind and number."""
    number = plain(entry.reference) or ("" if entry.settled else "of unknown number")
    return f"{entry.kind} {number}".strip()


def _word(entry: LedgerEntry, zone: tzinfo) -> str:
    """Return who said when that it is gone, and why; "" where the shop's own list says so."""
    if entry.gone_at is None:
        return ""
    at = f"{entry.gone_at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return f"; said by {plain(entry.gone_by)}, {at}: “{plain(entry.gone_note)}”"


def _amount(entry: LedgerEntry) -> str:
    """Return the sum without its currency, which only the shop knows."""
    cents = entry.amount_cents
    return "amount unknown" if cents is None else f"{cents / 100:,.2f}"


def _age(span: timedelta) -> str:
    """Return a span in its largest unit; a clock that was set back makes nothing younger than 0."""
    minutes = max(0, int(span.total_seconds())) // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} day" if days == 1 else f"{days} days"
    return f"{hours} h" if hours else f"{minutes} min"


def _so_far(entry: LedgerEntry) -> Text:
    """Return how far an entry came: created → paid → voided → restocked → mail seen."""
    if entry.refused:
        return Text(f"no leave: {plain(entry.refused)}", style="dim")
    if entry.nothing_at is not None:
        return Text("made nothing", style="green")
    reached = [name for name, _ in entry.reached]
    reached += ["gone by hand"] if entry.gone_at is not None else []
    style = "green" if entry.settled else "red"
    return Text(" → ".join(reached) or "not known whether it was made", style=style)
