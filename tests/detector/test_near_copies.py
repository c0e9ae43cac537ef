"""Which images count as copies of each other: by their names, and by what they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detector.corrections import CorrectedImage
from detector.images import read_image
from detector.near_copies import difference_hash, groups
from detector.scenes import draw_scene

if TYPE_CHECKING:
    from collections.abc import Sequence

FAR = 0x0F0F_0F0F_0F0F_0F0F


def named(*names: str) -> list[CorrectedImage]:
    return [CorrectedImage(Path(name), name, (), ()) for name in names]


def shared(images: Sequence[CorrectedImage], fingerprints: Sequence[int] | None) -> list[set[str]]:
    """Return the groups of more than one image, as names."""
    numbers = groups(images, fingerprints)
    members = [{image.name for image, n in zip(images, numbers, strict=True) if n == number} for number in set(numbers)]
    return sorted((group for group in members if len(group) > 1), key=min)


@pytest.mark.parametrize(
    "copy",
    [
        "x/a copy.jpg", "x/a copy 2.jpg", "x/a - Copy.jpg", "x/a - Copy (2).jpg", "x/Copy of a.jpg", "x/a-Kopie.jpg",
        "x/a_jpg.rf.0123456789abcdef0123456789abcdef.jpg", "x/Copy of a copy.png", "x/a.png",
    ],
)  # fmt: skip
def test_that_the_words_of_a_copy_are_enough_even_if_it_was_turned_or_cropped(copy: str) -> None:
    assert shared(named("x/a.jpg", "x/b.jpg", copy), [0, 1, FAR]) == [{"x/a.jpg", copy}]
    assert shared(named("x/a.jpg", "x/b.jpg", copy), None) == [{"x/a.jpg", copy}]


def test_that_the_same_file_is_a_copy_under_any_name_in_any_folder(tmp_path: Path) -> None:
    contents = {"a/1.jpg": b"one", "b/1.jpg": b"one", "final.jpg": b"one", "c/1.jpg": b"other", "d.jpg": b"two"}
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    images = [CorrectedImage(tmp_path / name, name, (), ()) for name in (*contents, "gone.jpg")]
    assert shared(images, [FAR, FAR, FAR, FAR, 7, FAR]) == [{"a/1.jpg", "b/1.jpg", "final.jpg"}]
    assert shared(images, [0] * 6) == []
    assert shared(images, None) == []


@pytest.mark.parametrize("copy", ["a (1).jpg", "a(1).jpg", "a-1.jpg", "a_1.jpg", "a 2.jpg"])
def test_that_a_number_marks_a_copy_only_beside_an_original_that_looks_alike(copy: str) -> None:
    assert shared(named(copy, "a.jpg"), None) == [{"a.jpg", copy}]
    assert shared(named(copy, "a.jpg"), [0b101, 0b100]) == [{"a.jpg", copy}]
    assert shared(named(copy, "a.jpg"), [0, FAR]) == []
    assert shared(named(copy, "b.jpg"), None) == []


def test_that_a_folder_numbered_by_renaming_is_no_folder_of_copies() -> None:
    images = named(*(f"holiday ({n}).jpg" for n in range(1, 6)))
    assert shared(images, None) == []
    assert shared(images, [0, FAR, 0, FAR, 0]) == []


@pytest.mark.parametrize(
    "names", [("x/a.jpg", "y/a.jpg"), ("x/a.jpg", "x/a copycat.jpg"), ("hard_copy_001.jpg", "hard_copy_002.jpg")]
)
def test_that_other_names_are_other_images(names: tuple[str, str]) -> None:
    assert shared(named(*names), None) == []


def test_that_neighbours_in_a_series_share_a_group_if_they_look_alike() -> None:
    names = ["v10.jpg", "v9.jpg", "v11.jpg", "v12.jpg", "w13.jpg", "x/v13.jpg"]
    assert shared(named(*names), [1, 0, 3, FAR, FAR, FAR]) == [{"v9.jpg", "v10.jpg", "v11.jpg"}]


def test_that_group_numbers_count_from_the_first_image() -> None:
    assert groups(named("b.jpg", "a.jpg", "b copy.jpg", "c.jpg"), None) == [0, 1, 0, 2]
    assert groups([], []) == []
    assert groups([], None) == []


def test_that_the_frames_of_a_moving_camera_are_copies_of_each_other() -> None:
    scenes = [draw_scene(seed, (320, 360)).image for seed in (1, 2)]
    frames = [scene[:, left : left + 320] for scene in scenes for left in range(0, 40, 4)]
    images = named(*(f"video/frame_{n:04}.png" for n in range(20)))
    assert groups(images, [difference_hash(frame) for frame in frames]) == [0] * 10 + [1] * 10


def test_that_independent_photographs_are_no_copies(shared_data: Path) -> None:
    paths = sorted((shared_data / "bccd" / "images").glob("*.jpg"))[:120]
    fingerprints = [difference_hash(read_image(path)) for path in paths]
    # These two show the same blood cells, a little apart: the dataset is not as independent as it says.
    assert shared(named(*(path.name for path in paths)), fingerprints) == [
        {"BloodImage_00037.jpg", "BloodImage_00038.jpg"}
    ]


def test_that_a_hash_survives_another_size_and_brightness_but_not_a_mirror() -> None:
    image = draw_scene(3, (320, 320)).image
    large = np.asarray(Image.fromarray(image).resize((700, 640), Image.Resampling.BICUBIC))
    dark = (image * 0.6).astype(np.uint8)
    for twin in (large, dark):
        assert (difference_hash(image) ^ difference_hash(twin)).bit_count() <= 4
    assert (difference_hash(image) ^ difference_hash(image[:, ::-1])).bit_count() > 20
    assert difference_hash(np.zeros((1, 1, 3), dtype=np.uint8)) == 0
    assert difference_hash(np.tile(np.arange(90, dtype=np.uint8)[None, :, None], (80, 1, 3))) == 2**64 - 1
