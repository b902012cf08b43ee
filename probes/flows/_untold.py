"""What a storefront cannot tell is left out where everybody sees it, never passed in silence."""

from collections.abc import Callable

import requests

from probes.journey import Journey
from probes.storefront import CannotTellError

NOT_CHECKED = "not checked"  # the fact of a run that names what was left out


def told(journey: Journey, what: str, look: Callable[[], object]) -> bool:
    """Whether the storefront can tell `what`; if it cannot, the run says so as a fact."""
    try:
        look()
    except CannotTellError:
        leave_out(journey, what)
        return False
    except requests.RequestException:
        return True  # it comes again inside the step, which judges it
    return True


def leave_out(journey: Journey, what: str) -> None:
    """Note a check that was left out; the names add up to one fact."""
    names = [name for name in journey.facts.get(NOT_CHECKED, "").split(", ") if name]
    if what not in names:
        journey.fact(NOT_CHECKED, ", ".join([*names, what]))
