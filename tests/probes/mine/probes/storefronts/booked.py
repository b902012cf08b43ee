"""Booked: a storefront for the tests of the clean-up; the shop's books are a file."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from probes.journey import Journey
from probes.storefront import CannotTellError, Made, MadeKind, ShopSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set."""


class Booked:
    """`services`: `books` a file, `trouble` what goes wrong in the clean-up.

    `door`: an address that is asked first, with the token: what it answers is what the books do.
    """

    def __init__(self, shop: ShopSettings) -> None:
        self.url = shop.url
        self.services = shop.services
        self.token = shop.token

    def made(self, customer: str) -> tuple[Made, ...]:
        """List what the books have."""
        if door := self.services.get("door"):
            mark = {"Authorization": f"Bearer {self.token.reveal()}"} if self.token else {}
            requests.get(door, headers=mark, timeout=30).raise_for_status()
        trouble = self.services.get("trouble", "")
        if trouble == "cannot tell":
            raise CannotTellError("this shop has no books; write [shop.services]")
        if trouble == "no books":
            raise OSError("the books are on fire")
        return tuple(
            Made(
                MadeKind.ORDER,
                row["number"],
                1_200,
                paid=True,
                voided=row["voided"],
                restocked=row["voided"],
            )
            for row in self._rows()
            if row["customer"] == customer
        )

    def void(self, made: Made) -> Made:
        """Cross it out."""
        trouble = self.services.get("trouble", "")
        if trouble == "no void":
            raise OSError("409 already packed")
        rows = self._rows()
        for row in rows:
            row["voided"] = row["voided"] or row["number"] == made.reference
        self._file().write_text(json.dumps(rows), "utf-8")
        return replace(made, voided=True, restocked=trouble != "no stock")

    def _rows(self) -> list[dict[str, Any]]:
        file = self._file()
        found: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else []
        return found

    def _file(self) -> Path:
        return Path(self.services["books"])


def open_shop(journey: Journey, shop: ShopSettings) -> Booked:
    """Return the shop."""
    del journey
    return Booked(shop)
