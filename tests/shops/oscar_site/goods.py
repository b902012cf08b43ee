"""What the shop sells: categories, products with pictures and stock, a voucher, reviews."""
# mypy: disable-error-code="import-untyped,misc"
# (Django and Oscar have no types, so their classes are Any)

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from oscar.core.loading import get_model
from PIL import Image, ImageDraw

COUNTRIES = {"DE": "Germany", "FR": "France", "GB": "United Kingdom", "US": "United States"}
# title, category, price, colour of its picture, goes by post
GOODS = [
    ("Brass Ship Lantern", "Lamps", "39.90", "#b08d3c", True),
    ("Wool Deck Blanket", "Textiles", "1249.00", "#5b7a99", True),
    ("Enamel Coffee Pot", "Kitchen", "24.50", "#8c2f39", True),
    ("Knots and Splices (PDF)", "Books", "9.00", "#3f6b4f", False),
]
STOCK = 5_000


def fill(domain: str) -> list[dict[str, Any]]:
    """Fill an empty database; return name, path, slug and price of each product."""
    Site.objects.update_or_create(id=1, defaults={"domain": domain, "name": "Harbour Lane"})
    for code, name in COUNTRIES.items():
        get_model("address", "Country").objects.create(
            iso_3166_1_a2=code, name=name, printable_name=name, is_shipping_country=True
        )
    partner = get_model("partner", "Partner").objects.create(name="Harbour Lane")
    made = [_product(partner, *row) for row in GOODS]
    for product in made:
        _reviews(product)
    _voucher("WELCOME10", 10)
    return [_told(product) for product in made]


def _product(
    partner: Any, title: str, category: str, price: str, colour: str, by_post: bool
) -> Any:
    kind, _ = get_model("catalogue", "ProductClass").objects.get_or_create(
        name="Goods" if by_post else "Downloads",
        requires_shipping=by_post,
        track_stock=True,
    )
    product = get_model("catalogue", "Product").objects.create(
        title=title, product_class=kind, description=f"<p>{title}: made to last.</p>"
    )
    product.categories.add(get_model("catalogue", "Category").add_root(name=category))
    get_model("partner", "StockRecord").objects.create(
        product=product,
        partner=partner,
        partner_sku=f"HL-{product.pk}",
        price_currency=settings.OSCAR_DEFAULT_CURRENCY,
        price=Decimal(price),
        num_in_stock=STOCK,
    )
    picture = ContentFile(_picture(colour), name=f"{product.slug}.png")
    get_model("catalogue", "ProductImage").objects.create(product=product, original=picture)
    return product


def _picture(colour: str) -> bytes:
    image = Image.new("RGB", (320, 240), "white")
    ImageDraw.Draw(image).ellipse((60, 20, 260, 220), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _reviews(product: Any) -> None:
    review = get_model("reviews", "ProductReview")
    for score, title in ((5, "As described"), (4, "Good, came late")):
        review.objects.create(
            product=product,
            score=score,
            title=title,
            body="Would buy it again.",
            name="A customer",
            email="customer@probe.invalid",
            status=review.APPROVED,
        )


def _voucher(code: str, percent: int) -> None:
    everything = get_model("offer", "Range").objects.create(
        name="Everything", includes_all_products=True
    )
    condition = get_model("offer", "Condition").objects.create(
        range=everything, type="Count", value=1
    )
    benefit = get_model("offer", "Benefit").objects.create(
        range=everything, type="Percentage", value=percent
    )
    offer = get_model("offer", "ConditionalOffer").objects.create(
        name=code, offer_type="Voucher", condition=condition, benefit=benefit
    )
    now = datetime.now(UTC)
    voucher = get_model("voucher", "Voucher").objects.create(
        name=code,
        code=code,
        usage="Multi-use",
        start_datetime=now - timedelta(days=1),
        end_datetime=now + timedelta(days=30),
    )
    voucher.offers.add(offer)


def _told(product: Any) -> dict[str, Any]:
    return {
        "name": product.title,
        "slug": product.slug,
        "path": product.get_absolute_url(),
        "price_cents": int(product.stockrecords.get().price * 100),
    }
