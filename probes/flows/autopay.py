"""Auto-pay: the renewal really ran, once; who cannot pay is told; who left is not charged."""

from dataclasses import dataclass
from datetime import timedelta

from probes.journey import Journey
from probes.storefront import Card, Storefront, Subscription


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.autopay]` of config.toml, key for key.

    `checks`: which cases are walked after the renewal, in this order.
    """

    card: str = "4242424242424242"
    expiring_card: str = "4000000000000341"
    plan: str = "monthly"
    mail_domain: str = "probe.invalid"
    page_budget_ms: float = 3_000
    renewal_within_s: float = 5.0  # after the renewal date, by the shop's own clock
    settle_ms: int = 1_200  # how long a charge that must not come is given to come
    checks: tuple[str, ...] = ("expired", "cancelled")


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Subscribe, travel to the renewal date, and look again."""
    email = f"{journey.key}@{settings.mail_domain}"

    with journey.step("subscribe", pays=True, budget_ms=settings.page_budget_ms):
        begun = _subscribe(shop, journey, settings, email, settings.card)
        journey.check(shop.members(begun), "a new member gets in")

    with journey.step("the renewal runs", pays=True):
        _travel(shop, begun)
        renewed = journey.wait_for(
            lambda: _moved(shop.subscription(begun), begun),
            "a renewal: the next date has not moved",
            settings.renewal_within_s,
        )
        journey.goal(renewed.next_renewal_at, "a renewed subscription")

    with journey.step("charged once"):
        journey.page.wait_for_timeout(settings.settle_ms)
        charges = len(shop.charges(begun.id))
        journey.equal(charges, begun.charges + 1, "charges after one renewal and one more")

    with journey.step("still a member", budget_ms=settings.page_budget_ms):
        journey.check(shop.members(renewed), "access stays open after the renewal")

    for check in settings.checks:
        CHECKS[check](shop, journey, settings)


def _subscribe(
    shop: Storefront, journey: Journey, settings: Settings, email: str, card: str
) -> Subscription:
    """Take out a subscription on a test clock; its key never reaches the evidence."""
    begun = shop.subscribe(email, settings.plan, Card(journey.secret(card)))
    journey.secret(begun.key)
    return begun


def _travel(shop: Storefront, subscription: Subscription) -> None:
    """Move the subscription's own clock to an hour after its renewal date."""
    if subscription.next_renewal_at is None:
        raise AssertionError("no date of the next renewal is shown")
    shop.travel(subscription, subscription.next_renewal_at + timedelta(hours=1))


def _moved(now: Subscription, begun: Subscription) -> Subscription | None:
    """Return the subscription once its next date lies after the old one."""
    then = begun.next_renewal_at
    later = now.next_renewal_at and then and now.next_renewal_at > then
    return now if later else None


def _expired(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Let the card expire before the renewal: a mail and a grace period, not a lock-out."""
    email = f"{journey.key}-expired@{settings.mail_domain}"
    with journey.step("an expired card is told and given time", pays=True):
        begun = _subscribe(shop, journey, settings, email, settings.expiring_card)
        already = len(shop.mails(email))
        _travel(shop, begun)
        journey.wait_for(
            lambda: len(shop.mails(email)) > already, "a dunning mail", settings.renewal_within_s
        )
        journey.check(shop.members(begun), "access stays open in the grace period")


def _cancelled(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Cancel before the renewal: no charge."""
    email = f"{journey.key}-cancelled@{settings.mail_domain}"
    with journey.step("a cancelled subscription is not charged", pays=True):
        begun = _subscribe(shop, journey, settings, email, settings.card)
        shop.cancel(begun)
        _travel(shop, begun)
        journey.page.wait_for_timeout(settings.settle_ms)
        journey.equal(len(shop.charges(begun.id)), begun.charges, "charges after a cancellation")


CHECKS = {"expired": _expired, "cancelled": _cancelled}
