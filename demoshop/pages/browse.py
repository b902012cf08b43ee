"""Looking around: home, search, products, reviews, terms, pictures."""

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from demoshop import catalog
from demoshop.catalog import Product
from demoshop.checkout import ShopFaultError
from demoshop.pages.visit import page
from demoshop.pricing import DELIVERIES
from demoshop.services import services

pages = Blueprint("browse", __name__)

A_DAY_S = 86_400


@pages.get("/")
def home() -> ResponseReturnValue:
    """The front page."""
    return page("home.html", products=catalog.PRODUCTS)


@pages.get("/search")
def search() -> ResponseReturnValue:
    """What matches the words; everything for none."""
    words = request.args.get("q", "").strip()[:100]
    return page("search.html", words=words, products=catalog.search(words))


@pages.get("/product/<sku>")
def product(sku: str) -> ResponseReturnValue:
    """One article, with its offer as schema.org data."""
    found = known(sku)
    others = [each for each in catalog.PRODUCTS if each is not found][:4]
    return page(
        "product.html",
        product=found,
        others=others,
        offer=offer(found),
        reviews=catalog.reviews(found),
        deliveries=DELIVERIES.values(),
    )


@pages.get("/product/<sku>/reviews")
def reviews(sku: str) -> ResponseReturnValue:
    """What customers say about it."""
    if services().faults.hits("reviews_broken"):
        raise ShopFaultError("reviews_broken")
    found = known(sku)
    return page("reviews.html", product=found, reviews=catalog.reviews(found))


@pages.get("/delivery-and-returns")
def terms() -> ResponseReturnValue:
    """What delivery costs and what can be sent back."""
    return page("terms.html", deliveries=DELIVERIES.values())


@pages.get("/picture/<name>.jpg")
def picture(name: str) -> ResponseReturnValue:
    """A picture of a product or of the hills."""
    data = services().pictures.jpeg(name)
    if data is None:
        abort(404)
    answer = Response(data, mimetype="image/jpeg")
    answer.cache_control.max_age = A_DAY_S
    answer.cache_control.public = True
    return answer


def known(sku: str) -> Product:
    """Return the product of `sku`, or end the request with a 404."""
    found = catalog.BY_SKU.get(sku)
    if found is None:
        abort(404)
    return found


def offer(product: Product) -> dict[str, object]:
    """Return the product as schema.org JSON-LD."""
    shop_url = services().shop_url
    here = f"{shop_url}/product/{product.sku}"
    given = [review.stars for review in catalog.reviews(product)]
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "sku": product.sku,
        "name": product.name,
        "description": product.text,
        "image": [f"{shop_url}/picture/{product.sku}-{view}.jpg" for view in ("whole", "field")],
        "brand": {"@type": "Brand", "name": "Fernhill"},
        "aggregateRating": {
            "@type": "AggregateRating",
            "ratingValue": sum(given) / len(given),
            "reviewCount": len(given),
        },
        "offers": {
            "@type": "Offer",
            "url": here,
            "price": f"{product.price_cents / 100:.2f}",
            "priceCurrency": "EUR",
            "availability": f"https://schema.org/{'InStock' if product.in_stock else 'OutOfStock'}",
        },
    }
