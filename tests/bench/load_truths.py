"""Is it named right, what gives way first: `python -m tests.bench.load_truths [--only TEXT]`.

Toy shops whose weakest place is known (`tests/loadtests/truths.py`), each loaded for ten seconds by
a real generator over loopback: a calm start, then four times as many visits. Right is the true
name; "unclear" is allowed only where the truth leaves it open; another name is wrong.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from forepost.model import LoadRun
from forepost.storage import Store, open_store
from loadtests import campaign, users
from loadtests.campaign import Campaign
from loadtests.run import run_load
from tests.bench.rows import Row, table
from tests.loadtests import truths
from tests.loadtests.toys import running as toy
from tests.loadtests.truths import TRUTHS, Truth

MAX_LATENESS = "1s"  # of our own; a later visit says nothing of the shop
ROOMS = Path(__file__).with_name("rooms") / "loadtests" / "users"


def planned(seed: int) -> Campaign:
    """Return the campaign that finds out: a flow is held while nobody waits for long."""
    flows = "\n".join(f"[flows.{name}]\nshare = {share}" for name, share in truths.SHARES.items())
    resources = "\n".join(
        f"{name} = {json.dumps(list(held))}" for name, held in truths.RESOURCES.items()
    )
    limits = [f"p95({name}) < 900ms per step" for name in truths.SHARES]
    text = f"""
[campaign]
title = "Toy"
owner = "Benchmark"
mocked = []
seed = {seed}
max_rate = "{truths.LOADED_PER_S:g}/s"
max_lateness = "{MAX_LATENESS}"
patience = "{truths.PATIENCE_S:g}s"
thresholds = {json.dumps(limits)}
[shape]
kind = "steps"
rates = ["{truths.CALM_PER_S:g}/s", "{truths.LOADED_PER_S:g}/s"]
hold = "{truths.STEP_S}s"
{flows}
[resources]
{resources}
"""
    return campaign.parse(text, name="toy", origin="toy.toml")


def walked(truth: Truth, store: Store, out: Path, seed: int = 1) -> LoadRun:
    """Load one toy shop for real."""
    with toy(truth.shop) as url:
        return run_load(planned(seed), target=url, store=store, out=out)


def row_of(truth: Truth, run: LoadRun) -> Row:
    """Return a truth's line: what was said, and what may be said."""
    right = " or ".join(name or "unclear" for name in sorted(truth.right, key=str))
    named = str(run.bottleneck or "unclear") if run.verdict != "invalid" else "invalid"
    met = run.verdict != "invalid" and run.bottleneck in truth.right
    return Row(f"gives way first: {truth.name}", named, right, met)


def measure(only: str = "", seeds: Sequence[int] = (1,)) -> list[Row]:
    """Return a line for each toy shop and seed."""
    added = str(ROOMS)
    users.__path__.append(added)
    try:
        return [_measured(truth, seed) for seed in seeds for truth in TRUTHS if only in truth.name]
    finally:
        users.__path__.remove(added)


def _measured(truth: Truth, seed: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        store = open_store(out / "store.sqlite")
        try:
            run = walked(truth, store, out, seed)
        finally:
            store.close()
        row = row_of(truth, run)
        told = run.detail.get("evidence") or [run.detail.get("invalid")]
        said = "\n  ".join(map(str, told if isinstance(told, list) else [told]))
        sys.stderr.write(f"{truth.name}: {row.value}, {run.verdict}\n  {said}\n")
    return row


def main() -> int:
    """Measure and print; exit code 1 if a name is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="Only truths with this in their name.")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    rows = measure(asked.only, range(1, asked.seeds + 1))
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
