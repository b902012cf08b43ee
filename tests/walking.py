"""One walk of a flow through a real pool, without a retry: for tests of flows and storefronts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from forepost import plugins
from forepost.config import Shop
from forepost.model import FlowRun
from probes.job import ProbeJob, plain
from probes.pool import ProbePool


def walk_once(
    pool: ProbePool,
    flow: str,
    shop: Shop,
    settings: Mapping[str, Any],
    *,
    mutation: str = "",
    deadline_s: float = 100.0,
    step_deadline_s: float = 20.0,
) -> FlowRun:
    """Walk `flow` with its defaults and `settings`; return the run."""
    own = replace(plugins.load("probes.flows", flow).Settings(), **settings)
    return pool.run(
        ProbeJob(
            flow=flow,
            location="test",
            slot_at=datetime.now(UTC),
            settings=plain(own),
            shop=plain(shop),
            deadline_s=deadline_s,
            step_deadline_s=step_deadline_s,
            retry=False,
            mutation=mutation,
        )
    )
