"""Memory that ends for a moment costs the image that was looked at then, and nothing after it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from detector.packing import decode, encode
from detector.predictor import Predictor
from detector.resize import Resize
from detector.types import NoMemoryError

CPU = torch.device("cpu")


@pytest.fixture
def pictures():
    return list(np.random.default_rng(0).integers(0, 256, (3, 300, 400, 3), dtype=np.uint8))


@pytest.fixture
def found(make_model):
    return Predictor(make_model("embedded", 2), ["a", "b"], "v1", device=CPU)


@pytest.fixture
def refuse(monkeypatch):
    """Let memory end in so many passes from now on; return the short sides at which the others see their images."""
    forward, refusals, sides = Resize.forward, [], []

    def refused(transform, images, targets=None):
        if refusals:
            raise refusals.pop()
        sides.append(transform.min_size[0])
        return forward(transform, images, targets)

    def refuse(times):
        sides.clear()
        refusals.extend(torch.OutOfMemoryError("CUDA out of memory.") for _ in range(times))
        return sides

    monkeypatch.setattr(Resize, "forward", refused)
    return refuse


def test_that_an_image_that_was_seen_smaller_says_so_and_the_next_is_seen_whole(found, pictures, refuse):
    before, version = found.predict(pictures[0]), found.backbone_version
    sides = refuse(1)
    smaller, again = found.predict(pictures[0]), found.predict(pictures[0])
    assert sides == [128, 256]
    assert (before.is_reduced, smaller.is_reduced, again.is_reduced) == (False, True, False)
    assert np.array_equal(again.proposals.boxes, before.proposals.boxes)
    assert not np.array_equal(smaller.proposals.boxes, before.proposals.boxes)
    assert found.backbone_version == version
    assert "128 pixels instead of 256" in found.notice


def test_that_of_a_batch_only_the_image_without_memory_is_seen_smaller(found, pictures, refuse):
    sides = refuse(2)  # all three at once, and the first by itself
    assert [one.is_reduced for one in found.predict_batch(pictures)] == [True, False, False]
    assert sides == [128, 256, 256]


def test_that_kept_maps_go_before_an_image_is_seen_smaller(found, pictures, refuse):
    found.predict(pictures[0], "first")
    sides = refuse(1)
    assert not found.predict(pictures[1], "second").is_reduced
    assert sides == [256]
    assert found.refine("first", [[10, 10, 90, 90]]) is None


def test_that_what_was_seen_smaller_can_be_refined_after_it(found, pictures, refuse):
    refuse(1)
    assert found.predict(pictures[0], "first").is_reduced
    refinement = found.refine("first", [[10, 10, 390, 290]])
    assert refinement.boxes.shape[:1] == (1,)
    assert refinement.boxes.max() > 300  # in pixels of the image, of which the network saw a third


def test_that_the_image_after_one_that_could_not_be_seen_is_seen_whole(found, pictures, refuse):
    refuse(2)
    with pytest.raises(NoMemoryError, match="not enough memory"):
        found.predict(pictures[0])
    sides = refuse(0)
    assert not found.predict(pictures[0]).is_reduced
    assert sides == [256]


def test_that_what_is_packed_says_that_it_was_seen_smaller(found, pictures, refuse):
    refuse(1)
    assert [decode(encode(found.predict(pictures[0]))).is_reduced for _ in range(2)] == [True, False]
