"""What delivery costs: one way by invoice (its page is skipped), two with a card."""
# mypy: disable-error-code="import-untyped,misc"
# (Django and Oscar have no types, so their classes are Any)

from decimal import Decimal

from django.conf import settings
from oscar.apps.shipping import methods, repository


class Standard(methods.FixedPrice):
    """A few days."""

    code = "standard"
    name = "Standard delivery"
    charge_excl_tax = charge_incl_tax = Decimal("4.95")


class Express(methods.FixedPrice):
    """The next day."""

    code = "express"
    name = "Express delivery"
    charge_excl_tax = charge_incl_tax = Decimal("9.95")


class Repository(repository.Repository):
    """The deliveries that a customer may choose from."""

    methods = (Standard(), Express()) if settings.CARD else (Standard(),)
