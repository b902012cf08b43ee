"""Gift cards for a load test, issued through the shop's test API."""

from loadtests.session import FlowFailedError, Row, Session


def issue(session: Session, cards: int, each_cents: int) -> list[Row]:
    """Issue cards of `each_cents` and return their codes, and what each is worth.

    Raises: FlowFailedError if the shop issues fewer than asked for.
    """
    answer = session.api("POST", "/api/gift-cards", [{"amount_cents": each_cents}] * cards)
    issued = answer.get("codes", []) if isinstance(answer, dict) else answer
    codes = [str(one["code"] if isinstance(one, dict) else one) for one in issued]
    rows = [{"code": code, "cents": str(each_cents)} for code in codes]
    if len(rows) < cards:
        raise FlowFailedError(
            "test data", f"POST /api/gift-cards issued {len(rows)} of {cards} cards"
        )
    return list(rows)
