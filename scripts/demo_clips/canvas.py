"""A picture to draw on. Lengths are shares of its width, so that a drawing has no fixed size."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

SHARPNESS = 3
"""Drawn so many times as large, and made smaller at the end: edges get soft."""


class Canvas:
    """Colours are red, green, blue in 0..255. `y` runs from 0 at the top to `height`."""

    def __init__(self, width: int, height: int, is_clear: bool = False):
        self.size = (width, height)
        self.height = height / width
        self._unit = width * SHARPNESS
        whole = (width * SHARPNESS, height * SHARPNESS)
        self._image = Image.new("RGBA", whole, (0, 0, 0, 0 if is_clear else 255))
        self._draw = ImageDraw.Draw(self._image)

    def gradient(self, top: Colour, bottom: Colour, start: float, end: float) -> None:
        """Fill the band from `start` to `end` from one colour to the other."""
        first, last = round(start * self._unit), round(end * self._unit)
        for y in range(first, last):
            weight = (y - first) / (last - first)
            mixed = tuple(round(a + (b - a) * weight) for a, b in zip(top, bottom, strict=True))
            self._draw.line([(0, y), (self._unit, y)], fill=mixed)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        self.oval(x - radius, y - radius, x + radius, y + radius, colour)

    def oval(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self._draw.ellipse(self._scaled([(x0, y0), (x1, y1)]), fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        self._draw.rectangle(self._scaled([(x0, y0), (x1, y1)]), fill=colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        self._draw.polygon(self._scaled(points), fill=colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        width_px = max(1, round(width * self._unit))
        self._draw.line(self._scaled(points), fill=colour, width=width_px, joint="curve")

    def tint(self, colour: Colour, strength: float) -> None:
        """Mix everything with one colour, as the light of an hour of the day does."""
        over = Image.new("RGBA", self._image.size, (*colour, 255))
        self._image = Image.blend(self._image, over, strength)
        self._draw = ImageDraw.Draw(self._image)

    def finished(self) -> Image.Image:
        """The picture in its size."""
        return self._image.resize(self.size, Image.Resampling.LANCZOS)

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]
