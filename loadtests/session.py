"""What a load flow sees: one visitor's session with the shop.

A user file talks to a `Session` only, so it imports neither Locust nor gevent and can be
loaded anywhere. The session inside Locust is `loadtests.generator.visitor.Visitor`.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from loadtests.markup import tags
from loadtests.multipart import Parts

Row = Mapping[str, str]
"""One row of test data."""

Fields = Mapping[str, str] | Sequence[tuple[str, str]]
"""What a form sends: pairs, in their order, where a name is sent several times."""


class FlowFailedError(Exception):
    """The visitor did not reach the goal. `kind` groups failures: "http 503", "timeout"."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop answered, after redirects."""

    status: int
    url: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)  # in whatever case they are asked for

    def json(self) -> Any:
        """Return the body as JSON.

        Raises: FlowFailedError if it is none.
        """
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):  # as deep as that is nobody's answer
            raise FlowFailedError("not JSON", f"{self.url} did not answer with JSON") from None

    def fields(self) -> dict[str, str]:
        """Return the hidden fields of all forms of the page, csrf_token among them."""
        return {
            tag.attrs["name"]: tag.attrs.get("value", "")
            for tag in tags(self.text, ("input",))
            if tag.attrs.get("type", "").lower() == "hidden" and tag.attrs.get("name")
        }


class Session(Protocol):
    """One visitor: own cookies, redirects followed within the allowed hosts.

    Every request names its endpoint ("giftcard.redeem"); requests are counted under it.
    Raises: FlowFailedError from every request that the shop does not answer with success, or
            whose answer does not show `shows`.
    """

    def get(self, endpoint: str, path: str, *, shows: str | None = None) -> Answer:
        """Open a page."""
        ...

    def post(self, endpoint: str, path: str, form: Fields, *, shows: str | None = None) -> Answer:
        """Send a form."""
        ...

    def send(
        self,
        method: str,
        endpoint: str,
        path: str,
        *,
        form: Fields | None = None,
        parts: Parts | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        shows: str | None = None,
        lacks: str | None = None,
        but: Sequence[str] = (),
    ) -> Answer:
        """Make the call of a page's script: any method, a form or JSON, headers of its own.

        `parts`: a form that is sent as multipart/form-data, `Upload`s among its fields.

        `lacks` names what the JSON answer must not have, or must have empty: "errors", since
        GraphQL tells them with status 200. Further down the lists are meant whose names end so
        (`data.buy.userErrors`), except those at the paths of `but` ("data.*.userErrors"). They
        fail the request as "graphql error", or "json error" where the answer is none of GraphQL's.
        """
        ...

    def cookie(self, name: str) -> str:
        """Return a cookie that the shop has set, for a script that sends it in a header too.

        Raises: FlowFailedError if there is none.
        """
        ...

    def set_cookie(self, name: str, value: str) -> None:
        """Keep a cookie for the target as a script of its pages does, until the visit is over."""
        ...

    def step(self, name: str) -> AbstractContextManager[None]:
        """Name what the customer does: `with session.step("redeem"):`.

        Requests inside are counted under the step, and all of them together as the step's own
        time. Steps follow each other; they do not lie inside each other.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Wait as a customer or a page does before going on; in no request's response time."""
        ...

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the shop's test API, with the token; never counted as load. For prepare()."""
        ...
