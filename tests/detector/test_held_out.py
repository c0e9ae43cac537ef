from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from detector.calibration import IDENTITY, Calibration
from detector.corrections import CorrectedImage
from detector.evaluation import mean_average_precision
from detector.filtering import select
from detector.head import Head
from detector.held_out import ALL, SCORE_FLOOR, BestHead, HeldOut, calibrated
from detector.predictor import Predictor
from detector.roi_features import pooled
from detector.scenes import CATEGORIES
from detector.types import Candidates, Prediction, Proposals

NAMES = ("cat", "dog", "owl")
BOXES = np.array([[10, 10, 30, 30], [50, 50, 90, 90], [10, 60, 40, 95]], dtype=np.float32)
ELSEWHERE = [60, 5, 80, 25]


def truth(labels=(1, 2, 2), boxes=BOXES, name="a.png", iscrowd=()):
    return CorrectedImage(Path(name), name, boxes, labels, iscrowd=np.array(iscrowd, dtype=np.bool_))


def said(boxes, scores, labels, categories=NAMES, floor=SCORE_FLOOR):
    order = np.argsort(-np.array(scores, dtype=np.float32), kind="stable")
    boxes, scores, labels = (np.array(column)[order] for column in (np.reshape(boxes, (-1, 4)), scores, labels))
    candidates = Candidates(boxes, scores, labels.astype(np.int64), np.zeros(len(boxes), dtype=np.int64))
    proposals = Proposals(np.zeros((1, 4), dtype=np.float32), np.zeros(1, dtype=np.float32))
    return Prediction((100, 100), proposals, candidates, categories, "v", floor)


def held_out(*images):
    return HeldOut([(image, None) for image in images], NAMES)


class Says:
    """A predictor that says the same about every image."""

    def __init__(self, prediction):
        self.prediction = prediction

    def predict(self, image):
        assert image.shape == (100, 100, 3)
        return self.prediction


@pytest.fixture
def image_file(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (100, 100)).save(path)
    return path


# Average precision


@pytest.fixture(scope="module")
def exact(embedded):
    return Predictor(
        embedded.model,
        embedded.categories,
        embedded.version,
        device=torch.device("cpu"),
        precision="exact",
        score_floor=SCORE_FLOOR,
    )


def test_that_a_head_on_cached_features_is_worth_what_its_predictions_are(embedded, exact, scene_images):
    pairs = [(image, pooled(exact, image, None)) for image in scene_images[:3]]
    held = HeldOut(pairs, CATEGORIES)
    predictions = list(held.predict(exact, {}))
    quick = held.value_of_head(Head(embedded.model), embedded.model.roi_heads.box_coder)
    assert quick == pytest.approx(held.value(predictions), abs=0.02)
    found = [select(prediction.candidates, ALL) for prediction in predictions]
    figures = mean_average_precision(scene_images[:3], found, CATEGORIES)
    assert held.value(predictions) == (figures["AP50"], figures["AP"])
    assert quick[0] > 0.3


def test_that_a_head_of_nonsense_is_worth_nothing(embedded, exact, scene_images, make_model):
    held = HeldOut([(scene_images[0], pooled(exact, scene_images[0], None))], CATEGORIES)
    nonsense = make_model("embedded", len(CATEGORIES))
    assert held.value_of_head(Head(nonsense), nonsense.roi_heads.box_coder)[0] < 0.2


# Labels of the project


@pytest.mark.parametrize(
    ("known", "aliases", "labels"),
    [
        (("cat", "dog", "owl"), {}, [1, 2, 3]),
        (("owl", "cat", "dog"), {}, [3, 1, 2]),
        (("dog", "hen", "cat"), {}, [2, 1]),  # nobody knows hens any more
        (("tom", "hen", "dog"), {"tom": "cat", "hen": "owl"}, [1, 3, 2]),
        (("tom", "cat", "dog"), {"tom": "cat"}, [1, 1, 2]),  # merged
        (("dog", "cat", "owl"), {"cat": "dog", "dog": "cat"}, [1, 2, 3]),  # the two have changed their names
    ],
)
def test_that_predictions_come_in_the_labels_of_the_project(image_file, known, aliases, labels):
    prediction = said(BOXES, [0.9, 0.8, 0.7], [1, 2, 3], known)
    held = held_out(replace(truth(), path=image_file))
    (told,) = held.predict(Says(prediction), aliases)
    assert told.candidates.labels.tolist() == labels
    assert told.categories == NAMES
    kept = [label for label, name in enumerate(known, 1) if aliases.get(name, name) in NAMES]
    assert np.array_equal(told.candidates.boxes, BOXES[np.array(kept) - 1])


def test_that_a_prediction_of_nothing_stays_one(image_file):
    (told,) = held_out(replace(truth(), path=image_file)).predict(Says(said([], [], [])), {})
    assert len(told.candidates) == 0


# Figures


def test_that_found_and_missed_are_all_boxes_and_the_rest_is_false():
    held = held_out(truth())
    figures = held.figures([said([*BOXES[:2], ELSEWHERE, ELSEWHERE], [0.9, 0.8, 0.7, 0.6], [1, 2, 2, 3])])
    assert figures.images == 1
    rows = {row.name: (row.boxes, row.found, row.missed, row.false) for row in figures.categories}
    assert rows == {"cat": (1, 1, 0, 0), "dog": (2, 1, 1, 0), "owl": (0, 0, 0, 0)}
    assert 0.7 <= figures.score_thresh < 0.8  # where both are found and nothing false is shown
    assert [row.ap50 for row in figures.categories] == [pytest.approx(1), pytest.approx(51 / 101), None]
    assert figures.ap50 == pytest.approx((1 + 51 / 101) / 2)


def test_that_false_ones_are_shown_where_more_is_found_with_them():
    held = held_out(truth())
    prediction = said([BOXES[0], ELSEWHERE, BOXES[1], BOXES[2]], [0.9, 0.7, 0.4, 0.3], [1, 3, 2, 2])
    figures = held.figures([prediction])
    assert figures.score_thresh < 0.3
    assert [(row.found, row.missed, row.false) for row in figures.categories] == [(1, 0, 0), (2, 0, 0), (0, 0, 1)]


def test_that_crowds_are_no_boxes_to_find():
    held = held_out(truth(iscrowd=[False, False, True]))
    figures = held.figures([said(BOXES, [0.9, 0.8, 0.7], [1, 2, 2])])
    assert [(row.boxes, row.found, row.false) for row in figures.categories] == [(1, 1, 0), (1, 1, 0), (0, 0, 0)]


def test_that_a_model_that_finds_nothing_has_figures():
    figures = held_out(truth(), truth(name="b.png")).figures([said([], [], [])] * 2)
    assert (figures.ap50, figures.ap, figures.images) == (0, 0, 2)
    assert [(row.boxes, row.missed) for row in figures.categories] == [(2, 2), (4, 4), (0, 0)]


# Calibration


def test_that_scores_that_promise_too_much_are_lowered_and_others_are_left_alone():
    wrong = [[x, 5, x + 4, 9] for x in range(0, 95, 5)]
    prediction = said([BOXES[0], *wrong], [0.95] + [0.9] * len(wrong), [1] * (len(wrong) + 1))
    one, two, three = held_out(truth()).calibrations([prediction])
    (cat,) = np.unique(calibrated(said([BOXES[0]], [0.9], [1]), [one, two, three]).candidates.scores)
    assert cat < 0.5
    assert two == three == pytest.approx(IDENTITY)


def test_that_calibrated_candidates_are_in_order_and_above_the_floor():
    prediction = said(BOXES, [0.9, 0.8, 0.03], [1, 2, 1])
    after = calibrated(prediction, [Calibration(1.0, -3.0), Calibration(1.0, 2.0), IDENTITY]).candidates
    assert after.labels.tolist() == [2, 1]
    assert after.scores[0] > 0.95 > after.scores[1] > SCORE_FLOOR
    assert np.array_equal(after.boxes, BOXES[[1, 0]])


# The example


def test_that_the_example_is_the_image_on_which_they_differ_most():
    images = [truth(name=f"{name}.png") for name in "abc"]
    nothing, all_of_it = said([], [], []), said(BOXES, [0.9, 0.8, 0.7], [1, 2, 2])
    one_less = said(BOXES[:2], [0.9, 0.8], [1, 2])
    held = held_out(*images)
    example = held.example([nothing, one_less, all_of_it], [nothing, all_of_it, nothing])
    assert example.name == "c.png"  # also where the new one is worse
    assert (example.before, example.after) == (all_of_it, nothing)
    assert held.example([nothing] * 3, [all_of_it, one_less, one_less]).name == "a.png"


# The best head


class Worth:
    """Held-out images on which a head is worth what is written into it."""

    def __len__(self):
        return 3

    def value_of_head(self, head, _coder):
        return head.weight.item(), 0.0


def head_worth(value):
    head = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(head.weight, value)
    return head


def test_that_the_best_head_is_kept_as_it_was():
    best = BestHead(Worth(), None)
    head = head_worth(0.5)
    assert best.measure(head_worth(0.2)) == pytest.approx(0.2)
    assert best.measure(head) == 0.5
    torch.nn.init.constant_(head.weight, 0.1)  # it trains on
    assert [best.measure(head), best.waited] == [pytest.approx(0.1), 1]
    assert best.measure(head_worth(0.5)) == 0.5
    assert best.waited == 2  # as good as the best is not better
    assert best.head.weight.item() == 0.5


def test_that_without_held_out_images_the_last_head_is_the_best():
    best = BestHead(HeldOut((), NAMES), None)
    assert [best.measure(head_worth(value)) for value in (0.9, 0.1)] == [None, None]
    assert best.head.weight.item() == pytest.approx(0.1)
    assert best.waited == 0
