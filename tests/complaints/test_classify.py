"""The classifier tells a complaint from chatter that uses the same words."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from complaints import classify
from complaints.classify import Classifier, classify_lines
from complaints.lexicon import group_of
from complaints.practice import practice
from forepost.errors import SourceError

CLASSIFIER = Classifier.load()


@pytest.mark.parametrize(
    "text",
    [
        "I was charged twice and got no order number, nobody answers. Fix your payment page!",
        "checkout gives me a server error every time I try to pay, third time today",
        "locked out of my membership again, the renewal never ran, why is nobody answering?",
        "my gift card won't redeem, it says try again later for an hour now",
    ],
)
def test_a_plain_complaint_is_one(text: str) -> None:
    """What, where, and that it failed: no doubt."""
    assert CLASSIFIER.is_complaint(text)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for the quick delivery, love my new boots",
        "coffee by the lake, what a morning",
        "got a gift card for my birthday, what should I buy?",
        "The printer at work is broken again. Off to the hills then",
        "",
        "🏕️",
        "payment went through in seconds, great shop",
    ],
)
def test_chatter_is_not(text: str) -> None:
    """Also where it speaks of cards, payments and broken things."""
    assert not CLASSIFIER.is_complaint(text)


def test_the_model_keeps_its_bounds() -> None:
    """At most 8,000 weights in less than 400 kB; a threshold between 0 and 1."""
    assert len(CLASSIFIER.grams) + len(CLASSIFIER.marks) <= 8_000
    assert classify.MODEL.stat().st_size < 400_000
    assert 0 < CLASSIFIER.threshold < 1
    assert all(len(gram.split()) <= 2 for gram in CLASSIFIER.grams)


def test_a_score_is_a_share_for_any_text() -> None:
    """Bounded however long, however odd."""
    for text in ("!" * 100_000, "\x00\ud800", "not " * 50_000, "error 500 " * 9_999):
        assert 0.0 <= CLASSIFIER.score(text) <= 1.0


def test_the_run_time_needs_no_training_library() -> None:
    """Neither numpy nor scikit-learn is imported to classify."""
    code = (
        "import sys, complaints.classify as c; c.Classifier.load().score('x');"
        "print([m for m in ('numpy', 'scipy', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_the_practice_posts_are_the_same_each_time() -> None:
    """Training can be repeated; both kinds are there, and no place is left unfilled."""
    made = practice(2, seed=1)

    assert made == practice(2, seed=1)
    assert {post.complaint for post in made} == {True, False}
    assert not [post.text for post in made if "{" in post.text]


def test_the_word_groups_hold_words_and_pairs_only() -> None:
    """A longer entry could never be found among 1-2-grams."""
    assert all(1 <= len(entry.split()) <= 2 for entry in group_of())


def test_lines_are_classified_and_a_bad_one_is_reported() -> None:
    """One bad line is told with its number and does not stop the rest."""
    lines = [
        '{"text": "card declined again and again, fix your checkout", "id": 7}\n',
        "\n",
        "not json\n",
        '{"no": "text"}\n',
        '{"text": "lovely day"}\n',
    ]

    first, bad, worse, last = classify_lines(lines)

    assert first["id"] == 7
    assert first["complaint"] is True
    assert "payment" in first["topics"]
    assert (bad["line"], worse["line"]) == (3, 4)
    assert all(set(row) == {"line", "error"} for row in (bad, worse))
    assert last["complaint"] is False
    assert 0.0 <= last["score"] <= 1.0


@pytest.mark.parametrize("body", ["", "[]", '{"grams": {}}', "{"])
def test_a_broken_model_says_how_to_make_one(tmp_path: Path, body: str) -> None:
    """One line with the remedy."""
    path = tmp_path / "model.json"
    path.write_text(body, "utf-8")

    with pytest.raises(SourceError, match=r"not a model .*python -m complaints\.train"):
        Classifier.load(path)


def test_training_writes_a_model_that_loads(tmp_path: Path) -> None:
    """The command, on a small pool of the test's own; the same twice."""
    pool = tmp_path / "pool.csv"
    rows = [
        (f"{'broken, refund me' if bad else 'thanks, lovely'} {word}", bad, domain)
        for bad in (0, 1)
        for word in ("boots", "tent", "mug", "site", "app", "card")
        for domain in ("cars", "food", "random_tweet")
    ]
    pool.write_text(
        "text,complaint,domain\n" + "".join(f'"{t}",{b},{d}\n' for t, b, d in rows), "utf-8"
    )
    for name in ("a.json", "b.json"):
        command = [sys.executable, "-m", "complaints.train", "--pool", str(pool)]
        done = subprocess.run(
            [*command, "--practice", "1", "--out", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        assert json.loads(done.stdout)["posts"] == len(rows)

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    made = Classifier.load(tmp_path / "a.json")
    assert made.score("broken, refund me") > made.score("thanks, lovely")
