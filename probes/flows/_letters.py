"""The mail that must come: found by what it names."""

import re

from probes.journey import Journey
from probes.storefront import Mail, Storefront


def confirmation(
    shop: Storefront, journey: Journey, email: str, number: str, within_s: float
) -> Mail:
    """Wait for the mail that names an order; a welcome mail before it does no harm.

    Raises: AssertionError if none came in time, or only such as do not name it.
    """

    def look() -> Mail | None:
        return next((mail for mail in shop.mails(email) if names(mail, number)), None)

    try:
        return journey.wait_for(look, "a confirmation mail", within_s)
    except AssertionError:
        came = shop.mails(email)
        if not came:
            raise
        subject = came[-1].subject
        raise AssertionError(f'no mail names the order {number}; the last is "{subject}"') from None


def names(mail: Mail, number: str) -> bool:
    """Whether a mail names an order: 57 is neither in 1057 nor in 57.90."""
    named = re.compile(rf"(?<!\d)(?<!\d[.,]){re.escape(number)}(?![.,]?\d)")
    return any(named.search(text) for text in (mail.text, mail.subject))
