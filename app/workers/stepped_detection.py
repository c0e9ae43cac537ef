"""The look at one large image in the detector thread: step by step, so that others are served between two tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model.words import tr
from app.workers.boundary import Failure, attempt
from app.workers.messages import DetectionReady, TilesSeen
from detector.tiling import LookDone

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from app.workers.messages import DetectRequest
    from detector.types import Prediction

    Looks = Generator[LookDone, None, Prediction]

SECONDS_BETWEEN_REPORTS = 0.1


class SteppedDetection:
    """The generator of a prediction from its first step to its end. Made, stepped and closed in the detector thread.

    `stamp` is that of the file; `clock` gives seconds and never goes back.
    """

    def __init__(self, request: DetectRequest, looks: Looks, stamp: str, clock: Callable[[], float]) -> None:
        self.request = request
        self._looks = looks
        self._stamp = stamp
        self._clock = clock
        self._seconds = 0.0
        self._last_report = float("-inf")

    @property
    def is_given_up(self) -> bool:
        """Whether nobody wants its end any more, for the labeler is elsewhere or another detector serves."""
        return self.request.given_up.is_set()

    def step(self) -> TilesSeen | DetectionReady | Failure | None:
        """Take one step; return what there is to say, None for nothing; anything but `TilesSeen` is the end."""
        start = self._clock()
        reached = attempt(self._next, tr("The detection in {}").format(self.request.path.name))
        now = self._clock()
        self._seconds += now - start
        if isinstance(reached, LookDone):
            if now - self._last_report < SECONDS_BETWEEN_REPORTS:
                return None
            self._last_report = now
            return TilesSeen(self.request.image_id, reached.done, reached.total)
        if isinstance(reached, Failure):
            return reached
        return DetectionReady(self.request.id, self.request.image_id, reached, self._seconds, self._stamp)

    def close(self) -> None:
        """Let go of the file and of what was seen."""
        self._looks.close()

    def _next(self) -> LookDone | Prediction:
        try:
            return next(self._looks)
        except StopIteration as end:
            prediction: Prediction = end.value
            return prediction
