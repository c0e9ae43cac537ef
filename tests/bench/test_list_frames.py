from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QListWidget

from bench import list_frames
from bench.image_folders import SIZE, make_images
from detector.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"photo_{number:06}.jpg" for number in range(300)]


def test_that_the_images_are_links_to_a_few_that_can_be_read(tmp_path: Path) -> None:
    names = make_images(tmp_path / "photos", 25)
    files = sorted((tmp_path / "photos").iterdir())
    assert [path.name for path in files] == names
    assert files[0].samefile(files[10])
    assert not files[0].samefile(files[1])
    assert read_image(files[24]).shape == read_image(files[0]).shape == (*SIZE, 3)


def test_that_what_is_typed_is_taken_back_key_by_key() -> None:
    assert list_frames.steps_of("291") == ["2", "29", "291", "29", "2", ""]


def test_that_a_list_of_qt_is_painted_and_filtered_as_it_is_timed(qapp: object) -> None:
    def widget() -> QListWidget:
        made = QListWidget()
        made.addItems(NAMES)
        return made

    assert list_frames.first_paint(widget) > 0
    assert len(list_frames.typed(list_frames.proxy_list(NAMES), NAMES, "291", 2)) == 12
