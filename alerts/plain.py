"""Text that came from a shop's page or a post, made safe for a line of ours."""

import unicodedata

LINE_LENGTH = 400
SHORTENED = " …"

# Cc: controls, newlines, escapes. Cf: bidirectional overrides and zero-width marks, which
# make a line read otherwise than it is. Cs, Co, Cn: no characters at all. Zl, Zp: line ends.
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, length: int = LINE_LENGTH) -> str:
    """Return `text` as one line of visible characters, shortened to `length`.

    A character that does not print becomes a space, runs of spaces become one: what is
    left can neither end a header, start a terminal's escape sequence nor forge a log line.
    """
    seen = "".join(" " if unicodedata.category(one) in _NO_TEXT else one for one in text)
    line = " ".join(seen.split())
    return line if len(line) <= length else line[: length - len(SHORTENED)] + SHORTENED
