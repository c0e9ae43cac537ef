"""A model of other categories than the dataset's."""

from __future__ import annotations

import numpy as np
import pytest

from detector.coco_parsing import parse_dataset
from detector.measurement import matching_labels, proposal_figures, relabelled
from detector.types import Detections, Proposals


def test_that_categories_match_by_name_whatever_their_case_and_order() -> None:
    assert matching_labels(["Bolt", "nut", "gear"], ["NUT", "die", "bolt"]) == {1: 3, 2: 1}


def test_that_no_common_name_is_no_match() -> None:
    assert matching_labels(["bolt"], ["die"]) == {}


def test_that_detections_take_the_labels_of_the_dataset_and_the_unknown_go() -> None:
    boxes = np.arange(16).reshape(4, 4)
    found = relabelled(Detections(boxes, [0.9, 0.8, 0.7, 0.6], [2, 1, 3, 2], [0, 1, 2, 3]), {1: 3, 2: 1})
    assert found.labels.tolist() == [1, 3, 1]
    assert found.boxes.tolist() == boxes[[0, 1, 3]].tolist()
    assert found.scores.tolist() == pytest.approx([0.9, 0.8, 0.6])


def test_that_relabelling_without_a_match_leaves_nothing() -> None:
    assert len(relabelled(Detections([[0, 0, 1, 1]], [0.5], [1], [0]), {})) == 0


def test_that_perfect_proposals_have_perfect_recall_and_crowds_do_not_count() -> None:
    document = {
        "images": [{"id": 1, "file_name": "1.png", "width": 100, "height": 100}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "iscrowd": 0, "area": 400},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 50, 40, 40], "iscrowd": 1, "area": 1600},
        ],
        "categories": [{"id": 1, "name": "die"}],
    }
    truths = parse_dataset(document).images
    assert proposal_figures(truths, [Proposals([[10, 10, 30, 30]], [1.0])]) == {"AR100": 1, "AR300": 1, "R50": 1}
    # IoU 0.75 counts at six of the ten thresholds.
    assert proposal_figures(truths, [Proposals([[10, 10, 30, 25]], [1.0])]) == {
        "AR100": pytest.approx(0.6),
        "AR300": pytest.approx(0.6),
        "R50": 1,
    }
