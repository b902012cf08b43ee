"""Words and numbers as a manager reads them: plain sentences, units, the shop's own clock."""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from forepost.model import Estimate

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
NONE = "\N{EN DASH}"
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400
_KIB = 1024
_SMALL = 10
_SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def label(name: str) -> str:
    """Return a flow's or a situation's key as people say it: gift_card -> gift card."""
    return name.replace("_", " ").strip()


def heading(name: str) -> str:
    """Return a key as the start of a line: after_sales -> After sales."""
    said = label(name)
    return said[:1].upper() + said[1:]


def spelled(count: int) -> str:
    """Return small counts as words; figures from ten on."""
    return _SPELLED[count] if 0 <= count < len(_SPELLED) else number(count)


def plural(count: int, one: str, many: str = "") -> str:
    """Return the noun that fits the count: 1 post, 2 posts."""
    return one if count == 1 else many or one + "s"


def counted(count: int, one: str, many: str = "") -> str:
    """Return count and noun: `3 posts`."""
    return f"{number(count)} {plural(count, one, many)}"


def number(value: float) -> str:
    """Return a figure with thousands parted; one decimal below ten unless it is whole."""
    if abs(value) < _SMALL and value != int(value):
        return f"{value:.1f}"
    return f"{round(value):,}"


def between(low: float, high: float) -> str:
    """Return an interval: `72 to 130`."""
    return f"{number(round(low))} to {number(round(high))}"


def estimate(figure: Estimate | None) -> str:
    """Return an estimate with its interval; an estimate never stands alone."""
    if figure is None:
        return "unknown"
    return f"{number(round(figure.value))} ({between(figure.low, figure.high)})"


def interval(figure: Estimate) -> str:
    """Return an estimate's interval with its level: `90 % interval 72 to 130`."""
    return f"{percent(figure.level, 0)} interval {between(figure.low, figure.high)}"


def percent(ratio: float | None, digits: int = 1) -> str:
    """Return a ratio as per cent; only a true 1.0 reads `100 %`."""
    if ratio is None:
        return "unknown"
    shown = 100 * ratio
    if ratio < 1 and round(shown, digits) >= 100:  # noqa: PLR2004 - per cent
        shown = 100 - 10**-digits
    return f"{shown:.{digits}f} %" if ratio not in (0, 1) else f"{shown:.0f} %"


def duration(seconds: float) -> str:
    """Return a span as people say it: `42 s`, `1 min 12 s`, `2 h 05 min`, `3 d 4 h`."""
    if seconds < 0:
        return MINUS + duration(-seconds)
    if seconds < _SMALL and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(whole // _MINUTE_S, "min", whole % _MINUTE_S, "s")
    if whole < _DAY_S:
        return _two(whole // _HOUR_S, "h", whole % _HOUR_S // _MINUTE_S, "min")
    return _two(whole // _DAY_S, "d", whole % _DAY_S // _HOUR_S, "h")


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit} {small:02d} {small_unit}" if small else f"{big} {big_unit}"


def millis(value_ms: float | None) -> str:
    """Return a page time: `840 ms` below one second, else `2.31 s`."""
    if value_ms is None:
        return NONE
    if value_ms < 1000:  # noqa: PLR2004 - milliseconds in a second
        return f"{value_ms:.0f} ms"
    return f"{value_ms / 1000:.2f} s" if value_ms < 10_000 else duration(value_ms / 1000)  # noqa: PLR2004 - ten seconds


def size(count: int) -> str:
    """Return a file size in the binary units that file managers show."""
    if count < _KIB:
        return f"{count} B"
    if count < _KIB * _KIB:
        return f"{count / _KIB:.0f} KiB"
    return f"{count / _KIB / _KIB:.1f} MiB"


def lead(seconds: float | None) -> str:
    """Return a signed lead time; None is an incident that nobody posted about."""
    if seconds is None:
        return "nobody posted"
    sign = "+" if seconds > 0 else MINUS if seconds < 0 else ""
    return sign + duration(abs(seconds))


def clock(at: datetime, zone: tzinfo) -> str:
    """Return the time of day in the shop's zone: `14:03:22`."""
    return at.astimezone(zone).strftime("%H:%M:%S")


def day(at: datetime, zone: tzinfo) -> str:
    """Return the date in the shop's zone: `22 November 2026`."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def moment(at: datetime | None, zone: tzinfo, *, dated: bool) -> str:
    """Return the time, with its date where the report spans more than one."""
    if at is None:
        return NONE
    local = at.astimezone(zone)
    return f"{local.day} {local:%b} {local:%H:%M}" if dated else clock(at, zone)


def span(since: datetime, until: datetime, zone: tzinfo) -> str:
    """Return a period in the shop's zone, with the zone's name and its offset that day."""
    first, last = since.astimezone(zone), until.astimezone(zone)
    if first.date() == last.date():
        days = f"{day(since, zone)}, {first:%H:%M:%S} to {last:%H:%M:%S}"
    else:
        days = f"{day(since, zone)} {first:%H:%M} to {day(until, zone)} {last:%H:%M}"
    return f"{days} {zone_name(until, zone)}"


def zone_name(at: datetime, zone: tzinfo) -> str:
    """Return the zone as readers know it: `UTC`, `Europe/Berlin (UTC+01:00)`."""
    name = str(zone)
    if name == "UTC":
        return name
    return f"{name} (UTC{at.astimezone(zone):%z})"


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence: `a, b and c`."""
    if len(names) < 2:  # noqa: PLR2004 - one name needs no `and`
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def unbroken(text: str) -> str:
    """Keep a figure and its unit on one line of a page."""
    return re.sub(r"(?<=\d) (?=(?:s|ms|min|h|d|%)\b|%)", "\N{NO-BREAK SPACE}", text)


def clip(text: str, limit: int = 280) -> str:
    """Return hostile text on one line and no longer than `limit`; escaping is the template's."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
