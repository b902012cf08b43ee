"""A gift card of the shop's own: looked at, put to a cart, never spent.

For a shop where nothing may be bought: what the card holds is shown, comes off the total to
the cent, and is there afterwards as before.
"""

from dataclasses import dataclass

from forepost.errors import ProbeError
from probes.flows._untold import leave_out
from probes.journey import Journey
from probes.storefront import Address, CannotTellError, Storefront

APPLIED = "a card comes off the total"
BALANCE = "the balance of a card"


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A card that stands ready for probes, and what its owner tells of it."""

    code: str
    cents: int | None  # what it holds; None: the shop's own page is believed
    expired: str  # another card's code; empty: there is none
    product: str
    email: str
    budget_ms: float
    refusals: bool  # whether codes are tried that must be refused


@dataclass(frozen=True, slots=True)
class Worth:
    """What a code is worth in cents; None: it was refused, in the words of `message`."""

    cents: int | None
    message: str

    def money(self) -> int:
        """Return the cents; a refusal where none is due fails in the page's own words."""
        if self.cents is None:
            raise AssertionError(f'refused: "{self.message or "no answer"}"')
        return self.cents


@dataclass(frozen=True, slots=True)
class Counter:
    """Where the card is shown."""

    shop: Storefront
    journey: Journey
    card: OwnCard

    def balance(self, code: str) -> Worth:
        """Look at the page that says what a card holds. Raises: CannotTellError."""
        told = self.shop.gift_balance(code)
        return Worth(told.cents, told.message)

    def off(self, code: str) -> tuple[Worth, int]:
        """Put a card to the cart; what comes off, and the total before. Raises: CannotTellError."""
        told = self.shop.apply_gift_card(code, Address(email=self.card.email))
        after = told.after_cents
        off = None if after is None else told.before_cents - after
        return Worth(off, told.message), told.before_cents


def look_after(shop: Storefront, journey: Journey, card: OwnCard) -> None:
    """Look at the card, put it to a cart, look again; then try what must be refused.

    Raises: ProbeError if the storefront can tell nothing of gift cards.
    """
    counter = Counter(shop, journey, card)
    journey.secret(card.code)
    journey.buyer(card.email)
    shown = _look(counter)
    with journey.step("fill a cart", budget_ms=card.budget_ms):
        shop.add_to_cart(card.product)
        journey.check(shop.cart().lines, "what was added is in the cart")
    applied = _apply(counter, card.cents if shown is None else shown)
    if shown is None and not applied:
        raise ProbeError(
            "[flows.gift_card] code: neither a page for a card's balance nor a field for its code "
            'was found; name gift_page = "url: …" or voucher_field = "label: …" in [shop.controls]'
        )
    if shown is not None and applied:
        with journey.step("applying spends nothing", budget_ms=card.budget_ms):
            left = counter.balance(card.code).money()
            journey.equal(left, shown, "balance after applying a card and before", "cents")
    if card.refusals:
        by_page = shown is not None
        wrong = journey.secret(mistyped(card.code))  # all but one letter of what is money
        _refused(counter, "a mistyped code is refused", wrong, by_page=by_page)
        if card.expired:
            expired = journey.secret(card.expired)
            _refused(counter, "an expired card is refused", expired, by_page=by_page)


def mistyped(code: str) -> str:
    """Return the code with its last two characters exchanged, or the last one changed."""
    swapped = code[:-2] + code[-1] + code[-2]
    return swapped if swapped != code else code[:-1] + ("X" if code[-1] != "X" else "Y")


def _look(counter: Counter) -> int | None:
    """Return what the card holds; None, and said so, where the shop has no page for it."""
    journey, card = counter.journey, counter.card
    with journey.step("look at the balance", budget_ms=card.budget_ms):
        try:
            shown = counter.balance(card.code).money()
        except CannotTellError:
            leave_out(journey, BALANCE)
            return None
        if card.cents is not None:
            journey.equal(shown, card.cents, "balance shown and code_cents", "cents")
        return journey.goal(shown, "money on a card that no probe ever spends")


def _apply(counter: Counter, held: int | None) -> bool:
    """Put the card to the cart; whether the shop lets one.

    What comes off is what the card holds, but never more than the total.
    """
    journey, card = counter.journey, counter.card
    with journey.step(APPLIED, budget_ms=2 * card.budget_ms):
        try:
            told, total = counter.off(card.code)
        except CannotTellError:
            leave_out(journey, APPLIED)
            return False
        off = told.money()
        if held is not None:
            due = min(held, total)
            journey.equal(off, due, "off the total and the lesser of balance and total", "cents")
        journey.goal(off > 0, "money off the total")
        journey.fact("off_cents", off)
        return True


def _refused(counter: Counter, rule: str, code: str, *, by_page: bool) -> None:
    """See that a code is worth nothing, and that the customer is told so."""
    journey = counter.journey
    with journey.step(rule):
        told = counter.balance(code) if by_page else counter.off(code)[0]
        if told.cents:
            raise AssertionError(f"does not hold: {rule}: it is worth {told.cents} cents")
        journey.check(told.message, f"{rule} with a message")
