"""What engineers write, in words that a manager reads: rules, answers of a shop, estimates."""

import re

from reports import words

_RULE = re.compile(r"(?P<metric>p[\d.]+|error_rate)\((?P<about>[^)]+)\) <=? (?P<limit>\S+)")
_STATUS = {
    "429": "too many requests",
    "500": "something went wrong",
    "502": "bad gateway",
    "503": "service unavailable",
    "504": "gateway timeout",
}


def rule(text: str) -> str:
    """Return a threshold in words; one that has no plain ones stands as it was written."""
    told = _RULE.match(text)
    if not told:
        return text.removesuffix("abort").rstrip()
    metric, about = told["metric"], words.label(told["about"])
    limit = re.sub(r"(?<=\d)(?=[a-z%])", " ", told["limit"])
    what = _visits(about)
    if metric == "error_rate":
        return f"fewer than {limit} of {what} may fail"
    share = "half of" if metric == "p50" else f"{metric[1:]} of 100"
    return f"{share} {what} must end within {limit}"


def _visits(about: str) -> str:
    """Return what a threshold is about: an endpoint and a step have requests, a flow visits."""
    if about == "all":
        return "all visits"
    return f"{about} requests" if "." in about or "/" in about else f"{about} visits"


def answers(sign: str) -> str:
    """Say in words what a shop's answer means to those who read no status codes."""
    return re.sub(
        r"\bhttp (\d{3})\b",
        lambda found: f'"{_STATUS[found[1]]}" ({found[0]})' if found[1] in _STATUS else found[0],
        sign,
    )


def about(value: float) -> int:
    """Return an estimate without the digits that nobody knows: 1,540 is 1,500."""
    return int(float(f"{value:.2g}"))
