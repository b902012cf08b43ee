"""Whether evidence leaks: every kind of artefact is made, then searched for planted secrets.

`python -m tests.bench.leaks [--rounds 2] [--json]`: a hostile page strews canaries about
(typed, posted in seven encodings, logged, in cookies, headers, addresses, on show), the
shipped flows fail on the bundled shop under its faults, and all runs are stored. Then the raw
bytes of the output folder and the store are searched by a scanner of its own. The same page
once more with the masks switched off shows that the search would find what is there.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from forepost import plugins
from forepost.bundled import running
from forepost.config import Secret, Shop
from forepost.model import FlowRun
from forepost.storage import open_store
from probes.job import ProbeJob, plain
from probes.pool import ProbePool
from tests.bench.canaries import Canaries, Found, acts, canaries, find, plant
from tests.probes.site import Site

MINE = Path(__file__).resolve().parents[1] / "probes" / "mine"
CARD = "4242424242424242"  # what the shipped flows pay with
FAULTS = (("checkout", "payment_error"), ("checkout", "blank_confirmation"), ("browse", None))
# Put in the worker's way, it lets everything through: the search must find it then.
UNMASKED = """
from probes.scrubbing.scrub import Scrubber
Scrubber.data = lambda self, data: data
Scrubber.text = lambda self, text: text
Scrubber.leaks = lambda self, data: []
Scrubber.shows = lambda self, text: []
Scrubber.holds = lambda self, data: False
Scrubber.values = lambda self: []
"""


def hostile(pool: ProbePool, planted: Canaries, *, on_show: bool) -> FlowRun:
    """Walk the page that strews the canaries about, with a retry."""
    site = Site()
    try:
        plant(site, planted, on_show=on_show)
        job = ProbeJob(
            flow="told",
            location="bench",
            slot_at=datetime.now(UTC),
            settings={"acts": acts(site, planted), "note": Secret(planted.password)},
            shop={"url": site.url, "storefront": "bare", "environment": "sandbox"},
            step_deadline_s=4.0,
        )
        return pool.run(job)
    finally:
        site.close()


def shipped(pool: ProbePool, folder: Path) -> Iterator[FlowRun]:
    """Yield runs of shipped flows on the bundled shop, under faults and without."""
    with running(folder, town=False) as shop:
        table = plain(shop.settings(Shop(environment="sandbox")))
        for flow, fault in FAULTS:
            shop.call("DELETE", f"{shop.shop}/api/faults")
            if fault:
                shop.call("PUT", f"{shop.shop}/api/faults/{fault}", {})
            settings = plain(plugins.load("probes.flows", flow).Settings())
            yield pool.run(
                ProbeJob(
                    flow=flow,
                    location="bench",
                    slot_at=datetime.now(UTC),
                    settings=settings,
                    shop=table,
                    step_deadline_s=5.0,
                )
            )


@contextmanager
def workers_without_masks(folder: Path) -> Iterator[None]:
    """Let workers that start now mask nothing; the product has no switch for that."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(UNMASKED, "utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def masked(folder: Path, planted: Canaries, rounds: int) -> list[FlowRun]:
    """Make evidence of every kind, and store the runs."""
    out = folder / "masked"
    pool = ProbePool(1, out)
    try:
        runs = [
            hostile(pool, planted, on_show=on_show)
            for _ in range(rounds)
            for on_show in (True, False)
        ]
        runs += shipped(pool, folder / "shop")
    finally:
        pool.close()
    store = open_store(out / "forepost.sqlite")
    for run in runs:
        store.add_run(run)
    store.close()
    return runs


def unmasked(folder: Path, planted: Canaries) -> FlowRun:
    """Make the same evidence with the masks switched off."""
    with workers_without_masks(folder / "patch"):
        pool = ProbePool(1, folder / "unmasked")
        try:
            return hostile(pool, planted, on_show=True)
        finally:
            pool.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was searched and found: exit 0 if nothing leaks and the search works."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    plugins.add_folders([MINE])
    planted = canaries()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = masked(folder, planted, asked.rounds)
        clean = find(folder / "masked", planted)
        unmasked(folder, planted)
        dirty = find(folder / "unmasked", planted)
    kinds = Counter(kept.kind for run in runs for kept in run.artefacts)
    _tell(clean, dirty, kinds, runs, as_json=asked.json)
    every = set(asdict(planted)) == {hit.canary for hit in dirty.hits}
    return 0 if not clean.hits and every else 1


def _tell(
    clean: Found, dirty: Found, kinds: Counter[str], runs: Sequence[FlowRun], *, as_json: bool
) -> None:
    """Print both scans side by side."""
    if as_json:
        data = {"masked": asdict(clean), "unmasked": asdict(dirty), "artefacts": dict(kinds)}
        sys.stdout.write(json.dumps(data, indent=2) + "\n")
        return
    listed = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    outcomes = Counter(run.outcome.value for run in runs)
    sys.stdout.write(f"{len(runs)} runs ({dict(outcomes)}), artefacts: {listed}\n")
    for title, found in (("masked, with the store", clean), ("masks switched off", dirty)):
        size = f"{found.files} files, {found.pieces} pieces, {found.bytes / 1e6:.1f} MB"
        where = Counter(hit.canary for hit in found.hits)
        sys.stdout.write(f"{title}: {size}: {len(found.hits)} hits {dict(where) or ''}\n")
    for hit in clean.hits:
        sys.stdout.write(f"  {hit.canary} in {hit.file}\n")


if __name__ == "__main__":
    raise SystemExit(main())
