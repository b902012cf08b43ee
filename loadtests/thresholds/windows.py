"""Which seconds of a run a threshold speaks of, and the windows in which it looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadtests.shapes.shape import Phase, Stretch
from loadtests.thresholds.grammar import Threshold


@dataclass(frozen=True, slots=True)
class Context:
    """What thresholds need to know of a run besides its cells."""

    flows: tuple[str, ...]
    end_s: int  # the whole seconds of the run: 0 … end_s - 1
    phases: tuple[Phase, ...] = ()
    steps: tuple[Stretch, ...] = ()  # stretches of constant rate


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch of seconds that a threshold speaks of."""

    start: int
    end: int
    label: str = ""  # the phase or step
    begins_s: int = 0  # of the phase or step as a whole


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds of a scope that are judged by themselves."""

    start: int
    end: int
    complete: bool  # over, in a run that still goes on
    scope: Scope
    looks: int = 1  # how often chance may strike before the word is said

    @property
    def words(self) -> str:
        """Where it is, for people."""
        seconds = f"seconds {self.start} to {self.end}"
        return f"{self.scope.label}, {seconds}" if self.scope.label else seconds


def windows(
    threshold: Threshold,
    context: Context,
    upto_s: int | None,
    *,
    guarded: bool = False,
    by_step: bool = False,
) -> list[Window]:
    """Return the stretches of whole seconds that are looked at by themselves.

    Shape: `upto_s`: how many seconds are over, in a run that is under way or was cut short;
           `guarded`: each of them is looked at as it comes, not only this one; `by_step`: each
           step gets a word of its own, not all of them one.
    """
    now = context.end_s if upto_s is None else min(upto_s, context.end_s)
    made: list[Window] = []
    own = scopes(threshold, context)
    for scope in own:
        looks = looks_of(threshold, [scope] if by_step else own, guarded=guarded)
        if threshold.for_s is None:
            window = growing(scope, now, looks)
            made += [window] if window else []
            continue
        firsts = range(scope.start, min(scope.end, now) - threshold.for_s + 1)
        made += [sliding(scope, first, threshold.for_s, looks) for first in firsts]
    return made


def looks_of(threshold: Threshold, own: Sequence[Scope], *, guarded: bool) -> int:
    """Return how often chance may strike before the word on some scopes is said.

    Once in each window of the whole run; and where a guard looks on while a scope grows, in each
    of its seconds. A rate is broken at the end of its scope or not at all.
    """
    if threshold.for_s is not None:
        return sum(max(0, one.end - one.start - threshold.for_s + 1) for one in own)
    each_second = guarded and threshold.metric != "rate"
    return sum(one.end - one.start if each_second else 1 for one in own)


def growing(scope: Scope, now: int, looks: int) -> Window | None:
    """Return all of a scope that has come by a second; None before it begins."""
    end = min(scope.end, now)
    return Window(scope.start, end, now >= scope.end, scope, looks) if scope.start < end else None


def sliding(scope: Scope, first: int, width: int, looks: int) -> Window:
    """Return one of the windows that slide over a scope."""
    return Window(first, first + width, complete=True, scope=scope, looks=looks)


def scopes(threshold: Threshold, context: Context) -> list[Scope]:
    """Return what phase, after, within and step leave.

    `after` and `within` count from the start of the phase that is named, else of the run.
    """
    spans = [Scope(0, context.end_s)]
    if threshold.phase is not None:
        spans = [
            Scope(*one.seconds, one.name, one.seconds[0])
            for one in context.phases
            if one.name == threshold.phase
        ]
    spans = [_cut(threshold, span) for span in spans]
    if threshold.per_step:
        spans = [
            Scope(max(one.start_s, span.start), min(one.end_s, span.end), one.name, one.start_s)
            for one in context.steps
            for span in spans
        ]
    return [scope for scope in spans if scope.start < scope.end]


def _cut(threshold: Threshold, scope: Scope) -> Scope:
    last = scope.end
    if threshold.within_s is not None:
        last = min(last, scope.start + threshold.within_s)
    return replace(scope, start=scope.start + threshold.after_s, end=last)
