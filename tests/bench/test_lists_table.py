from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QListWidget

from bench import list_frames
from bench.lists import SIZE, make_images
from bench.lists_table import Line, table
from detector.images import read_image

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [f"photo_{number:06}.jpg" for number in range(300)]


@pytest.mark.parametrize(("ours", "held"), [(2_000.0, "held"), (2_000.1, "MISSED")])
def test_that_a_promise_is_held_up_to_its_figure(ours: float, held: str) -> None:
    (line,) = table([Line("to the first image", ours, most=2_000)])
    assert line.endswith(f"<= 2,000 ms  {held}")


def test_that_a_peer_stands_beside_ours_with_what_it_takes_longer() -> None:
    with_peer, without = table([Line("first paint", 20, peer=50, peer_name="QListWidget"), Line("memory", 1_234, "MB")])
    assert with_peer.split("  ")[-1] == "QListWidget 50.0 ms: 2.5 x"
    assert without.endswith("1,234.0 MB")
    assert with_peer.index("20.0 ms") + 4 == without.index("1,234.0 MB") + 7


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
