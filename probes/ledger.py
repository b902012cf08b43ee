"""The order ledger: what a probe was allowed to make, and what became of it.

A row is written before the money moves; the clean-up's findings settle it. Matching the two
is pure, so that a killed worker's rows are settled by the next one in the same way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from forepost.model import Cleanup, LedgerEntry, MadeKind, Outcome

NOBODY = "no synthetic customer is named; call journey.buyer(…) before the step that pays"
NEVER_ASKED = "made without leave"
NO_ANSWER = "nothing yet, but the payment had no answer: what was sent may still come true"
SHOWN = 4  # of a gift card's code: the code is money


class Ledger(Protocol):
    """Who gives leave to pay and remembers it: the store, through `scheduler`."""

    def ask(self, entry: LedgerEntry) -> str:
        """Return "" if the entry was written and leave is given, else the reason."""
        ...

    def note(self, entries: Sequence[LedgerEntry]) -> None:
        """Remember what is now known of entries."""
        ...


class Unkept:
    """A ledger that allows everything and remembers nothing, for a pool without a store."""

    def ask(self, entry: LedgerEntry) -> str:
        """Give leave."""
        del entry
        return ""

    def note(self, entries: Sequence[LedgerEntry]) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the clean-up found, as it stood afterwards. None: cannot be told."""

    kind: MadeKind
    reference: str
    amount_cents: int | None = None
    paid: bool | None = None
    voided: bool | None = None
    restocked: bool | None = None
    mail_seen: bool | None = None
    step: str = ""  # of a thing that the flow itself noted; it stands for that step's leave
    problem: str = ""  # why it could not be undone


@dataclass(frozen=True, slots=True)
class Findings:
    """What the clean-up found of one customer; `problem` says why it could not look."""

    customer: str
    items: tuple[Item, ...] = ()
    problem: str = ""
    cannot_tell: bool = False  # the storefront has no way to: our gap, not a fault of the shop


def doubted(findings: Iterable[Findings]) -> list[Findings]:
    """Return findings after a payment without an answer: nothing found is no proof yet.

    A shop goes on with what it was sent when the customer has long gone. Whoever looks again
    later finds it, or proves that it is not there.
    """
    return [
        one if one.items or one.problem else replace(one, problem=NO_ANSWER) for one in findings
    ]


def settle(
    entries: Sequence[LedgerEntry], findings: Iterable[Findings], now: datetime
) -> tuple[LedgerEntry, ...]:
    """Return the entries as they stand after a clean-up.

    Things found are given to the leaves of the same customer and kind, oldest first; a leave
    with nothing found made nothing; a thing without a leave (a double order) becomes an
    entry of its own. Entries of customers that were not looked at stay as they are.
    """
    found = {one.customer: one for one in findings}
    settled: list[LedgerEntry] = []
    for customer in dict.fromkeys(entry.customer for entry in entries):
        mine = [entry for entry in entries if entry.customer == customer]
        looked = found.get(customer)
        if looked is None:
            settled += mine
        elif looked.problem and not looked.items:
            settled += [replace(entry, note=looked.problem) for entry in mine]
        else:
            settled += _matched(mine, list(looked.items), now)
    return tuple(settled)


def verdict(
    entries: Sequence[LedgerEntry], findings: Sequence[Findings], duration_ms: float
) -> Cleanup:
    """Return the clean-up's own verdict.

    PASSED: it is proved that nothing is left. FAILED: something is. BROKEN: nobody knows.
    """
    left = [entry for entry in entries if not entry.settled]
    made = sum(1 for entry in entries if entry.created_at is not None)
    unknown = [one for one in findings if one.problem]
    outcome, said = Outcome.PASSED, ""
    if left:
        known = [entry for entry in left if entry.created_at is not None]
        outcome = Outcome.FAILED if known else Outcome.BROKEN
        first = (known or left)[0]
        what = f"{first.kind} {first.reference}".strip()
        said = f"{what} of {first.customer or 'nobody'}: {first.note or 'not undone'}"
    elif unknown:
        outcome, said = Outcome.BROKEN, f"{unknown[0].customer}: {unknown[0].problem}"
    return Cleanup(outcome, said, duration_ms, made=made, left=len(left))


def join(cleanups: Sequence[Cleanup]) -> Cleanup | None:
    """Return the verdict on all attempts of a run: the worst of them, with all that was made."""
    if not cleanups:
        return None
    order = (Outcome.PASSED, Outcome.BROKEN, Outcome.FAILED)
    worst = max(cleanups, key=lambda one: order.index(one.outcome))
    return replace(
        worst,
        duration_ms=sum(one.duration_ms for one in cleanups),
        made=sum(one.made for one in cleanups),
        left=sum(one.left for one in cleanups),
    )


def findings_event(findings: Sequence[Findings]) -> list[dict[str, Any]]:
    """Return findings as they stand on the pipe."""
    return [
        {
            "customer": one.customer,
            "problem": one.problem,
            "cannot_tell": one.cannot_tell,
            "items": [{name: getattr(item, name) for name in Item.__slots__} for item in one.items],
        }
        for one in findings
    ]


def read_findings(data: Iterable[Mapping[str, Any]]) -> tuple[Findings, ...]:
    """Return the findings that `findings_event` wrote."""
    return tuple(
        Findings(
            one["customer"],
            tuple(Item(**{**item, "kind": MadeKind(item["kind"])}) for item in one["items"]),
            one["problem"],
            one["cannot_tell"],
        )
        for one in data
    )


def _matched(entries: Sequence[LedgerEntry], items: list[Item], now: datetime) -> list[LedgerEntry]:
    """Give things to leaves: first by number (seen before), then by step, then by kind."""
    taken: dict[str, Item] = {}
    asked = [entry for entry in entries if not entry.refused]
    for fits in (_same_reference, _same_step, _same_kind):
        for entry in asked:
            item = next((one for one in items if fits(entry, one)), None)
            if entry.id not in taken and item is not None:
                items.remove(item)
                taken[entry.id] = item
    settled = [
        _known(entry, taken[entry.id], now) if entry.id in taken else _nothing(entry, now)
        for entry in entries
    ]
    pattern = entries[-1]
    for number, item in enumerate(items, 1):
        extra = LedgerEntry(
            id=f"{pattern.id}+{number}",
            run_id=pattern.run_id,
            flow=pattern.flow,
            attempt=pattern.attempt,
            step=pattern.step,
            kind=item.kind,
            customer=pattern.customer,
            asked_at=pattern.asked_at,
        )
        settled.append(_known(extra, replace(item, problem=item.problem or NEVER_ASKED), now))
    return settled


def _same_reference(entry: LedgerEntry, item: Item) -> bool:
    return bool(entry.reference) and entry.reference == shown(item.kind, item.reference)


def _same_step(entry: LedgerEntry, item: Item) -> bool:
    return bool(item.step) and entry.step == item.step


def _same_kind(entry: LedgerEntry, item: Item) -> bool:
    return not entry.reference and not item.step and entry.kind is item.kind


def _nothing(entry: LedgerEntry, now: datetime) -> LedgerEntry:
    """Settle a leave under which nothing was found; what was seen before must be found again."""
    if entry.refused or entry.nothing_at is not None or entry.settled:
        return entry
    if entry.created_at is not None:
        return replace(entry, note="the shop no longer lists it")
    return replace(entry, nothing_at=now, note="")


def _known(entry: LedgerEntry, item: Item, now: datetime) -> LedgerEntry:
    """Write down how a thing stands; an instant once known is not moved."""
    return replace(
        entry,
        kind=item.kind,
        reference=shown(item.kind, item.reference),
        amount_cents=entry.amount_cents if item.amount_cents is None else item.amount_cents,
        created_at=entry.created_at or entry.asked_at,
        paid_at=entry.paid_at or (entry.asked_at if item.paid else None),
        voided_at=entry.voided_at or (now if item.voided else None),
        restocked_at=entry.restocked_at or (now if item.restocked else None),
        mail_seen_at=entry.mail_seen_at or (now if item.mail_seen else None),
        note=item.problem or _lacks(item),
    )


def _lacks(item: Item) -> str:
    """Say what is missing of its end."""
    if not item.voided:
        return "not voided" if item.voided is False else "nobody can tell whether it was voided"
    if item.kind is MadeKind.ORDER and not item.restocked:
        told = item.restocked is False
        return "not restocked" if told else "nobody can tell whether it was restocked"
    return ""


def shown(kind: MadeKind, reference: str) -> str:
    """Return a number as the ledger keeps it: a gift card's code is money and is cut."""
    if kind is not MadeKind.GIFT_CARD or len(reference) <= SHOWN:
        return reference
    return f"…{reference[-SHOWN:]}"
