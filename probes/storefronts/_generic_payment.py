"""Paying in any shop, and what it says afterwards."""

import re
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Route
from playwright.sync_api import TimeoutError as NotThere

from probes.amounts import cents
from probes.controls import Found, phrases
from probes.controls.finder import missing
from probes.controls.reader import read
from probes.controls.sums import rows, squeeze, sums
from probes.controls.texts import number_in
from probes.storefront import Address, Card, PayResult
from probes.storefronts._generic_address import GenericAddress, Seen
from probes.storefronts._generic_forms import choose_needed, held_back

CARD = ("card_name", "card_number", "card_expiry", "card_month", "card_year", "card_csc")
FORM = (*CARD, "payment_option", "terms_box", "continue", "place_order")
STEPS = 5
FIELDS_S = 5.0  # for a provider's frames to show their fields


class GenericPayment(GenericAddress):
    """Payment and confirmation."""

    def pay(self, card: Card, *, clicks: int = 1) -> PayResult:
        """Fill in the card where one is asked for, and buy."""
        self._fill_and_press(card, clicks)
        return self._answer()

    def back_and_pay_again(self, card: Card) -> None:
        """Press the back button; submit again if the page lets one."""
        self.page.go_back(wait_until="domcontentloaded")
        if self.controls.look("place_order")["place_order"]:
            self.pay(card)

    def pay_with_dropped_response(self, card: Card) -> PayResult:
        """Let the shop take the payment, cut the line before its answer, and go on."""
        payment = self.page.url
        cut: list[str] = []

        def drop(route: Route) -> None:
            mine = urlsplit(route.request.url).netloc == urlsplit(payment).netloc
            if cut or not mine or route.request.method != "POST":
                route.continue_()
                return
            cut.append(route.request.url)
            route.fetch(max_redirects=0)
            route.abort("connectionreset")

        self.page.route("**/*", drop)
        try:
            self._fill_and_press(card, 1)
            self.until(lambda: cut)
        finally:
            self.page.unroute("**/*", drop)
        self.page.goto(payment, wait_until="domcontentloaded")
        if self.controls.look("place_order")["place_order"]:
            return self.pay(card)
        return self._answer()

    def buy(
        self, sku: str, email: str, card: Card | None = None, gift_code: str | None = None
    ) -> PayResult:
        """Walk the whole checkout with one product."""
        self.add_to_cart(sku)
        self.address(Address(email=email))
        self.delivery("standard")
        if gift_code is not None:
            self._voucher(gift_code)
        self._fill_and_press(card, 1)
        return self._answer()

    # -- the form ---------------------------------------------------------------------------

    def _fill_and_press(self, card: Card | None, clicks: int) -> None:
        """Go through the pages of the payment until the button that buys was pressed."""
        filled = False
        for _ in range(STEPS):
            seen = self._payment()
            if not filled and card is not None:
                seen = self._by_card(seen)
                filled = bool(seen["card_number"])
                if filled:
                    self._fill_card(seen, card)
            self._accept_terms()
            self.until(lambda: any(self.controls.look("place_order", "continue").values()))
            seen = self.controls.apart(*FORM)
            if seen["place_order"]:
                self.forget_alerts()
                self._before_pay = self.mark()
                self._buys = seen["place_order"][0].locator
                self.press(seen["place_order"][0], clicks)
                return
            if not seen["continue"]:
                raise NotThere(missing("place_order", self.page.url))
            self._go_on(seen)
        raise NotThere(missing("place_order", self.page.url))

    def _payment(self) -> dict[str, list[Found]]:
        seen: dict[str, list[Found]] = {}

        def there() -> bool:
            seen.update(self.controls.apart(*FORM))
            return any(
                seen[name] for name in ("card_number", "payment_option", "place_order", "continue")
            )

        self.until(there)
        return seen

    def _by_card(self, seen: Seen) -> dict[str, list[Found]]:
        """Choose to pay by card where that is a choice; wait for the fields that it brings."""
        if seen["card_number"]:
            return {name: list(found) for name, found in seen.items()}
        options = [one for one in seen["payment_option"] if one.kind in ("choice", "box")]
        words = [squeeze(word) for word in phrases("payment_option")]
        by_card = [one for one in options if any(word in squeeze(one.text) for word in words)]
        for option in by_card[:1]:
            self.tick(option)
        if not by_card and not self.controls.frames():
            if options and not any(one.checked for one in options):
                self.tick(options[0])
            return self.controls.apart(*FORM)
        self.until(lambda: self.controls.find("card_number"), FIELDS_S)
        return self.controls.apart(*FORM)

    def _fill_card(self, seen: Seen, card: Card) -> None:
        """Type the card as people do: masks and providers' frames listen to keys."""
        month, _, year = card.expiry.partition("/")
        values = {
            "card_name": card.holder,
            "card_number": card.number,
            "card_expiry": card.expiry,
            "card_csc": card.csc,
        }
        if not seen["card_expiry"]:
            values |= {"card_month": month, "card_year": year}
            values.pop("card_expiry")
        for name, value in values.items():
            for found in seen[name][:1]:
                if found.tag == "select":
                    self._date_part(found, value)
                else:
                    self.put(
                        found, value if name != "card_year" else self._year(found, value), keys=True
                    )

    def _year(self, found: Found, year: str) -> str:
        longest = found.locator.get_attribute("maxlength")
        return f"20{year}" if longest == "4" else year

    def _date_part(self, found: Found, value: str) -> None:
        """Choose a month or a year, written with one, two or four digits, or as a name."""
        script = """(el, value) => { const n = Number(value);
            const hit = [...el.options].find(o => [o.value, o.textContent.trim()].some(t =>
                /^\\d+$/.test(t) && (Number(t) === n || Number(t) === 2000 + n)))
                || (n <= 12 && [...el.options].filter(o => o.value)[n - 1]);
            return hit ? hit.index : -1; }"""
        index = found.locator.evaluate(script, value)
        if index < 0:
            raise AssertionError(f'{found.name} has no option "{value}"')
        found.locator.select_option(index=index)

    def _accept_terms(self) -> None:
        for box in self.controls.look("terms_box")["terms_box"]:
            self.tick(box)
        choose_needed(self.page)

    def _voucher(self, code: str) -> bool:
        """Put a gift card or voucher into its field; whether it is taken at once.

        Without a button of its own it is taken with the order: nothing else is pressed here.
        """
        seen = self.controls.look("voucher_field", "voucher_open", "voucher_apply")
        if not seen["voucher_field"] and seen["voucher_open"]:
            self.press(seen["voucher_open"][0])
        field = self.controls.await_any("voucher_field")[0]
        self.put(field, code)
        apply = self.controls.apart("voucher_apply", "place_order", "continue")["voucher_apply"]
        if apply:
            before = self.mark()
            self.press(apply[0])
            self.changed(before)
        return bool(apply)

    # -- the answer ---------------------------------------------------------------------------

    def _answer(self) -> PayResult:
        """Wait for a confirmation or a refusal; questions on the way are answered with yes.

        Raises: AssertionError where the browser itself does not send the form.
        """
        asked: set[str] = set()
        told: list[PayResult] = []

        def there() -> bool:
            seen = self.controls.look("place_order", "card_number", "challenge_confirm")
            form = seen["place_order"] or seen["card_number"]
            text = read(self.page, "orders", "text")
            number = self._number(text) if text else ""
            if number and not form:
                told.append(self._receipt(number))
                return True
            said = self.alert() if text and self.quiet() else ""
            if said and (form or self.mark() != self._before_pay):
                told.append(PayResult("", None, said))
                return True
            if why := self._held_back():
                raise AssertionError(why)
            self._confirm(seen, asked)
            return False

        self.until(there)
        return told[0] if told else PayResult("", None, self.alert())

    def _held_back(self) -> str:
        """Say which field the form still wants, if nothing came of pressing what buys."""
        if self._buys is None or not self.quiet() or self.mark() != self._before_pay:
            return ""
        return held_back(self._buys)

    def _confirm(self, seen: Seen, asked: set[str]) -> None:
        """Press yes where the shop asks back in a window, or the bank on a page of its own."""
        window = [one for one in seen["place_order"] if one.modal and not one.covered]
        form = seen["card_number"] or [one for one in seen["place_order"] if not one.modal]
        bank = [] if form else list(seen["challenge_confirm"])
        for found in (window or bank)[:1]:
            key = f"{self.page.url} {found.path}"
            if key not in asked:
                asked.add(key)
                self.press(found)

    def _number(self, told: Any) -> str:
        """Return the order's number; a table's line counts for what is found."""
        if "order_number" in self.table:
            named = self.controls.look("order_number")["order_number"]
            return _token(named[0].text) if named else ""
        if told.get("orders"):
            return str(told["orders"][0])
        return number_in(str(told.get("text", "")), "order_number")

    def _receipt(self, number: str) -> PayResult:
        """Read the confirmation."""
        self.lines_cents = None
        known = rows(read(self.page, "sums").get("sums", []))
        words = [squeeze(word) for word in phrases("charged_total")]
        paid = [row.cents for row in known if any(word in squeeze(row.label) for word in words)]
        named = self.controls.look("status_link", "charged_total")
        if "charged_total" in self.table and named["charged_total"]:
            charged = cents(named["charged_total"][0].text)
        else:
            charged = paid[-1] if paid else sums(known).total
        link = [one for one in named["status_link"] if one.url]
        url = self.whole(self._href(link[0])) if link else ""
        return PayResult(number, charged, status_url=url)

    def _href(self, found: Found) -> str:
        """Return the address of a link as it is written: its key may be in capitals."""
        try:
            return found.locator.get_attribute("href", timeout=1_000) or ""
        except PlaywrightError:
            return ""

    _before_pay = ""
    _buys: Locator | None = None  # the button that was pressed last


def _token(text: str) -> str:
    """Return the number in a text that the table points to."""
    hit = re.search(r"[A-Za-z#_-]*\d[\w/-]*", text)
    return hit[0].lstrip("#") if hit else text.strip()[:40]
