"""What `bench.canvas` does on every canvas: the boxes, the places of the pointer, the turns of the wheel, the clock.

Only the standard library: labelme imports this too, in an interpreter of its own that has neither PySide6 nor numpy.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Box = tuple[float, float, float, float]
    Point = tuple[float, float]
    Seconds = tuple[float, float]  # by the clock on the wall, and by that of the thread: what the processor worked

WIDGET = (1200, 800)
IMAGE_SIZE = (1632, 2448)
SCALE = 0.5
"""Screen pixels per image pixel: the image is a little larger than the widget, and every box is in sight or nearly."""
ZOOM_STEP = 1.1
GRABBED: Box = (1160.0, 760.0, 1288.0, 856.0)
"""The box that is dragged, in image pixels: so large that its corners are out of the pointer's way."""

MOST_SECONDS = 6.0
"""That one gesture may take: who needs long for a frame shows fewer of them."""
FEWEST = 5
WARM_UP = 3
PATIENCE = 60.0
_SIDES = (16.0, 96.0)


@dataclass(frozen=True)
class Scene:
    """How many boxes there are; candidates are those that the sliders choose from."""

    annotations: int
    proposals: int = 0
    candidates: int = 1_000

    @property
    def title(self) -> str:
        """What the table calls it."""
        proposals = f" + {self.proposals:,} proposals" if self.proposals else ""
        return f"{self.annotations:,} boxes{proposals}"


def boxes(count: int, seed: int) -> list[Box]:
    """Return `count` boxes (x1, y1, x2, y2) in image pixels, anywhere on the image."""
    draw = random.Random(seed)  # noqa: S311 - places of boxes are no secret
    height, width = IMAGE_SIZE
    found = []
    for _ in range(count):
        across, down = draw.uniform(*_SIDES), draw.uniform(*_SIDES)
        x, y = draw.uniform(0, width - across), draw.uniform(0, height - down)
        found.append((x, y, x + across, y + down))
    return found


def annotated(scene: Scene) -> list[Box]:
    """Return the boxes of the annotations; the last one is that which is dragged."""
    return [*boxes(scene.annotations - 1, seed=0), GRABBED]


def pan() -> Iterator[Point]:
    """Yield how far the pointer goes, in screen pixels, from frame to frame: there and back, for ever."""
    there = [(7.0, 3.0)] * 12
    return cycle([*there, *((-x, -y) for x, y in there)])


def drag() -> Iterator[Point]:
    """Yield where the pointer is, in screen pixels from where the box was pressed: round and round."""
    there = [(step * 6.0, step * 3.0) for step in range(1, 13)]
    return cycle([*there, *reversed(there[:-1]), (0.0, 0.0)])


def zoom() -> Iterator[int]:
    """Yield +1 for larger and -1 for smaller, one notch at a time."""
    return cycle([1, 1, 1, 1, -1, -1, -1, -1])


def slide(low: float, high: float) -> Iterator[float]:
    """Yield the values of a slider that is drawn from `low` to `high` and back; never the same twice running."""
    values = [low + (high - low) * step / 24 for step in range(25)]
    return cycle([*values, *reversed(values[1:-1])])


def frames(show: Callable[[], None], most: int) -> list[Seconds]:
    """Return what up to `most` calls of `show` took, each of which makes one frame; the first few do not count."""
    for _ in range(WARM_UP):
        show()
    taken: list[Seconds] = []
    end = time.perf_counter() + MOST_SECONDS
    while len(taken) < most and (len(taken) < FEWEST or time.perf_counter() < end):
        start, worked = time.perf_counter(), time.thread_time()
        show()
        taken.append((time.perf_counter() - start, time.thread_time() - worked))
    return taken


def finish(is_painted: Callable[[], bool], turn: Callable[[], object]) -> None:
    """Take turns of an event loop until there is a frame. Raises TimeoutError where none comes: nothing has moved."""
    deadline = time.perf_counter() + PATIENCE
    while not is_painted():
        turn()
        if time.perf_counter() > deadline:
            raise TimeoutError("the gesture has no frame to show")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the least of `values`, of which there is one, that at least `share` of them do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share) - 1, 0)]
