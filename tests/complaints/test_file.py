"""The file source reads a growing file exactly once, and a bad line stops nothing."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from complaints.page import Page
from complaints.sources import file
from forepost.errors import SourceError

HEADER = "id,posted_at,text,author,repost_of\n"
AT = "2026-03-01T12:00:00Z"


def poll(path: Path, cursor: str | None = None) -> Page:
    """Look at the file as if nobody had written to it for a while."""
    if path.exists():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    return file.fetch(requests.Session(), cursor, file.Settings(path=path))


def ids(page: Page) -> list[str]:
    """Return the ids of a page's posts."""
    return [post.id for post in page.posts]


def line(number: int, text: str = "hello") -> str:
    """Return one JSON line."""
    return json.dumps({"id": number, "posted_at": AT, "text": text}) + "\n"


def test_csv_posts_are_read_with_their_quotes_and_lines(tmp_path: Path) -> None:
    """RFC 4180: commas, quotes and line breaks inside quotes; a mark at the file's start."""
    path = tmp_path / "posts.csv"
    rows = f'1,{AT},"one, ""two""\nthree",ann,\n2,{AT},plain,bob,1\n'
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + rows).encode())

    page = poll(path)

    assert [post.text for post in page.posts] == ['one, "two"\nthree', "plain"]
    assert [post.repost_of for post in page.posts] == [None, "1"]
    assert page.posts[0].author == "ann"
    assert page.covered_from == page.covered_to == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_growing_file_is_read_once(tmp_path: Path, suffix: str) -> None:
    """Each poll yields what was written since."""
    path = tmp_path / f"posts{suffix}"
    rows = [f"{n},{AT},text {n},,\n" if suffix == ".csv" else line(n) for n in range(1, 5)]
    start = HEADER if suffix == ".csv" else ""
    path.write_text(start + rows[0] + rows[1], "utf-8")
    first = poll(path)
    with path.open("a", encoding="utf-8") as more:
        more.write(rows[2] + rows[3])

    second = poll(path, first.cursor)

    assert ids(first) == ["1", "2"]
    assert ids(second) == ["3", "4"]
    assert second.covered_from == first.covered_to
    assert ids(poll(path, second.cursor)) == []


def test_a_replaced_file_starts_anew(tmp_path: Path) -> None:
    """Another head, or a shorter file, is another file."""
    path = tmp_path / "posts.jsonl"
    path.write_text(line(1) + line(2), "utf-8")
    cursor = poll(path).cursor
    path.write_text(line(8) + line(9) + line(10), "utf-8")

    assert ids(poll(path, cursor)) == ["8", "9", "10"]
    assert ids(poll(path, "rubbish")) == ["8", "9", "10"]


def test_a_bad_line_is_reported_with_its_number(tmp_path: Path) -> None:
    """The rest is read; no word of the line reaches the report."""
    path = tmp_path / "posts.jsonl"
    bad = json.dumps({"id": 2, "posted_at": "secret words", "text": "x"})
    late = json.dumps({"id": 3, "posted_at": "2026-03-01T12:00:00", "text": "x"})
    path.write_text(f"{line(1)}{bad}\n{{broken\n[1]\n{late}\n\n{line(6)}", "utf-8")

    page = poll(path)

    assert ids(page) == ["1", "6"]
    assert [fault.split(": ")[1].split()[-1] for fault in page.faults] == ["2", "3", "4", "5"]
    assert "no zone" in page.faults[3]
    assert '"2026-03-01T12:00:00"' in page.faults[3]
    assert "secret" not in " ".join(page.faults)


def test_a_bad_csv_line_is_reported_with_its_number(tmp_path: Path) -> None:
    """A missing field, bytes that are not UTF-8, an empty id."""
    path = tmp_path / "posts.csv"
    path.write_bytes(
        HEADER.encode() + f"1,{AT}\n2,{AT},\xff,,\n".encode("latin-1") + f",{AT},x,,\n".encode()
        + f"5,{AT},fine,,\n".encode()
    )  # fmt: skip

    page = poll(path)

    assert ids(page) == ["5"]
    assert [fault.split("line ")[1][0] for fault in page.faults] == ["2", "3", "4"]


def test_a_stray_quote_does_not_swallow_the_file(tmp_path: Path) -> None:
    """One open quote costs one line, not the rest."""
    path = tmp_path / "posts.csv"
    rows = "".join(f"{n},{AT},{'text ' * 20},,\n" for n in range(2, 2_000))
    path.write_text(f'{HEADER}1,{AT},"open,,\n{rows}', "utf-8")

    page = poll(path)

    assert len(page.posts) == 1_998
    assert len(page.faults) == 1


def test_an_unfinished_last_line_waits(tmp_path: Path) -> None:
    """Somebody may still be writing it; once it is quiet it is taken."""
    path = tmp_path / "posts.jsonl"
    path.write_text(line(1) + line(2).rstrip("\n"), "utf-8")

    fresh = file.fetch(requests.Session(), None, file.Settings(path=path))
    later = poll(path, fresh.cursor)

    assert ids(fresh) == ["1"]
    assert ids(later) == ["2"]


def test_the_bound_on_posts_leaves_the_rest_for_later(tmp_path: Path) -> None:
    """A back-fill of years does not fill the memory."""
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(line(n) for n in range(10)), "utf-8")
    settings = file.Settings(path=path, max_posts=4)
    cursor, seen = None, []
    for _ in range(3):
        page = file.fetch(requests.Session(), cursor, settings)
        cursor = page.cursor
        seen += ids(page)

    assert seen == [str(n) for n in range(10)]


def test_a_missing_file_or_column_names_the_source(tmp_path: Path) -> None:
    """One line: which source, which file, what is wrong."""
    with pytest.raises(SourceError, match=r"^file: .*gone.csv: No such file"):
        poll(tmp_path / "gone.csv")
    path = tmp_path / "posts.csv"
    path.write_text("id,when,text\n", "utf-8")
    with pytest.raises(SourceError, match=r"^file: .*line 1: no column posted_at; "):
        poll(path)


def test_an_empty_file_says_nothing_about_any_time(tmp_path: Path) -> None:
    """No posts and no span: unknown, not quiet."""
    path = tmp_path / "posts.csv"
    path.write_text("", "utf-8")

    page = poll(path)

    assert (list(page.posts), page.covered_from, page.covered_to) == ([], None, None)
