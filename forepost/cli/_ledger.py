"""The lead-time ledger in the terminal: a short block an incident, readable at 80 columns."""

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from reports.data import ReportData
from reports.ledger import HEADINGS, rows


def show(data: ReportData, console: Console) -> None:
    """Print the ledger; what pages and posts say is shown as text, never as markup."""
    console.print(Rule("Who knew first", align="left"))
    found = rows(data)
    if not found:
        console.print("no incident in this time")
    for row in found:
        told = dict(zip(HEADINGS, row, strict=True))
        console.print(_head(told))
        console.print(Padding(_facts(told), (0, 0, 1, 2)))


def _head(told: dict[str, str]) -> Text:
    """Return the line that says what broke and who was first."""
    lead = told["lead time"]
    style = "bold red" if lead.startswith("−") else "bold green" if lead.startswith("+") else "bold"
    head = Text(told["flow"], style="bold")
    head.append(f", step “{told['step']}”: ", style="default")
    return head.append(lead, style=style)


def _facts(told: dict[str, str]) -> Table:
    """Return the figures below it."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    for heading in HEADINGS:
        if heading not in ("flow", "step", "lead time"):
            facts.add_row(heading, Text(told[heading]))
    return facts
