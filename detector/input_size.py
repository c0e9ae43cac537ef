"""How large a network should see the images of a project: large enough to tell its small objects apart."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from detector.looks import size_of
from detector.resize import Resize
from detector.systems import SYSTEMS
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detector.checkpoints import Checkpoint
    from detector.corrections import CorrectedImage
    from detector.system import System
    from detector.types import FloatArray

MEDIAN_SIDE = 48.0
"""Pixels of the network's input that half of the objects should have: six or seven cells of RoIAlign at stride 8."""
GROWTHS = (1, 7 / 6, 4 / 3, 3 / 2, 5 / 3)
"""Times the side that the system has by itself; the time that an image takes grows with the square."""
MOST_ASKED = 200
"""Images that say how large objects are: of more, those at equal distances."""
LONGEST_SHORT_SIDE = 800
"""What is as large as this, as the published networks are, does not grow."""


def suited(base: Checkpoint, images: Sequence[CorrectedImage]) -> Checkpoint:
    """Return `base`, or a copy with a larger input where the boxes of `images` are too small for the one it has.

    It never becomes smaller again: what has been learnt was learnt at that size. Images whose header cannot be read
    say nothing here.
    """
    now, seen = base.two_stage.system, list(_seen(images))
    if not seen or _median_side(now, seen) >= MEDIAN_SIDE:
        return base
    own = SYSTEMS[now.id].min_size
    shorts = [short for growth in GROWTHS if now.min_size <= (short := round(own * growth)) <= LONGEST_SHORT_SIDE]
    larger = [_with_side(now, short) for short in shorts if short > now.min_size or not now.enlarges]
    if not larger:
        return base
    system = next((one for one in larger if _median_side(one, seen) >= MEDIAN_SIDE), larger[-1])
    return with_input(base, system.min_size)


def with_input(base: Checkpoint, short: int) -> Checkpoint:
    """Return a copy of `base` that sees every image with a short side of `short` pixels, if the long one allows it."""
    model = copy.deepcopy(base.two_stage)
    model.system = _with_side(model.system, short)
    model.transform = Resize(model.system)
    return replace(base, model=model)


def _with_side(system: System, short: int) -> System:
    """Return `system` for images whose short side becomes `short` pixels, also where it is less."""
    return replace(system, min_size=short, max_size=round(system.max_size * short / system.min_size), enlarges=True)


def _seen(images: Sequence[CorrectedImage]) -> Iterator[tuple[int, int, FloatArray]]:
    """Yield the short and the long side of images that have objects, and the sides of squares as large as these.

    A header is read of each, and of `MOST_ASKED` at most: a detection may be waiting.
    """
    shown = [image for image in images if image.categories_shown]
    for image in shown[:: -(-len(shown) // MOST_ASKED) or 1]:
        boxes = image.gt_boxes[~image.iscrowd]
        with suppress(DetectorError):
            short, long = sorted(size_of(image))
            yield short, long, np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))


def _median_side(system: System, seen: Sequence[tuple[int, int, FloatArray]]) -> float:
    """Return the side of the median object, in pixels of the input of `system`."""
    sides = []
    for short, long, in_image in seen:
        scale = min(system.min_size / short, system.max_size / long)
        sides.append(in_image * (scale if system.enlarges else min(1.0, scale)))
    return float(np.median(np.concatenate(sides)))
