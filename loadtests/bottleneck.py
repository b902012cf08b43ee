"""What gives way first: a resource's name with its evidence, or "unclear".

Each endpoint is compared with itself at the calm start of the run; endpoints are folded into
the resources that the campaign names. Four signs speak: the gap between what was started and
what was done, the share of the waiting that was added (Little's law: time in flight is where
customers stand), the growth of the mean response in milliseconds (as a factor, a page of 5 ms on
a busy machine would outshout everything), and errors of the kind that exhaustion makes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forepost.analysis import histogram
from loadtests.cells import Tally, parts

_WEIGHTS = {"gap": 0.35, "waiting": 0.35, "growth": 0.2, "errors": 0.1}
_CLEAR_SCORE = 0.5
_CLEAR_LEAD = 2.0  # times the runner-up
_GAP_SPEAKS_RATIO = 0.02  # of the requests started
_WAITING_SPEAKS_MS = 20.0  # added to the mean response; less is noise
_EXHAUSTION = ("http 429", "http 502", "http 503", "http 504", "timeout", "refused", "closed")


@dataclass(frozen=True, slots=True)
class Sign:
    """What one resource shows under load; times in milliseconds."""

    resource: str
    started: int
    lost: int  # started and not done
    exhausted: int  # of those, by an error that exhaustion makes
    calm_ms: float | None  # mean response at the calm start
    loaded_ms: float  # mean response under load
    main_error: str = ""

    @property
    def added_ms(self) -> float:
        """The waiting that load added to each request."""
        return max(0.0, self.loaded_ms - (self.calm_ms or 0.0))


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What gives way first. `resource` is None when nothing stands out."""

    resource: str | None
    runner_up: str | None
    evidence: tuple[str, ...]


def find(
    tallies: Sequence[Tally],
    resources: Mapping[str, Sequence[str]],
    calm: tuple[int, int],
    loaded: tuple[int, int] | None,
) -> Bottleneck:
    """Compare two stretches of a run, each (first second, end).

    Shape:   `tallies` of single endpoints and whole visits alike; an endpoint that belongs to
             no resource stands for itself. `loaded` is None when every level was held.
    Returns: a resource only if it stands out; else None, with what was seen.
    """
    if loaded is None:
        return Bottleneck(None, None, ("every level was held: nothing gave way",))
    signs = _signs(parts(tallies), resources, calm, loaded)
    scores = _scores(signs)
    ranked = sorted(signs, key=lambda sign: scores[sign.resource], reverse=True)
    speaking = [sign for sign in ranked if scores[sign.resource] > 0]
    if not speaking:
        return Bottleneck(
            None, None, ("no endpoint loses requests or slows down more than noise explains",)
        )
    top, rest = speaking[0], ranked[1:]
    runner_up = rest[0].resource if rest else None
    evidence = tuple(_words(sign) for sign in ranked[:3])
    if _stands_out(top, rest, scores):
        return Bottleneck(top.resource, runner_up, evidence)
    return Bottleneck(
        None,
        runner_up,
        ("several slow down alike: what they share gives way, or nothing clearly", *evidence),
    )


def _signs(
    tallies: Sequence[Tally],
    resources: Mapping[str, Sequence[str]],
    calm: tuple[int, int],
    loaded: tuple[int, int],
) -> list[Sign]:
    owner = {endpoint: name for name, endpoints in resources.items() for endpoint in endpoints}
    groups: dict[str, list[Tally]] = {}
    for tally in tallies:
        endpoint = tally.cell.endpoint
        groups.setdefault(owner.get(endpoint, endpoint), []).append(tally)
    signs = [_sign(name, group, calm, loaded) for name, group in sorted(groups.items())]
    return [sign for sign in signs if sign.started]


def _sign(
    resource: str, tallies: Sequence[Tally], calm: tuple[int, int], loaded: tuple[int, int]
) -> Sign:
    before = [tally for tally in tallies if calm[0] <= tally.cell.second < calm[1]]
    under = [tally for tally in tallies if loaded[0] <= tally.cell.second < loaded[1]]
    kinds: dict[str, int] = {}
    for tally in under:
        for kind, number in tally.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + number
    calm_us = histogram.mean_us(histogram.merge(tally.cell.service_us for tally in before))
    loaded_us = histogram.mean_us(histogram.merge(tally.cell.service_us for tally in under))
    started = sum(tally.cell.started for tally in under)
    return Sign(
        resource=resource,
        started=started,
        lost=started - sum(tally.cell.done for tally in under),
        exhausted=sum(number for kind, number in kinds.items() if kind in _EXHAUSTION),
        calm_ms=None if calm_us is None else calm_us / 1000,
        loaded_ms=(loaded_us or 0.0) / 1000,
        main_error=max(kinds, key=lambda kind: kinds[kind], default=""),
    )


def _scores(signs: Sequence[Sign]) -> dict[str, float]:
    """Return the weighted shares of the signs that speak; 0 for all when none does."""
    raw: dict[str, dict[str, float]] = {
        "gap": {
            one.resource: one.lost if one.lost > _GAP_SPEAKS_RATIO * one.started else 0
            for one in signs
        },
        "waiting": {
            one.resource: one.added_ms * one.started if one.added_ms > _WAITING_SPEAKS_MS else 0
            for one in signs
        },
        "growth": {
            one.resource: one.added_ms if one.added_ms > _WAITING_SPEAKS_MS else 0 for one in signs
        },
        "errors": {one.resource: one.exhausted for one in signs},
    }
    speaking = {name: values for name, values in raw.items() if sum(values.values()) > 0}
    weight = sum(_WEIGHTS[name] for name in speaking) or 1.0
    return {
        one.resource: sum(
            _WEIGHTS[name] * values[one.resource] / sum(values.values())
            for name, values in speaking.items()
        )
        / weight
        for one in signs
    }


def _stands_out(top: Sign, rest: Sequence[Sign], scores: Mapping[str, float]) -> bool:
    """Whether the first is clearly first: in score, and each of its requests is hit harder.

    Traffic alone must not name a resource: where all slow down alike, the busiest only
    has the most requests in the same queue.
    """
    score = scores[top.resource]
    if score < _CLEAR_SCORE:
        return False
    return all(
        score >= _CLEAR_LEAD * scores[other.resource]
        and (
            top.added_ms >= _CLEAR_LEAD * other.added_ms
            or _lost_ratio(top) >= _CLEAR_LEAD * max(_lost_ratio(other), _GAP_SPEAKS_RATIO)
        )
        for other in rest
    )


def _lost_ratio(sign: Sign) -> float:
    return sign.lost / sign.started


def _words(sign: Sign) -> str:
    calm = "not measured" if sign.calm_ms is None else f"{sign.calm_ms:,.0f} ms"
    line = (
        f"{sign.resource}: mean response {calm} calm, {sign.loaded_ms:,.0f} ms under load; "
        f"{sign.started - sign.lost} of {sign.started} requests done"
    )
    return f"{line}; mostly {sign.main_error}" if sign.main_error else line
