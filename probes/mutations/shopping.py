"""Mutations of what leads to a purchase: browse, checkout, payment."""

from probes.mutations import books, pages
from probes.mutations.row import ANY, Mutation, row

PAYING = {
    "checkout": "pay",
    "payment": "pay",
    "gift_card": "buy a gift card",
    "autopay": "subscribe",
    "after_sales": "pay",
}

SHOPPING: tuple[Mutation, ...] = (
    row(
        "before",
        pages.pay_answers_500,
        "a card that is sent ends in a purchase, or in word that it did not",
        {**PAYING, ANY: ""},
    ),
    row("page", pages.pay_button_missing, "there is a way to pay", {**PAYING, ANY: ""}),
    row(
        "before",
        pages.slow_page,
        "a page comes within its budget",
        {
            "browse": "open the shop",
            "checkout": "pay",
            "payment": "pay",
            "gift_card": "look at the balance",
            "autopay": "still a member",
            "after_sales": "order status",
        },
    ),
    row(
        "page",
        pages.blank_page,
        "the first page shows something",
        {"browse": "open the shop"},
        "home_blank",
    ),
    row("page", pages.blank_page, "a search finds something", {"browse": "search"}, "search_blank"),
    row(
        "page",
        pages.cart_price_off,
        "price on product = price in cart",
        {"browse": "look at the cart"},
    ),
    row(
        "page",
        pages.cart_total_off,
        "lines + delivery + tax − discount = total in the cart",
        {"browse": "look at the cart"},
    ),
    row(
        "page",
        pages.terms_hidden,
        "delivery terms are shown before any account is asked for",
        {"browse": "look at the cart"},
    ),
    row(
        "page",
        pages.total_hidden,
        "the total is shown before any account is asked for",
        {"browse": "look at the cart"},
    ),
    row(
        "before",
        pages.nothing_happens,
        "an item can be removed in one action",
        {"browse": "remove it"},
        "item_stays",
    ),
    row("before", pages.account_asked_first, "no forced registration", {"checkout": "address"}),
    row(
        "page",
        pages.total_off,
        "lines + delivery + tax − discount = total before paying",
        {"checkout": "delivery", "payment": "fill the cart"},
    ),
    row(
        "entering",
        pages.cart_lost,
        "back and edit keeps the cart",
        {"checkout": "back and edit"},
        "cart_lost_going_back",
    ),
    row(
        "page",
        pages.address_forgotten,
        "back and edit keeps the address",
        {"checkout": "back and edit"},
    ),
    row("page", pages.blank_confirmation, "a purchase ends in its number", {**PAYING, ANY: ""}),
    row("page", pages.receipt_off, "total shown = charged, to the cent", {"checkout": "receipt"}),
    row(
        "rows",
        books.charged_more,
        "total shown = charged by the provider, to the cent",
        {
            "checkout": "receipt",
            "payment": "charged once after a double click",
            "autopay": "charged once",
        },
    ),
    row(
        "rows",
        books.charged_again,
        "one purchase is charged once",
        {"checkout": "receipt", "payment": "charged once after a double click", ANY: ""},
    ),
    row(
        "rows",
        books.charged_again,
        "a reload does not charge again",
        {"payment": "charged once after a reload"},
        "charged_again_after_reload",
    ),
    row(
        "rows",
        books.charged_again,
        "the back button does not charge again",
        {"payment": "charged once after the back button"},
        "charged_again_after_back",
    ),
    row(
        "rows",
        books.charged_again,
        "a retry with the same key does not charge again",
        {"payment": "charged once after a retry with the same key"},
        "charged_again_after_same_key",
    ),
    row(
        "rows",
        books.charged_again,
        "a dropped response does not charge again",
        {"payment": "charged once after a dropped response"},
        "charged_again_after_dropped",
    ),
    row(
        "rows",
        books.ordered_again,
        "one purchase is one order",
        {"payment": "charged once after a double click"},
    ),
    row(
        "rows",
        books.ordered_again,
        "a dropped response makes no second order",
        {"payment": "charged once after a dropped response"},
        "ordered_again_after_dropped",
    ),
    row(
        "rows", books.second_mail, "one purchase is one mail", {"payment": "one mail for one order"}
    ),
    row(
        "rows",
        books.second_mail,
        "a dropped response makes no second mail",
        {"payment": "one mail after a dropped response"},
        "second_mail_after_dropped",
    ),
    row(
        "rows",
        books.mail_lost,
        "a confirmation mail comes within its limit",
        {
            "checkout": "confirmation mail",
            "payment": "one mail for one order",
            "after_sales": "the mail's link",
        },
    ),
    row(
        "rows",
        books.mail_without_number,
        "the mail names the order",
        {"checkout": "confirmation mail"},
    ),
    row(
        "rows", books.mail_total_off, "the mail names the total", {"checkout": "confirmation mail"}
    ),
    row(
        "page",
        pages.says_nothing,
        "a declined card says so",
        {"payment": "a declined card says so"},
        "declined_says_nothing",
    ),
    row(
        "page",
        pages.declined_accepted,
        "a declined card makes no order",
        {"payment": "a declined card says so"},
    ),
    row(
        "rows",
        books.charged_though_declined,
        "a declined card is not charged",
        {"payment": "a declined card says so"},
    ),
    row(
        "entering",
        pages.cart_lost,
        "a declined card keeps the cart",
        {"payment": "a declined card keeps the cart"},
        "cart_lost_after_decline",
    ),
    row(
        "before",
        pages.challenge_fails,
        "a confirmed challenge makes an order",
        {"payment": "a challenge is passed"},
    ),
)
