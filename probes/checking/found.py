"""What `forepost storefront check` found on a shop, and how the check is run.

The check is a walk in a worker like any probe's: same browser, same marks, same deadlines. It
writes its report after every page, so that a shop which kills the worker still has one.
"""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forepost.config.tables import address_flaw
from forepost.errors import ProbeError
from forepost.model import Fault, FlowRun, Outcome
from probes.controls import CONTROLS
from probes.job import ProbeJob
from probes.pool import ProbePool

FLOW = "storefront_check"
FLOWS = Path(__file__).with_name("flow")  # kept apart: nobody watches it
FOLDER = "storefront-check"
REPORT = "report.json"
DEADLINE_S = 180.0
STAGE_S = 25.0
NEEDED_BY = ("browse", "checkout")  # the flows that the check is for
NEVER_SEEN = (
    "done",
    "status",
    "reviews",
    "gift",
    "subscription",
)  # behind a purchase, or neither flow's
MUST = ("home", "product", "search", "cart", "checkout", "payment")
# What stands in for what: an address in the table for a link, and the like.
INSTEAD = {
    "search_box": ("search_page",),
    "cart_link": ("cart_page",),
    "to_checkout": ("checkout_page",),
    "product_link": ("product_page",),
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """What became of one control."""

    name: str
    state: str  # found, missing, none (the table says so), unseen (its page was not reached)
    how: str = ""
    text: str = ""
    page: str = ""  # the stage on which it was found or missed
    candidates: tuple[str, ...] = ()  # lines for the table


@dataclass(frozen=True, slots=True)
class Stage:
    """One page of the walk."""

    name: str
    url: str
    reached: bool
    said: str = ""  # why not
    picture: str = ""  # file name in the folder


@dataclass(frozen=True, slots=True)
class Checked:
    """All that a check found. Texts of pages are cleaned, and still not to be trusted."""

    url: str
    preset: str
    platform: str
    signs: tuple[str, ...]
    product: str  # path of the product that was looked at
    product_name: str
    words: str  # that the search found it by
    stages: tuple[Stage, ...]
    sightings: tuple[Sighting, ...]
    kept_from: str  # what the guard kept from being clicked
    emptied: bool | None  # whether the basket was left empty; None: nothing was put in
    seconds: float
    folder: Path

    @property
    def missing(self) -> tuple[Sighting, ...]:
        """The controls that browse or checkout cannot do without."""
        return tuple(one for one in self.sightings if one.state == "missing" and needs(one.name))

    @property
    def unseen(self) -> tuple[Sighting, ...]:
        """Those of them whose pages were not reached."""
        return tuple(one for one in self.sightings if one.state == "unseen" and needs(one.name))

    @property
    def stuck(self) -> tuple[Stage, ...]:
        """The pages that browse or checkout must come through and the check did not."""
        return tuple(one for one in self.stages if one.name in MUST and not one.reached)

    @property
    def complete(self) -> bool:
        """Whether browse and checkout have all that can be looked for without buying."""
        there = {stage.name for stage in self.stages}
        return not (self.missing or self.unseen or self.stuck) and there.issuperset(MUST)


def needs(name: str) -> tuple[str, ...]:
    """Return which of the two flows need a control that a check can see."""
    control = CONTROLS[name]
    if control.page in NEVER_SEEN:
        return ()
    return tuple(flow for flow in NEEDED_BY if flow in control.needs)


def host_folder(out: Path, url: str) -> Path:
    """Return where the check of a shop is kept."""
    host = (urlsplit(url).netloc or "shop").replace(":", "-")
    return out / FOLDER / "".join(one for one in host if one.isalnum() or one in "-.")


def see_url(url: str) -> str:
    """Return the address without its end; see that it is one and that its host is known.

    Raises: ProbeError, one line.
    """
    told = url.rpartition("@")[2]  # whatever stands before it may be a password
    if flaw := address_flaw(url):
        raise ProbeError(f"storefront check: {told[:200]!r}: {flaw}")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProbeError(
            f"storefront check: {parts.hostname} does not resolve; is the address right, "
            "and does this machine reach it?"
        ) from None
    return url.rstrip("/")


def run_check(
    shop: Mapping[str, Any], folder: Path, pool: ProbePool, *, product: str = "", now: datetime
) -> Checked:
    """Walk the shop and return what was found; the report and pictures lie in `folder`.

    `shop` is the plain table [shop]; `product` is a path; the pool runs nothing else meanwhile.
    Raises: ProbeError, one line, if not even the first page could be looked at.
    """
    _know_flow()
    folder.mkdir(parents=True, exist_ok=True)
    for old in (folder / REPORT, *folder.glob("[0-9]-*.png")):
        old.unlink(missing_ok=True)
    job = ProbeJob(
        flow=FLOW,
        location="check",
        slot_at=now.astimezone(UTC),
        settings={"folder": str(folder.resolve()), "product": product},
        shop={**shop, "environment": "stop_before_pay"},
        deadline_s=DEADLINE_S,
        step_deadline_s=STAGE_S,
        retry=False,
        pictures=False,
    )
    return _read(folder, str(shop["url"]), pool.run(job))


def _know_flow() -> None:
    """Let workers find the check's own flow; it is on no list of flows."""
    package = import_module("probes.flows")
    if str(FLOWS) not in package.__path__:
        package.__path__.append(str(FLOWS))


def _read(folder: Path, url: str, run: FlowRun) -> Checked:
    """Read what the worker wrote down.

    Raises: ProbeError, one line, if there is nothing, or not all because of us.
    """
    try:
        raw: dict[str, Any] = json.loads((folder / REPORT).read_text("utf-8"))
    except (OSError, ValueError):
        why = run.message.removeprefix(f"{FLOW}: ") or "the worker left no report"
        raise ProbeError(f"storefront check: {url}: {why}") from None
    if run.outcome is Outcome.BROKEN and run.fault is Fault.OURS:
        why = run.message.removeprefix(f"{FLOW}").lstrip(",: ")
        raise ProbeError(f"storefront check: {url}: broken on our side: {why}; check again")
    stages = tuple(Stage(**one) for one in raw["stages"])
    if not any(stage.reached for stage in stages):
        said = stages[0].said if stages else run.message
        raise ProbeError(f"storefront check: {url}: the first page does not come: {said}")
    return Checked(
        url=url,
        preset=raw["preset"],
        platform=raw["platform"],
        signs=tuple(raw["signs"]),
        product=raw["product"],
        product_name=raw["product_name"],
        words=raw["words"],
        stages=stages,
        sightings=tuple(
            Sighting(**{**one, "candidates": tuple(one["candidates"])}) for one in raw["sightings"]
        ),
        kept_from=raw["kept_from"],
        emptied=raw["emptied"],
        seconds=run.duration_ms / 1000,
        folder=folder,
    )
