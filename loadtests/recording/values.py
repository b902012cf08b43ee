"""Where each value of a recorded journey comes from, and how a visit gets its own (pure).

A value is, in this order: empty or known by now; a customer's own (address, card, password);
a setting of the flow; a time; handed over by an earlier answer; made up by the page; typed.
"""

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from loadtests.markup import controls
from loadtests.recording import looks
from loadtests.recording.har import Exchange
from loadtests.recording.named import by_name, called, identifier, of_visit
from loadtests.recording.spots import find, find_number
from loadtests.recording.text import quoted

Parts = list[tuple[bool, str]]
"""A text: literal parts (False, text) and expressions (True, code)."""

ANSWER = "\1"
MARK = "\0"  # around the number of a Taken, in the code of its use

_OURS = """session row settings page answer form fresh quote at hidden link text attribute between
    field header address given run unquote until dumps digits Upload"""
RESERVED = frozenset(_OURS.split()) | {name for name in dir(builtins) if name.islower()}
EMAIL = "load@example.com"
_KNOWN_FROM = 6  # characters from which a value is known again wherever it stands
_SETTING_FROM = 3
_ODD_FROM = 6
_SEPARATORS = re.compile(r"([\s,:;|&=/?#\"'{}\[\]()<>@]+)")


class Where(StrEnum):
    """Where in a request a value stands."""

    TYPED = "typed"  # a control that a person fills in
    CHOSEN = "chosen"  # one that a person picks from
    HIDING = "hiding"  # one that hides what is typed: a password's
    SCRIPT = "script"  # a field that only the page's script knows
    PATH = "path"
    QUERY = "query"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the walk beside its exchanges."""

    flow: str
    target: str  # the shop's address
    run_id: str  # stands in what the probe made up for this walk
    settings: Mapping[str, str | int] = field(default_factory=dict)  # the flow's own, in the open
    secrets: Mapping[str, str] = field(default_factory=dict)  # name → value, never written


@dataclass(slots=True)
class Field:
    """One key of the script's Settings; without a default the campaign has to give it."""

    kind: str  # str, int, Secret
    default: str | int | None
    why: str = ""


@dataclass(slots=True)
class Taken:
    """A value that one answer hands on. ANSWER in the code stands for that answer's name."""

    at: int
    code: str
    name: str  # the variable it is put into; for `inline` ones only if it has to be
    kind: type = str
    inline: bool = False  # may stand in its one use, while its page is the last one
    used_at: int = -1


class Values:
    """Explains one value after the other, in the order of the requests."""

    def __init__(
        self,
        exchanges: Sequence[Exchange],
        about: About,
        outside: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.exchanges = exchanges
        self.outside = outside
        self.about = about
        self.fields: dict[str, Field] = {}
        self.taken: list[Taken] = []
        self.tops: dict[str, str] = {}  # variable → code, at the head of run()
        self.look: list[str] = []  # what a person should look at
        self.columns: list[str] = []  # of the row of test data
        self.secrets: set[str] = set()  # what the script must ask the campaign for
        self._known: dict[str, str] = {}
        self._changes = next((i for i, one in enumerate(exchanges) if one.method != "GET"), None)
        self._controls: dict[str, str] = {}  # seen on pages so far: name → kind
        self._seen = 0

    def text(self, value: str, name: str, index: int, where: Where) -> Parts:
        """Return how a visit gets a text that stood in request `index` under `name`."""
        own = value and self._own(value, name, index, where)
        if not value or own:
            return [(bool(value), own)]
        if self.about.run_id and self.about.run_id in value:
            return self._with_run(value)
        if self.wanted(value, name, where) and (handed := self.handed(value, name, index)):
            return [(True, self.code(handed, index))]
        if looks.random(value) or (where is Where.TYPED and looks.code(value)):
            return [(True, self._unknown(value, name, index, where))]
        if looks.tokens(value) and len(parts := _SEPARATORS.split(value)) > 1:
            return self._joined(parts, name, index, where)
        return self._plain(value, name, index, where)

    def number(self, value: float, name: str, index: int) -> str:
        """Return the code for a number in JSON; what it costs is as the shop has told it."""
        text = str(value)
        if time := looks.moment(text, self._at_ms(index)):
            return f"int({time})"
        if isinstance(value, int) and self.about.settings.get(name) == value:
            return self.setting(name, value)
        told = looks.names_id(name) or looks.MONEY.search(name)
        if (told or len(text) >= _ODD_FROM) and (handed := self.handed(text, name, index)):
            code = self.code(handed, index, whole=False)
            return code if handed.kind is type(value) else f"{type(value).__name__}({code})"
        if len(text) >= _ODD_FROM and isinstance(value, int):
            self._odd(text, name, index)
        return text

    def where(self, name: str, index: int) -> Where:
        """Return what kind of control on the pages so far has a name."""
        while self._seen < index:
            self._controls.update(controls(self.exchanges[self._seen].text))
            self._seen += 1
        kind = self._controls.get(name)
        if kind is None:
            return Where.SCRIPT
        if kind == "password":
            return Where.HIDING
        picked = ("select", "radio", "checkbox", "submit", "button", "image", "range")
        return Where.CHOSEN if kind in picked else Where.TYPED

    def wanted(self, value: str, name: str, where: Where) -> bool:
        """Whether a value may have been handed over by the shop."""
        if looks.random(value) or looks.code(value):
            return True
        figures = looks.mixed(value) and looks.has_digit(value)
        if where is Where.HEADER and (figures or looks.tokens(value)):
            return True  # the mark of a version, quotes and all
        told = where in (Where.QUERY, Where.SCRIPT) and len(value) >= _ODD_FROM
        called = where in (Where.QUERY, Where.SCRIPT) or looks.names_id(name)
        if looks.mixed(value) and (called or (where is Where.HEADER and looks.KEY.search(name))):
            return True
        return looks.has_digit(value) and (told or where is Where.PATH or looks.names_id(name))

    def static(self, value: str, index: int) -> bool:
        """Whether the shop shows a value to everybody: before this visit changed anything."""
        if looks.random(value) or looks.tokens(value):
            return False
        first = index if self._changes is None else min(index, self._changes)
        word = re.compile(rf"(?<![\w-]){re.escape(value)}(?![\w-])")
        pages = self.exchanges[:first]
        return any(word.search(one.text) or word.search(one.url) for one in pages)

    def handed(self, value: str, name: str, index: int) -> Taken | None:
        """Take a value out of the latest answer before `index` that has it."""
        for at in range(index - 1, -1, -1):
            one = self.exchanges[at]
            for cookie, held in one.cookies:
                if value in (held, unquote(held)):  # told again in a header or a form
                    code = f"session.cookie({quoted(cookie)})"
                    code = code if value == held else f"unquote({code})"
                    return self.take(at, code, name, value=value)
            spot, code = find_number(one, value, ANSWER)
            if spot is None:
                continue
            if not (by_name(spot) or of_visit(spot, name)) and self.static(value, index):
                return None
            return self.take(at, code, called(spot) or name, spot.kind, value=value)
        return None

    def take(
        self,
        at: int,
        code: str,
        name: str,
        kind: type = str,
        *,
        inline: bool = False,
        value: str = "",
    ) -> Taken:
        """Note a value that an answer hands on."""
        for one in self.taken:
            if not inline and (one.at, one.code) == (at, code):
                return one
        made = Taken(at, code, name if inline else self.variable(name), kind, inline)
        self.taken.append(made)
        if len(value) >= _KNOWN_FROM:
            self._known[value] = self._mark(made, whole=True)
        return made

    def code(self, taken: Taken, index: int, *, whole: bool = True) -> str:
        """Return the expression for a use of a value in request `index`."""
        taken.used_at = index
        return self._mark(taken, whole=whole)

    def setting(self, name: str, default: str | int | None, kind: str = "", why: str = "") -> str:
        """Return the expression for a setting, added to Settings if it is new."""
        kind = kind or type(default).__name__
        made = Field(kind, default, why)
        name = base = identifier(name)
        number = 1
        while name in self.fields and self.fields[name] != made:
            number += 1
            name = f"{base}_{number}"
        self.fields[name] = made
        return f"settings.{name}" + (".reveal()" if kind == "Secret" else "")

    def variable(self, name: str) -> str:
        """Return a name that no variable of the script has yet."""
        base = identifier(name)
        used = RESERVED | set(self.tops) | {one.name for one in self.taken if not one.inline}
        number, name = 1, base
        while name in used:
            number += 1
            name = f"{base}_{number}"
        return name

    def _own(self, value: str, name: str, index: int, where: Where) -> str:
        """Return the code for what is known without any answer; empty if it is not."""
        return (
            self._known.get(value)
            or self._typed_before(value, name, where)
            or self._of_customer(value, name, where)
            or self._of_flow(value, name)
            or self._time(value, name, index)
        )

    def _time(self, value: str, name: str, index: int) -> str:
        """Return the code for a time about now: one that an answer offered, else the visit's."""
        time = looks.moment(value, self._at_ms(index))
        for at in range(index - 1, -1, -1) if time else ():
            spot = find(self.exchanges[at], value)
            if spot is not None:
                taken = self.take(at, spot.code(ANSWER), name, spot.kind, value=value)
                return self.code(taken, index)
        return time

    def _joined(self, parts: Sequence[str], name: str, index: int, where: Where) -> Parts:
        """Return a text of which only some parts are drawn by chance: `Bearer …`."""
        found: Parts = []
        for part in parts:
            drawn = looks.random(part)
            found += self.text(part, name, index, where) if drawn else [(False, part)]
        return found

    def _typed_before(self, value: str, name: str, where: Where) -> str:
        """Return the setting that a control of this name was filled in with before."""
        for key, held in self.fields.items():
            if where is Where.TYPED and held.default == value and key == identifier(name):
                return f"settings.{key}"
        return ""

    def _of_customer(self, value: str, name: str, where: Where) -> str:
        """Return the code for what is a customer's own and must not stand in a file."""
        if looks.email(value):
            base = self.setting("email", EMAIL, why="each visit adds its own +tag")
            return self._top("email", f"fresh.email({base})", value)
        digits = looks.card(value)
        if digits and where not in (Where.PATH, Where.QUERY, Where.HEADER):
            own = [k for k, told in self.about.settings.items() if looks.card(str(told)) == digits]
            return self._card(value, (own or [name])[0], public=digits in looks.TEST_CARDS)
        if looks.CARD_CODE.search(name) and value.isdigit():
            return self._card(value, name, public=value in looks.TEST_CODES)
        named = looks.PASSWORD.search(name) and where is not Where.PATH
        if where is Where.HIDING or (named and where is not Where.CHOSEN):
            return self._secret(name, value)
        for known, secret in self.about.secrets.items():
            if value == secret:
                return self._secret(known, value)
        return ""

    def _of_flow(self, value: str, name: str) -> str:
        """Return the code for a value that the flow's own table gives."""
        for known, told in self.about.settings.items():
            same = str(told) == value and (len(value) >= _SETTING_FROM or known == name)
            if same and not isinstance(told, bool):
                code = self.setting(known, told)
                return f"str({code})" if isinstance(told, int) else code
        return ""

    def _card(self, value: str, name: str, *, public: bool) -> str:
        if public:
            return self.setting(name, value, why="a public test card" if looks.card(value) else "")
        return self._secret(name, value)

    def _secret(self, name: str, value: str) -> str:
        self.secrets.add(value)
        return self.setting(name, None, "Secret", "env:NAME or file:PATH")

    def _with_run(self, value: str) -> Parts:
        """Put an id of the visit where the probe had put its own."""
        visit = self._top("visit", "fresh.new_id(20)", self.about.run_id)
        parts: Parts = []
        for piece in re.split(rf"({re.escape(self.about.run_id)}(?:-\d+)?)", value):
            if piece:
                own = piece.startswith(self.about.run_id)
                parts.append((True, visit) if own else (False, piece))
        return parts

    def _unknown(self, value: str, name: str, index: int, where: Where) -> str:
        """Return the code for what looks drawn by chance, and no answer has handed over."""
        what = f'"{name}" of {self.exchanges[index].what}'
        if where in (Where.TYPED, Where.CHOSEN):
            column = identifier(name)
            if column not in self.columns:
                self.columns.append(column)
                self.look.append(f'{what} was typed from elsewhere: column "{column}" of the data')
            return self._top(column, f'given(row, "{column}")', value)
        if where is Where.HEADER and looks.KEY.search(name):
            self.look.append(f"{what} was handed over by no answer: give it as a secret")
            return self._secret(name, value)
        if where is Where.PATH and self.exchanges[index].method == "GET":
            self.look.append(f"{what} stands in an address that no page linked to: give it")
            return self.setting(name, None, "str")
        host = next((host for host, text in self.outside if value in text), "")
        whose = f"handed over by {host}, which is not asked" if host else "made up by the page"
        self.look.append(f"{what} was {whose}: made up anew for each visit")
        return self._top(name, looks.made(value), value)

    def _plain(self, value: str, name: str, index: int, where: Where) -> Parts:
        """Return a value that may stand in a file as it was."""
        if where is Where.TYPED:
            return [(True, self.setting(name, value))]
        if where is Where.HEADER and looks.KEY.search(name):
            return [(True, self._secret(name, value))]
        odd = value.isdigit() and len(value) >= _ODD_FROM and where is not Where.CHOSEN
        if odd or looks.day(value, self._at_ms(index)):
            self._odd(value, name, index)
        return [(False, value)]

    def _odd(self, value: str, name: str, index: int) -> None:
        told = f'"{name}" of {self.exchanges[index].what} cannot be explained: kept as {value}'
        if told not in self.look:
            self.look.append(told)

    def _top(self, name: str, code: str, value: str) -> str:
        """Return the variable for what is made once at the head of a visit."""
        name = self.variable(name)
        self.tops[name] = code
        self._known[value] = name
        return name

    def _mark(self, taken: Taken, *, whole: bool) -> str:
        number = next(n for n, one in enumerate(self.taken) if one is taken)
        mark = f"{MARK}{number}{MARK}"
        return mark if taken.kind is str or not whole else f"str({mark})"

    def _at_ms(self, index: int) -> float:
        return self.exchanges[index].at_ms
