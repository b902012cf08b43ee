"""From one recorded walk to a load script: `forepost load record` without its browser (pure)."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from forepost.errors import LoadError
from loadtests.recording import secrets
from loadtests.recording.alive import once
from loadtests.recording.baked import baked
from loadtests.recording.calls import requests
from loadtests.recording.har import read
from loadtests.recording.looks import masked
from loadtests.recording.script import render
from loadtests.recording.values import About, Values

__all__ = ["About", "Script", "script", "write"]


@dataclass(frozen=True, slots=True)
class Script:
    """A load script, and what to tell about it."""

    name: str
    text: str
    steps: tuple[str, ...]
    endpoints: tuple[str, ...]
    requests: int
    needed: tuple[str, ...]  # settings without a default: the campaign has to give them
    columns: tuple[str, ...]  # of the data that the campaign has to give
    look: tuple[str, ...]  # what a person should look at
    left: tuple[str, ...]  # what of the recording is not repeated, and why


def script(
    har: Mapping[str, Any],
    steps: Sequence[tuple[float, str]],
    ended_ms: float,
    *,
    name: str,
    about: About,
    hosts: Sequence[str],
    made_at: datetime,
    others: Sequence[tuple[float, int, str]] = (),
) -> Script:
    """Return the load script of a walk.

    Shape:  `har` as HTTP Archive 1.2 with bodies; `steps`: when each began (ms since 1970,
            ascending), and its name; `hosts`: the only ones that the script may ask; `others`:
            what other customers' browsers asked for meanwhile (ms since 1970, which one, host).
    Raises: LoadError if there is nothing to repeat, or if the script would hold a secret.
    """
    try:
        kept = read(har, steps, ended_ms, hosts)
    except ValueError as error:
        raise LoadError(f"load record {about.flow}: {error}") from error
    if not kept.exchanges:
        why = f": {kept.left[0]}" if kept.left else ""
        raise LoadError(f"load record {about.flow}: the walk asked for nothing to repeat{why}")
    left = (*kept.left, *_of_others(others, ended_ms, hosts))
    exchanges = once(kept.exchanges)
    values = Values(exchanges, about, kept.outside)
    values.look += kept.look
    asked = requests(exchanges, about, values, baked(exchanges, kept.cookies))
    text = render(name, asked, about, values, made_at, left)
    if problems := secrets.found(text, kept.exchanges, about, values.secrets):
        raise LoadError(
            f"load record {about.flow}: not written, for the script would hold "
            f"{' and '.join(problems)}; give it as a setting of the flow or take the step out"
        )
    return Script(
        name=name,
        text=text,
        steps=tuple(dict.fromkeys(one.step for one in asked)),
        endpoints=tuple(dict.fromkeys(one.endpoint for one in asked)),
        requests=len(asked),
        needed=tuple(key for key, held in values.fields.items() if held.default is None),
        columns=tuple(values.columns),
        look=tuple(masked(one) for one in values.look),
        left=tuple(masked(one) for one in left),
    )


def _of_others(
    others: Sequence[tuple[float, int, str]], ended_ms: float, hosts: Sequence[str]
) -> list[str]:
    """Say how much of other customers is left out: their own cookies are another visit's."""
    asked = [which for at_ms, which, host in others if at_ms <= ended_ms and host in hosts]
    if not asked:
        return []
    many = len(set(asked))
    requests_of = f"{len(asked)} request{'s' if len(asked) > 1 else ''} of"
    whose = f"{many} other customers" if many > 1 else "another customer"
    return [f"{requests_of} {whose}: a script is one customer's visit"]


def write(made: Script, file: Path, *, force: bool = False) -> None:
    """Write the script, whole or not at all.

    Raises: LoadError if there is a file already and not `force`, or if none can be written.
    """
    if file.exists() and not force:
        raise LoadError(f"{file} is there already; nothing written (--force writes over it)")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(made.text, "utf-8")
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise LoadError(f"{file}: {error.strerror}; choose another folder with --out") from error
