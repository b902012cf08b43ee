"""The shop's web application and its process."""

import secrets
from time import sleep

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from demoshop import child
from demoshop.checkout import ShopFaultError
from demoshop.pages import (
    after_sales,
    api,
    browse,
    cart,
    checkout,
    clean_up,
    gift_cards,
    memberships,
    reference,
)
from demoshop.pages.visit import Amount, error, form_is_ours
from demoshop.pricing import DELIVERIES, TAX_PERCENT
from demoshop.services import Services, build, services
from demoshop.subscriptions import PLANS

# Many more than the ledger can keep waiting (2 s of overload), so that a queue of gift
# cards never holds up a page.
THREADS = 256
SITE = (browse, cart, checkout, gift_cards, memberships, after_sales)
# Not pages of the shop: never slow, no forms.
ASIDE = ("/static/", "/picture/", "/api/", "/health", "/reference")
