"""The body of a remote detector: one request in, one answer out, whatever carries them. Knows no server, no Ray."""

from __future__ import annotations

import logging
import secrets
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from detector import packing, wire
from detector.gate import FAILED, RefusedError, admit, refusal
from detector.images import ImageTooLargeError, read_image
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import ArrayLike

    from detector.types import ByteArray, Prediction, Refinement

log = logging.getLogger(__name__)


class Lendable(Protocol):
    """The part of `detector.predictor.Predictor` that is served."""

    name: str
    model_version: str
    categories: tuple[str, ...]
    notice: str
    score_floor: float

    @property
    def device(self) -> str:
        """Where it runs."""

    @property
    def numerics(self) -> tuple[str, ...]:
        """How it computes."""

    def predict(self, image: ByteArray, key: Hashable = None) -> Prediction:
        """Look at an image."""

    def refine(self, key: Hashable, boxes: ArrayLike) -> Refinement | None:
        """Look again at boxes."""


class Request(NamedTuple):
    """One request that is whole; `headers` has lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answering:
    """Answers requests with one predictor. Call `answer` in one thread at a time: a predictor knows no other way.

    It looks at token and sizes once more, so that no request gets by a gate that is missing.
    """

    def __init__(self, predictor: Lendable, token: str) -> None:
        self._predictor, self._token = predictor, token

    def answer(self, request: Request) -> wire.Answer:
        """Return the answer to a request, which is a sentence where it cannot be served. Never raises."""
        try:
            admit(request.method, request.path, request.headers, self._token)
            return self._served(request)
        except RefusedError as refused:
            return self._refused(refused)
        except wire.WireError as error:
            return self._refused(refusal(error))
        except DetectorError as error:
            return self._refused(RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)))
        except Exception:
            log.exception("%s failed", request.path)
            return self._refused(RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED))

    def _served(self, request: Request) -> wire.Answer:
        if request.path == wire.PREDICT:
            return self._predict(request)
        if request.path == wire.REFINE:
            return self._refine(request.body)
        one = self._predictor
        about = wire.About(one.name, one.model_version, one.categories, one.score_floor)
        return self._good(wire.JSON_TYPE, wire.about_bytes(about))

    def _predict(self, request: Request) -> wire.Answer:
        image = _image_of(request)
        kept = secrets.token_hex(16) if wire.header_of(request.headers, wire.KEEP_HEADER) == "1" else None
        prediction = self._predictor.predict(image, kept)
        answer = self._good(wire.PREDICTION_TYPE, packing.encode(prediction))
        if kept is not None:
            answer.headers[wire.KEEP_HEADER] = kept
        return answer

    def _refine(self, body: bytes) -> wire.Answer:
        kept, boxes = wire.read_refine(body)
        refinement = self._predictor.refine(kept, boxes)
        if refinement is None:
            raise RefusedError(HTTPStatus.GONE, "Nothing is kept of that image any more: let it be looked at again.")
        return self._good(wire.JSON_TYPE, wire.refinement_bytes(refinement))

    def _good(self, kind: str, body: bytes) -> wire.Answer:
        return wire.Answer(HTTPStatus.OK, {"Content-Type": kind, wire.STATE_HEADER: self._state()}, body)

    def _refused(self, refused: RefusedError) -> wire.Answer:
        headers = {"Content-Type": wire.JSON_TYPE, wire.STATE_HEADER: self._state()}
        return wire.Answer(refused.status, headers, wire.error_bytes(str(refused)))

    def _state(self) -> str:
        one = self._predictor
        return wire.state_text(wire.State(one.device, tuple(one.numerics), one.notice))


def _image_of(request: Request) -> ByteArray:
    """Return the image (H, W, 3) that a request brings. Raises WireError, RefusedError."""
    if request.headers["content-type"].partition(";")[0].strip().lower() == wire.PIXELS_TYPE:
        return wire.read_pixels(request.body, wire.read_size(wire.header_of(request.headers, wire.SIZE_HEADER)))
    # `detector.images` reads files: it looks at the header before it lets anything be decoded.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        path.write_bytes(request.body)
        try:
            return read_image(path, wire.MOST_PIXELS)
        except ImageTooLargeError as error:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _unnamed(error, path)) from error
        except DetectorError as error:
            raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, _unnamed(error, path)) from error


def _unnamed(error: DetectorError, path: Path) -> str:
    """Return the sentence without the name of a file that only the server knows."""
    return str(error).replace(f"The image {path}", "The image").replace(str(path), "What was sent")
