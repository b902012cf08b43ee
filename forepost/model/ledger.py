"""What probes make in a shop, from the leave to make it to the proof that it is gone."""

from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from forepost.model.outcome import Outcome

ROW_LENGTH = 6  # 30 bits: hardly ever are two things that are left named alike


class MadeKind(StrEnum):
    """What a probe can leave behind in a shop."""

    ORDER = "order"
    GIFT_CARD = "gift card"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A synthetic order, gift card or subscription, from the leave to make it to its end.

    Written before the money moves, so that a killed run cannot hide what it made. Each
    instant is None until that is known; `nothing_at` is the proof that nothing was made.
    """

    id: str
    run_id: str
    flow: str
    attempt: int
    step: str
    kind: MadeKind
    customer: str  # the synthetic address under which the shop knows it
    asked_at: datetime
    reference: str = ""  # its number in the shop; a gift card's code only as its last four
    amount_cents: int | None = None
    created_at: datetime | None = None
    paid_at: datetime | None = None
    voided_at: datetime | None = None
    restocked_at: datetime | None = None
    mail_seen_at: datetime | None = None
    nothing_at: datetime | None = None
    refused: str = ""  # why no leave was given: then nothing was made
    note: str = ""  # what the last clean-up said
    gone_at: datetime | None = None  # when somebody said that nothing of it is left
    gone_by: str = ""
    gone_note: str = ""

    @property
    def row(self) -> str:
        """The short name that people type: letters and digits 2 to 7, no 0 beside an o."""
        digest = blake2b(self.id.encode(), digest_size=5).digest()
        return b32encode(digest).decode().lower()[:ROW_LENGTH]

    @property
    def reached(self) -> tuple[tuple[str, datetime], ...]:
        """The states that it is known to have come to, each with its instant, in their order."""
        states = (
            ("created", self.created_at),
            ("paid", self.paid_at),
            ("voided", self.voided_at),
            ("restocked", self.restocked_at),
            ("mail seen", self.mail_seen_at),
        )
        return tuple((name, at) for name, at in states if at is not None)

    @property
    def settled(self) -> bool:
        """Whether nothing of it is left in the shop: by proof, or by somebody's word."""
        if self.refused or self.nothing_at is not None or self.gone_at is not None:
            return True
        back = self.kind is not MadeKind.ORDER or self.restocked_at is not None
        return self.voided_at is not None and back


@dataclass(frozen=True, slots=True)
class Caps:
    """How much synthetic buying a shop bears in a day (since midnight in its zone)."""

    since: datetime
    orders: int | None = None  # None: no limit
    cents: int | None = None


@dataclass(frozen=True, slots=True)
class Cleanup:
    """The verdict on what a run left behind, apart from the run's own."""

    outcome: Outcome  # PASSED: proved that nothing is left; FAILED: something is; BROKEN: unknown
    message: str = ""
    duration_ms: float = 0.0
    made: int = 0
    left: int = 0
