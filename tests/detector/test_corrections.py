"""What of the corrections is learnt from, what is left out and said, and which images measure the result."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector import near_copies
from detector.coco_parsing import parse_dataset
from detector.corrections import CorrectedImage, Corrections, chance, checked, from_dataset, groups, hold_out
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence

BOX = (2.0, 2.0, 12.0, 9.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files a.png to f.png."""
    for letter in "abcdef":
        Image.new("RGB", (20, 20)).save(tmp_path / f"{letter}.png")
    return tmp_path


def corrected(
    folder: Path,
    name: str,
    boxes: Sequence[Sequence[float]] = (BOX,),
    labels: Sequence[int] | None = None,
    **more: object,
) -> CorrectedImage:
    return CorrectedImage(folder / name, name, boxes, [1] * len(boxes) if labels is None else labels, **more)


def series(count: int, labels: Sequence[int] = (1,)) -> list[CorrectedImage]:
    return [corrected(Path("nowhere"), f"{n:05}.jpg", [BOX] * len(labels), labels) for n in range(count)]


# What can be learnt from


def test_that_sound_corrections_pass_unchanged_and_without_a_word(folder: Path) -> None:
    image = corrected(folder, "a.png", rejected_boxes=[BOX])
    left, sentences = checked(Corrections((image,), ("die",), {"dice": "die"}))
    assert left.images == (image,)
    assert (left.categories, left.aliases, sentences) == (("die",), {"dice": "die"}, ())


def test_that_arrays_cannot_be_changed_behind_the_training(folder: Path) -> None:
    image = corrected(folder, "a.png")
    with pytest.raises(ValueError, match="read-only"):
        image.gt_boxes[0, 0] = 7


def test_that_boxes_without_an_area_are_left_out_with_their_labels_and_counted(folder: Path) -> None:
    nan, inf = float("nan"), float("inf")
    boxes = [BOX, (0, 0, 0.5, 9), (5, 5, 3, 9), (0, nan, 9, 9), (0, 0, inf, 9), (-inf, 0, 5, 9), (1, 1, 2, 2)]
    image = corrected(
        folder, "a.png", boxes, [1, 2, 2, 2, 2, 2, 3],
        iscrowd=[False, True, False, False, False, False, True],
        difficult=[True, True, False, False, False, False, False], rejected_boxes=[(3, 3, 3, 9), BOX],
    )  # fmt: skip
    left, sentences = checked(Corrections((image,), ("a", "b", "c")))
    assert left.images[0].labels.tolist() == [1, 3]
    assert left.images[0].iscrowd.tolist() == [False, True]
    assert left.images[0].difficult.tolist() == [True, False]
    assert left.images[0].gt_boxes.tolist() == [list(BOX), [1, 1, 2, 2]]
    assert left.images[0].rejected_boxes.tolist() == [list(BOX)]
    assert sentences == ("5 boxes thinner than a pixel.", "1 rejected box thinner than a pixel.")


def test_that_images_without_a_file_are_named_and_those_without_a_decision_counted(folder: Path) -> None:
    missing = [corrected(folder, f"gone{n}.png") for n in range(4)]
    undecided = corrected(folder, "b.png", (), reviewed=False)
    only_rejected = corrected(folder, "c.png", (), reviewed=False, rejected_boxes=[BOX])
    empty = corrected(folder, "d.png", ())
    images = (*missing, corrected(folder, "a.png"), undecided, only_rejected, empty)
    left, sentences = checked(Corrections(images, ("die",)))
    assert [image.name for image in left.images] == ["a.png", "c.png", "d.png"]
    assert sentences == (
        "1 image is not reviewed and without a usable box.",
        "4 image files are missing: gone0.png, gone1.png, gone2.png, ….",
    )


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        ([], "no corrected image"),
        ([{"boxes": (), "reviewed": False}], "no corrected image"),
        ([{"boxes": ()}, {"boxes": ()}], "only images without boxes"),
        ([{"boxes": (), "rejected_boxes": [BOX]}], "only rejections"),
        ([{"iscrowd": [True]}], "only crowd regions"),
        ([{"reviewed": False}], "Nothing says what is background"),
        ([{"boxes": [(1, 1, 1.5, 9)]}], "only images without boxes.*1 box thinner than a pixel"),
    ],
)
def test_that_what_teaches_nothing_is_refused_with_a_sentence(
    folder: Path, images: list[dict[str, object]], sentence: str
) -> None:
    made = tuple(corrected(folder, "a.png", **entry) for entry in images)  # type: ignore[arg-type]
    with pytest.raises(DetectorError, match=sentence):
        checked(Corrections(made, ("die",)))


def test_that_one_reviewed_image_says_what_is_background(folder: Path) -> None:
    images = (corrected(folder, "a.png", reviewed=False), corrected(folder, "b.png", ()))
    assert checked(Corrections(images, ("die",)))[0].images == images


def test_that_rejections_are_too_little_background(folder: Path) -> None:
    image = corrected(folder, "a.png", reviewed=False, rejected_boxes=[(0, 10, 9, 19)])
    with pytest.raises(DetectorError, match=r"Mark an image as reviewed.*1 image file is missing"):
        checked(Corrections((image, corrected(folder, "gone.png")), ("die",)))


def test_that_a_project_without_categories_is_refused(folder: Path) -> None:
    with pytest.raises(DetectorError, match="no categories"):
        checked(Corrections((corrected(folder, "a.png", ()),), ()))


def test_that_only_missing_files_are_named_in_the_refusal(folder: Path) -> None:
    with pytest.raises(DetectorError, match=r"no corrected image.*gone\.png"):
        checked(Corrections((corrected(folder, "gone.png"),), ("die",)))


@pytest.mark.parametrize("label", [0, 2])
def test_that_a_label_without_a_category_is_an_error_of_the_caller(folder: Path, label: int) -> None:
    with pytest.raises(ValueError, match=r"outside 1\.\.1"):
        Corrections((corrected(folder, "a.png", labels=[label]),), ("die",))


def test_that_every_image_of_a_dataset_counts_as_reviewed(folder: Path) -> None:
    document = {
        "images": [{"id": n, "file_name": f"{letter}.png", "width": 20, "height": 20} for n, letter in enumerate("ab")],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 7, "bbox": [2, 2, 10, 7], "area": 70, "difficult": 1},
            {"id": 2, "image_id": 0, "category_id": 9, "bbox": [1, 1, 8, 8], "area": 64, "iscrowd": 1},
        ],
        "categories": [{"id": 7, "name": "die"}, {"id": 9, "name": "coin"}],
    }
    corrections = from_dataset(parse_dataset(document, folder))
    first, second = corrections.images
    assert corrections.categories == ("die", "coin")
    assert (first.path, first.name) == (folder / "a.png", "a.png")
    assert (first.gt_boxes[0].tolist(), first.labels.tolist(), first.iscrowd.tolist()) == (
        [*BOX],
        [1, 2],
        [False, True],
    )
    assert first.difficult.tolist() == [True, False]
    assert first.reviewed
    assert second.reviewed
    assert len(second.gt_boxes) == 0


# What is held out


@pytest.mark.parametrize("count", [3, 4, 7, 20, 100, 1000])
def test_that_about_a_fifth_is_held_out(count: int) -> None:
    held = sum(hold_out(series(count), range(count)))
    assert max(1, round(0.1 * count)) <= held <= max(1, round(0.3 * count))


def test_that_the_fraction_is_obeyed() -> None:
    assert 400 < sum(hold_out(series(1000), range(1000), fraction=0.5)) <= 500  # half of a category stays


def test_that_the_choice_hangs_neither_on_order_nor_on_growth() -> None:
    images = series(400)
    before = dict(zip((image.name for image in images), hold_out(images, range(400)), strict=True))
    backwards = hold_out(images[::-1], range(400))
    assert dict(zip((image.name for image in images[::-1]), backwards, strict=True)) == before
    grown = hold_out(series(800), range(800))[:400]
    assert grown == list(before.values())


@pytest.mark.parametrize("seed", range(8))
def test_that_what_was_learnt_from_measures_nothing_later(seed: int) -> None:
    images = [replace(image, name=f"{seed}-{image.name}") for image in series(200)]
    learnt: set[str] = set()
    for count in (10, 15, 22, 33, 50, 75, 112, 168, 200):
        known = [image.name in learnt for image in images[:count]]
        held = hold_out(images[:count], range(count), 0.12, min(5, count // 4), known)
        assert sum(held) >= min(5, count // 4)
        assert not any(is_known and out for is_known, out in zip(known, held, strict=True))
        learnt |= {image.name for image, out in zip(images[:count], held, strict=True) if not out}


@pytest.mark.parametrize(("reviewed", "partly"), [(3, 9), (3, 17), (4, 20), (5, 15), (10, 90)])
def test_that_half_of_the_reviewed_images_teach_what_background_is(folder: Path, reviewed: int, partly: int) -> None:
    for seed in range(20):
        images = [corrected(folder, f"{seed}-{n}.png", reviewed=n < reviewed) for n in range(reviewed + partly)]
        for least in (1, 5):
            held = hold_out(images, range(len(images)), 0.12, least)
            assert 1 <= sum(held) <= reviewed // 2


def test_that_a_group_is_learnt_from_where_one_image_of_it_is() -> None:
    images, numbers = series(300), [n // 6 for n in range(300)]
    known = [n % 6 == 3 and n < 240 for n in range(300)]
    held = hold_out(images, numbers, learnt=known)
    assert any(held[240:])
    assert not any(held[:240])


def test_that_images_that_were_learnt_from_measure_nothing_also_where_there_are_no_others(folder: Path) -> None:
    images = [corrected(folder, f"{n}.png", [BOX] if n < 2 else ()) for n in range(60)]
    assert not any(hold_out(images, range(60), learnt=[True] * 60))
    assert not any(hold_out(images, range(60), learnt=[n < 2 for n in range(60)])), "the others show no box"
    fresh = [n for n, out in enumerate(hold_out(series(60), range(60), 0.12, 5, [n < 58 for n in range(60)])) if out]
    assert fresh == [58, 59]
    held = hold_out(images, range(60), learnt=[n == 0 for n in range(60)])
    assert (held[0], held[1]) == (False, True), "of the two with a box the one that was not learnt from"


def test_that_groups_stay_whole() -> None:
    images, numbers = series(300), [n // 6 for n in range(300)]
    held = hold_out(images, numbers)
    assert any(held)
    assert all(held[n] == held[n - n % 6] for n in range(300))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_that_nothing_is_held_out_of_fewer_than_three_groups(count: int) -> None:
    assert hold_out(series(count), range(count)) == [False] * count
    assert hold_out(series(9), [n % 2 for n in range(9)]) == [False] * 9


def test_that_only_groups_of_reviewed_images_are_held_out(folder: Path) -> None:
    images = [corrected(folder, f"{n}.png", reviewed=n % 3 > 0) for n in range(300)]
    held = hold_out(images, [n // 2 for n in range(300)])
    reviewed = [all(image.reviewed for image in images[n - n % 2 : n - n % 2 + 2]) for n in range(300)]
    assert any(held)
    assert all(fine for fine, out in zip(reviewed, held, strict=True) if out)


def test_that_a_category_keeps_half_of_its_images_in_training(folder: Path) -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        images = []
        for n in range(40):
            labels = np.unique(np.minimum(rng.geometric(0.3, rng.integers(0, 4)), 9))
            images.append(corrected(folder, f"{seed}-{n}.png", [BOX] * len(labels), labels.tolist()))
        held = hold_out(images, [n // 2 for n in range(40)])
        total, out = Counter[int](), Counter[int]()
        for image, is_out in zip(images, held, strict=True):
            total.update(image.categories_shown)
            out.update(image.categories_shown if is_out else ())
        assert all(2 * out[label] <= total[label] for label in total)
        assert any(held)


def test_that_the_only_image_of_each_category_stays_in_training(folder: Path) -> None:
    images = [corrected(folder, f"{n}.png", labels=[n + 1]) for n in range(10)]
    assert not any(hold_out(images, range(10)))


def test_that_a_box_is_held_out_wherever_most_images_are_empty(folder: Path) -> None:
    images = [corrected(folder, f"{n}.png", [BOX] if n < 2 else ()) for n in range(60)]
    held = hold_out(images, range(60))
    assert sum(held[:2]) == 1
    assert any(held[2:]), "empty images measure what is seen where nothing is"
    assert not any(hold_out(images[2:], range(58))), "without any box there is nothing to measure"


def test_that_of_large_groups_the_smallest_is_held_out() -> None:
    numbers = [0] * 34 + [1] * 33 + [2] * 34  # each is more than may be held out
    assert hold_out(series(101), numbers) == [number == 1 for number in numbers]


@pytest.mark.parametrize("early", [5, 6, 7])
def test_that_the_only_image_with_a_box_leaves_room_for_empty_ones(folder: Path, early: int) -> None:
    names = [f"IMG_{number}.png" for number in range(200)]
    names.sort(key=lambda name: chance(name) >= 0.2)  # first those that are held out sooner than others
    empty = [corrected(folder, name, ()) for name in (*names[:early], *names[100 + early : 118])]
    images = [*empty, corrected(folder, names[150]), corrected(folder, names[151])]
    held = hold_out(images, range(20))
    assert sum(held[18:]) == 1
    assert sum(held[:18]) >= 4, "they show what is suggested on nothing"


def test_that_background_goes_on_teaching_where_only_long_series_have_boxes(folder: Path) -> None:
    empty = [corrected(folder, f"empty{n}.png", ()) for n in range(4)]
    images = [*empty, *(corrected(folder, f"series{n}.png", [BOX]) for n in range(12))]
    held = hold_out(images, [0, 1, 2, 3, *[4] * 6, *[5] * 6], 0.12, 4)
    assert sum(held) == sum(held[4:]) == 6


def test_that_crowds_do_not_count_as_boxes(folder: Path) -> None:
    images = [corrected(folder, f"{n}.png", labels=[1 + n], iscrowd=[True]) for n in range(9)]
    assert not any(hold_out(images, range(9)))


def test_that_one_fixed_camera_still_leaves_something_to_hold_out() -> None:
    images = series(200)
    numbers = groups(images, [0] * 200)
    assert len(set(numbers)) > 8
    assert numbers == sorted(numbers), "a piece is a stretch of the series"
    assert 20 <= sum(hold_out(images, numbers)) <= 60
    cuts = {images[n].name for n in range(1, 200) if numbers[n] != numbers[n - 1]}
    longer = groups([*series(260)][:230], [0] * 230)
    assert {f"{n:05}.jpg" for n in range(1, 200) if longer[n] != longer[n - 1]} == cuts
    assert set(groups(images[: near_copies.LONG_SERIES], [0] * near_copies.LONG_SERIES)) == {0}
