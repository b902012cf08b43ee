"""Python text as ruff formats it: literals, calls and dicts that fit into 100 columns (pure)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A call or a display: `open`, its parts, and what closes it."""

    head: str  # `session.get(`, `{`, `[`
    parts: Sequence["str | Call"]
    tail: str = ")"

    @property
    def display(self) -> bool:
        """Whether it is a dict, a list or a tuple: those are split one part a line."""
        return self.head == "(" or self.head[-1] in "{[" or self.head.endswith(("= (", ": ("))


def flat(node: "str | Call") -> str:
    """Return it on one line."""
    if isinstance(node, str):
        return node
    inside = ", ".join(flat(part) for part in node.parts)
    comma = "," if node.tail == ")" and node.display and len(node.parts) == 1 else ""
    return f"{node.head}{inside}{comma}{node.tail}"


def lay(node: "str | Call", indent: int, after: str = "") -> list[str]:
    """Return its lines; `after` is what stands behind it on the last one."""
    blank = " " * indent
    line = f"{blank}{flat(node)}{after}"
    if isinstance(node, str) or len(line) <= WIDTH or not node.parts:
        return [line]
    inner = " " * (indent + 4)
    together = f"{inner}{', '.join(flat(part) for part in node.parts)}"
    if not node.display and len(together) <= WIDTH:
        return [f"{blank}{node.head}", together, f"{blank}{node.tail}{after}"]
    lines = [f"{blank}{node.head}"]
    for part in node.parts:
        lines += lay(part, indent + 4, ",")
    return [*lines, f"{blank}{node.tail}{after}"]


def quoted(text: str) -> str:
    """Return a text as a literal in double quotes; patterns with backslashes as raw ones."""
    if "\\" in text and '"' not in text and text.isprintable() and not text.endswith("\\"):
        return f'r"{text}"'
    if '"' in text and "'" not in text:
        return repr(text)
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Return a text as it stands between double quotes."""
    return repr(f"{text}'\"")[1:-4].replace("\\'", "'").replace('"', '\\"')


def joined(parts: Sequence[tuple[bool, str]]) -> str:
    """Return code for a text of literal parts (False, text) and expressions (True, code)."""
    if not any(code for code, _ in parts):
        return quoted("".join(text for _, text in parts))
    if len(parts) == 1:
        return parts[0][1]
    inside = "".join(
        f"{{{_bare(text)}}}" if code else _escaped(text).replace("{", "{{").replace("}", "}}")
        for code, text in parts
    )
    return f'f"{inside}"'


def _bare(code: str) -> str:
    """Return an expression without a call of str(), which an f-string makes by itself."""
    found = re.fullmatch(r"str\(([^()]+)\)", code)
    return found[1] if found else code


def comment(text: str, indent: int = 0) -> list[str]:
    """Return a text as comment lines."""
    lines: list[str] = []
    words = plain(text).split()
    line = " " * indent + "#"
    for word in words:
        if len(line) + 1 + len(word) > WIDTH and not line.endswith("#"):
            lines.append(line)
            line = " " * indent + "# "
        line += f" {word}"
    return [*lines, line]


def plain(text: str) -> str:
    """Return a text without what could end a line or hide in one."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:300]
