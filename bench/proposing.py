"""Selective Search beside a region proposal network: the same images, how long each takes and what it finds.

Selective Search (Uijlings et al. 2013) is that of opencv-contrib in its fast mode, as in the paper. It orders its
proposals by the level at which they were merged, times a random number that is drawn anew in each run.

Shapes: M ground-truth boxes, R proposals.
"""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torchvision.models.detection.transform import resize_boxes

from detector.evaluation import IOU_THRESHOLDS, matched_ious

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.model import FasterRCNN
    from detector.types import ByteArray, FloatArray, Sample

LIMITS = (50, 100, 300, 1000)
WITHOUT_OPENCV = (
    "Selective Search is left out: it needs opencv-contrib-python-headless, which the extra `bench` brings."
)


class Proposing(NamedTuple):
    """What a method proposes for each image, best first, (R, 4) each, and the seconds that each image took."""

    proposals: list[FloatArray]
    seconds: list[float]


def selective_search(images: Sequence[ByteArray], threads: int) -> Proposing | None:
    """Return the proposals of Selective Search for RGB images, or None where opencv-contrib is not installed."""
    try:
        cv2: Any = importlib.import_module("cv2")
        search = cv2.ximgproc.segmentation.createSelectiveSearchSegmentation()
    except (ImportError, AttributeError):  # opencv without its contributed modules has no `ximgproc`
        return None
    cv2.setNumThreads(threads)
    proposals, seconds = [], []
    for image in images:
        start = time.perf_counter()
        search.setBaseImage(np.ascontiguousarray(image[..., ::-1]))
        search.switchToSelectiveSearchFast()
        rectangles = search.process()  # (R, 4) x, y, width, height
        seconds.append(time.perf_counter() - start)
        corners = np.concatenate((rectangles[:, :2], rectangles[:, :2] + rectangles[:, 2:]), axis=1)
        proposals.append(corners.astype(np.float32))
    return Proposing(proposals, seconds)


class Parts(NamedTuple):
    """Median milliseconds of the network's convolutions up to the shared features, and of the RPN's layers on them."""

    convolutions: float
    rpn_layers: float


@torch.inference_mode()
def region_proposals(model: FasterRCNN, images: Sequence[ByteArray], device: torch.device) -> tuple[Proposing, Parts]:
    """Return what the first stage of `model` proposes, and what of its time its parts take.

    The seconds of an image are all that it takes to have its proposals: resizing, convolutions, the RPN's layers,
    decoding and NMS. The paper counts the last two elsewhere, among what is done by region; so do the parts.
    """
    model = model.to(device).eval()
    proposals, seconds, convolutions, layers = [], [], [], []
    for image in images:
        begin = now(device)
        pixels = torch.tensor(image, device=device).permute(2, 0, 1).float().div_(255)
        batch, _ = model.transform([pixels])
        levels = model.backbone(batch.tensors)
        shared = now(device)
        (boxes,), *_ = model.rpn.propose(batch, levels)
        end = now(device)
        model.rpn.head(list(levels.values()))  # once more, to know its share
        layers.append(now(device) - end)
        seconds.append(end - begin)
        convolutions.append(shared - begin)
        original = resize_boxes(boxes, list(batch.image_sizes[0]), list(pixels.shape[-2:]))
        proposals.append(original.cpu().numpy())
    return Proposing(proposals, seconds), Parts(*(1e3 * float(np.median(part)) for part in (convolutions, layers)))


def now(device: torch.device) -> float:
    """Return the time in seconds at which `device` has done what it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def recalls(samples: Sequence[Sample], proposals: Sequence[FloatArray]) -> dict[str, float]:
    """Return `recall@N`, at IoU 0.5, and `AR@N`, its average over COCO's thresholds, for each N of `LIMITS`."""
    boxes = [sample.gt_boxes[~sample.iscrowd] for sample in samples]
    figures: dict[str, float] = {}
    for limit, ious in zip(LIMITS, matched_ious(boxes, proposals, LIMITS), strict=True):
        figures[f"recall@{limit}"] = float((ious >= IOU_THRESHOLDS[0]).mean())
        figures[f"AR@{limit}"] = float((ious[None] >= IOU_THRESHOLDS[:, None]).mean())
    return figures
