"""Walks beside a load test that had no leave to pay: neither good nor bad, and told."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from forepost.model import FlowRun, Outcome
from forepost.model.proof import NEVER_PAYS
from reports import load_people, style
from reports.charts import load_human
from reports.load_data import LoadView
from reports.load_view import load_view
from tests.reports import load_samples as samples

UTC_ZONE = ZoneInfo("UTC")
STOPPED = (("stopped", 'before "pay": paying is stopped: stocktaking'),)


def view(runs: list[FlowRun]) -> LoadView:
    """Return the load test with walks."""
    run = samples.load_run()
    return load_view(run, samples.cells(run.id, ("gift_card", "checkout")), runs)


def test_walks_that_had_no_leave_to_pay_are_told_and_decide_nothing() -> None:
    """All are green and in time at every load: unknown, and their count stands there."""
    walks = [
        replace(one, outcome=Outcome.PASSED, facts=STOPPED) for one in samples.walks("load-short")
    ]
    seen = view(runs=walks)

    said = f"{len(walks)} walks ended before paying, by a cap or the kill switch, not counted"
    assert load_people.sentences(seen.humans) == [f"Checkout: not decided, {said}."]
    assert load_people.card(seen).value == "not decided"
    assert all(walk.capped for walk in seen.humans[0].walks)


def test_walks_that_had_no_leave_to_pay_have_a_row_of_their_own() -> None:
    """Between those that worked and those that failed; without such a walk there is none."""
    first, *rest = samples.walks("load-short")

    assert rows_drawn([first, *rest]) == ["failed", "worked"]
    assert rows_drawn([replace(first, facts=STOPPED), *rest]) == ["failed", "worked", "unpaid"]


def rows_drawn(runs: list[FlowRun]) -> list[str]:
    """Return the rows of the panel of walks that worked and failed."""
    with style.house():
        axes = style.new_axes()
        figure = style.figure_of(axes)
        load_human.draw(axes, Drawn(view(runs=runs)), load_human.Settings())
    panel = next(one for one in figure.axes if one.get_title(loc="left").startswith("Walks that"))
    return [label.get_text() for label in panel.get_yticklabels()]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the chart needs."""

    load: LoadView
    zone: ZoneInfo = UTC_ZONE


def test_a_shop_that_is_never_paid_is_judged_by_its_walks_to_payment() -> None:
    """There they end by design: the same word as of walks that pay."""
    never = (("stopped", f'before "pay": {NEVER_PAYS}'),)
    walks = samples.walks("load-short")
    seen = view(runs=[replace(one, facts=never) for one in walks])

    assert seen.humans[0].found == view(runs=walks).humans[0].found
