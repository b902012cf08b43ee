"""Auto-pay: the renewal really ran, once; who cannot pay is told; who left is not charged."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from forepost.config import Secret
from probes.flows._cards import ACCEPTED, EXPIRING, CardText, card_of
from probes.flows._kinds import Budget, Domain, Settle, Within, Words
from probes.flows._own_subscription import OwnSubscription, look_after
from probes.flows._untold import told
from probes.journey import Journey
from probes.storefront import Login, MadeKind, Storefront, Subscription

AFTER = timedelta(hours=1)  # how long after its date a renewal is looked at

Check = Literal["expired", "cancelled"]


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.autopay]` of config.toml, key for key.

    `checks`: which cases are walked after the renewal, in this order. With a `subscription_page`
    nothing is bought: a subscription that stands there is looked at.
    """

    card: CardText = ACCEPTED
    expiring_card: CardText = EXPIRING
    plan: Words = "monthly"
    mail_domain: Domain = "probe.invalid"
    page_budget_ms: Budget = 3_000
    renewal_within_s: Within = 5.0  # after the renewal date, by the shop's own clock
    settle_ms: Settle = 1_200  # how long a charge that must not come is given to come
    checks: tuple[Check, ...] = ("expired", "cancelled")
    subscription_page: Secret | None = None  # an address that may hold a key
    login_email: Secret | None = None
    login_password: Secret | None = None
    renewal_grace_h: Annotated[float, Field(ge=0, le=720)] = 24.0  # after the end of its day

    def __post_init__(self) -> None:
        """Raises: ValueError where half of a login is named, or one for no page."""
        if (self.login_email is None) != (self.login_password is None):
            raise ValueError("login_email and login_password: name both or neither")
        if self.login_email is not None and self.subscription_page is None:
            raise ValueError("login_email is for a subscription_page, and none is named")


@dataclass(frozen=True, slots=True)
class Desk:
    """What every case needs."""

    shop: Storefront
    journey: Journey
    settings: Settings

    def customer(self, case: str = "") -> str:
        """Name a customer: one of its own for each case."""
        ending = f"-{case}" if case else ""
        return self.journey.buyer(f"{self.journey.key}{ending}@{self.settings.mail_domain}")

    def subscribe(self, name: str, email: str, card: Secret) -> Subscription:
        """Subscribe on a test clock in a step of its own; the key never reaches the evidence."""
        journey, budget_ms = self.journey, self.settings.page_budget_ms
        paid = card_of(journey, card)
        with journey.step(name, pays=True, makes=MadeKind.SUBSCRIPTION, budget_ms=budget_ms):
            begun = self.shop.subscribe(email, self.settings.plan, paid)
            journey.secret(begun.key)
            journey.check(self.shop.members(begun), "a new member gets in")
        return begun

    def charges(self, begun: Subscription) -> list[int]:
        """Return the cents charged for a subscription, by the provider's books."""
        return [charge.amount_cents for charge in self.shop.charges(begun.id)]


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Subscribe, travel to the renewal date, and look again."""
    if settings.subscription_page is not None:
        look_after(shop, journey, _own(settings, settings.subscription_page))
        return
    desk = Desk(shop, journey, settings)
    begun = desk.subscribe("subscribe", desk.customer(), settings.card)

    with journey.step("the renewal runs", pays=True, makes=MadeKind.SUBSCRIPTION):
        _travel(shop, begun)
        renewed = journey.wait_for(
            lambda: _moved(shop.subscription(begun), begun),
            f"renewal: the next date has not moved from {begun.next_renewal_at:%Y-%m-%d}",
            settings.renewal_within_s,
        )
        journey.goal(renewed.next_renewal_at, "a renewed subscription")

    books = told(journey, "the provider's books", lambda: shop.charges(begun.id))
    with journey.step("charged once"):
        journey.page.wait_for_timeout(settings.settle_ms)
        renewed = shop.subscription(begun)
        shown = renewed.charges - begun.charges
        journey.equal(shown, 1, "charges shown for one renewal and one")
        if books:
            _booked_once(desk, begun)

    with journey.step("still a member", budget_ms=settings.page_budget_ms):
        journey.check(shop.members(renewed), "access stays open after the renewal")

    for check in settings.checks:
        CHECKS[check](desk, books=books)


def _own(settings: Settings, page: Secret) -> OwnSubscription:
    """Say what is known of the subscription that stands."""
    email, password = settings.login_email, settings.login_password
    login = Login(email.reveal(), password.reveal()) if email and password else None
    grace = timedelta(hours=settings.renewal_grace_h)
    return OwnSubscription(page.reveal(), login, grace, settings.page_budget_ms)


def _booked_once(desk: Desk, begun: Subscription) -> None:
    """See one charge more than at the beginning, and of the same amount."""
    booked = desk.charges(begun)
    rule = "charges after one renewal and one more"
    desk.journey.equal(len(booked), begun.charges + 1, rule)
    desk.journey.equal(booked[-1], booked[0], "renewal charge and first charge", "cents")


def _travel(shop: Storefront, subscription: Subscription) -> None:
    """Move the subscription's own clock to an hour after its renewal date."""
    if subscription.next_renewal_at is None:
        raise AssertionError("no date of the next renewal is shown")
    shop.travel(subscription, subscription.next_renewal_at + AFTER)


def _moved(now: Subscription, begun: Subscription) -> Subscription | None:
    """Return the subscription once its next date lies after the old one."""
    then = begun.next_renewal_at
    later = now.next_renewal_at and then and now.next_renewal_at > then
    return now if later else None


def _expired(desk: Desk, *, books: bool) -> None:
    """Let the card expire before the renewal: a mail and a grace period, not a lock-out."""
    shop, journey, settings = desk.shop, desk.journey, desk.settings
    email = desk.customer("expired")
    begun = desk.subscribe("subscribe with a card that expires", email, settings.expiring_card)
    mailbox = told(journey, "the dunning mail", lambda: shop.mails(email))
    with journey.step(
        "an expired card is told and given time", pays=True, makes=MadeKind.SUBSCRIPTION
    ):
        already = len(shop.mails(email)) if mailbox else 0
        _travel(shop, begun)
        journey.wait_for(
            lambda: shop.subscription(begun).state != begun.state,
            f'word that the renewal failed: the page still says "{begun.state}"',
            settings.renewal_within_s,
        )
        journey.check(shop.members(begun), "access stays open in the grace period")
        if mailbox:
            journey.wait_for(
                lambda: len(shop.mails(email)) > already,
                "a dunning mail",
                settings.renewal_within_s,
            )
        if books:
            rule = "charges of an expired card and those before it"
            journey.equal(len(desk.charges(begun)), begun.charges, rule)


def _cancelled(desk: Desk, *, books: bool) -> None:
    """Cancel before the renewal: no charge."""
    shop, journey, settings = desk.shop, desk.journey, desk.settings
    begun = desk.subscribe("subscribe to cancel", desk.customer("cancelled"), settings.card)
    name = "a cancelled subscription is not charged"
    with journey.step(name, pays=True, makes=MadeKind.SUBSCRIPTION):
        shop.cancel(begun)
        _travel(shop, begun)
        journey.page.wait_for_timeout(settings.settle_ms)
        shown = shop.subscription(begun).charges
        journey.equal(shown, begun.charges, "charges shown after a cancellation and before it")
        if books:
            booked = len(desk.charges(begun))
            journey.equal(booked, begun.charges, "charges after a cancellation and before it")


CHECKS: dict[str, Callable[..., None]] = {"expired": _expired, "cancelled": _cancelled}
