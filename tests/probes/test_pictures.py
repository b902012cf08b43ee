"""A picture of every step: small, after the clock, and without secrets."""

import io
from pathlib import Path

import pytest
from PIL import Image

from forepost.model import Outcome
from probes.artefacts.pictures import HEIGHT, WIDTH
from probes.pool import ProbePool
from tests.probes.site import HELLO, Answer, Ask, Site

pytestmark = pytest.mark.browser

GREEN = "<style>body {{ background: rgb(0, 160, 0); margin: 0 }} h1 {{ color: white }}</style>"


def colour(file: Path) -> tuple[int, ...]:
    """Return the colour in the lower right corner of a picture."""
    image = Image.open(io.BytesIO(file.read_bytes())).convert("RGB")
    pixel = image.getpixel((image.width - 5, image.height - 5))
    assert isinstance(pixel, tuple)
    return pixel


def test_each_step_has_the_picture_of_where_it_ended(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """Two pages of two colours; a third step that changes nothing shares its picture."""
    site.pages["/"] = Answer(HELLO.format(GREEN.format() + "<a href='/next'>next</a>"))
    blue = GREEN.format().replace("0, 160, 0", "0, 0, 160")
    site.pages["/next"] = Answer(HELLO.format(f"{blue}<p>goodbye</p>"))

    run = pool.run(
        ask(
            ("step", "open"),
            ("open", "/"),
            ("step", "next"),
            ("click", "next"),
            ("see", "bye"),
            ("step", "rest"),
            ("goal", "x"),
        )
    )

    assert run.outcome is Outcome.PASSED
    first, second, third = [step.picture for step in run.steps]
    assert first == f"runs/{run.id}/open.jpg"
    assert second == third == f"runs/{run.id}/next.jpg"
    red, green, blue_ = colour(out / first)
    assert green > 120 > max(red, blue_)
    red, green, blue_ = colour(out / second)
    assert blue_ > 120 > max(red, green)
    kept = {one.path: one.size_bytes for one in run.artefacts if one.kind == "picture"}
    assert kept == {path: (out / path).stat().st_size for path in (first, second)}
    assert all(size < 60_000 for size in kept.values())
    with Image.open(out / first) as image:
        assert (image.format, image.width) == ("JPEG", WIDTH)
        assert image.height <= HEIGHT


def test_fields_are_hidden_and_what_stands_in_the_open_costs_the_picture(
    pool: ProbePool, ask: Ask, site: Site, out: Path
) -> None:
    """What is typed is drawn as discs; a secret in the page's text: no picture, and a fact.

    The text may stand in a frame, or below a shadow root.
    """
    field = "<label>Card <input style='font-size:60px;width:600px'></label>"
    site.pages["/"] = Answer(HELLO.format(f"{field}<p id='p'></p>"))
    write = "document.querySelector('#p').textContent = 'card ' + '4242424242424242'"
    framed = "new Promise((go) => document.body.append(Object.assign(document.createElement("
    framed += "'iframe'), {srcdoc: '<p>' + '4242424242424242</p>', onload: () => go(1)})))"
    below = "document.querySelector('#p').attachShadow({mode: 'open'}).innerHTML = '<b>' + "
    below += "'4242424242424242</b>'"

    pictures = []
    ways = (("4242424242424242", write), ("5555555555555555", framed), ("5555555555555555", below))
    for typed, show in ways:
        run = pool.run(
            ask(
                ("step", "fill"),
                ("open", "/"),
                ("fill", f"Card={typed}"),
                ("see", "hello"),
                ("step", "show"),
                ("run script", show),
                ("goal", "x"),
            )
        )
        assert run.outcome is Outcome.PASSED, run.message
        filled, shown = run.steps
        assert filled.picture is not None
        assert shown.picture is None
        assert dict(run.facts)["evidence not kept"] == "picture"
        pictures.append((out / filled.picture).read_bytes())

    one, other, _ = (pixels(data) for data in pictures)
    differ = sum(a != b for a, b in zip(one, other, strict=True)) / len(one)
    # A pixel at the edge of a disc may fall on either side of the border; digits differ widely.
    assert differ < 0.01, "which digits were typed is not to be seen"


def pixels(data: bytes) -> bytes:
    """Return the field's part of a picture, without the caret that may blink in it."""
    image = Image.open(io.BytesIO(data)).convert("L")
    return image.crop((0, 30, 200, 90)).point(lambda value: 255 if value > 128 else 0).tobytes()


def test_without_pictures_there_are_none(pool: ProbePool, ask: Ask) -> None:
    """[watch] pictures = "failures"."""
    run = pool.run(ask(("step", "open"), ("open", "/"), ("see", "hello"), pictures=False))

    assert run.steps[0].picture is None
    assert {kept.kind for kept in run.artefacts} == {"exchanges"}
