"""Mutations: the shop, broken for one probe, to see whether its flow notices.

Nothing is changed in the shop. What the probe's browser and its `journey.http` hear is
changed on the way, by what any shop's pages have. Where a shop has nothing of the kind (no
mailbox, no amount on the page) a mutation never strikes: it is not applicable there, and
counts neither as noticed nor as missed.
"""

from forepost.errors import ProbeError
from forepost.model import FlowRun, Outcome
from probes.journey import Journey
from probes.mutations.row import ANY, Mutation
from probes.mutations.service import SERVICE
from probes.mutations.shopping import SHOPPING
from probes.mutations.stage import FACT, Stage
from probes.storefront import ShopSettings

__all__ = ["ALL", "Mutation", "install", "named", "noticed", "of_flow", "struck"]

ALL = (*SHOPPING, *SERVICE)


def of_flow(flow: str) -> list[Mutation]:
    """Return the mutations that concern a flow, in the order in which a customer meets them."""
    shipped = {known for one in ALL for known in one.flows} - {ANY}
    key = flow if flow in shipped else ANY
    return [one for one in ALL if key in one.flows]


def named(name: str) -> Mutation:
    """Return a mutation. Raises: ProbeError with those that exist."""
    found = next((one for one in ALL if one.name == name), None)
    if found is None:
        raise ProbeError(f"no mutation {name!r}; there is: {', '.join(one.name for one in ALL)}")
    return found


def install(name: str, flow: str, journey: Journey, shop: ShopSettings) -> None:
    """Break the shop for this journey, before its flow begins; nothing for an empty name.

    How often it struck is a fact of the run (`struck`). Raises: ProbeError for no such name.
    """
    if name:
        mutation = named(name)
        Stage(name, mutation.hooks, mutation.step(flow), journey, shop).install()


def struck(run: FlowRun) -> bool:
    """Whether the mutation of a run did anything at all: otherwise it is not applicable."""
    return FACT in dict(run.facts)


def noticed(run: FlowRun) -> bool:
    """Whether the flow noticed: failed, or degraded for a shop that was only slow."""
    return run.outcome in (Outcome.FAILED, Outcome.DEGRADED)
