"""How answers are read without a browser: tags, forms, and what a later request takes from them."""

from html.parser import HTMLParser

import pytest

from loadtests import extract, markup
from loadtests.session import Answer, FlowFailedError

PAGE = """<!-- <form action="/no"><input type=hidden name=a value=1></form> --><script>
if (1 < 2) { x = '<form action="/js"><input type="hidden" name="b" value="2"></form>'; }</script>
<FORM Action='/pay?step=2' METHOD=post id=f><input type=hidden name='t"1' value="a&amp;b>c">
<select name=way><option value=1>x</select><input name=code><textarea name=note></textarea>
</form><input type="hidden" form="f" name="late" value=3><input name="alone" type=email>
<a class="next go" href="/order/7?key=k&amp;x=1">go</a><b data-x="1"> A &lt; B </b>"""


def test_forms_are_read_as_a_browser_reads_them() -> None:
    """Comments and scripts hold none; quotes, entities and the form attribute are understood."""
    (form,) = markup.forms(PAGE)
    assert (form.action, form.method) == ("/pay?step=2", "post")
    assert form.hidden == {'t"1': "a&b>c", "late": "3"}
    assert form.shown == {"way": "select", "code": "text", "note": "textarea"}
    assert markup.controls(PAGE)["alone"] == "email"


def test_odd_pages_are_read_as_a_browser_reads_them() -> None:
    """A sign that begins no tag is text, and a comment may be over at once."""
    form = '<form action="/p" id="-"><input type="hidden" name="a" value="1"></form>'
    for before in ("1 <é 2", "<!-->", "<!--->", "a <//b", "<3"):
        assert [one.hidden for one in markup.forms(before + form)] == [{"a": "1"}]
    for beside in ("<input form=gone name=b type=hidden>", "<input name=b type=hidden>"):
        assert [one.hidden for one in markup.forms(form + beside)] == [{"a": "1"}]


def test_tags_are_those_that_the_standard_library_finds() -> None:
    """An independent reader of the same page sees the same tags with the same attributes."""
    seen: list[tuple[str, dict[str, str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, {name: value or "" for name, value in attrs}))

    reader = Reader()
    reader.feed(PAGE)
    reader.close()
    found = [(tag.name, dict(tag.attrs)) for tag in markup.tags(PAGE) if not tag.closing]
    assert found == seen


@pytest.mark.parametrize(
    "bad", ['<a "', '<a ="', "<!--", "<script>", "<a =x", '<a x="y', "<<</<1<a"]
)
def test_pages_that_never_end_cost_no_time(bad: str) -> None:
    """A hostile page must not hold the generator up: what does not end ends the page."""
    assert markup.forms(bad * 50_000) == []


def test_answers_are_read_or_the_visit_fails() -> None:
    """What is not there fails the visit as content, and says what was looked for where."""
    page = Answer(200, "http://shop.test/done/TK-7?key=abc", PAGE, {"x-token": "t"})
    assert extract.hidden(page, "/pay") == {'t"1': "a&b>c", "late": "3"}
    assert extract.link(page, r"/order/[^/?]+\?key=.+") == "http://shop.test/order/7?key=k&x=1"
    assert extract.attribute(page, "a", "href", class_="next go") == "/order/7?key=k&x=1"
    assert extract.text(page, data_x="1") == "A < B"
    assert extract.between(page, "if (1 < ", ")") == "2"
    assert extract.header(page, "x-token") == "t"
    assert extract.address(page, "/done/([^/?]+)") == "TK-7"
    assert extract.address(page, "[?&]key=([^&]+)") == "abc"
    told = Answer(200, "http://shop.test/api", '{"items": [{"id": 5}]}')
    assert extract.at(told, "items", 0, "id") == 5

    for look in (
        lambda: extract.hidden(page, "/other"),
        lambda: extract.hidden(page, "/pay", late="4"),
        lambda: extract.hidden(page, "/pay", 1),
        lambda: extract.link(page, "/nowhere"),
        lambda: extract.attribute(page, "a", "title"),
        lambda: extract.text(page, id="none"),
        lambda: extract.between(page, "nothing", ")"),
        lambda: extract.header(page, "x-other"),
        lambda: extract.address(page, "/cart/(.+)"),
        lambda: extract.at(told, "items", 1, "id"),
        lambda: extract.at(told, "items", "id"),
    ):
        with pytest.raises(FlowFailedError, match=r"^http://shop\.test/\S+ has no ") as failed:
            look()
        assert failed.value.kind == "content"
