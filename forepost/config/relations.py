"""What the tables of a config say of each other: windows name flows, flows name flows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from forepost.analysis.hold import Needs
from forepost.config.faults import Faults
from forepost.config.tables import CampaignPlan, FlowPlan, MaintenancePlan, address_flaw
from forepost.rhythm import SAY_AT, rhythm_of
from forepost.windows import flaws


def check(
    flows: Mapping[str, FlowPlan],
    written: Mapping[str, object],
    maintenance: Mapping[str, MaintenancePlan],
    zone: str,
    faults: Faults,
) -> None:
    """Note what does not fit.

    Shape: `written` holds every table of `[flows]`, also those with a fault of their own:
           whoever names such a flow has made no second mistake.
    """
    for name, window in maintenance.items():
        for key, remedy in flaws(window, list(written), ZoneInfo(zone)):
            value = getattr(window, key)
            shown = {"value": list(value) if key == "flows" else value} if value else {}
            faults.add(f"maintenance.{name}", key, remedy, **shown)
    for name, plan in flows.items():
        for other in plan.depends_on:
            if other not in written:
                there = ", ".join(sorted(written))
                remedy = f"no table [flows.{other}]; there is: {there}"
                faults.add(f"flows.{name}", "depends_on", remedy, list(plan.depends_on))
    for circle in circles(flows):
        remedy = f"flows wait for each other: {' → '.join(circle)}; take one of them out"
        faults.add(f"flows.{circle[0]}", "depends_on", remedy)


def check_times(campaigns: Mapping[str, CampaignPlan], faults: Faults) -> None:
    """Note a time that is none. Whether there is such a campaign file, the scheduler says."""
    for name, plan in campaigns.items():
        if rhythm_of(plan.at) is None:
            faults.add(f"campaigns.{name}", "at", SAY_AT, plan.at)


def check_services(
    services: Mapping[str, str], names: Sequence[str] | None, faults: Faults
) -> None:
    """Note a service that the storefront never asks, and a value that is no address.

    Shape: `names` None: a storefront of one's own that does not say which it knows.
    """
    for name, value in services.items():
        if names is not None and name not in names:
            remedy = f"no such service; there is: {', '.join(sorted(names))}"
            faults.add("shop.services", name, remedy)
        elif flaw := address_flaw(value):
            faults.add("shop.services", name, flaw, value)


def circles(flows: Mapping[str, FlowPlan]) -> list[tuple[str, ...]]:
    """Return each circle of dependencies once, from its first flow in the file back to it."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append((*path[path.index(name) :], name))
            return
        if name in done or name not in flows:
            return
        for other in flows[name].depends_on:
            walk(other, (*path, name))
        done.add(name)

    for name in flows:
        walk(name, ())
    return found


def needs_of(flows: Mapping[str, FlowPlan]) -> Needs:
    """Return what each flow depends on, directly or not, nearest first, and its patience.

    A flow that is brought forward has told how it is within two attempts; nobody waits
    longer for it than for its next slot.
    """
    made: dict[str, tuple[str, ...]] = {}
    for name in flows:
        near = list(flows[name].depends_on)
        for other in near:  # grows while it is read: those of those, and so on
            further = flows[other].depends_on if other in flows else ()
            near += [one for one in further if one not in near]
        made[name] = tuple(near)
    patience = {
        name: timedelta(seconds=min(plan.interval, 2 * plan.deadline))
        for name, plan in flows.items()
    }
    return Needs(made, patience)
