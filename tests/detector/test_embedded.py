from __future__ import annotations

import numpy as np
import pytest

from detector import checkpoints, embedded
from detector.coco import load_sample, read_dataset
from detector.embedded import HELD_OUT_SEED, REHEARSAL_SEED, RehearsalScenes, evaluate, held_out_scenes
from detector.evaluation import proposal_recall
from detector.predictor import open_predictor
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, draw_scene


def test_that_the_weights_are_small_and_know_the_training_categories():
    assert checkpoints.EMBEDDED_WEIGHTS.stat().st_size <= 12_000_000
    assert checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).categories == CATEGORIES
    assert not set(CATEGORIES) & set(TAUGHT_CATEGORIES)


def test_that_held_out_scenes_come_from_their_own_seeds():
    assert [scene.name for scene in held_out_scenes(2)] == [f"scene-{HELD_OUT_SEED}", f"scene-{HELD_OUT_SEED + 1}"]


def test_that_scenes_are_rehearsed_in_the_labels_of_the_project():
    label_of = {"key": 2, "bolt": 3}
    scenes = RehearsalScenes(label_of)[:3]
    assert [scene.name for scene in scenes] == [f"scene-{REHEARSAL_SEED + index}" for index in range(3)]
    for index, scene in enumerate(scenes):
        drawn = draw_scene(REHEARSAL_SEED + index)
        assert np.array_equal(scene.image, drawn.image)
        assert np.array_equal(scene.gt_boxes, drawn.gt_boxes)
        known = [label_of.get(CATEGORIES[label - 1], 0) for label in drawn.labels]
        assert scene.labels.tolist() == known
        assert scene.iscrowd.tolist() == [label == 0 for label in known]  # neither object nor background
    assert len(np.unique(np.concatenate([scene.labels for scene in scenes]))) > 1


def test_that_each_scene_is_drawn_only_when_it_is_wanted(monkeypatch):
    drawn = []
    monkeypatch.setattr(embedded, "draw_scene", lambda seed, size: drawn.append(seed) or draw_scene(seed, size))
    scenes = RehearsalScenes({"bolt": 1})
    assert drawn == []
    assert scenes[7].name == f"scene-{REHEARSAL_SEED + 7}"
    assert drawn == [REHEARSAL_SEED + 7]


def test_that_rehearsed_scenes_never_reach_the_held_out_ones():
    scenes = RehearsalScenes({"bolt": 1})
    assert scenes[len(scenes) - 1].name == f"scene-{HELD_OUT_SEED - 1}"
    with pytest.raises(IndexError):
        scenes[len(scenes)]


def test_that_it_detects_on_scenes_that_it_has_not_seen():
    figures = evaluate(checkpoints.EMBEDDED_WEIGHTS, 60, "cpu", "fast")
    # Sixty scenes scatter by about 0.03 around the figures of the model card.
    assert figures["AP50"] > 0.90
    assert figures["AP"] > 0.71
    assert figures["AR@100"] > 0.73


@pytest.mark.parametrize(("dataset", "least"), [("dice", 0.50), ("bccd", 0.33), ("sketch", 0.16)])
def test_that_its_proposals_transfer_to_real_images(shared_data, dataset, least):
    folder = shared_data / dataset
    images = read_dataset(folder / "annotations_test.json", folder / "images").images
    predictor = open_predictor(device="cpu")
    proposals = [predictor.predict(load_sample(image).image).proposals.boxes for image in images]
    recall = proposal_recall([image.gt_boxes[~image.iscrowd] for image in images], proposals, 100)
    assert recall > least


def test_that_a_blank_image_is_not_full_of_objects():
    prediction = open_predictor(device="cpu").predict(np.full((480, 640, 3), 200, np.uint8))
    assert np.count_nonzero(prediction.candidates.scores > 0.5) == 0
