"""What the network says of an image, read out: calibrated scores, candidates, boxes in pixels of the original.

Shapes: R proposals, C candidates, K categories, M drawn boxes, T categories that are told of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torchvision.ops import clip_boxes_to_image, remove_small_boxes

from detector.calibration import EDGE
from detector.types import Candidates, DetectorError, Prediction, Proposals, Refinement

if TYPE_CHECKING:
    from detector.model import Analysis

LIKELIEST = 3  # categories of a drawn box that are told
MIN_BOX_SIDE = 1e-2  # torchvision's RoIHeads.postprocess_detections
NOT_FINITE = "The model gives numbers that are not finite: its file is damaged or of another model."


def sound(analysis: Analysis, calibrations: Tensor) -> Analysis:
    """Return the analysis with the scores that are told. Raises DetectorError where these are no numbers."""
    if not bool(analysis.scores.isfinite().all()):
        raise DetectorError(NOT_FINITE)
    return calibrated(analysis, calibrations)


def calibrated(analysis: Analysis, calibrations: Tensor) -> Analysis:
    """`detector.calibration.apply` for all scores at once; that of the background stays.

    `calibrations` are (K, 2) float64 on the CPU, or (0, 2) for none.
    """
    if not len(calibrations):
        return analysis
    scale, shift = calibrations.T  # (K,) each
    before = analysis.scores[:, 1:]
    # Near 1 the logit needs doubles, which MPS does not have.
    logits = torch.logit(before.cpu().double(), EDGE)
    after = torch.sigmoid(logits * scale + shift).float().to(before.device)
    is_identity = ((scale == 1) & (shift == 0)).to(before.device)
    after = torch.where(is_identity, before, after)  # to the bit
    return analysis._replace(scores=torch.cat((analysis.scores[:, :1], after), dim=1))


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


def to_original(boxes: Tensor, analysis: Analysis) -> Tensor:
    """From pixels of the network's input to pixels of the original; torchvision's `resize_boxes`, to the bit."""
    sizes = zip(analysis.image_size, analysis.network_size, strict=True)
    high, wide = (
        torch.tensor(float(a), device=boxes.device) / torch.tensor(float(b), device=boxes.device) for a, b in sizes
    )
    return boxes * torch.stack((wide, high, wide, high))


def prediction_of(
    analysis: Analysis, score_floor: float, categories: tuple[str, ...], model_version: str, *, is_reduced: bool = False
) -> Prediction:
    """Return proposals and candidates in pixels of the original, on the CPU."""
    boxes, scores, labels, proposal_indices = candidates_of(analysis, score_floor)
    proposals = to_original(analysis.proposals, analysis)
    return Prediction(
        image_size=analysis.image_size,
        proposals=Proposals(proposals.cpu().numpy(), analysis.objectness.cpu().numpy()),
        candidates=Candidates(
            to_original(boxes, analysis).cpu().numpy(),
            scores.cpu().numpy(),
            labels.cpu().numpy(),
            proposal_indices.cpu().numpy(),
        ),
        categories=categories,
        model_version=model_version,
        score_floor=score_floor,
        is_reduced=is_reduced,
    )


def refinement_of(analysis: Analysis, categories: tuple[str, ...], model_version: str) -> Refinement:
    """Return what is told of the boxes that took the place of the proposals, with the likeliest categories of each."""
    scores, columns = analysis.scores[:, 1:].topk(min(LIKELIEST, len(categories)))
    clipped = clip_boxes_to_image(analysis.boxes, analysis.network_size)[:, 1:]  # (M, K, 4)
    boxes = clipped.gather(1, columns[..., None].expand(-1, -1, 4))  # (M, T, 4)
    return Refinement(
        to_original(boxes, analysis).cpu().numpy(),
        (columns + 1).cpu().numpy(),
        scores.cpu().numpy(),
        (1 - analysis.scores[:, 0]).cpu().numpy(),
        categories,
        model_version,
    )
