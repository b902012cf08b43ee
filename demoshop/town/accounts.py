"""Who posts: made-up nicknames, and now and then a display name that tries to do harm."""

from dataclasses import dataclass

from demoshop.town.decisions import generator

HOSTILE_SHARE = 0.05
# What a careless page, terminal, log or spreadsheet would carry out or trip over.
HOSTILE = (
    "<script>alert('town')</script>",
    '"><img src=x onerror=alert(1)>',
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\u202egnp.tac",
    "{{ 7 * 7 }} ${7*7} %s %n",
    "=HYPERLINK(0)+cmd|' /C calc'!A0",
    "'; DROP TABLE posts; --",
    "zalgo\u0310\u0337\u0335\u0334\u0321\u0322\u0338\u0489 " + "long " * 40,
)
FIRST = (
    *("mossy", "soggy", "uphill", "muddy", "quiet", "windy", "frosty", "lazy", "sunny", "foggy"),
    *("brisk", "wild", "sleepy", "nimble", "rusty", "amber", "distant", "gentle", "grumpy"),
)
SECOND = (
    *("otter", "boots", "badger", "trail", "kettle", "tarp", "marmot", "compass", "heron"),
    *("socks", "pebble", "lantern", "summit", "paddle", "bramble", "thermos", "wander", "puffin"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person on the timeline, as far as anybody sees."""

    id: str
    username: str
    display_name: str  # hostile text: escape it wherever it is shown


def account(seed: int, kind: str, index: int, role: str = "author") -> Account:
    """Return the account of one customer; another `role` (a reposter) is another person."""
    dice = generator(seed, kind, index, f"account/{role}")
    first, second = dice.choice(FIRST), dice.choice(SECOND)
    number = dice.randrange(16**7)
    display = f"{first} {second}".title()
    if dice.random() < HOSTILE_SHARE:
        display = dice.choice(HOSTILE)
    return Account(str(10**17 + number), f"{first}_{second}_{number:x}", display)
