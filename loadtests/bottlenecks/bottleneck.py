"""What gives way first: a resource's name with its evidence, or "unclear".

Every endpoint is compared with itself at the calm start (`signs`). Those that suffer *first*
are held against the resources of the campaign: the one is named whose endpoints suffer while
everything outside it stays as it was. Later victims may only queue behind the first (the web
tier fills up when its workers wait for a database), so they do not count. A stall is no limit,
a late generator is not the shop, and where two names fit as well, none is given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from loadtests.bottlenecks import evidence, onset, outage, refusals, stall, suspects, within
from loadtests.bottlenecks.signs import Book, Walks, book, signs
from loadtests.bottlenecks.suspects import Picture, Resources
from loadtests.cells import WHOLE, Tally, parts

_ALL_HELD = "every level was held: nothing gave way"
_NONE_BROKEN = "nothing was seen to give way, but not every level was held to its end"
_TOGETHER_S = 3  # what begins within this is taken to begin together
_LATE_S = 0.1
_RUNNER_UP_RATIO = 0.1
_MATTERS_RATIO = 0.1


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What gives way first. `resource` is None when nothing stands out."""

    resource: str | None
    runner_up: str | None
    evidence: tuple[str, ...]
    stalls: tuple[stall.Stall, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """A run, sorted; `calm` and `loaded` are seconds that neither a stall nor we spoiled."""

    book: Book
    resources: Resources
    calm: Collection[int]
    loaded: Collection[int]
    spoilt: Collection[int]
    timed: bool  # it is known in which order a visit asks for its endpoints
    matters_ms: float  # beside a stall, less waiting than this explains nothing


@dataclass(frozen=True, slots=True)
class _Views:
    """Who suffers over the whole load, and who did when it began."""

    whole: Picture
    first: Picture
    began: Mapping[str, int]

    @property
    def shared(self) -> bool:
        """Whether a processor that all share would explain it: nobody surely began alone.

        In the end patience cuts all waiting to one length: then only the beginning shows it.
        """
        either = suspects.in_proportion(self.whole) or suspects.in_proportion(self.first)
        return either and not suspects.alone(self.first)


def find(
    tallies: Sequence[Tally],
    resources: Mapping[str, Sequence[str]],
    calm: tuple[int, int],
    loaded: tuple[int, int] | None,
    walks: Walks | None = None,
    *,
    held: bool = True,
) -> Bottleneck:
    """Compare two stretches of a run, each (first second, end).

    Shape:   `tallies` of single endpoints and whole visits alike; an endpoint may stand in
             several resources, and one that stands in none stands for itself. `loaded` is None
             when no level was too much, and then `held` says whether every one was held: in a
             run that was cut short nobody knows. `walks` maps a flow to its endpoints in order;
             without it more stays unclear.
    Returns: a name only if it stands out; else None, with what was seen. Where customers are
             turned away by number or at the door, the name says that: "rate limit on x",
             "listener".
    """
    found, late = book(tallies, walks), _late(tallies)
    stalls = tuple(stall.stalls(found, _offered(tallies)))
    told = tuple(evidence.of_stall(one, _flows_of(tallies)) for one in stalls)
    if loaded is None:
        return Bottleneck(None, None, (_ALL_HELD if held else _NONE_BROKEN, *told), stalls)
    under = set(range(*loaded))
    if len(late & under) * 2 >= len(under):
        ours = evidence.of_lateness(len(late & under), len(under))
        return Bottleneck(None, None, (ours, *told), stalls)
    down = outage.outage(tallies)
    if down is not None:
        return Bottleneck(None, None, (outage.words(down), *told), stalls)
    spoilt = late | {at for one in stalls for at in range(one.first_s, one.last_s + 1)}
    calm_s = set(range(*calm)) - spoilt
    matters_ms = max((_MATTERS_RATIO * 1000 * one.duration_s for one in stalls), default=0.0)
    run = _Run(found, resources, calm_s, under - spoilt, spoilt, walks is not None, matters_ms)
    named = _named(run)
    if named.resource is None:  # then the stall is the news
        return Bottleneck(None, named.runner_up, (*told, *named.evidence), stalls)
    return Bottleneck(named.resource, named.runner_up, (*named.evidence, *told), stalls)


def _named(run: _Run) -> Bottleneck:
    whole = suspects.picture(signs(run.book, run.calm, run.loaded))
    worst_ms = max((one.hurt_ms for one in whole.signs if one.judged), default=0.0)
    if not whole.suffer or worst_ms < run.matters_ms:
        return Bottleneck(
            None, None, ("no endpoint loses requests or slows down more than noise explains",)
        )
    views = _views(run, whole)
    turned_away = refusals.turned_away((views.first, views.whole), run.resources)
    names = [turned_away[0]] if turned_away else _names(views, run)
    if len(names) != 1:
        return Bottleneck(None, None, (_doubt(names, views, run), *evidence.of_doubt(whole.signs)))
    members = turned_away[1] if turned_away else run.resources.get(names[0], names)
    said = [
        *([evidence.of_door(whole.signs)] if names == [refusals.LISTENER] else []),
        *evidence.of_name(members, whole.signs, run.book, run.loaded),
        *evidence.of_onsets(members, views.began),
    ]
    queued = views.whole.suffer - set(members)
    if queued and run.timed and not turned_away:
        more = _excess(run, views, views.whole.suffer & set(members), queued)
        said += [evidence.of_excess(more.mean_ms)] if more.clear else []
    return Bottleneck(names[0], _runner_up(names[0], views, run.resources), tuple(said))


def _views(run: _Run, whole: Picture) -> _Views:
    """Look at the whole load, and at the seconds in which the trouble began."""
    begins, loaded = max(run.calm, default=-1) + 1, min(run.loaded, default=0)
    usable = [*range(begins, loaded), *sorted(run.loaded)]
    began = onset.onsets(run.book, whole.signs, usable)
    if not began:
        return _Views(whole, whole, began)
    first_s = min(began.values())
    window = [at for at in usable if at >= first_s][:_TOGETHER_S]
    first = suspects.picture(signs(run.book, run.calm, window))
    return _Views(whole, first if first.suffer else whole, began)


def _names(views: _Views, run: _Run) -> list[str]:
    names = _explaining(views, run.resources)
    if len(names) != 1:
        return names
    sharper = _sharpened(names[0], views, run)
    if not views.shared:
        return sharper
    # Who computes longer waits longer, without a queue of its own; both may fit otherwise.
    open_too = [
        name
        for name in sharper
        if name not in names
        and not suspects.in_proportion(views.whole, run.resources.get(name, (name,)))
    ]
    return [*names, *open_too]


def _explaining(views: _Views, resources: Resources) -> list[str]:
    """Return what explains the beginning and does not contradict the rest."""
    early, late = (suspects.fitting(one, resources) for one in (views.first, views.whole))
    if views.shared:
        # A processor that all share slows a long request by more milliseconds than a short one.
        # Those also count that neither suffer most nor are well: they wait for it all the same.
        every = {one.endpoint for one in views.whole.signs if one.judged}
        shared = [name for name in resources if every <= set(resources[name])]
        early, late = ([name for name in names if name in shared] for names in (early, late))
    both = [name for name in early if name in late]
    if both:
        return both
    # Who suffers later may only queue behind the first, but who is well in the end never was it.
    lasting = [
        name for name in early if name in resources and not set(resources[name]) & views.whole.well
    ]
    if lasting:
        return lasting
    return [name for name in late if views.first.suffer <= set(resources.get(name, (name,)))]


def _sharpened(name: str, views: _Views, run: _Run) -> list[str]:
    """Return a resource, or what has a queue of its own inside it; both where that is open."""
    whole = set(run.resources.get(name, (name,))) & views.whole.judged
    found = {}
    shared = not views.whole.judged - whole
    for other, endpoints in suspects.inside(whole, run.resources, lone=shared).items():
        rest = whole - set(endpoints)
        more = _excess(run, views, endpoints, rest)
        longer = within.seems_longer(views.first.signs, endpoints, rest)
        if more.open or (not more.differences_ms and longer):
            found[other] = more
    clear = [other for other, more in found.items() if more.clear and run.timed]
    if len(clear) == 1:
        return clear
    return [name, *found]


def _excess(run: _Run, views: _Views, own: Collection[str], rest: Collection[str]) -> within.Excess:
    begun = min(run.loaded, default=0)
    since = {at for seconds in run.book.values() for at in seconds if at >= begun}
    return within.excess(run.book, views.whole.signs, own, rest, since.difference(run.spoilt))


def _runner_up(named: str, views: _Views, resources: Resources) -> str | None:
    """Return what explains it best after the one that was named, if anything does."""
    others = [
        name
        for name, figure in suspects.ranked(views.whole, resources)
        if figure >= _RUNNER_UP_RATIO and name != named and not named.endswith(f" {name}")
    ]
    return others[0] if others else None


def _doubt(names: Sequence[str], views: _Views, run: _Run) -> str:
    if len(names) > 1:
        return f"unclear: {' or '.join(names)} would explain it as well"
    if views.shared:
        return (
            "unclear: all requests take longer in like measure, as behind a processor that all "
            "share; look at the processors of the shop's machines"
        )
    both = " and ".join(suspects.together(views.first, run.resources))
    if not views.whole.well:
        or_both = f", or {both} give way together" if both else ""
        return (
            "several slow down alike: what they share gives way, and the campaign names no "
            f"resource that all of them touch{or_both}"
        )
    if both:
        return f"unclear: {both} give way together"
    return "unclear: no resource of the campaign is touched by just those that suffer"


def _offered(tallies: Sequence[Tally]) -> Mapping[int, int]:
    """Return the visits that came in each second, those that were not sent included."""
    visits = [tally.cell for tally in tallies if tally.cell.endpoint == WHOLE]
    made: dict[int, int] = {}
    for cell in visits or [tally.cell for tally in tallies]:
        made[cell.second] = made.get(cell.second, 0) + cell.started + cell.dropped
    return made


def _flows_of(tallies: Sequence[Tally]) -> Mapping[str, Collection[str]]:
    made: dict[str, set[str]] = {}
    for tally in parts(tallies):
        made.setdefault(tally.cell.endpoint, set()).add(tally.cell.flow)
    return made


def _late(tallies: Sequence[Tally]) -> set[int]:
    """Return the seconds whose visits left late: what lies between intended and sent."""
    late_us: dict[int, float] = {}
    number: dict[int, int] = {}
    for cell in (tally.cell for tally in tallies if tally.cell.endpoint == WHOLE):
        wait = sum(key * many for key, many in cell.response_us.items())
        wait -= sum(key * many for key, many in cell.service_us.items())
        late_us[cell.second] = late_us.get(cell.second, 0.0) + wait
        number[cell.second] = number.get(cell.second, 0) + sum(cell.service_us.values())
    return {at for at, wait in late_us.items() if wait > _LATE_S * 1e6 * number[at] > 0}
