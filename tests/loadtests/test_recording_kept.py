"""From recorded exchanges to a script: what of a walk is repeated, and where it is written."""

from pathlib import Path

import pytest

from forepost.errors import LoadError
from loadtests.recording import write
from tests.loadtests.recorded import Har, visit


def test_only_documents_and_calls_to_allowed_hosts_are_repeated() -> None:
    """Pictures and scripts say nothing; other hosts and what failed are told by name."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("GET", "/a.png", kind="image").add("GET", "/a.js", kind="script")
    har.add("GET", "http://ads.test/pixel", "{}", kind="fetch")
    har.add("GET", "http://ads.test/again", "{}", kind="fetch")
    har.add("POST", "/redeem", "used", status=409, form={"code": "x"})
    har.add("POST", "/out", form={}, status=303, answered={"location": "http://bank.test/3ds"})
    har.add("GET", "/late", "<h1>clean-up</h1>", at_s=50)
    made = har.script(ended_s=40)

    assert [one.path for one in visit(made, {("GET", "/"): "Hi"})] == ["/"]
    assert made.left == (
        "ads.test: not in allow_hosts (2 times)",
        "POST /redeem: the shop answered 409: a visit under load would count as failed",
        "POST /out: leads to bank.test, not in allow_hosts",
    )


def test_what_other_customers_did_is_counted() -> None:
    """In the journey and at hosts that could be asked; they have cookies of their own."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    others = [(1.0, 1, "shop.test"), (2.0, 2, "shop.test"), (3.0, 2, "shop.test"),
              (4.0, 1, "ads.test"), (41.0, 3, "shop.test")]  # fmt: skip
    made = har.script(ended_s=40, others=others)

    assert made.left == ("3 requests of 2 other customers: a script is one customer's visit",)


def test_a_form_without_an_answer_was_sent_all_the_same() -> None:
    """Unless it was pressed twice: then the second one has the answer. Calls are given up."""
    har = Har().add("GET", "/", "<h1>Hi</h1>").add("POST", "/pay", form={"n": "1"}, status=-1)
    har.add("GET", "/", "<h1>Hi</h1>").add("POST", "/ask", form={"n": "2"}, status=-1)
    har.add("POST", "/ask", "<h1>Thanks</h1>", form={"n": "2"})
    har.add("GET", "/api", kind="xhr", status=-1).add("GET", "/gone", status=-1)
    made = har.script()

    answers = {("GET", "/"): "Hi", ("POST", "/ask"): "Thanks"}
    assert [one.path for one in visit(made, answers)] == ["/", "/pay", "/", "/ask"]
    assert made.look == ("POST /pay had no answer when the browser went on: repeated all the same",)
    assert [one.partition(":")[0] for one in made.left] == ["POST /ask", "GET /api", "GET /gone"]


def test_steps_are_the_journeys() -> None:
    """Each request is counted under the step in which it began."""
    har = Har().add("GET", "/", "<h1>Hi</h1>").add("GET", "/cart").add("GET", "/pay")
    made = har.script(steps=[(0.0, "open"), (1.0, 'look "around"')])

    sent = visit(made, {("GET", "/"): "Hi"})
    assert [one.step for one in sent] == ["open", 'look "around"', 'look "around"']
    assert made.steps == ("open", 'look "around"')


def test_a_walk_without_requests_makes_no_script() -> None:
    """Nothing to repeat is no script, and a HAR that is none is said to be none."""
    with pytest.raises(LoadError, match=r"asked for nothing to repeat: ads\.test: not in allow_h"):
        Har().add("GET", "http://ads.test/").script()
    with pytest.raises(LoadError, match="no HAR that can be read"):
        Har([{"request": {}}]).script()


def test_a_script_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    """Unless that is asked for."""
    made = Har().add("GET", "/", "<h1>Hi</h1>").script()
    file = tmp_path / "loadtests" / "users" / "recorded.py"
    write(made, file)
    file.write_text("mine")

    with pytest.raises(LoadError, match="is there already; nothing written"):
        write(made, file)
    assert file.read_text() == "mine"
    write(made, file, force=True)
    assert file.read_text() == made.text
    assert [one.name for one in file.parent.iterdir()] == ["recorded.py"]
    with pytest.raises(LoadError, match="choose another folder with --out"):
        write(made, file / "below" / "x.py")
