"""A recorded script, held against the rules of the house and run at load as it was written."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from forepost.model import LoadRun
from forepost.storage import Store
from loadtests import campaign
from loadtests.run import run_load

ROOT = Path(__file__).parents[2]
VISITS = 6


def in_the_style_of_the_house(text: str) -> None:
    """Hold a script against the repository's own rules, as if it lay among the user files."""
    place = ["--no-cache", "--stdin-filename", "loadtests/users/recorded.py", "-"]
    for check in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *check, *place]
        said = subprocess.run(
            ruff, input=text, capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert said.returncode == 0, said.stdout + text


def load(
    target: str,
    store: Store,
    out: Path,
    shares: dict[str, float],
    *,
    per_s: int = 2,
    done: int = VISITS,
) -> LoadRun:
    """Run scripts at a low rate, one visit after the other; see that so many are done."""
    plan = plan_of(shares, per_s)
    run = run_load(replace(plan, patience=30.0), target=target, store=store, out=out)
    told: Any = run.detail
    failed = told["started"] - done
    assert (told["failed"], told["censored"], told["dropped"]) == (failed, 0, 0), told["errors"]
    assert (told["done"], told["started"]) == (done, VISITS)
    return run


def plan_of(shares: dict[str, float], per_s: int = 2) -> campaign.Campaign:
    """Return the campaign that runs them."""
    flows = "".join(f"[flows.{name}]\nshare = {share}\n" for name, share in shares.items())
    head = 'title = "Recorded"\nowner = "Tests"\nmocked = []\nmax_lateness = "5s"'
    shape = f'kind = "hold"\nrate = "{per_s}/s"\nover = "{VISITS / per_s:g}s"'
    text = f'[campaign]\n{head}\narrivals = "uniform"\n[shape]\n{shape}\n{flows}'
    return campaign.parse(text, name="recorded", origin="recorded.toml")
