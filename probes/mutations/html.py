"""Pure edits of a page's HTML, by what any shop's pages have: amounts, forms, words.

Each returns the new text, or None where the page has nothing of the kind: a mutation that
changed nothing proves nothing.
"""

import re
from collections.abc import Callable

AMOUNT = re.compile(
    r"(?<![\d.,])((?:\d{1,3}(?:[.,\u00a0\u202f' ]\d{3})+|\d+)[.,])(\d{2})(?![\d.,]*\d)"
)
CENTS = re.compile(r'((?:data-cents|data-amount|value)=")(\d+)(?=")')
MONEY_TAG = re.compile(r"<(?:data|span|td|dd|b|strong|div|p)\b[^>]*\bdata-(?:cents|amount)=[^>]*>")
TYPED = re.compile(
    r'(<input\b(?![^>]*type="?(?:hidden|submit|radio|checkbox|search))[^>]*?\svalue=")[^"]+(")',
    re.IGNORECASE,
)
CARD_FIELD = re.compile(r"autocomplete=[\"']?[^\"'>]*cc-number", re.IGNORECASE)
PROMISE = re.compile(
    r">[^<>]*\d+\s*(?:hours?|days?|working days?|h\b|Stunden|Tagen?|heures|jours)[^<>]*<",
    re.IGNORECASE,
)
TOTAL = re.compile(r">[^<>]*\b(?:total|gesamtsumme|gesamtbetrag|summe|totale)\b", re.IGNORECASE)
NEAR = 120  # characters of HTML between the word and its amount
BODY = re.compile(r"<body\b.*?>", re.IGNORECASE | re.DOTALL)
END = re.compile(r"</(?:head|body|html)>", re.IGNORECASE)

BLANK = "<!doctype html><html lang=en><head><title></title></head><body></body></html>"
LOG_IN = """<!doctype html><html lang=en><head><title>Sign in</title></head><body><main>
<h1>Sign in or register to go on</h1><form method=post>
<label>E-mail <input type=email name=email></label>
<label>Password <input type=password name=password autocomplete=current-password></label>
<button type=submit>Sign in</button></form></main></body></html>"""
LOCKED = """<!doctype html><html lang=en><head><title>Locked</title></head><body><main>
<div role=alert class=alert><p>Your access has ended.</p></div>
<h1>Locked</h1></main></body></html>"""
REFUSED = """<!doctype html><html lang=en><head><title>Not possible</title></head><body><main>
<div role=alert class=alert><p>This is not possible.</p></div></main></body></html>"""
THANKS = """<!doctype html><html lang=en><head><title>Thank you</title></head><body><main>
<h1>Thank you</h1><p>We have got it.</p></main></body></html>"""
NOT_FOUND = """<!doctype html><html lang=en><head><title>Not found</title></head><body><main>
<h1>There is no such page</h1></main></body></html>"""
EMPTY_LIST = """<!doctype html><html lang=en><head><title>Reviews</title></head><body><main>
<h1>Reviews</h1><p>There are none yet.</p></main></body></html>"""


def off_by_one(html: str) -> str | None:
    """Put every amount off by one cent, as it is shown and as a script reads it."""
    return _amounts(html, lambda _cents: True)


def total_off_by_one(html: str) -> str | None:
    """Put the total of a page off by one cent: what follows that word, else the largest amount."""
    body = _body(html)
    known = list(AMOUNT.finditer(body))
    if not known:
        return None
    ends = [word.end() for word in TOTAL.finditer(body)]
    after = [found for found in known if any(0 <= found.start() - end < NEAR for end in ends)]
    total = _cents(after[-1]) if after else max(_cents(found) for found in known)
    return _amounts(html, lambda cents: cents == total)


def hidden(html: str, *words: str) -> str | None:
    """Hide all whose class, id or test id has one of the words in it."""
    named = re.compile(rf"(?:class|id|data-testid)=\"[^\"]*(?:{'|'.join(words)})", re.IGNORECASE)
    if named.search(_body(html)) is None:
        return None
    kinds = ("class", "id", "data-testid")
    return styled(html, ",".join(f"[{kind}*={word} i]" for kind in kinds for word in words))


def silenced(html: str) -> str | None:
    """Hide what tells a customer that something went wrong."""
    told = re.search(r"role=\"?alert|class=\"[^\"]*(?:alert|error|message)", _body(html))
    selectors = "[role=alert],[class*=alert i],[class*=error i],[class*=message i],.problem"
    return styled(html, selectors) if told else None


def without_buttons(html: str) -> str | None:
    """Hide the buttons of a page that asks for a card."""
    if CARD_FIELD.search(html) is None:
        return None
    return styled(html, "button,input[type=submit],input[type=image],[role=button]")


def forgotten(html: str) -> str | None:
    """Empty the fields that hold what a customer typed before."""
    edited, count = TYPED.subn(r"\1\2", _body(html))
    return html[: len(html) - len(_body(html))] + edited if count else None


def without_promise(html: str) -> str | None:
    """Drop every sentence that names a number of hours or days."""
    edited, count = PROMISE.subn("><", html)
    return edited if count else None


def renamed(html: str, number: str) -> str | None:
    """Change the last digit of a number wherever it stands."""
    if not number or number not in html:
        return None
    last = number[-1]
    other = str((int(last) + 1) % 10) if last.isdigit() else "0"
    return html.replace(number, number[:-1] + other)


def styled(html: str, selectors: str) -> str:
    """Hide what the selectors match, from the page's first frame on."""
    style = f"<style>{selectors}{{display:none!important}}</style>"
    found = END.search(html)
    return html[: found.start()] + style + html[found.start() :] if found else html + style


def _body(html: str) -> str:
    found = BODY.search(html)
    return html[found.end() :] if found else html


def _cents(found: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", found[1]) + found[2])


def _other(cents: int) -> int:
    """Return a cent more, or less where that would change the figure before the point."""
    return cents - 1 if cents % 100 == 99 else cents + 1  # noqa: PLR2004 - the last cent


def _amounts(html: str, wanted: Callable[[int], bool]) -> str | None:
    body = _body(html)
    changed = 0

    def shown(found: re.Match[str]) -> str:
        nonlocal changed
        cents = _cents(found)
        if not wanted(cents):
            return found[0]
        changed += 1
        return f"{found[1]}{_other(cents) % 100:02d}"

    def read(found: re.Match[str]) -> str:
        cents = int(found[2])
        return f"{found[1]}{_other(cents) if wanted(cents) else cents}"

    edited = MONEY_TAG.sub(lambda tag: CENTS.sub(read, tag[0]), AMOUNT.sub(shown, body))
    return html[: len(html) - len(body)] + edited if changed else None
