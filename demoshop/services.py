"""Everything a page of the shop may need, built once for each process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from flask import current_app

from demoshop import cart, checkout, gift_sales, orders, refunds, stock, subscriptions, support
from demoshop.cart import Carts
from demoshop.checkout import Till
from demoshop.faults import Faults
from demoshop.gift_sales import GiftSales
from demoshop.ledger import Ledger
from demoshop.mailer import Mailer
from demoshop.orders import Orders
from demoshop.payments import Provider
from demoshop.pictures import Pictures
from demoshop.ports import HOST
from demoshop.receipts import Receipts
from demoshop.refunds import Refunds
from demoshop.renewals import RenewalJob
from demoshop.repeats import Repeats
from demoshop.signup import Signup
from demoshop.stats import Traffic
from demoshop.stock import Stock
from demoshop.store import Database
from demoshop.subscriptions import Subscriptions
from demoshop.support import Support
from demoshop.voids import Voids
from demoshop.web_tier import WebTier


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms behind the counter."""

    token: str
    shop_url: str
    cdn_url: str
    db: Database
    faults: Faults
    carts: Carts
    orders: Orders
    ledger: Ledger
    refunds: Refunds
    till: Till
    repeats: Repeats
    gift_sales: GiftSales
    stock: Stock
    voids: Voids
    subscriptions: Subscriptions
    signup: Signup
    renewals: RenewalJob
    support: Support
    mailer: Mailer
    traffic: Traffic
    pictures: Pictures
    web_tier: WebTier


def build(setup: dict[str, Any]) -> Services:
    """Open the databases anew and connect the rooms; `setup` is the supervisor's line."""
    out, urls = Path(setup["out"]), setup["urls"]
    for name in ("shop.sqlite", "ledger.sqlite"):
        for end in ("", "-wal", "-shm"):
            (out / f"{name}{end}").unlink(missing_ok=True)
    rooms = (cart, checkout, gift_sales, orders, refunds, stock, subscriptions, support)
    db = Database(out / "shop.sqlite", [room.SCHEMA for room in rooms])
    faults, shop_url = Faults(), urls["shop"]
    size, hold_ms, wait_ms = setup["ledger"]
    servers, slots, page_ms, queue_ms = setup["web"]
    ledger = Ledger(
        out / "ledger.sqlite",
        size=size,
        hold_ms=hold_ms,
        wait_ms=wait_ms,
        faults=faults,
    )
    provider = Provider(urls["gateway"], setup["token"])
    mailer = Mailer(HOST, setup["smtp_port"], faults)
    carts, book, members = Carts(db, faults), Orders(db), Subscriptions(db)
    owed = Refunds(db, ledger, provider)
    shelves = Stock(db)
    receipts = Receipts(mailer, faults, shop_url)
    repeats = Repeats(
        db=db,
        carts=carts,
        orders=book,
        stock=shelves,
        provider=provider,
        receipts=receipts,
        faults=faults,
    )
    till = Till(
        db=db,
        carts=carts,
        orders=book,
        refunds=owed,
        stock=shelves,
        provider=provider,
        receipts=receipts,
        repeats=repeats,
        faults=faults,
        shop_url=shop_url,
    )
    renewals = RenewalJob(
        book=members,
        provider=provider,
        mailer=mailer,
        faults=faults,
        till=till,
        refunds=owed,
        shop_url=shop_url,
    )
    sales = GiftSales(db, ledger, provider, mailer)
    return Services(
        token=setup["token"],
        shop_url=shop_url,
        cdn_url=urls["cdn"],
        db=db,
        faults=faults,
        carts=carts,
        orders=book,
        ledger=ledger,
        refunds=owed,
        till=till,
        repeats=repeats,
        gift_sales=sales,
        stock=shelves,
        voids=Voids(
            orders=book,
            sales=sales,
            subscriptions=members,
            ledger=ledger,
            provider=provider,
            till=till,
            faults=faults,
        ),
        subscriptions=members,
        signup=Signup(members, provider),
        renewals=renewals,
        support=Support(db, mailer),
        mailer=mailer,
        traffic=Traffic(),
        pictures=Pictures(),
        web_tier=WebTier(servers=servers, slots=slots, hold_ms=page_ms, wait_ms=queue_ms),
    )


def services() -> Services:
    """Return the services of the running application."""
    return cast("Services", current_app.extensions["services"])
