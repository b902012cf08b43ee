"""Analytics and ads hosts that a probe does not call, so that marketing figures stay clean."""

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from forepost.config import Shop

TABLE = "analytics.toml"


class Blocking:
    """Hosts that are blocked: each with all hosts below it, or a path of one host.

    `allow`: hosts (and all below them) that are not, whatever the table says.
    """

    def __init__(self, places: Iterable[str], allow: Iterable[str] = ()) -> None:
        self._allow = tuple(host.lower() for host in allow)
        self._hosts: dict[str, list[str]] = {}
        for place in places:
            host, _, path = place.lower().partition("/")
            if not _below(host, self._allow):
                self._hosts.setdefault(host, []).append(f"/{path}")

    @property
    def patterns(self) -> list[str]:
        """Patterns as CDP's Fetch domain knows them: a first sieve, `blocks` decides."""
        return [
            f"*{host}{path}*" for host, paths in self._hosts.items() for path in sorted(set(paths))
        ]

    def blocks(self, url: str) -> bool:
        """Whether a request is refused."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if _below(host, self._allow):
            return False
        return any(
            parts.path.lower().startswith(path) or path == "/"
            for name in _upwards(host)
            for path in self._hosts.get(name, ())
        )


def blocking_of(shop: Shop) -> Blocking | None:
    """Return what `[shop] block_analytics` and `allow_requests` ask for; None: nothing."""
    return Blocking(known_places(), shop.allow_requests) if shop.block_analytics else None


@cache
def known_places() -> tuple[str, ...]:
    """Return the hosts (or host/path) of the table, by vendor as they stand there."""
    table = tomllib.loads(files("probes").joinpath(TABLE).read_text("utf-8"))
    return tuple(place for vendor in table["vendors"].values() for place in vendor)


def _upwards(host: str) -> Iterable[str]:
    """Yield a host and the hosts above it: a.b.c, b.c, c."""
    while host:
        yield host
        host = host.partition(".")[2]


def _below(host: str, places: Iterable[str]) -> bool:
    return any(host == place or host.endswith(f".{place}") for place in places)
