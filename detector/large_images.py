"""Image files of more pixels than one array should have: read in one pass, a few rows in memory at a time.

libvips decodes. What comes out is uint8 RGB as `detector.images` has it, upright; so are all sizes and rectangles but
those that are called stored. A rectangle is (x1, y1, x2, y2) in whole pixels, `x2` and `y2` outside.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detector.orientation import as_upright, stored_rectangle, upright_rectangle
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from detector.orientation import Rectangle

LOADERS = {"jpegload": "JPEG", "pngload": "PNG", "tiffload": "TIFF"}
"""What libvips reads from top to bottom without holding all of it."""

OTHER_FORMATS = f"Only {', '.join(LOADERS.values())} may have more: save it as one of these."

JPEG_SHRINKS = (8, 4, 2)  # by which a JPEG decoder can leave pixels out, which saves half of the time
ROWS_AT_ONCE = 256  # of the file: a step of a pass, between which it can be cancelled
GREY_DEPTHS = (8, 10, 12, 14, 16)


class NotInPartsError(DetectorError):
    """A file that can only be decoded as a whole, or not at all."""


@dataclass(frozen=True, slots=True)
class LargeFile:
    """An image file to be read in parts. `size` is (height, width), upright; `orientation` that of EXIF, 1 to 8."""

    path: Path
    size: tuple[int, int]
    orientation: int
    loader: str

    @property
    def stored_size(self) -> tuple[int, int]:
        """(height, width) as the file has it."""
        height, width = self.size
        return (width, height) if self.orientation >= 5 else (height, width)


class Band(NamedTuple):
    """A part of a downscaled image: its pixels (h, w, 3), their left and top, and the share that is read by now."""

    left: int
    top: int
    pixels: ByteArray
    done: float


def open_large(path: Path, max_side: int) -> LargeFile:
    """Return what the header of a file says. Raises NotInPartsError where the file cannot be read in parts."""
    vips = libvips()
    try:
        image = vips.Image.new_from_file(str(path), access="sequential")
    except vips.Error as error:
        raise NotInPartsError(OTHER_FORMATS) from error
    header = {name: image.get(name) for name in image.get_fields()}
    loader, orientation = str(header.get("vips-loader")), int(header.get("orientation", 1))
    if loader not in LOADERS:
        raise NotInPartsError(OTHER_FORMATS)
    # Either holds all its pixels before the first row is whole.
    if header.get("jpeg-multiscan") or header.get("interlaced"):
        raise NotInPartsError("It is stored in several passes, progressive or interlaced: save it without that.")
    if image.format not in ("uchar", "ushort"):
        raise NotInPartsError("Of pixels deeper than eight bits only 16-bit grey and colour may have more.")
    if max(image.width, image.height) > max_side:
        raise NotInPartsError("Cut it into tiles.")
    size = (image.width, image.height) if orientation >= 5 else (image.height, image.width)
    return LargeFile(path, size, orientation if 1 <= orientation <= 8 else 1, loader)


def overview_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the (height, width) of an overview with no side longer than `side`: halves of halves, rounded down."""
    factor = _factor(size, side)
    return max(1, size[0] // factor), max(1, size[1] // factor)


def overview(file: LargeFile, side: int) -> Iterator[Band]:
    """Yield the whole image downscaled to `overview_size`, in bands as they are read.

    Raises DetectorError where the file is damaged or cut off.
    """
    factor = _factor(file.size, side)
    height, width = overview_size(file.stored_size, side)
    with speaking(file.path):
        shrunk = next((one for one in JPEG_SHRINKS if factor % one == 0), 1) if file.loader == "jpegload" else 1
        small = decoded(file, **({"shrink": shrunk} if shrunk > 1 else {}))
        rest = factor // shrunk
        # Cut first: it would round.
        small = small.crop(0, 0, width * rest, height * rest).shrink(rest, rest) if rest > 1 else small
        region = libvips().Region.new(small)
        step = max(1, ROWS_AT_ONCE // factor)
    upright_size = overview_size(file.size, side)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        with speaking(file.path):
            pixels = _fetched(region, 0, top, width, bottom - top)
        left, upper, _, _ = upright_rectangle((0, top, width, bottom), upright_size, file.orientation)
        yield Band(left, upper, as_upright(pixels, file.orientation), bottom / height)


def read_overview(file: LargeFile, side: int) -> ByteArray:
    """Return the whole image downscaled so that no side is longer than `side`. Raises as `overview`."""
    whole = np.empty((*overview_size(file.size, side), 3), dtype=np.uint8)
    for band in overview(file, side):
        paste(whole, band)
    return whole


def paste(whole: ByteArray, band: Band) -> None:
    """Put a band into the image that it is a part of."""
    height, width = band.pixels.shape[:2]
    whole[band.top : band.top + height, band.left : band.left + width] = band.pixels


def read_parts(file: LargeFile, rectangles: Sequence[Rectangle]) -> Iterator[tuple[int, ByteArray]]:
    """Yield (index, pixels (h, w, 3)) of each of `rectangles`, in one pass: in the order in which the file has them.

    Holds the rows of the file between the first and the last of one rectangle. Raises as `overview`.
    """
    stored = [stored_rectangle(one, file.size, file.orientation) for one in rectangles]
    width = file.stored_size[1]
    with speaking(file.path):
        region = libvips().Region.new(decoded(file))
    rows, first = np.empty((0, width, 3), dtype=np.uint8), 0
    for index in sorted(range(len(stored)), key=lambda index: (stored[index][1], stored[index][0])):
        x1, y1, x2, y2 = stored[index]
        read = first + len(rows)
        if y2 > read:
            start = max(y1, first)
            parts = [rows[start - first :]]
            for top in range(read, y2, ROWS_AT_ONCE):
                with speaking(file.path):
                    parts.append(_fetched(region, 0, top, width, min(ROWS_AT_ONCE, y2 - top)))
            rows, first = np.concatenate(parts), min(start, read)
        part = rows[y1 - first : y2 - first, x1:x2]
        yield index, np.ascontiguousarray(as_upright(part, file.orientation))


def decoded(file: LargeFile, **options: Any) -> Any:
    """Return the libvips image (stored height, stored width) of `file`, uint8 RGB, not decoded yet; read it once.

    `options` are the loader's. Raises libvips' own error.
    """
    load = getattr(libvips().Image, file.loader)
    image = load(str(file.path), access="sequential", fail_on="error", **options)
    if _is_deep_color(image):
        image = image.msb().copy(interpretation="srgb")  # with alpha it would be just bands, and keep that one
    elif image.format == "ushort":
        # A pass of its own: what is white is known at the end of it.
        brightest = load(str(file.path), access="sequential", fail_on="error").extract_band(0).max()
        white = next(2**bits - 1 for bits in GREY_DEPTHS if brightest <= 2**bits - 1)
        image = (image.extract_band(0) * (255 / white)).rint().cast("uchar").copy(interpretation="b-w")
    if image.hasalpha():
        image = image.flatten(background=255)
    return image if image.interpretation == "srgb" and image.bands == 3 else image.colourspace("srgb")


def _is_deep_color(image: Any) -> bool:
    return bool(image.format == "ushort" and image.bands > 2)


def _factor(size: tuple[int, int], side: int) -> int:
    """Return the power of two that `size` is divided by to fit."""
    return 1 << max(0, max(size) // (side + 1)).bit_length()


def _fetched(region: Any, left: int, top: int, width: int, height: int) -> ByteArray:
    pixels = np.frombuffer(region.fetch(left, top, width, height), dtype=np.uint8)
    return pixels.reshape(height, width, 3)


@cache
def libvips() -> Any:
    """Return pyvips, made ready. Raises NotInPartsError where it is not installed."""
    try:
        import pyvips  # noqa: PLC0415 - only for the few images that need it
    except (ImportError, OSError) as error:
        raise NotInPartsError("Larger images need the package pyvips, which is not installed here.") from error
    pyvips.cache_set_max(0)  # it would answer for files that have been replaced since
    pyvips.block_untrusted_set(True)
    return pyvips


@contextmanager
def speaking(path: Path) -> Iterator[None]:
    """Turn what libvips raises about the file inside into a DetectorError."""
    try:
        yield
    except libvips().Error as error:
        reason = next((line for line in reversed(str(error).strip().splitlines()) if line.strip()), "no reason given")
        raise DetectorError(f"The image {path} is damaged or cut off ({reason.strip()}).") from error
