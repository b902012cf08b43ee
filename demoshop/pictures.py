"""The shop's pictures: made by code at start-up, kept in memory as JPEG."""

from functools import cache
from io import BytesIO
from threading import Lock, Thread

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from demoshop.catalog import PRODUCTS, Product
from demoshop.drawings import DRAWINGS, Pencil, tone

GRAIN = 5.0  # standard deviation of the film grain, in steps of brightness
QUALITY = 89
# The view: its side in pixels, the product's size and place in it (in sides).
VIEWS = {
    "thumb": (480, 0.74, 0.13, 0.12),
    "whole": (880, 0.74, 0.13, 0.12),
    "close": (560, 1.5, -0.3, -0.25),
    "field": (560, 0.52, 0.34, 0.42),
}
BANNERS = {"hills": (1440, 620, 205), "gift": (960, 540, 24), "club": (960, 540, 150)}

Pixels = NDArray[np.float32]


class Pictures:
    """Pictures by name: `<sku>-<view>` and the banners."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: dict[str, bytes] = {}
        self._products = {product.sku: product for product in PRODUCTS}

    def jpeg(self, name: str) -> bytes | None:
        """Return a picture, made at its first use; None if there is no such picture."""
        with self._lock:
            if name not in self._made:
                image = self._make(name)
                if image is None:
                    return None
                self._made[name] = _encode(image)
            return self._made[name]

    def warm(self) -> None:
        """Make all pictures in the background, those of the home page first."""
        names = list(BANNERS)
        names += [f"{sku}-{view}" for view in VIEWS for sku in self._products]
        Thread(target=lambda: [self.jpeg(name) for name in names], daemon=True).start()

    def _make(self, name: str) -> Image.Image | None:
        if name in BANNERS:
            width, height, hue = BANNERS[name]
            return hills(width, height, hue)
        sku, _, view = name.rpartition("-")
        product = self._products.get(sku)
        return product_picture(product, view) if product and view in VIEWS else None


def product_picture(product: Product, view: str) -> Image.Image:
    """Draw a product on a plain ground, close by, or out in the hills."""
    side, size, left, top = VIEWS[view]
    place = (left * side, top * side, size * side)
    ground = hills(side, side, product.hue) if view == "field" else plain(side, product.hue)
    shadow = Image.new("L", (side, side), 0)
    foot = place[1] + place[2] * 0.9
    edges = (place[0] + place[2] * 0.12, foot - side * 0.03)
    ImageDraw.Draw(shadow).ellipse(
        (*edges, place[0] + place[2] * 0.88, foot + side * 0.05), fill=100
    )
    ground.paste((30, 34, 38), (0, 0), shadow.filter(ImageFilter.GaussianBlur(side * 0.02)))
    layer = Image.new("RGBA", (side * 2, side * 2))  # drawn at twice the size: smooth edges
    DRAWINGS[product.drawing](
        Pencil(layer, (2 * place[0], 2 * place[1]), 2 * place[2], product.hue)
    )
    layer = layer.resize((side, side), Image.Resampling.BOX)
    ground.paste(layer, (0, 0), layer)
    return ground


def plain(side: int, hue: int) -> Image.Image:
    """Return a studio wall: light from above left."""
    y, x = np.mgrid[0:64, 0:64] / 64
    fade = np.hypot(x - 0.35, y - 0.3)[..., None]
    light, dark = (np.array(tone(hue + 20, level, 0.22)) for level in (0.95, 0.8))
    small = _image(light + (dark - light) * np.clip(fade, 0, 1))
    return small.resize((side, side), Image.Resampling.BICUBIC)


def hills(width: int, height: int, hue: int) -> Image.Image:
    """Return ridges in the morning: each nearer one darker, mist between them."""
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    high, low = (
        np.array(tone(*each), dtype=np.float32)
        for each in ((hue, 0.62, 0.4), (hue + 190, 0.88, 0.6))
    )
    sky = np.repeat(high + (low - high) * np.clip(y * 1.7, 0, 1), width, axis=1)
    x = np.linspace(0, 1, width)
    dice = np.random.default_rng(hue)
    rows = y[..., 0]
    for layer in range(5):
        waves = sum(
            dice.normal(0, 0.055 / (n + 1)) * np.sin(x * (n + 1.3) * 5 + dice.uniform(0, 6.3))
            for n in range(7)
        )
        ridge = np.float32(0.42 + layer * 0.11) + np.asarray(waves, dtype=np.float32)
        near = tone(hue - 20 + layer * 8, 0.66 - layer * 0.115, 0.22 + layer * 0.04)
        mist = np.clip((rows - ridge) * 2.2, 0, 0.55)[..., None]
        colour = np.array(near, dtype=np.float32) * (1 - mist) + low * mist
        sky = np.where((rows > ridge)[..., None], colour, sky)
    return _image(sky)


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _encode(image: Image.Image) -> bytes:
    """Return a JPEG with a little grain, the same bytes at every start."""
    height, width = image.height, image.width
    grain = _grain()[:height, :width, None]
    out = BytesIO()
    _image(np.asarray(image) + grain).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


@cache
def _grain() -> Pixels:
    return np.random.default_rng(7).normal(0, GRAIN, (1000, 1440)).astype(np.float32)
