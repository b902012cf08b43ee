"""Each topic finds its examples and leaves its counterexamples alone."""

import time
from pathlib import Path

import pytest

from complaints.topics import Topics
from forepost import plugins
from forepost.errors import ConfigError

TOPICS = Topics.load()
EXAMPLES = [(rule.name, text) for rule in TOPICS.rules.values() for text in rule.examples]
COUNTER = [(rule.name, text) for rule in TOPICS.rules.values() for text in rule.counterexamples]
SPEC = (
    "checkout payment gift_card autopay login site_down site_slow delivery returns refund "
    "billing order_cancellation counterfeit support other"
)


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_an_example_has_its_topic(name: str, text: str) -> None:
    """As topics.toml promises."""
    assert name in TOPICS.of(text)


@pytest.mark.parametrize(("name", "text"), COUNTER)
def test_a_counterexample_has_it_not(name: str, text: str) -> None:
    """As topics.toml promises."""
    assert name not in TOPICS.of(text)


def test_every_topic_of_the_product_is_there_and_tried() -> None:
    """With examples both ways."""
    assert sorted(TOPICS.names()) == sorted(SPEC.split())
    assert all(rule.examples and rule.counterexamples for rule in TOPICS.rules.values())


def test_every_flow_of_a_topic_exists() -> None:
    """A topic that points to a flow nobody probes would explain nothing."""
    flows = set(plugins.names("probes.flows"))

    assert {flow for name in TOPICS.names() for flow in TOPICS.flows_of(name)} <= flows
    assert TOPICS.flows_of("other") == ()
    assert TOPICS.flows_of("unheard of") == ()


def test_a_post_may_have_several_topics_or_none() -> None:
    """None is "other"."""
    assert set(TOPICS.of("No refund, and support ignored me: no answer for weeks")) == {
        "refund",
        "support",
    }
    assert TOPICS.of("what a sunset") == ("other",)
    assert TOPICS.of("") == ("other",)


@pytest.mark.parametrize(
    "piece",
    ["pay ", "card ", "order cart ", "a", "plan my ", "gift code redeem ", "charged ", "\n"],
)
def test_a_hostile_post_takes_bounded_time(piece: str) -> None:
    """However long, and whatever it repeats."""
    began = time.process_time()
    TOPICS.of(piece * 100_000)
    assert time.process_time() - began < 2


def test_a_users_own_file_adds_and_replaces(tmp_path: Path) -> None:
    """Same form, own topics."""
    mine = tmp_path / "mine.toml"
    mine.write_text(
        '[loyalty]\nflows=["browse"]\nwhen=["points"]\npatterns=["\\\\bpoints\\\\b"]\n'
        '[refund]\nwhen=["pfand"]\npatterns=["\\\\bpfand\\\\b"]\n',
        "utf-8",
    )

    topics = Topics.load(mine)

    assert topics.of("where are my points?") == ("loyalty",)
    assert topics.flows_of("loyalty") == ("browse",)
    assert topics.of("still no refund") == ("other",)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[x]\nwhen=["a"]\npatterns=["(a+)+"]', "repeat inside a repeat"),
        ('[x]\nwhen=["a"]\npatterns=["a.*b"]', "bound the gap"),
        ('[x]\nwhen=["a"]\npatterns=["(a"]', "not a regular expression"),
        ('[x]\npatterns=["a"]', "when: empty"),
        ('[x]\nwhen="a"\npatterns=["a"]', "when: not a list"),
        ('[x]\nwhenn=["a"]\nwhen=["a"]\npatterns=["a"]', "whenn: no such key"),
        ("x = 1", "not a table"),
        ("[x", "shows the form"),
    ],
)
def test_a_wrong_rule_is_refused_in_one_line(tmp_path: Path, table: str, words: str) -> None:
    """File, topic, key, remedy."""
    mine = tmp_path / "mine.toml"
    mine.write_text(table, "utf-8")

    with pytest.raises(ConfigError) as told:
        Topics.load(mine)

    assert words in str(told.value)
    assert str(mine) in str(told.value)
    assert len(told.value.faults) == 1
