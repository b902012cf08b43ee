"""Where the town meets the shop."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Doors:
    """URLs without a closing slash, and the token of the shop's admin API."""

    shop: str
    gateway: str
    token: str = field(repr=False)
