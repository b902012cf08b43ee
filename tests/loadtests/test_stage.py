"""Test data, one pass and clean-up: whatever a user file does there ends in one line."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import pytest

from loadtests import users
from loadtests.generator import plan, undone
from loadtests.generator.crew import Crew
from loadtests.generator.flow import Flow
from loadtests.generator.plan import Plan
from loadtests.generator.stage import Stage
from loadtests.generator.visitor import Door
from loadtests.session import FlowFailedError, Session
from loadtests.users import gift_card


class Limit(BaseException):
    """Stands for gevent's limit of time; nothing here takes long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return


class Undoing:
    """Stands for a flow: hands back or raises what it was given."""

    def __init__(self, told: object) -> None:
        self.told = told

    def clean_up(self, door: Door) -> Any:
        """Undo."""
        del door
        if isinstance(self.told, BaseException):
            raise self.told
        return self.told


def stage(**flows: Mapping[str, Any]) -> Stage:
    """Return a stage for some flows of a shop that is never asked."""
    plan = Plan("r", "http://127.0.0.1:1", ("127.0.0.1",), flows, {}, 5.0, 8, "")
    return Stage(plan, lambda: None, Limit)


def cleaned(told: object) -> list[Mapping[str, object]]:
    """Clean up one flow."""
    flow: Any = Undoing(told)
    flows: Mapping[str, Flow] = {"browse": flow}
    return list(stage().clean_up(flows))


def test_a_flow_tells_what_it_made_undid_and_left() -> None:
    """As its file says it; a file without the verb says nothing."""
    said = {"made": 3, "undone": 2, "left": ["card 1"]}

    assert cleaned(said) == [{"flow": "browse", **said, "error": ""}]
    assert cleaned(None) == []


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (RuntimeError("no ledger"), "no ledger"),
        (KeyError(), "KeyError()"),
        (Limit(1), "took longer than 60 s"),
        ({"made": 1, "undone": 1, "left": {1, 2}}, "not JSON serializable"),
    ],
)
def test_a_clean_up_that_fails_leaves_everything_unknown(told: object, says: str) -> None:
    """Nothing known is not nothing left."""
    (one,) = cleaned(told)

    assert says in str(one["error"])
    assert (one["made"], one["undone"], one["left"]) == (None, None, None)


def test_a_user_file_that_is_not_there_is_one_line() -> None:
    """The run is refused with the flow's name."""
    with pytest.raises(FlowFailedError, match=r"^none_such: ") as caught:
        stage(none_such={}).rehearse()

    assert "\n" not in str(caught.value)


def test_what_became_of_the_clean_up_is_one_line() -> None:
    """Counts add up over flows; what is not known is not called undone, and moves no cursor."""
    none: dict[str, object] = {"made": None, "undone": None, "left": None}
    whole = {"flow": "browse", "made": 2, "undone": 2, "left": 0, "error": ""}
    part = {"flow": "buy", "made": 3, "undone": 1, "left": ["a card", "b"], "error": ""}
    dead = {"flow": "join", **none, "error": "no\nledger \x1b[2J"}
    mute = {"flow": "pay", **none, "error": ""}

    assert undone.words([]) == ""
    assert undone.words([{**whole, "made": 0, "undone": 0}]) == "nothing is left in the shop"
    assert undone.words([whole]) == "2 of 2 made things undone"
    assert undone.words([whole, part]) == "3 of 5 made things undone; 2 left in the shop: buy 2"
    assert undone.words([whole, dead], ["gift"]) == (
        "2 of 2 made things undone; not known what is left of join (no ledger ?[2J); "
        "not known what was made for gift"
    )
    assert undone.words([mute]) == "not known what is left of pay (it does not say)"


HALF = """'''Dies while it prepares.'''
from dataclasses import dataclass
ENDPOINTS = ()
@dataclass(frozen=True)
class Settings: pass
def prepare(session, count, settings):
    {prepared}
def run(session, row, settings): pass
def clean_up(session, rows, settings):
    return {{"made": len(rows), "undone": len(rows), "left": 0}}
"""


@pytest.mark.parametrize(
    ("name", "prepared", "cleanup", "says"),
    [
        ("bit_by_bit", "yield {}; yield {}; 1 / 0", True, "2 of 2 made things undone"),
        ("at_once", "return [1 / 0]", True, "not known what was made for at_once"),
        ("kept", "yield {}; 1 / 0", False, "what was made for kept may still be in the shop: the"),
    ],
)
def test_a_preparation_that_dies_halfway_is_undone_as_far_as_it_is_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    prepared: str,
    cleanup: bool,
    says: str,
) -> None:
    """What it had yielded is; of one that would have returned all rows at the end nothing is."""
    (tmp_path / f"{name}.py").write_text(HALF.format(prepared=prepared))
    monkeypatch.setattr(users, "__path__", [*users.__path__, str(tmp_path)])
    made = stage(**{name: {}})
    made.plan = replace(made.plan, counts={name: 1}, cleanup=cleanup)
    with pytest.raises(FlowFailedError, match="ZeroDivisionError"):
        made.rehearse()

    assert made.take_back().startswith(says)


def test_arrivals_go_to_workers_in_turn_by_flow() -> None:
    """The n-th of a flow to worker n mod N, also when they are offered bit by bit."""
    crew = Crew(2)
    for name in ("one", "two"):
        crew.join(name, {"name": "here", "host": "h", "pid": 1})

    first = dict(crew.split([(0.1, "a"), (0.2, "b"), (0.3, "a")]))
    then = dict(crew.split([(0.4, "a")]))

    assert first == {"one": [(0.1, "a"), (0.2, "b")], "two": [(0.3, "a")]}
    assert then == {"one": [(0.4, "a")]}


class Till:
    """Stands for a shop that issues cards: their codes count up."""

    def api(self, method: str, path: str, body: list[Mapping[str, int]]) -> Mapping[str, list[str]]:
        """Issue them."""
        assert (method, path) == ("POST", "/api/gift-cards")
        return {"codes": [str(number) for number in range(len(body))]}


@pytest.mark.parametrize("visits", [1, 99, 700, 3_333])
def test_no_card_is_overdrawn_however_many_workers_share_them(visits: int) -> None:
    """The shop would refuse it, and a fault of ours would be called a limit of the shop's."""
    settings, till = gift_card.Settings(card_cents=1, amount_cents=500), Till()
    rows = tuple(gift_card.prepare(cast("Session", till), visits + 1, settings))
    whole = Plan("r", "http://h", ("h",), {}, {}, 1.0, 100, "c")
    for size in range(1, 65):
        crew = Crew(size)
        for number in range(size):
            crew.join(str(number), {"name": "here", "host": "h", "pid": 1})
        spent = Counter({rows[-1]["code"]: settings.amount_cents})  # the pass before the run
        for name, own in crew.split([(0.1, "g")] * visits):
            cards = plan.share(whole, {"g": rows}, int(name), size).rows["g"]
            for _, row in zip(own, cycle(cards), strict=False):
                spent[row["code"]] += settings.amount_cents
        assert spent.total() == (visits + 1) * settings.amount_cents
        assert max(spent.values()) <= int(rows[0]["cents"]), f"{size} workers"
