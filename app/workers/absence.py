"""What becomes of detections while a detector on another machine is away: they wait, and it is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from app.workers.boundary import Failure
    from app.workers.messages import DetectRequest
    from app.workers.request_queue import RequestQueue

SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 500, 8_000


class Absence:
    """Used in the detector thread, where `parent` lives; `wake` is called there when it is time to ask again."""

    def __init__(self, parent: QObject, wake: Callable[[], None]) -> None:
        self.sentence = ""
        """What to tell people; empty where the detector is not known to be away."""
        self._wait_ms = SHORTEST_WAIT_MS
        self._timer = QTimer(parent, singleShot=True)
        self._timer.timeout.connect(wake)

    @property
    def is_waiting(self) -> bool:
        """Whether nobody is asked now."""
        return self._timer.isActive()

    def takes(self, request: DetectRequest, failure: Failure, queue: RequestQueue | None) -> bool:
        """Return whether a request failed because the detector is away; then it waits in `queue` once more."""
        if not failure.is_away or queue is None:
            return False
        queue.put_back(request)
        if not queue.closed and not self.is_waiting:
            advice = tr("It is asked again until it answers, and then looks at all that waits for it.")
            self.sentence = f"{failure.sentence} {advice}"
            self._timer.start(self._wait_ms)
            self._wait_ms = min(2 * self._wait_ms, LONGEST_WAIT_MS)
        return True

    def end(self) -> None:
        """Forget about it: the detector answers, or is another."""
        self._timer.stop()
        self.sentence, self._wait_ms = "", SHORTEST_WAIT_MS
