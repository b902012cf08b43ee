"""The door to Apprise, which knows the services for e-mail and chat."""

import logging
from collections.abc import Mapping

from forepost.config import Secret
from forepost.errors import DeliveryError
from forepost.model import Alert


def notify(
    channel: str, url: Secret, alert: Alert, *, text: str, headers: Mapping[str, str] | None = None
) -> None:
    """Send one alert to the service behind an Apprise address.

    Shape:   `text` below the alert's title; `headers` for services that have them (mail).
    Raises:  DeliveryError. It cannot say why: what Apprise tells of a failure may hold parts
             of the address, and the address holds the password. Apprise's own time limits
             are 4 s to connect and 4 s to answer; whoever calls keeps the outer one.
    """
    import apprise  # noqa: PLC0415 - 0.2 s that only sending needs

    # Its warnings quote addresses, passwords and all.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    remedy = f'try [alerts.{channel}] url by hand: apprise -vv -t test -b test "$ADDRESS"'
    try:
        service = apprise.Apprise.instantiate(url.reveal(), suppress_exceptions=True)
    except Exception as error:  # noqa: BLE001 - 170 services, any error, any text
        raise DeliveryError(f"{channel}: {type(error).__name__} in Apprise; {remedy}") from None
    if service is None:
        raise DeliveryError(f"{channel}: Apprise does not know this kind of address; {remedy}")
    if headers and hasattr(service, "headers"):
        service.headers.update(headers)
    mood = {"critical": apprise.NotifyType.FAILURE, "resolved": apprise.NotifyType.SUCCESS}
    try:
        taken = service.notify(
            title=alert.title,
            body=text,
            notify_type=mood.get(alert.severity, apprise.NotifyType.WARNING),
            body_format=apprise.NotifyFormat.TEXT,  # Apprise escapes it where HTML is sent
        )
    except Exception as error:  # noqa: BLE001 - as above
        raise DeliveryError(f"{channel}: {type(error).__name__} in Apprise; {remedy}") from None
    if not taken:
        raise DeliveryError(f"{channel}: the service did not take it; {remedy}")
