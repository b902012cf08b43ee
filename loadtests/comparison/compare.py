"""Two runs of one campaign side by side: capacity, response times, thresholds, scale-out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forepost.errors import LoadError
from forepost.model import LoadCell, LoadRun
from loadtests.cells import WHOLE, WHOLE_STEP
from loadtests.comparison.capacity import Capacity, Factor, capacity, factor
from loadtests.comparison.paces import Pace, paces
from loadtests.comparison.scale_out import ScaleOut, scale_out, setup_changes

_TOLD = {
    "campaign": "campaign file",
    "title": "title",
    "seed": "seed",
    "headroom": "headroom",
    "mocked": "mocked",
    "resources": "resources",
}
_SEARCH = "breakpoint"


@dataclass(frozen=True, slots=True)
class FlowChange:
    """What a flow held in both runs."""

    flow: str
    before: Capacity
    after: Capacity
    factor: Factor


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """A threshold that is in another state than before; "" where a run did not have it."""

    text: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs that can be compared, and what changed."""

    before: str  # ids
    after: str
    campaign: str
    verdicts: tuple[str, str]
    bottlenecks: tuple[str | None, str | None]
    differs: tuple[str, ...]  # what else is not the same, in words
    flows: tuple[FlowChange, ...]
    paces: tuple[Pace, ...]
    thresholds: tuple[ThresholdChange, ...]
    scale_out: ScaleOut | None

    def words(self) -> list[str]:
        """Return the sentences for people, the most telling first."""
        lines = [self.scale_out.words] if self.scale_out else []
        lines += [
            f"{one.flow.replace('_', ' ')}: {one.before.words()} before, {one.after.words()} "
            f"after: {', '.join(dict.fromkeys((one.factor.words(), one.factor.change.value)))}"
            for one in self.flows
        ]
        lines += [
            f"{one.text}: {one.before or 'not asked'} → {one.after or 'not asked'}"
            for one in self.thresholds
        ]
        weak = [name or "unclear" for name in self.bottlenecks]
        if weak[0] != weak[1]:
            lines.append(f"gives way first: {weak[0]} before, {weak[1]} after")
        return lines


def compare(
    before: LoadRun,
    after: LoadRun,
    before_cells: Sequence[LoadCell] = (),
    after_cells: Sequence[LoadCell] = (),
) -> Comparison:
    """Set two stored runs side by side.

    Shape:  without cells there are no response times of single endpoints.
    Raises: LoadError, one line, if the runs cannot be compared: the same one twice, one without a
            verdict or invalid, other flows, another kind, another shape.
    """
    refused = refusal(before, after)
    if refused:
        raise LoadError(f"{before.id} and {after.id} cannot be compared: {refused}")
    old, new = _detail(before), _detail(after)
    flows = tuple(_flow(name, old, new) for name in new["brackets"])
    alike = _rules(old) == _rules(new)
    changes = setup_changes(old, new) if alike else {}  # else the rules may explain it
    return Comparison(
        before=before.id,
        after=after.id,
        campaign=after.campaign,
        verdicts=(str(before.verdict), str(after.verdict)),
        bottlenecks=(before.bottleneck, after.bottleneck),
        differs=tuple(_differences(before, after)),
        flows=flows,
        paces=tuple(paces(old, new, before_cells, after_cells)),
        thresholds=tuple(_thresholds(old, new)),
        scale_out=scale_out(
            changes,
            {one.flow: one.factor for one in flows},
            bottleneck=after.bottleneck,
            touched=_touched(new, after_cells),
        ),
    )


def refusal(before: LoadRun, after: LoadRun) -> str:
    """Return why two runs say nothing of each other; empty if they do."""
    if before.id == after.id:
        return "they are the same run"
    unfit = _unfit(before) or _unfit(after)
    if unfit:
        return unfit
    apart = _apart(_detail(before), _detail(after))
    if apart and before.campaign != after.campaign:
        return f"{apart}; they are of two campaigns: {before.campaign}, {after.campaign}"
    return "; also ".join([apart, *_differences(before, after)]) if apart else ""


def _unfit(run: LoadRun) -> str:
    if run.verdict is None:
        return f"{run.id} has no verdict: it still runs, or ended without one"
    if run.verdict == "interrupted":
        return f"{run.id} was interrupted before it came to a verdict; run it again"
    if run.verdict == "invalid":
        why = str(run.detail.get("invalid") or "the load generator")
        return f"{run.id} is invalid and says nothing of the shop ({why}); run it again"
    return ""


def _apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what keeps two campaigns apart."""
    kinds = [str(one.get("kind", "run")) for one in (old, new)]
    if kinds[0] != kinds[1]:
        return f"one is a {kinds[0]}, the other a {kinds[1]}"
    flows = [", ".join(sorted(one["brackets"])) for one in (old, new)]
    if flows[0] != flows[1]:
        return f"they walk other flows ({flows[0]}; {flows[1]})"
    if kinds[0] != _SEARCH and _shape(old) != _shape(new):
        return f"their shapes differ ({_shape_words(old)}; {_shape_words(new)})"
    return ""


def _detail(run: LoadRun) -> Mapping[str, Any]:
    detail: dict[str, Any] = dict(run.detail)
    for name, empty in (("brackets", {}), ("levels", []), ("thresholds", []), ("resources", {})):
        if not isinstance(detail.get(name), type(empty)):
            detail[name] = empty
    return detail


def _differences(before: LoadRun, after: LoadRun) -> list[str]:
    """Return what else is not the same: it may explain a change."""
    old = {**_detail(before), "campaign": before.campaign}
    new = {**_detail(after), "campaign": after.campaign}
    lines = []
    if before.target != after.target:
        lines.append(f"target {before.target} → {after.target}")
    for key, said in _TOLD.items():
        if key in old and key in new and old[key] != new[key]:
            lines.append(f"{said} {_brief(old[key])} → {_brief(new[key])}")
    rules = [_rules(one) for one in (old, new)]
    if rules[0] != rules[1]:
        lines.append(f"what a flow must keep: {_brief(rules[0])} → {_brief(rules[1])}")
    crews = [len(one.get("workers") or ()) for one in (old, new)]
    if all(crews) and crews[0] != crews[1]:
        lines.append(f"load workers {crews[0]} → {crews[1]}")
    for key, (was, now) in setup_changes(old, new).items():
        lines.append(f"setup {key} {was or 'not told'} → {now or 'not told'}")
    cut = [(run.id, run.detail.get("cut_short")) for run in (before, after)]
    return [*lines, *(f"{name} was cut short: {why}" for name, why in cut if why)]


def _rules(detail: Mapping[str, Any]) -> list[str]:
    """Return the thresholds by which a rate counts as held: in a search, all of them."""
    texts = sorted(str(one.get("text")) for one in detail["thresholds"])
    return texts if detail.get("kind") == _SEARCH else [one for one in texts if "per step" in one]


def _brief(value: object) -> str:
    if isinstance(value, Mapping | list | tuple):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def _shape(detail: Mapping[str, Any]) -> list[tuple[object, ...]]:
    keys = ("flow", "start_s", "end_s", "planned_per_s")
    return [tuple(level.get(key) for key in keys) for level in detail["levels"]]


def _shape_words(detail: Mapping[str, Any]) -> str:
    levels = detail["levels"]
    if not levels:
        return "no level"
    rates: dict[int, float] = {}
    for level in levels:
        rates[level["start_s"]] = rates.get(level["start_s"], 0.0) + level["planned_per_s"]
    end = max(level["end_s"] for level in levels)
    return f"{len(rates)} levels up to {max(rates.values()):.3g}/s in {end} s"


def _flow(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> FlowChange:
    before, after = capacity(old, name), capacity(new, name)
    return FlowChange(name, before, after, factor(before, after))


def _thresholds(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[ThresholdChange]:
    was, now = (
        {str(one.get("text")): str(one.get("state")) for one in detail["thresholds"]}
        for detail in (old, new)
    )
    texts = dict.fromkeys([*was, *now])
    return [
        ThresholdChange(text, was.get(text, ""), now.get(text, ""))
        for text in texts
        if was.get(text) != now.get(text)
    ]


def _touched(detail: Mapping[str, Any], cells: Sequence[LoadCell]) -> Mapping[str, set[str]]:
    """Return the resources that each flow's requests touch."""
    made: dict[str, set[str]] = {}
    for cell in cells:
        if cell.endpoint not in (WHOLE, WHOLE_STEP):
            made.setdefault(cell.flow, set()).add(cell.endpoint)
    return {
        flow: {name for name, held in detail["resources"].items() if endpoints & set(held)}
        | endpoints
        for flow, endpoints in made.items()
    }
