"""From recorded exchanges to a script: forms with files, as a browser tells of them."""

import json

import pytest

from loadtests.multipart import MOST_BYTES, Upload
from tests.loadtests.recorded import NEW, OLD, Har, visit

PAGE = (
    '<h1>Engrave it</h1><form method="post" action="/engrave" enctype="multipart/form-data">'
    '<input type="hidden" name="csrf" value="{}"><input name="text"><input type="file" name="art">'
    "</form>"
)
PLAIN = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}'
FILE = (
    'Content-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: image/png\r\n\r\n{}'
)


def upload(
    har: Har, path: str, answer: str, *parts: str, kind: str = "document", files_bytes: int = 0
) -> None:
    """Add what a HAR says of such a form: without the bytes of files, which are only counted."""
    mark = "----WebKitFormBoundaryMkwt8PWeQfi3CKhI"
    text = "".join(f"--{mark}\r\n{part}\r\n" for part in parts) + f"--{mark}--\r\n"
    har.add(
        "POST",
        path,
        answer,
        kind=kind,
        body=text,
        kind_of_body=f"multipart/form-data; boundary={mark}",
        headers={"Content-Length": str(len(text.encode()) + files_bytes)},
    )


def test_a_form_with_files_is_sent_as_such_with_made_up_ones() -> None:
    """Its token is the page's of this visit; nobody's file is kept, and a person is told so."""
    har = Har().add("GET", "/engrave", PAGE.format(OLD))
    parts = [
        PLAIN.format("csrf", OLD),
        PLAIN.format("text", " To you\r\n"),
        FILE.format("art", "a.png", ""),
    ]
    upload(har, "/engrave", "<h1>Engraved</h1>", *parts, files_bytes=300)
    made = har.script()

    answers = {("GET", "/engrave"): PAGE.format(NEW), ("POST", "/engrave"): "Engraved"}
    asked = visit(made, answers, text="Bon voyage")[1]
    assert asked.form is None
    assert asked.parts == {
        "csrf": NEW,
        "text": "Bon voyage",
        "art": Upload("a.png", "image/png", 300),
    }
    assert ("text", " To you\r\n") in dict(visit(made, answers)[1].parts or {}).items()
    told = "300 made-up bytes of image/png are sent, nothing that opens as one"
    assert made.look == (f'"art" of POST /engrave was a file: {told}',)
    assert made.left == ()


def test_a_script_may_send_parts_in_its_own_order() -> None:
    """Of one name several times; one of them is JSON, with a key of an earlier answer in it."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    har.add("POST", "/cart", json.dumps({"key": OLD}), kind="fetch", body="{}")
    blob = FILE.format("order", "blob", json.dumps({"key": OLD, "n": 2}))
    parts = [PLAIN.format("tag", "a"), blob.replace("image/png", "application/json"),
             PLAIN.format("tag", "b"), FILE.format("art", "", "")]  # fmt: skip
    upload(har, "/order", "{}", *parts, kind="fetch")
    made = har.script()

    answers = {("GET", "/"): "Hi", ("POST", "/cart"): json.dumps({"key": NEW})}
    asked = visit(made, answers)[2]
    order = Upload("blob", "application/json", text=json.dumps({"key": NEW, "n": 2}))
    none = Upload("", "image/png", 0)
    assert asked.parts == [("tag", "a"), ("order", order), ("tag", "b"), ("art", none)]
    assert not any("file" in line for line in made.look)


def test_a_large_file_is_sent_as_a_small_one() -> None:
    """And what the browser did not tell at all is no empty form."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    parts = [FILE.format("a", "a.png", ""), FILE.format("b", "b.png", "")]
    upload(har, "/up", "<h1>Up</h1>", *parts, files_bytes=4_000_000)
    har.add("POST", "/raw", "{}", kind="fetch", headers={"content-length": "7"})
    made = har.script()

    answers = {("GET", "/"): "Hi", ("POST", "/up"): "Up"}
    small = [Upload(name, "image/png", MOST_BYTES) for name in ("a.png", "b.png")]
    assert visit(made, answers)[1].parts == dict(zip("ab", small, strict=True))
    assert f"{MOST_BYTES} of 2000000 bytes of image/png" in made.look[0]
    assert made.left == ("POST /raw: a body that the browser did not tell",)


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        ("x", "multipart/form-data; boundary=b", "a form that cannot be read"),
        (
            "--b\r\nfoo\r\n\r\nx\r\n--b--",
            "multipart/form-data; boundary=b",
            "a form that cannot be read",
        ),
        ("--b\r\n", "multipart/form-data", "a form that cannot be read"),
        ("{", "application/json", "a body that is no JSON"),
        ("[" * 100_000, "application/json", "a body that is no JSON"),
        ("[" * 99 + "]" * 99, "application/json", "JSON that is too deep to write"),
        ("<a/>", "text/xml; charset=utf-8", "a body of the type text/xml"),
    ],
    ids=["text", "nameless", "no boundary", "half", "endless", "deep", "XML"],
)
def test_what_cannot_be_sent_again_is_left_out_by_one_line(body: str, kind: str, why: str) -> None:
    """Whatever a page sends, a recording ends in a script or in words."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    made = har.add("POST", "/x", "{}", kind="fetch", body=body, kind_of_body=kind).script()

    assert made.left == (f"POST /x: {why}",)
    assert made.requests == 1


def test_a_file_of_json_that_nobody_wrote_is_a_file() -> None:
    """As deep as no code can be: it is filled up like any other."""
    har = Har().add("GET", "/", "<h1>Hi</h1>")
    deep = FILE.format("f", "blob", "[" * 99 + "]" * 99).replace("image/png", "application/json")
    upload(har, "/x", "{}", deep, kind="fetch")

    sent = visit(har.script(), {("GET", "/"): "Hi"})[1]
    assert sent.parts == {"f": Upload("blob", "application/json", 198)}
