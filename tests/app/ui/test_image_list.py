"""The image list: what it shows, what it asks for, and where a click leads."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import MemoryStore, NotingLoader, NotingSearch, prediction, project
from PySide6.QtCore import QPoint, Qt

from app.model import box_gestures, edits, gestures
from app.model.saved_filters import SavedFilters
from app.ui.image_entry import ENTRY_ROLE, Entry, ImageState
from app.ui.image_list import ImageList
from app.ui.image_row_delegate import ROW_HEIGHT
from app.ui.image_rows import ImageRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

FOLDER = Path("/pictures")
Made = tuple[ImageList, "Workspace", MemoryStore, NotingLoader]


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[int], Made]:
    """Return a function that shows the list of a project of so many images, five rows high."""

    def show(images: int) -> Made:
        workspace, store = project(images)
        loader = NotingLoader()
        panel = made_list(workspace, store, loader)
        panel._view.setFixedHeight(5 * ROW_HEIGHT)
        qtbot.addWidget(panel)
        panel.show()
        qtbot.waitUntil(lambda: bool(loader.asked))
        return panel, workspace, store, loader

    return show


def made_list(workspace: Workspace, store: MemoryStore, loader: NotingLoader) -> ImageList:
    return ImageList(workspace, loader, FOLDER, search=NotingSearch(), saved=SavedFilters(store))


def entry(panel: ImageList, row: int) -> Entry:
    return panel._rows.index(row).data(ENTRY_ROLE)


def click(qtbot: QtBot, panel: ImageList, row: int) -> None:
    rect = panel._view.visualRect(panel._rows.index(row))
    qtbot.mouseClick(panel._view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())


def test_that_only_visible_rows_ask_for_thumbnails(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, _, _, loader = shown(1_000)
    assert loader.asked[-1][0] == (1, FOLDER / "image_0001.jpg")
    assert len(loader.asked[-1]) <= 6
    loader.asked.clear()
    panel._view.verticalScrollBar().setValue(100 * ROW_HEIGHT)
    qtbot.waitUntil(lambda: bool(loader.asked))
    assert loader.asked[-1][0][0] == 101
    assert len(loader.asked[-1]) <= 6


def test_that_a_click_goes_through_the_workspace(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, _, _ = shown(10)
    click(qtbot, panel, 3)
    assert workspace.current_image.id == 4


def test_that_arrow_keys_in_the_list_go_from_image_to_image(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, _, _ = shown(10)
    qtbot.keyClick(panel._view, Qt.Key.Key_Down)
    assert workspace.current_image.id == 2


def test_that_a_stray_letter_does_not_change_the_image(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, _, _ = shown(10)
    workspace.go_to(5)
    qtbot.keyClicks(panel._view, "i")
    assert workspace.current_image.id == 5


def test_that_the_list_follows_the_workspace(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, _, _ = shown(300)
    workspace.go_to(250)
    assert panel._view.currentIndex().row() == 249
    qtbot.waitUntil(lambda: 249 in panel._view.visible_rows())


def test_that_a_store_that_fails_keeps_the_image_and_says_why(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, store, _ = shown(5)
    store.failing = True
    with qtbot.waitSignal(panel.failed) as blocker:
        click(qtbot, panel, 2)
    assert blocker.args == ["The project cannot be read; is its disk still there?"]
    assert workspace.current_image.id == 1
    assert panel._view.currentIndex().row() == 0


def test_the_states_of_images(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, loader = shown(5)
    box_gestures.draw(workspace, (10, 10, 50, 50))
    gestures.mark_reviewed_and_go_on(workspace)
    workspace.execute(edits.mark_reviewed(workspace.current_image.mark))
    workspace.go_to(3)
    workspace.execute(edits.set_unsure(workspace.current_image.mark))
    loader.thumbnail_failed.emit(4, "The file is truncated.")
    states = [entry(panel, row).state for row in range(5)]
    assert states == [
        ImageState.REVIEWED,
        ImageState.REVIEWED_EMPTY,
        ImageState.UNSURE,
        ImageState.UNREADABLE,
        ImageState.UNREVIEWED,
    ]
    assert entry(panel, 3).problem == "The file is truncated."


def test_that_a_file_that_can_be_read_again_is_no_longer_a_problem(shown: Callable[[int], Made]) -> None:
    panel, _, _, loader = shown(3)
    loader.image_failed.emit(2, "The file is truncated.")
    assert entry(panel, 1).state is ImageState.UNREADABLE
    loader.thumbnail_ready.emit(2, np.zeros((4, 4, 3), np.uint8))
    assert entry(panel, 1).state is ImageState.UNREVIEWED


def test_that_a_thumbnail_of_an_image_that_left_is_dropped(shown: Callable[[int], Made]) -> None:
    panel, _, _, loader = shown(3)
    loader.thumbnail_ready.emit(99, np.zeros((4, 4, 3), np.uint8))
    loader.thumbnail_failed.emit(99, "gone")
    assert panel._rows.rowCount() == 3


def test_that_counts_follow_every_decision_and_threshold(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(3)
    assert entry(panel, 0).suggestions is None
    workspace.set_prediction(1, prediction((0.9, 0.8, 0.3)))
    assert (entry(panel, 0).annotations, entry(panel, 0).suggestions) == (0, 2)
    gestures.accept_all(workspace, "bolt")
    assert (entry(panel, 0).annotations, entry(panel, 0).suggestions) == (1, 1)
    workspace.go_to(2)
    assert entry(panel, 0).suggestions == 1, "remembered from when it was on screen"
    view = workspace.view
    workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=0.2)))
    assert entry(panel, 0).suggestions is None, "nobody knows at another threshold"


def test_that_undo_on_another_image_corrects_its_count(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(3)
    box_gestures.draw(workspace, (10, 10, 50, 50))
    workspace.go_to(3)
    assert entry(panel, 0).annotations == 1
    workspace.undo()
    assert entry(panel, 0).annotations == 0


def test_that_a_decision_lays_out_no_rows(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, workspace, _, _ = shown(2_000)
    panel._view.executeDelayedItemsLayout()
    changed: list[int] = []
    laid_out: list[bool] = []
    panel._rows.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    panel._view.moved.connect(lambda: laid_out.append(True))
    box_gestures.draw(workspace, (10, 10, 50, 50))
    qtbot.waitUntil(lambda: bool(changed))
    panel._view.executeDelayedItemsLayout()
    assert not laid_out
    panel._view.scheduleDelayedItemsLayout()
    panel._view.executeDelayedItemsLayout()
    assert laid_out, "a layout would have been noticed"


def test_the_header(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(12)
    gestures.mark_reviewed_and_go_on(workspace)
    assert panel._counts.text() == "1 of 12 reviewed"
    panel.set_filter("_001")
    assert panel._bar._count.text() == "3 shown"


def test_that_the_filters_combine(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(20)
    gestures.mark_reviewed_and_go_on(workspace)
    panel.set_filter(" IMAGE_000")
    assert panel._rows.rowCount() == 9
    panel.set_filter("IMAGE_000 state:unreviewed")
    assert [panel._rows.record(row).id for row in range(panel._rows.rowCount())] == [2, 3, 4, 5, 6, 7, 8, 9]


def test_that_a_row_leaves_and_returns_with_its_state_and_nobody_is_moved(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(5)
    panel.set_filter("state:unreviewed")
    workspace.go_to(3)
    workspace.execute(edits.mark_reviewed(workspace.current_image.mark))
    assert workspace.current_image.id == 3
    assert [panel._rows.record(row).id for row in range(4)] == [1, 2, 4, 5]
    assert not panel._view.currentIndex().isValid()
    workspace.undo()
    assert [panel._rows.record(row).id for row in range(5)] == [1, 2, 3, 4, 5]
    assert panel._view.currentIndex().row() == 2


def test_that_an_empty_folder_and_an_empty_filter_are_said(shown: Callable[[int], Made], qtbot: QtBot) -> None:
    panel, _, _, _ = shown(2)
    panel.set_filter("zebra")
    assert panel._view._sentence == "No image matches the filter."
    workspace, store = project(0)
    empty = made_list(workspace, store, NotingLoader())
    qtbot.addWidget(empty)
    assert empty._view._sentence == "This folder has no images."
    assert empty._counts.text() == "0 of 0 reviewed"


def test_that_a_screen_reader_hears_name_state_and_counts(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, _ = shown(2)
    box_gestures.draw(workspace, (10, 10, 50, 50))
    said = panel._rows.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "image_0001.jpg, unreviewed, 1 box"


def test_that_a_failing_store_leaves_counts_unknown_while_painting() -> None:
    workspace, store = project(3)
    rows = ImageRows(workspace)
    store.failing = True
    assert rows.index(2).data(ENTRY_ROLE).annotations is None


def test_that_a_hundred_thousand_images_are_counted_only_where_they_are_seen(
    shown: Callable[[int], Made], qtbot: QtBot
) -> None:
    started = time.thread_time()
    _, workspace, store, loader = shown(100_000)
    assert time.thread_time() - started < 10
    assert store.reads < 50
    workspace.go_to(90_000)
    qtbot.waitUntil(lambda: any(image_id == 90_000 for image_id, _ in loader.asked[-1]))
    assert store.reads < 100


def test_that_a_destroyed_list_no_longer_listens(qtbot: QtBot) -> None:
    workspace, store = project(3)
    panel = made_list(workspace, store, NotingLoader())
    assert len(workspace._subscribers) == 1
    panel.deleteLater()
    qtbot.waitUntil(lambda: not workspace._subscribers)


def test_that_every_state_is_painted(shown: Callable[[int], Made]) -> None:
    panel, workspace, _, loader = shown(5)
    workspace.execute(edits.mark_reviewed(workspace.current_image.mark))
    loader.thumbnails[1] = np.full((30, 40, 3), (255, 0, 0), np.uint8)
    image = panel._view.viewport().grab().toImage()
    ratio = image.devicePixelRatio()
    middle = panel._view.visualRect(panel._rows.index(0)).topLeft() + QPoint(38, ROW_HEIGHT // 2)
    assert image.pixelColor(middle * ratio).getRgb()[:3] == (255, 0, 0)
