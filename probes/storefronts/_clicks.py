"""What became of a click that took too long, by the log that Playwright keeps of it."""

import re

SENT = "performing click action"
OVERLAID = "intercepts pointer events"
AGAIN = "retrying click action"
_STATE = re.compile(rf"{OVERLAID}|element is (?:not \w+|inert|outside of the viewport)|{SENT}")


def sent(log: str) -> bool:
    """Whether the click is on its way to the page: it must never be made twice.

    One that met something else under the pointer was held back, and has not happened.
    """
    return log.rfind(SENT) > max(log.rfind(OVERLAID), log.rfind(AGAIN))


def overlaid(log: str) -> bool:
    """Whether it was last kept off by something that lies over the control."""
    states = _STATE.findall(log)
    return bool(states) and states[-1] == OVERLAID
