"""Where the image is on the widget: a frozen value; zooming and panning return another one.

Screen coordinates are the widget's, in device-independent pixels; image coordinates are pixels of the upright image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.model.annotations import Box

MAX_SCALE = 64.0
"""Screen pixels per image pixel, at most: one image pixel is then as large as a button."""

_FIT_MARGIN = 12.0
_FIT_AT_MOST = 8.0
_SMALLEST_OF_FIT = 0.25
_KEPT_VISIBLE = 48.0
_WHOLE = 1e-6  # so near to a whole number of pixels is one
_BOX_SHARE = 0.5
_TINY, _EASILY_SEEN = 28.0, 96.0
"""A box whose longer side is below the first on the screen cannot be judged; one of the second can."""


@dataclass(frozen=True, slots=True)
class Viewport:
    """`screen = image * scale + (x, y)`.

    `image_size` is (height, width); `widget_size` is (width, height), as Qt has it. All are at least 1.
    """

    image_size: tuple[int, int]
    widget_size: tuple[int, int]
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def fitted(self) -> Viewport:
        """Return the whole image centred, with a small margin; a tiny image is magnified, but not without end."""
        height, width = self.image_size
        return _centred(self, width / 2, height / 2, min(self._fit_scale(), _FIT_AT_MOST))

    def scaled_to(self, scale: float) -> Viewport:
        """Return the view at `scale`, the point in the middle of the widget kept."""
        return self.zoomed(scale / self.scale, self.widget_size[0] / 2, self.widget_size[1] / 2)

    def zoomed(self, factor: float, x: float, y: float) -> Viewport:
        """Return the view magnified by `factor` within the limits; what is at screen point (x, y) stays there."""
        lowest = min(self._fit_scale() * _SMALLEST_OF_FIT, 1.0)
        scale = min(max(self.scale * factor, lowest), MAX_SCALE)
        ratio = scale / self.scale
        return _in_sight(replace(self, scale=scale, x=x - (x - self.x) * ratio, y=y - (y - self.y) * ratio))

    def zoomed_to(self, box: Box) -> Viewport:
        """Return the view with `box` in the middle, half as large as the widget, but at most eight times."""
        width, height = self.widget_size
        x1, y1, x2, y2 = box
        scale = _BOX_SHARE * min(width / max(x2 - x1, 1.0), height / max(y2 - y1, 1.0))
        return self._around(box, min(scale, _FIT_AT_MOST))

    def brought(self, box: Box) -> Viewport:
        """Return the view with `box` in sight: as it is where the box can be judged, else with the box in the middle.

        The scale changes only for a box that is tiny on the screen, or larger than the widget.
        """
        x1, y1, x2, y2 = box
        left, top, right, bottom = self.visible_box()
        side = max(x2 - x1, y2 - y1) * self.scale
        if side < _TINY:
            wanted = min(self.scale * _EASILY_SEEN / max(side, 1.0), _FIT_AT_MOST)
            return self._around(box, max(self.scale, wanted))
        if x1 >= left and y1 >= top and x2 <= right and y2 <= bottom:
            return self
        fits = x2 - x1 <= right - left and y2 - y1 <= bottom - top
        return self._around(box, self.scale) if fits else self.zoomed_to(box)

    def _around(self, box: Box, scale: float) -> Viewport:
        return _centred(self, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, scale)

    def panned(self, dx: float, dy: float) -> Viewport:
        """Return the view with the image moved by (dx, dy) screen pixels; a part of it always stays in sight."""
        return _in_sight(replace(self, x=self.x + dx, y=self.y + dy))

    def resized(self, widget_size: tuple[int, int]) -> Viewport:
        """Return the view in a widget of another size, the point in the middle kept."""
        x, y = self.to_image(self.widget_size[0] / 2, self.widget_size[1] / 2)
        return _in_sight(_centred(replace(self, widget_size=widget_size), x, y, self.scale))

    def cut_by(self, dx: float, dy: float, widget_size: tuple[int, int]) -> Viewport:
        """Return the view where (dx, dy) is the corner of a widget of another size: each point stays where it was."""
        return _in_sight(replace(self, widget_size=widget_size, x=self.x - dx, y=self.y - dy))

    def moved_to(self, image_size: tuple[int, int]) -> Viewport:
        """Return the view of another image at the same scale, the same part of it in the middle."""
        height, width = self.image_size
        x, y = self.to_image(self.widget_size[0] / 2, self.widget_size[1] / 2)
        other = replace(self, image_size=image_size)
        return _in_sight(_centred(other, x / width * image_size[1], y / height * image_size[0], self.scale))

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """Return the image point at screen point (x, y)."""
        return (x - self.x) / self.scale, (y - self.y) / self.scale

    def to_screen(self, x: float, y: float) -> tuple[float, float]:
        """Return the screen point of image point (x, y)."""
        return x * self.scale + self.x, y * self.scale + self.y

    def boxes_to_screen(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return boxes (M, 4) in screen pixels."""
        corners: NDArray[np.float64] = boxes * self.scale + np.array([self.x, self.y, self.x, self.y])
        return corners

    def visible_box(self) -> Box:
        """Return the part of the plane, in image pixels, that the widget shows; it may reach beyond the image."""
        x1, y1 = self.to_image(0, 0)
        x2, y2 = self.to_image(*self.widget_size)
        return x1, y1, x2, y2

    def contains(self, x: float, y: float) -> bool:
        """Return whether image point (x, y) lies on the image."""
        height, width = self.image_size
        return 0 <= x <= width and 0 <= y <= height

    def _fit_scale(self) -> float:
        width, height = self.widget_size
        across = (width - 2 * _FIT_MARGIN) / max(self.image_size[1], 1)
        down = (height - 2 * _FIT_MARGIN) / max(self.image_size[0], 1)
        return min(max(min(across, down), 1e-4), MAX_SCALE)


def device_size(widget_size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """Return how many pixels (width, height) of the device a widget is on, one that is there in part included."""
    width, height = widget_size
    return math.ceil(width * ratio - _WHOLE), math.ceil(height * ratio - _WHOLE)


def _centred(viewport: Viewport, x: float, y: float, scale: float) -> Viewport:
    """Return the view at `scale` with image point (x, y) in the middle of the widget."""
    width, height = viewport.widget_size
    return replace(viewport, scale=scale, x=width / 2 - x * scale, y=height / 2 - y * scale)


def _in_sight(viewport: Viewport) -> Viewport:
    (width, height), (rows, columns) = viewport.widget_size, viewport.image_size
    x = _kept(viewport.x, columns * viewport.scale, width)
    y = _kept(viewport.y, rows * viewport.scale, height)
    return replace(viewport, x=x, y=y)


def _kept(start: float, length: float, room: float) -> float:
    """Return `start` such that some of (start, start + length) lies inside (0, room)."""
    kept = min(_KEPT_VISIBLE, length, room)
    return min(max(start, kept - length), room - kept)
