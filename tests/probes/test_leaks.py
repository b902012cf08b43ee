"""Looking through what is kept: every container, and never the value in what is said."""

import base64
import gzip
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from forepost import plugins
from probes.pool import ProbePool
from probes.scrubbing.leaks import NOT_READ, look, scan
from probes.scrubbing.scrub import CARD, EMAIL, FIELD, HEADER, KNOWN, Scrubber
from tests.bench import leaks as bench
from tests.bench.canaries import canaries, find

CANARY = "hunter2-canary"
NUMBER = "5555555555554444"


def kinds(path: Path, *known: str) -> set[str]:
    """Return the kinds of what leaks from a file."""
    return {leak.kind for leak in scan([path], Scrubber(known))}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"a {CANARY} b", KNOWN),
        (base64.b64encode(f"xy{CANARY}".encode()).decode(), KNOWN),
        (f"n={NUMBER}", CARD),
        (base64.b64encode(f'{{"n":"{NUMBER}"}}'.encode()).decode(), CARD),
        ("".join(f"&#{ord(sign)};" for sign in NUMBER), CARD),
        ("".join(f"%{ord(sign):02x}" for sign in NUMBER), CARD),
        (base64.b64encode(gzip.compress(NUMBER.encode(), mtime=0)).decode(), CARD),
        ("from someone.real@a-real-place.net", EMAIL),
        ("e=someone.real%40a-real-place.net", EMAIL),
        ("cvv=123&x", FIELD),
        ('name=\\"cc_csc\\"\\r\\n\\r\\n123\\r\\n', FIELD),
        ('{"name": "Cookie", "value": "a=b"}', FIELD),
        ('"cookies":[{"name":"lang","value":"[en]"}]', HEADER),
        ("Authorization: Bearer abcd1234", HEADER),
    ],
)
def test_each_disguise_is_seen_through_and_masked(tmp_path: Path, text: str, kind: str) -> None:
    """What the scan finds the scrubber masks, at the same length."""
    file = tmp_path / "console.txt"
    file.write_text(text, "utf-8")

    assert kind in kinds(file, CANARY)
    masked = Scrubber([CANARY]).text(text)
    assert len(masked) == len(text)
    file.write_text(masked, "utf-8")
    assert kinds(file, CANARY) == set()


@pytest.mark.parametrize(
    "text",
    [
        "019ab2c3d4e5f6071829-1@example.test",  # a probe's own: it holds the run's id
        "logo@2x.png and page@0123.jpeg",
        '"maxAge":1767323040000,"time":0.4242424242424242',
        "css @media (min-width: 3em)",
        "Cookie: we use them to remember your basket",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """A mask on everything would be no evidence."""
    assert Scrubber().text(text) == text


def test_every_container_is_looked_into(tmp_path: Path) -> None:
    """Archive, packed file, HAR, picture with a comment, UTF-16."""
    with zipfile.ZipFile(tmp_path / "trace.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("resources/a.dat", gzip.compress(f"x {CANARY}".encode()))
    (tmp_path / "e.json.gz").write_bytes(gzip.compress(json.dumps({"a": CANARY}).encode()))
    (tmp_path / "r.har").write_text(json.dumps({"text": json.dumps({"n": NUMBER})}), "utf-8")
    (tmp_path / "wide.txt").write_bytes(f"number {NUMBER} ".encode("utf-16-le"))
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", f"paid with {NUMBER}", zip=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "p.png", pnginfo=told)
    (tmp_path / "demoshop").mkdir()
    (tmp_path / "demoshop" / "books.txt").write_text(CANARY, "utf-8")

    found = look([tmp_path], Scrubber([CANARY]))

    assert {leak.path.name for leak in found.leaks} == {
        "trace.zip",
        "e.json.gz",
        "r.har",
        "wide.txt",
        "p.png",
    }
    assert found.files == 5
    assert all(CANARY not in repr(leak) and NUMBER not in repr(leak) for leak in found.leaks)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A broken archive may hold anything: nobody knows."""
    (tmp_path / "trace.zip").write_bytes(b"PK\x03\x04 and no more")

    assert kinds(tmp_path / "trace.zip") == {NOT_READ}


@pytest.mark.browser
@pytest.mark.slow
def test_no_canary_is_left_and_the_search_would_find_them(mine: Path, tmp_path: Path) -> None:
    """A hostile page strews nine canaries about; a scanner that is not ours searches the bytes."""
    plugins.add_folders([mine])
    planted = canaries()
    pool = ProbePool(1, tmp_path / "masked")
    try:
        run = bench.hostile(pool, planted, on_show=False)
    finally:
        pool.close()
    bench.unmasked(tmp_path, planted)

    made = {kept.kind for kept in run.artefacts}
    assert made >= {"screenshot", "dom", "nearest", "console", "requests", "trace", "har", "film"}
    assert find(tmp_path / "masked", planted).hits == ()
    assert not any(value in repr(run) for name, value in planted.told() if name != "csc")
    dirty = find(tmp_path / "unmasked", planted)
    assert {hit.canary for hit in dirty.hits} == {name for name, _ in planted.told()}
