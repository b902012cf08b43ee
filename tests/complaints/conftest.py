"""A Mastodon timeline in a small server of its own, over real HTTP."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from complaints import client
from complaints.sources import mastodon
from forepost.storage.sqlite import SqliteStore

PATH = "/api/v1/timelines/tag/shop"


@dataclass(slots=True)
class Timeline:
    """What docs.joinmastodon.org/methods/timelines says of `min_id`, `max_id` and `limit`."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    disturb: list[Response] = field(default_factory=list)  # answers given first, one each
    shuffled: bool = False
    repeated: bool = False

    def post(self, number: int, at: datetime, text: str = "hello", **more: Any) -> None:
        """Add a status."""
        self.statuses.append(
            {
                "id": str(number),
                "created_at": at.isoformat().replace("+00:00", "Z"),
                "content": f"<p>{text}</p>",
                "account": {"acct": f"person{number}@elsewhere.example"},
                "reblog": None,
                **more,
            }
        )

    def answer(self, request: Request) -> Response:
        """Serve one page, newest first; `min_id` gives the posts nearest to it."""
        asked = dict(request.args)
        self.requests.append(asked)
        if self.disturb:
            return self.disturb.pop(0)
        found = sorted(self.statuses, key=lambda status: int(status["id"]))
        limit = int(asked.get("limit", 20))
        if "min_id" in asked:
            page = [s for s in found if int(s["id"]) > int(asked["min_id"])][:limit][::-1]
        else:
            upper = int(asked.get("max_id", 10**30))
            page = [s for s in found if int(s["id"]) < upper][-limit:][::-1]
        if self.shuffled:
            page = page[::2] + page[1::2]
        if self.repeated:
            page = page + page[:3]
        return Response(json.dumps(page), content_type="application/json")


@pytest.fixture
def now() -> datetime:
    """The real present: the source reads the clock itself when it asks."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def timeline(httpserver: HTTPServer) -> Timeline:
    """A timeline of #shop."""
    made = Timeline()
    httpserver.expect_request(PATH).respond_with_handler(made.answer)
    return made


@pytest.fixture
def settings(httpserver: HTTPServer) -> mastodon.Settings:
    """Where the timeline is."""
    return mastodon.Settings(instance=httpserver.url_for("").rstrip("/"), hashtag="shop")


@pytest.fixture
def http() -> Iterator[client.PoliteSession]:
    """The door, with little patience."""
    with client.session("mailto:ops@shop.example", budget_s=5.0) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """A real store in a file."""
    made = SqliteStore(tmp_path / "forepost.sqlite")
    yield made
    made.close()


@pytest.fixture
def minute() -> timedelta:
    """One minute."""
    return timedelta(minutes=1)
