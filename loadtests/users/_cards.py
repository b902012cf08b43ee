"""Gift cards for a load test, issued through the shop's test API."""

from collections.abc import Iterator

from loadtests.session import FlowFailedError, Row, Session


def issue(session: Session, cards: int, each_cents: int) -> Iterator[Row]:
    """Issue cards of `each_cents` and yield their codes, and what each is worth.

    Raises: FlowFailedError if the shop issues fewer than asked for, after those.
    """
    answer = session.api("POST", "/api/gift-cards", [{"amount_cents": each_cents}] * cards)
    issued = answer.get("codes", []) if isinstance(answer, dict) else answer
    codes = [str(one["code"] if isinstance(one, dict) else one) for one in issued]
    yield from ({"code": code, "cents": str(each_cents)} for code in codes)
    if len(codes) < cards:
        raise FlowFailedError(
            "test data", f"POST /api/gift-cards issued {len(codes)} of {cards} cards"
        )
