"""Every fault there is: what the customer meets, and which flow's rule it breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can go wrong; `parameters` are whole numbers with their defaults.

    `flow` names the walk through the shop whose rule it breaks; empty: none in particular.
    """

    flow: str
    text: str
    parameters: Mapping[str, int] = field(default_factory=dict)


OFF = {"off_cents": 100}
A_CENT = {"off_cents": 1}
LATE = {"delay_ms": 4000}
LATE_MAIL = {"delay_ms": 20_000}
SLOW_TILL = {"delay_ms": 300}

KINDS: dict[str, Kind] = {
    "slow_pages": Kind("", "every page answers late", LATE),
    "slow_third_party": Kind("", "the script from the CDN answers late", LATE),
    "script_error": Kind("", "a script on every page throws, and logs an error to the console"),
    # -- browse
    "cart_price": Kind("browse", "the cart asks another price than the product page", OFF),
    "terms_hidden": Kind("browse", "product and cart tell no delivery terms"),
    "total_hidden": Kind("browse", "the cart shows no sums before an account is opened"),
    "remove_dead": Kind("browse", "the button that removes a product does nothing"),
    # -- checkout
    "account_forced": Kind("checkout", "the checkout asks for an account before the address"),
    "cart_lost_on_back": Kind("checkout", "the cart is empty for who goes back from payment"),
    "address_lost_on_back": Kind("checkout", "the address is empty for who goes back from payment"),
    "sums_off": Kind("checkout", "the total, shown and charged, is more than its parts", A_CENT),
    "wrong_total": Kind("checkout", "the card is charged more than the page shows", OFF),
    "blank_confirmation": Kind("checkout", "the confirmation page is empty; the order was made"),
    "lost_mail": Kind("checkout", "mails are written but never sent"),
    "late_mail": Kind("checkout", "mails are sent late", LATE_MAIL),
    "mail_without_number": Kind("checkout", "the confirmation mail names no order number"),
    "mail_wrong_number": Kind("checkout", "the confirmation mail names another order's number"),
    "out_of_stock": Kind("checkout", "the goods sell out between cart and payment"),
    # -- payment
    "payment_error": Kind("payment", "the card is submitted, the shop answers 500; no charge"),
    "double_charge": Kind("payment", "an order is charged twice at the provider"),
    "charge_missing": Kind("payment", "an order is made and nothing is charged for it"),
    "declined_but_charged": Kind("payment", "the provider takes the money and answers: declined"),
    "double_click_orders": Kind(
        "payment", "a second click on Pay makes a second order; paying is slow", SLOW_TILL
    ),
    "double_mail": Kind("payment", "one order, two confirmation mails"),
    "reload_charges": Kind("payment", "a reload of the confirmation charges once more"),
    "back_charges": Kind("payment", "back to the payment page, submitted again: charged again"),
    "retry_charges": Kind("payment", "submitted again after a lost answer: charged again"),
    "key_ignored": Kind("payment", "the same paying request later, same key: charged again"),
    "declined_silent": Kind("payment", "a declined card is told nothing"),
    "declined_loses_cart": Kind("payment", "after a declined card the cart is empty"),
    "challenge_loops": Kind("payment", "the bank asks again each time it is confirmed"),
    "challenge_loses_order": Kind("payment", "confirmed at the bank and charged; no order is made"),
    # -- gift_card
    "gift_pool_starved": Kind("gift_card", "the gift card ledger has no free connection"),
    "gift_balance_wrong": Kind("gift_card", "a redemption takes more than was redeemed", OFF),
    "gift_expired_accepted": Kind("gift_card", "an expired card can be redeemed"),
    "gift_used_accepted": Kind("gift_card", "a card without a balance can be redeemed"),
    "gift_mistyped_accepted": Kind("gift_card", "a code that was never issued can be redeemed"),
    "gift_refusal_silent": Kind("gift_card", "a card that is refused is told nothing"),
    "gift_race": Kind("gift_card", "two that redeem a card at once both get the money"),
    "gift_refund_lost": Kind("gift_card", "a return gives nothing back to the gift card"),
    # -- autopay
    "renewal_skipped": Kind("autopay", "the renewal job silently passes over due memberships"),
    "renewal_double": Kind("autopay", "a renewal is charged twice"),
    "renewal_date_stuck": Kind("autopay", "a renewal is charged, its next date does not move"),
    "renewal_locks_out": Kind("autopay", "a renewal is charged, and access is closed"),
    "expired_locks_out": Kind("autopay", "an expired card locks out at once, without grace"),
    "dunning_lost": Kind("autopay", "an expired card, and nobody writes about it"),
    "cancelled_renewed": Kind("autopay", "a cancelled membership is charged all the same"),
    # -- after_sales
    "status_link_dead": Kind("after_sales", "the mail's link to the order leads nowhere"),
    "return_refused": Kind("after_sales", "a return inside the policy is refused"),
    "support_no_reference": Kind("after_sales", "support answers without a reference"),
    "no_response_promise": Kind("after_sales", "support does not say when it answers"),
    "reviews_broken": Kind("after_sales", "the review page answers 500"),
    # -- clean-up
    "void_fails": Kind("", "voiding anything over the clean-up API answers 500, does nothing"),
    "restock_lost": Kind("", "a voided order's money goes back, its goods do not"),
}
