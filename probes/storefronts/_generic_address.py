"""The way from any cart to the payment: account, address, delivery, in whatever order."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from playwright.sync_api import TimeoutError as NotThere

from probes.amounts import amounts
from probes.controls import Found, phrases
from probes.controls.finder import missing
from probes.controls.sums import Sums, squeeze
from probes.storefront import Address, Totals
from probes.storefronts._generic_cart import GenericCart
from probes.storefronts._generic_forms import choose_needed, held_back
from probes.storefronts._generic_pages import ANSWER_S

PHONE = "+49 30 23125123"  # from the range that is kept for films: it never rings
PLACE = ("first_name", "last_name", "name", "street", "house_number", "postal_code", "city")
ADDRESS = ("email", *PLACE, "region", "country", "phone")
PAYING = ("card_number", "payment_option", "place_order")
STEP = ("guest", "password", "same_address", "continue", "delivery_option")
STAGE = (*ADDRESS, *STEP, "terms_box", *PAYING)
STEPS = 8  # of a checkout, at most
REGIONS_S = 2.0  # for the regions of a country to come
BEYOND_S = 4.0  # for what comes after the address
UNFOLDED_S = 0.6  # where it is there already, for a refusal to be told
NO_SUMS_S = 1.0  # for sums to come to a page that has none yet: some have none

Seen = Mapping[str, Sequence[Found]]


class GenericAddress(GenericCart):
    """Account, address, delivery."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._given: Address | None = None
        self._delivery_cents: int | None = None

    def address(self, address: Address) -> None:
        """Go to the checkout and fill in the address, as a guest.

        Raises: AssertionError where the shop sells to nobody without an account.
        """
        self._given = address
        self._to_checkout()
        for _ in range(STEPS):
            seen = self.stage()
            if seen["street"] or seen["postal_code"]:
                if self._fill_address(seen, address):
                    return
            elif any(seen[name] for name in ("delivery_option", *PAYING)):
                return  # nothing to send: this shop asks for no address
            else:
                self._pass_door(seen, address)
        raise NotThere(missing("street", self.page.url))

    def delivery(self, kind: str) -> Totals:
        """Choose a delivery where there is one to choose; the sums before paying."""
        made = Sums()
        for _ in range(STEPS):
            seen = self.stage()
            made = self._better(self.sums(), made)
            options = seen["delivery_option"]
            if options:
                self._choose(options, kind)
                seen = self.stage()
            if any(seen[name] for name in PAYING):
                break
            if not seen["continue"] and options and options[0].kind == "button":
                continue
            self._go_on(seen, after=options)
        made = self._better(self.settled(), made)
        return self.totals(self._better(made, self._from_cart()))

    def back_to_address(self) -> Address:
        """Go back to the address by the checkout's own link, else by the browser's button.

        A field that the address's page has not (an e-mail asked for at the door) is told as
        it was given: it cannot have been lost there.
        """
        if not self._asks_for_address(self.stage()):
            links = self.controls.look("edit_address")["edit_address"]
            before = self.mark()
            if links:
                self.press(links[0])
                self.changed(before)
            for _ in range(3):
                if self._asks_for_address(self.stage()):
                    break
                self.page.go_back(wait_until="domcontentloaded")
        return self._held(self.controls.apart(*ADDRESS))

    def _asks_for_address(self, seen: Seen) -> bool:
        """Whether the page asks for an address, or for an e-mail alone where nothing is sent."""
        return bool(seen["street"]) or bool(seen["email"] and not any(seen[n] for n in PAYING))

    def stage(self) -> dict[str, list[Found]]:
        """Wait until the page shows any part of a checkout, and return what is there."""
        seen: dict[str, list[Found]] = {}

        def there() -> bool:
            seen.update(self.controls.apart(*STAGE))
            return any(seen[name] for name in STAGE if name != "phone")

        if not self.until(there, 15.0):
            raise NotThere(missing("continue", self.page.url))
        return seen

    def settled(self) -> Sums:
        """Return the sums once no call is under way and they stand still."""
        last: list[Sums] = []

        def still() -> bool:
            made = self.sums()
            known = bool(last) and last[-1] == made and made.total is not None and self.quiet()
            last.append(made)
            return known

        self.until(still, ANSWER_S if self.sums().total is not None else NO_SUMS_S)
        return last[-1]

    def _from_cart(self) -> Sums:
        """Return the sums that the cart showed, with the delivery chosen since.

        Some shops show none between the cart and the last look at everything.
        """
        made, price = self.cart_sums, self._delivery_cents
        if made.total is None or price is None or price == made.delivery:
            return made
        return replace(made, delivery=price, total=made.total - (made.delivery or 0) + price)

    def _better(self, made: Sums, earlier: Sums) -> Sums:
        """Return the sums of this page, or of the page before if this one shows none."""
        return made if made.total is not None else earlier

    # -- the door -----------------------------------------------------------------------------

    def _to_checkout(self) -> None:
        """Press what leads to the checkout, on the cart's page."""
        if self.page.url.startswith("http"):
            seen = self.controls.look("street", "delivery_option", "card_number", "add_to_cart")
            if not seen["add_to_cart"] and any(
                seen[name] for name in ("street", "delivery_option")
            ):
                return
        address = self.controls.address("checkout_page")
        if address:
            self.open(address)
            return
        self.cart()
        button = self.controls.await_any("to_checkout")[0]
        before = self.mark()
        self.press(button)
        self.changed(before)

    def _pass_door(self, seen: Seen, address: Address) -> None:
        """Get past a page that asks who it is: as a guest, or with an address for mails only."""
        if not seen["guest"] and seen["password"]:
            raise AssertionError(
                "forced registration: the shop sells to nobody without an account; if it does, "
                'write in [shop.controls] guest = "button: …"'
            )
        chosen = seen["guest"][0] if seen["guest"] else None
        if chosen is not None and chosen.kind in ("choice", "box"):
            self.tick(chosen)
        if seen["email"] and not (
            chosen and chosen.kind in ("button", "link") and seen["password"]
        ):
            self.put(self._guests(seen["email"], chosen), address.email)
        if chosen is not None and chosen.kind in ("button", "link"):
            before = self.mark()
            self.press(chosen)
            self.changed(before)
        elif seen["email"] or chosen is not None:
            named = self.controls.look("guest_continue") if "guest_continue" in self.table else seen
            self._go_on(
                {**seen, "continue": named.get("guest_continue") or seen["continue"]}, after=()
            )
        else:
            raise NotThere(missing("guest", self.page.url))

    def _guests(self, fields: Sequence[Found], chosen: Found | None) -> Found:
        """Return the e-mail field that stands nearest to the guest's choice."""
        if chosen is None:
            return fields[0]
        return min(fields, key=lambda one: abs(one.at - chosen.at))

    # -- the address ----------------------------------------------------------------------------

    def _fill_address(self, seen: Seen, address: Address) -> bool:
        """Fill in what is asked for and go on; whether the next part of the checkout is there."""
        last = self._fill(seen, address, keys=False)
        again = self.controls.apart(*ADDRESS)  # a country may have brought a region with it
        last = max(last, self._fill(again, address, keys=True, wrong_only=True))
        choose_needed(self.page)
        seen = self.controls.apart(*STAGE)
        self._same_address(seen)
        if seen["place_order"] and not self._before(seen["continue"], seen["place_order"]):
            return True  # all on one page: there is nothing between
        self.forget_alerts()
        before = self.mark()
        self.press(self._next(seen["continue"], last))
        unfolded = any(seen[name] for name in ("delivery_option", *PAYING))
        if self._beyond(before, UNFOLDED_S if unfolded else BEYOND_S):
            return True
        said = self.alert()
        seen = self.controls.apart(*STAGE)
        if seen["street"]:
            self._fill(seen, address, keys=True)
            button = self._next(self.controls.apart(*STAGE)["continue"], last)
            self.press(button)
            if not self._beyond(before, BEYOND_S) and self.controls.find("street"):
                why = self.alert() or said or held_back(button.locator) or "no word"
                raise AssertionError(f"the address is not taken: {why}")
        return not self.controls.find("street")

    def _fill(self, seen: Seen, address: Address, *, keys: bool, wrong_only: bool = False) -> int:
        """Put the address into its fields; the place of the last one on the page."""
        last = 0
        for name, value in self._values(seen, address).items():
            for found in seen[name][:1]:
                last = max(last, found.at)
                if wrong_only and self._same(found, value):
                    continue
                if found.tag == "select":
                    self._pick(found, value)
                else:
                    self.put(found, value, keys=keys)
        return last

    def _values(self, seen: Seen, address: Address) -> dict[str, str]:
        """Return what belongs into which field of this form."""
        first, _, rest = address.name.partition(" ")
        values = asdict(address)
        if seen["first_name"] and seen["last_name"]:
            values |= {"first_name": first, "last_name": rest or first}
            values.pop("name")
        if seen["house_number"]:
            number = re.search(r"\d+\w?", address.street)
            values["house_number"] = number[0] if number else "1"
            values["street"] = re.sub(r"\s*\d+\w?\s*", " ", address.street).strip()
        if seen["region"]:
            values["region"] = ""
        if seen["phone"]:
            values["phone"] = PHONE
        return {name: value for name, value in values.items() if seen[name]}

    def _same(self, found: Found, value: str) -> bool:
        """Whether a field holds a value, however it is grouped."""
        if found.tag == "select":
            return bool(found.value) and found.name != "country"
        bare = re.sub(r"[\W_]+", "", squeeze(found.value))
        return bare == re.sub(r"[\W_]+", "", squeeze(value))

    def _pick(self, found: Found, value: str) -> None:
        """Choose a country by its code or its name in the page's language; any region."""
        script = """(el, [name, code]) => {
            const all = [...el.options], low = t => t.toLowerCase().trim();
            if (name !== 'country') {
                if (el.value) return el.selectedIndex;
                return all.findIndex(o => o.value && !o.disabled); }
            const names = [document.documentElement.lang || 'en', 'en', 'de', 'fr'].map(lang => {
                try { return low(new Intl.DisplayNames([lang], {type: 'region'}).of(code)); }
                catch { return low(code); } });
            const hit = all.find(o => low(o.value) === low(code))
                || all.find(o => names.includes(low(o.textContent)))
                || all.find(o => names.some(one => low(o.textContent).includes(one)));
            return hit ? hit.index : -1; }"""
        index = found.locator.evaluate(script, [found.name, value])
        if index < 0 and found.name != "country" and found.required:
            # The regions come with the country, a moment later.
            look = [found.name, value]
            self.until(lambda: found.locator.evaluate(script, look) >= 0, REGIONS_S)
            index = found.locator.evaluate(script, look)
        if index < 0 and found.name == "country":
            raise AssertionError(
                f'the shop does not deliver to "{value}": country has no such option'
            )
        if index >= 0 and found.locator.evaluate("el => el.selectedIndex") != index:
            found.locator.select_option(index=index)  # once more would empty what hangs on it

    def _same_address(self, seen: Seen) -> None:
        """Say that the bill goes where the goods go, unless that is said already."""
        for found in seen["same_address"][:1]:
            if not found.checked and "different" not in found.text and "abweich" not in found.text:
                self.tick(found)

    # -- going on ---------------------------------------------------------------------------------

    def _go_on(self, seen: Seen, after: Sequence[Found] = ()) -> None:
        """Press what goes on to the next part, and wait for it.

        Raises: AssertionError in the page's words if it leads nowhere.
        """
        button = self._next(seen["continue"], max((one.at for one in after), default=0))
        self.forget_alerts()
        before = self.mark()
        self.press(button)
        if not self.changed(before):
            why = self.alert() or held_back(button.locator) or "no word why"
            raise AssertionError(f'"{button.text}" leads nowhere: {why}')

    def _next(self, buttons: Sequence[Found], last: int) -> Found:
        """Return the button after the last field that was filled in; there may be one a part."""
        buttons = buttons or self.controls.await_any("continue", wait_s=ANSWER_S)
        later = [one for one in buttons if one.at > last]
        return min(later, key=lambda one: one.at) if last and later else buttons[0]

    def _before(self, some: Sequence[Found], others: Sequence[Found]) -> bool:
        return bool(some) and min(one.at for one in some) < min(one.at for one in others)

    def _beyond(self, before: str, within_s: float) -> bool:
        """Wait for the part after the address: a delivery, a payment, or another page."""

        def there() -> bool:
            if self.mark() in (before, "leaving") or not self.quiet():
                return False
            seen = self.controls.apart("street", "continue", "delivery_option", *PAYING)
            return not seen["street"] or any(seen[name] for name in ("delivery_option", *PAYING))

        if self.until(there, within_s):
            return True
        seen = self.controls.apart("continue", "delivery_option", *PAYING)
        return any(seen[name] for name in ("delivery_option", *PAYING)) and not self.alert()

    def _choose(self, options: Sequence[Found], kind: str) -> None:
        """Choose the delivery whose words fit; the first one where none does."""
        wanted = [squeeze(word) for word in (*phrases(f"_{kind}"), kind)]
        texts = {id(one): squeeze(f"{one.text} {one.value} {self._around(one)}") for one in options}
        fit = [one for one in options if any(word in texts[id(one)] for word in wanted)]
        option = next((one for one in fit if one.checked), None) or next(iter(fit or options))
        self._delivery_cents = next(iter(_prices(texts[id(option)])), None)
        before = self.mark()
        if option.kind == "button":
            self.press(option)
            self.changed(before)
        elif not option.checked:
            self.tick(option)
            self.until(self.quiet)

    def _around(self, found: Found) -> str:
        """Return what stands around a button that all deliveries have."""
        if found.kind != "button":
            return ""
        script = (
            "el => (el.closest('tr,li,form,article,.card,.well') || el).innerText.slice(0, 300)"
        )
        return str(found.locator.evaluate(script))

    def _held(self, seen: Seen) -> Address:
        """Return what the form holds, in the words in which it was given."""
        given = self._given or Address(email="")
        values = self._values(seen, given)
        held = asdict(given)
        for name, value in values.items():
            found = seen[name][0]
            if name not in held or name == "country":
                continue
            held[name] = getattr(given, name) if self._same(found, value) else found.value
        if "first_name" in values:
            whole = f"{seen['first_name'][0].value} {seen['last_name'][0].value}".strip()
            held["name"] = given.name if squeeze(whole) == squeeze(given.name) else whole
        if "country" in values and seen["country"][0].tag == "select":
            held["country"] = self._country(seen["country"][0], given.country)
        return Address(**held)

    def _country(self, found: Found, code: str) -> str:
        """Return the code if the country that was given is still the one chosen."""
        chosen = found.locator.evaluate("el => el.selectedIndex")
        self._pick(found, code)
        return code if found.locator.evaluate("el => el.selectedIndex") == chosen else found.value


def _prices(text: str) -> tuple[int, ...]:
    """Return the amounts in what is said of a delivery; days and dates are none."""
    return amounts(" ".join(re.findall(r"\d+(?:[.,'\s]\d{3})*[.,]\d{2}(?!\d)", text)))
