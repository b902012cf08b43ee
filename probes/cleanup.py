"""The clean-up after an attempt: look up what the shop has, undo it, say how it stands.

It runs whatever became of the attempt, within a deadline of its own, and catches all that a
storefront may raise: a clean-up that fails is a finding, not an end.
"""

from collections.abc import Callable, Sequence

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

    `things` are those a flow noted itself; they count for the customer who bought last.
    `clean` masks secrets in what a shop answers.
    """
    done: list[Findings] = []
    names = list(customers) or [""]
    try:
        with limit(limit_s, CLEAN_UP):
            own = tuple(_undone(thing, clean) for thing in reversed(things))
            for customer in names:
                extra = own if customer == names[-1] else ()
                done.append(_of_customer(front, customer, extra, clean))
    except DeadlinePassed:
        late = f"the clean-up's deadline of {limit_s:g} s passed"
        looked = {one.customer for one in done}
        done += [Findings(name, problem=late) for name in names if name not in looked]
    return done


def _of_customer(
    front: Storefront | None, customer: str, own: tuple[Item, ...], clean: Callable[[str], str]
) -> Findings:
    if own:  # the flow knows what it made; the storefront need not
        return Findings(customer, own)
    if not customer:
        return Findings(customer, problem=NOBODY, cannot_tell=True)
    if front is None:
        return Findings(customer, problem="the storefront did not open")
    try:
        found = front.made(customer)
    except CannotTellError as error:
        return Findings(customer, problem=told(str(error), clean), cannot_tell=True)
    except Exception as error:  # noqa: BLE001 - a storefront may raise anything; see above
        said = told(f"{type(error).__name__}: {error}", clean)
        return Findings(customer, problem=f"the shop could not be asked: {said}")
    return Findings(customer, tuple(_voided(front, made, clean) for made in found))


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
