"""The load script of a recorded journey as Python, in the style of the other user files (pure)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from textwrap import wrap

from loadtests.recording import looks
from loadtests.recording.calls import Request
from loadtests.recording.text import WIDTH, Call, comment, lay, plain, quoted
from loadtests.recording.values import ANSWER, MARK, About, Taken, Values

_LONG = "# ruff: noqa: E501 - texts stand here as the page sent them"
_STATEMENTS = 50  # more of them in one function need a reason beside it
_CALLS = (
    "address",
    "at",
    "attribute",
    "between",
    "digits",
    "field",
    "given",
    "header",
    "hidden",
    "link",
    "text",
    "until",
)


@dataclass(frozen=True, slots=True)
class _Names:
    """What answers are called, and what stands in a use of a value that one hands on."""

    answers: dict[int, str]
    uses: dict[int, str]
    eager: dict[int, list[Taken]]  # by the answer that they are taken from at once


def render(
    name: str,
    requests: Sequence[Request],
    about: About,
    values: Values,
    made_at: datetime,
    left: Sequence[str],
) -> str:
    """Return the text of `loadtests/users/<name>.py`."""
    names = _names(requests, values)
    body = _body(requests, names)
    tops = [f"    {variable} = {code}" for variable, code in values.tops.items()]
    run = [*tops, *([""] if tops and body else []), *body]
    run = [_used(line, names.uses) for line in run]
    text = "\n".join(run)
    parts = [
        *_head(about, requests, made_at),
        *_imports(text),
        "",
        *lay(_endpoints(requests), 0),
        "",
        *_remarks(values.look, left),
        *_settings(name, values),
        "",
        "",
        *_verb(text, values),
        *run,
        "",
    ]
    lines = "\n".join(parts).split("\n")
    if any(len(line) > WIDTH for line in lines):  # a query is one text, however long
        lines.insert(lines.index("from dataclasses import dataclass"), f"{_LONG}\n")
    return "\n".join(lines)


def _head(about: About, requests: Sequence[Request], made_at: datetime) -> list[str]:
    steps = len({one.step for one in requests})
    said = (
        f"Recorded by `forepost load record {about.flow}` on {made_at:%Y-%m-%d}, {len(requests)} "
        f"requests in {steps} steps; it may be edited. Tokens and ids are taken from each answer "
        "anew: nothing of the recorded session stands here."
    )
    first = f'"""{about.flow[:60]} as a browser walked it. One arrival is one visit.'
    return [first, "", *wrap(said, 96, break_on_hyphens=False), '"""', ""]


def _imports(text: str) -> list[str]:
    """Return the imports that the code needs."""
    used = [call for call in _CALLS if re.search(rf"(?<![.\w]){call}\(", text)]
    lines = ["from dataclasses import dataclass"]
    if re.search(r"\bdumps\(", text):
        lines.append("from json import dumps")
    if coding := [call for call in ("quote", "unquote") if re.search(rf"\b{call}\(", text)]:
        lines.append(f"from urllib.parse import {', '.join(coding)}")
    lines.append("")
    if ".reveal()" in text:
        lines.append("from forepost.config import Secret")
    if "fresh." in text:
        lines.append("from loadtests import fresh")
    if used:
        lines += lay(Call("from loadtests.extract import ", used, ""), 0)
    if "Upload(" in text:
        lines.append("from loadtests.multipart import Upload")
    return [*lines, "from loadtests.session import Row, Session"]


def _endpoints(requests: Sequence[Request]) -> Call:
    names = dict.fromkeys(one.endpoint for one in requests)
    return Call("ENDPOINTS = (", [quoted(name) for name in names])


def _remarks(look: Sequence[str], left: Sequence[str]) -> list[str]:
    """Return what a person should know, as comments."""
    lines: list[str] = []
    for title, told in (("To look at:", look), ("Not repeated:", left)):
        if told:
            lines.append(f"# {title}")
            lines += [line for one in told for line in comment(f"- {looks.masked(one)}")]
    return [*lines, ""] if lines else lines


def _settings(name: str, values: Values) -> list[str]:
    lines = [
        "",
        "@dataclass(frozen=True, slots=True)",
        "class Settings:",
        f'    """The table `[flows.{name}]` of a campaign, key for key."""',
    ]
    ordered = sorted(values.fields.items(), key=lambda item: item[1].default is not None)
    if ordered:
        lines.append("")
    for key, held in ordered:
        default = quoted(held.default) if isinstance(held.default, str) else str(held.default)
        given = "" if held.default is None else f" = {default}"
        why = f"  # {plain(held.why)}" if held.why else ""
        lines.append(f"    {key}: {held.kind}{given}{why}")
    return lines


def _verb(text: str, values: Values) -> list[str]:
    """Return the head of run(), with a reason beside each rule that it breaks."""
    whole = text + "".join(values.tops.values())
    codes, reasons = [], []
    if not re.search(r"\bsettings\.", whole) or not re.search(r"\brow\b", whole):
        codes.append("ARG001")
        reasons.append("the room's verb")
    statements = 1 + len([line for line in text.splitlines() if _begins(line)])
    if statements > _STATEMENTS:
        codes.append("PLR0915")
        reasons.append("as long as the journey")
    noqa = f"  # noqa: {', '.join(codes)} - {'; '.join(reasons)}" if codes else ""
    return [
        f"def run(session: Session, row: Row, settings: Settings) -> None:{noqa}",
        '    """Walk the journey once, as a new customer."""',
    ]


def _begins(line: str) -> bool:
    """Whether a line begins a statement: those stand at the two depths of run()."""
    depth = len(line) - len(line.lstrip())
    starts = line.strip()
    return depth in (4, 8) and starts[:1] not in ("", "#", ")", "}", "]", '"')


def _body(requests: Sequence[Request], names: _Names) -> list[str]:
    """Return the steps with their requests."""
    lines: list[str] = []
    numbered = list(enumerate(requests))
    for step, group in groupby(numbered, key=lambda item: item[1].step):
        lines += ["", f"    with session.step({quoted(plain(step))}):"]
        for index, one in group:
            lines += _request(index, one, names)
    return lines[1:]


def _request(index: int, one: Request, names: _Names) -> list[str]:
    lines = []
    if one.times > 1:
        lines += comment(f"Asked {one.times} times while the page waited; once here.", 8)
    for cookie in one.cookies:
        lines += lay(_resolved(cookie, names.uses), 8)
    if one.form is not None:
        lines += lay(_resolved(one.form, names.uses), 8)
    answer = names.answers.get(index)
    head = f"{answer} = {one.call.head}" if answer else one.call.head
    lines += lay(_resolved(replace(one.call, head=head), names.uses), 8)
    for taken in names.eager.get(index, ()):
        lines.append(f"        {taken.name} = {taken.code.replace(ANSWER, answer or '')}")
    return lines


def _resolved(node: Call, uses: dict[int, str]) -> Call:
    """Return a call with all marks replaced, so that its width is the true one."""
    parts = [
        _resolved(part, uses) if isinstance(part, Call) else _used(part, uses)
        for part in node.parts
    ]
    return replace(node, head=_used(node.head, uses), parts=parts)


def _used(text: str, uses: dict[int, str]) -> str:
    while MARK in text:
        text = re.sub(rf"{MARK}(\d+){MARK}", lambda found: uses[int(found[1])], text)
    return text


def _names(requests: Sequence[Request], values: Values) -> _Names:
    """Decide which answers have a name, and what is taken from them at once."""
    at = {taken.at for taken in values.taken if ANSWER in taken.code}
    answers = {n: "page" if requests[n].document else "answer" for n in sorted(at)}
    uses: dict[int, str] = {}
    eager: dict[int, list[Taken]] = {}
    for number, taken in enumerate(values.taken):
        between = range(taken.at + 1, taken.used_at)
        own = answers.get(taken.at, "")
        if taken.inline and all(answers.get(n) != own for n in between):
            uses[number] = taken.code.replace(ANSWER, own)
        else:
            taken.name = values.variable(taken.name) if taken.inline else taken.name
            taken.inline = False
            uses[number] = taken.name
            eager.setdefault(taken.at, []).append(taken)
    return _Names(answers, uses, eager)
