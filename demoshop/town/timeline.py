"""The timeline over HTTP: Mastodon's public hashtag timeline, and a page for people.

Shapes as documented for Mastodon: entities Status, Account, Tag; methods timelines/tag.
"""

import re
from typing import Any

from flask import Flask, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from demoshop.town.limits import Limiter
from demoshop.town.statuses import Status, Statuses

TAG = "fernhill"
LIMIT = 20
LIMIT_MAX = 40
FEED = 40  # posts on the page for people

_MARKS = re.compile(r"#(?P<tag>\w+)|@(?P<handle>\w+)", re.IGNORECASE)


def create(statuses: Statuses) -> Flask:
    """Return the application that serves `statuses`."""
    app = Flask(__name__)
    limiter = Limiter()

    @app.get("/api/v1/timelines/tag/<tag>")
    def timeline(tag: str) -> Response:
        quota = limiter.take(request.remote_addr or "")
        if quota.remaining < 0:
            return _answer({"error": "Too many requests"}, 429, quota.headers())
        try:
            asked = {key: _number(key) for key in ("limit", "max_id", "since_id", "min_id")}
        except ValueError as error:
            return _answer({"error": str(error)}, 422, quota.headers())
        given = asked.pop("limit")
        limit = min(LIMIT if given is None else given, LIMIT_MAX)
        known = tag.lower() == TAG and limit > 0
        page = statuses.page(limit, **asked) if known else []
        body = [as_json(status, statuses, request.host_url) for status in page]
        return _answer(body, 200, quota.headers() | _link(page, limit))

    @app.get("/api/v2/instance")
    def instance() -> Response:
        limits = {"max_characters": 500, "characters_reserved_per_url": 23}
        access = {"hashtag_feeds": {"local": "public", "remote": "public"}}
        return jsonify(
            domain=request.host,
            title="The town",
            version="4.5.0 (compatible; demo)",
            description="A made-up town that shops at a made-up shop.",
            languages=["en"],
            configuration={"statuses": limits, "timelines_access": access},
        )

    @app.get("/tags/<path:_>")
    @app.get("/@<path:_>")
    def elsewhere(_: str) -> ResponseReturnValue:
        return redirect("/", 303)  # this town has one page; its links lead there

    @app.get("/")
    def feed() -> str:
        posts = [
            (status, status.reblog or status, statuses.reposts_of(status.reblog or status))
            for status in statuses.page(FEED)
        ]
        return render_template("feed.html", posts=posts, tag=TAG, marked=marked_up)

    return app


def as_json(status: Status, statuses: Statuses, base: str) -> dict[str, Any]:
    """Return the Status entity; `base` is the timeline's own URL with a closing slash."""
    who = status.account
    profile = f"{base}@{who.username}"
    reblog = None if status.reblog is None else as_json(status.reblog, statuses, base)
    shown = status.reblog or status
    names = dict.fromkeys(
        found["tag"].lower() for found in _MARKS.finditer(shown.text) if found["tag"]
    )
    return {
        "id": str(status.id),
        "created_at": status.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "sensitive": False,
        "spoiler_text": "",
        "visibility": "public",
        "language": "en",
        "uri": f"{base}users/{who.username}/statuses/{status.id}",
        "url": f"{profile}/{status.id}",
        "replies_count": 0,
        "reblogs_count": statuses.reposts_of(shown),
        "favourites_count": 0,
        "edited_at": None,
        "content": "" if reblog is not None else content(status.text, base),
        "reblog": reblog,
        "account": {
            "id": who.id,
            "username": who.username,
            "acct": who.username,
            "display_name": who.display_name,
            "bot": False,
            "url": profile,
        },
        "media_attachments": [],
        "mentions": [],
        "tags": [{"name": name, "url": f"{base}tags/{name}"} for name in names],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def content(text: str, base: str) -> str:
    """Return the text as a Mastodon server sends it: HTML, with hashtags and handles as links."""
    return f"<p>{marked_up(text, base)}</p>"


def marked_up(text: str, base: str) -> Markup:
    """Return the text escaped, its hashtags and handles as links, its lines apart."""
    parts, at = [], 0
    for found in _MARKS.finditer(text):
        parts.append(escape(text[at : found.start()]))
        parts.append(_anchor(found, base))
        at = found.end()
    parts.append(escape(text[at:]))
    return Markup("").join(parts).replace("\n", Markup("<br />"))


def _anchor(found: re.Match[str], base: str) -> Markup:
    if found["tag"]:
        return Markup(
            '<a href="{}tags/{}" class="mention hashtag" rel="tag">#<span>{}</span></a>'
        ).format(base, found["tag"].lower(), found["tag"])
    return Markup(
        '<span class="h-card"><a href="{}@{}" class="u-url mention">@<span>{}</span></a></span>'
    ).format(base, found["handle"], found["handle"])


def _number(key: str) -> int | None:
    """Return a whole number of the query, None where it is not given; ValueError in one line."""
    text = request.args.get(key)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{key}: {text[:40]!r} is not a whole number")
    return int(text)


def _link(page: list[Status], limit: int) -> dict[str, str]:
    """Return the Link header: next goes to older ones, prev to newer ones."""
    if not page:
        return {}
    keep = f"{request.base_url}?limit={limit}"
    links = [f'<{keep}&min_id={page[0].id}>; rel="prev"']
    if len(page) == limit:
        links.insert(0, f'<{keep}&max_id={page[-1].id}>; rel="next"')
    return {"Link": ", ".join(links)}


def _answer(body: object, status: int, headers: dict[str, str]) -> Response:
    answer = jsonify(body)
    answer.status_code = status
    answer.headers.update(headers)
    return answer
