"""The lead-time ledger as a table in the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.data import ReportData
from reports.ledger import HEADINGS, rows


def show(data: ReportData, console: Console) -> None:
    """Print the ledger; hostile text is shown as text, never as markup."""
    table = Table(title="Who knew first", title_justify="left", header_style="bold")
    for heading in HEADINGS:
        table.add_column(heading)
    for row in rows(data):
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
