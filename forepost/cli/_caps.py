"""Whether the day's caps let every run pay: a run that a cap ends early proves no payment."""

import inspect
from datetime import UTC, datetime

from forepost import plugins
from forepost.config import Config
from forepost.config.tables import FlowPlan
from forepost.doctor import Check

DAY_S = 86_400.0
OWN = ("code", "subscription_page")  # settings with which nothing is bought


def caps(found: Config) -> Check:
    """Say when the orders of a day will be used up, if they will.

    Each paying run is counted as one order, so the hour is the latest that it can be.
    """
    import scheduler  # noqa: PLC0415 - rooms load late

    allowed = scheduler.caps_of(found.shop, datetime.now(UTC)).orders
    if found.shop.environment == "stop_before_pay" or allowed is None:
        return Check("caps", ok=True, detail="no cap on orders is needed")
    paying = {name: plan.interval for name, plan in found.flows.items() if _pays(name, plan)}
    daily = sum(DAY_S / interval for interval in paying.values())
    if daily <= allowed:
        detail = f"{daily:.0f} paying runs a day, of {allowed} orders that may be made"
        return Check("caps", ok=True, detail=detail)
    hours, minutes = divmod(round(24 * 60 * allowed / daily), 60)
    return Check(
        "caps",
        ok=False,
        detail=f"{', '.join(paying)}: {daily:.0f} paying runs a day use up {allowed} orders by "
        f"{hours:02}:{minutes:02}; from then on no run pays, and nobody is told that paying breaks",
        remedy="a longer interval in [flows.x], or a higher orders_per_day in [shop]",
    )


def _pays(flow: str, plan: FlowPlan) -> bool:
    """Whether a flow has a step that pays, by its source; with a thing of the shop's own, none."""
    if any(getattr(plan.settings, key, None) is not None for key in OWN):
        return False
    return "pays=True" in inspect.getsource(plugins.load("probes.flows", flow))
