"""The columns beside the canvas keep their widths in a window that becomes smaller and larger again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton
from whole_application import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE, SMALL = (1360, 860), (860, 640)


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as opened:
        opened.open(folder)
        resize(opened, LARGE)
        yield opened


def resize(run: Running, size: tuple[int, int]) -> None:
    run.window.resize(*size)
    QApplication.processEvents()


def widths(run: Running) -> tuple[int, int]:
    images, categories, *_ = run.window.docks.all
    return images.width(), categories.width()


def drag_left_column(run: Running, by: int) -> None:
    """Drag the line between the images and the canvas."""
    images, *_ = run.window.docks.all
    line = QPoint(images.geometry().right() + 1, images.geometry().center().y())
    QTest.mousePress(run.window, Qt.MouseButton.LeftButton, pos=line)
    QTest.mouseMove(run.window, line + QPoint(by, 0))
    QTest.qWait(50)  # Qt moves it with a timer
    QTest.mouseRelease(run.window, Qt.MouseButton.LeftButton, pos=line + QPoint(by, 0))
    QApplication.processEvents()


def test_that_columns_get_their_widths_back_with_the_room(run: Running) -> None:
    before = widths(run)
    resize(run, SMALL)
    assert all(now < then for now, then in zip(widths(run), before, strict=True))
    QTest.mouseClick(run.window, Qt.MouseButton.LeftButton, pos=QPoint(300, 60))  # that drags nothing
    resize(run, LARGE)
    assert widths(run) == before


def test_that_a_column_keeps_the_width_it_was_dragged_to(run: Running) -> None:
    usual = widths(run)
    drag_left_column(run, 70)
    dragged = widths(run)
    assert dragged[0] == usual[0] + 70
    for size in (SMALL, LARGE):
        resize(run, size)
    assert widths(run) == dragged


def test_that_a_width_is_kept_for_the_next_start(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.open(folder)
        drag_left_column(run, -60)
        dragged = widths(run)
    with running(tmp_path) as again:
        again.open(folder)
        QApplication.processEvents()
        assert widths(again) == dragged
        for size in (SMALL, LARGE):
            resize(again, size)
        assert widths(again) == dragged


def test_that_a_window_that_was_closed_narrow_has_its_usual_columns_when_there_is_room(
    folder: Path, tmp_path: Path
) -> None:
    with running(tmp_path) as run:
        run.open(folder)
        resize(run, LARGE)
        usual = widths(run)
        resize(run, SMALL)
        narrow = widths(run)
        assert narrow != usual
    with running(tmp_path) as again:
        resize(again, SMALL)  # as it was
        again.open(folder)
        QApplication.processEvents()
        assert widths(again) == narrow
        resize(again, LARGE)
        assert widths(again) == usual


def test_that_larger_text_gets_wider_columns(run: Running) -> None:
    drag_left_column(run, -60)
    before = widths(run)
    font = QFont(run.window.font())
    font.setPointSizeF(1.25 * font.pointSizeF())
    run.window.setFont(font)
    QApplication.processEvents()
    assert widths(run)[0] > before[0]


def test_that_the_narrowest_window_has_room_for_names_and_for_what_the_tool_bar_has_left(run: Running) -> None:
    resize(run, (100, 100))
    list_ = run.window.desk.image_list
    assert list_.width() >= 190
    more = run.window.menus.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert more.isVisible()
    picture = more.grab().toImage()
    colors = {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}
    assert len(colors) > 2, "its sign is seen"
