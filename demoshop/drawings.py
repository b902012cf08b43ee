"""What each product looks like: flat shapes on a square of 100 by 100, drawn by code."""

from collections.abc import Callable
from colorsys import hls_to_rgb

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]


def tone(hue: float, lightness: float, saturation: float = 0.45) -> Colour:
    """Return a colour; `hue` in degrees, the others from 0 to 1."""
    red, green, blue = hls_to_rgb((hue % 360) / 360, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


class Pencil:
    """Draws on an image in units of a hundredth of a square, with the product's colours."""

    def __init__(self, image: Image.Image, corner: Point, side: float, hue: int) -> None:
        self._draw = ImageDraw.Draw(image)
        self._left, self._top = corner
        self._unit = side / 100
        self.main, self.dark = tone(hue, 0.45), tone(hue, 0.27)
        self.light, self.pale = tone(hue, 0.66), tone(hue, 0.84, 0.5)
        self.metal, self.shade = (176, 182, 186), (112, 120, 126)
        self.ink, self.paper = (44, 50, 54), (246, 243, 234)

    def _at(self, points: tuple[Point, ...]) -> list[Point]:
        return [(self._left + x * self._unit, self._top + y * self._unit) for x, y in points]

    def shape(self, colour: Colour, *points: Point) -> None:
        """Fill a polygon."""
        self._draw.polygon(self._at(points), fill=colour)

    def oval(self, colour: Colour, start: Point, end: Point) -> None:
        """Fill an ellipse between two corners."""
        self._draw.ellipse(self._at((start, end)), fill=colour)

    def box(self, colour: Colour, start: Point, end: Point, radius: float = 4) -> None:
        """Fill a box with round corners."""
        self._draw.rounded_rectangle(self._at((start, end)), radius * self._unit, fill=colour)

    def line(self, colour: Colour, width: float, *points: Point) -> None:
        """Draw a line through points."""
        thick = max(1, round(width * self._unit))
        self._draw.line(self._at(points), fill=colour, width=thick, joint="curve")

    def ring(
        self, colour: Colour, width: float, start: Point, end: Point, arc: Point = (0, 360)
    ) -> None:
        """Draw the outline of an ellipse, or a part of it (degrees, clockwise from the right)."""
        thick = max(1, round(width * self._unit))
        self._draw.arc(self._at((start, end)), arc[0], arc[1], fill=colour, width=thick)


def tent(p: Pencil) -> None:
    """A tunnel tent with its porch open."""
    p.shape(p.dark, (50, 24), (92, 80), (66, 84))
    p.shape(p.main, (50, 24), (8, 80), (66, 84))
    p.shape(p.light, (50, 24), (8, 80), (24, 82))
    p.shape(p.ink, (50, 24), (30, 82), (54, 83))
    p.shape(p.pale, (50, 24), (30, 82), (40, 82), (46, 52))
    p.line(p.shade, 0.8, (8, 80), (1, 87))
    p.line(p.shade, 0.8, (92, 80), (99, 87))
    p.line(p.paper, 1, (50, 24), (66, 84))


def backpack(p: Pencil) -> None:
    """A backpack seen from the front."""
    p.ring(p.ink, 3, (40, 8), (60, 28), (180, 360))
    p.box(p.dark, (18, 40), (30, 78), 6)
    p.box(p.dark, (70, 40), (82, 78), 6)
    p.box(p.main, (26, 16), (74, 90), 16)
    p.box(p.light, (26, 16), (74, 42), 14)
    p.box(p.dark, (32, 56), (68, 84), 6)
    p.box(p.main, (34, 62), (66, 82), 5)
    p.line(p.ink, 2, (38, 42), (38, 56))
    p.line(p.ink, 2, (62, 42), (62, 56))
    p.box(p.paper, (35, 47), (41, 51), 1)
    p.box(p.paper, (59, 47), (65, 51), 1)


def lantern(p: Pencil) -> None:
    """A camp lantern, lit."""
    p.oval(p.pale, (14, 24), (86, 96))
    p.ring(p.shade, 2, (32, 4), (68, 44), (180, 360))
    p.box(p.ink, (34, 22), (66, 32), 4)
    p.box((255, 226, 150), (30, 32), (70, 74), 8)
    p.oval((255, 246, 214), (40, 40), (60, 68))
    for x in (34, 50, 66):
        p.line(p.shade, 1.4, (x, 32), (x, 74))
    p.box(p.main, (26, 74), (74, 90), 5)
    p.box(p.dark, (26, 84), (74, 90), 4)


def mug(p: Pencil) -> None:
    """An enamel mug with steam."""
    p.ring(p.dark, 5, (60, 42), (90, 76))
    p.shape(p.main, (20, 34), (72, 34), (68, 86), (24, 86))
    p.shape(p.light, (20, 34), (34, 34), (35, 86), (24, 86))
    p.oval(p.ink, (20, 28), (72, 40))
    p.oval((92, 62, 44), (23, 30), (69, 39))
    p.ring(p.paper, 1.4, (20, 28), (72, 40))
    for x in (36, 48, 60):
        p.ring(p.pale, 1.6, (x - 4, 8), (x + 4, 18), (90, 270))
        p.ring(p.pale, 1.6, (x - 4, 16), (x + 4, 26), (270, 90))


def jacket(p: Pencil) -> None:
    """A rain jacket with its hood."""
    p.shape(p.dark, (30, 26), (8, 72), (20, 80), (36, 46))
    p.shape(p.dark, (70, 26), (92, 72), (80, 80), (64, 46))
    p.shape(p.main, (32, 24), (68, 24), (74, 90), (26, 90))
    p.shape(p.light, (32, 24), (50, 28), (50, 90), (26, 90))
    p.oval(p.dark, (34, 8), (66, 36))
    p.oval(p.ink, (40, 14), (60, 34))
    p.line(p.paper, 1.2, (50, 32), (50, 90))
    p.line(p.dark, 1.6, (32, 66), (42, 60))
    p.line(p.dark, 1.6, (68, 66), (58, 60))


def boots(p: Pencil) -> None:
    """A pair of hiking boots."""
    for dx, body, side in ((12, p.dark, p.ink), (0, p.main, p.dark)):
        p.shape(
            body,
            (18 + dx, 22),
            (42 + dx, 22),
            (46 + dx, 54),
            (74 + dx, 66),
            (78 + dx, 78),
            (18 + dx, 78),
        )
        p.box(side, (16 + dx, 18), (44 + dx, 28), 3)
        p.box(p.ink, (14 + dx, 76), (82 + dx, 86), 3)
        for step in range(4):
            x, y = 42 + dx + step * 3, 34 + step * 7
            p.line(p.paper, 1.4, (x - 10, y), (x, y + 2))


def bottle(p: Pencil) -> None:
    """A steel bottle."""
    p.box(p.ink, (42, 6), (58, 20), 3)
    p.box(p.metal, (40, 18), (60, 28), 2)
    p.box(p.main, (32, 26), (68, 94), 12)
    p.box(p.light, (36, 34), (43, 86), 4)
    p.box(p.dark, (32, 62), (68, 74), 0)
    p.shape(p.paper, (40, 74), (48, 64), (54, 70), (58, 66), (62, 74))


def stove(p: Pencil) -> None:
    """A folding stove with its flame."""
    p.box(p.metal, (36, 62), (64, 94), 8)
    p.box(p.main, (36, 72), (64, 86), 0)
    p.box(p.shade, (46, 50), (54, 64), 2)
    p.shape(p.ink, (14, 38), (86, 38), (60, 52), (40, 52))
    p.line(p.shade, 2, (14, 38), (18, 30))
    p.line(p.shade, 2, (86, 38), (82, 30))
    for x, height in ((34, 20), (50, 28), (66, 20)):
        p.shape((84, 140, 214), (x - 7, 38), (x, 38 - height), (x + 7, 38))
        p.shape((250, 190, 90), (x - 3, 38), (x, 40 - height * 0.6), (x + 3, 38))


def sleeping_bag(p: Pencil) -> None:
    """A mummy sleeping bag."""
    p.shape(p.main, (30, 24), (70, 24), (78, 50), (64, 92), (36, 92), (22, 50))
    p.oval(p.main, (28, 6), (72, 44))
    p.oval(p.pale, (36, 12), (64, 38))
    p.oval(p.dark, (40, 18), (60, 38))
    for y in (50, 62, 74, 84):
        inset = 4 + (y - 50) * 0.33
        p.line(p.dark, 1.2, (22 + inset, y), (78 - inset, y))
    p.line(p.paper, 1.2, (66, 36), (60, 80))


def compass(p: Pencil) -> None:
    """A compass, pointing north."""
    p.oval(p.ink, (12, 12), (88, 88))
    p.oval(p.metal, (15, 15), (85, 85))
    p.oval(p.paper, (20, 20), (80, 80))
    for start, end in (
        ((50, 22), (50, 28)),
        ((50, 72), (50, 78)),
        ((22, 50), (28, 50)),
        ((72, 50), (78, 50)),
    ):
        p.line(p.ink, 2, start, end)
    p.shape(p.main, (62, 26), (54, 53), (46, 47))
    p.shape(p.shade, (38, 74), (54, 53), (46, 47))
    p.oval(p.ink, (47, 47), (53, 53))


def rope(p: Pencil) -> None:
    """A coiled rope."""
    for step in range(6):
        grow = step * 4
        colour = p.dark if step % 2 else p.main
        p.ring(colour, 4.6, (34 - grow, 30 - grow), (66 + grow, 70 + grow))
    p.box(p.light, (42, 6), (58, 34), 4)
    for y in (10, 16, 22, 28):
        p.line(p.dark, 1.4, (42, y), (58, y + 3))
    p.line(p.main, 4.6, (70, 80), (92, 94))


def map_case(p: Pencil) -> None:
    """A map case with a map in it."""
    p.box(p.dark, (18, 12), (82, 92), 5)
    p.box(p.paper, (23, 24), (77, 87), 2)
    p.shape(tone(130, 0.78), (23, 60), (44, 48), (60, 62), (77, 54), (77, 87), (23, 87))
    p.line(tone(205, 0.6), 2.4, (23, 34), (40, 42), (48, 60), (66, 70), (77, 84))
    p.line((190, 60, 50), 1.2, (30, 80), (44, 66), (58, 50), (70, 32))
    p.box(p.main, (16, 8), (84, 20), 3)


DRAWINGS: dict[str, Callable[[Pencil], None]] = {
    each.__name__: each
    for each in (
        *(tent, backpack, lantern, mug, jacket, boots),
        *(bottle, stove, sleeping_bag, compass, rope, map_case),
    )
}
