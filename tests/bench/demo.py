"""The demo's promise over several seeds: `python -m tests.bench.demo [--seeds 1 2 3 4 5]`.

Each seed is one whole `forepost demo --json` in a folder of its own, as a user starts it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SITUATIONS = ("payment", "autopay", "gift_card")


def play(seed: int) -> dict[str, Any]:
    """Return one performance: exit code, wall time in seconds, lead time per situation."""
    with tempfile.TemporaryDirectory(prefix="forepost-demo-") as folder:
        began = time.monotonic()
        done = subprocess.run(
            [Path(sys.executable).parent / "forepost", "demo", "--seed", str(seed), "--json"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        wall_s = time.monotonic() - began
    told = json.loads(done.stdout) if done.stdout.strip() else {"incidents": []}
    rows = {row["situation"]: row for row in told["incidents"] if row["situation"]}
    return {
        "seed": seed,
        "exit": done.returncode,
        "wall_s": round(wall_s, 1),
        "incidents": len(told["incidents"]),
        "bottleneck": told.get("load", {}).get("bottleneck"),
        "lead_s": {name: (rows.get(name) or {}).get("lead_time_s") for name in SITUATIONS},
        "truth_lead_s": {name: _truth_lead(rows.get(name)) for name in SITUATIONS},
    }


def _truth_lead(row: dict[str, Any] | None) -> float | None:
    """Return the lead over the first post that the town itself counts."""
    from datetime import datetime  # noqa: PLC0415 - beside its one use

    if not row or not row.get("truth") or not row["truth"]["first_post_at"]:
        return None
    posted = datetime.fromisoformat(row["truth"]["first_post_at"])
    return round((posted - datetime.fromisoformat(row["detected_at"])).total_seconds(), 1)


def main() -> int:
    """Play every seed; exit 1 if one of them was not complete."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    played = []
    for seed in options.seeds:
        one = play(seed)
        played.append(one)
        sys.stderr.write(f"{one}\n")
    if options.json:
        sys.stdout.write(json.dumps(played, indent=2) + "\n")
    else:
        sys.stdout.write("seed  exit  wall    " + "  ".join(f"{n:>10}" for n in SITUATIONS) + "\n")
        for one in played:
            leads = "  ".join(f"{_shown(one['lead_s'][name]):>10}" for name in SITUATIONS)
            sys.stdout.write(f"{one['seed']:4}  {one['exit']:4}  {one['wall_s']:5.0f} s {leads}\n")
    return 0 if all(one["exit"] == 0 for one in played) else 1


def _shown(lead_s: float | None) -> str:
    return "–" if lead_s is None else f"{lead_s:+.0f} s"


if __name__ == "__main__":
    sys.exit(main())
