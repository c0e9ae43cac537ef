"""What the window shows of an evaluation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector.evaluation import hits_and_mistakes, mean_average_precision, proposal_recall
from detector.evaluation_summary import ImageScore, summarise
from detector.types import Detections, Proposals, Sample
from detector.voc import category_curve, eleven_point_ap

PIXEL = np.zeros((1, 1, 3), dtype=np.uint8)
NAMES = ("cat", "dog", "owl")
HERE, THERE, ELSEWHERE = (0, 0, 10, 10), (50, 50, 60, 60), (90, 90, 99, 99)
NO_PROPOSALS = Proposals([], [])


def make_truth(boxes: object, labels: object, iscrowd: object = ()) -> Sample:
    return Sample(PIXEL, np.asarray(boxes), np.asarray(labels), "truth", np.asarray(iscrowd, dtype=np.bool_))


def make_detections(boxes: object, scores: object, labels: object) -> Detections:
    scores = np.asarray(scores, dtype=np.float32)
    return Detections(np.asarray(boxes), scores, np.asarray(labels), np.arange(len(scores)))


# Image 0: the cat is found, the dog is found below the threshold. Image 1: nothing to see, two inventions, one of them
# below the threshold. Image 2: faultless. Image 3: two dogs taken for cats, a crowd of cats with a detection in it.
TRUTHS = [
    make_truth([HERE, THERE], [1, 2]),
    make_truth([], []),
    make_truth([HERE], [2]),
    make_truth([HERE, THERE, (80, 80, 200, 200)], [2, 2, 1], [False, False, True]),
]
FOUND = [
    make_detections([HERE, THERE], [0.9, 0.4], [1, 2]),
    make_detections([HERE, THERE], [0.8, 0.3], [2, 1]),
    make_detections([HERE], [0.7], [2]),
    make_detections([HERE, THERE, ELSEWHERE], [0.95, 0.6, 0.55], [1, 1, 1]),
]
PROPOSALS = [Proposals([HERE], [1.0]), NO_PROPOSALS, Proposals([HERE], [1.0]), Proposals([HERE, THERE], [1.0, 0.9])]


def worst(score_thresh: float) -> tuple[ImageScore, ...]:
    return summarise(TRUTHS, FOUND, PROPOSALS, NAMES, score_thresh).worst


def test_that_the_worst_image_is_the_one_with_the_most_mistakes_and_a_faultless_one_is_none() -> None:
    assert worst(0.5) == (
        ImageScore(3, hits=0, missed=2, wrong=2),
        ImageScore(0, hits=1, missed=1, wrong=0),
        ImageScore(1, hits=0, missed=0, wrong=1),
    )
    assert [score.mistakes for score in worst(0.5)] == [4, 1, 1]


def test_that_the_threshold_decides_what_is_found_and_what_is_wrong() -> None:
    assert worst(0.0) == (ImageScore(3, hits=0, missed=2, wrong=2), ImageScore(1, hits=0, missed=0, wrong=2))
    assert [(score.index, score.missed, score.wrong) for score in worst(1.0)] == [(0, 2, 0), (3, 2, 0), (2, 1, 0)]


def test_that_crowds_are_no_boxes_to_find() -> None:
    summary = summarise(TRUTHS, FOUND, PROPOSALS, NAMES)
    assert (summary.images, summary.boxes, summary.score_thresh) == (4, 5, 0.5)


def test_that_categories_are_counted_at_the_threshold() -> None:
    cat, dog, owl = summarise(TRUTHS, FOUND, PROPOSALS, NAMES).categories
    assert (cat.name, cat.boxes, cat.found, cat.wrong) == ("cat", 1, 1, 2)
    assert (cat.precision, cat.recall) == (pytest.approx(1 / 3), 1.0)
    assert (dog.boxes, dog.found, dog.wrong) == (4, 1, 1)
    assert (dog.precision, dog.recall) == (0.5, 0.25)
    assert (owl.boxes, owl.found, owl.wrong) == (0, 0, 0)
    assert owl.precision is owl.recall is owl.ap is owl.ap50 is None


def test_that_the_figures_are_those_of_the_metrics() -> None:
    summary = summarise(TRUTHS, FOUND, PROPOSALS, NAMES)
    figures = mean_average_precision(TRUTHS, FOUND, NAMES)
    assert (summary.ap, summary.ap50, summary.ap75) == pytest.approx([figures[name] for name in ("AP", "AP50", "AP75")])
    assert [row.ap for row in summary.categories[:2]] == pytest.approx([figures["AP/cat"], figures["AP/dog"]])
    boxes = [truth.gt_boxes[~truth.iscrowd] for truth in TRUTHS]
    assert summary.ar100 == proposal_recall(boxes, [each.boxes for each in PROPOSALS], 100) == pytest.approx(4 / 5)
    voc = [eleven_point_ap(category_curve(TRUTHS, FOUND, label)) for label in (1, 2)]
    assert summary.voc07 == pytest.approx(np.mean(voc))


def test_that_only_vocs_figure_leaves_difficult_boxes_out() -> None:
    truths, found = [make_truth([HERE, THERE], [1, 1])], [make_detections([HERE], [0.9], [1])]
    plain = summarise(truths, found, [NO_PROPOSALS], ("cat",))
    lenient = summarise(truths, found, [NO_PROPOSALS], ("cat",), difficult=[np.array([False, True])])
    assert plain.voc07 == pytest.approx(6 / 11)
    assert lenient.voc07 == 1.0
    assert (lenient.ap, lenient.boxes, lenient.worst) == (plain.ap, 2, plain.worst)


def test_that_the_counts_add_up_over_images_and_categories() -> None:
    rng = np.random.default_rng(0)
    truths, found = [], []
    for _ in range(20):
        count = int(rng.integers(0, 6))
        corners = rng.uniform(0, 100, (count, 2))
        boxes = np.concatenate([corners, corners + rng.uniform(10, 50, (count, 2))], axis=1)
        truths.append(make_truth(boxes, rng.integers(1, 4, count), rng.random(count) < 0.2))
        found.append(make_detections(boxes + rng.normal(0, 5, boxes.shape), rng.random(count), truths[-1].labels))
    summary = summarise(truths, found, [NO_PROPOSALS] * 20, NAMES, 0.3)
    assert sum(row.wrong for row in summary.categories) == sum(score.wrong for score in summary.worst) > 0
    missed = sum(row.boxes - row.found for row in summary.categories)
    assert missed == sum(score.missed for score in summary.worst) > 0
    for score in summary.worst:
        shown = found[score.index].scores > 0.3
        hits, mistakes = hits_and_mistakes(truths[score.index], found[score.index])
        assert (score.hits, score.wrong) == (int((hits & shown).sum()), int((mistakes & shown).sum()))


def test_that_each_category_with_boxes_has_its_curves() -> None:
    summary = summarise(TRUTHS, FOUND, PROPOSALS, NAMES)
    assert [(curve.name, curve.label) for curve in summary.curves] == [("cat", 1), ("dog", 2)]
    for curve, row in zip(summary.curves, summary.categories, strict=False):
        assert [line.title for line in curve.lines] == ["IoU 0.50", "IoU 0.75", "IoU 0.50–0.95"]
        assert curve.lines[0].ap == pytest.approx(row.ap50)
        assert curve.lines[2].ap == pytest.approx(row.ap)
        for line in curve.lines:
            assert line.recall.shape == line.precision.shape == (101,)
            assert line.precision.mean() == pytest.approx(line.ap)


@pytest.mark.parametrize("images", [0, 2])
@pytest.mark.parametrize("names", [(), NAMES])
def test_that_nothing_to_find_gives_no_figures(images: int, names: tuple[str, ...]) -> None:
    summary = summarise(
        [make_truth([], [])] * images, [make_detections([], [], [])] * images, [NO_PROPOSALS] * images, names
    )
    assert (summary.ap, summary.ap50, summary.ap75, summary.ar100, summary.voc07) == (None,) * 5
    assert (summary.images, summary.boxes, summary.curves, summary.worst) == (images, 0, (), ())
    assert [row.name for row in summary.categories] == list(names)


@pytest.mark.parametrize("short", ["detections", "proposals"])
def test_that_a_missing_image_is_a_mistake_of_the_caller(short: str) -> None:
    parts = {"truths": TRUTHS, "detections": FOUND, "proposals": PROPOSALS}
    parts[short] = parts[short][:-1]
    with pytest.raises(ValueError, match="shorter"):
        summarise(**parts, category_names=NAMES)


def test_that_the_window_can_import_it_without_torch_and_without_matplotlib() -> None:
    modules = "detector.evaluation_summary, detector.plots, detector.voc"
    code = (
        f"import sys, {modules}; sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib', 'pycocotools')))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
