"""What people read of load tests that run by themselves."""

from datetime import UTC, datetime, tzinfo

from alerts.plain import plain
from alerts.words import CRITICAL, TITLE_LENGTH
from forepost.model import Alert, LoadRun
from forepost.spell import Spell

OURS = "ours"  # for whoever runs the tests: it says nothing of the shop and wakes nobody
BAD_VERDICTS = ("not ready", "failed")


def alert_of_load(
    name: str, made: LoadRun | str, now: datetime, spell: Spell | None, *, zone: tzinfo = UTC
) -> Alert | None:
    """Return what is told of a load test that ran by itself, or did not; None when all is well.

    Shape:   `made` is the run, or one line that says why there is none. `spell` is that of tests
             which proved nothing: if it is over, `made` has ended it; else `made` is one of them.
             Times are written in `zone`.
    Returns: critical is the shop's own failure only. A test that says nothing of the shop, or none
             at all, is our own trouble.
    """
    if spell is not None and not spell.over:
        return _unproved(made, now, spell, zone)
    if isinstance(made, str):
        return None
    bad = made.verdict in BAD_VERDICTS
    if spell is None and not bad:
        return None
    said = f": {made.verdict}" if bad else " proves something again"
    lines = [
        *(_lines(made) if bad else _good(made)),
        _ended(spell, zone) if spell else "",
        'what to do: see "forepost load report"' if bad else "what to do: nothing now",
    ]
    return Alert(
        key=spell.key(now) if spell else f"load:{made.id}",
        at=now,
        severity=CRITICAL if bad else OURS,
        title=plain(f"planned load test {name}{said}", TITLE_LENGTH),
        lines=tuple(plain(line) for line in lines if line),
    )


def _unproved(made: LoadRun | str, now: datetime, spell: Spell, zone: tzinfo) -> Alert:
    """Return what is told when a spell begins, and each week while it goes on."""
    still = "still proves" if spell.told_at else "proved"
    reason, remedy = _why(made)
    since = f"nothing was proved at {spell.planned} planned times, since {_clock(spell, zone)}"
    lines = [
        reason,
        since if spell.planned > 1 else "",
        "it is no word on the shop, neither good nor bad",
        "you hear of it again after a week, or when a test proves something",
        f"what to do: {remedy}",
    ]
    return Alert(
        key=spell.key(now),
        at=now,
        severity=OURS,
        title=plain(f"planned load test {spell.name} {still} nothing", TITLE_LENGTH),
        lines=tuple(plain(line) for line in lines if line),
    )


def _why(made: LoadRun | str) -> tuple[str, str]:
    """Return why a test proved nothing, and what to do."""
    if isinstance(made, str):
        return f"no result: {made}", "mend that before the next one"
    reason = "; ".join(_lines(made)) or "the run does not say why"
    if made.verdict == "interrupted":
        return f"interrupted: {reason}", 'see what ended it, and "forepost load report"'
    few = "; let more visits come: too few did for a word" if "too few" in reason else ""
    return f"{made.verdict or 'no verdict'}: {reason}", f'see "forepost load report"{few}'


def _good(made: LoadRun) -> list[str]:
    """Return the verdict and its first reason; a search may have no verdict to say."""
    said = "" if made.verdict == "inconclusive" else str(made.verdict)
    return [": ".join(part for part in (said, *_lines(made)[:1]) if part)]


def _ended(spell: Spell, zone: tzinfo) -> str:
    times = f"at {spell.planned} planned times" if spell.planned > 1 else "at one planned time"
    return f"before it nothing was proved {times}, since {_clock(spell, zone)}"


def _clock(spell: Spell, zone: tzinfo) -> str:
    return f"{spell.since.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _lines(made: LoadRun) -> list[str]:
    lines = made.detail.get("lines")
    return [str(line) for line in lines] if isinstance(lines, list) else []
