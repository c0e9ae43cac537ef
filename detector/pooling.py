"""What a fine-tune learns from of one image: the features of its RoIs, pooled by a network as it serves.

Shapes: M given boxes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from detector.checkpoints import NO_SECOND_STAGE
from detector.model import ProposalNetwork
from detector.near_copies import difference_hash
from detector.passes import upload
from detector.readout import NOT_FINITE
from detector.roi_features import MAX_PROPOSALS, MAX_ROIS, RoiFeatures, RoiView, mirrored
from detector.types import DetectorError

if TYPE_CHECKING:
    from torch import Tensor

    from detector.model import FasterRCNN, Network
    from detector.types import ByteArray, FloatArray


def pooled_by(model: Network, image: ByteArray, boxes: FloatArray, device: torch.device) -> RoiFeatures:
    """Return the features of an upright RGB image (H, W, 3) and of its mirror image, pooled by `model` on `device`.

    Of both the best `MAX_PROPOSALS` proposals, then `boxes` (M, 4) in pixels of `image`, as many of them as `MAX_ROIS`
    leaves room for. Raises DetectorError where there is no second stage to pool for, or a number is not finite.
    """
    if isinstance(model, ProposalNetwork):
        raise DetectorError(NO_SECOND_STAGE)
    # Not in inference mode: nothing that is made there can be trained on.
    with torch.no_grad():
        (pixels,) = upload([image], device)
        upright, size = _view(model, pixels, boxes)
        mirror, _ = _view(model, pixels.flip(-1), mirrored(boxes, image.shape[1]))
    return RoiFeatures((upright, mirror), size, (image.shape[0], image.shape[1]), difference_hash(image))


def _view(model: FasterRCNN, image: Tensor, boxes: FloatArray) -> tuple[RoiView, tuple[int, int]]:
    """Return what is pooled of one view, and the size at which the network has seen it."""
    given = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4).to(image.device)
    rois, features, count, size = model.pool(image, given, MAX_PROPOSALS, MAX_ROIS)
    halved = features.half().cpu()
    if not bool(halved.isfinite().all()):
        raise DetectorError(NOT_FINITE)
    return RoiView(rois.cpu(), halved, torch.arange(len(halved)) < count), size
