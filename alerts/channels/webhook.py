"""Posts alerts as JSON to an address of yours.

The header `Idempotency-Key` and the field `key` are the same for the same alert, so that a
receiver can drop a repetition. `text` alone is enough for the hooks of chat services.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

import requests
from pydantic import BeforeValidator

from alerts.plain import plain
from forepost.config import Secret
from forepost.config.secret import resolve
from forepost.errors import DeliveryError
from forepost.model import Alert

TIMEOUT_S = (5.0, 10.0)  # to connect, to answer


def _named(value: object) -> object:
    """Read an address that is kept as a secret: "env:NAME" or "file:PATH"."""
    secret = isinstance(value, str) and value.startswith(("env:", "file:"))
    return resolve(value) if secret else value


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[alerts.webhook]`, key for key."""

    url: Annotated[str | Secret, BeforeValidator(_named)]
    token: Secret | None = None  # sent as a bearer token
    allow_http: bool = False  # without TLS to another machine: readable on the way

    def __post_init__(self) -> None:
        """See that nothing leaves this machine unencrypted by mistake."""
        try:
            parts = urlsplit(address(self))
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https"):
            raise ValueError('url is no address; write "https://hooks.example/forepost"')
        if parts.scheme == "http" and not self.allow_http and not _is_here(host):
            raise ValueError(
                "url sends unencrypted to another machine; write https, or allow_http = true"
            )


def send(http: requests.Session, alert: Alert, settings: Settings) -> None:
    """Post one alert; DeliveryError unless the answer is 2xx."""
    url = address(settings)
    place = f"webhook: {urlsplit(url).hostname}"  # path and query may be the secret
    try:
        with http.post(
            url,
            json=body(alert),
            headers={"Idempotency-Key": plain(alert.key)},
            auth=_Bearer(settings.token),
            timeout=TIMEOUT_S,
            # Following would turn the POST into a GET, and a login page into success.
            allow_redirects=False,
            stream=True,  # the answer's body is of no use, whatever its size
        ) as answer:
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        # Its text holds the whole address, and for a bad token the token.
        raise DeliveryError(f"{place}: {_why(error)}") from None
    if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        raise DeliveryError(f"{place}: answered {status}{_HINTS.get(status // 100, '')}")


def body(alert: Alert) -> dict[str, Any]:
    """Return what is posted."""
    return {
        "key": alert.key,
        "at": alert.at.isoformat(),
        "severity": alert.severity,
        "title": alert.title,
        "lines": list(alert.lines),
        "incident_id": alert.incident_id,
        "text": "\n".join((alert.title, *alert.lines)),
    }


def address(settings: Settings) -> str:
    """Return the address itself."""
    return settings.url.reveal() if isinstance(settings.url, Secret) else settings.url


_HINTS = {3: ": write the final address into config.toml", 4: ": see url and token"}


class _Bearer(requests.auth.AuthBase):
    """Sets the token; also keeps requests from sending what a .netrc has for the host."""

    def __init__(self, token: Secret | None) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token is not None:
            request.headers["Authorization"] = f"Bearer {self.token.reveal()}"
        return request


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _why(error: Exception) -> str:
    """Say what went wrong without the error's own text."""
    match error:
        case requests.exceptions.SSLError():
            return "its certificate is not trusted here"
        case requests.exceptions.ProxyError():
            return "the proxy does not let it through"
        case requests.Timeout():
            return f"no answer within {TIMEOUT_S[1]:.0f} s"
        case requests.ConnectionError():
            return "no connection; see host and port of url"
        case _:
            return f"cannot be asked ({type(error).__name__}); see url and token"
