"""The picture of a scene while it is being laid, thing upon thing, and the exact box of what is left to see of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from detector.scene_pen import Pen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from detector.scene_objects import Drawing
    from detector.types import FloatArray

LEAST_BOX_SIDE = 3.0
LEAST_VISIBLE = 0.3  # objects more than 70 % hidden have no box
COVERED, OPAQUE = 0.4, 0.9  # alpha from which a pixel belongs to an object, and from which it hides others


class _Window(NamedTuple):
    rows: slice
    columns: slice
    inner: tuple[slice, slice]  # the part of the patch that is inside the picture


class _Placed(NamedTuple):
    label: int  # 0 for a distractor
    rows: slice
    columns: slice
    covered: NDArray[np.bool_]
    area: int


@dataclass
class Table:
    """The picture while it is being laid: `image` (H, W, 3) float32 in 0..255 and who hides what."""

    rng: np.random.Generator
    image: FloatArray
    light: float
    shadow: float
    placed: list[_Placed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.size: tuple[int, int] = self.image.shape[:2]
        self.top = np.full(self.size, -1, dtype=np.int32)  # the last opaque thing laid on each pixel

    def lay(self, drawing: Drawing, label: int, side: float, angle: float, centre: tuple[float, float]) -> None:
        """Draw one thing with its long side `side` pixels and its middle at `centre` (x, y), with its shadow."""
        pen = Pen(side / 2, angle, drawing.reach, self.light)
        drawing.draw(pen, self.rng)
        patch = pen.finish()
        alpha = patch[..., 3]
        left, top = round(centre[0] - alpha.shape[1] / 2), round(centre[1] - alpha.shape[0] / 2)
        if self.shadow > 0:
            self._cast_shadow(alpha, (left, top), max(1.0, side * 0.06))
        window = self._window(alpha.shape, (left, top))
        if window is None:
            return
        rows, columns, inner = window
        whole = int((alpha > COVERED).sum())
        # The soft edge of a solid thing hides too; of a translucent thing only its solid parts do.
        hides = COVERED if (alpha > OPAQUE).sum() > whole / 2 else OPAQUE
        patch = patch[inner]
        alpha = patch[..., 3]
        region = self.image[rows, columns]
        region *= 1 - alpha[..., None]
        region += patch[..., :3]
        self.top[rows, columns][alpha > hides] = len(self.placed)
        self.placed.append(_Placed(label, rows, columns, alpha > COVERED, whole))

    def boxes(self) -> tuple[FloatArray, list[int]]:
        """Return the boxes (N, 4) of what can be seen of every thing laid, and their labels, 0 for distractors."""
        boxes, labels = [], []
        for index, thing in enumerate(self.placed):
            visible = thing.covered & (self.top[thing.rows, thing.columns] <= index)
            if visible.sum() < max(1.0, LEAST_VISIBLE * thing.area):
                continue
            rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
            x1, y1 = thing.columns.start + columns[0], thing.rows.start + rows[0]
            x2, y2 = thing.columns.start + columns[-1] + 1, thing.rows.start + rows[-1] + 1
            if min(x2 - x1, y2 - y1) >= LEAST_BOX_SIDE:
                boxes.append((x1, y1, x2, y2))
                labels.append(thing.label)
        return np.array(boxes, dtype=np.float32).reshape(-1, 4), labels

    def _cast_shadow(self, alpha: FloatArray, corner: tuple[int, int], length: float) -> None:
        blur = max(1, round(length))
        grey = np.pad((alpha * 255).astype(np.uint8), 2 * blur)
        soft = Image.fromarray(grey).filter(ImageFilter.BoxBlur(blur))
        left = round(corner[0] - np.cos(self.light) * length) - 2 * blur
        top = round(corner[1] - np.sin(self.light) * length) - 2 * blur
        window = self._window(grey.shape, (left, top))
        if window is not None:
            rows, columns, inner = window
            dark = np.asarray(soft, dtype=np.float32)[inner] * np.float32(self.shadow / 255)
            self.image[rows, columns] *= 1 - dark[..., None]

    def _window(self, shape: tuple[int, ...], corner: tuple[int, int]) -> _Window | None:
        """Return where a patch of `shape` lies in the picture when its corner is at (x, y); None if it lies outside."""
        left, top = corner
        right, bottom = min(left + shape[1], self.size[1]), min(top + shape[0], self.size[0])
        x, y = max(left, 0), max(top, 0)
        if x >= right or y >= bottom:
            return None
        inner = slice(y - top, bottom - top), slice(x - left, right - left)
        return _Window(slice(y, bottom), slice(x, right), inner)
