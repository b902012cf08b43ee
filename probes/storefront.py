"""The Storefront protocol: how one platform's pages are operated, apart from what is checked.

A flow says what a customer does and what must be true; a storefront knows the pages. Money
is an integer of cents. A method ends when the page shows its result; it never sleeps, and
it checks no rule: that is the flow's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from forepost.config import Shop as ShopSettings
from forepost.errors import ProbeError
from forepost.model import MadeKind

__all__ = [
    "AccountAskedError",
    "Address",
    "Answer",
    "Applied",
    "Balance",
    "CannotTellError",
    "Card",
    "CartLine",
    "CartView",
    "Charge",
    "Login",
    "Made",
    "MadeKind",
    "Mail",
    "Offer",
    "OrderStatus",
    "PayResult",
    "ShopSettings",
    "Standing",
    "Storefront",
    "Subscription",
    "Totals",
]


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send it."""

    email: str
    name: str = "Forepost Probe"
    street: str = "1 Test Street"
    postal_code: str = "10115"
    city: str = "Berlin"
    country: str = "DE"


@dataclass(frozen=True, slots=True)
class Card:
    """A test card of the payment provider; `repr` shows no number."""

    number: str
    expiry: str = "12/34"
    csc: str = "123"
    holder: str = "Forepost Probe"

    def __repr__(self) -> str:
        return f"Card(…{self.number[-4:]})"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a product page promises."""

    sku: str
    name: str
    price_cents: int


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart."""

    sku: str
    name: str
    quantity: int
    price_cents: int  # of one piece


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums that a customer is shown. None: not shown."""

    lines_cents: int | None
    delivery_cents: int | None
    tax_cents: int | None
    discount_cents: int | None
    total_cents: int


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as the page shows it."""

    lines: tuple[CartLine, ...]
    totals: Totals | None
    delivery_terms: str = ""


@dataclass(frozen=True, slots=True)
class PayResult:
    """What the page says after paying."""

    number: str  # the order number; empty: none is shown
    charged_cents: int | None
    message: str = ""  # what a declined card is told
    status_url: str = ""  # the link to the order's status


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """The status page of an order."""

    number: str
    state: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What the payment provider says was charged."""

    reference: str
    amount_cents: int
    state: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that the shop sent."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Made:
    """Something that a shop has under a synthetic customer's address.

    None: this storefront cannot tell. `handle` is what `void` needs (a status link, an id)
    and is never kept.
    """

    kind: MadeKind
    reference: str
    amount_cents: int | None = None
    paid: bool | None = None
    voided: bool | None = None
    restocked: bool | None = None
    mail_seen: bool | None = None
    handle: str = ""


class CannotTellError(ProbeError):
    """A storefront has no way to look up or to void what a probe made: nothing is proved."""


class AccountAskedError(AssertionError):
    """A guest on the way to the payment is asked for an account: the shop's fault."""

    def __init__(self, page: str) -> None:
        super().__init__(
            f"does not hold: a guest can buy without an account: {page} asks for a password"
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left on a gift card, or why it was refused."""

    cents: int | None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a gift card did to a cart that nobody has paid: its total, in cents."""

    before_cents: int
    after_cents: int | None  # None: the card was refused
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a support form answers with."""

    reference: str
    promise: str = ""  # when somebody will write back


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs in; `repr` shows no password."""

    email: str
    password: str

    def __repr__(self) -> str:
        return f"Login({self.email!r})"


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription that somebody else has, as its page shows it."""

    state: str
    renews_on: tuple[date, ...]  # two days where "05/06/2026" may mean either; none: not shown


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as its page shows it."""

    id: str
    key: str
    state: str
    next_renewal_at: datetime | None
    charges: int


class Storefront(Protocol):
    """How a flow operates a shop."""

    settings: ShopSettings

    def home(self) -> None:
        """Open the first page."""
        ...

    def search(self, words: str) -> tuple[str, ...]:
        """Search; return the names found."""
        ...

    def product(self, sku: str) -> Offer:
        """Open a product's page."""
        ...

    def add_to_cart(self, sku: str, quantity: int = 1) -> Offer:
        """Put a product into the cart from its page; return what the page promised."""
        ...

    def cart(self) -> CartView:
        """Open the cart."""
        ...

    def remove(self, sku: str) -> None:
        """Take a line out of the cart."""
        ...

    def address(self, address: Address) -> None:
        """Go to the checkout and fill in the address, as a guest.

        Raises: AccountAskedError where there is no way on but to register.
        """
        ...

    def delivery(self, kind: str) -> Totals:
        """Choose a delivery; return the sums shown before paying."""
        ...

    def back_to_address(self) -> Address:
        """Go back from the payment page to the address; return what the form still holds."""
        ...

    def pay(self, card: Card, *, clicks: int = 1) -> PayResult:
        """Fill in the card and submit it (`clicks` times, as an impatient customer does)."""
        ...

    def back_and_pay_again(self, card: Card) -> None:
        """Press the back button on the confirmation and submit the form again if there is one."""
        ...

    def pay_with_dropped_response(self, card: Card) -> PayResult:
        """Submit the card, lose the answer, and submit again as the page offers it."""
        ...

    def buy(
        self, sku: str, email: str, card: Card | None = None, gift_code: str | None = None
    ) -> PayResult:
        """Walk the whole checkout with one product, paid by card or by gift card."""
        ...

    def charges(self, reference: str) -> tuple[Charge, ...]:
        """Ask the payment provider, not the shop, what was charged for an order or an address."""
        ...

    def orders(self, email: str) -> tuple[str, ...]:
        """Return the numbers of the orders that the shop has for an address."""
        ...

    def mails(self, to: str) -> tuple[Mail, ...]:
        """Return the mails that reached an address."""
        ...

    def order_status(self, url: str) -> OrderStatus:
        """Open the status page of an order by its link."""
        ...

    def request_return(self, url: str) -> OrderStatus:
        """Ask on an order's status page for a return; the state it then shows."""
        ...

    def ask_support(self, email: str, topic: str, message: str) -> Answer:
        """Send the support form."""
        ...

    def reviews(self, sku: str) -> int:
        """Open a product's reviews; return how many it shows."""
        ...

    def buy_gift_card(self, amount_cents: int, email: str, card: Card) -> str:
        """Buy a gift card; return its code, empty if none is shown."""
        ...

    def gift_balance(self, code: str) -> Balance:
        """Look up what is left on a card."""
        ...

    def apply_gift_card(self, code: str, address: Address) -> Applied:
        """Put a card to the cart at hand, there or on the payment page; nothing is bought.

        Raises: CannotTellError where a card is taken only with the order.
        """
        ...

    def redeem(self, code: str, amount_cents: int, email: str) -> Balance:
        """Redeem an amount; what is left afterwards, or why it was refused."""
        ...

    def race(self, code: str, amount_cents: int, email: str) -> tuple[Balance, ...]:
        """Let two customers redeem the same card at the same moment; what each was told.

        Raises: CannotTellError where cards are not redeemed into an account.
        """
        ...

    def race_carts(self, sku: str, code: str, email: str) -> tuple[PayResult, ...]:
        """Let two carts with one product each be paid with the same card at the same moment.

        Raises: CannotTellError where a cart cannot be paid by gift card alone.
        """
        ...

    def expired_gift_card(self) -> str:
        """Return the code of a card that holds money and has expired.

        Raises: CannotTellError where none can be had.
        """
        ...

    def subscribe(self, email: str, plan: str, card: Card) -> Subscription:
        """Take out a subscription that runs on a test clock."""
        ...

    def standing_subscription(self, page: str, login: Login | None) -> Standing:
        """Open the page of a subscription that is not the probe's; nothing is changed there.

        Raises: CannotTellError where that is no use: its clock can be moved.
        """
        ...

    def subscription(self, subscription: Subscription) -> Subscription:
        """Open a subscription's page again."""
        ...

    def travel(self, subscription: Subscription, to: datetime) -> None:
        """Move the test clock of a subscription."""
        ...

    def cancel(self, subscription: Subscription) -> None:
        """Cancel on the subscription's page."""
        ...

    def members(self, subscription: Subscription) -> bool:
        """Open the members' pages; whether they let the customer in."""
        ...

    def made(self, customer: str) -> tuple[Made, ...]:
        """Look up all that the shop has under a synthetic customer's address.

        Asked for in the clean-up, also after a run that failed: what is not listed here is
        taken as never made. Raises: CannotTellError where that cannot be known.
        """
        ...

    def void(self, made: Made) -> Made:
        """Undo it: money back, stock back, cancelled; return how it stands then.

        Raises: CannotTellError where there is no way to.
        """
        ...
