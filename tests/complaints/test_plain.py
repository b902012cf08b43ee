"""The text of a post is what its reader sees; hostile mark-up costs bounded time."""

import time

import pytest

from complaints.plain import plain


@pytest.mark.parametrize(
    ("html", "want"),
    [
        ("<p>cannot pay</p><p>why?</p>", "cannot pay why?"),
        ("one<br />two<br>three", "one two three"),
        ('<a href="#">#<span>shop</span></a> &amp; &lt;b&gt; &#39;x&#39;', "#shop & <b> 'x'"),
        ("<script>alert(1)</script>hi<style>p{}</style>", "hi"),
        ("<![if gte mso]>hi there", "hi there"),
        ("", ""),
    ],
)
def test_markup_becomes_text(html: str, want: str) -> None:
    """Paragraphs and breaks part words, links keep their words, scripts vanish."""
    assert plain(html) == want


@pytest.mark.parametrize("piece", ["<", "<!--", "<![CDATA[", "</", "<a href='", "&", "<p ", "<!"])
@pytest.mark.parametrize("closed", [True, False])
def test_hostile_markup_ends_in_time(piece: str, *, closed: bool) -> None:
    """A megabyte made to be slow takes no longer than a long post."""
    fitting = piece * (4_900 // len(piece))
    html = fitting + ">" * fitting.count("<") if closed else piece * 300_000
    began = time.process_time()
    plain(html)
    assert time.process_time() - began < 5
