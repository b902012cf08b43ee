"""After the sale in any shop: order status, returns, support, reviews."""

import re

from playwright.sync_api import TimeoutError as NotThere

from probes.controls import Found
from probes.controls.finder import missing
from probes.controls.reader import read
from probes.controls.sums import squeeze
from probes.controls.texts import blocks, number, number_in
from probes.storefront import Answer, OrderStatus
from probes.storefronts._generic_payment import GenericPayment

SUPPORT = ("support_email", "support_name", "support_topic", "support_message", "support_send")
_STATE = (
    r"(?:order status|status|bestellstatus|statut|estado|stato|stan|state)"
    r"\s*[:–-]?\s*([^\n.:]{3,40})"
)


class GenericAfterSales(GenericPayment):
    """Status, returns, support, reviews."""

    def order_status(self, url: str) -> OrderStatus:
        """Open the status page of an order."""
        self.open(url)
        self._say_who()
        told = self.until(lambda: number(self.page, "order_number"), 5.0)
        return OrderStatus(str(told or ""), self._state())

    def _say_who(self) -> None:
        """Give the e-mail address where an order's page asks for it before it tells anything."""
        fields = self.controls.look("email")["email"]
        if fields and self._given is not None and not number(self.page, "order_number"):
            self.put(fields[0], self._given.email)
            before = self.mark()
            fields[0].locator.press("Enter")
            self.changed(before)

    def request_return(self, url: str) -> OrderStatus:
        """Ask for a return on the status page; the state it then shows, if it says any."""
        before = self.order_status(url)
        button = self.controls.await_any("return_button")[0]
        said = str(read(self.page, "text").get("text", ""))
        page = self.mark()
        self.press(button)
        self.changed(page)
        self._give_reason(button)
        text = str(read(self.page, "text").get("text", ""))
        news = [line.strip() for line in text.splitlines() if line.strip() not in said]
        state = self._state()
        if state and state != before.state:
            return OrderStatus(before.number, state)
        told = self.controls.look("return_note")["return_note"]
        note = told[0].text if told else next((line for line in news if _about_return(line)), "")
        return OrderStatus(before.number, note[:80])

    def ask_support(self, email: str, topic: str, message: str) -> Answer:
        """Send the support form."""
        self._to_support()
        seen = self.controls.apart(*SUPPORT)
        promise = self._promise()
        values = {
            "support_email": email,
            "support_name": "Forepost Probe",
            "support_message": message,
        }
        for name, value in values.items():
            for found in seen[name][:1]:
                self.put(found, value)
        for found in seen["support_topic"][:1]:
            self._topic(found, topic)
        before = self.mark()
        self.press(self.controls.await_any("support_send")[0])
        self.changed(before)
        reference = str(self.until(self._reference, 5.0) or "")
        return Answer(reference, self._promise() or promise)

    def reviews(self, sku: str) -> int:
        """Open a product's reviews; return how many the page shows."""
        known = self._known.get(sku)
        if known is not None:
            self.open(known.url)
        else:
            self.product(sku)
        shown = self._reviews()
        links = self.controls.look("reviews_link")["reviews_link"]
        if not shown and links:
            before = self.mark()
            self.press(links[0])
            self.changed(before)
            shown = int(self.until(self._reviews, 5.0) or 0)
        return shown

    def _reviews(self) -> int:
        if "review" in self.table:
            return len(self.controls.look("review")["review"])
        told = read(self.page, "reviews").get("reviews") or {}
        return len(told.get("shown", []))

    def _state(self) -> str:
        """Return how an order stands, as its page says it."""
        if "order_state" in self.table:
            named = self.controls.look("order_state")["order_state"]
            return named[0].text if named else ""
        told = self.page.locator("main [role=status], [data-state]").filter(visible=True)
        if told.count():
            return str(told.first.inner_text()).strip()[:80]
        text = str(read(self.page, "text").get("text", ""))
        hit = re.search(_STATE, text, re.IGNORECASE)
        return hit[1].strip() if hit else ""

    def _give_reason(self, pressed: Found) -> None:
        """Fill in the form that a return may ask for, and send it."""
        seen = self.controls.look("return_reason", "return_button")
        if not seen["return_reason"]:
            return
        field = seen["return_reason"][0]
        if field.tag == "select":
            field.locator.select_option(index=1)
        else:
            self.put(field, "A test order")
        buttons = seen["return_button"] or [pressed]
        before = self.mark()
        self.press(buttons[0])
        self.changed(before)

    def _to_support(self) -> None:
        address = self.controls.address("support_page")
        if address:
            self.open(address)
        else:
            seen = self.controls.look("support_link")["support_link"]
            if not seen:
                self.open("/")
                seen = self.controls.await_any("support_link")
            before = self.mark()
            self.press(seen[0])
            self.changed(before)
        if not self.until(lambda: self.controls.find("support_message"), 5.0):
            raise NotThere(missing("support_message", self.page.url))

    def _topic(self, found: Found, topic: str) -> None:
        """Choose the topic if it is offered, else any; or write it."""
        if found.tag != "select":
            self.put(found, topic)
            return
        script = """(el, topic) => { const all = [...el.options];
            const hit = all.find(o => o.value.toLowerCase() === topic)
                || all.find(o => o.textContent.toLowerCase().includes(topic))
                || all.find(o => o.value && !o.disabled);
            return hit ? hit.index : -1; }"""
        index = found.locator.evaluate(script, topic.lower())
        if index >= 0:
            found.locator.select_option(index=index)

    def _reference(self) -> str:
        if "support_reference" in self.table:
            named = self.controls.look("support_reference")["support_reference"]
            return named[0].text if named else ""
        text = str(read(self.page, "text").get("text", ""))
        return number_in(text, "support_reference")

    def _promise(self) -> str:
        """Return when somebody will write back: one with a number first."""
        named = self.controls.look("support_promise")["support_promise"]
        if named and named[0].how.startswith("table"):
            return named[0].text
        said = blocks(self.page, "support_promise")
        return said[0]["text"] if said else ""


def _about_return(line: str) -> bool:
    words = ("return", "retour", "rucksend", "ruckgabe", "devol", "reso", "zwrot")
    return any(word in squeeze(line) for word in words)
