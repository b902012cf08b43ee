"""Mutations of what the browser hears. Each docstring says what the customer would meet."""

from collections import Counter
from dataclasses import replace

from probes.mutations import html
from probes.mutations.stage import Answer, Stage, hop

SLOW_MS = 8_000
BAD = 400
ERROR = 500


def _now(page: Answer, text: str | None, status: int | None = None) -> Answer | None:
    """Return the page with another text; None where the text could not be changed."""
    return None if text is None else replace(page, html=text, status=status or page.status or 200)


# -- before a request goes out --------------------------------------------------------------


def pay_answers_500(stage: Stage, asked: Answer) -> Answer | None:
    """The card is sent, and a server error comes back; nothing was charged."""
    if not asked.sent_card or (stage.at and not stage.here):
        return None
    return replace(asked, status=ERROR, html="<!doctype html><h1>Internal Server Error</h1>")


def challenge_fails(stage: Stage, asked: Answer) -> Answer | None:
    """The bank's page falls over when the customer confirms."""
    if not (stage.here and asked.method != "GET" and stage.provider(asked.url)):
        return None
    return replace(asked, status=ERROR, html="<!doctype html><h1>Internal Server Error</h1>")


def nothing_happens(stage: Stage, asked: Answer) -> Answer | None:
    """The button is pressed, the page comes back, and all is as before."""
    if not stage.here or asked.method == "GET":
        return None
    return hop(asked, stage.journey.page.url)


def slow_page(stage: Stage, _asked: Answer) -> Answer | None:
    """One page takes 8 seconds, and then comes as ever."""
    if stage.here and not stage.hits:
        stage.struck()
        stage.journey.page.wait_for_timeout(SLOW_MS)
    return None


def dead_link(stage: Stage, asked: Answer) -> Answer | None:
    """The page is not there."""
    return replace(asked, status=404, html=html.NOT_FOUND) if stage.here else None


def refused(stage: Stage, asked: Answer) -> Answer | None:
    """What is asked for is refused."""
    if not stage.here or asked.method == "GET":
        return None
    return replace(asked, status=409, html=html.REFUSED)


def locked_out(stage: Stage, asked: Answer) -> Answer | None:
    """Who has paid finds the door locked."""
    return replace(asked, status=402, html=html.LOCKED) if stage.here else None


def locked_in_grace(stage: Stage, asked: Answer) -> Answer | None:
    """Who is in the grace period finds the door locked."""
    doors = {page.path for step, page in stage.asked if step == "still a member"}
    if not (stage.here and asked.path in doors):
        return None
    return replace(asked, status=402, html=html.LOCKED)


def account_asked_first(stage: Stage, asked: Answer) -> Answer | None:
    """A guest on the way to the payment is asked to register."""
    if not stage.here or stage.sent:
        return None
    return replace(asked, status=200, html=html.LOG_IN)


# -- on the way back ------------------------------------------------------------------------


def blank_page(stage: Stage, page: Answer) -> Answer | None:
    """The page is white."""
    return _now(page, html.BLANK) if stage.here else None


def blank_confirmation(stage: Stage, page: Answer) -> Answer | None:
    """The payment went through; the page that should say so is white."""
    ours = stage.paid and page.status < BAD and not stage.provider(page.url)
    return _now(page, html.BLANK) if ours and (stage.here or not stage.at) else None


def pay_button_missing(_stage: Stage, page: Answer) -> Answer | None:
    """The form for the card has no button."""
    return _now(page, html.without_buttons(page.html))


def price_off(stage: Stage, page: Answer) -> Answer | None:
    """Every amount on the page is off by one cent."""
    return _now(page, html.off_by_one(page.html)) if stage.here else None


def cart_price_off(stage: Stage, page: Answer) -> Answer | None:
    """Every amount in the cart is off by one cent."""
    return _now(page, html.off_by_one(page.html)) if _in_cart(stage) else None


def cart_total_off(stage: Stage, page: Answer) -> Answer | None:
    """The total in the cart is off by one cent."""
    return _now(page, html.total_off_by_one(page.html)) if _in_cart(stage) else None


def total_off(stage: Stage, page: Answer) -> Answer | None:
    """The total before paying is off by one cent."""
    after = stage.here and stage.sent and page.method == "GET"
    return _now(page, html.total_off_by_one(page.html)) if after else None


def receipt_off(stage: Stage, page: Answer) -> Answer | None:
    """The total on the receipt is off by one cent."""
    after = stage.paid and not stage.provider(page.url)
    return _now(page, html.total_off_by_one(page.html)) if after else None


def terms_hidden(stage: Stage, page: Answer) -> Answer | None:
    """The cart does not say what delivery costs or takes."""
    return _now(page, html.hidden(page.html, "deliver", "shipping")) if _in_cart(stage) else None


def total_hidden(stage: Stage, page: Answer) -> Answer | None:
    """The cart shows no total."""
    words = ("total", "sums", "summary")
    return _now(page, html.hidden(page.html, *words)) if _in_cart(stage) else None


def address_forgotten(stage: Stage, page: Answer) -> Answer | None:
    """The form for the address comes back empty."""
    return _now(page, html.forgotten(page.html)) if stage.here and not stage.sent else None


def says_nothing(stage: Stage, page: Answer) -> Answer | None:
    """The page does not tell what went wrong."""
    return _now(page, html.silenced(page.html)) if stage.here else None


def declined_accepted(stage: Stage, page: Answer) -> Answer | None:
    """The page thanks for an order that was not paid."""
    thanks = [seen for step, seen in stage.seen if step == "pay" and seen.status < BAD]
    if not (stage.here and asked_and_refused(page) and thanks):
        return None
    return _now(page, thanks[-1].html, 200)


def refused_accepted(stage: Stage, page: Answer) -> Answer | None:
    """A code that must be refused is accepted."""
    accepted = [seen for step, seen in stage.seen if step == "redeem a part"]
    same = [seen for seen in accepted if seen.method != "GET" and seen.path == page.path]
    if not (stage.here and asked_and_refused(page) and same):
        return None
    return _now(page, same[-1].html, 200)


def second_cart_accepted(stage: Stage, page: Answer) -> Answer | None:
    """Both carts are told that the card has paid for them."""
    if not (stage.here and asked_and_refused(page)):
        return None

    def thanks() -> str:
        # Both customers walk the same pages; only the receipt is seen by one alone.
        walked = [seen for step, seen in stage.seen if step == stage.step and seen.method == "GET"]
        times = Counter(seen.path for seen in walked)
        alone = [seen.html for seen in walked if times[seen.path] == 1]
        return alone[-1] if alone else ""

    return _now(page, stage.wait(thanks) or None, 200)


def frozen(stage: Stage, page: Answer) -> Answer | None:
    """The page shows what it showed in the step before."""
    known = [
        seen
        for step, seen in stage.seen
        if step != stage.step and (seen.method, seen.path) == (page.method, page.path)
    ]
    return _now(page, known[-1].html) if stage.here and known else None


def without_reference(stage: Stage, page: Answer) -> Answer | None:
    """The page thanks and gives no reference."""
    return _now(page, html.THANKS) if stage.here and stage.sent else None


def without_promise(stage: Stage, page: Answer) -> Answer | None:
    """The page does not say when somebody will write back."""
    return _now(page, html.without_promise(page.html)) if stage.here else None


def no_reviews(stage: Stage, page: Answer) -> Answer | None:
    """The review page has no review."""
    return _now(page, html.EMPTY_LIST) if stage.here else None


def another_order(stage: Stage, page: Answer) -> Answer | None:
    """The status page shows the order of somebody else."""
    number = stage.journey.facts.get("order", "")
    return _now(page, html.renamed(page.html, number)) if stage.here else None


# -- when a step begins ---------------------------------------------------------------------


def cart_lost(stage: Stage) -> bool:
    """The shop forgets the customer, and the cart."""
    if stage.here:
        stage.journey.page.context.clear_cookies()
    return stage.here


def asked_and_refused(page: Answer) -> bool:
    """Whether this answers something that was sent, with a no."""
    return page.method != "GET" and page.status >= BAD


def _in_cart(stage: Stage) -> bool:
    """Whether a page of this moment is the cart: looked at, or come to by putting in."""
    return stage.here or (stage.step == "add to cart" and stage.sent > 0)
