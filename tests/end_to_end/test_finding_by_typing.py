"""Finding images in the whole application: typed, asked in the background, gone through with the keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from whole_application import CATEGORIES, running


def rows_of(run):
    rows = run.hands.desk.image_list._rows
    return [rows.record(row).path for row in range(rows.rowCount())]


def find(run, text, paths):
    """Type a filter, and wait until these images are shown."""
    run.hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Escape)  # what is offered
    run.hands.wait(lambda: rows_of(run) == paths, f"{text} finds {paths}")
    run.hands.desk.canvas.setFocus()


def test_that_images_are_found_by_what_was_decided_and_gone_through_as_they_are_shown(at_work):
    run, workspace = at_work, at_work.workspace
    paths = [record.path for record in workspace.images]
    run.hands.key("Shift+Return")
    for _ in range(3):
        run.hands.key("D")
    run.hands.wait_for_image()
    run.hands.wait(lambda: bool(workspace.suggestions), "the detector has looked")
    run.hands.key("Shift+Return")
    run.hands.key("D")
    find(run, f"category:{CATEGORIES[0]}", [paths[0], paths[3]])
    assert workspace.current_image.path == paths[4]
    run.hands.key("D")
    assert workspace.current_image.path == paths[4], "no image of the list lies that way"
    run.hands.key("A")
    assert workspace.current_image.path == paths[3]
    run.hands.key("A")
    assert workspace.current_image.path == paths[0]
    run.hands.key("Ctrl+Z")
    run.hands.wait(lambda: rows_of(run) == [paths[0]], "what is undone is found no more")
    run.hands.key("Ctrl+Shift+G")
    assert rows_of(run) == paths


def test_that_order_and_saved_filters_are_there_when_the_project_is_opened_again(dice, tmp_path):
    with running(tmp_path) as run:
        run.open(dice)
        paths = [record.path for record in run.workspace.images]
        run.hands.key("D")
        run.hands.wait(lambda: bool(run.workspace.suggestions), "the detector has looked")
        run.hands.key("Shift+Return")
        image_list = run.hands.desk.image_list
        orders = image_list._bar._orders
        next(action for action in orders.actions() if action.text() == "Most boxes first").trigger()
        ordered = [paths[1], paths[0], *paths[2:]]
        run.hands.wait(lambda: rows_of(run) == ordered, "the image with boxes comes first")
        image_list.set_filter("boxes:0")
        image_list._bar._filters.save("To do")
        run.application.close_project()  # nobody waits for the answer
        run.open(dice)
        run.hands.wait(lambda: rows_of(run) == ordered, "the order is remembered")
        menu = run.hands.desk.image_list._bar._filters
        menu.fill()
        next(action for action in menu.actions() if action.text() == "To do").trigger()
        run.hands.wait(lambda: rows_of(run) == [paths[0], *paths[2:]], "the saved filter is chosen")
