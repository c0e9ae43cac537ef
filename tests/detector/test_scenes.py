from __future__ import annotations

import numpy as np
import pytest

from detector.scene_objects import DRAWINGS, TAUGHT_DRAWINGS, Drawing
from detector.scene_pen import Pen
from detector.scene_table import LEAST_BOX_SIDE, Table
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, Scene, draw, draw_scene


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw(seed) for seed in range(300)]


def flat_table(side: int = 200, shade: float = 128.0) -> Table:
    return Table(np.random.default_rng(3), np.full((side, side, 3), shade, dtype=np.float32), light=0.7, shadow=0.0)


def square(half: float) -> Drawing:
    def draw_square(pen: Pen, rng: np.random.Generator) -> None:
        pen.rectangle(-half, -half, half, half, (250, 20, 20))

    return Drawing("square", draw_square)


def test_that_a_seed_alone_decides_the_scene_whatever_was_drawn_before() -> None:
    first = draw(7)
    draw(8)
    again = draw(7)
    assert first.sample.image.tobytes() == again.sample.image.tobytes()
    assert np.array_equal(first.sample.gt_boxes, again.sample.gt_boxes)
    assert np.array_equal(first.sample.labels, again.sample.labels)
    assert np.array_equal(first.distractor_boxes, again.distractor_boxes)
    assert first.sample.name == "scene-7"


def test_that_draw_scene_is_the_sample_of_draw() -> None:
    assert draw_scene(11).image.tobytes() == draw(11).sample.image.tobytes()


def test_that_seeds_give_different_scenes(scenes: list[Scene]) -> None:
    assert len({scene.sample.image.tobytes() for scene in scenes}) == len(scenes)


def test_that_every_box_lies_inside_its_image_and_has_a_size(scenes: list[Scene]) -> None:
    boxes = np.concatenate([np.concatenate([scene.sample.gt_boxes, scene.distractor_boxes]) for scene in scenes])
    assert boxes.dtype == np.float32
    assert boxes.min() >= 0
    assert boxes.max() <= 320
    assert (boxes[:, 2:] - boxes[:, :2]).min() >= LEAST_BOX_SIDE


def test_that_training_scenes_hold_every_category_about_equally_often_and_no_taught_one(scenes: list[Scene]) -> None:
    counts = np.bincount(np.concatenate([scene.sample.labels for scene in scenes]), minlength=len(CATEGORIES) + 1)
    assert len(counts) == len(CATEGORIES) + 1
    assert counts[0] == 0
    assert counts[1:].min() > 0.6 * counts[1:].mean()
    assert counts[1:].max() < 1.6 * counts[1:].mean()


def test_that_taught_scenes_also_hold_the_two_taught_categories() -> None:
    labels = np.concatenate([draw_scene(seed, taught=True).labels for seed in range(30)])
    assert set(labels.tolist()) == set(range(1, len(CATEGORIES) + len(TAUGHT_CATEGORIES) + 1))


def test_that_scenes_range_from_empty_to_crowded_and_hold_distractors(scenes: list[Scene]) -> None:
    counts = [len(scene.sample.labels) for scene in scenes]
    assert min(counts) == 0
    assert 15 <= max(counts) <= 25
    assert max(len(scene.distractor_boxes) for scene in scenes) > 20
    sides = np.concatenate([scene.sample.gt_boxes[:, 2:] - scene.sample.gt_boxes[:, :2] for scene in scenes]).max(
        axis=1
    )
    assert np.percentile(sides, 2) < 18
    assert np.percentile(sides, 98) > 110


def test_that_categories_are_at_least_twelve_names_without_a_double() -> None:
    names = CATEGORIES + TAUGHT_CATEGORIES
    assert len(CATEGORIES) >= 12
    assert len(set(names)) == len(names)


def test_that_size_is_height_then_width_and_objects_grow_with_the_shorter_side() -> None:
    small = [draw_scene(seed) for seed in range(40)]
    large = [draw_scene(seed, (480, 640)) for seed in range(40)]
    assert large[0].image.shape == (480, 640, 3)

    def middle(samples: list) -> float:  # type: ignore[type-arg]
        sides = np.concatenate([sample.gt_boxes[:, 2:] - sample.gt_boxes[:, :2] for sample in samples])
        return float(np.median(sides.max(axis=1)))

    assert 1.1 < middle(large) / middle(small) < 1.9


@pytest.mark.parametrize("drawing", DRAWINGS + TAUGHT_DRAWINGS, ids=lambda drawing: drawing.name)
@pytest.mark.parametrize("angle", [0.0, 0.6, 2.4])
def test_that_a_box_is_as_tight_as_what_was_drawn(drawing: Drawing, angle: float) -> None:
    dark, light = flat_table(shade=0.0), flat_table(shade=255.0)
    for table in (dark, light):
        table.lay(drawing, 1, 120.0, angle, (100.0, 100.0))
    # Between a black and a white table the difference is 255 times what shines through.
    shines = (light.image - dark.image).max(axis=2) / 255
    rows, columns = np.nonzero(shines < 0.6)
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    boxes, labels = dark.boxes()
    assert labels == [1]
    assert np.abs(boxes[0] - drawn).max() <= 1
    assert boxes[0].max() - boxes[0].min() > 60


@pytest.mark.parametrize("drawing", DRAWINGS + TAUGHT_DRAWINGS, ids=lambda drawing: drawing.name)
def test_that_no_drawing_is_cut_off_by_its_own_patch(drawing: Drawing) -> None:
    for seed in range(20):
        pen = Pen(40.0, 0.0, drawing.reach, 0.5)
        drawing.draw(pen, np.random.default_rng(seed))
        alpha = pen.finish()[..., 3]
        assert max(alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) == 0


def test_that_a_box_is_what_is_visible_of_an_occluded_object() -> None:
    table = flat_table()
    table.lay(square(1.0), 1, 80.0, 0.0, (80.0, 100.0))  # 40..120
    table.lay(square(1.0), 2, 80.0, 0.0, (120.0, 100.0))  # 80..160 hides the right half
    boxes, labels = table.boxes()
    assert labels == [1, 2]
    assert np.abs(boxes - [[40, 60, 80, 140], [80, 60, 160, 140]]).max() <= 1


def test_that_an_object_more_than_seventy_percent_hidden_or_outside_has_no_box() -> None:
    table = flat_table()
    table.lay(square(1.0), 1, 40.0, 0.0, (100.0, 100.0))
    table.lay(square(1.0), 2, 60.0, 0.0, (100.0, 100.0))
    table.lay(square(1.0), 3, 60.0, 0.0, (-16.0, 100.0))
    table.lay(square(1.0), 4, 60.0, 0.0, (-500.0, 100.0))
    assert table.boxes()[1] == [2]


def test_that_a_table_with_nothing_on_it_has_no_boxes() -> None:
    boxes, labels = flat_table().boxes()
    assert boxes.shape == (0, 4)
    assert labels == []
