"""After the sale: order status from the mail, a return, the support form, reviews."""

import re
from dataclasses import dataclass

from probes.journey import Journey
from probes.storefront import Card, Storefront


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.after_sales]` of config.toml, key for key."""

    product: str = "lantern-moth"
    card: str = "4242424242424242"
    mail_domain: str = "probe.invalid"
    page_budget_ms: float = 3_000
    mail_within_s: float = 10.0


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy something, then need something."""
    email = f"{journey.key}@{settings.mail_domain}"
    budget_ms = settings.page_budget_ms

    with journey.step("pay", pays=True):
        order = shop.buy(settings.product, email, card=Card(journey.secret(settings.card)))
        journey.check(order.number, "a purchase ends in an order number")
        journey.fact("order", order.number)

    with journey.step("the mail's link"):
        mail = journey.wait_for(
            lambda: next(iter(shop.mails(email)), None),
            "a confirmation mail",
            settings.mail_within_s,
        )
        found = re.search(r"https?://\S+/order/\S+", mail.text)
        journey.check(found, "the mail holds a link to the order")
        link = found[0] if found else ""
        journey.secret(link.partition("key=")[2])

    with journey.step("order status", budget_ms=budget_ms):
        status = shop.order_status(link)
        journey.equal(status.number, order.number, "order on the status page and order bought")

    with journey.step("return it", budget_ms=budget_ms):
        returned = shop.request_return(link)
        journey.check(returned.state, "a return inside the policy is accepted")
        journey.fact("return", returned.state)

    with journey.step("ask support", budget_ms=budget_ms):
        answer = shop.ask_support(email, "order", f"A test question about order {order.number}.")
        journey.goal(answer.reference, "a reference from support")
        journey.check(answer.promise, "the support form says when an answer comes")

    with journey.step("read reviews", budget_ms=budget_ms):
        journey.check(shop.reviews(settings.product), "the review page shows reviews")
