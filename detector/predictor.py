"""From an image to a `Prediction` in original pixels: the border at which tensors end.

Shapes: R proposals, C candidates, K categories.
"""

from __future__ import annotations

import copy
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeVar

import torch
from torch import Tensor
from torchvision.ops import clip_boxes_to_image, remove_small_boxes

from detector import checkpoints
from detector.calibration import EDGE
from detector.corrections import difference_hash
from detector.model import ProposalNetwork
from detector.precision import make_fast, sixteen_bit_type
from detector.roi_features import MAX_PROPOSALS, MAX_ROIS, RoiFeatures, RoiView, backbone_digest, mirrored
from detector.types import ByteArray, Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from detector.model import Analysis, Network
    from detector.types import FloatArray

Precision = Literal["fast", "exact"]
MIN_BOX_SIDE = 1e-2  # torchvision's RoIHeads.postprocess_detections
NOT_FINITE = "The model gives numbers that are not finite: its file is damaged or of another model."
OUT_OF_MEMORY = ("DefaultCPUAllocator", "MPS backend out of memory")

T = TypeVar("T")

log = logging.getLogger(__name__)


def choose_device(name: str | None = None) -> torch.device:
    """Return the device called `name`, or the best there is: CUDA, then MPS, then the CPU.

    Raises DetectorError if there is no such device here.
    """
    have = {"cpu"}
    if torch.cuda.is_available():
        have.add("cuda")
    if torch.backends.mps.is_available():
        have.add("mps")
    if name is None:
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if kind in have))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DetectorError(f"There is no device called {name!r}: choose cuda, mps or cpu.") from None
    if device.type not in have or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise DetectorError(f"The device {name!r} is not available here: choose one of {', '.join(sorted(have))}.")
    return device


def open_predictor(
    path: Path | None = None, *, device: str | None = None, precision: Precision = "fast", score_floor: float = 0.02
) -> Predictor:
    """Return the model version in the file `path`, by default the embedded one, on the best or the named device.

    Raises DetectorError, saying what to do, where the file or the device is not right.
    """
    checkpoint = checkpoints.load(path or checkpoints.EMBEDDED_WEIGHTS)
    return Predictor(
        checkpoint.model,
        checkpoint.categories,
        checkpoint.version,
        device=choose_device(device),
        precision=precision,
        score_floor=score_floor,
        calibrations=checkpoint.calibrations,
    )


class Predictor:
    """One model version on one device.

    `categories[label - 1]` names `label`; `calibrations[label - 1]`, a (scale, shift) as in `detector.calibration`, is
    what its scores go through: without any they stay as the network gives them. `notice` says in a sentence what had
    to be changed while running (the GPU was out of memory), or is empty.
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
        # Kept unfolded and on the CPU, so that a GPU that runs out of memory can be left for good.
        self._source = model.cpu().eval()
        self._place(device)

    @property
    def device(self) -> str:
        """`cuda`, `mps` or `cpu`, with an index where there are several."""
        return str(self._device)

    def predict(self, image: ByteArray) -> Prediction:
        """Return what the model says about one upright RGB image (H, W, 3) uint8, in its own pixels.

        Raises DetectorError where the network gives numbers that are not finite, or memory ends on the CPU too.
        """

        def work() -> Prediction:
            with torch.inference_mode():
                (analysis,) = self._model.analyse([self._upload(image)])
                return self._to_prediction(analysis)

        return self._in_memory(work)

    @property
    def backbone_version(self) -> str:
        """Name what `pool` depends on: the weights before the RoIs, the present size of the input, the precision."""
        transform = self._model.transform
        dtype = sixteen_bit_type(self._device) if self.precision == "fast" else None
        kind = str(dtype or torch.float32).removeprefix("torch.")
        enlarges = "up" if transform.enlarges else "down"
        return f"{self._backbone_digest}-{transform.min_size[0]}-{transform.max_size}-{enlarges}-{kind}"

    def pool(self, image: ByteArray, boxes: FloatArray) -> RoiFeatures:
        """Return the pooled features of an image as for `predict`, and of its mirror image, to learn from.

        Of both the best `MAX_PROPOSALS` proposals, then `boxes` (M, 4) in pixels of `image`, as many of them as
        `MAX_ROIS` leaves room for. Costs about as much as two predictions and raises as `predict`, and where there is
        no second stage to pool for.
        """

        def work() -> RoiFeatures:
            # Not in inference mode: nothing that is made there can be trained on.
            with torch.no_grad():
                pixels = self._upload(image)
                upright, size = self._pool_view(pixels, boxes)
                mirror, _ = self._pool_view(pixels.flip(-1), mirrored(boxes, image.shape[1]))
            return RoiFeatures((upright, mirror), size, (image.shape[0], image.shape[1]), difference_hash(image))

        return self._in_memory(work)

    def _pool_view(self, image: Tensor, boxes: FloatArray) -> tuple[RoiView, tuple[int, int]]:
        if isinstance(self._model, ProposalNetwork):
            raise DetectorError(checkpoints.NO_SECOND_STAGE)
        given = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4).to(image.device)
        rois, features, count, size = self._model.pool(image, given, MAX_PROPOSALS, MAX_ROIS)
        halved = features.half().cpu()
        if not bool(halved.isfinite().all()):
            raise DetectorError(NOT_FINITE)
        return RoiView(rois.cpu(), halved, torch.arange(len(halved)) < count), size

    def _in_memory(self, work: Callable[[], T]) -> T:
        """Return what `work` does, done anew with more room where memory ends."""
        while True:
            try:
                return work()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            # Not inside `except`: there the error still holds the tensors of the pass that failed.
            self._make_room()

    @cached_property
    def _backbone_digest(self) -> str:
        return backbone_digest(self._source)

    def _upload(self, image: ByteArray) -> Tensor:
        """Return (3, H, W) float32 in [0, 1]; a quarter of the bytes travel if they become floats on the device."""
        return torch.tensor(image).to(self._device).permute(2, 0, 1).float().div_(255)

    def _place(self, device: torch.device) -> None:
        self._device = device
        self._model = copy.deepcopy(self._source).to(device)
        if self.precision == "fast":
            make_fast(self._model, device)

    def _make_room(self) -> None:
        """Go on with smaller images, or on the CPU where that has been tried. The CPU has no way out."""
        if self._device.type == "cpu":
            raise DetectorError(
                "There is not enough memory for this image: close other programs or choose a smaller image."
            )
        transform = self._model.transform
        short = int(transform.min_size[0])
        if short > self._source.transform.min_size[0] // 2:
            transform.min_size, transform.max_size = (short // 2,), transform.max_size // 2
            self.notice = f"The GPU ran out of memory: images are now seen at {short // 2} pixels instead of {short}."
        else:
            self.notice = "The GPU ran out of memory: detection goes on, slower, on the CPU."
            self._place(torch.device("cpu"))
        log.warning(self.notice)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _calibrated(self, analysis: Analysis) -> Analysis:
        """`detector.calibration.apply` for all scores at once; that of the background stays."""
        if not len(self._calibrations):
            return analysis
        scale, shift = self._calibrations.T  # (K,) each
        before = analysis.scores[:, 1:]
        # Near 1 the logit needs doubles, which MPS does not have.
        logits = torch.logit(before.cpu().double(), EDGE)
        after = torch.sigmoid(logits * scale + shift).float().to(before.device)
        is_identity = ((scale == 1) & (shift == 0)).to(before.device)
        after = torch.where(is_identity, before, after)  # to the bit
        return analysis._replace(scores=torch.cat((analysis.scores[:, :1], after), dim=1))

    def _to_prediction(self, analysis: Analysis) -> Prediction:
        boxes, scores, labels, proposal_indices = candidates_of(self._calibrated(analysis), self.score_floor)
        if not bool(analysis.scores.isfinite().all()):
            raise DetectorError(NOT_FINITE)
        return Prediction(
            image_size=analysis.image_size,
            proposals=Proposals(_scaled(analysis.proposals, analysis).cpu().numpy(), analysis.objectness.cpu().numpy()),
            candidates=Candidates(
                _scaled(boxes, analysis).cpu().numpy(),
                scores.cpu().numpy(),
                labels.cpu().numpy(),
                proposal_indices.cpu().numpy(),
            ),
            categories=self.categories,
            model_version=self.model_version,
            score_floor=self.score_floor,
        )


def is_out_of_memory(error: Exception) -> bool:
    """Return whether `error` says that memory has ended.

    Python and CUDA have errors of their own for it; the allocators of the CPU and of MPS raise a RuntimeError by name.
    """
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(name in str(error) for name in OUT_OF_MEMORY)


def candidates_of(analysis: Analysis, score_floor: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return boxes (C, 4), scores, labels and proposal indices (C,), best first, in network pixels.

    The same steps as torchvision's `postprocess_detections` before its NMS: clip, drop background, score > floor,
    side >= 0.01.
    """
    boxes = clip_boxes_to_image(analysis.boxes, analysis.network_size)[:, 1:]  # (R, K, 4)
    scores = analysis.scores[:, 1:]  # (R, K)
    proposal_indices, columns = torch.where(scores > score_floor)
    boxes, scores, labels = boxes[proposal_indices, columns], scores[proposal_indices, columns], columns + 1
    keep = remove_small_boxes(boxes, MIN_BOX_SIDE)
    keep = keep[torch.sort(scores[keep], descending=True, stable=True).indices]
    return boxes[keep], scores[keep], labels[keep], proposal_indices[keep]


def _scaled(boxes: Tensor, analysis: Analysis) -> Tensor:
    """From pixels of the network's input to pixels of the original; torchvision's `resize_boxes`, to the bit."""
    sizes = zip(analysis.image_size, analysis.network_size, strict=True)
    high, wide = (
        torch.tensor(float(a), device=boxes.device) / torch.tensor(float(b), device=boxes.device) for a, b in sizes
    )
    return boxes * torch.stack((wide, high, wide, high))
