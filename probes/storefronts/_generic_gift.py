"""Gift cards in any shop, as far as they have a common form: a balance, and a field for a code.

How a card is bought has none, and what was redeemed cannot be given back: nothing here spends.
"""

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from playwright.sync_api import TimeoutError as NotThere

from probes.amounts import cents
from probes.controls import Found
from probes.controls.finder import missing
from probes.controls.reader import read
from probes.storefront import Address, Applied, Balance, CannotTellError, Totals
from probes.storefronts._generic_after import GenericAfterSales

T = TypeVar("T")
ANSWER_S = 5.0  # for the answer to a code
STANDS_S = 0.3  # an answer that is not replaced for so long is one
MESSAGE = 160
VOUCHER = ("voucher_field", "voucher_open")


class GenericGift(GenericAfterSales):
    """What a card holds, and what it takes off a total."""

    _gift_url = ""  # of the page for balances, once it was found

    def gift_balance(self, code: str) -> Balance:
        """Ask the page for balances.

        Raises: CannotTellError where no link leads to one and the table names none.
        """
        field = self._gift_field()
        said, shown = self._lines(), self._balances()
        self.put(field, code)
        before = self.mark()
        buttons = self.controls.apart("gift_check", "search_button")["gift_check"]
        if buttons:
            self.press(buttons[0])
        else:
            field.locator.press("Enter")
        self.changed(before)

        def answer() -> Balance | None:
            new = [text for text in self._balances() if text not in shown]
            held = cents(new[0]) if new else None
            message = "" if held is not None else self._refusal(said)
            return Balance(held, message) if held is not None or message else None

        return self._settled(answer) or Balance(None)

    def apply_gift_card(self, code: str, address: Address) -> Applied:
        """Put a card into the field for vouchers, in the cart or on the payment page.

        Raises: CannotTellError where nothing but the order takes it; TimeoutError of Playwright
        where there is no field.
        """
        if self.controls.none("voucher_field"):
            raise CannotTellError("this shop has no field for a gift card's code")
        self._to_voucher(address)
        before, said = self.totals(self.sums()), self._lines()
        if not self._voucher(code):
            raise CannotTellError("this shop takes a gift card only with the order")
        total = before.total_cents

        def answer() -> Applied | None:
            off = self._off(before)
            message = "" if off else self._refusal(said)
            after = total - off if off else None
            return Applied(total, after, message) if off or message else None

        return self._settled(answer) or Applied(total, None)

    # -- the page for balances ----------------------------------------------------------------

    def _gift_field(self) -> Found:
        """Go to the page for balances; return its field for a code."""
        address = self._gift_url or self.controls.address("gift_page")
        if address:
            self.open(address)
        elif not self._follow_gift_link():
            raise CannotTellError("no link leads to what a gift card holds")
        fields: list[Found] = self.until(lambda: self.controls.look("gift_field")["gift_field"])
        if fields:
            self._gift_url = self.page.url
            return fields[0]
        if address or "gift_field" in self.table:
            raise NotThere(missing("gift_field", self.page.url))
        raise CannotTellError("the page about gift cards asks for no code")

    def _follow_gift_link(self) -> bool:
        """Follow the link to the balance, from the page at hand or else the first one."""
        self._on_a_page()
        links = self.controls.look("gift_link")["gift_link"]
        if not links:
            self.open("/")
            links = self.controls.look("gift_link")["gift_link"]
        if links:
            before = self.mark()
            self.press(links[0])
            self.changed(before)
        return bool(links)

    def _balances(self) -> list[str]:
        """Return what on the page may be a balance, the best first."""
        return [found.text for found in self.controls.look("gift_balance")["gift_balance"]]

    # -- the field for vouchers ---------------------------------------------------------------

    def _to_voucher(self, address: Address) -> None:
        """Go where a code can be put in: the cart, else the payment page."""
        self.open_cart()
        if any(self.controls.look(*VOUCHER).values()):
            return
        self.address(address)
        self.delivery("standard")
        if not self.until(lambda: any(self.controls.look(*VOUCHER).values())):
            raise NotThere(missing("voucher_field", self.page.url))

    def _off(self, before: Totals) -> int:
        """Return what has come off: the total is less, or a line below it takes it off."""
        now = self.sums()
        if now.total is None:
            return 0
        return before.total_cents - now.total or (now.discount or 0) - (before.discount_cents or 0)

    # -- answers ----------------------------------------------------------------------------------

    def _settled(self, answer: Callable[[], T | None]) -> T | None:
        """Return an answer that stands for a moment: a word of thanks may come before the sum."""
        last: list[T | None] = [None]
        since = monotonic()

        def stands() -> bool:
            nonlocal since
            now = answer() if self.quiet() else None
            if now != last[0]:
                last[0], since = now, monotonic()
            return now is not None and monotonic() - since > STANDS_S

        self.until(stands, ANSWER_S)
        return last[0]

    def _lines(self) -> list[str]:
        """Return what the page says, line by line."""
        text = str(read(self.page, "text").get("text", ""))
        return [line for one in text.splitlines() if (line := one.strip())]

    def _refusal(self, said: list[str]) -> str:
        """Return what the page says now and did not before: an alert first, else a line."""
        news = [line for line in self._lines() if line not in said]
        told = self.alert()
        old = all(line.strip() in said for line in told.splitlines())
        return told if told and not old else (news[0][:MESSAGE] if news else "")
