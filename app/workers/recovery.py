"""What becomes of a detector that meets one fault after the other: it is made anew, and then given up."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.workers.boundary import Failure

FAULTS_IN_A_ROW = 3  # images, each another one
SHORTEST_WAIT_MS, LONGEST_WAIT_MS = 100, 30_000


class Rescue(Enum):
    """What to do after a failure."""

    NOTHING = auto()
    LOAD_AGAIN = auto()
    GIVE_UP = auto()


class Recovery:
    """Counts the images in a row that met a fault of the program.

    What was foreseen, such as a file that is cut off, is no fault and counts for nothing.
    """

    def __init__(self) -> None:
        self._faulty: set[int] = set()
        self._was_loaded_again = False
        self._wait_ms = SHORTEST_WAIT_MS

    def begin(self) -> None:
        """Start anew: another detector was ordered."""
        self._faulty.clear()
        self._was_loaded_again = False

    def succeed(self) -> None:
        """Note that an image was looked at."""
        self.begin()
        self._wait_ms = SHORTEST_WAIT_MS

    def fail(self, image_id: int, failure: Failure) -> Rescue:
        """Note a failure, and return what to do about the detector."""
        if failure.traceback:
            self._faulty.add(image_id)
        if len(self._faulty) < FAULTS_IN_A_ROW:
            return Rescue.NOTHING
        self._faulty.clear()
        rescue = Rescue.GIVE_UP if self._was_loaded_again else Rescue.LOAD_AGAIN
        self._was_loaded_again = True
        return rescue

    def wait_ms(self) -> int:
        """Return how long to wait after a turn that failed as a whole: twice as long each time, until one succeeds."""
        wait, self._wait_ms = self._wait_ms, min(2 * self._wait_ms, LONGEST_WAIT_MS)
        return wait
