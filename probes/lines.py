"""The lines that people read of a step: whatever a page says, on one line and bounded."""

URL_LENGTH = 2_000


def taken(duration_ms: float, budget_ms: float | None) -> str:
    """Return ` after 8.0 s (budget 4.0 s)`."""
    budget = "" if budget_ms is None else f" (budget {budget_ms / 1000:.1f} s)"
    return f" after {duration_ms / 1000:.1f} s{budget}"


def seen(text: str) -> str:
    """Return a text on one line, without what does not print; still to be masked, then cut."""
    shown = (sign if sign.isprintable() else " " for sign in text[:URL_LENGTH])
    return " ".join("".join(shown).split())


def bare(what: str) -> str:
    """Drop the article: `no order number` reads better than `no an order number`."""
    for article in ("an ", "a ", "the "):
        if what.startswith(article):
            return what.removeprefix(article)
    return what
