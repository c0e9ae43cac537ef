from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice, pairwise

import numpy as np
import pytest

from detector.batches import SampleStream, augment, batches, scene_with_distractors, zoom
from detector.types import Sample


def numbered(number):
    """A black image whose one bright pixel lies in the only box."""
    image = np.zeros((20, 30, 3), np.uint8)
    image[4:8, 6:16] = 255
    return Sample(image, [[6, 4, 16, 8]], [1], name=str(number), rejected_boxes=[[6, 4, 16, 8]], reviewed=False)


@pytest.mark.parametrize("seed", range(16))
def test_that_boxes_follow_their_objects_through_every_augmentation(seed):
    sample = augment(numbered(0), np.random.default_rng(seed), dihedral=True)
    bright = sample.image.astype(int).sum(2)
    rows, columns = np.nonzero(bright > bright.min())
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert tuple(sample.gt_boxes[0]) == box
    assert np.array_equal(sample.rejected_boxes, sample.gt_boxes)


def test_that_an_augmented_image_is_no_more_reviewed_than_before():
    for reviewed in (True, False):
        sample = replace(numbered(0), reviewed=reviewed, iscrowd=[True])
        seen = augment(sample, np.random.default_rng(0), dihedral=True)
        assert (seen.reviewed, seen.iscrowd.tolist()) == (reviewed, [True])


def test_that_an_image_with_rejections_alone_is_augmented_too():
    sample = Sample(numbered(0).image, np.zeros((0, 4)), [], rejected_boxes=[[6, 4, 16, 8], [0, 0, 3, 20]])
    seen = augment(sample, np.random.default_rng(0), dihedral=True)
    assert len(seen.gt_boxes) == 0
    assert len(seen.rejected_boxes) == 2


def test_that_without_dihedral_up_stays_up():
    for seed in range(16):
        box = augment(numbered(0), np.random.default_rng(seed), dihedral=False).gt_boxes[0]
        assert (box[1], box[3]) == (4, 8)


def test_that_each_sample_is_seen_as_often_as_said_and_never_at_once():
    stream = SampleStream(numbered, views=3, dihedral=True, seed=0)
    names = [sample.name for sample in islice(stream, 3000)]
    counts = Counter(names)
    assert max(counts.values()) == 3
    assert sum(count == 3 for count in counts.values()) > 700
    assert sum(a == b for a, b in pairwise(names)) < 60


def test_that_ranks_share_the_numbers_and_none_is_lost():
    streams = [SampleStream(numbered, views=1, dihedral=True, seed=0, rank=rank, ranks=2) for rank in range(2)]
    even, odd = ({int(sample.name) for sample in islice(stream, 600)} for stream in streams)
    assert {n % 2 for n in even} == {0}
    assert {n % 2 for n in odd} == {1}


def test_that_loader_workers_share_the_numbers():
    stream = SampleStream(numbered, views=1, dihedral=True, seed=0)
    names = [sample.name for batch in islice(batches(stream, 4, workers=2), 20) for sample in batch]
    assert len(set(names)) == len(names) == 80


def test_that_the_same_seed_gives_the_same_stream():
    first, second = (list(islice(SampleStream(numbered, views=2, dihedral=True, seed=5), 20)) for _ in range(2))
    assert [s.name for s in first] == [s.name for s in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_that_distractors_are_boxes_of_label_0():
    scenes = [scene_with_distractors(seed, (160, 160)) for seed in range(30)]
    labels = np.concatenate([scene.labels for scene in scenes])
    assert (labels == 0).any()
    assert (labels > 0).any()


@pytest.fixture
def bright_box():
    """A black image with a bright box in its middle, and a box in a corner that was annotated and rejected."""
    image = np.zeros((80, 120, 3), np.uint8)
    image[30:50, 40:70] = 255
    boxes = [[40, 30, 70, 50], [0, 0, 12, 8]]
    return Sample(image, boxes, [1, 2], "a.png", rejected_boxes=boxes[1:])


def test_that_a_zoomed_box_still_surrounds_its_object(bright_box):
    for seed in range(20):
        seen = zoom(bright_box, np.random.default_rng(seed), 0.6)
        x1, y1, x2, y2 = seen.gt_boxes[0].round().astype(int)
        assert seen.image[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].min() > 200
        assert seen.image.sum() <= seen.image[max(y1 - 1, 0) : y2 + 1, max(x1 - 1, 0) : x2 + 1].sum()


def test_that_without_reach_a_zoom_changes_nothing(bright_box):
    seen = zoom(bright_box, np.random.default_rng(0), 0.0)
    assert np.array_equal(seen.image, bright_box.image)
    assert np.array_equal(seen.gt_boxes, bright_box.gt_boxes)
    assert not seen.iscrowd.any()


def test_that_a_zoom_keeps_the_image_within_its_size_and_the_boxes_within_the_image(bright_box):
    sizes = set()
    for seed in range(30):
        seen = zoom(bright_box, np.random.default_rng(seed), 1.0)
        height, width = seen.image_size
        sizes.add(seen.image_size)
        assert height <= 80
        assert width <= 120
        assert (seen.gt_boxes >= 0).all()
        assert (seen.gt_boxes <= [width, height] * 2).all()
    assert len(sizes) > 10


def test_that_what_a_zoom_cuts_in_two_is_neither_object_nor_background(bright_box):
    kept = [zoom(bright_box, np.random.default_rng(seed), 1.0) for seed in range(60)]
    corner = [(one.iscrowd[one.labels == 2], one.rejected_boxes) for one in kept]
    assert any(len(crowd) == 0 for crowd, _ in corner)  # gone from the picture
    assert any(len(crowd) and crowd[0] for crowd, _ in corner)  # cut
    assert any(len(crowd) and not crowd[0] for crowd, _ in corner)  # whole
    assert all(len(rejected) == int(len(crowd) > 0 and not crowd[0]) for crowd, rejected in corner)
