"""Mutations: a shop broken for the probe alone; what strikes is noticed in the step that must."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from forepost import plugins
from forepost.bundled import Bundled
from forepost.cli import cli
from forepost.cli._mutate import see_paid
from forepost.errors import ProbeError
from forepost.model import FlowRun, Outcome
from forepost.model.proof import NEVER_PAYS
from probes import mutations
from tests.flows.conftest import Walk
from tests.flows.faults import FAULTS, NO_RULE

FLOWS = ("browse", "checkout", "payment", "gift_card", "autopay", "after_sales")
MINE = Path(__file__).with_name("mine")
# One of each manner of breaking: a request answered by us, a page changed on its way, a page
# frozen, one taken from elsewhere, a book, a mailbox, a session lost, a second customer.
MANNERS = [
    ("browse", "cart_total_off", {}, "lines + delivery + tax − discount and total differ"),
    ("checkout", "account_asked_first", {}, "a guest can buy without an account"),
    ("checkout", "cart_lost_going_back", {}, "cart after going back and cart before differ: {}"),
    ("checkout", "mail_total_off", {}, "the mail names the total of 4776 cents"),
    ("payment", "charged_again_after_back", {"checks": ("back",)}, "[4776, 4776] and [4776]"),
    ("payment", "declined_accepted", {"checks": ("declined",)}, "order number for a declined card"),
    ("gift_card", "spent_twice_by_carts", {"checks": ("carts",)}, "and one differ: 2 and 1"),
    ("gift_card", "refund_lost", {"checks": ("refund",)}, "differ: 224 and 5000 cents"),
    ("autopay", "renewal_date_not_moved", {"renewal_within_s": 1.0}, "date has not moved from"),
    ("after_sales", "another_order", {}, "order on the status page and order bought differ"),
]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("flow", "name", "settings", "part"), MANNERS, ids=[row[1] for row in MANNERS]
)
def test_what_is_broken_for_the_probe_is_noticed_and_cleaned_up(
    walk: Walk, flow: str, name: str, settings: dict[str, object], part: str
) -> None:
    """In the step that the table names, with the rule; a mutated run leaves nothing either."""
    run = walk(flow, mutation=name, **settings)

    assert mutations.struck(run), run.message
    assert mutations.noticed(run)
    assert run.failed_step == mutations.named(name).step(flow)
    assert part in run.message
    assert run.cleanup is None or (run.cleanup.outcome, run.cleanup.left) == ("passed", 0)


@pytest.mark.browser
def test_a_mutation_changes_nothing_in_the_shop(shop: Bundled, walk: Walk) -> None:
    """The card was answered 500 for the probe alone: the provider never heard of it."""
    run = walk("checkout", mutation="pay_answers_500")

    assert run.failed_step == "pay"
    asked = f"{shop.gateway}/api/charges?email={run.id}-1@probe.invalid"
    assert shop.call("GET", asked) == []


@pytest.mark.browser
def test_a_mutation_that_meets_nothing_is_not_applicable(walk: Walk) -> None:
    """Without the case it breaks, the flow passes, and the run shows that nothing struck."""
    run = walk("payment", mutation="charged_again_after_reload", checks=())

    assert run.outcome.worked, run.message
    assert not mutations.struck(run)


@pytest.mark.browser
def test_the_command_tells_what_a_lax_flow_misses(tmp_path: Path) -> None:
    """Half-blind flows look green: the score names what they let pass, and exits 1."""
    (tmp_path / "config.toml").write_text(
        '[shop]\nurl = "bundled"\nenvironment = "sandbox"\n'
        f'[paths]\nout = "{tmp_path}/out"\nplugins = ["{MINE}"]\n'
        f'[store]\npath = "{tmp_path}/out/store.sqlite"\n'
        '[flows.lax]\nstep_deadline = "10s"\n'
    )

    asked = ["--config", str(tmp_path / "config.toml"), "probe", "lax", "--mutate", "--json"]
    result = CliRunner().invoke(cli, asked, standalone_mode=False)

    told = json.loads(result.stdout)
    found = {row["name"]: row["result"] for row in told["mutations"]}
    assert found == {
        "pay_answers_500": "missed",  # any page is a success for it
        "pay_button_missing": "noticed",
        "blank_confirmation": "missed",
        "charged_again": "not applicable here",  # it never asks the provider
    }
    assert (told["noticed"], told["applicable"]) == (1, 3)
    assert result.return_value == 1
    assert "pay_button_missing: noticed" in result.stderr


def test_there_is_no_score_of_walks_that_had_no_leave_to_pay() -> None:
    """What they would have noticed at the payment is unknown: neither noticed nor missed."""
    now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    run = FlowRun("r", "checkout", "local", now, now, now, Outcome.PASSED)
    short = (("stopped", 'before "pay": 3 of 3 orders of the day are used up'),)
    never = (("stopped", f'before "pay": {NEVER_PAYS}'),)

    see_paid(run)
    see_paid(replace(run, facts=never))
    with pytest.raises(ProbeError, match=r'^checkout: no score, .* stopped before "pay": 3 of 3'):
        see_paid(replace(run, facts=short))


def test_an_unknown_mutation_names_those_there_are() -> None:
    """One line: what, the value, the remedy."""
    with pytest.raises(ProbeError, match=r"^no mutation 'pay_500'; there is: pay_answers_500, "):
        mutations.named("pay_500")


def test_names_are_unique_and_every_mutation_says_what_it_does() -> None:
    """The name is what a report shows; the docstring is what a person reads."""
    names = [one.name for one in mutations.ALL]

    assert len(set(names)) == len(names)
    assert all(one.what.endswith(".") and one.rule for one in mutations.ALL)


@pytest.mark.parametrize("flow", FLOWS)
def test_every_shipped_flow_has_mutations_and_faults(flow: str) -> None:
    """A flow without either would have a perfect score for nothing."""
    assert flow in plugins.names("probes.flows")
    assert len(mutations.of_flow(flow)) >= len({row.fault for row in FAULTS if row.flow == flow})
    assert not {row.fault for row in FAULTS} & NO_RULE


def test_a_flow_of_ones_own_gets_what_any_purchase_has() -> None:
    """Without a row of its own: paying, its button, its receipt, its charge."""
    assert [one.name for one in mutations.of_flow("mine")] == [
        "pay_answers_500",
        "pay_button_missing",
        "blank_confirmation",
        "charged_again",
    ]


def test_the_docs_name_every_fault_and_every_mutation() -> None:
    """What proves a flow is written down where its rules are."""
    text = (Path(__file__).parents[2] / "docs" / "flows.md").read_text("utf-8")
    proofs = {row.fault for row in FAULTS} | {one.name for one in mutations.ALL}

    assert [name for name in sorted(proofs) if f"`{name}`" not in text] == []
