"""From an image to a `Prediction` in original pixels: the border at which tensors end.

Shapes: R proposals, C candidates, K categories.
"""

from __future__ import annotations

import copy
import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
import torch
from torchvision.models.detection.transform import resize_boxes

from detector import checkpoints
from detector.acceleration import Acceleration
from detector.devices import CPU, NO_ROOM, choose_device, free_cached_memory, is_lost, is_out_of_memory, leave
from detector.kept_maps import KeptMaps
from detector.model import Analysis, ProposalNetwork
from detector.passes import images_at_once, upload
from detector.pooling import pooled_by
from detector.precision import make_fast, sixteen_bit_type
from detector.readout import prediction_of, refinement_of, sound
from detector.roi_features import backbone_digest
from detector.types import ByteArray, DetectorError, NoMemoryError, Prediction, Refinement, nothing_refined

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

    from detector.model import Network
    from detector.roi_features import RoiFeatures
    from detector.types import FloatArray

Precision = Literal["fast", "exact"]

T = TypeVar("T")

log = logging.getLogger(__name__)


def open_predictor(
    path: Path | None = None,
    *,
    device: str | None = None,
    precision: Precision = "fast",
    score_floor: float = 0.02,
    exports: Path | None = None,
) -> Predictor:
    """Return the model version in the file `path`, by default the embedded one, on the best or the named device.

    On the CPU, with a `notice`, where that device cannot be loaded on. `exports` is as in `Predictor`. Raises
    DetectorError, saying what to do, where the file is not right or there is no such device.
    """
    path, place = path or checkpoints.EMBEDDED_WEIGHTS, choose_device(device)
    loaded = checkpoints.load(path)
    known = loaded.model, loaded.categories, loaded.version
    make = partial(
        Predictor,
        *known,
        precision=precision,
        score_floor=score_floor,
        calibrations=loaded.calibrations,
        exports=exports,
        weights=path,
    )
    try:
        return make(device=place)
    except (MemoryError, RuntimeError) as error:
        has_lost = is_lost(error)
        if place.type == "cpu" or not (has_lost or is_out_of_memory(error)):
            raise
        log.warning("%s on %s: %s", type(error).__name__, place, str(error).partition("\n")[0])
    # Not inside `except`: there the error still holds what lies on the device.
    free_cached_memory()
    predictor = make(device=CPU)
    predictor.notice = leave(place, has_lost=has_lost)
    return predictor


class Predictor:
    """One model version on one device.

    `categories[label - 1]` names `label`; `calibrations[label - 1]`, a (scale, shift) as in `detector.calibration`, is
    what its scores go through: without any they stay as the network gives them. `notice` says in a sentence what had
    to be changed while running (the GPU was out of memory), or is empty. In fast precision on a CPU the frozen first
    stage is exported to the folder `exports` after the first prediction, from the file `weights` of the model, and
    serves once it is ready, if it is faster.
    """

    def __init__(
        self,
        model: Network,
        categories: Sequence[str],
        model_version: str,
        *,
        device: torch.device,
        precision: Precision = "fast",
        score_floor: float = 0.02,
        calibrations: Sequence[tuple[float, float]] = (),
        exports: Path | None = None,
        weights: Path | None = None,
    ) -> None:
        if len(categories) != model.num_categories:
            raise ValueError(f"{len(categories)} names for a head of {model.num_categories} categories")
        if len(calibrations) not in (0, len(categories)):
            raise ValueError(f"{len(calibrations)} calibrations for {len(categories)} categories")
        self._calibrations = torch.tensor(calibrations, dtype=torch.float64).reshape(-1, 2)
        self.categories = tuple(categories)
        self.model_version = model_version
        self.name = model.system.title
        self.precision = precision
        self.score_floor = score_floor
        self.notice = ""
        self._exports, self._weights = exports, weights
        self._sees_one_by_one = precision == "exact"  # in a batch kernels may sum in another order
        self._kept = KeptMaps()
        # Kept unfolded and on the CPU, so that a GPU that runs out of memory can be left for good.
        self._source = model.cpu().eval()
        self._place(device)

    @property
    def device(self) -> str:
        """`cuda`, `mps` or `cpu`, with an index where there are several."""
        return str(self._device)

    @property
    def numerics(self) -> tuple[str, ...]:
        """How it computes: the precision, the type of most numbers and, where one serves, the library of an export."""
        dtype = sixteen_bit_type(self._device) if self.precision == "fast" else None
        library = "" if self._acceleration is None else self._acceleration.title
        return tuple(filter(None, (self.precision, str(dtype or torch.float32).removeprefix("torch."), library)))

    def predict(self, image: ByteArray, key: Hashable = None) -> Prediction:
        """Return what the model says about one upright RGB image (H, W, 3) uint8, in its own pixels.

        With a `key` the feature maps of the image are kept for `refine`, as long as there is room. An image for which
        memory ends is seen smaller: its prediction `is_reduced`. Raises DetectorError where the network gives numbers
        that are not finite, or memory ends on the CPU too.
        """

        def work() -> Prediction:
            with torch.inference_mode():
                (pixels,) = upload([image], self._device, as_bytes=self._model.transform.takes_bytes)
                if key is None or isinstance(self._model, ProposalNetwork):
                    return self._to_prediction(*self._model.analyse([pixels]))
                maps = self._model.maps([pixels])
                prediction = self._to_prediction(*self._model.analyse_maps(maps))
                self._kept.put(key, maps)
                return prediction

        if self._acceleration is not None:
            self._acceleration.go_on()
        return self._in_memory(work)

    def images_at_once(self, size: tuple[int, int]) -> int:
        """Return how many images of `size` (height, width) `predict_batch` sees best at once: 1 or more."""
        return 1 if self._sees_one_by_one else images_at_once(self._device, size)

    def predict_batch(self, images: Sequence[ByteArray]) -> list[Prediction]:
        """Return what `predict` says of each of `images`, which are of one size, in one pass of the network.

        In exact precision they are seen one by one, so that the numbers are those of `predict`; else they are but for
        rounding. Where memory ends for so many it is one by one from then on. Raises as `predict`, for any of them.
        """
        if len(images) > 1 and not self._sees_one_by_one:
            try:
                with torch.inference_mode():
                    uploaded = upload(images, self._device, as_bytes=self._model.transform.takes_bytes)
                    return list(map(self._to_prediction, self._model.analyse(uploaded)))
            except (MemoryError, RuntimeError) as error:
                if not is_lost(error) and not is_out_of_memory(error):
                    raise
                log.warning("%d images at once are too many for %s.", len(images), self._device)
            self._sees_one_by_one = True
            free_cached_memory()
        return list(map(self.predict, images))

    def refine(self, key: Hashable, boxes: ArrayLike) -> Refinement | None:
        """Return what the head says of `boxes` (M, 4) in pixels of the image that `predict` saw with this `key`.

        None where its maps are not kept any more. Raises as `predict`, and where there is no second stage to look.
        """
        drawn_boxes = np.asarray(boxes, dtype=np.float32).reshape(-1, 4)

        def work() -> Refinement | None:
            model, maps = self._model, self._kept.get(key)
            if isinstance(model, ProposalNetwork):
                raise DetectorError(checkpoints.NO_SECOND_STAGE)
            if maps is None:
                return None
            if not len(drawn_boxes):  # nothing for kernels: not every device has some for no rows
                return nothing_refined(self.categories, self.model_version)
            (image_size,), (network_size,) = maps.image_sizes, maps.batch.image_sizes
            with torch.inference_mode():
                drawn = torch.tensor(drawn_boxes, device=self._device)
                drawn = resize_boxes(drawn, list(image_size), list(network_size))
                scores, decoded = model.judge(maps, drawn)
                nothing = drawn.new_zeros(0)
                analysis = Analysis(drawn, nothing, scores, decoded, nothing, network_size, image_size)
                return refinement_of(sound(analysis, self._calibrations), self.categories, self.model_version)

        return self._in_memory(work)

    @property
    def backbone_version(self) -> str:
        """Name what `pool` depends on: the weights before the RoIs, the present size of the input, the precision.

        Not on an export: `pool` is always torch's, so that features of one name are those of one arithmetic.
        """
        transform, (_, kind, *_) = self._model.transform, self.numerics
        enlarges = "up" if transform.enlarges else "down"
        return f"{self._backbone_digest}-{transform.min_size[0]}-{transform.max_size}-{enlarges}-{kind}"

    def pool(self, image: ByteArray, boxes: FloatArray) -> RoiFeatures:
        """Return what `pooling.pooled_by` says of an image as for `predict`.

        Costs about as much as two predictions. Raises as `predict`, and where there is no second stage. Where memory
        ends it raises NoMemoryError, and nothing has changed: who learns has no smaller images than who looks.
        """
        return self._in_memory(lambda: pooled_by(self._model, image, boxes, self._device), shrinks=False)

    def _in_memory(self, work: Callable[[], T], *, shrinks: bool = True) -> T:
        """Return what `work` does, done anew with more room where memory ends, and on the CPU where a GPU is lost.

        Unless it `shrinks`, only what is kept is given up for room, and then NoMemoryError raised. The next work sees
        images as large as ever.
        """
        has_freed = False
        try:
            while True:
                try:
                    return work()
                except (MemoryError, RuntimeError) as error:
                    has_lost = self._device.type != "cpu" and is_lost(error)
                    if not has_lost and not is_out_of_memory(error):
                        raise
                    log.warning("%s on %s: %s", type(error).__name__, self._device, str(error).partition("\n")[0])
                # Not inside `except`: there the error still holds the tensors of the pass that failed.
                if has_lost:
                    self._leave_device(has_lost=True)
                elif shrinks:
                    self._make_room()
                elif has_freed:
                    raise NoMemoryError(NO_ROOM)
                else:
                    has_freed = True
                    self._kept.clear()
                    free_cached_memory()
        finally:
            transform, own = self._model.transform, self._source.transform
            transform.min_size, transform.max_size = own.min_size, own.max_size

    @cached_property
    def _backbone_digest(self) -> str:
        return backbone_digest(self._source)

    def _place(self, device: torch.device) -> None:
        self._device = device
        self._acceleration: Acceleration | None = None
        self._model = copy.deepcopy(self._source).to(device)
        if self.precision == "fast":
            make_fast(self._model, device)
            if self._exports is not None and device.type == "cpu":
                self._acceleration = Acceleration(self._model, self._source, self._exports, self._weights)

    def _leave_device(self, *, has_lost: bool) -> None:
        """Go on where nothing can be unplugged."""
        self.notice = leave(self._device, has_lost=has_lost)
        self._kept.clear()
        self._place(CPU)

    def _make_room(self) -> None:
        """Go on without kept maps, else with a smaller image, or on the CPU where that has been tried."""
        transform, is_cpu = self._model.transform, self._device.type == "cpu"
        if self._kept.clear():
            log.warning("Memory ran out: the feature maps that were kept are given up.")
        elif not self._is_shrunk:
            short, who = int(transform.min_size[0]), "This computer" if is_cpu else "The GPU"
            transform.min_size, transform.max_size = (short // 2,), transform.max_size // 2
            self.notice = f"{who} ran out of memory: such images are seen at {short // 2} pixels instead of {short}."
            log.warning(self.notice)
        elif is_cpu:
            raise NoMemoryError(NO_ROOM)
        else:
            self._leave_device(has_lost=False)
        free_cached_memory()

    @property
    def _is_shrunk(self) -> bool:
        return bool(self._model.transform.min_size != self._source.transform.min_size)

    def _to_prediction(self, analysis: Analysis) -> Prediction:
        known = self.score_floor, self.categories, self.model_version
        return prediction_of(sound(analysis, self._calibrations), *known, is_reduced=self._is_shrunk)
