"""The shipping app, forked as Oscar documents it: same label, own repository."""
# mypy: disable-error-code="import-untyped,misc"
# (Oscar has no types, so its classes are Any)

from oscar.apps.shipping import apps


class ShippingConfig(apps.ShippingConfig):
    """Makes Oscar look for `repository` here first."""

    name = "tests.shops.oscar_site.shipping"
