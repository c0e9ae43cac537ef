"""The figures of a dataset by each metric, as a table and a plot take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from detector.coco_parsing import CocoImage, parse_dataset
from detector.metrics import by_coco, by_recall, by_voc, by_voc07
from detector.types import Detections, Proposals

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("die", "coin", "nut")


def images(*annotations: dict[str, Any]) -> tuple[CocoImage, ...]:
    """One image of 100 by 100 pixels; each annotation needs a category and a box."""
    return parse_dataset({
        "images": [{"id": 1, "file_name": "1.png", "width": 100, "height": 100}],
        "annotations": [{"id": number, "image_id": 1, "area": 1} | each for number, each in enumerate(annotations, 1)],
        "categories": [{"id": label, "name": name} for label, name in enumerate(NAMES, start=1)],
    }).images  # fmt: skip


def die(*bbox: float, **fields: object) -> dict[str, Any]:
    return {"category_id": 1, "bbox": list(bbox)} | fields


def coin(*bbox: float, **fields: object) -> dict[str, Any]:
    return die(*bbox, **fields) | {"category_id": 2}


FOUND = [Detections([[10, 10, 30, 30], [50, 50, 90, 90], [40, 10, 60, 30]], [0.9, 0.8, 0.7], [1, 1, 2], [0, 1, 2])]


def test_that_perfect_proposals_have_perfect_recall() -> None:
    figures = by_recall(images(die(10, 10, 20, 20)), [Proposals([[10, 10, 30, 30]], [1.0])]).figures
    assert figures == dict.fromkeys(
        ["AR100", "AR300", "AR1000", "R50", "R50@50", "R50@100", "R50@300", "R50@1000"], 1.0
    )


def test_that_recall_at_one_iou_and_the_average_differ() -> None:
    # IoU 0.75 counts at six of the ten thresholds.
    figures = by_recall(images(die(10, 10, 20, 20)), [Proposals([[10, 10, 30, 25]], [1.0])]).figures
    assert (figures["AR100"], figures["R50"]) == (pytest.approx(0.6), 1)


def test_that_as_many_proposals_count_as_the_name_says() -> None:
    elsewhere = [[70.0, 70, 75, 75]]
    for before, found in ((49, 1), (50, 0)):
        proposals = Proposals(elsewhere * before + [[10, 10, 30, 30]], [1.0] * (before + 1))
        figures = by_recall(images(die(10, 10, 20, 20)), [proposals]).figures
        assert (figures["R50@50"], figures["R50@100"]) == (found, 1)


@pytest.mark.parametrize("mark", ["iscrowd", "difficult", "ignore"])
def test_that_what_nobody_has_to_find_is_left_out_of_recall(mark: str) -> None:
    truths = images(die(10, 10, 20, 20), coin(50, 50, 40, 40, **{mark: 1}))
    assert by_recall(truths, [Proposals([[10, 10, 30, 30]], [1.0])]).figures["AR100"] == 1


@pytest.mark.parametrize("by", [by_voc07, by_voc])
@pytest.mark.parametrize("mark", ["iscrowd", "difficult", "ignore"])
def test_that_voc_counts_neither_crowds_nor_difficult_objects(by: Any, mark: str) -> None:
    truths = images(die(10, 10, 20, 20), die(50, 50, 40, 40, **{mark: 1}), coin(0, 0, 10, 10))
    measured = by(truths, FOUND, NAMES)
    first, second, third = measured.categories
    assert first == {"name": "die", "boxes": 1, "difficult": 1, "AP": pytest.approx(1)}
    assert second == {"name": "coin", "boxes": 1, "difficult": 0, "AP": 0}
    assert (third["boxes"], third["difficult"]) == (0, 0)
    assert measured.figures["AP"] == pytest.approx(0.5), "the mean of the categories that have objects"
    assert list(measured.figures) == ["AP", "AP/die", "AP/coin", "AP/nut"]


def test_that_the_two_average_precisions_of_voc_differ() -> None:
    # One of two dice is found: the recall of 0.5 reaches six of the eleven points.
    truths = images(die(10, 10, 20, 20), die(0, 60, 20, 20))
    found = [Detections([[10, 10, 30, 30]], [0.9], [1], [0])]
    assert by_voc07(truths, found, NAMES).figures["AP"] == pytest.approx(6 / 11)
    assert by_voc(truths, found, NAMES).figures["AP"] == pytest.approx(0.5)


def test_that_coco_leaves_crowds_out_and_knows_nothing_difficult() -> None:
    truths = images(die(10, 10, 20, 20), die(50, 50, 40, 40, iscrowd=1), coin(40, 10, 20, 20, difficult=1))
    measured = by_coco(truths, FOUND, NAMES)
    assert [row["boxes"] for row in measured.categories] == [1, 1, 0]
    assert [row["AP"] for row in measured.categories[:2]] == pytest.approx([1, 1])
    assert measured.figures["AP50"] == pytest.approx(1)


@pytest.mark.parametrize("by", [by_coco, by_voc07, by_voc])
def test_that_the_plots_are_those_of_the_categories_with_objects(by: Any, tmp_path: Path) -> None:
    paths = by(images(coin(40, 10, 20, 20)), FOUND, NAMES).plot(tmp_path, "title")
    assert [path.name for path in paths] == ["overview.png", "02-coin.png"]


@pytest.mark.parametrize("by", [by_coco, by_voc07, by_voc])
def test_that_without_objects_there_are_neither_figures_nor_plots(by: Any, tmp_path: Path) -> None:
    measured = by(images(), FOUND, NAMES)
    assert all(value != value for value in measured.figures.values()), "NaN"  # noqa: PLR0124
    assert measured.plot(tmp_path, "title") == []
