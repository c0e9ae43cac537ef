"""Flags, notes and locks in the whole window: their keys, what shows them, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QToolTip
from whole_application import Running, running

from app.model import edits
from app.model.annotations import Flag
from app.model.selection import select_annotations
from app.ui.annotation_rows import FLAGS
from app.ui.box_words import about, label
from app.ui.chips import ChipPainter
from app.ui.layers import Layers
from app.ui.note_dialog import NoteDialog
from app.ui.overlays import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.model.commands import Command


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Running]:
    """An image with three annotations, 1 to 3; the first is selected."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (640, 480), (90, 120, 90)).save(folder / "0.png")
    with running(tmp_path) as opened:
        opened.open(folder)
        opened.hands.key("Shift+Return")
        assert list(opened.workspace.annotations) == [1, 2, 3]
        select_annotations(opened.workspace, (1,))
        yield opened


def said(run: Running) -> str:
    return run.window.status.currentMessage()


def flags(run: Running) -> list[tuple[Flag, ...]]:
    return [one.flags for one in run.workspace.annotations.values()]


@pytest.mark.parametrize(
    ("key", "flag"), [("D", Flag.DIFFICULT), ("O", Flag.OCCLUDED), ("T", Flag.TRUNCATED), ("C", Flag.CROWD)]
)
def test_that_a_key_flags_the_selected_boxes_and_the_menu_shows_it(run: Running, key: str, flag: Flag) -> None:
    action = run.window.menus.actions[f"flag-{flag.word}"]
    select_annotations(run.workspace, (1, 3))
    assert not action.isChecked()
    run.hands.key(f"Shift+{key}")
    assert flags(run) == [(flag,), (), (flag,)]
    assert action.isChecked()
    assert said(run) == f"Done: mark 2 boxes as {flag.word}"
    select_annotations(run.workspace, (1, 2))
    assert not action.isChecked(), "not all of them have it"


def test_that_the_flags_have_a_menu_of_their_own_in_both_menus(run: Running) -> None:
    box = next(one.menu() for one in run.window.menuBar().actions() if one.text() == "Box")
    for menu in (box, run.window.menus.context_menu()):
        inside = next(one.menu() for one in menu.actions() if one.text() == "Flags")
        assert [one.objectName() for one in inside.actions()] == [f"flag-{flag.word}" for flag in Flag]
        names = [one.objectName() for one in menu.actions()]
        assert {"note", "lock"} <= set(names)
        assert "flag-crowd" not in names


def test_that_label_and_table_show_flags_note_and_lock(run: Running) -> None:
    table = run.hands.desk.annotations
    assert table._table.isColumnHidden(FLAGS), "nothing to show yet"
    run.hands.key("Shift+D")
    run.hands.key("Shift+T")
    run.workspace.execute(_noted(run, "who knows?"))
    annotation = run.workspace.annotations[1]
    assert label("die", annotation) == "die · D T ✎"
    assert about(annotation) == "difficult, truncated\nwho knows?"
    assert Layers(run.workspace).annotations.texts[0].endswith(" · D T ✎")
    cell = table._rows.index(0, FLAGS)
    assert (cell.data(), cell.data(Qt.ItemDataRole.ToolTipRole)) == ("D T ✎", about(annotation))
    assert cell.data(Qt.ItemDataRole.DecorationRole) is None
    run.hands.key("L")
    assert about(run.workspace.annotations[1]) == "difficult, truncated, locked\nwho knows?"
    assert table._rows.index(0, FLAGS).data(Qt.ItemDataRole.DecorationRole) is not None
    assert not table._table.isColumnHidden(FLAGS)


def test_that_a_locked_box_has_a_wider_label_and_no_handles(run: Running) -> None:
    canvas = run.hands.desk.canvas
    x, y = (round(place) for place in canvas.viewport.to_screen(*run.workspace.annotations[1].box[2:]))

    def outside_the_corner() -> int:
        return canvas.grab().toImage().pixel(x + 3, y + 3)

    with_handles = outside_the_corner()
    run.hands.key("L")
    assert outside_the_corner() != with_handles
    layer = Layers(run.workspace).annotations
    assert layer.locked == {0}
    chips = ChipPainter(Frame(canvas.viewport), canvas.font())
    chips.place(300, 100, "die", "#ffffff")
    chips.place(300, 200, "die", "#ffffff", locked=True)
    plain, locked = chips.chips
    assert locked.rect.width() > plain.rect.width()


def test_that_the_cursor_says_that_a_box_is_locked(run: Running) -> None:
    canvas = run.hands.desk.canvas
    x1, y1, x2, y2 = run.workspace.annotations[1].box
    middle = QPoint(*(round(place) for place in canvas.viewport.to_screen((x1 + x2) / 2, (y1 + y2) / 2)))
    QTest.mouseMove(canvas, middle)
    assert canvas.cursor().shape() is Qt.CursorShape.SizeAllCursor
    run.hands.key("L")
    assert canvas.cursor().shape() is Qt.CursorShape.ForbiddenCursor


def test_that_a_drag_of_a_locked_box_moves_nothing_and_says_so(run: Running) -> None:
    run.hands.key("L")
    before, steps = dict(run.workspace.annotations), run.workspace.history.length
    x1, y1, x2, y2 = before[1].box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    run.hands.drag(middle, (middle[0] + 40, middle[1] + 30))
    assert said(run) == "The box is locked: L unlocks it."
    assert run.workspace.annotations == before
    select_annotations(run.workspace, (1, 2))
    run.hands.drag(middle, (middle[0] + 40, middle[1] + 30))
    assert said(run) == "The box is locked: L unlocks it.", "it was taken by the locked one"
    assert (run.workspace.annotations, run.workspace.history.length) == (before, steps)


def test_that_the_others_of_several_move_and_the_locked_one_is_told(run: Running) -> None:
    run.hands.key("L")
    before = dict(run.workspace.annotations)
    select_annotations(run.workspace, (1, 2, 3))
    x1, y1, x2, y2 = before[2].box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    run.hands.drag(middle, (middle[0] + 40, middle[1] + 30))
    assert said(run) == "Done: move 2 boxes; 1 is locked"
    after = run.workspace.annotations
    assert after[1] == before[1]
    moved = after[2].box[0] - before[2].box[0]
    assert moved == pytest.approx(40, abs=1)
    assert after[3].box[0] - before[3].box[0] == pytest.approx(moved)


@pytest.mark.parametrize("key", ["delete", "category-2", "move-right", "push-up", "flag-difficult", "note"])
def test_that_keys_say_why_nothing_happens_to_a_locked_box(run: Running, key: str) -> None:
    run.hands.key("L")
    before = dict(run.workspace.annotations)
    run.window.status.clearMessage()
    run.window.menus.actions[key].trigger()
    assert said(run) == "The box is locked: L unlocks it."
    assert run.workspace.annotations == before
    assert run.window.findChild(NoteDialog) is None


def test_that_deleting_several_says_how_many_are_locked(run: Running) -> None:
    select_annotations(run.workspace, (1, 2))
    run.hands.key("L")
    assert said(run) == "Done: lock 2 boxes"
    run.hands.key("Ctrl+A")
    run.hands.key("Del")
    assert said(run) == "Done: delete box; 2 are locked"
    assert list(run.workspace.annotations) == [1, 2]


def test_that_what_changes_no_box_does_not_speak_of_locks(run: Running) -> None:
    run.hands.key("L")
    run.hands.key("U")
    assert "locked" not in said(run)
    select_annotations(run.workspace, (1,))
    run.hands.key("Ctrl+D")
    assert said(run) == "Done: duplicate box"


def test_that_the_hint_says_what_unlocks(run: Running) -> None:
    run.hands.key("L")
    run.window.status.clearMessage()
    assert run.window.status.hint.startswith("This box is locked: L unlocks it")


def test_that_a_note_is_typed_and_kept_by_enter(run: Running) -> None:
    run.hands.key("Shift+N")
    dialog = run.window.findChild(NoteDialog)
    field = dialog.findChild(QPlainTextEdit)
    QTest.keyClicks(field, "first line")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "D second")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert run.workspace.annotations[1].note == "first line\nD second"
    assert said(run) == "Done: write a note on box"
    assert flags(run)[0] == (), "bare keys are typed"
    run.hands.wait(run.window.isActiveWindow, "the window is active again")
    run.hands.key("Shift+N")
    again = run.window.findChildren(NoteDialog)[-1]
    assert again.findChild(QPlainTextEdit).toPlainText() == "first line\nD second"
    QTest.keyClick(again.findChild(QPlainTextEdit), Qt.Key.Key_Escape)
    assert run.workspace.annotations[1].note == "first line\nD second"


def test_that_different_notes_begin_with_none(run: Running) -> None:
    run.workspace.execute(_noted(run, "one"))
    select_annotations(run.workspace, (1, 2))
    run.hands.key("Shift+N")
    dialog = run.window.findChild(NoteDialog)
    assert dialog.findChild(QPlainTextEdit).toPlainText() == ""
    dialog.reject()


def test_that_the_canvas_has_a_tool_tip_for_a_box_with_something_to_say(run: Running) -> None:
    canvas = run.hands.desk.canvas
    x1, y1, x2, y2 = run.workspace.annotations[1].box
    place = QPointF(*canvas.viewport.to_screen((x1 + x2) / 2, (y1 + y2) / 2)).toPoint()

    def tip() -> str:
        QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, place, canvas.mapToGlobal(place)))
        return QToolTip.text()

    assert tip() == ""
    run.hands.key("Shift+O")
    assert tip() == "occluded"
    QToolTip.hideText()


def _noted(run: Running, note: str) -> Command:
    command = edits.set_note([run.workspace.annotations[1]], note)
    assert command is not None
    return command
