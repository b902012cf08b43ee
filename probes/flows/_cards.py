"""Payment cards in settings: a provider's test card is written, any other is named as a secret.

`"4242424242424242"`, or with its date and check digits `"4242424242424242 12/34 123"`.
"""

import re
from dataclasses import replace
from typing import Annotated

from pydantic import BeforeValidator

from forepost.config import Secret
from forepost.config.secret import resolve
from probes.journey import Journey
from probes.storefront import Card

_CARD = re.compile(r"(\d{12,19})(?: (\d\d/\d\d)(?: (\d{3,4}))?)?", re.ASCII)


def _card(value: object) -> Secret:
    """Read a card as it is written, or as the environment or a file holds it.

    Raises: ValueError, without the value: it may be a card that works.
    """
    if isinstance(value, str) and not value.startswith(("env:", "file:")):
        value = Secret(value)
    found = resolve(value)
    if not _CARD.fullmatch(found.reveal()):
        raise ValueError(
            'not a card; write "4242424242424242" or "4242424242424242 12/34 123" (number, date, '
            'check digits), or name one that is nobody\'s business: "env:NAME"'
        )
    return found


CardText = Annotated[Secret, BeforeValidator(_card)]
# As the big providers' sandboxes have them.
ACCEPTED = Secret("4242424242424242")
DECLINED = Secret("4000000000000002")
CHALLENGED = Secret("4000000000003220")
EXPIRING = Secret("4000000000000341")


def card_of(journey: Journey, text: Secret | str) -> Card:
    """Return a card of the settings; from now on it is masked in all evidence.

    Raises: ValueError if it is none.
    """
    hit = _CARD.fullmatch(_card(text).reveal())
    assert hit is not None  # noqa: S101 - seen just now
    made = Card(journey.secret(hit[1]))
    if hit[3]:
        journey.secret(hit[3])
    return replace(made, expiry=hit[2] or made.expiry, csc=hit[3] or made.csc)
