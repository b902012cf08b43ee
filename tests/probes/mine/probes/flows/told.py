"""Told: a flow for the tests of the engine; it does what its settings say."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import requests
from playwright.sync_api import Page, expect

from forepost.model import MadeKind
from probes.journey import Journey
from probes.storefront import ShopSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """`acts`: (verb, argument); "step" begins the next step, its argument is the name.

    "buyer" stands between steps and names the customer of those that follow.
    """

    acts: tuple[tuple[str, str], ...] = ()
    budget_ms: float | None = None
    note: str = ""  # a file that is appended to, to count what really ran


def run(shop: ShopSettings, journey: Journey, settings: Settings) -> None:
    """Do the acts one after the other."""
    steps: list[tuple[str, str, list[tuple[str, str]]]] = []
    for verb, argument in settings.acts:
        if verb in ("step", "pay step", "buyer"):
            steps.append((verb, argument, []))
        else:
            steps[-1][2].append((verb, argument))
    for verb, name, acts in steps:
        if verb == "buyer":
            journey.buyer(name)
            continue
        with journey.step(name, pays=verb == "pay step", budget_ms=settings.budget_ms):
            for act, argument in acts:
                ACTS[act](Told(shop, journey, settings, argument))


@dataclass(frozen=True, slots=True)
class Told:
    """One act, with all it may need."""

    shop: ShopSettings
    journey: Journey
    settings: Settings
    what: str

    @property
    def page(self) -> Page:
        """The customer's page."""
        return self.journey.page

    def pair(self) -> tuple[str, str]:
        """Return the two sides of `name=value`."""
        name, _, value = self.what.partition("=")
        return name, value


def _equal(told: Told) -> None:
    got, want = told.pair()
    told.journey.equal(int(got), int(want), "charged and shown total")


def _fill(told: Told) -> None:
    label, value = told.pair()
    told.page.get_by_label(label).fill(value)


def _note(told: Told) -> None:
    with Path(told.settings.note).open("a", encoding="utf-8") as file:
        file.write(f"{told.what}\n")


def _see(told: Told) -> None:
    told.journey.goal(told.page.get_by_text(told.what).first.inner_text(), "a greeting")


def _nest(told: Told) -> None:
    with told.journey.step(told.what):
        pass


def _expect(told: Told) -> None:
    expect(told.page.get_by_role("heading")).to_have_text(told.what)
    told.journey.goal("x", "a heading")


def _raise(told: Told) -> None:
    raise KeyError(told.what)


def _ask_nobody(told: Told) -> None:
    raise requests.ConnectionError(told.what)


def _make(told: Told) -> None:
    """Buy something: the shop's books, a file, list it from now on."""
    books = Path(told.shop.services["books"])
    rows = json.loads(books.read_text("utf-8")) if books.exists() else []
    rows.append({"number": told.what, "customer": told.journey.buyers[-1], "voided": False})
    books.write_text(json.dumps(rows), "utf-8")


def _note_made(told: Told) -> None:
    """Note a thing with its own undo: the file `settings.note` tells that it ran."""

    def undo() -> None:
        _note(replace(told, what=f"undone {told.what}"))

    told.journey.made(MadeKind.ORDER, told.what, 1_200, undo)


def _signal_browsers(number: signal.Signals) -> None:
    for process in psutil.Process().children(recursive=True):
        if "headless" in process.name() or "chrom" in process.name():
            process.send_signal(number)


def _kill_renderers(_: Told) -> None:
    for process in psutil.Process().children(recursive=True):
        if "--type=renderer" in process.cmdline():
            process.kill()


ACTS: dict[str, Callable[[Told], object]] = {
    "open": lambda told: told.page.goto(told.shop.url + told.what),
    "open elsewhere": lambda told: told.page.goto(told.what),
    "click": lambda told: told.page.get_by_role("link", name=told.what).click(),
    "fill": _fill,
    "secret": lambda told: told.journey.secret(told.what),
    "see": _see,
    "goal": lambda told: told.journey.goal(told.what, "an order number"),
    "goal of blanks": lambda told: told.journey.goal("\u00a0\u200b ", "an order number"),
    "goal of a method": lambda told: told.journey.goal(told.page.title, "an order number"),
    "goal of a locator": lambda told: told.journey.goal(told.page.locator("p"), "a number"),
    "goal of an answer": lambda told: told.journey.goal(
        told.page.goto(told.shop.url + told.what), "a page"
    ),
    "equal": _equal,
    "equal nothing": lambda told: told.journey.equal(None, None, "charged and shown total"),
    "fact of": lambda told: told.journey.fact(told.what, 1),
    "check": lambda told: told.journey.check(not told.what, told.what),
    "run script": lambda told: told.page.evaluate(told.what),
    "wait for": lambda told: told.journey.wait_for(lambda: "", told.what, 30.0),
    "wait": lambda told: told.page.wait_for_timeout(float(told.what)),
    "sleep": lambda told: time.sleep(float(told.what)),
    "note": _note,
    "print": lambda told: os.write(1, f"{told.what}\n".encode()),
    "raise": _raise,
    "nest": _nest,
    "expect": _expect,
    "ask nobody": _ask_nobody,
    "fact": lambda told: told.journey.fact("order", told.what),
    "make": _make,
    "note made": _note_made,
    "stop browser": lambda _: _signal_browsers(signal.SIGSTOP),
    "kill browser": lambda _: _signal_browsers(signal.SIGKILL),
    "kill renderers": _kill_renderers,
    "kill worker": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "stop worker": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
    "second customer": lambda told: told.journey.another_customer().goto(told.shop.url + told.what),
}
