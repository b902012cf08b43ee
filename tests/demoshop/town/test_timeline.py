"""The Mastodon-compatible timeline: pages that neither lose nor double, hostile text harmless."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from demoshop.town import limits, timeline
from demoshop.town.accounts import HOSTILE, Account, account
from demoshop.town.statuses import KEPT, Statuses

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
URL = "/api/v1/timelines/tag/fernhill"
WHO = Account("1", "muddy_otter_1", "Muddy Otter")


def filled(count: int) -> Statuses:
    """Return a timeline of `count` posts, three of them always in one millisecond."""
    statuses = Statuses()
    for number in range(count):
        at = START + timedelta(milliseconds=number // 3)
        statuses.publish(WHO, f"post {number} #fernhill", at)
    return statuses


def client(statuses: Statuses) -> FlaskClient:
    """Return a client of the timeline's application."""
    return timeline.create(statuses).test_client()


def numbers(body: list[dict[str, Any]]) -> list[int]:
    """Return which posts these are, in the order given."""
    return [int(re.findall(r"post (\d+)", status["content"])[0]) for status in body]


def links(header: str) -> dict[str, str]:
    """Return the URLs of a Link header by their relation."""
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


def test_paging_upwards_by_min_id_meets_every_post_once() -> None:
    """100 posts, 40 a page, more arriving in between: post 41 is neither lost nor doubled."""
    statuses = filled(100)
    http = client(statuses)
    cursor, met = "0", list[int]()
    for turn in range(10):
        body = http.get(URL, query_string={"limit": 40, "min_id": cursor}).get_json()
        if not body:
            break
        assert len(body) <= 40
        met += reversed(numbers(body))
        cursor = body[0]["id"]
        if turn == 0:
            statuses.publish(WHO, "post 100 #fernhill", START)  # a clock that stepped back

    assert met == list(range(101))


def test_paging_downwards_by_the_next_link_meets_every_post_once() -> None:
    """The Link header alone leads from the newest to the oldest."""
    http = client(filled(95))
    url, met = f"{URL}?limit=40", list[int]()
    while url:
        answer = http.get(url)
        met += numbers(answer.get_json())
        url = links(answer.headers.get("Link", "")).get("next", "")

    assert met == list(reversed(range(95)))


def test_the_prev_link_leads_to_newer_posts_only() -> None:
    """`prev` carries min_id of the newest status shown."""
    statuses = filled(5)
    http = client(statuses)
    url = links(http.get(URL).headers["Link"])["prev"]

    assert http.get(url).get_json() == []
    statuses.publish(WHO, "post 5 #fernhill", START + timedelta(hours=1))
    assert numbers(http.get(url).get_json()) == [5]


def test_since_id_gives_the_newest_and_may_skip() -> None:
    """Unlike min_id, as Mastodon documents it."""
    http = client(filled(100))
    all_ids = [s["id"] for s in http.get(f"{URL}?limit=40&min_id=0").get_json()]

    since = http.get(f"{URL}?limit=10&since_id={all_ids[-1]}").get_json()
    between = http.get(f"{URL}?min_id={all_ids[-1]}&max_id={all_ids[0]}&limit=40").get_json()

    assert numbers(since) == list(range(99, 89, -1))
    assert numbers(between) == list(range(38, 0, -1))


def test_a_page_holds_20_and_never_more_than_40() -> None:
    """Mastodon's default and maximum."""
    http = client(filled(60))

    assert [len(http.get(URL + q).get_json()) for q in ("", "?limit=400", "?limit=0")] == [
        20,
        40,
        0,
    ]


def test_ids_rise_even_when_the_clock_steps_back() -> None:
    """A cursor must stay valid: later published means a greater id and not an earlier time."""
    statuses = Statuses()
    first = statuses.publish(WHO, "a", START)
    second = statuses.publish(WHO, "b", START - timedelta(hours=1))

    assert second.id > first.id
    assert second.created_at >= first.created_at


def test_another_tag_is_empty_and_case_does_not_matter() -> None:
    """As on a real server, an unknown hashtag is no error."""
    http = client(filled(3))

    assert http.get("/api/v1/timelines/tag/other").get_json() == []
    assert len(http.get("/api/v1/timelines/tag/FernHill").get_json()) == 3


def test_a_wrong_number_is_said_in_one_line() -> None:
    """A cursor that is no id must not read as 'from the beginning'."""
    answer = client(filled(3)).get(f"{URL}?min_id=abc")

    assert answer.status_code == 422
    assert answer.get_json() == {"error": "min_id: 'abc' is not a whole number"}


def test_a_status_has_the_shape_of_the_mastodon_api() -> None:
    """The fields that clients read, with their types; hashtags are links in the content."""
    status = client(filled(1)).get(URL).get_json()[0]

    assert status["id"].isdigit()
    assert status["created_at"] == "2026-03-01T12:00:00.000Z"
    assert status["content"].startswith("<p>post 0 <a href=")
    assert "#<span>fernhill</span></a></p>" in status["content"]
    assert [tag["name"] for tag in status["tags"]] == ["fernhill"]
    assert (status["reblog"], status["in_reply_to_id"]) == (None, None)
    assert (status["visibility"], status["language"]) == ("public", "en")
    assert [status[f"{n}_count"] for n in ("replies", "reblogs", "favourites")] == [0, 0, 0]
    assert status["account"]["acct"] == "muddy_otter_1"


def test_a_repost_is_a_status_of_its_own_with_the_original_inside() -> None:
    """Reach is counted apart: the original stays one post."""
    statuses = filled(1)
    original = statuses.page(1)[0]
    statuses.publish(account(1, "payment", 2), "", START + timedelta(hours=1), reblog=original)

    repost, post = client(statuses).get(URL).get_json()

    assert repost["reblog"]["id"] == post["id"]
    assert repost["account"]["acct"] != post["account"]["acct"]
    assert post["reblogs_count"] == 1


def test_old_statuses_are_forgotten_in_bounds() -> None:
    """A town that runs for days does not grow without end; the newest stay."""
    statuses = filled(KEPT + 10)

    assert statuses.page(1)[0].text.startswith(f"post {KEPT + 9} ")
    assert len(statuses.page(KEPT * 2)) <= KEPT


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, set[str]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.seen.append((tag, {name for name, _ in attrs}))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_and_posts_are_text_on_the_page(hostile: str) -> None:
    """No script, image or handler of a poster's making reaches the reader's browser."""
    statuses = Statuses()
    statuses.publish(Account("1", "x", hostile), f"{hostile} #fernhill", START)
    http = client(statuses)
    page, body = Tags(), Tags()
    page.feed(http.get("/").get_data(as_text=True))
    body.feed(http.get(URL).get_json()[0]["content"])

    for seen in (page.seen, body.seen):
        assert not {tag for tag, _ in seen} & {"script", "img", "iframe", "object"}
        assert not [names for _, names in seen if any(name.startswith("on") for name in names)]
    assert hostile.split(maxsplit=1)[0] in page.text
    assert http.get(URL).get_json()[0]["account"]["display_name"] == hostile


def test_some_accounts_have_hostile_names_and_all_are_different_people() -> None:
    """The demo itself shows that names do no harm; authors are told apart by their handle."""
    accounts = [account(1, "payment", index) for index in range(3000)]
    hostile = sum(who.display_name in HOSTILE for who in accounts)

    assert len({who.username for who in accounts}) == 3000
    assert 90 <= hostile <= 220
    assert all(re.fullmatch(r"\w+", who.username) for who in accounts)


def test_the_rate_limit_is_announced_and_kept() -> None:
    """300 requests in 5 minutes, then 429 with the reset time, as the headers promise."""
    http = client(filled(1))
    with time_machine.travel(datetime(2026, 3, 1, 12, 2, tzinfo=UTC), tick=False):
        answers = [http.get(URL) for _ in range(301)]

    assert {a.headers["X-RateLimit-Limit"] for a in answers} == {"300"}
    assert answers[0].headers["X-RateLimit-Remaining"] == "299"
    assert answers[0].headers["X-RateLimit-Reset"] == "2026-03-01T12:05:00.000000Z"
    assert [a.status_code for a in answers] == [200] * 300 + [429]


def test_a_new_window_forgets_the_old_one() -> None:
    """One address at its limit is served again in the next five minutes, others all the time."""
    limiter = limits.Limiter()
    for _ in range(300):
        limiter.take("a", 900.0)

    assert limiter.take("a", 901.0).remaining == -1
    assert limiter.take("b", 901.0).remaining == 299
    assert limiter.take("a", 1200.0).remaining == 299


def test_the_instance_names_its_limits() -> None:
    """What a client asks before it polls."""
    instance = client(filled(0)).get("/api/v2/instance").get_json()

    assert instance["configuration"]["timelines_access"]["hashtag_feeds"]["local"] == "public"
    assert instance["configuration"]["statuses"]["max_characters"] == 500


def test_an_empty_feed_says_so() -> None:
    """The page for people before anybody has posted."""
    assert "Nobody has posted yet." in client(filled(0)).get("/").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/tags/fernhill", "/@muddy_otter_1", "/@muddy_otter_1/77"])
def test_every_link_of_the_feed_leads_somewhere(path: str) -> None:
    """People who look at the demo click on things."""
    answer = client(filled(1)).get(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
