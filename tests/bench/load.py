"""Can a load test be trusted: `python -m tests.bench.load [--part PART] [--json]`.

Parts: the engine's books and clock, what thresholds that end a run and what a search for the limit
cost each second, how often chance misleads that search, the search itself, names of what gives way
on shops whose limits are known, the effect of scaling out, and the load at which a person's
checkout leaves its budget.
"""

import argparse
import importlib
import json
import sys
import time
from dataclasses import asdict

from tests.bench.rows import Row, table

PARTS = (
    "engine",
    "guard",
    "breakpoint_cost",
    "breakpoint_chance",
    "capacity",
    "truths",
    "scale_out",
    "human",
)


def measure(part: str) -> list[Row]:
    """Return the lines of one part."""
    rows: list[Row] = importlib.import_module(f"tests.bench.load_{part}").measure()
    return rows


def main() -> int:
    """Measure and print; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows: list[Row] = []
    for part in asked.part or PARTS:
        began = time.monotonic()
        rows += measure(part)
        sys.stderr.write(f"{part}: {time.monotonic() - began:.0f} s\n")
    found = json.dumps([asdict(row) for row in rows]) if asked.json else table(rows)
    sys.stdout.write(f"{found}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
