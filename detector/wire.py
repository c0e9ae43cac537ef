"""What a remote detector and those who ask it say to each other, over HTTP. No torch. Both read as if a stranger wrote.

    GET /about     -> JSON: which model looks, and how many pixels it takes
    POST /predict  pixels or an image file -> the prediction, packed as `detector.packing` has it
    POST /refine   JSON: boxes on an image that was kept -> JSON: the refinement

Every request carries `Authorization: Bearer TOKEN`. What is refused is answered with a 4xx or 5xx status and the JSON
`{"error": SENTENCE}`. Pixels travel as they are: losslessly packed photographs are still two thirds as large, and take
longer to pack than to send where a network carries more than some 75 Mbit/s.

Shapes: M boxes, T labels each.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from detector import packing
from detector.images import LARGE_PIXELS, MAX_SIDE
from detector.types import Refinement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from detector.types import ByteArray, Prediction

PROTOCOL = 1
DEFAULT_PORT = 8645
ABOUT, PREDICT, REFINE = "/about", "/predict", "/refine"
METHODS = {ABOUT: "GET", PREDICT: "POST", REFINE: "POST"}

JSON_TYPE = "application/json"
PIXELS_TYPE = "application/vnd.boxwright.pixels"
PREDICTION_TYPE = "application/vnd.boxwright.prediction"
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/bmp")
BODY_TYPES = {PREDICT: (PIXELS_TYPE, *IMAGE_TYPES), REFINE: (JSON_TYPE,)}

SIZE_HEADER = "Boxwright-Image-Size"
"""Of pixels: HEIGHTxWIDTH."""
KEEP_HEADER = "Boxwright-Keep"
"""Of a request, `1`: keep what `/refine` needs of this image. Of its answer: the name under which that is kept."""
PROTOCOL_HEADER = "Boxwright-Protocol"
"""Of a request: which version of all this it speaks. Without it that of the detector."""
STATE_HEADER = "Boxwright-State"
"""Of every answer that a detector gave: JSON of `State`. An answer without it is not a detector's."""

MOST_PIXELS = LARGE_PIXELS
MOST_BODY = 3 * MOST_PIXELS
MOST_ANSWER = 64 * 2**20
MOST_TEXT = 2**20  # bytes of JSON
MOST_BOXES = 1_000
LEAST_SPEED = 250_000  # bytes a second, below which a request is given up: what 2 Mbit/s carry
LONGEST_SENTENCE = LONGEST_NAME = 1_000

_SIZE = re.compile(r"([1-9]\d{0,4})x([1-9]\d{0,4})")
_NAME = re.compile(r"[0-9a-f]{32}")


class WireError(ValueError):
    """What was sent is not what the protocol says; the text says what is wrong with it."""


class TooLargeError(WireError):
    """More was sent, or would have to be made of it, than the protocol allows."""


class Answer(NamedTuple):
    """What a request is answered with: `status` of HTTP, headers (by lower-case name where it was received), body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class State:
    """What may change with a prediction; as in `app.workers.detector.Detector`."""

    device: str
    numerics: tuple[str, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class About:
    """Which detector answers: the `name` of its network, its `categories` 1..K, how many pixels an image may have."""

    name: str
    model_version: str
    categories: tuple[str, ...]
    score_floor: float
    most_pixels: int = MOST_PIXELS
    protocol: int = PROTOCOL


def most_answer(path: str) -> int:
    """Return how many bytes an answer has at most."""
    return MOST_ANSWER if path == PREDICT else MOST_TEXT


def check_protocol(text: str) -> None:
    """Raise WireError where a request speaks another version than this, as its header says."""
    if text not in ("", str(PROTOCOL)):
        raise WireError(
            f"This detector speaks version {PROTOCOL} of the protocol, and the request version {text[:20]}: use the "
            "same version of Boxwright on both machines."
        )


def error_bytes(sentence: str) -> bytes:
    """Return the body of an answer that refuses."""
    return json.dumps({"error": sentence}).encode()


def read_error(body: bytes) -> str:
    """Return the sentence of an answer that refuses: one line, not too long; empty where there is none."""
    try:
        sentence = _object(body).get("error")
    except WireError:
        return ""
    return _line(sentence if isinstance(sentence, str) else "")


def size_text(image: ByteArray) -> str:
    """Return the `SIZE_HEADER` of an image (H, W, 3)."""
    height, width = image.shape[:2]
    return f"{height}x{width}"


def read_size(text: str) -> tuple[int, int]:
    """Return (height, width). Raises WireError, and TooLargeError where no detector takes so many pixels."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise WireError(f"The header {SIZE_HEADER} has to be HEIGHTxWIDTH in pixels, such as 480x640.")
    height, width = map(int, found.groups())
    if height * width > MOST_PIXELS or max(height, width) > MAX_SIDE:
        raise TooLargeError(
            f"An image of {width} x {height} pixels is too large: {MOST_PIXELS // 10**6} megapixels and {MAX_SIDE} "
            "pixels a side are the limits. Look at it in tiles."
        )
    return height, width


def read_pixels(body: bytes, size: tuple[int, int]) -> ByteArray:
    """Return the image (H, W, 3) of `size` (height, width), which shares its memory with `body`. Raises WireError."""
    wanted = size[0] * size[1] * 3
    if len(body) != wanted:
        raise WireError(f"An image of {size[1]} x {size[0]} pixels has {wanted} bytes, and {len(body)} came.")
    return np.frombuffer(body, dtype=np.uint8).reshape(*size, 3)


def read_prediction(body: bytes, size: tuple[int, int], about: About) -> Prediction:
    """Return what a detector says of an image of `size` (height, width). Raises WireError."""
    try:
        prediction = packing.decode(body)
    except packing.UNREADABLE as error:
        raise WireError("the prediction is damaged") from error
    if prediction.image_size != size or prediction.looks != 1:
        raise WireError("the prediction is one of another image")
    if not prediction.categories or not 0 <= prediction.score_floor <= 1:
        raise WireError("the prediction has no categories, or a score floor beyond 0 to 1")
    if prediction.model_version == about.model_version and prediction.categories != about.categories:
        raise WireError("the prediction has other categories than its model")
    for scores in (prediction.proposals.objectness, prediction.candidates.scores):
        if scores.size and not (scores[0] <= 1 and scores[-1] >= 0 and (scores[1:] <= scores[:-1]).all()):
            raise WireError("the scores are not in order, or beyond 0 to 1")
    return prediction


def about_bytes(about: About) -> bytes:
    """Return the body of an answer to `ABOUT`."""
    return json.dumps(asdict(about)).encode()


def read_about(body: bytes) -> About:
    """Return what a detector says of itself. Raises WireError."""
    said = _object(body)
    if said.get("protocol") != PROTOCOL:
        raise WireError(f"it speaks version {str(said.get('protocol'))[:20]} of the protocol, and this is {PROTOCOL}")
    if set(said) != {field.name for field in fields(About)}:
        raise WireError("it does not say what it is")
    categories, floor, most = said["categories"], said["score_floor"], said["most_pixels"]
    if not isinstance(floor, int | float) or not 0 <= floor <= 1 or not isinstance(most, int) or most < 1:
        raise WireError("it does not say what it takes")
    if not isinstance(categories, list) or not categories:
        raise WireError("it has no categories")
    names = tuple(_text(name) for name in categories)
    return About(_text(said["name"]), _text(said["model_version"]), names, float(floor), most)


def state_text(state: State) -> str:
    """Return the `STATE_HEADER` of an answer: ASCII."""
    return json.dumps(asdict(state))


def read_state(text: str) -> State:
    """Return what a detector says of its state. Raises WireError."""
    said = _object(text.encode("latin-1", "replace"))
    numerics = said.get("numerics")
    if not isinstance(numerics, list):
        raise WireError("its state is not readable")
    texts = [_line(_text(one)) for one in (said.get("device"), said.get("notice"), *numerics)]
    return State(texts[0], tuple(texts[2:]), texts[1])


def is_kept_name(text: str) -> bool:
    """Tell whether an image can be kept under this name."""
    return _NAME.fullmatch(text) is not None


def refine_bytes(kept: str, boxes: ArrayLike) -> bytes:
    """Return the body of a request to `REFINE`: boxes (M, 4) on the image that is kept under this name."""
    rows = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)
    return json.dumps({"kept": kept, "boxes": rows.tolist()}).encode()


def read_refine(body: bytes) -> tuple[str, list[list[float]]]:
    """Return the name of a kept image, and boxes. Raises WireError."""
    said = _object(body)
    kept, boxes = said.get("kept"), said.get("boxes")
    if not isinstance(kept, str) or not is_kept_name(kept):
        raise WireError("`kept` has to be the name that an answer gave.")
    if not isinstance(boxes, list) or len(boxes) > MOST_BOXES:
        raise WireError(f"`boxes` has to be a list of at most {MOST_BOXES} boxes.")
    for box in boxes:
        if not isinstance(box, list) or len(box) != 4 or not all(map(_is_coordinate, box)):
            raise WireError("A box has to be four numbers: x1, y1, x2, y2 in pixels.")
    return kept, boxes


def refinement_bytes(refinement: Refinement) -> bytes:
    """Return the body of an answer to `REFINE`, which keeps every bit."""
    arrays = {name: getattr(refinement, name).tolist() for name in ("boxes", "labels", "scores", "foreground")}
    return json.dumps({**arrays, "shape": refinement.labels.shape, "model_version": refinement.model_version}).encode()


def read_refinement(body: bytes, count: int, about: About) -> Refinement:
    """Return what a detector says of `count` boxes. Raises WireError."""
    said = _object(body)
    try:
        rows, columns = map(int, said["shape"])
        fitted = np.asarray(said["boxes"], dtype=np.float32).reshape(rows, columns, 4)
        labels = np.asarray(said["labels"], dtype=np.int64).reshape(rows, columns)
        scores = np.asarray(said["scores"], dtype=np.float32).reshape(rows, columns)
        foreground = np.asarray(said["foreground"], dtype=np.float32).reshape(rows)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise WireError("the answer is damaged") from error
    if rows != count or not 0 <= columns <= len(about.categories):
        raise WireError("the answer is one to other boxes")
    if said.get("model_version") != about.model_version:
        raise WireError("another model answered by now")
    if not all(np.isfinite(one).all() for one in (fitted, scores, foreground)):
        raise WireError("a box or a score is no number")
    if labels.size and not (labels.min() >= 1 and labels.max() <= len(about.categories)):
        raise WireError("a label has no category")
    return Refinement(fitted, labels, scores, foreground, about.categories, about.model_version)


def header_of(headers: Mapping[str, str], name: str) -> str:
    """Return a header by its name, whatever the case; empty where it is not there. `headers` has lower-case names."""
    return headers.get(name.lower(), "")


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MOST_TEXT:
        raise TooLargeError(f"{len(body)} bytes of JSON are too many.")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WireError("This is not JSON.") from error
    if not isinstance(said, dict):
        raise WireError("This is not a JSON object.")
    return said


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME:
        raise WireError("a text is missing, or too long")
    return value


def _line(text: str) -> str:
    """Return a text that people read: one line, not too long."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_SENTENCE]).strip()


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and abs(value) < 1e6
