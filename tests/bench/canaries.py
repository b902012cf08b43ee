"""Planted secrets, a page that strews them about, and a scanner that knows nothing of ours.

The scanner is plain search: in the bytes as they are, and in every form into which they can
be turned back (archives, gzip, base64, percent signs, entities, escapes, UTF-16).
"""

import base64
import gzip
import html
import io
import json
import re
import secrets
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from tests.probes.site import Answer, Site

_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")


@dataclass(frozen=True, slots=True)
class Canaries:
    """What is planted. Nobody tells the probe of `stray_card`, `cookie`, `header`, `url`."""

    card: str
    stray_card: str
    csc: str
    password: str
    cookie: str
    js_cookie: str
    header: str
    url: str
    email: str

    def told(self) -> list[tuple[str, str]]:
        """Return name and value of each."""
        return [(name, str(value)) for name, value in asdict(self).items()]

    def needles(self) -> dict[str, bytes]:
        """Return what must be found nowhere, by name."""
        return {name: value.encode() for name, value in self.told()}


def canaries() -> Canaries:
    """Return new ones, so that nothing can know them beforehand."""

    def mark(kind: str) -> str:
        return f"cnry{kind}{secrets.token_hex(6)}"

    return Canaries(
        card=card_number("4"),
        stray_card=card_number("51"),
        csc=f"{secrets.randbelow(900) + 100}",
        password=f'{mark("pw")}"&é',
        cookie=mark("ck"),
        js_cookie=mark("js"),
        header=mark("hd"),
        url=mark("ur"),
        email=f"{mark('em')}@mailbox-of-a-stranger.net",
    )


def card_number(prefix: str) -> str:
    """Return 16 digits whose weighted sum ends in 0, as card issuers make them."""
    body = prefix + "".join(str(secrets.randbelow(10)) for _ in range(15 - len(prefix)))
    for check in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(body + check)):
            doubled = int(digit) * (1 + place % 2)
            total += doubled - 9 if doubled > 9 else doubled
        if total % 10 == 0:
            return body + check
    raise AssertionError(body)


def plant(site: Site, planted: Canaries, *, on_show: bool) -> None:
    """Let a site strew the canaries about; `on_show`: also as text on the page."""
    told = json.dumps(asdict(planted))
    page = _PAGE.replace("TOLD", told.replace("</", "<\\/"))
    shown = html.escape(" ".join(asdict(planted).values())) if on_show else "nothing to see"
    entities = "".join(f"&#{ord(sign)};" for sign in planted.stray_card) if on_show else ""
    headers = {"Set-Cookie": f"sid={planted.cookie}; Path=/; HttpOnly"}
    body = page.replace("SHOWN", f"{shown} {entities}").replace("THE_TOKEN", planted.url)
    site.pages["/"] = Answer(body, headers=headers)
    site.pages["/inner"] = Answer(f"<p>{shown}</p><label>Inner <input name=cvv></label>")
    site.pages["/answer"] = Answer(told, kind="application/json")
    packed = base64.b64encode(gzip.compress(told.encode())).decode()
    site.pages["/packed"] = Answer(json.dumps({"blob": packed}), kind="application/json")
    site.pages["/pay"] = Answer(f"declined: {told}", status=500)
    site.pages["/favicon.ico"] = Answer("", status=204)


def acts(site: Site, planted: Canaries) -> list[tuple[str, str]]:
    """Return what the flow `told` does there: all is typed, and the last step fails."""
    return [
        ("step", "form"),
        ("secret", planted.card),
        ("open", f"/?access_token={planted.url}"),
        ("fill", f"Number={planted.card}"),
        ("fill", f"Code={planted.csc}"),
        ("fill", f"Password={planted.password}"),
        ("fill", f"E-mail={planted.email}"),
        ("wait", "600"),
        ("fact", f"{planted.card} {planted.email} {site.url}/?token={planted.url}"),
        ("step", "pay"),
        ("click", f"Pay with {planted.card}"),
    ]


_PAGE = """<html><head><title>Pay SHOWN</title></head><body><h1>hello</h1><p>SHOWN</p>
<form method=post action='/pay?key=THE_TOKEN'>
<label>Number <input name=cc_number autocomplete=cc-number></label>
<label>Code <input name=cc_csc autocomplete=cc-csc></label>
<label>Password <input type=password name=password></label>
<label>E-mail <input name=email></label>
<input type=hidden name=csrf_token value=THE_TOKEN>
<a href='/pay?session=THE_TOKEN'>Pay now</a><button>Pay</button></form>
<iframe src=/inner></iframe><div id=shadow></div>
<script>
const told = TOLD, text = JSON.stringify(told);
document.cookie = `session=${told.js_cookie}; path=/`;
localStorage.setItem("auth", text);
console.log("typed", told.card, told.password, "in", text);
console.error(`Cookie: sid=${told.js_cookie}; Authorization: Bearer ${told.header}`);
console.log(btoa(unescape(encodeURIComponent(text))), encodeURIComponent(text));
const post = (path, body, headers = {}) => fetch(path, { method: "POST", body, headers });
const auth = { Authorization: `Bearer ${told.header}`, "X-Auth-Token": told.header };
post("/answer?cvv=" + told.csc + "&token=" + told.url, text, auth);
post("/answer", JSON.stringify({ inner: text, number: told.stray_card, cvc: told.csc }));
post("/answer", new URLSearchParams({ "card[cvc]": told.csc, "card[number]": told.stray_card }));
const parts = new FormData();
parts.append("cc_csc", told.csc);
parts.append("card", told.stray_card);
parts.append("password", told.password);
parts.append("file", new Blob([text]), "told.json");
post("/answer", parts);
const codes = [...text].map((sign) => sign.charCodeAt(0));
const wide = new Uint8Array(codes.flatMap((code) => [code & 255, code >> 8]));
post("/answer", wide);
const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
new Response(packed).arrayBuffer().then((data) => post("/answer", data));
post("/answer", "data:text/plain;base64," + btoa(unescape(encodeURIComponent(text))));
fetch("/packed"); fetch("/missing?email=" + encodeURIComponent(told.email));
setTimeout(() => { throw new Error("lost " + text); }, 50);
</script></body></html>"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A canary that was found."""

    canary: str
    file: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a scan looked at and what it found."""

    hits: tuple[Hit, ...]
    files: int
    pieces: int
    bytes: int


def find(folder: Path, planted: Canaries) -> Found:
    """Search everything below a folder."""
    hits: set[Hit] = set()
    files = pieces = size = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        files += 1
        for name, data in _pieces(str(path.relative_to(folder)), path):
            pieces += 1
            size += len(data)
            hits |= {Hit(canary, name) for canary in _in(data, planted)}
    return Found(tuple(sorted(hits, key=lambda hit: (hit.file, hit.canary))), files, pieces, size)


def _pieces(name: str, path: Path) -> Iterator[tuple[str, bytes]]:
    data = path.read_bytes()
    yield name, data
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from ((f"{name}:{entry}", archive.read(entry)) for entry in archive.namelist())
    elif data.startswith(b"\x1f\x8b"):
        yield f"{name}:unpacked", gzip.decompress(data)
    elif data.startswith(b"SQLite"):
        connection = sqlite3.connect(path)
        yield f"{name}:dump", "\n".join(connection.iterdump()).encode("utf-8", "replace")
        connection.close()


def _in(data: bytes, planted: Canaries) -> set[str]:
    """Return the names of the canaries in bytes, in whatever form."""
    found: set[str] = set()
    # Three digits are everywhere: beside the name of their field, or as a whole quoted value.
    digits = planted.csc.encode()
    short = re.compile(
        rb"(?:csc|cvc|cvv)[^0-9]{0,60}" + digits + rb"(?!\d)|\"" + digits + rb"\\*\""
    )
    for form in _forms(data, 2):
        squeezed = re.sub(rb"(?<=\d)[ -](?=\d)", b"", form)
        for name, needle in planted.needles().items():
            if name == "csc":
                continue
            if needle in form or needle in squeezed or needle.split(b'"')[0] in form:
                found.add(name)
        if short.search(form):
            found.add("csc")
    return found


def _forms(data: bytes, deep: int) -> Iterator[bytes]:
    """Yield bytes as they are and as they can be read."""
    yield data
    if deep == 0:
        return
    text = data.decode("utf-8", "replace")
    others = {html.unescape(text), unquote_plus(text), text.replace("\0", "")}
    if "\\" in text:
        others.add(re.sub(r"\\+u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), text))
        others.add(text.replace("\\", ""))
    yield from (other.encode("utf-8", "replace") for other in others - {text})
    for run in _RUN.finditer(data):
        for begin in range(4):
            part = run[0][begin:].replace(b"-", b"+").replace(b"_", b"/")
            part = part[: len(part) // 4 * 4]
            plain = base64.b64decode(part) if part else b""
            if b"cnry" in plain or plain[:2] == b"\x1f\x8b" or re.search(rb"\d{13}", plain):
                yield from _forms(plain, deep - 1)
    if data[:2] == b"\x1f\x8b":
        yield from _forms(zlib.decompressobj(47).decompress(data), deep - 1)
