"""What the shop sells. Prices are before tax, in cents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer wrote about a product."""

    name: str
    stars: int
    text: str


@dataclass(frozen=True, slots=True)
class Product:
    """One article of the shop."""

    sku: str
    name: str
    drawing: str  # the function of drawings.py that draws it
    hue: int  # degrees on the colour wheel
    price_cents: int
    short: str
    text: str
    features: tuple[str, ...]
    in_stock: bool = True


PRODUCTS = (
    Product(
        "tent-ridge-2",
        "Ridge 2 trekking tent",
        "tent",
        28,
        18900,
        "Two people, one kilo eight, four minutes to pitch.",
        "A tunnel of ripstop nylon that stands in wind and packs as small as a loaf of bread. "
        "The porch is deep enough for two packs and a wet dog.",
        ("1.8 kg with pegs", "Sleeps two", "3,000 mm water column", "Colour-coded poles"),
    ),
    Product(
        "pack-alder-32",
        "Alder 32 backpack",
        "backpack",
        146,
        8950,
        "Thirty-two litres for a long weekend.",
        "A back panel that lets air through, a hip belt that carries the load, and a rain cover "
        "in its own pocket. Made from recycled nets.",
        ("32 litres", "Rain cover included", "Fits backs from 43 to 53 cm", "Repairable buckles"),
    ),
    Product(
        "lantern-moth",
        "Moth camp lantern",
        "lantern",
        42,
        3490,
        "Warm light for forty hours.",
        "Dims from reading light to star light and hangs from any branch. The battery is a common "
        "one that you can replace yourself.",
        ("40 hours on low", "USB-C", "Splash-proof", "210 g"),
    ),
    Product(
        "mug-birch",
        "Birch enamel mug",
        "mug",
        204,
        1290,
        "The mug that every drawer keeps one of.",
        "Steel, enamelled twice, with a rim that does not burn your lip. Chips with dignity.",
        ("350 ml", "For stove and fire", "Dishwasher-safe", "Steel core"),
    ),
    Product(
        "jacket-heron",
        "Heron rain jacket",
        "jacket",
        196,
        15900,
        "Three layers against sideways rain.",
        "Taped seams, a hood that turns with your head and zips under the arms for the climb. "
        "Free of fluorinated finishes.",
        ("20,000 mm water column", "Three layers", "PFC-free", "Sizes XS to XXL"),
    ),
    Product(
        "boots-scree",
        "Scree hiking boots",
        "boots",
        18,
        14900,
        "Grip on wet rock, comfort on the way home.",
        "Nubuck leather on a sole that can be replaced when the first one has seen enough hills.",
        ("Resoleable", "Waterproof lining", "Sizes 36 to 48", "Half sizes too"),
    ),
    Product(
        "bottle-spring",
        "Spring steel bottle",
        "bottle",
        172,
        2490,
        "Cold for a day, hot for a morning.",
        "Double wall, wide neck, and a lid without small parts that get lost.",
        ("750 ml", "Keeps cold 24 h", "Leak-proof", "BPA-free"),
    ),
    Product(
        "stove-ember",
        "Ember folding stove",
        "stove",
        12,
        5990,
        "A litre of tea in three minutes.",
        "Folds flat, lights in wind, simmers porridge without burning it.",
        ("92 g", "3,000 W", "Piezo lighter", "Fits common cartridges"),
    ),
    Product(
        "bag-dormouse",
        "Dormouse sleeping bag",
        "sleeping_bag",
        268,
        12900,
        "Down to minus four, from rescued down.",
        "Recycled down, a draught collar, and a zip that does not bite.",
        ("Comfort −4 °C", "980 g", "Recycled down", "Left or right zip"),
    ),
    Product(
        "compass-north",
        "True North compass",
        "compass",
        352,
        2990,
        "For when the phone has gone to sleep.",
        "A needle that settles in two seconds, a sighting mirror and a scale for 1:25,000 maps.",
        ("Needle settles in 2 s", "Mirror", "1:25,000 and 1:50,000", "48 g"),
    ),
    Product(
        "rope-bramble",
        "Bramble climbing rope",
        "rope",
        88,
        11900,
        "Sixty metres that feed well.",
        "A dry-treated single rope with a middle mark that you can see in the dark.",
        ("9.5 mm", "60 m", "Dry treatment", "Seven falls"),
    ),
    Product(
        "map-case-fen",
        "Fen map case",
        "map_case",
        62,
        1790,
        "Keeps the map dry and the route in sight.",
        "Clear on both sides, closes with a roll, floats.",
        ("A4", "Floats", "Touch-screen friendly", "85 g"),
        in_stock=False,
    ),
)

BY_SKU = {product.sku: product for product in PRODUCTS}

_REVIEWS = (
    Review("Marta", 5, "Two weeks of rain and it still looks new. I would buy it again."),
    Review("Jonas", 4, "Does what the page says. A little heavier than I had hoped."),
    Review("Aoife", 5, "Arrived on the second day, well packed, and fits as described."),
    Review("Pieter", 3, "Good quality, but the colour is darker than in the pictures."),
    Review("Ines", 5, "My daughter has taken it over. I need a second one."),
    Review("Tomas", 4, "Solid. The small parts feel as if they will last."),
)


def search(words: str) -> list[Product]:
    """Return the products whose name or text has every word, best match first."""
    wanted = words.casefold().split()
    found = [
        product
        for product in PRODUCTS
        if all(
            word in f"{product.name} {product.short} {product.text}".casefold() for word in wanted
        )
    ]
    return sorted(found, key=lambda product: words.casefold() not in product.name.casefold())


def reviews(product: Product) -> list[Review]:
    """Return what customers wrote; the same ones at every start."""
    first = PRODUCTS.index(product) % len(_REVIEWS)
    return [_REVIEWS[(first + step) % len(_REVIEWS)] for step in (0, 2, 3, 5)]
