from __future__ import annotations

import pytest
import torch

from detector.roi import AlignedRoIAlign, FixedScaleRoIAlign
from detector.sampled_roi import SampledRoIAlign

STRIDES = (4, 8, 16, 32)
SIZE = (160, 224)


def pyramid(count=1, strides=STRIDES, channels=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {
        str(level): torch.randn(count, channels, -(-SIZE[0] // stride), -(-SIZE[1] // stride), generator=generator)
        for level, stride in enumerate(strides)
    }


def some_boxes(count, seed=0):
    """Boxes of all sizes, some of them over the border, thin, or of no area."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * 260 - 20
    sides = torch.rand(count, 2, generator=generator) ** 3 * 260
    sides[::17] = 0
    return torch.cat((corners, corners + sides), dim=1)


@pytest.mark.parametrize("kind", [FixedScaleRoIAlign, AlignedRoIAlign])
@pytest.mark.parametrize(
    ("strides", "ratio", "bins"), [(STRIDES, 2, 7), (STRIDES, 1, 5), ((16,), 2, 14), ((32, 32), 2, 7)]
)
def test_that_the_weighted_cells_equal_torchvisions_samples_to_rounding(kind, strides, ratio, bins):
    pooling = kind(strides, bins, ratio)
    levels, boxes = pyramid(2, strides), [some_boxes(150), some_boxes(90, seed=1)]
    want = pooling(levels, boxes, [SIZE, SIZE])
    got = SampledRoIAlign(pooling)(levels, boxes, [SIZE, SIZE])
    assert got.shape == want.shape
    torch.testing.assert_close(got, want, rtol=1e-4, atol=2e-4)


def test_that_sixteen_bits_stay_sixteen_and_places_stay_exact():
    pooling = FixedScaleRoIAlign(STRIDES, 7, 2)
    levels, boxes = pyramid(), [some_boxes(100)]
    halved = {name: level.bfloat16() for name, level in levels.items()}
    got = SampledRoIAlign(pooling)(halved, boxes, [SIZE])
    assert got.dtype == torch.bfloat16
    want = pooling({name: level.float() for name, level in halved.items()}, boxes, [SIZE])
    assert float((got.float() - want).abs().max()) < 0.03


def test_that_no_rois_give_no_features():
    pooling = FixedScaleRoIAlign(STRIDES, 7, 2)
    assert SampledRoIAlign(pooling)(pyramid(), [torch.zeros(0, 4)], [SIZE]).shape == (0, 6, 7, 7)


def test_that_a_place_that_is_no_number_gives_features_that_are_none():
    boxes = some_boxes(3)
    boxes[1] = torch.nan
    got = SampledRoIAlign(FixedScaleRoIAlign((16,), 7, 2))(pyramid(strides=(16,)), [boxes], [SIZE])
    assert bool(got[[0, 2]].isfinite().all())
    assert not bool(got[1].isfinite().any())
