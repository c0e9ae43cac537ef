"""A model of other categories than the dataset's."""

from __future__ import annotations

import numpy as np
import pytest

from detector.coco_parsing import CocoAnnotation, CocoImage
from detector.measurement import matching_labels, relabelled, unfinished
from detector.types import Detections


def test_that_categories_match_by_name_whatever_their_case_and_order() -> None:
    assert matching_labels(["Bolt", "nut", "gear"], ["NUT", "die", "bolt"]) == {1: 3, 2: 1}


def test_that_no_common_name_is_no_match() -> None:
    assert matching_labels(["bolt"], ["die"]) == {}


def test_that_names_that_differ_by_case_alone_are_told_apart() -> None:
    assert matching_labels(["A", "a"], ["a", "A"]) == {1: 2, 2: 1}
    assert matching_labels(["a", "b"], ["A", "a", "B"]) == {1: 2, 2: 3}
    assert matching_labels(["A", "a"], ["a"]) == {2: 1}
    assert matching_labels(["AB", "Ab"], ["ab"]) == {}
    assert matching_labels(["ab"], ["AB", "Ab"]) == {}
    assert matching_labels(["caf\N{LATIN SMALL LETTER E WITH ACUTE}"], ["Cafe\N{COMBINING ACUTE ACCENT}"]) == {1: 1}


def test_that_detections_take_the_labels_of_the_dataset_and_the_unknown_go() -> None:
    boxes = np.arange(16).reshape(4, 4)
    found = relabelled(Detections(boxes, [0.9, 0.8, 0.7, 0.6], [2, 1, 3, 2], [0, 1, 2, 3]), {1: 3, 2: 1})
    assert found.labels.tolist() == [1, 3, 1]
    assert found.boxes.tolist() == boxes[[0, 1, 3]].tolist()
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.6])


def test_that_relabelling_without_a_match_leaves_nothing() -> None:
    assert len(relabelled(Detections([[0, 0, 1, 1]], [0.5], [1], [0]), {})) == 0


def test_that_images_are_named_of_which_most_boxes_are_missing() -> None:
    row = [(20.0 * place, 0.0, 20.0 * place + 15, 10.0) for place in range(6)]

    def image(name: str, boxes: list[tuple[float, ...]], *, iscrowd: bool = False) -> CocoImage:
        annotations = tuple(CocoAnnotation(1, 1, 1, box, iscrowd, False, {}) for box in boxes)
        return CocoImage(1, name, None, (10, 120), annotations, {})

    everywhere = (0.0, 0.0, 120.0, 10.0)
    truths = [image("all.png", row), image("none.png", []), image("one.png", row[:1]), image("half.png", row[:3])]
    truths += [image("beside.png", [(8.0, 0.0, 23.0, 10.0), *row[2:]]), image("crowd.png", [everywhere], iscrowd=True)]
    sure, unsure = (Detections(row, [score] * 6, [1] * 6, range(6)) for score in (0.5, 0.49))
    assert unfinished(truths, [sure] * 6) == ["none.png", "one.png"]
    assert unfinished(truths, [unsure] * 6) == []
    assert unfinished([image("no.png", [])], [Detections([], [], [], [])]) == []
