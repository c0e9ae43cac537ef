"""Detection in overlapping tiles, for images in which objects are too small once the whole is made to fit the network.

The whole image is looked at once, downscaled, for what is larger than the overlap of two tiles; then tile by tile. What
comes out is one ordinary prediction in pixels of the image. No feature maps are kept of it: there is nothing to refine
boxes with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from detector import large_images
from detector.large_images import LargeFile
from detector.tile_merging import Merging
from detector.types import ByteArray, FloatArray, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from detector.orientation import Rectangle

    Predict = Callable[[ByteArray], Prediction]

Source = ByteArray | LargeFile
"""An image (H, W, 3), or a file that is read in parts."""

TILE = 1024
"""Side of a tile in pixels: the network sees it at about its size."""

OVERLAP = 0.2
"""Share of a side that two neighbours have in common at least."""

WHOLE_SIDE = 2048  # the whole image is made to fit this: networks shrink it further


class LookDone(NamedTuple):
    """A step: `done` of `total` looks at a tile, or at the whole."""

    done: int
    total: int


def needs_tiles(size: tuple[int, int], tile: int) -> bool:
    """Return whether an image of `size` (height, width) is large enough to be looked at in tiles of side `tile`."""
    return max(size) > 2 * tile


def is_seen_so(looks: int, size: tuple[int, int], tile: int) -> bool:
    """Return whether `predict_image` with this `tile` takes so many looks, one or several, at an image of `size`."""
    return (looks > 1) == (tile > 0 and needs_tiles(size, tile))


def tile_rectangles(size: tuple[int, int], tile: int = TILE, overlap: float = OVERLAP) -> list[Rectangle]:
    """Return the tiles (x1, y1, x2, y2) that cover an image of `size` (height, width), row by row.

    All are as large as the image allows, at most `tile` a side, and neighbours share at least `overlap` of a side.
    """
    rows, columns = (_starts(side, tile, overlap) for side in size)
    height, width = (min(tile, side) for side in size)
    return [(x, y, x + width, y + height) for y in rows for x in columns]


def _starts(side: int, tile: int, overlap: float) -> list[int]:
    """Return where tiles begin along a side, evenly spread."""
    shared = round(tile * overlap)
    count = 1 if side <= tile else -(-(side - shared) // (tile - shared))
    return [int(start) for start in np.linspace(0, max(side - tile, 0), count)]


def predict_image(predict: Predict, source: Source, tile: int = 0) -> Generator[LookDone, None, Prediction]:
    """Yield after each step; return the prediction: in tiles of side `tile` where the image needs them, 0 for never.

    `predict` sees an image that is one array and needs no tiles as it is; a file that is read in parts it sees
    downscaled. Raises DetectorError as `predict` does and where the file is damaged.
    """
    size = _size(source)
    if tile and needs_tiles(size, tile):
        return (yield from predict_in_tiles(predict, source, tile))
    if isinstance(source, LargeFile):
        return (yield from _predict_downscaled(predict, source, 1))
    return predict(source)


def finished(
    steps: Generator[LookDone, None, Prediction], say: Callable[[LookDone], None] = lambda _: None
) -> Prediction:
    """Go through the steps of one image without a pause, `say` each, and return what they return."""
    while True:
        try:
            say(next(steps))
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction


def predict_in_tiles(
    predict: Predict, source: Source, tile: int = TILE, overlap: float = OVERLAP
) -> Generator[LookDone, None, Prediction]:
    """Yield after each step; return the prediction. Where one tile covers the image this is `predict` of it."""
    size = _size(source)
    tiles = tile_rectangles(size, tile, overlap)
    if len(tiles) == 1:
        ((_, pixels),) = _parts(source, tiles)
        return predict(pixels)
    total = len(tiles) + 1
    merging = Merging(size, tiles)
    whole = yield from _predict_downscaled(predict, source, total)
    merging.add_whole(whole, round(tile * overlap))
    for done, (index, pixels) in enumerate(_parts(source, tiles), 1):
        yield LookDone(done, total)
        merging.add_tile(_moved(predict(pixels), tiles[index]), index)
    yield LookDone(total, total)
    return merging.prediction()


def _predict_downscaled(predict: Predict, source: Source, total: int) -> Generator[LookDone, None, Prediction]:
    """Yield while the file is read, since that takes seconds; return the prediction in pixels of the image."""
    if isinstance(source, LargeFile):
        small = np.empty((*large_images.overview_size(source.size, WHOLE_SIDE), 3), dtype=np.uint8)
        for band in large_images.overview(source, WHOLE_SIDE):
            large_images.paste(small, band)
            yield LookDone(0, total)
    else:
        image = Image.fromarray(source)
        image.thumbnail((WHOLE_SIDE, WHOLE_SIDE))
        small = np.array(image)
    return _scaled(predict(small), _size(source))


def _size(source: Source) -> tuple[int, int]:
    return source.size if isinstance(source, LargeFile) else (source.shape[0], source.shape[1])


def _parts(source: Source, rectangles: Sequence[Rectangle]) -> Iterator[tuple[int, ByteArray]]:
    if isinstance(source, LargeFile):
        yield from large_images.read_parts(source, rectangles)
        return
    for index, (x1, y1, x2, y2) in enumerate(rectangles):
        yield index, np.ascontiguousarray(source[y1:y2, x1:x2])


def _scaled(prediction: Prediction, size: tuple[int, int]) -> Prediction:
    """Return a prediction for a downscaled image in pixels of the original, of `size` (height, width)."""
    height, width = prediction.image_size
    factors = np.array([size[1] / width, size[0] / height] * 2, dtype=np.float32)
    return _with_boxes(prediction, size, lambda boxes: boxes * factors)


def _moved(prediction: Prediction, tile: Rectangle) -> Prediction:
    """Return a prediction for a tile in pixels of the image."""
    left_top = np.array([*tile[:2], *tile[:2]], dtype=np.float32)
    return _with_boxes(prediction, prediction.image_size, lambda boxes: boxes + left_top)


def _with_boxes(prediction: Prediction, size: tuple[int, int], moved: Callable[[FloatArray], FloatArray]) -> Prediction:
    proposals, candidates = prediction.proposals, prediction.candidates
    return replace(
        prediction,
        image_size=size,
        proposals=replace(proposals, boxes=moved(proposals.boxes)),
        candidates=replace(candidates, boxes=moved(candidates.boxes)),
    )
