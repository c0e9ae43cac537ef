"""Merging and deleting categories at the window: what is said before, what is shown then, and what undo brings back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QRadioButton, QWidget
from whole_application import running

from app.model import edits
from app.model.annotations import Category
from app.model.storage import StoreError
from app.store.category_use import CategoryUse
from app.ui.category_removal import CategoryRemoval
from app.ui.category_rows import ENTRY_ROLE
from app.ui.category_words import delete_lines, merge_lines

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

BOLT, NUT, WASHER = (Category(place + 1, name, "#ff0000") for place, name in enumerate(("bolt", "nut", "washer")))
MUCH = CategoryUse(1200, 500, 800, 300, 2, 700, 9, ("Ring", "Disc"), ("Version 1", "Version 3"))


@pytest.fixture
def run(tmp_path):
    """Three images, on the first two of which everything was accepted; the first one is reviewed, the second shown."""
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(3):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(folder / f"{place}.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.key("Shift+Return")
        opened.hands.key("Space")
        opened.hands.wait_for_image()
        opened.hands.wait(lambda: bool(opened.workspace.suggestions), "the next image is detected")
        opened.hands.key("Shift+Return")
        yield opened


def dialog(run) -> CategoryRemoval:
    return next(one for one in run.window.findChildren(CategoryRemoval) if one.isVisible())


def changes(asked: CategoryRemoval) -> str:
    page = next(one for one in asked.findChildren(QWidget) if one.accessibleName() == "What will change")
    return " ".join(one.text() for one in page.findChildren(QLabel) if one.text() != "•")


def press(asked: CategoryRemoval, text: str) -> None:
    next(one for one in asked.findChildren(QPushButton) if one.text() == text).click()


def counts(run) -> dict[str, int]:
    rows = run.hands.desk.categories._rows
    entries = [rows.index(row).data(ENTRY_ROLE) for row in range(rows.rowCount())]
    return {entry.category.name: entry.count for entry in entries}


def images(run) -> list[int]:
    rows = run.hands.desk.image_list._rows
    return [rows.index(row).data(ENTRY_ROLE).annotations for row in range(rows.rowCount())]


def learnt(run) -> dict[str, int]:
    return dict(run.application.session.tuning.counts().boxes)


def test_that_a_merge_says_what_changes_and_then_does_it_everywhere(run):
    assert (counts(run), images(run)) == ({"die": 4, "coin": 2}, [3, 3, 0])
    run.window.menus.actions["merge-category"].trigger()
    asked = dialog(run)
    assert "4 boxes on 2 images become “coin”. Reviewed: 2 boxes on 1 image; not reviewed: 2 boxes" in changes(asked)
    assert counts(run) == {"die": 4, "coin": 2}, "nothing is done before somebody agrees"
    press(asked, "Merge")
    assert (counts(run), images(run), learnt(run)) == ({"coin": 6}, [3, 3, 0], {"coin": 6})
    assert run.workspace.current_category.name == "coin"
    assert run.window.status.currentMessage() == "Done: merge die into coin"
    run.hands.key("Ctrl+Z")
    assert (counts(run), learnt(run)) == ({"die": 4, "coin": 2}, {"die": 4, "coin": 2})


def test_that_what_the_detector_calls_by_the_old_name_is_suggested_as_the_new_one(run):
    run.hands.key("D")
    run.hands.wait(lambda: bool(run.workspace.suggestions), "the last image is detected")
    assert [one.name for one in run.workspace.suggestions] == ["die", "die", "coin"]
    calls = run.detector.calls
    run.window.menus.actions["merge-category"].trigger()
    press(dialog(run), "Merge")
    assert [(one.name, one.category_id) for one in run.workspace.suggestions] == [("coin", 2)] * 3
    run.hands.key("Shift+Return")
    assert counts(run) == {"coin": 9}
    assert run.detector.calls == calls
    run.hands.key("Ctrl+Z")
    run.hands.key("Ctrl+Z")
    assert [one.name for one in run.workspace.suggestions] == ["die", "die", "coin"]


def test_that_a_deleted_category_takes_its_boxes_with_it_and_undo_brings_them_back_from_any_image(run):
    run.window.menus.actions["delete-category"].trigger()
    asked = dialog(run)
    assert "4 boxes on 2 images are deleted" in changes(asked)
    press(asked, "Delete")
    assert (counts(run), images(run), learnt(run)) == ({"coin": 2}, [1, 1, 0], {"coin": 2})
    run.hands.key("D")
    run.hands.wait_for_image()
    run.hands.key("Ctrl+Z")
    assert (counts(run), images(run), learnt(run)) == (
        {"die": 4, "coin": 2},
        [3, 3, 0],
        {"die": 4, "coin": 2},
    )
    run.hands.key("Ctrl+Y")
    assert (counts(run), images(run)) == ({"coin": 2}, [1, 1, 0])


def test_that_the_boxes_of_a_deleted_category_can_go_to_another_one(run):
    run.hands.desk.categories.delete_wanted.emit(run.workspace.categories[1])
    asked = dialog(run)
    keep = next(one for one in asked.findChildren(QRadioButton) if "Keep" in one.text())
    targets = asked.findChild(QComboBox)
    assert not targets.isEnabled()
    keep.click()
    assert targets.isEnabled()
    assert "2 boxes on 2 images become “die”" in changes(asked)
    press(asked, "Delete")
    assert counts(run) == {"die": 6}


def test_that_nothing_changes_where_somebody_gives_up(run):
    history = run.workspace.history
    for action in ("merge-category", "delete-category"):
        run.window.menus.actions[action].trigger()
        press(dialog(run), "Cancel")
    assert (counts(run), run.workspace.history) == ({"die": 4, "coin": 2}, history)


@pytest.mark.parametrize("method", ["category_use", "annotations_in", "write"])
def test_that_a_store_that_fails_says_so_and_nothing_changes(run, monkeypatch, method):
    def refuse(*_args):
        raise StoreError("The disk is full.")

    monkeypatch.setattr(type(run.application.session.store), method, refuse)
    run.window.menus.actions["delete-category"].trigger()
    for asked in run.window.findChildren(CategoryRemoval):
        press(asked, "Delete")
    assert run.window.banner.text == "The disk is full."
    assert (counts(run), images(run)) == ({"die": 4, "coin": 2}, [3, 3, 0])


def test_that_the_only_category_cannot_be_merged_and_can_be_deleted(run):
    run.window.menus.actions["delete-category"].trigger()
    press(dialog(run), "Delete")
    run.window.menus.actions["merge-category"].trigger()
    assert "no other category" in run.window.status.currentMessage()
    run.window.menus.actions["delete-category"].trigger()
    press(dialog(run), "Delete")
    assert run.workspace.categories == ()
    assert not run.window.menus.actions["delete-category"].isEnabled()


def test_that_everything_that_changes_is_said() -> None:
    merged, deleted = " ".join(merge_lines(MUCH, "bolt", "nut")), " ".join(delete_lines(MUCH, "bolt"))
    for said in (merged, deleted):
        assert "1,200 boxes on 500 images" in said
        assert "Reviewed: 800 boxes on 300 images; not reviewed: 400 boxes on 200 images." in said
        assert "Locked boxes (2)" in said
        assert "“Ring” and “Disc”" in said
        assert "Version 1 and Version 3 learnt “bolt”" in said
        assert "suggestions of “bolt” (9) stay rejected" in said
        assert "(700)" in said
        assert "Ctrl+Z brings all of it back." in said
    assert "the detector calls “bolt” is suggested as “nut”" in merged
    assert "accepting one makes the category anew" in deleted


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (CategoryUse(), "No image has a box of “bolt”."),
        (CategoryUse(1, 1, 1, 1), "1 box on 1 image becomes “nut”, all on reviewed images."),
        (CategoryUse(3, 2), "3 boxes on 2 images become “nut”, none of which is reviewed."),
    ],
)
def test_that_small_numbers_are_said_well(use: CategoryUse, said: str) -> None:
    first, *rest = merge_lines(use, "bolt", "nut")
    assert first == said
    assert not any("(0)" in line for line in rest)


def test_that_a_deletion_without_boxes_asks_about_none(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    asked = CategoryRemoval(BOLT, (NUT, WASHER), CategoryUse(), parent, deleting=True)
    asked.show()
    assert not any(one.isVisible() for one in asked.findChildren(QRadioButton))
    decided: list[object] = []
    asked.decided.connect(decided.append)
    press(asked, "Delete")
    assert decided == [None]


def test_that_the_keys_of_the_window_order_categories_and_lead_into_the_list_and_out(run):
    canvas = run.hands.desk.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [one.name for one in run.workspace.categories] == ["coin", "die"]
    assert run.workspace.current_category.name == "die", "the key moved it, and it is still the next one"
    run.hands.key("Alt+C")
    view = QApplication.focusWidget()
    assert view is not canvas
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert run.workspace.current_category.name == "coin"
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert [one.name for one in run.workspace.categories] == ["die", "coin"]
    assert view.hasFocus(), "the list can be ordered without a way back to it"
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is canvas


def test_that_a_name_of_any_length_leaves_the_dialog_in_its_place(run):
    category = run.workspace.categories[0]
    run.workspace.execute(edits.rename_category(category, "very long name " * 20, run.workspace.categories))
    for action in ("merge-category", "delete-category"):
        run.window.menus.actions[action].trigger()
        asked = dialog(run)
        assert asked.width() < 700
        press(asked, "Cancel")
