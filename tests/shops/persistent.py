"""A shop that knows its customers by their address, not by a cookie: baskets outlive a visit.

The basket still holds what an earlier visit left in it, so whoever buys without looking
buys too much.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from flask import request

from tests.shops.plain import PlainShop
from tests.shops.shop import Shop, opened

LEFT = {"oak-stool": 3, "tin-kettle": 1}


class PersistentShop(PlainShop):
    """Keeps baskets by the customer's network address."""

    def __init__(self, broken: str = "") -> None:
        super().__init__(broken)
        self.carts: dict[str, dict[str, int]] = {"127.0.0.1": dict(LEFT)}

    def cart(self) -> dict[str, int]:
        """Return the basket of whoever asks from there."""
        return dict(self.carts.get(request.remote_addr or "", {}))

    def keep(self, cart: Mapping[str, int]) -> None:
        """Keep it until it is bought or emptied."""
        self.carts[request.remote_addr or ""] = dict(cart)


def serve(*, broken: str = "") -> AbstractContextManager[Shop]:
    """Serve the shop for as long as the block lasts."""
    return opened(PersistentShop(broken))
