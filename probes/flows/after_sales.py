"""After the sale: order status from the mail, a return, the support form, reviews."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from probes.flows._cards import ACCEPTED, CardText, card_of
from probes.flows._kinds import Budget, Domain, Within, Words
from probes.flows._letters import confirmation
from probes.flows._untold import told
from probes.journey import Journey
from probes.storefront import PayResult, Storefront

LINK = re.compile(r"https?://[^\s<>\"']+")
KEY = re.compile(r"=([^&=]{8,})")  # whoever has it sees the order; a short value is no key


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[flows.after_sales]` of config.toml, key for key."""

    product: Words = "lantern-moth"
    card: CardText = ACCEPTED
    mail_domain: Domain = "probe.invalid"
    page_budget_ms: Budget = 3_000
    mail_within_s: Within = 10.0


def run(shop: Storefront, journey: Journey, settings: Settings) -> None:
    """Buy something, then need something."""
    email = journey.buyer(f"{journey.key}@{settings.mail_domain}")
    budget_ms = settings.page_budget_ms

    with journey.step("pay", pays=True):
        order = shop.buy(settings.product, email, card=card_of(journey, settings.card))
        said = f': "{order.message}"' if order.message else ""
        journey.check(order.number, f"a purchase ends in an order number{said}")
        journey.fact("order", order.number)

    link = _link(shop, journey, settings, email, order)
    for key in KEY.findall(urlsplit(link).query):
        journey.secret(key)

    with journey.step("order status", budget_ms=budget_ms):
        status = shop.order_status(link)
        journey.equal(status.number, order.number, "order on the status page and order bought")
        journey.check(status.state, f"the status page says how {order.number} stands")

    with journey.step("return it", budget_ms=budget_ms):
        returned = shop.request_return(link)
        accepted = f'a return inside the policy is accepted: the order is still "{status.state}"'
        journey.check(returned.state, accepted)
        journey.fact("return", returned.state)

    with journey.step("ask support", budget_ms=budget_ms):
        answer = shop.ask_support(email, "order", f"A test question about order {order.number}.")
        journey.goal(answer.reference, "a reference from support")
        journey.check(answer.promise, "the support form says when an answer comes")

    with journey.step("read reviews", budget_ms=budget_ms):
        journey.check(shop.reviews(settings.product), "the review page shows reviews, not 0")


def _link(
    shop: Storefront, journey: Journey, settings: Settings, email: str, order: PayResult
) -> str:
    """Return the link to the order's status: from the mail, else from the receipt."""
    if not told(journey, "the link in the mail", lambda: shop.mails(email)):
        return order.status_url
    with journey.step("the mail's link"):
        mail = confirmation(shop, journey, email, order.number, settings.mail_within_s)
        link = status_link(mail.text, shop.settings.url, order.number)
        journey.check(link, f"the mail about {order.number} holds a link to it")
    return link


def status_link(text: str, shop_url: str, number: str) -> str:
    """Return the link of a mail that leads to an order: to the shop, naming it if one does."""
    host = urlsplit(shop_url).netloc
    links: list[str] = [link for link in LINK.findall(text) if urlsplit(link).netloc == host]
    naming = [link for link in links if number in link or "order" in urlsplit(link).path]
    return (naming or links or [""])[0].rstrip(".,;)")
