"""The checkout app, forked as Oscar documents it: same label, own views."""
# mypy: disable-error-code="import-untyped,misc"
# (Oscar has no types, so its classes are Any)

from oscar.apps.checkout import apps


class CheckoutConfig(apps.CheckoutConfig):
    """Makes Oscar look for `views` here first."""

    name = "tests.shops.oscar_site.checkout"
