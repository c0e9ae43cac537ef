from __future__ import annotations

import pytest
import torch
from torchvision.ops import box_iou

from detector import rpn
from detector.rpn import CACHED_PAIRS, FEWEST_ANCHORS, overlaps


def boxes(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * 700
    return torch.cat((corners, corners + 5 + 80 * torch.rand(count, 2, generator=generator)), dim=1)


@pytest.mark.parametrize(("objects", "anchors"), [(1, 1), (0, 9), (3, 5000), (40, 20_001), (300, 3 * FEWEST_ANCHORS)])
def test_that_overlaps_are_those_of_all_at_once_to_the_bit(objects: int, anchors: int) -> None:
    one, other = boxes(objects, 0), boxes(anchors, 1)
    assert torch.equal(overlaps(one, other), box_iou(one, other))


@pytest.mark.parametrize("objects", [1, 20, 215, 5000])
def test_that_no_part_is_large(objects: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[int] = []
    monkeypatch.setattr(rpn, "box_iou", lambda one, part: parts.append(len(one) * len(part)) or box_iou(one, part))
    overlaps(boxes(objects, 0), boxes(8 * FEWEST_ANCHORS, 1))
    assert max(parts) <= max(CACHED_PAIRS, FEWEST_ANCHORS * objects)
    assert len(parts) >= min(8, 8 * FEWEST_ANCHORS * objects // CACHED_PAIRS)
