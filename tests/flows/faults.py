"""Every fault of the demo shop that breaks a flow's rule, and who must notice it, where, how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CHARGES = "charges in the provider's books and one total differ"
ORDERS = "orders in the shop's books and one number differ"
SHORT = {"mail_within_s": 2.0}


@dataclass(frozen=True, slots=True)
class Row:
    """One fault: switched on with `parameters`, met by `flow` in `step`, told as `part`."""

    fault: str
    flow: str
    step: str
    part: str
    settings: Mapping[str, Any] = field(default_factory=dict)  # only the case that meets it
    parameters: Mapping[str, int] = field(default_factory=dict)


def case(*names: str, **more: Any) -> dict[str, Any]:
    """Return settings that walk only some cases of a flow."""
    return {"checks": names, **more}


FAULTS = (
    # -- browse
    Row("cart_price", "browse", "look at the cart", "price in cart and price on product differ"),
    Row("terms_hidden", "browse", "look at the cart", "delivery terms are shown before"),
    Row("total_hidden", "browse", "look at the cart", "the total is shown before any account"),
    Row("remove_dead", "browse", "remove it", "an item can be removed in one action"),
    # -- checkout
    Row("account_forced", "checkout", "address", "a guest can buy without an account"),
    Row("cart_lost_on_back", "checkout", "back and edit", "cart after going back and cart before"),
    Row("address_lost_on_back", "checkout", "back and edit", "address after going back"),
    Row("sums_off", "checkout", "delivery", "lines + delivery + tax − discount and total differ"),
    Row("wrong_total", "checkout", "receipt", "shown total differ: 4876 and 4776 cents"),
    Row("blank_confirmation", "checkout", "pay", "no order number"),
    Row("lost_mail", "checkout", "confirmation mail", "no confirmation mail within 2 s", SHORT),
    Row("late_mail", "checkout", "confirmation mail", "no confirmation mail within 2 s", SHORT),
    Row("mail_without_number", "checkout", "confirmation mail", "no mail names the order", SHORT),
    Row("mail_wrong_number", "checkout", "confirmation mail", "no mail names the order", SHORT),
    Row("out_of_stock", "checkout", "pay", "no order number"),
    Row("payment_error", "checkout", "pay", "no order number"),
    # -- payment
    Row("payment_error", "payment", "pay", "no order number", case()),
    Row("double_charge", "payment", "charged once after a double click", CHARGES, case()),
    Row("charge_missing", "payment", "charged once after a double click", CHARGES, case()),
    Row("declined_but_charged", "payment", "pay", "charges without an order and none", case()),
    Row("double_click_orders", "payment", "charged once after a double click", ORDERS, case()),
    Row("double_mail", "payment", "one mail for one order", "and one order differ: 2", case()),
    Row("reload_charges", "payment", "charged once after a reload", CHARGES, case("reload")),
    Row("back_charges", "payment", "charged once after the back button", CHARGES, case("back")),
    Row(
        "retry_charges",
        "payment",
        "charged once after a dropped response",
        "differ",
        case("dropped"),
    ),
    Row(
        "key_ignored",
        "payment",
        "charged once after a retry with the same key",
        CHARGES,
        case("same_key"),
    ),
    Row(
        "declined_silent",
        "payment",
        "a declined card says so",
        "a declined card is told so",
        case("declined"),
    ),
    Row(
        "declined_loses_cart",
        "payment",
        "a declined card keeps the cart",
        "cart after a declined card and cart before differ",
        case("declined"),
    ),
    Row(
        "challenge_loops",
        "payment",
        "a challenge is passed",
        "it ends in an order number",
        case("challenge"),
    ),
    Row(
        "challenge_loses_order",
        "payment",
        "a challenge is passed",
        "it ends in an order number",
        case("challenge"),
    ),
    # -- gift card
    Row("gift_pool_starved", "gift_card", "buy a gift card", "shows the code of the card", case()),
    Row(
        "gift_balance_wrong",
        "gift_card",
        "redeem a part",
        "balance told and balance before − redeemed differ: 3050 and 3150",
        case(),
    ),
    Row(
        "gift_expired_accepted",
        "gift_card",
        "an expired card is refused",
        "an expired card is refused: 100 cents were redeemed",
        case("refusals"),
    ),
    Row(
        "gift_used_accepted",
        "gift_card",
        "a used card is refused",
        "a used card is refused: 100 cents were redeemed",
        case("refusals"),
    ),
    Row(
        "gift_mistyped_accepted",
        "gift_card",
        "a mistyped code is refused",
        "a mistyped code is refused: 100 cents were redeemed",
        case("refusals"),
    ),
    Row(
        "gift_refusal_silent",
        "gift_card",
        "a used card is refused",
        "a used card is refused with a message",
        case("refusals"),
    ),
    Row(
        "gift_race",
        "gift_card",
        "two redeem one card at once",
        "redeemed by both of a race and one share differ: 5200 and 2600 cents",
        case("race"),
    ),
    # The fault does not touch carts: their race is proved by a mutation, spent_twice_by_carts.
    Row(
        "gift_refund_lost",
        "gift_card",
        "a refund goes back to the card",
        "balance after a refund and before the order differ",
        case("refund"),
    ),
    # -- auto-pay
    Row(
        "renewal_skipped",
        "autopay",
        "the renewal runs",
        "the next date has not moved",
        case(renewal_within_s=2.0),
    ),
    Row(
        "renewal_date_stuck",
        "autopay",
        "the renewal runs",
        "the next date has not moved",
        case(renewal_within_s=2.0),
    ),
    Row("renewal_double", "autopay", "charged once", "charges shown for one renewal", case()),
    Row("renewal_locks_out", "autopay", "still a member", "access stays open", case()),
    Row(
        "expired_locks_out",
        "autopay",
        "an expired card is told and given time",
        "access stays open in the grace period",
        case("expired"),
    ),
    Row(
        "dunning_lost",
        "autopay",
        "an expired card is told and given time",
        "no dunning mail within 2 s",
        case("expired", renewal_within_s=2.0),
    ),
    Row(
        "cancelled_renewed",
        "autopay",
        "a cancelled subscription is not charged",
        "after a cancellation and before it differ: 2 and 1",
        case("cancelled"),
    ),
    # -- after the sale
    Row("status_link_dead", "after_sales", "order status", "the status page of the order answers"),
    Row("return_refused", "after_sales", "return it", "a return inside the policy is accepted"),
    Row("support_no_reference", "after_sales", "ask support", "no reference from support"),
    Row("no_response_promise", "after_sales", "ask support", "says when an answer comes"),
    Row("reviews_broken", "after_sales", "read reviews", "shows reviews, not 0"),
)

# What breaks no rule of a flow: see the tests that name them.
NO_RULE = {"slow_pages", "slow_third_party", "script_error", "void_fails", "restock_lost"}
