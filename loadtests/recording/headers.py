"""Which headers of a call are its script's own, and belong to each visit's call too (pure)."""

import re
from collections.abc import Iterator, Mapping

# What browsers and proxies put on every request by themselves:
_BROWSERS = re.compile(
    r":.*|sec-.*|proxy-.*|accept|accept-(?:encoding|language|charset|datetime)|user-agent|host"
    r"|connection|keep-alive|content-(?:length|type|encoding)|transfer-encoding|te|trailer|cookie"
    r"|origin|referer|cache-control|pragma|if-none-match|if-modified-since|range|if-range|priority"
    r"|purpose|upgrade|upgrade-insecure-requests|dnt|via|forwarded|expect|date|save-data|downlink"
    r"|rtt|ect|viewport-width|width|dpr|device-memory|x-forwarded-.*|x-real-ip|x-client-data"
    r"|x-synthetic-probe"
    # and what only follows a request through somebody's machines:
    r"|traceparent|tracestate|baggage|sentry-trace|newrelic|x-(?:datadog|b3|newrelic)-.*"
)
_USUAL = re.compile(r"application/json\b.*|text/plain;charset=utf-8", re.IGNORECASE)


def own(headers: Mapping[str, str], *, json: bool) -> Iterator[tuple[str, str]]:
    """Yield names and values of what a script put on its call, and what asks for JSON.

    `json`: whether JSON was sent. A session says `application/json` of it by itself; another
    type is told, for there are APIs that take no other (`application/vnd.api+json`).
    """
    for name, value in headers.items():
        if name == "content-type" and json and not _USUAL.fullmatch(value):
            yield "Content-Type", value
        elif (name == "accept" and "json" in value) or not _BROWSERS.fullmatch(name):
            yield name, value
