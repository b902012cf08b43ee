"""Mutations of what `journey.http` hears: the provider's books, the shop's, the mailbox."""

import re
from typing import Any

from probes.mutations.html import off_by_one, renamed
from probes.mutations.stage import Stage

LINK = re.compile(r"https?://\S+")


def mail_lost(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """No mail reaches the customer."""
    return [] if rows and _in(stage, url, "mail") else None


def second_mail(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """Every mail comes twice."""
    return rows + rows if rows and _in(stage, url, "mail") else None


def mail_without_link(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The mail holds no link."""
    if not _in(stage, url, "mail"):
        return None
    return [_texts(row, lambda text: LINK.sub("", text)) for row in rows]


def mail_without_number(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The mail names the order of somebody else."""
    number = stage.journey.facts.get("order", "")
    if not (number and _in(stage, url, "mail")):
        return None
    return [_texts(row, lambda text: renamed(text, number) or text) for row in rows]


def mail_total_off(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The amounts in the mail are off by one cent."""
    if not _in(stage, url, "mail"):
        return None
    return [_texts(row, lambda text: off_by_one(text) or text) for row in rows]


def charged_again(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The provider has charged one time more than it should."""
    # The first one once more: what was declined since is no charge.
    return rows + rows[:1] if rows and _in(stage, url, "provider") else None


def not_charged(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The last charge is not in the provider's books."""
    return rows[:-1] if rows and _in(stage, url, "provider") else None


def charged_more(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The last charge is one cent more than it should be."""
    if not (rows and _in(stage, url, "provider")):
        return None
    return [*rows[:-1], {name: _more(name, value) for name, value in rows[-1].items()}]


def charged_though_declined(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The card was declined, and charged."""
    if stage.book(url) != "provider":
        return None
    if not stage.here:
        stage.remembered = rows or stage.remembered
        return None
    return rows + stage.remembered[-1:]


def ordered_again(stage: Stage, url: str, rows: list[Any]) -> list[Any] | None:
    """The shop has made a second order."""
    return rows + rows[-1:] if rows and _in(stage, url, "shop") else None


def _in(stage: Stage, url: str, book: str) -> bool:
    return stage.here and stage.book(url) == book


def _texts(row: Any, edit: Any) -> Any:
    return {name: edit(value) if isinstance(value, str) else value for name, value in row.items()}


def _more(name: str, value: Any) -> Any:
    return value + 1 if isinstance(value, int) and re.search("amount|cents", name) else value
