"""The clean-up after an attempt: look up what the shop has, undo it, say how it stands.

It runs whatever became of the attempt, within a deadline of its own, and catches all that a
storefront may raise: a clean-up that fails is a finding, not an end.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from probes.deadline import DeadlinePassed, limit
from probes.ledger import NOBODY, Findings, Item
from probes.storefront import CannotTellError, Made, Storefront
from probes.verdict import told
from probes.wishes import Thing

CLEAN_UP = "clean-up"
NO_UNDO = "the flow says no way to undo it"


def clean_up(
    front: Storefront | None,
    customers: Sequence[str],
    things: Sequence[Thing],
    limit_s: float,
    clean: Callable[[str], str],
) -> list[Findings]:
    """Return what was found of each customer, undone as far as it could be.

    `things` are those a flow noted itself; they are undone first, and looked for in the shop's
    own list all the same: a double order is what no flow notes. `clean` masks secrets in what
    a shop answers.
    """
    done: list[Findings] = []
    names = list(customers) or [""]
    try:
        with limit(limit_s, CLEAN_UP):
            own = [(thing.customer, _undone(thing, clean)) for thing in reversed(things)]
            for customer in names:
                last = customer == names[-1]  # has those too that nobody was named for
                mine = [
                    one for name, one in own if name == customer or (last and name not in names)
                ]
                done.append(_of_customer(front, customer, mine, clean))
    except DeadlinePassed:
        late = f"the clean-up's deadline of {limit_s:g} s passed"
        looked = {one.customer for one in done}
        done += [Findings(name, problem=late) for name in names if name not in looked]
    return done


def _of_customer(
    front: Storefront | None, customer: str, own: Sequence[Item], clean: Callable[[str], str]
) -> Findings:
    noted = tuple(own)
    if noted and (not customer or not hasattr(front, "made")):
        return Findings(customer, noted)  # the flow knows what it made; the storefront need not
    if not customer:
        return Findings(customer, problem=NOBODY, cannot_tell=True)
    if front is None:
        return Findings(customer, problem="the storefront did not open")
    try:
        found = front.made(customer)
    except CannotTellError as error:
        gap = Findings(customer, problem=told(str(error), clean), cannot_tell=True)
        return Findings(customer, noted) if noted else gap
    except Exception as error:  # noqa: BLE001 - a storefront may raise anything; see above
        said = told(f"{type(error).__name__}: {error}", clean)
        return Findings(customer, noted, problem=f"the shop could not be asked: {said}")
    return Findings(customer, _joined(noted, [_voided(front, made, clean) for made in found]))


def _joined(noted: Sequence[Item], listed: list[Item]) -> tuple[Item, ...]:
    """Return each thing once: as the shop lists it, in the step that noted it.

    The same number is the same thing; else one of the same kind is, since a flow may note a
    thing by what the page calls it. What is in one of the two only stays.
    """
    left, joined = list(noted), []
    for fits in (_same_number, _same_kind):
        for item in list(listed):
            mine = next((one for one in left if fits(one, item)), None)
            if mine is not None:
                left.remove(mine)
                listed.remove(item)
                joined.append(replace(item, reference=mine.reference, step=mine.step))
    return (*joined, *left, *listed)


def _same_number(noted: Item, listed: Item) -> bool:
    return noted.kind is listed.kind and noted.reference == listed.reference


def _same_kind(noted: Item, listed: Item) -> bool:
    return noted.kind is listed.kind


def _voided(front: Storefront, made: Made, clean: Callable[[str], str]) -> Item:
    """Undo one thing that the shop lists, unless it is undone already."""
    problem = ""
    if not (made.voided and made.restocked is not False):
        try:
            made = front.void(made)
        except Exception as error:  # noqa: BLE001 - a storefront may raise anything; see above
            problem = told(f"not voided: {error}", clean)
    return Item(
        kind=made.kind,
        reference=made.reference,
        amount_cents=made.amount_cents,
        paid=made.paid,
        voided=made.voided,
        restocked=made.restocked,
        mail_seen=made.mail_seen,
        problem=problem,
    )


def _undone(thing: Thing, clean: Callable[[str], str]) -> Item:
    """Undo one thing that the flow noted itself."""
    problem = NO_UNDO if thing.undo is None else ""
    if thing.undo is not None:
        try:
            thing.undo()
        except Exception as error:  # noqa: BLE001 - a storefront may raise anything; see above
            problem = told(f"not undone: {type(error).__name__}: {error}", clean)
    gone = not problem
    return Item(
        kind=thing.kind,
        reference=clean(thing.reference),
        amount_cents=thing.amount_cents,
        paid=True,
        voided=gone,
        restocked=gone,
        step=thing.step,
        problem=problem,
    )
