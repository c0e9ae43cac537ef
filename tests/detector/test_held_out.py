from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from detector.calibration import IDENTITY, Calibration
from detector.corrections import CorrectedImage
from detector.evaluation import hits_and_mistakes, mean_average_precision
from detector.filtering import select
from detector.fine_tune_values import Figures
from detector.head import Head
from detector.held_out import ALL, SCORE_FLOOR, BestHead, HeldOut, Seen, takes_over
from detector.looks import looks_at
from detector.predictor import Predictor
from detector.roi_features import pooled
from detector.scenes import CATEGORIES
from detector.types import Candidates, Prediction, Proposals

NAMES = ("cat", "dog", "owl")
BOXES = np.array([[10, 10, 30, 30], [50, 50, 90, 90], [10, 60, 40, 95]], dtype=np.float32)
ELSEWHERE = [60, 5, 80, 25]
MANY = 20


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


def seen(image, prediction):
    found = select(prediction.candidates, ALL)
    return Seen(prediction, found, *hits_and_mistakes(image, found))


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
    told = list(held.seen_by(exact, {}))
    found = [one.found for one in told]
    coder = embedded.model.roi_heads.box_coder
    quick = held.value_by_head(list(held.seen_by_head(Head(embedded.model), coder, mixed=False)))
    assert quick == pytest.approx(held.value(found)[0], abs=0.02)
    again = [select(one.prediction.candidates, ALL) for one in told]
    figures = mean_average_precision(scene_images[:3], again, CATEGORIES)
    assert held.value(found) == (figures["AP50"], figures["AP"])
    assert quick > 0.3
    for one, image in zip(told, scene_images, strict=False):
        assert [mark.tolist() for mark in hits_and_mistakes(image, one.found)] == [
            one.hits.tolist(),
            one.mistakes.tolist(),
        ]


def test_that_sixteen_bits_hardly_change_what_a_head_is_worth(embedded, exact, scene_images):
    held = HeldOut([(image, pooled(exact, image, None)) for image in scene_images[:2]], CATEGORIES)
    coder = embedded.model.roi_heads.box_coder
    worth = [
        held.value_by_head(list(held.seen_by_head(Head(embedded.model), coder, mixed=mixed))) for mixed in (True, False)
    ]
    assert worth[0] == pytest.approx(worth[1], abs=0.05)


def test_that_a_head_of_nonsense_is_worth_nothing(embedded, exact, scene_images, make_model):
    held = HeldOut([(scene_images[0], pooled(exact, scene_images[0], None))], CATEGORIES)
    nonsense = make_model("embedded", len(CATEGORIES))
    found = list(held.seen_by_head(Head(nonsense), nonsense.roi_heads.box_coder, mixed=False))
    assert held.value_by_head(found) < 0.2


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
    (one,) = held.seen_by(Says(prediction), aliases)
    told = one.prediction
    assert told.candidates.labels.tolist() == labels
    assert one.found.labels.tolist() == labels
    assert told.categories == NAMES
    kept = [label for label, name in enumerate(known, 1) if aliases.get(name, name) in NAMES]
    assert np.array_equal(told.candidates.boxes, BOXES[np.array(kept) - 1])


def test_that_a_prediction_of_nothing_stays_one(image_file):
    (told,) = held_out(replace(truth(), path=image_file)).seen_by(Says(said([], [], [])), {})
    assert len(told.prediction.candidates) == len(told.found) == len(told.hits) == len(told.mistakes) == 0


class Finds:
    """Finds what is white: rectangles that do not touch."""

    def __init__(self):
        self.shapes = []

    def predict(self, image):
        self.shapes.append(image.shape[:2])
        white = np.pad(image[..., 0] > 127, 1)
        starts = np.argwhere(white[1:-1, 1:-1] & ~white[:-2, 1:-1] & ~white[1:-1, :-2])
        boxes = [
            [left, top, left + np.argmin(white[top + 1, left + 1 :]), top + np.argmin(white[top + 1 :, left + 1])]
            for top, left in starts.tolist()
        ]
        return replace(said(boxes, [0.9] * len(boxes), [1] * len(boxes)), image_size=image.shape[:2])


def test_that_a_large_image_is_measured_in_tiles_as_a_whole(tmp_path):
    page, box = np.zeros((120, 250, 3), dtype=np.uint8), [88, 40, 102, 52]  # at the border of a tile
    page[40:52, 88:102] = 255
    Image.fromarray(page).save(tmp_path / "a.png")
    image = replace(truth((1,), np.array([box], dtype=np.float32)), path=tmp_path / "a.png")
    looks = looks_at(image, 100)
    held = HeldOut([(look, None) for look in looks], NAMES, [image], 100)
    predictor = Finds()
    steps = list(held.seen_by(predictor, {}))
    (one,) = (step for step in steps if isinstance(step, Seen))
    assert len(steps) > len(looks)  # each tile is a step: a detection may be waiting
    assert max(predictor.shapes[1:]) <= (100, 100)
    assert one.found.boxes.tolist() == [box]
    assert one.hits.tolist() == [True]
    assert held.value([one.found])[0] == pytest.approx(1)
    nothing = select(said([], [], []).candidates, ALL)
    assert held.value_by_head([nothing] * len(looks)) == 0


def test_that_more_objects_than_one_look_may_find_are_counted_in_a_large_image(tmp_path):
    page = np.zeros((250, 250, 3), dtype=np.uint8)
    corners = [(left, top) for top in range(2, 250, 12) for left in range(2, 250, 12)]
    for left, top in corners:
        page[top : top + 6, left : left + 6] = 255
    Image.fromarray(page).save(tmp_path / "a.png")
    boxes = np.array([[left, top, left + 6, top + 6] for left, top in corners], dtype=np.float32)
    image = replace(truth([1] * len(boxes), boxes), path=tmp_path / "a.png")
    held = HeldOut([(look, None) for look in looks_at(image, 100)], NAMES, [image], 100)
    (one,) = (step for step in held.seen_by(Finds(), {}) if isinstance(step, Seen))
    figures = held.figures([one])
    assert figures.categories[0].found == len(boxes) > 400
    assert figures.categories[0].ap50 == figures.ap50 == pytest.approx(1)


# Figures


def test_that_found_and_missed_are_all_boxes_and_the_rest_is_false():
    held = held_out(truth())
    prediction = said([*BOXES[:2], ELSEWHERE, ELSEWHERE], [0.9, 0.8, 0.4, 0.3], [1, 2, 2, 3])
    figures = held.figures([seen(truth(), prediction)])
    assert figures.images == 1
    rows = {row.name: (row.boxes, row.found, row.missed, row.false) for row in figures.categories}
    assert rows == {"cat": (1, 1, 0, 0), "dog": (2, 1, 1, 0), "owl": (0, 0, 0, 0)}
    assert figures.score_thresh == pytest.approx(0.5)
    assert [row.ap50 for row in figures.categories] == [pytest.approx(1), pytest.approx(51 / 101), None]
    assert figures.ap50 == pytest.approx((1 + 51 / 101) / 2)


def figures_of_many(prediction):
    """What twenty images say that are all the same: enough to be believed."""
    return held_out(*[truth()] * MANY).figures([seen(truth(), prediction)] * MANY)


def test_that_false_ones_are_shown_where_more_is_found_with_them():
    figures = figures_of_many(said([BOXES[0], ELSEWHERE, BOXES[1], BOXES[2]], [0.9, 0.7, 0.4, 0.3], [1, 3, 2, 2]))
    assert figures.score_thresh == pytest.approx(0.25)
    rows = [(row.found, row.missed, row.false) for row in figures.categories]
    assert rows == [(MANY, 0, 0), (2 * MANY, 0, 0), (0, 0, MANY)]


def test_that_the_threshold_shows_what_is_quicker_to_name_again_than_to_draw():
    near = BOXES[1] + 1
    figures = figures_of_many(said([BOXES[0], BOXES[1], near, BOXES[2]], [0.9, 0.6, 0.5, 0.3], [1, 3, 2, 2]))
    assert figures.score_thresh == pytest.approx(0.25), "the wrong name of the second costs no more than to draw it"
    rows = {row.name: (row.found, row.missed, row.false) for row in figures.categories}
    assert rows == {"cat": (MANY, 0, 0), "dog": (MANY, MANY, 0), "owl": (0, 0, MANY)}, "one suggestion for the second"
    assert figures.categories[1].ap50 == pytest.approx(1), "precision knows every detection"


@pytest.mark.parametrize(
    ("score", "of_one", "of_many"),
    [
        pytest.param(0.9, 0.5, 0.5, id="all are as good"),
        pytest.param(0.3, 0.5, 0.25, id="a right one is shown"),
    ],
)
def test_that_one_image_hardly_moves_the_threshold_away_from_a_half(score, of_one, of_many):
    prediction = said(BOXES[:1], [score], [1])
    assert held_out(truth()).figures([seen(truth(), prediction)]).score_thresh == pytest.approx(of_one)
    assert figures_of_many(prediction).score_thresh == pytest.approx(of_many)


def test_that_false_ones_are_hidden_where_many_images_show_them():
    figures = figures_of_many(said([BOXES[0], ELSEWHERE], [0.9, 0.7], [1, 3]))
    assert figures.score_thresh == pytest.approx(0.7)


def test_that_crowds_are_no_boxes_to_find():
    image = truth(iscrowd=[False, False, True])
    figures = held_out(image).figures([seen(image, said(BOXES, [0.9, 0.8, 0.7], [1, 2, 2]))])
    assert [(row.boxes, row.found, row.false) for row in figures.categories] == [(1, 1, 0), (1, 1, 0), (0, 0, 0)]


def test_that_a_model_that_finds_nothing_has_figures():
    figures = held_out(truth(), truth(name="b.png")).figures([seen(truth(), said([], [], []))] * 2)
    assert (figures.ap50, figures.ap, figures.images) == (0, 0, 2)
    assert [(row.boxes, row.missed) for row in figures.categories] == [(2, 2), (4, 4), (0, 0)]


@pytest.mark.parametrize(
    ("new", "old", "images", "is_taken"),
    [
        pytest.param(0.6, 0.5, 50, True, id="better"),
        pytest.param(0.5, 0.5, 50, True, id="as good, of more corrections"),
        pytest.param(0.48, 0.5, 50, True, id="a little worse on fifty"),
        pytest.param(0.46, 0.5, 50, False, id="worse on fifty"),
        pytest.param(0.4, 0.5, 4, True, id="worse on four"),
        pytest.param(0.35, 0.5, 4, False, id="much worse on four"),
        pytest.param(0.3, 0.5, 1, True, id="much worse on one"),
        pytest.param(0.2, 0.5, 1, False, id="less than half on one"),
        pytest.param(0.0, 0.0, 1, False, id="finds nothing"),
        pytest.param(float("nan"), 0.1, 1, False, id="cannot be measured"),
    ],
)
def test_that_a_new_model_takes_over_unless_it_is_worse_by_more_than_luck(new, old, images, is_taken):
    # The boxes of the old one became the truth, where they were accepted.
    after, before = Figures(images, new, new / 2, 0.5, ()), Figures(images, old, old, 0.5, ())
    assert takes_over(after, before) == is_taken


# Calibration


def test_that_scores_that_promise_too_much_are_lowered_and_others_are_left_alone():
    wrong = [[x, 5, x + 4, 9] for x in range(0, 95, 5)]
    prediction = said([BOXES[0], *wrong], [0.95] + [0.9] * len(wrong), [1] * (len(wrong) + 1))
    one, two, three = held_out(truth()).calibrations([seen(truth(), prediction)])
    lowered = seen(truth(), said([BOXES[0]], [0.9], [1])).calibrated([one, two, three])
    assert lowered.found.scores.tolist() == lowered.prediction.candidates.scores.tolist()
    assert lowered.found.scores[0] < 0.5
    assert two == three == pytest.approx(IDENTITY)


def test_that_scores_of_a_category_that_no_image_shows_stay_as_they_are():
    wrong = [[x, 5, x + 4, 9] for x in range(0, 95, 5)]
    prediction = said(wrong * 2, [0.9] * 2 * len(wrong), [2] * len(wrong) + [3] * len(wrong))
    for image in (truth(), truth((1, 2, 3), iscrowd=[False, False, True])):  # a crowd shows nothing to find
        one, two, three = held_out(image).calibrations([seen(image, prediction)])
        assert one == pytest.approx(IDENTITY)
        assert two.shift < -0.5
        assert three == IDENTITY


def test_that_what_is_found_in_a_crowd_says_nothing_of_the_scores():
    image = truth((1, 1, 1), iscrowd=[False, True, True])
    inside = [[x, 52, x + 6, 60] for x in range(50, 84, 7)] * 4
    one = held_out(image).calibrations([seen(image, said(inside, [0.9] * len(inside), [1] * len(inside)))])[0]
    assert one == pytest.approx(IDENTITY)


def test_that_calibrated_candidates_are_in_order_and_above_the_floor():
    before = seen(truth(), said([*BOXES[:2], ELSEWHERE], [0.9, 0.8, 0.03], [1, 2, 1]))
    after = before.calibrated([Calibration(1.0, -3.0), Calibration(1.0, 2.0), IDENTITY])
    candidates = after.prediction.candidates
    assert candidates.labels.tolist() == [2, 1]
    assert candidates.scores[0] > 0.95 > candidates.scores[1] > SCORE_FLOOR
    assert np.array_equal(candidates.boxes, BOXES[[1, 0]])
    assert after.found.labels.tolist() == [2, 1, 1]
    assert np.array_equal(after.found.boxes, [BOXES[1], BOXES[0], ELSEWHERE])
    assert np.array_equal(before.found.boxes[[1, 0, 2]], after.found.boxes)


def test_that_hits_stay_hits_under_a_calibration():
    boxes = np.concatenate([BOXES, BOXES + 40, BOXES + 2])
    scores, labels = [0.5, 0.8, 0.3, 0.9, 0.6, 0.4, 0.7, 0.2, 0.35], [1, 2, 2, 1, 2, 3, 3, 1, 3]
    before = seen(truth(), said(boxes, scores, labels))
    after = before.calibrated([Calibration(0.5, -1.0), Calibration(2.0, 1.0), Calibration(1.0, -2.0)])
    hits, mistakes = hits_and_mistakes(truth(), after.found)
    assert hits.any()
    assert (after.hits.tolist(), after.mistakes.tolist()) == (hits.tolist(), mistakes.tolist())
    assert after.found.labels.tolist() != before.found.labels.tolist()  # the order has changed


# The example


def test_that_the_example_is_the_image_on_which_they_differ_most():
    images = [truth(name=f"{name}.png") for name in "abc"]
    nothing, all_of_it = seen(truth(), said([], [], [])), seen(truth(), said(BOXES, [0.9, 0.8, 0.7], [1, 2, 2]))
    one_less = seen(truth(), said(BOXES[:2], [0.9, 0.8], [1, 2]))
    held = held_out(*images)
    example = held.example([nothing, one_less, all_of_it], [nothing, all_of_it, nothing])
    assert example.name == "c.png"  # also where the new one is worse
    assert (example.before, example.after) == (all_of_it.prediction, nothing.prediction)
    assert held.example([nothing] * 3, [all_of_it, one_less, one_less]).name == "a.png"


def test_that_what_has_a_low_score_is_not_right_in_an_example():
    images = [truth(name=f"{name}.png") for name in "ab"]
    nothing, faint = seen(truth(), said([], [], [])), seen(truth(), said(BOXES, [0.4, 0.4, 0.3], [1, 2, 2]))
    one = seen(truth(), said(BOXES[:1], [0.9], [1]))
    assert held_out(*images).example([nothing] * 2, [faint, one]).name == "b.png"


# The best head


class Worth:
    """Three held-out images on which a head is worth what is written into it."""

    def __len__(self):
        return 3

    def seen_by_head(self, head, _coder, *, mixed):
        assert not mixed
        yield from [head.weight.item()] * 3

    def value_by_head(self, found):
        assert len(found) == 3
        return found[0]


def head_worth(value):
    head = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(head.weight, value)
    return head


def measured(best, head):
    """What is said while `head` is measured, and what it is worth."""
    return len(list(best.measure(head, "measuring"))), best.latest


def settled(best):
    """The head that is settled on, and how many images that took."""
    settling, images = best.settle("settling"), 0
    while True:
        try:
            assert next(settling) == "settling"
        except StopIteration as end:
            return pytest.approx(end.value.weight.item()), images
        images += 1


@pytest.fixture
def best():
    return BestHead(Worth(), None, mixed=False)


def test_that_the_best_head_is_kept_as_it_was(best):
    head = head_worth(0.5)
    assert measured(best, head_worth(0.25)) == (3, 0.25)
    assert measured(best, head) == (3, 0.5)
    torch.nn.init.constant_(head.weight, 0.125)  # it trains on
    assert measured(best, head) == (3, 0.125)
    assert best.waited == 1
    assert measured(best, head_worth(0.5)) == (3, 0.5)
    assert (best.waited, best.ap50) == (2, 0.5)  # as good as the best is not better
    torch.nn.init.constant_(head.weight, 0.9)
    assert settled(best) == (0.5, 0)


def test_that_of_equally_good_heads_the_newest_counts(best):
    """It has learnt most; and an old one has the advantage that its boxes became the truth."""
    for bias in (1.0, 2.0):
        head = head_worth(0.5)
        torch.nn.init.constant_(head.bias, bias)
        measured(best, head)
    with pytest.raises(StopIteration) as end:
        next(best.settle("settling"))
    assert end.value.value.bias.item() == 2.0


def test_that_without_held_out_images_the_last_head_is_the_best():
    best = BestHead(HeldOut((), NAMES), None, mixed=False)
    assert [measured(best, head_worth(value)) for value in (0.9, 0.1)] == [(0, None), (0, None)]
    assert settled(best) == (0.1, 0)
    assert (best.waited, best.ap50) == (0, 0)
    best.unmeasured = head_worth(0.7)
    assert settled(best) == (0.7, 0)


@pytest.mark.parametrize(("last", "chosen"), [(0.75, 0.75), (0.25, 0.5)])
def test_that_the_last_head_counts_where_it_is_the_best(best, last, chosen):
    measured(best, head_worth(0.5))
    best.unmeasured = head_worth(last)
    assert settled(best) == (chosen, 3)
    assert settled(best) == (chosen, 0)


def test_that_a_measurement_broken_off_is_made_again(best):
    best.unmeasured = head_worth(0.5)
    measuring = best.measure(best.unmeasured, None)
    next(measuring)
    measuring.close()
    assert best.latest is None
    assert settled(best) == (0.5, 3)


def test_that_another_head_that_is_measured_leaves_the_last_one_to_measure(best):
    best.unmeasured = head_worth(0.75)
    measured(best, head_worth(0.5))
    assert settled(best) == (0.75, 3)
