"""Pixels of a decoded Pillow image, of whatever mode, as RGB: strip by strip, so that there is no second copy of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from detector.types import ByteArray

STRIP_PIXELS = 1 << 17  # pixels converted at once: three times faster than the whole image
WHITE = (255, 255, 255, 255)


def rgb_strips(image: Image.Image) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Yield (rows, pixels (h, w, 3), or (h, w, 1) where all three are the same) from top to bottom.

    What is transparent is laid on white; grey deeper than eight bits is mapped to 0..255 by `_grey_range`.
    """
    deep_range = _grey_range(image) if image.mode.startswith(("I", "F")) else None
    for rows, strip in _strips(image):
        yield rows, _rgb(strip) if deep_range is None else _deep_grey(strip, *deep_range)


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Yield the image in strips of full rows."""
    width, height = image.size
    step = max(1, STRIP_PIXELS // width)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        yield slice(top, bottom), image.crop((0, top, width, bottom))


def _rgb(strip: Image.Image) -> ByteArray:
    """Return (h, w, 3) of a strip with at most eight bits per channel; transparent pixels are laid on white."""
    if strip.has_transparency_data:
        pixels = strip.convert("RGBA")
        strip = Image.alpha_composite(Image.new("RGBA", pixels.size, WHITE), pixels)
    return np.asarray(strip.convert("RGB"))


def _grey_range(image: Image.Image) -> tuple[float, float]:
    """Return the values that become black and white in an image of 16-bit, 32-bit or floating-point grey.

    Whole numbers from 0 to 65,535: 0 and the largest number of the smallest usual depth (8, 10, 12, 14, 16 bits) that
    holds the brightest pixel, since sensors of 10 to 14 bits store their values as they are. Floating point: 0 and 1,
    or 0 and 255, if all values lie between. Anything else: the darkest and the brightest value. NaN and infinity do
    not count.
    """
    low, high = np.inf, -np.inf
    for _, strip in _strips(image):
        values = np.asarray(strip)
        values = values[np.isfinite(values)]
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    usual = (1, 255) if image.mode == "F" else tuple(2**bits - 1 for bits in (8, 10, 12, 14, 16))
    if low >= 0 and high <= usual[-1]:
        return 0, next(white for white in usual if high <= white)
    return (low, high) if low < high else (low - 1, low)


def _deep_grey(strip: Image.Image, black: float, white: float) -> NDArray[np.uint8]:
    """Return (h, w, 1) of a strip of deep grey; NaN becomes black, the transparent value of the file white."""
    values = np.asarray(strip).astype(np.float64)
    grey = np.rint(np.clip((values - black) * 255 / (white - black), 0, 255))
    transparent = strip.info.get("transparency")
    if isinstance(transparent, int):
        grey[values == transparent] = 255
    return np.nan_to_num(grey).astype(np.uint8)[:, :, None]
