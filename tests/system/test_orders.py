"""An order that could not be undone stays in the ledger until the shop has let go of it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forepost import config
from forepost.bundled import Bundled, running
from forepost.cli import cli
from forepost.config import Shop
from forepost.model import Outcome
from forepost.storage import open_store
from probes.job import ProbeJob, plain
from probes.pool import ProbePool
from scheduler import StoreLedger

pytestmark = pytest.mark.browser
CONFIG = """[shop]
url = "{shop}"
environment = "sandbox"
token = "env:FOREPOST_TEST_TOKEN"
services = {{ gateway = "{gateway}", mail = "{mail}" }}
"""


def settle(at: Path) -> Result:
    """Run the command."""
    words = ["--config", str(at), "orders", "--settle", "--json"]
    return CliRunner().invoke(cli, words, standalone_mode=False)


def orders(shop: Bundled, customer: str) -> list[dict[str, object]]:
    """Return what the shop's own books say, asked without Forepost's storefront."""
    found = shop.call("GET", f"{shop.shop}/api/made?email={customer}")
    assert isinstance(found, dict)
    rows: list[dict[str, object]] = found["orders"]
    return rows


def test_what_a_clean_up_could_not_undo_is_settled_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop refuses to void: told, kept, exit 1. It voids again: settled, exit 0."""
    (tmp_path / "out").mkdir()
    at = tmp_path / "config.toml"
    with running(tmp_path / "shop", town=False) as shop:
        monkeypatch.setenv("FOREPOST_TEST_TOKEN", shop.token.reveal())
        at.write_text(CONFIG.format(shop=shop.shop, gateway=shop.gateway, mail=shop.mail), "utf-8")
        shop.call("PUT", f"{shop.shop}/api/faults/void_fails", {})
        store = open_store(tmp_path / "out" / "forepost.sqlite")
        pool = ProbePool(1, tmp_path / "out", ledger=StoreLedger(config.load(at), store))
        table = plain(shop.settings(Shop(environment="sandbox")))
        run = pool.run(ProbeJob("checkout", "test", datetime.now(UTC), shop=table, retry=False))
        pool.close()
        (entry,) = [one for one in store.ledger() if one.reference]
        store.close()
        stuck = settle(at)
        shop.call("DELETE", f"{shop.shop}/api/faults")
        gone = settle(at)
        (order,) = orders(shop, entry.customer)

    assert run.outcome.worked, run.message
    assert run.cleanup is not None
    assert run.cleanup.outcome is Outcome.FAILED
    assert not entry.settled
    assert stuck.return_value == 1
    (left,) = json.loads(stuck.stdout)["entries"]
    assert left["reference"] == order["number"]
    assert gone.return_value == 0, gone.output
    assert order["voided_at"]
    assert order["restocked_at"]
