"""What a post is about: editable rules, and the probed flows that could explain it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forepost.errors import ConfigError

RULES = Path(__file__).with_name("topics.toml")
OTHER = "other"
# Patterns have no nested repeats, so their time grows with the text: the text is bounded.
MAX_CHARS = 1_000
KEYS = frozenset({"flows", "when", "patterns", "unless", "examples", "counterexamples"})
NEEDED = frozenset({"when", "patterns"})

_NESTED = re.compile(r"[+*}]\)[+*{]")
_PLAIN = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "-": " ", "\u2010": " ", "\n": " ", "\t": " "}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One topic of topics.toml."""

    name: str
    flows: tuple[str, ...]
    when: tuple[str, ...]
    pattern: re.Pattern[str]
    unless: frozenset[str]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]

    def holds(self, plain: str) -> bool:
        """Return whether the topic fits a post that `plain_case` has prepared."""
        for word in self.when:
            if word in plain:
                return self.pattern.search(plain) is not None
        return False


@dataclass(frozen=True, slots=True)
class Topics:
    """All rules, by name, in the order of the file."""

    rules: Mapping[str, Rule]

    @classmethod
    def load(cls, extra: Path | None = None) -> "Topics":
        """Read our rules, then the user's own: a topic of the same name replaces ours.

        Raises: ConfigError with one line for each fault of a file.
        """
        rules = {rule.name: rule for rule in _read(RULES)}
        if extra is not None:
            rules |= {rule.name: rule for rule in _read(extra)}
        return cls(rules)

    def of(self, text: str) -> tuple[str, ...]:
        """Return the topics of a post; ("other",) if no rule fits."""
        plain = plain_case(text)
        found = [rule for rule in self.rules.values() if rule.holds(plain)]
        if not found:
            return (OTHER,)
        names = {rule.name for rule in found}
        return tuple(rule.name for rule in found if not rule.unless & names) or (OTHER,)

    def flows_of(self, topic: str) -> tuple[str, ...]:
        """Return the flows that could explain a complaint on `topic`; none if unknown."""
        rule = self.rules.get(topic)
        return rule.flows if rule else ()

    def names(self) -> tuple[str, ...]:
        """Return every topic, "other" last."""
        return (*self.rules, OTHER)


def plain_case(text: str) -> str:
    """Return the text as the patterns expect it."""
    return text[:MAX_CHARS].translate(_PLAIN).lower()


def _read(path: Path) -> list[Rule]:
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            [f"{path}: {error}; topics.toml in complaints/ shows the form"]
        ) from error
    faults: list[str] = []
    rules = [rule for name, table in tables.items() if (rule := _rule(path, name, table, faults))]
    if faults:
        raise ConfigError(faults)
    return rules


def _rule(path: Path, name: str, table: Any, faults: list[str]) -> Rule | None:
    """Return one rule, or add a line to `faults` for all that is wrong with it."""
    before = len(faults)
    if not isinstance(table, dict):
        faults.append(f"{path}: {name}: not a table; write [{name}] and its keys below")
        return None
    lists = {key: table.get(key, []) for key in sorted(KEYS)}
    faults.extend(f"{path}: [{name}] {fault}" for fault in _faults(table, lists))
    if len(faults) > before:
        return None
    return Rule(
        name=name,
        flows=tuple(lists["flows"]),
        when=tuple(word.lower() for word in lists["when"]),
        pattern=re.compile("|".join(f"(?:{pattern})" for pattern in lists["patterns"])),
        unless=frozenset(lists["unless"]),
        examples=tuple(lists["examples"]),
        counterexamples=tuple(lists["counterexamples"]),
    )


def _faults(table: dict[str, Any], lists: dict[str, Any]) -> list[str]:
    """Return what is wrong with one table, key by key."""
    found = [
        f"{key}: no such key; there is: {', '.join(sorted(KEYS))}"
        for key in sorted(table.keys() - KEYS)
    ]
    for key, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            found.append(f"{key}: not a list of texts")
        elif key in NEEDED and not value:
            found.append(f"{key}: empty; the topic could never be found")
        elif key == "patterns":
            unfit = ((pattern, _unfit(pattern)) for pattern in value)
            found.extend(f"patterns: {pattern!r}: {why}" for pattern, why in unfit if why)
    return found


def _unfit(pattern: str) -> str:
    """Return why a pattern may not be used; empty if it may."""
    try:
        re.compile(pattern)
    except re.error as error:
        return f"not a regular expression: {error}"
    if _NESTED.search(pattern):
        return "a repeat inside a repeat can take for ever; write it without"
    if ".*" in pattern or ".+" in pattern:
        return "bound the gap: .{0,40} instead of .* or .+"
    return ""
