"""The bundled demo shop, operated as its customers do; books and mails over its test APIs."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route
from playwright.sync_api import TimeoutError as NotThere

from probes.journey import Journey
from probes.storefront import (
    AccountAskedError,
    Address,
    Answer,
    Balance,
    Card,
    CartLine,
    CartView,
    Offer,
    OrderStatus,
    PayResult,
    ShopSettings,
    Subscription,
    Totals,
)
from probes.storefronts._books import DemoBooks
from probes.storefronts._demo import ANSWER_MS
from probes.storefronts._demo_reads import FORM, SUMS, cart, read, receipt

# From a timer: the call returns before the page is gone, so that two can be pressed at once.
SUBMIT = "form => { setTimeout(() => form.submit(), 0) }"
BAD_STATUS = 400
SERVICES = ("gateway", "mail", "orders")


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing to set: `[shop]` says it all."""


def open_shop(journey: Journey, shop: ShopSettings) -> "DemoShop":
    """Return the shop for one journey."""
    return DemoShop(journey, shop)


class DemoShop(DemoBooks):
    """Keeps the Storefront protocol."""

    # -- looking around ---------------------------------------------------------------

    def home(self) -> None:
        """Open the first page."""
        self.open("/")
        with suppress(NotThere):  # what is missing then is for the flow to say
            self.page.get_by_role("heading", level=1).wait_for(timeout=ANSWER_MS)

    def search(self, words: str) -> tuple[str, ...]:
        """Search from the bar that every page has."""
        self.page.get_by_role("searchbox", name="Search products").fill(words)
        self.page.get_by_role("button", name="Search").click()
        with suppress(NotThere):
            self.page.get_by_test_id("result-count").wait_for(timeout=ANSWER_MS)
        found = self.page.get_by_test_id("results").get_by_role("heading", level=3)
        return tuple(found.all_inner_texts())

    def product(self, sku: str) -> Offer:
        """Follow the link to a product where the page has one."""
        link = self.page.locator(f'main a[href$="/product/{sku}"]').first
        if link.count():
            link.click()
        else:
            self.open(f"/product/{sku}")
        return self._offer(sku)

    def add_to_cart(self, sku: str, quantity: int = 1) -> Offer:
        """Put a product into the cart from its page."""
        if not urlsplit(self.page.url).path.endswith(f"/product/{sku}"):
            self.open(f"/product/{sku}")
        offer = self._offer(sku)
        if quantity != 1:
            self.page.get_by_label("Quantity").select_option(str(quantity))
        self.page.get_by_role("button", name="Add to cart").click()
        self.page.get_by_test_id("cart").wait_for()
        return offer

    def cart(self) -> CartView:
        """Open the cart."""
        if urlsplit(self.page.url).path != "/cart":
            self.open("/cart")
        shown = cart(self.page)
        lines = tuple(CartLine(**row) for row in shown["lines"])
        if not lines:
            return CartView((), None)
        sums = shown["sums"]
        return CartView(lines, None if sums is None else _totals(sums), shown["terms"])

    def remove(self, sku: str) -> None:
        """Take a line out of the cart."""
        row = self.page.locator(f'[data-testid=line][data-sku="{sku}"]')
        row.get_by_role("button", name="Remove").click()
        with suppress(NotThere):  # whether it is gone is for the flow to say
            row.wait_for(state="detached", timeout=ANSWER_MS)

    # -- checkout ---------------------------------------------------------------------

    def address(self, address: Address) -> None:
        """Go to the checkout, as a guest, and fill in the address."""
        if urlsplit(self.page.url).path != "/checkout/address":
            self.page.get_by_role("link", name="Go to checkout").click()
        self._as_guest()
        self.page.get_by_label("E-mail").fill(address.email)
        self.page.get_by_label("Full name").fill(address.name)
        self.page.get_by_label("Street and number").fill(address.street)
        self.page.get_by_label("Postal code").fill(address.postal_code)
        self.page.get_by_label("Town or city").fill(address.city)
        self.page.get_by_label("Country").select_option(address.country)
        self.page.get_by_role("button", name="Continue to delivery").click()
        self.page.get_by_role("group", name="Delivery").wait_for()

    def delivery(self, kind: str) -> Totals:
        """Choose a delivery; the sums stand on the payment page."""
        self.page.locator(f"#delivery-{kind}").check()
        self.page.get_by_role("button", name="Continue to payment").click()
        self.page.get_by_test_id("payment-form").wait_for()
        return _totals(read(self.page.get_by_test_id("sums"), SUMS))

    def back_to_address(self) -> Address:
        """Go back to the address by the checkout's own steps."""
        steps = self.page.get_by_role("list", name="Checkout")
        steps.get_by_role("link", name="Address").click()
        form = self.page.get_by_role("main").locator("form")
        try:
            self._as_guest()
        except NotThere:
            return Address("", "", "", "", "", "")
        held: dict[str, str] = read(form, FORM)
        return Address(**{name: held.get(name, "") for name in Address.__dataclass_fields__})

    def pay(self, card: Card, *, clicks: int = 1) -> PayResult:
        """Fill in the card and submit it."""
        self.fill_card(card)
        return self._submit(clicks)

    def back_and_pay_again(self, card: Card) -> None:
        """Press the back button; submit again if the page lets one."""
        self.page.go_back()
        form = self.page.get_by_test_id("payment-form")
        self.page.get_by_role("main").wait_for()
        if form.count():
            self.pay(card)

    def pay_with_dropped_response(self, card: Card) -> PayResult:
        """Let the shop take the payment, cut the line before its answer, and go on."""
        payment = self.page.url

        def cut(route: Route) -> None:
            route.fetch(max_redirects=0)
            route.abort("connectionreset")

        self.fill_card(card)
        self.page.route("**/checkout/pay", cut, times=1)
        with self.page.expect_event("framenavigated"):  # to the browser's own error page
            self._pay_button().click(no_wait_after=True)
        self.page.goto(payment)
        if self.page.get_by_test_id("payment-form").count():
            return self.pay(card)
        return self._receipt()

    def buy(
        self, sku: str, email: str, card: Card | None = None, gift_code: str | None = None
    ) -> PayResult:
        """Walk the whole checkout with one product."""
        self.add_to_cart(sku)
        self.address(Address(email=email))
        self.delivery("standard")
        if card is not None:
            self.fill_card(card)
        if gift_code is not None:
            self.page.get_by_label("Gift card code").fill(gift_code)
        return self._submit(1)

    def _as_guest(self) -> None:
        """See the form for the address, and nothing that wants an account first."""
        password = self.page.locator("main input[type=password]").filter(visible=True)
        self.page.get_by_label("Full name").or_(password).first.wait_for(timeout=ANSWER_MS)
        if password.count():
            raise AccountAskedError(urlsplit(self.page.url).path)

    # -- after the sale -----------------------------------------------------------------

    def order_status(self, url: str) -> OrderStatus:
        """Open the status page of an order."""
        answer = self.page.goto(url)
        if answer is not None and answer.status >= BAD_STATUS:
            raise AssertionError(f"the status page of the order answers {answer.status}")
        number = self.page.get_by_test_id("order-number").inner_text(timeout=ANSWER_MS)
        state = self.page.get_by_test_id("order-state").get_attribute("data-state") or ""
        return OrderStatus(number, state)

    def request_return(self, url: str) -> OrderStatus:
        """Ask for a return on the status page."""
        before = self.order_status(url)
        self.page.get_by_role("button", name="Return this order").click()
        accepted = self.page.get_by_test_id("return-note").or_(self.page.get_by_role("alert"))
        with suppress(NotThere):  # neither a yes nor a no: the state is the answer
            accepted.first.wait_for(timeout=ANSWER_MS)
        if not self.page.get_by_test_id("order-state").count():
            return OrderStatus(before.number, "")
        state = self.page.get_by_test_id("order-state").get_attribute("data-state") or ""
        return OrderStatus(before.number, state if state != before.state else "")

    def ask_support(self, email: str, topic: str, message: str) -> Answer:
        """Send the support form."""
        self.open("/support")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("What is it about?").select_option(topic)
        self.page.get_by_label("Your message").fill(message)
        self.page.get_by_role("button", name="Send message").click()
        reference = self.page.get_by_test_id("support-reference")
        if not self.answered("support-reference"):
            return Answer("")
        promise = self.page.get_by_test_id("response-promise").filter(visible=True)
        said = promise.first.inner_text().strip() if promise.count() else ""
        return Answer(reference.inner_text().strip(), said)

    def reviews(self, sku: str) -> int:
        """Open a product's reviews."""
        self.open(f"/product/{sku}/reviews")
        self.page.get_by_role("heading", level=1).wait_for()
        return self.page.get_by_test_id("review").count()

    # -- gift cards -----------------------------------------------------------------------

    def buy_gift_card(self, amount_cents: int, email: str, card: Card) -> str:
        """Buy a gift card; its code stands on the page."""
        self.open("/gift-cards")
        self.page.get_by_label("Amount").select_option(str(amount_cents))
        self.page.get_by_label("E-mail for the code").fill(email)
        self.fill_card(card)
        self.page.get_by_role("button", name="Buy gift card").click()
        if not self.answered("gift-code"):
            self.journey.fact("page said", self.alert())
            return ""
        return self.page.get_by_test_id("gift-code").inner_text()

    def gift_balance(self, code: str) -> Balance:
        """Ask for a balance."""
        self.open("/gift-cards/balance")
        self.page.get_by_label("Gift card code").fill(code)
        self.page.get_by_role("button", name="Show balance").click()
        return self._balance()

    def redeem(self, code: str, amount_cents: int, email: str) -> Balance:
        """Redeem an amount into an account."""
        self._redemption(code, amount_cents, email)
        self.page.get_by_role("button", name="Redeem", exact=True).click()
        return self._balance()

    def race(self, code: str, amount_cents: int, email: str) -> tuple[Balance, ...]:
        """Let two customers press the button in the same moment."""
        both = (self, self._another())
        for one in both:
            one._redemption(code, amount_cents, email)  # noqa: SLF001 - of the same class
        for one in both:
            one.page.locator("main form").evaluate(SUBMIT)
        return tuple(one._balance() for one in both)  # noqa: SLF001 - of the same class

    def race_carts(self, sku: str, code: str, email: str) -> tuple[PayResult, ...]:
        """Let two customers pay their carts with the same card in the same moment."""
        both = (self, self._another())
        for one in both:
            one.add_to_cart(sku)
            one.address(Address(email=email))
            one.delivery("standard")
            one.page.get_by_label("Gift card code").fill(code)
        for one in both:
            one.page.get_by_test_id("payment-form").evaluate(SUBMIT)
        return tuple(one._answer() for one in both)  # noqa: SLF001 - of the same class

    # -- memberships ------------------------------------------------------------------------

    def subscribe(self, email: str, plan: str, card: Card) -> Subscription:
        """Become a member on a test clock that stands at this moment."""
        self.open("/subscribe")
        self.page.locator(f"#plan-{plan}").check()
        self.page.get_by_label("E-mail").fill(email)
        self.fill_card(card)
        self.page.get_by_text("For testers").click()
        self.page.get_by_label("Test clock").fill(datetime.now(UTC).isoformat(timespec="seconds"))
        self.page.get_by_role("button", name="Start membership").click()
        if not self.answered("subscription"):
            raise AssertionError(f"no membership: {self.alert() or 'no answer'}")
        key = parse_qs(urlsplit(self.page.url).query).get("key", [""])[0]
        return replace(self._membership(), key=key)

    def subscription(self, subscription: Subscription) -> Subscription:
        """Open a membership's page again."""
        self.open(f"/subscription/{subscription.id}?key={subscription.key}")
        return replace(self._membership(), key=subscription.key)

    def cancel(self, subscription: Subscription) -> None:
        """Cancel on the membership's page."""
        self.subscription(subscription)
        self.page.get_by_role("button", name="Cancel membership").click()
        self.page.locator('[data-testid=state][data-state="cancelled"]').wait_for()

    def members(self, subscription: Subscription) -> bool:
        """Open the members' page."""
        self.open(f"/members?id={subscription.id}&key={subscription.key}")
        return self.answered("members-open")

    # -- the pages' common parts ------------------------------------------------------------

    def _offer(self, sku: str) -> Offer:
        box = self.page.locator(f'[data-testid=product][data-sku="{sku}"]')
        name = box.get_by_role("heading", level=1).inner_text()
        cents = box.get_by_test_id("price").locator("[data-cents]").get_attribute("data-cents")
        return Offer(sku, name, int(cents or 0))

    def _submit(self, clicks: int) -> PayResult:
        self._pay_button().click(click_count=clicks)
        return self._answer()

    def _answer(self) -> PayResult:
        """Wait for what the page says to a payment; confirm it at the bank if it asks."""
        confirm = self.page.get_by_role("button", name="Confirm")
        answered = self.answered("order-number", confirm)
        at_home = self.page.url.startswith(f"{self.settings.url}/")
        if answered and not at_home and confirm.count():
            confirm.click()
            answered = self.answered("order-number")
        return self._receipt() if answered else PayResult("", None, self.alert())

    def _receipt(self) -> PayResult:
        number, charged, link = receipt(self.page)
        cents = None if charged is None else int(charged or 0)
        return PayResult(number, cents, status_url=self.settings.url + link)

    def _pay_button(self) -> Any:
        return self.page.get_by_test_id("payment-form").get_by_role("button", name="Pay")

    def _balance(self) -> Balance:
        if not self.answered("balance"):
            return Balance(None, self.alert())
        shown = self.page.get_by_test_id("balance").locator("[data-cents]")
        return Balance(int(shown.get_attribute("data-cents") or 0))

    def _another(self) -> "DemoShop":
        """Return the same shop in the hands of a second customer."""
        return DemoShop(self.journey, self.settings, self.journey.another_customer())

    def _redemption(self, code: str, amount_cents: int, email: str) -> None:
        page = self.page
        self.open("/gift-cards/redeem")
        page.get_by_label("Gift card code").fill(code)
        page.get_by_label("Amount in cents").fill(str(amount_cents))
        page.get_by_label("E-mail of your account").fill(email)

    def _membership(self) -> Subscription:
        page = self.page
        renewal = page.get_by_test_id("next-renewal").get_attribute("datetime")
        return Subscription(
            id=page.get_by_test_id("subscription-id").inner_text(),
            key="",
            state=page.get_by_test_id("state").get_attribute("data-state") or "",
            next_renewal_at=datetime.fromisoformat(renewal) if renewal else None,
            charges=page.locator('[data-testid=charge][data-status="succeeded"]').count(),
        )


def _totals(sums: dict[str, int]) -> Totals:
    return Totals(
        lines_cents=sums.get("lines"),
        delivery_cents=sums.get("delivery"),
        tax_cents=sums.get("tax"),
        discount_cents=abs(sums.get("discount", 0)),
        total_cents=sums["total"],
    )
