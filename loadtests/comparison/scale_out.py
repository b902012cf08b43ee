"""The scale-out effect: what more of one part of the target changed, and where the limit lies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.comparison.capacity import Factor

_SCALED_RATIO = 0.5  # of what was added; in between nothing is said


@dataclass(frozen=True, slots=True)
class ScaleOut:
    """One part was made larger or smaller, and nothing else that was told."""

    part: str
    before: float
    after: float
    scaled: tuple[str, ...]  # flows that hold more in step with it
    flat: tuple[str, ...]  # flows that do not
    limit: str | None  # what holds the flat ones back, if it is known
    words: str

    @property
    def times(self) -> float:
        """How many times as much there is of the part."""
        return self.after / self.before


def setup_changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """Return what was told differently of the target: part → (before, after); "" not told."""
    old, new = before.get("setup") or {}, after.get("setup") or {}
    return {
        key: (str(old.get(key, "")), str(new.get(key, "")))
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    }


def scale_out(
    changes: Mapping[str, tuple[str, str]],
    factors: Mapping[str, Factor],
    *,
    bottleneck: str | None,
    touched: Mapping[str, Collection[str]],
) -> ScaleOut | None:
    """Say what more of one part did; None if not exactly one part changed its number for more.

    Shape: `bottleneck` is what gave way in the larger setup; `touched` maps a flow to the
           resources that its requests touch (empty: not known).
    """
    if len(changes) != 1:
        return None
    part, (old, new) = next(iter(changes.items()))
    before, after = _number(old), _number(new)
    if before is None or after is None or after <= before:
        return None
    mark = 1 + _SCALED_RATIO * (after / before - 1)
    scaled = tuple(name for name, one in factors.items() if _scaled(one, mark))
    flat = tuple(name for name, one in factors.items() if one.high is not None and one.high < mark)
    limit = bottleneck if bottleneck != part and flat else None
    if limit and any(touched.get(flow) and limit not in touched[flow] for flow in flat):
        limit = None
    return ScaleOut(
        part,
        before,
        after,
        scaled,
        flat,
        limit,
        _words(part, old, new, factors, scaled, flat, limit),
    )


def _scaled(one: Factor, mark: float) -> bool:
    return one.low >= 1 and (one.low >= mark or (one.value is not None and one.value >= mark))


def _words(
    part: str,
    old: str,
    new: str,
    factors: Mapping[str, Factor],
    scaled: Collection[str],
    flat: Collection[str],
    limit: str | None,
) -> str:
    said = ", ".join(f"{_plain(flow)} {_short(one)}" for flow, one in factors.items())
    tier = "the web tier" if part == "web" else part
    if flat:
        where = f", in {limit}" if limit else "; where is not clear"
        rest = f" for {_listed(flat)}" if len(flat) < len(factors) and len(factors) > 2 else ""  # noqa: PLR2004 - of two flows it is plain which
        end = f"the limit{rest} lies behind {tier}{where}"
    elif scaled and len(scaled) == len(factors):
        end = f"{tier} was the limit, and it scales"
    else:
        end = f"whether {tier} is the limit is not decided"
    return f"{part} {old} → {new}: {said}: {end}"


def _short(one: Factor) -> str:
    if one.value is not None:
        return f"× {one.value:.1f}"
    return one.words()


def _plain(flow: str) -> str:
    return flow.replace("_", " ")


def _listed(flows: Collection[str]) -> str:
    return " and ".join(_plain(flow) for flow in flows)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None
