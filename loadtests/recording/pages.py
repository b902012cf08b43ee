"""The form of an earlier page that a request was sent with, and how to read it again (pure)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from urllib.parse import urlsplit

from loadtests.markup import Form, forms
from loadtests.recording import looks
from loadtests.recording.spots import Spot, answer_of, onward
from loadtests.recording.text import joined, quoted
from loadtests.recording.values import ANSWER, Values, Where
from loadtests.session import Answer


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form of answer `at`, and what tells it from others that are sent to the same path."""

    at: int
    form: Form
    pattern: str  # of the path
    nth: int = 0
    given: str = ""  # `, product="lamp"`: code behind the other arguments

    def hidden(self) -> str:
        """Return the call that reads all its hidden fields."""
        nth = f", {self.nth}" if self.nth else ""
        return f"hidden({ANSWER}, {quoted(self.pattern)}{nth}{self.given})"

    def field(self, name: str, which: int) -> str:
        """Return the call that reads one of them."""
        numbers = f", {which}, {self.nth}" if self.nth else f", {which}" if which else ""
        where = f"{quoted(self.pattern)}, {quoted(name)}{numbers}"
        return f"field({ANSWER}, {where}{self.given})"

    def which(self, name: str, value: str, taken: Collection[tuple[str, int]]) -> int | None:
        """Return the number of a hidden field among those of its name; None if it hides none."""
        own = [held for known, held in self.form.pairs if known == name]
        numbers = (n for n, held in enumerate(own) if held == value and (name, n) not in taken)
        return next(numbers, None)


def form_of(
    values: Values, index: int, pattern: str, sent: Sequence[tuple[str, str]]
) -> PageForm | None:
    """Return the latest form that is sent to the address of request `index` and hides some of it.

    One that hides more than was sent is none: the page's script had taken fields out of it.
    """
    path = urlsplit(values.exchanges[index].url).path
    names = {name for name, _ in sent}
    for at in range(index - 1, -1, -1):
        one = values.exchanges[at]
        if "<form" not in one.text.lower():
            continue
        there = [
            form for form in forms(one.text) if urlsplit(onward(one, form.action)).path == path
        ]
        fits = [form for form in there if form.hidden.keys() <= names]
        best = max(fits, key=lambda form: _alike(form, sent), default=None)
        if best is None or not _alike(best, sent):
            continue
        nth = next(number for number, form in enumerate(there) if form is best)
        if page := _told(values, index, PageForm(at, best, pattern), nth):
            return page
    return None


def _alike(form: Form, sent: Sequence[tuple[str, str]]) -> int:
    return len(set(form.pairs) & set(sent))


def _told(values: Values, index: int, page: PageForm, nth: int) -> PageForm | None:
    """Tell a form from others: it is the first, or has a field that differs, or by its number."""
    answer = answer_of(values.exchanges[page.at])
    if _finds(page, answer, 0, {}):
        return page
    for name, value in page.form.hidden.items():
        if looks.random(value) or not _keyword(name):
            continue
        if _finds(page, answer, 0, {name: value}):
            known = joined(values.text(value, name, index, Where.SCRIPT))
            return replace(page, given=f", {name}={known}")
    return replace(page, nth=nth) if _finds(page, answer, nth, {}) else None


def _keyword(name: str) -> bool:
    """Whether a field's name can stand before a value in a call; Python has taken "from"."""
    return name.isascii() and name.isidentifier() and not iskeyword(name)


def _finds(page: PageForm, answer: Answer, nth: int, given: dict[str, str]) -> bool:
    """Whether the calls find the very form: all fields at once, and each by its number."""
    if Spot("hidden", (page.pattern, nth), given).of(answer) != page.form.hidden:
        return False
    names = [name for name, _ in page.form.pairs]
    numbered = ((name, names[:at].count(name)) for at, name in enumerate(names))
    found = [
        (name, Spot("field", (page.pattern, name, which, nth), given).of(answer))
        for name, which in numbered
    ]
    return found == page.form.pairs
