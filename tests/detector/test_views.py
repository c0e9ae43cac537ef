"""The batches of a dataset: what they show, in which order, whoever loads them."""

from __future__ import annotations

import threading
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector.batches import ProposedSample
from detector.coco_parsing import parse_dataset
from detector.proposal_file import ProposalFile
from detector.types import DetectorError, Sample
from detector.views import Views, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from detector.coco_parsing import CocoImage


@pytest.fixture
def images(tmp_path: Path) -> tuple[CocoImage, ...]:
    """Five images, each with one box at its own place."""
    for number in range(5):
        Image.new("RGB", (40, 30), (40 * number, 0, 0)).save(tmp_path / f"{number}.png")
    document = {
        "images": [{"id": n + 1, "file_name": f"{n}.png", "width": 40, "height": 30} for n in range(5)],
        "annotations": [
            {"id": n + 1, "image_id": n + 1, "category_id": 1, "bbox": [n, 2, 8, 9], "area": 72, "iscrowd": 0}
            for n in range(5)
        ],
        "categories": [{"id": 1, "name": "die"}],
    }
    return parse_dataset(document, tmp_path).images


def same(first: list[Sample], second: list[Sample]) -> bool:
    return all(
        one.name == other.name
        and np.array_equal(one.image, other.image)
        and np.array_equal(one.gt_boxes, other.gt_boxes)
        for one, other in zip(first, second, strict=True)
    )


def test_that_an_epoch_shows_every_image_once_and_the_next_in_another_order(images: tuple[CocoImage, ...]) -> None:
    views = Views(images, 5, (0,))
    epochs = [[sample.name for sample in views[number]] for number in range(4)]
    assert all(sorted(epoch) == [image.file_name for image in images] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_that_a_batch_may_hold_the_end_of_an_epoch_and_the_beginning_of_the_next(images: tuple[CocoImage, ...]) -> None:
    names = [sample.name for number in range(5) for sample in Views(images, 3, (0,))[number]]
    assert all(sorted(names[start : start + 5]) == [image.file_name for image in images] for start in (0, 5, 10))


def test_that_a_batch_may_be_larger_than_the_dataset(images: tuple[CocoImage, ...]) -> None:
    assert len(Views(images[:2], 5, (0,))[0]) == 5


def test_that_boxes_are_mirrored_with_their_images(images: tuple[CocoImage, ...]) -> None:
    samples = chain.from_iterable(Views(images, 1, (0,))[number] for number in range(40))
    lefts = {(sample.name, float(sample.gt_boxes[0, 0])) for sample in samples}
    assert lefts == {(f"{n}.png", left) for n in range(5) for left in (float(n), float(40 - 8 - n))}


def test_that_colours_change_only_where_they_should(images: tuple[CocoImage, ...]) -> None:
    def shades(*, recolours: bool) -> set[int]:
        views = Views(images[1:2], 1, (0,), recolours=recolours)
        return {int(sample.image[0, 0, 0]) for number in range(6) for sample in views[number]}

    assert shades(recolours=False) == {40}
    assert len(shades(recolours=True)) > 3


def test_that_a_batch_is_a_function_of_seed_and_number(images: tuple[CocoImage, ...]) -> None:
    views = Views(images, 3, (7,), recolours=True)
    late = views[4]
    assert same(views[4], late), "asking does not change the answer"
    assert same(Views(images, 3, (7,), recolours=True)[4], late)
    assert not same(Views(images, 3, (8,), recolours=True)[4], late)
    assert not same(views[3], late)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_that_the_number_of_workers_changes_nothing(images: tuple[CocoImage, ...], workers: int) -> None:
    views = Views(images, 2, (0,), recolours=True)
    with closing(loaded(views, range(2, 8), workers)) as batches:
        found = list(batches)
    assert all(same(batch, views[number]) for number, batch in zip(range(2, 8), found, strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_that_an_image_that_cannot_be_read_is_a_sentence_in_its_turn(
    images: tuple[CocoImage, ...], workers: int
) -> None:
    assert images[2].path
    images[2].path.write_bytes(b"no image")
    views = Views(images, 1, (0,))
    with closing(loaded(views, range(5), workers)) as batches, pytest.raises(DetectorError) as error:
        list(batches)
    assert "2.png" in str(error.value)
    assert "Traceback" not in str(error.value)


def test_that_a_closed_loader_leaves_no_thread(images: tuple[CocoImage, ...]) -> None:
    before = threading.active_count()
    batches = loaded(Views(images, 1, (0,)), range(100))
    next(batches)
    batches.close()
    assert threading.active_count() == before


def test_that_samples_in_memory_do_as_well() -> None:
    sample = Sample(np.zeros((8, 8, 3), np.uint8), [[1, 1, 5, 5]], [1], "mine")
    ((seen,),) = [Views([sample], 1, (0,))[0]]
    assert seen.name == "mine"


def test_that_proposals_are_those_of_the_view(images: tuple[CocoImage, ...], tmp_path: Path) -> None:
    file = ProposalFile(tmp_path / "p.npy", len(images), 3)
    upright = [np.array([[n, 2, n + 8, 11]], np.float32) for n in range(5)]
    flipped = [np.array([[40 - n - 8, 2, 40 - n, 11]], np.float32) for n in range(5)]
    list(file.write(zip(upright, flipped, strict=True)))
    views = Views(images, 5, (0,), proposals=file)
    samples = list(chain.from_iterable(views[number] for number in range(4)))
    for sample in samples:
        assert isinstance(sample, ProposedSample)
        assert np.array_equal(sample.proposals, sample.gt_boxes)
    assert {float(sample.gt_boxes[0, 0]) for sample in samples} > {0.0, 32.0}
