"""A detector on another machine that is asked like the one here: pixels go there, and candidates come back. No torch.

Thresholds stay here, since candidates are what comes. Second looks are taken there, at what is kept of an image.

Shapes: M boxes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

import numpy as np

from detector import wire
from detector.remote_address import place_of
from detector.remote_line import Line, Patience
from detector.types import DetectorError, NoDetectorError, TokenError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike

    from detector.types import ByteArray, Prediction, Refinement

AT_ONCE = 3  # images under way: one is looked at, the others travel
AT_ONCE_PIXELS = 50_000_000  # of all of them together
RUN = Patience(retry=120.0, longest_pause=5.0)
"""That of a run that nobody watches: a detector may be started again meanwhile."""
_MOST_KEPT = 64  # names of images that may be kept over there


def open_remote(
    url: str,
    token: str,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    *,
    one_model: bool = False,
) -> RemoteDetector:
    """Return the detector at an address. Raises DetectorError where that is none, or does not answer."""
    return RemoteDetector(Line(place_of(url), token, patience), one_model=one_model)


class RemoteDetector:
    """What `boxwright serve` serves, as a detector. `predict` may be called in several threads at once.

    `categories[label - 1]` names `label`. What serves over there may change: all of this says what it was when it last
    answered. With `one_model` it may not: what another model says is refused.
    """

    def __init__(self, line: Line, *, one_model: bool = False) -> None:
        """Ask who is there. Raises DetectorError."""
        self._line = line
        self._one_model = one_model
        self._was_replaced = False
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._state = wire.State("", (), "")
        try:
            self._about = self._read_about()
        except DetectorError:
            line.close()
            raise

    @property
    def name(self) -> str:
        """The kind of network, and where it is."""
        return f"{self._about.name} at {self._line.place.netloc}"

    @property
    def model_version(self) -> str:
        """Which weights."""
        return self._about.model_version

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of labels 1..K."""
        return self._about.categories

    @property
    def score_floor(self) -> float:
        """The score below which there are no candidates."""
        return self._about.score_floor

    @property
    def device(self) -> str:
        """Where it runs over there."""
        return self._state.device

    @property
    def numerics(self) -> tuple[str, ...]:
        """How it computes over there."""
        return self._state.numerics

    @property
    def notice(self) -> str:
        """What was changed over there while running, or nothing."""
        if self._was_replaced and not self._state.notice:
            return f"Another model looks at {self._line.place.url} by now: {self._about.name} {self.model_version}."
        return self._state.notice

    def predict(self, image: ByteArray, key: Hashable = None) -> Prediction:
        """Return what is said over there of one upright RGB image (H, W, 3) uint8, in its own pixels.

        With a `key` what `refine` needs is kept there, as long as there is room. Raises AwayError where no answer
        comes, NoDetectorError where the next image would fare no better, and DetectorError where it is none that makes
        sense; the next call tries anew.
        """
        height, width = image.shape[:2]
        if height * width > self._about.most_pixels:
            raise DetectorError(
                f"An image of {width} x {height} pixels is too large for the detector at {self._line.place.url}: "
                f"{self._about.most_pixels // 10**6} megapixels are its limit. Look at it in tiles."
            )
        headers = {"Content-Type": wire.PIXELS_TYPE, wire.SIZE_HEADER: wire.size_text(image)}
        if key is not None:
            headers[wire.KEEP_HEADER] = "1"
        answered = self._asked(wire.PREDICT, np.ascontiguousarray(image).reshape(-1).data, headers)
        try:
            prediction = wire.read_prediction(answered.body, (height, width), self._about)
        except wire.WireError as error:
            raise self._not_understood(error) from error
        if prediction.model_version != self._about.model_version:
            self._take_other_model(prediction)
        self._keep(key, answered.headers.get(wire.KEEP_HEADER.lower(), ""))
        return prediction

    def images_at_once(self, size: tuple[int, int]) -> int:
        """Return how many images of `size` (height, width) `predict_batch` sees best at once: 1 or more."""
        return max(1, min(AT_ONCE, AT_ONCE_PIXELS // max(size[0] * size[1], 1)))

    def predict_batch(self, images: Sequence[ByteArray]) -> list[Prediction]:
        """Return what `predict` says of each of `images`, which are under way together. Raises as it does."""
        if len(images) < 2:
            return list(map(self.predict, images))
        with ThreadPoolExecutor(len(images)) as pool:
            return list(pool.map(self.predict, images))

    def refine(self, key: Hashable, boxes: ArrayLike) -> Refinement | None:
        """Return what is said over there of `boxes` (M, 4) on the image that `predict` saw with this `key`.

        None where nothing is kept of it any more. Raises DetectorError as `predict`, and where there is no second
        stage to look.
        """
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            return None
        rows = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
        body = wire.refine_bytes(kept, rows)
        answered = self._asked(wire.REFINE, body, {"Content-Type": wire.JSON_TYPE})
        if answered.status == HTTPStatus.GONE:
            with self._lock:
                self._kept.pop(key, None)
            return None
        try:
            return wire.read_refinement(answered.body, len(rows), self._about)
        except wire.WireError as error:
            raise self._not_understood(error) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._line.close()

    def _take_other_model(self, prediction: Prediction) -> None:
        """Learn what was started over there in place of the model that was known. Raises NoDetectorError."""
        if self._one_model:
            raise NoDetectorError(
                f"Another model answers at {self._line.place.url} by now, {prediction.model_version} in place of "
                f"{self.model_version}: begin again, so that one model looks at all images."
            )
        self._about, self._was_replaced = self._read_about(), True

    def _read_about(self) -> wire.About:
        answered = self._asked(wire.ABOUT)
        try:
            return wire.read_about(answered.body)
        except wire.WireError as error:
            raise self._not_understood(error) from error

    def _asked(
        self, path: str, body: bytes | memoryview | None = None, headers: dict[str, str] | None = None
    ) -> wire.Answer:
        """Return an answer that is one, or says that nothing is kept. Raises DetectorError."""
        answered = self._line.ask(path, body, headers)
        url, status = self._line.place.url, answered.status
        if status == HTTPStatus.UNAUTHORIZED:
            raise TokenError(
                f"The detector at {url} does not know this token: take the one that `boxwright serve` has written."
            )
        state = answered.headers.get(wire.STATE_HEADER.lower())
        if state is not None and status in (HTTPStatus.OK, HTTPStatus.GONE):
            try:
                self._state = wire.read_state(state)
            except wire.WireError as error:
                raise self._not_understood(error) from error
            return answered
        if sentence := wire.read_error(answered.body):
            raise DetectorError(f"The detector at {url} refuses: {sentence}")
        # What stands before a detector may find one image too large.
        kind = DetectorError if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else NoDetectorError
        raise kind(f"What answers at {url} is no detector of Boxwright: it says {status}.")

    def _keep(self, key: Hashable, kept: str) -> None:
        if key is not None and wire.is_kept_name(kept):
            with self._lock:
                self._kept[key] = kept
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)

    def _not_understood(self, error: wire.WireError) -> DetectorError:
        return DetectorError(
            f"The detector at {self._line.place.url} is not understood: {error}. Is it of another version of Boxwright?"
        )
