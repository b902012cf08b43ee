"""What the shop's mails say. Each function returns (subject, text)."""

from datetime import datetime

from demoshop.money import euro
from demoshop.orders import Order


def confirmation(order: Order, shop_url: str) -> tuple[str, str]:
    """Thank for an order; the link is the customer's way to its status."""
    lines = "\n".join(
        f"  {line.qty} x {line.name}: {plain(euro(line.cents))}" for line in order.lines
    )
    return f"Your order {order.number}", (
        f"Hello {order.address.name},\n\nthank you for your order {order.number}.\n\n{lines}\n\n"
        f"Total: {plain(euro(order.totals.total_cents))}\n"
        f"Charged to your card: {plain(euro(order.charged_cents))}\n"
        f"Paid by gift card: {plain(euro(order.gift_cents))}\n\n"
        f"Follow it, or send it back within 30 days:\n{status_link(order, shop_url)}\n\n"
        "Fernhill Outfitters\n"
    )


def status_link(order: Order, shop_url: str) -> str:
    """Return the address of an order's own page."""
    return f"{shop_url}/order/{order.number}?key={order.key}"


def gift_card(code: str, cents: int) -> tuple[str, str]:
    """Send a gift card's code."""
    return "Your Fernhill gift card", (
        f"Here is your gift card over {plain(euro(cents))}.\n\nCode: {code}\n\n"
        "It can be used in parts and is good for three years.\n"
    )


def renewed(plan: str, cents: int, next_at: datetime) -> tuple[str, str]:
    """Tell that a period was paid."""
    return "Your membership goes on", (
        f"We have renewed your {plan} membership for {plain(euro(cents))}.\n"
        f"Next renewal: {next_at:%d %B %Y}.\n"
    )


def dunning(plan: str, cents: int, grace_until: datetime, link: str) -> tuple[str, str]:
    """Tell that a renewal could not be paid, and how long access stays open."""
    return "We could not renew your membership", (
        f"Your card was declined for the renewal of your {plan} membership "
        f"({plain(euro(cents))}).\nYour access stays open until {grace_until:%d %B %Y}. "
        f"Please update your card:\n{link}\n"
    )


def ticket(reference: str, hours: int) -> tuple[str, str]:
    """Confirm a message to support."""
    return f"We have your message: {reference}", (
        f"Thank you for writing to us. Your reference is {reference}.\n"
        f"We answer within {hours} hours.\n"
    )


def plain(text: str) -> str:
    """Return `text` with common spaces: mail readers break lines themselves."""
    return text.replace("\u00a0", " ").replace("\u2212", "-")
