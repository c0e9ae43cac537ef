"""Image files in, upright RGB pixels out: for the network, the canvas and the thumbnails alike.

Whatever the file holds, the answer is uint8 RGB of shape (H, W, 3) as a person sees it: turned by the EXIF orientation,
laid on white where it is transparent, the first frame where it moves. Grey values deeper than eight bits are mapped
linearly to 0..255, see `detector.pixels`. A file may come from anybody: whatever it says, reading it ends, and takes
less than 2 GB. Every function may run in any thread.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import warnings
import zlib
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from detector import large_images
from detector.jpeg_scans import count_scans
from detector.orientation import as_stored
from detector.pixels import rgb_strips
from detector.reach import OutOfReachError, is_of_system
from detector.types import ByteArray, DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PIXELS = 178_000_000  # as RGB in Pillow and in numpy together 1.3 GB; Pillow itself refuses from 178,956,970 on
LARGE_PIXELS = 100_000_000  # from here on the window does without the whole image in memory: `detector.large_images`
WHOLE_PIXELS = 90_000_000  # of what takes more than 10 bytes a pixel to decode: 2 GB is where it ends
MAX_SCANS = 100  # of a JPEG file, ten times what is usual: each is a pass over all pixels, for as little as 12 bytes
MAX_SIDE = 65_535  # the longest side that a JPEG can have
MAX_PIECES = 1_000_000  # that a file is read in: some seconds

# Formats that Pillow decodes itself. Left out: those that start another program (EPS) or are not photographs (PDF).
FORMATS = ("AVIF", "BMP", "GIF", "ICO", "JPEG", "JPEG2000", "MPO", "PNG", "PPM", "TGA", "TIFF", "WEBP")
# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".avif", ".bmp", ".gif", ".ico", ".jp2", ".jpe", ".jpeg", ".jpg", ".mpo",
    ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
})
# fmt: on

_WHOLE_FORMATS = frozenset({"AVIF", "JPEG2000", "WEBP"})  # whose decoders hold an image several times over

# What Pillow's readers raise on damaged files, besides the errors that it documents.
_DAMAGE = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, SyntaxError)
_DECODING_ERRORS = (*_DAMAGE, TypeError, ValueError, struct.error, zlib.error)
_PILLOW_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
_LATE_METADATA = (b"eXIf", b"tEXtRaw profile type exif", b"zTXtRaw profile type exif", b"iTXtXML:com.adobe.xmp")


class ImageTooLargeError(DetectorError):
    """The image has more pixels than one array should; `detector.large_images` may read it in parts."""


class ImageHeader(NamedTuple):
    """The (height, width) of the upright image, and whether its pixels lie otherwise in the file."""

    size: tuple[int, int]
    is_turned: bool


class _PatientFile(io.BufferedReader):
    """An image file that is read in a million pieces at most: a header of gigabytes has an end that nobody waits for.

    Pixels come in pieces of 64 kB and more.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(io.FileIO(str(path)))
        self._pieces = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes. Raises DetectorError when that was asked too often."""
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise DetectorError(
                f"The header of the image {self.raw.name} is made of more parts than anybody needs: save it again with "  # type: ignore[attr-defined]
                "another program."
            )
        return super().read(size)


def read_image(path: str | Path, max_pixels: int = MAX_PIXELS) -> ByteArray:
    """Return the image as contiguous uint8 (H, W, 3), upright RGB.

    Raises DetectorError, naming the file and the reason, for what cannot be read: missing, empty, not an image, cut
    off or damaged. Raises OutOfReachError, which is one, where the system does not give the file, and
    ImageTooLargeError above `max_pixels` or `MAX_SIDE`, known from the header.
    """
    with _opened(path, max_pixels) as image:
        _check_passes(path, image)
        return _upright_rgb(image)


def read_thumbnail(path: str | Path, side: int) -> ByteArray:
    """Return a preview, uint8 (h, w, 3), upright RGB, made to fit `side` x `side`; smaller images keep their size.

    For eyes only: JPEG files are decoded at a fraction of their size, which changes the pixels. Raises as `read_image`,
    but for size, where `detector.large_images` reads the format.
    """
    try:
        with _opened(path) as image:
            _check_passes(path, image)
            image.draft("RGB", (side, side))
            preview = Image.fromarray(_upright_rgb(image))
    except ImageTooLargeError as error:
        preview = Image.fromarray(large_images.read_overview(_opened_large(path, error), 2 * side))
    preview.thumbnail((side, side))
    return np.array(preview)


def read_image_size(path: str | Path) -> tuple[int, int]:
    """Return (height, width) of the upright image, from its header. Raises as `read_thumbnail`, but for damage."""
    return read_header(path).size


def is_turned(path: str | Path) -> bool:
    """Tell whether the pixels in the file are not upright: turned or mirrored by EXIF. Raises as `read_image_size`."""
    return read_header(path).is_turned


def read_header(path: str | Path) -> ImageHeader:
    """Return size and turn of an image, without its pixels. Raises as `read_image_size`."""
    try:
        with _opened(path) as image:
            width, height = image.size
            if image.format == "TIFF":  # Pillow may or may not have swapped the sides already
                width, height = (int(_metadata(image).get(tag, value)) for tag, value in ((256, width), (257, height)))
            orientation = _stored_orientation(path, image)
            return ImageHeader((width, height) if orientation >= 5 else (height, width), orientation != 1)
    except ImageTooLargeError as error:
        large = _opened_large(path, error)
        return ImageHeader(large.size, large.orientation != 1)


def open_image(path: str | Path, max_pixels: int = LARGE_PIXELS) -> ByteArray | large_images.LargeFile:
    """Return the pixels as `read_image` does, or the file to read them from in parts where they are too many.

    An image of a format that cannot be read in parts is read as a whole up to `MAX_PIXELS`. Raises as `read_image`.
    """
    try:
        return read_image(path, max_pixels)
    except ImageTooLargeError as error:
        try:
            return _opened_large(path, error)
        except ImageTooLargeError:
            return read_image(path)


def open_where_too_large(path: str | Path) -> ByteArray | large_images.LargeFile:
    """Return the pixels as `read_image` does where it can, else what `open_image` does."""
    return open_image(path, MAX_PIXELS)


def _opened_large(path: str | Path, too_large: ImageTooLargeError) -> large_images.LargeFile:
    """Return the file, to be read in parts; raises `too_large` where that cannot be."""
    try:
        return large_images.open_large(Path(path), MAX_SIDE)
    except large_images.NotInPartsError as error:
        raise ImageTooLargeError(f"{too_large} {error}") from error


@contextmanager
def _opened(path: str | Path, max_pixels: int = MAX_PIXELS) -> Iterator[Image.Image]:
    """Give the opened, not yet decoded image; whatever goes wrong with it inside becomes a DetectorError."""
    _silence_pillow()
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise DetectorError(f"{path} is not a file.")
        if status.st_size == 0:
            raise DetectorError(f"The image {path} is empty (0 bytes). Restore it from its source.")
        with _PatientFile(path) as file, Image.open(file, formats=_available_formats()) as image:
            image.filename = str(path)  # pixels that are not compressed are mapped from there
            most = min(max_pixels, WHOLE_PIXELS) if image.format in _WHOLE_FORMATS else max_pixels
            _check_size(path, image.size, most)
            yield image
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(
            f"The image {path} is too large: {MAX_PIXELS // 10**6} megapixels are the limit."
        ) from error
    except _DECODING_ERRORS as error:
        raise (OutOfReachError if is_of_system(error) else DetectorError)(_sentence(path, error)) from error


def _check_size(path: str | Path, size: tuple[int, int], max_pixels: int) -> None:
    """Raise DetectorError unless the image has pixels and not more of them than memory should be spent on."""
    width, height = size
    if width < 1 or height < 1:
        raise DetectorError(f"The image {path} has no pixels ({width} x {height}).")
    if width * height > max_pixels or max(size) > MAX_SIDE:
        raise ImageTooLargeError(
            f"The image {path} is too large: {width} x {height} pixels, where {max_pixels // 10**6} megapixels and "
            f"{MAX_SIDE} pixels a side are the limits."
        )


def _check_passes(path: str | Path, image: Image.Image) -> None:
    """Raise DetectorError where a JPEG would take minutes to decode, or all its coefficients too much memory."""
    scans = count_scans(Path(path), MAX_SCANS + 1) if image.format in ("JPEG", "MPO") else 1
    if scans > MAX_SCANS:
        raise DetectorError(
            f"The image {path} is stored in more than {MAX_SCANS} passes and would take minutes to read: save it again "
            "with another program."
        )
    if scans > 1:
        _check_size(path, image.size, WHOLE_PIXELS)


def _sentence(path: str | Path, error: BaseException) -> str:
    """Say what an error of the file system or of the decoder means for the person who wants to see the image."""
    if isinstance(error, FileNotFoundError):
        return f"The image {path} does not exist."
    if isinstance(error, UnidentifiedImageError):
        return f"{path} is not an image in a format that can be read, or its header is damaged."
    if isinstance(error, MemoryError):
        return f"There is not enough memory to read the image {path}."
    if isinstance(error, OSError) and error.strerror:
        return f"The image {path} cannot be read: {error.strerror}."
    return f"The image {path} is damaged or cut off ({str(error)[:200]})."  # some repeat what is in the file


def _silence_pillow() -> None:
    """Make Python ignore Pillow's warnings: what matters in them is raised here as an error, the rest changes nothing.

    For the whole process and for good, because `warnings.catch_warnings` in one thread undoes the filters of another.
    """
    if not warnings.filters or warnings.filters[0] != _PILLOW_WARNINGS:
        warnings.filterwarnings("ignore", module=r"PIL\.")


@cache
def _available_formats() -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _metadata(image: Image.Image) -> dict[int, Any]:
    """Return the EXIF tags known so far, without decoding pixels; none where they are damaged."""
    try:
        return dict(Image.Image.getexif(image))  # PngImageFile's own method decodes the whole image first
    except _DECODING_ERRORS:
        return {}


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none that makes sense."""
    value = _metadata(image).get(ExifTags.Base.Orientation)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _stored_orientation(path: str | Path, image: Image.Image) -> int:
    """Return the EXIF orientation of the pixels in the file, decoding them only where it stands behind them."""
    if image.format == "PNG" and "exif" not in image.info and _has_metadata_after_pixels(Path(path)):
        image.load()
    return _orientation(image)


def _has_metadata_after_pixels(path: Path) -> bool:
    """Tell whether a PNG file keeps EXIF or XMP behind its pixels, where Pillow sees it only after decoding."""
    with path.open("rb") as file:
        file.seek(8)
        behind_pixels = False
        for _ in range(MAX_PIECES):
            if len(head := file.read(40)) < 12:
                break
            length, name = struct.unpack(">I4s", head[:8])
            behind_pixels |= name == b"IDAT"
            if behind_pixels and head[4:].startswith(_LATE_METADATA):
                return True
            file.seek(length + 12 - len(head), 1)
    return False


def _upright_rgb(image: Image.Image) -> ByteArray:
    """Decode the image and return it as contiguous (H, W, 3), filled strip by strip."""
    image.load()
    orientation = _orientation(image)  # Pillow turns TIFF images while decoding, and then says 1
    width, height = image.size
    upright = np.empty((width, height, 3) if orientation >= 5 else (height, width, 3), dtype=np.uint8)
    stored = as_stored(upright, orientation)
    for rows, pixels in rgb_strips(image):
        stored[rows] = pixels
    return upright
