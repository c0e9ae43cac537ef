"""Which images a command line means, and how they are read ahead."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from detector.image_files import ImageFile, find_image_files, one_ahead, read_or_error
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


def draw(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6)).save(path)
    return path


def test_that_names_are_relative_to_the_folder_given(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "2.png")
    draw(tmp_path / "a" / "deep" / "1.png")
    assert sorted(file.name for file in find_image_files([tmp_path / "a"])) == ["2.png", "deep/1.png"]


def test_that_the_same_name_in_two_folders_stays_two_names(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.png")
    draw(tmp_path / "b" / "1.png")
    assert [file.name for file in find_image_files([tmp_path / "a", tmp_path / "b"])] == ["a/1.png", "b/1.png"]


def test_that_a_single_file_is_named_without_its_folder(tmp_path: Path) -> None:
    assert find_image_files([draw(tmp_path / "1.png")]) == [ImageFile(tmp_path / "1.png", "1.png")]


def test_that_a_file_given_twice_is_taken_once(tmp_path: Path) -> None:
    file = draw(tmp_path / "1.png")
    (tmp_path / "link.png").symlink_to(file)
    assert len(find_image_files([file, tmp_path, file])) == 1


def test_that_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(DetectorError, match="no image"):
        find_image_files([tmp_path])


def test_that_a_file_that_is_no_image_gives_the_reason(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no image")
    file, pixels = read_or_error(find_image_files([notes])[0])
    assert file.name == "notes.txt"
    assert isinstance(pixels, DetectorError)


def test_that_loading_keeps_the_order_and_stays_one_ahead() -> None:
    loaded: list[int] = []
    second = threading.Event()

    def load(item: int) -> int:
        loaded.append(item)
        if item == 1:
            second.set()
        return item * 10

    results = one_ahead(load, range(5))
    assert next(results) == 0
    assert second.wait(60), "the second item is loaded while the first is looked at"
    assert loaded == [0, 1]
    assert list(results) == [10, 20, 30, 40]


def test_that_an_error_of_loading_comes_in_its_turn() -> None:
    def load(item: int) -> int:
        return 1 // item

    results = one_ahead(load, [1, 0, 1])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_that_nothing_to_load_gives_nothing() -> None:
    assert list(one_ahead(str, [])) == []


def test_that_closing_early_leaves_no_thread() -> None:
    before = threading.active_count()
    results = one_ahead(str, range(100))
    next(results)
    results.close()
    assert threading.active_count() == before
