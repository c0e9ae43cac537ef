"""A pen that draws one object of a scene, supersampled, in the object's own coordinates.

Local coordinates: the object's long axis is x, from -1 to 1; y points down. The pen turns and scales points before they
are drawn, so that edges stay crisp at every angle. Colours are (r, g, b) in 0..255.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from detector.types import FloatArray

    Points = Sequence[tuple[float, float]] | NDArray[Any]

Colour = tuple[int, int, int]

METALS: tuple[Colour, ...] = (
    (176, 180, 186), (150, 154, 160), (205, 207, 210), (118, 120, 126), (66, 66, 70), (196, 164, 84), (214, 178, 70),
    (184, 120, 78), (170, 176, 160),
)  # fmt: skip
PLASTICS: tuple[Colour, ...] = (
    (200, 40, 40), (30, 90, 190), (30, 140, 70), (235, 200, 40), (238, 236, 228), (34, 34, 38), (230, 120, 30),
    (120, 60, 160), (60, 170, 190), (220, 120, 160), (128, 84, 52), (150, 150, 150),
)  # fmt: skip

BELOW_THIS_SUPERSAMPLE_MORE = 14.0
_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 40)), np.sin(np.linspace(0, 2 * np.pi, 40))], axis=1)[:-1]


def tint(colour: Colour, factor: float) -> Colour:
    """Return `colour` with every channel times `factor`, clipped."""
    red, green, blue = (min(255, max(0, int(channel * factor))) for channel in colour)
    return red, green, blue


def pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Return one of `colours`, a little off."""
    red, green, blue = colours[rng.integers(len(colours))]
    jitter = rng.integers(-14, 15, 3)
    return tint((red + int(jitter[0]), green + int(jitter[1]), blue + int(jitter[2])), rng.uniform(0.85, 1.12))


def regular_polygon(corners: int, radius: float = 1.0, turn: float = 0.0) -> NDArray[Any]:
    """Return (corners, 2) points on a circle of `radius` about the origin."""
    angles = turn + np.arange(corners) * (2 * np.pi / corners)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius


class Pen:
    """Draws in local coordinates on a transparent patch that is just large enough for `reach`.

    `radius` is the length in pixels of one local unit; `angle` turns the object; `reach` (x, y) is how far it extends
    from its centre in local units; `light` is the direction in the image, in radians, from which the light comes.
    """

    def __init__(self, radius: float, angle: float, reach: tuple[float, float], light: float) -> None:
        self.supersample = 2 if radius >= BELOW_THIS_SUPERSAMPLE_MORE else 4
        cos, sin = float(np.cos(angle)), float(np.sin(angle))
        across = abs(cos) * reach[0] + abs(sin) * reach[1]
        down = abs(sin) * reach[0] + abs(cos) * reach[1]
        # Two pixels of margin: room for the bevel, which looks at neighbouring pixels.
        self.size = int(np.ceil(across * radius)) * 2 + 4, int(np.ceil(down * radius)) * 2 + 4
        self.radius = radius
        self.light = light
        self.local_light = float(np.cos(light - angle)), float(np.sin(light - angle))
        scale = radius * self.supersample
        self._matrix = np.array([[cos, sin], [-sin, cos]]) * scale
        width, height = self.size[0] * self.supersample, self.size[1] * self.supersample
        self._origin = np.array([width / 2, height / 2])
        self._image = Image.new("RGBA", (width, height))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Points, colour: Colour, alpha: int = 255) -> None:
        """Fill a polygon; it replaces what lies below it, so alpha 0 cuts a hole."""
        self._draw.polygon(self._placed(points), fill=(*colour, alpha))

    def rectangle(self, x1: float, y1: float, x2: float, y2: float, colour: Colour) -> None:
        """Fill the local rectangle."""
        self.polygon([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], colour)

    def disc(
        self,
        colour: Colour,
        radius: float,
        centre: tuple[float, float] = (0.0, 0.0),
        *,
        aspect: float = 1.0,
        alpha: int = 255,
    ) -> None:
        """Fill an ellipse of half-width `radius * aspect` along x and half-height `radius` along y."""
        self.polygon(_CIRCLE * (radius * aspect, radius) + centre, colour, alpha)

    def hole(self, points: Points) -> None:
        """Make the polygon transparent again."""
        self.polygon(points, (0, 0, 0), 0)

    def stroke(self, points: Points, width: float, colour: Colour) -> None:
        """Draw an open line of `width` local units, at least about 0.8 pixels, with round joints."""
        pixels = max(round(width * self.radius * self.supersample), round(0.8 * self.supersample))
        self._draw.line(self._placed(points), fill=(*colour, 255), width=pixels, joint="curve" if pixels > 4 else None)

    def cylinder(
        self, x1: float, x2: float, half_widths: tuple[float, float], colour: Colour, gloss: float = 0.7
    ) -> None:
        """Fill a round bar or cone that lies along x, shaded across by the light; half-widths at both ends."""
        edges = np.linspace(-1.0, 1.0, 8)
        for low, high in pairwise(edges.tolist()):
            normal = (low + high) / 2
            facing = normal * self.local_light[1] * 0.7 + float(np.sqrt(1 - normal * normal)) * 0.7
            shade = 0.45 + 0.6 * max(0.0, facing) + gloss * max(0.0, facing - 0.7) * 1.6
            left, right = half_widths
            strip = [(x1, low * left), (x2, low * right), (x2, high * right), (x1, high * left)]
            self.polygon(strip, tint(colour, shade))

    def turned_disc(self, radius: float, colour: Colour, shine: float, turn: float) -> None:
        """Fill a disc of turned metal: two opposite bright sectors, as a lathe leaves them."""
        self.disc(colour, radius)
        angles = np.linspace(0, 2 * np.pi, 25)
        rim = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius
        shades = 1 + shine * np.cos(2 * (angles[:-1] - turn))
        for (start, stop), shade in zip(pairwise(rim), shades, strict=True):
            self.polygon(np.stack([(0.0, 0.0), start, stop]), tint(colour, float(shade)))

    def lift(self, points: Points, colour: Colour, height: float) -> None:
        """Draw the dark side of a body of `height` below its top face, away from the light."""
        away = -np.array(self.local_light) * height
        corners = np.asarray(points, dtype=float)
        for step in (1.0, 0.5):
            self.polygon(corners + away * step, tint(colour, 0.45 + 0.15 * (1 - step)))

    def finish(self, relief: float = 0.35) -> FloatArray:
        """Return (h, w, 4) float32: colour times alpha in 0..255, then alpha in 0..1; lit edges are brighter."""
        patch = np.asarray(self._image.reduce(self.supersample), dtype=np.float32)
        alpha = patch[..., 3] * np.float32(1 / 255)
        step_x, step_y = round(np.cos(self.light) * 1.4), round(np.sin(self.light) * 1.4)
        toward = np.roll(alpha, (-step_y, -step_x), axis=(0, 1)) - np.roll(alpha, (step_y, step_x), axis=(0, 1))
        height, width = alpha.shape
        slope_x = np.linspace(-0.18, 0.18, width, dtype=np.float32) * np.float32(np.cos(self.light))
        slope_y = np.linspace(-0.18, 0.18, height, dtype=np.float32)[:, None] * np.float32(np.sin(self.light))
        shade = (1 + slope_x + slope_y - np.float32(relief) * toward) * alpha
        colour = np.clip(patch[..., :3] * shade[..., None], 0, 255 * alpha[..., None])
        return np.concatenate([colour, alpha[..., None]], axis=2)

    def _placed(self, points: Points) -> list[float]:
        placed: list[float] = (np.asarray(points, dtype=float) @ self._matrix + self._origin).ravel().tolist()
        return placed
