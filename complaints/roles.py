"""What is it that fails? Words of failing, tied to the thing named nearest to them.

"The payment page is stuck" and "the train is stuck" differ in one word only, and no sum of
single words can tell the one from the other: the pair has to be seen.
"""

from collections.abc import Sequence


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHOP_THINGS = _set("""
    payment payments paying checkout basket cart order orders purchase voucher vouchers gift
    giftcard balance membership member members subscription sub renewal renewals renew renewing
    autopay refund return delivery parcel package shipping shipment redeem redeeming
    redemption till shop store webshop site website invoice benefits
    """)
# Words that belong to whatever else the sentence names: the server of the office, the page of
# the book.
LOOSE_THINGS = _set("""
    pay card cards page pages app button form code codes plan access account login password
    support service hotline server link confirmation transaction bill charge money total product
    item items fee buy buying paypal bank amount receipt email mail update software customer
    company
    """)
OUTSIDE_THINGS = _set("""
    train trains bus tram ferry plane flight car bike taxi traffic road bridge lift elevator
    weather rain sky wind phone laptop printer projector computer headphones alarm boss work
    office meeting call vpn school exam class teacher tv show film movie match game referee
    season team quiz radio song band concert festival ticket tickets dog cat landlord boiler
    fridge oven kettle coffee toaster knee knees back legs leg heart brain willpower diet wifi
    internet gym airline airport cinema museum library dentist doctor government council tax
    city motor engine tyre tire competitor marketplace elsewhere power battery slackline climb
    trail map hut hostel parking streaming provider
    """)
OTHERS = frozenset({"other", "another", "others", "different", "competing", "rival"})
SELF = frozenset({"i", "i've", "we", "we've", "myself", "finally"})
OWN_DOING = _set("failed forgot lost broke cancelled canceled missed skipped refused gave stopped")
WORKING = _set("""
    worked works working smoothly seconds instantly quick quickly easy arrived delivered renewed
    sorted fixed perfect perfectly
    """)
FAILING = _set("""
    broken broke breaks fail fails failed failing failure error errors crash crashed crashes
    crashing bug bugs glitch down outage offline stuck frozen froze freezes hangs hanging hung
    spinning spins spin spinner blank timeout timeouts timed declined declines decline rejected
    rejects refused refuses refusing invalid denied locked lapsed lapse expired expires suspended
    unavailable unreachable empty gone missing lost vanished disappeared wrong twice slow slowly
    crawls crawling forever stopped cancelled canceled dead died dies useless charged skipped
    forgot forgotten forgets 404 500 502 503 504 unpaid inactive unknown overcharged ignored stalls
    stalled loading thinking late never nothing nobody problem problems issue issues trouble
    busy shut closed ended ends impossible dropped falling fell threw thrown kicked oops halted
    pending overloaded maintenance nowhere unfinished incomplete loop loops looping whatsoever
    """)
# Two words that say it together; the second one is where it happens.
FAILING_PAIRS = frozenset({
    ("no", "way"), ("no", "order"), ("no", "confirmation"), ("no", "access"), ("no", "reply"),
    ("no", "answer"), ("no", "chance"), ("no", "response"), ("no", "code"), ("no", "warning"),
    ("try", "later"), ("try", "again"), ("too", "many"), ("sorry", "page"), ("white", "screen"),
    ("white", "page"), ("empty", "page"), ("went", "wrong"), ("by", "hand"), ("on", "hold"),
    ("says", "sorry"), ("says", "no"), ("only", "get"), ("all", "get"), ("got", "nothing"),
    ("gives", "me"), ("gave", "me"), ("start", "over"), ("start", "again"), ("from", "scratch"),
})  # fmt: skip
UNABLE = _set("""
    can't cannot cant couldn't won't wouldn't doesn't didn't isn't hasn't wasn't unable not
    """)
DENIED = _set("no not never without zero any hardly single neither nor isn't wasn't aren't didn't")
# "Never", "nothing", … are failures by themselves: a "not" before them denies nothing.
PLAIN_NOUNS = _set("""
    error errors crash bug bugs glitch outage failure trouble problem problems issue issues
    timeout timeouts failed fails fail crashed broke broken late wrong lost missing
    """)
STOPS = frozenset({".", "!", "?", "!!", "??", "..."})
BEFORE = 7  # words looked back for the thing that fails
AFTER = 6  # and ahead


def roles(cut: Sequence[str]) -> set[str]:
    """Return which kinds of things fail or work in a post, by its words in order."""
    found: set[str] = set()
    for at, word in enumerate(cut):
        if word in FAILING or (at and (cut[at - 1], word) in FAILING_PAIRS):
            found.add(_failing(cut, at, word))
        elif word in UNABLE:
            found.add("unable: " + nearest(cut, at))
        elif word in WORKING and UNABLE.isdisjoint(cut[max(0, at - 3) : at]):
            found.add("works: " + nearest(cut, at))
    return found


def _failing(cut: Sequence[str], at: int, word: str) -> str:
    before = cut[max(0, at - 2) : at]
    if word in PLAIN_NOUNS and not DENIED.isdisjoint(before):
        return "denied"
    # "I failed", or a sentence that begins with "Cancelled four …": the writer's own doing.
    if word in OWN_DOING and (not before or before[-1] in SELF or before[-1] in STOPS):
        return "fails: me"
    return "fails: " + nearest(cut, at)


def nearest(cut: Sequence[str], at: int) -> str:
    """Return the kind of the thing named nearest in the sentence: before, else after.

    A loose thing counts as the shop's only where the sentence names nothing from outside.
    """
    first = ""
    before = reversed(range(max(0, at - BEFORE), at))
    after = range(at + 1, min(len(cut), at + 1 + AFTER))
    for span in (before, after):
        for place in span:
            word = cut[place]
            if word in STOPS:
                break
            if word in OUTSIDE_THINGS:
                return "outside"
            if word in SHOP_THINGS:
                foreign = place > 0 and cut[place - 1] in OTHERS
                return "outside" if foreign else "shop"
            if word in LOOSE_THINGS:
                first = first or "loose"
    return first or "bare"
