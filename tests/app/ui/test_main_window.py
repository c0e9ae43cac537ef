from __future__ import annotations

from types import SimpleNamespace

import pytest
from PIL import Image
from PySide6.QtCore import QByteArray, QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QListView, QSlider
from whole_application import SHOWN, running

from app.model import gestures
from app.model.storage import StoreError
from app.ui.digit_row import _ROW
from app.ui.key_sheet import KeySheet
from app.ui.main_window import MainWindow
from app.ui.theme import ColorMode


@pytest.fixture
def run(folder, tmp_path):
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened


def shown(run, name):
    return getattr(run.window.status, f"_{name}").text()


def test_that_only_what_needs_no_project_is_enabled_on_the_welcome_page(tmp_path):
    with running(tmp_path) as run:
        enabled = {name for name, action in run.window.menus.actions.items() if action.isEnabled()}
        colors = {f"colors-{mode}" for mode in ColorMode}
        assert (
            enabled
            == {
                "open-folder",
                "open-coco",
                "demo",
                "guide",
                "quit",
                "keys",
                "about",
                "open-log",
                "settings",
                "palette",
                "next-part",
                "previous-part",
            }
            | colors
        )
        assert not any(dock.isVisible() for dock in run.window.docks.all)
        assert not run.window.menus.toolbar.isVisible()


def test_that_the_status_bar_says_what_is_the_case(run):
    assert shown(run, "suggestions") == f"{SHOWN} undecided"
    assert shown(run, "saved") == "All saved"
    assert shown(run, "detector") == "Made up · CPU"
    assert shown(run, "zoom").endswith("%")
    run.hands.key("Shift+Return")
    assert shown(run, "suggestions") == "no suggestions"
    run.hands.key("Ctrl+0")
    assert shown(run, "zoom") == "100 %"


@pytest.mark.parametrize("kept", [True, False])
def test_that_the_zoom_is_kept_from_image_to_image_if_a_person_says_so(run, kept):
    keep = run.window.menus.actions["keep-zoom"]
    if kept:
        keep.trigger()
    assert keep.isChecked() is kept
    run.hands.key("Ctrl+0")
    run.hands.desk.canvas.zoom_by(3)
    seen = run.hands.desk.canvas.viewport
    run.hands.key("D")
    run.hands.wait_for_image()
    assert (run.hands.desk.canvas.viewport.scale == pytest.approx(seen.scale)) is kept
    run.window.menus.actions["fit"].trigger()
    assert keep.isChecked() is kept


def test_that_undo_names_what_it_takes_back(run):
    run.hands.key("Shift+Return")
    undo = run.window.menus.actions["undo"]
    assert "accept 3" in undo.text()
    run.hands.key("Ctrl+Z")
    assert run.window.status.currentMessage().startswith("Undid: accept 3")
    assert not undo.isEnabled()
    assert "accept 3" in run.window.menus.actions["redo"].text()


def test_that_a_failed_save_is_said_until_the_next_one_succeeds(run, monkeypatch):
    def refuse(*_args):
        raise StoreError("The disk is full.")

    store = run.application.session.store
    with monkeypatch.context() as broken:
        broken.setattr(type(store), "write", refuse)
        run.hands.key("Shift+Return")
        run.hands.key("D")
    assert run.window.banner.text == "The disk is full."
    assert shown(run, "saved") == "Not saved"
    assert run.workspace.history.length == 0
    run.hands.wait_for_image()
    run.hands.key("Shift+Return")
    assert run.window.banner.text == ""
    assert shown(run, "saved") == "All saved"


def test_that_space_on_a_switch_works_the_switch_and_reviews_nothing(run):
    switch = next(box for box in run.hands.desk.filters.findChildren(QCheckBox) if box.isChecked())
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert not switch.isChecked()
    assert run.workspace.reviewed_count == 0


def test_that_arrows_in_the_list_move_in_the_list_and_on_a_slider_move_the_slider(run):
    run.hands.key("Tab")
    selected = run.workspace.selected
    slider = run.hands.desk.filters.findChild(QSlider)
    slider.setFocus()
    before = slider.value()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() > before
    assert run.workspace.selected == selected
    rows = run.hands.desk.image_list.findChild(QListView)
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Down)
    assert run.workspace.current_image == run.workspace.images[1]
    assert run.workspace.history.length == 0


def test_that_tab_walks_boxes_only_while_the_canvas_has_the_focus(run):
    slider = run.hands.desk.filters.findChild(QSlider)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Tab)
    assert run.workspace.selected is None
    assert QApplication.focusWidget() is not slider
    run.hands.desk.canvas.setFocus()
    run.hands.key("Tab")
    assert run.workspace.selected is not None
    assert QApplication.focusWidget() is run.hands.desk.canvas


def test_that_the_canvas_takes_the_focus_that_a_field_gives_up(run):
    run.hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    assert field is not run.hands.desk.canvas
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is run.hands.desk.canvas


def test_that_showing_all_images_ends_the_typing_of_a_filter(run):
    run.hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "nothing-has-this-name")
    run.hands.key("Ctrl+Shift+G")
    assert field.text() == ""
    assert QApplication.focusWidget() is run.hands.desk.canvas


def test_that_hiding_all_boxes_brings_back_what_was_shown(run):
    run.hands.key("P")
    run.hands.key("T")
    view = run.workspace.view
    run.hands.key("H")
    hidden = run.workspace.view
    assert (hidden.show_annotations, hidden.show_suggestions, hidden.show_proposals) == (False, False, False)
    assert run.window.menus.actions["hide"].isChecked()
    run.hands.key("H")
    assert run.workspace.view == view


def test_that_hidden_boxes_are_said_until_they_are_shown(run):
    run.hands.key("H")
    sentence = "All boxes are hidden: H shows them"
    assert run.window.status.hint.startswith(sentence)
    assert run.hands.desk.annotations._table._sentence == f"{sentence}."
    for key in ("Tab", "Space"):
        run.window.status.clearMessage()
        run.hands.key(key)
        assert run.window.status.currentMessage() == f"{sentence}."
    run.hands.key("H")
    assert run.window.status.hint.startswith("Dashed boxes are suggestions")


def test_that_boxes_that_were_hidden_are_shown_at_the_next_start(folder, tmp_path):
    with running(tmp_path) as run:
        run.open(folder)
        run.hands.key("H")
    with running(tmp_path) as run:
        run.open(folder)
        assert run.workspace.view.show_annotations
        assert run.workspace.view.show_suggestions
        run.hands.key("T")
    with running(tmp_path) as run:
        run.open(folder)
        assert not run.workspace.view.show_suggestions, "one layer alone stays as it was"


def test_that_hidden_suggestions_are_not_taken_for_none(run):
    run.hands.key("T")
    assert run.hands.desk.annotations._table._sentence == "Suggestions are hidden: T shows them."


def test_that_f1_opens_the_key_sheet(run):
    run.hands.key("F1")
    (sheet,) = run.window.findChildren(KeySheet)
    assert sheet.isVisible()
    sheet.close()


def test_that_save_confirms_that_all_is_saved_and_where(run, folder):
    run.hands.key("Ctrl+S")
    assert str(folder / ".boxwright") in run.window.status.currentMessage()


def test_that_a_missing_category_digit_is_said(run):
    run.hands.key("7")
    assert "no category 7" in run.window.status.currentMessage()
    assert run.workspace.history.length == 0


def test_that_typing_finds_a_category_or_names_a_new_one(run):
    run.hands.key("Shift+Return")
    run.hands.key("C")
    run.hands.name_category("CO")
    assert run.workspace.current_category.name == "coin"
    run.hands.key("C")
    run.hands.name_category("cog")
    assert run.workspace.current_category.name == "cog"
    assert QApplication.focusWidget() is run.hands.desk.canvas


def test_that_closing_asks_nothing_and_keeps_thresholds_and_place_for_the_next_start(folder, tmp_path):
    with running(tmp_path) as run:
        run.open(folder)
        run.hands.key("PgDown")
        run.window.resize(1000, 700)
        run.window.close()
        assert not run.window.isVisible()
    with running(tmp_path) as again:
        assert again.application.settings.recent == (folder,)
        other = tmp_path / "other"
        other.mkdir()
        Image.new("RGB", (64, 48)).save(other / "x.png")
        again.open(other)
        assert again.workspace.view.thresholds.score_thresh == pytest.approx(0.45)
        assert again.window.size().toTuple() != (1360, 860)


def test_that_the_panels_are_as_high_as_they_were_whatever_page_was_open(folder, tmp_path):
    found = []
    for start in range(4):
        with running(tmp_path) as run:
            run.open(folder)
            docks = run.window.docks
            right = [docks._categories, docks._filters, docks._annotations]
            if start == 1:  # the window is as large as it will be
                run.window.resizeDocks(right, [170, 250, 180], Qt.Orientation.Vertical)
            QApplication.processEvents()
            found.append([dock.height() for dock in right])
            run.window.menus.actions["statistics"].trigger()
            QApplication.processEvents()
    assert found[0] != found[1]
    for later in found[2:]:
        assert later == pytest.approx(found[1], abs=3)


def test_that_the_context_menu_decides_on_the_box_under_the_pointer(run):
    run.hands.key("Tab")
    menu = run.window.menus.context_menu()
    accept = next(action for action in menu.actions() if action.objectName() == "accept")
    assert accept.isEnabled()
    accept.trigger()
    assert len(run.workspace.annotations) == 1
    menu.deleteLater()


def test_that_a_place_of_the_panels_kept_with_a_page_open_opens_none(folder, tmp_path):
    with running(tmp_path) as run:
        run.open(folder)
        run.window.menus.actions["statistics"].trigger()
        QApplication.processEvents()
        kept = run.window.saveState()
    with running(tmp_path) as run:
        run.window.docks.restore(kept)
        run.open(folder)
        QApplication.processEvents()
        docks = run.window.docks
        assert docks._filters.isVisible()
        assert docks._annotations.isVisible()
        assert not any(page.isVisible() for page in docks._pages.values())


def test_that_a_reviewed_folder_says_so(run):
    for record in run.workspace.images:
        run.workspace.go_to(record.id)
        run.hands.desk.perform(gestures.toggle_reviewed)
    run.hands.key("Space")
    assert run.window.status.currentMessage() == "All 3 images are reviewed."


def test_that_undo_shows_what_it_changed(run):
    run.hands.key("Shift+Return")
    box, *_ = (one.box for one in run.workspace.annotations.values())
    canvas = run.hands.desk.canvas
    before = canvas.viewport
    run.hands.key("Ctrl+Z")
    assert canvas.viewport == before, "what is in sight stays where it is"
    run.hands.key("Ctrl+Shift+Z")
    lowest = max(one.box[3] for one in run.workspace.annotations.values())
    height, width = run.workspace.current_image.size
    canvas.zoom_to((width - 4, height - 4, width, height))
    assert canvas.viewport.visible_box()[1] > lowest
    run.hands.key("Ctrl+Z")
    left, top, right, bottom = canvas.viewport.visible_box()
    assert left <= box[0]
    assert top <= box[1]
    assert box[2] <= right
    assert box[3] <= bottom


def test_that_an_image_that_cannot_be_opened_stays_unreviewed(run):
    first, second, *_ = run.workspace.images
    loader = run.window.session.loader
    run.hands.wait(lambda: loader.thumbnail(first.id) is not None, "the real thumbnail is there")
    loader.thumbnail_failed.emit(first.id, "The network is slow.")
    run.hands.key("Shift+Space")
    assert run.workspace.current_image.reviewed, "it is in sight all the same"
    run.hands.key("Shift+Space")
    run.window.status.clearMessage()
    run.window.session.loader.image_failed.emit(first.id, "The file is empty.")
    run.window.session.image_failed.emit("The file is empty.")
    run.hands.key("Shift+Space")
    assert run.workspace.current_image.id == first.id
    assert not run.workspace.current_image.reviewed
    assert "cannot be opened stays unreviewed" in run.window.status.currentMessage()
    run.window.status.clearMessage()
    run.hands.key("Space")
    assert run.workspace.current_image.id == second.id
    assert run.workspace.reviewed_count == 0
    assert "cannot be opened stays unreviewed" in run.window.status.currentMessage()


def test_that_keys_step_the_score_threshold_on_a_grid_and_stop_at_the_floor(run):
    floor = run.workspace.prediction.score_floor
    for _ in range(30):
        run.hands.key("PgDown")
    assert run.workspace.view.thresholds.score_thresh == pytest.approx(floor)
    run.hands.key("PgUp")
    assert run.workspace.view.thresholds.score_thresh == pytest.approx(0.05 * (floor // 0.05 + 1))
    assert run.window.status.currentMessage().startswith("Score threshold: 0.")
    for _ in range(30):
        run.hands.key("Shift+PgUp")
    assert run.workspace.view.thresholds.nms_thresh == 1.0


def test_that_a_folder_without_images_says_so_and_can_be_closed(run, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    run.application.open(empty)
    run.hands.wait(lambda: run.window.session.folder == empty, "the folder is open")
    assert str(empty) in run.window.desk.canvas._notice
    assert run.window.menus.actions["close"].isEnabled()
    assert not run.window.menus.actions["draw"].isEnabled()
    assert shown(run, "suggestions") == ""
    assert run.window.status.hint == ""


def test_that_a_click_in_a_list_leaves_the_keys_to_the_boxes(run):
    desk = run.window.desk
    for view in (desk.image_list._view, desk.annotations._table, desk.categories._view):
        QTest.mouseClick(
            view.viewport(), Qt.MouseButton.LeftButton, pos=view.viewport().rect().topLeft() + QPoint(90, 12)
        )
        assert desk.canvas.hasFocus(), view


def test_that_enter_in_the_name_filter_opens_the_first_match(run):
    run.hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    QTest.keyClicks(field, "nothing is called so")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert run.workspace.current_image == run.workspace.images[0]
    assert QApplication.focusWidget() is field
    field.clear()
    QTest.keyClicks(field, "2.")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert run.workspace.current_image == run.workspace.images[2]
    assert run.window.desk.canvas.hasFocus()
    assert run.workspace.history.length == 0


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Ctrl+Z", "Undo: nothing is left to undo."),
        ("Del", "Delete box: no box is selected."),
        ("Esc", ""),  # is pressed to be safe
        ("F9", ""),  # no action has it
    ],
)
def test_that_a_key_that_can_do_nothing_now_says_why(run, key, said):
    run.window.status.clearMessage()
    run.hands.key(key)
    assert run.window.status.currentMessage() == said
    assert run.workspace.history.length == 0


@pytest.mark.parametrize(("screen", "size"), [((1366, 768), (1350, 720)), ((1920, 1080), (1360, 860))])
def test_that_the_first_window_fits_the_screen(run, monkeypatch, screen, size):
    window = MainWindow(run.window.theme, "0")
    monkeypatch.setattr(window, "screen", lambda: SimpleNamespace(availableSize=lambda: QSize(*screen)))
    window.restore(QByteArray(), QByteArray())
    assert (window.width(), window.height()) == size
    window.resize(740, 640)
    geometry = window.saveGeometry()
    window.resize(1000, 720)
    window.restore(geometry, QByteArray())
    assert window.width() == 740
    window.deleteLater()


def test_that_a_key_that_a_field_leaves_over_says_nothing(run):
    field = run.window.desk.categories._new
    field.setFocus()
    run.window.status.clearMessage()
    QTest.keyClicks(field, "washer")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert [one.name for one in run.workspace.categories][-1] == "washer"
    assert run.window.status.currentMessage() == ""


@pytest.mark.parametrize(
    ("key", "place", "chosen"),
    [
        (Qt.Key.Key_Ampersand, 0, "die"),  # 1 and 2 on a French keyboard
        (Qt.Key.Key_Eacute, 1, "coin"),
        (Qt.Key.Key_Plus, 0, "die"),  # on a Czech one
        (Qt.Key.Key_Eacute, len(_ROW), None),  # another key with that sign
    ],
)
def test_that_the_row_of_digits_means_its_digits_where_they_are_only_there_with_shift(run, key, place, chosen):
    run.hands.key("Shift+Return")
    run.hands.key("Tab")
    taken = {"die": "2", "coin": "1", None: "2"}[chosen]
    run.hands.key(taken)
    before = run.workspace.selected.category_id
    native = [*_ROW, 200][place]
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        pressed = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, native, native, 0)
        QApplication.postEvent(run.window.desk.canvas, pressed)
    QApplication.processEvents()
    names = {one.id: one.name for one in run.workspace.categories}
    assert names[run.workspace.selected.category_id] == (chosen or names[before])


@pytest.mark.parametrize("key", [Qt.Key.Key_unknown, 0, 0x1F600])
def test_that_a_key_without_a_name_does_nothing(run, key):
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        QApplication.postEvent(run.window.desk.canvas, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))
    run.hands.key("Ctrl+Z")  # with pytest-qt an exception in between would fail the test
    assert run.window.status.currentMessage() == "Undo: nothing is left to undo."


def test_that_a_refused_name_stays_to_be_mended(run):
    run.hands.key("Shift+Return")
    view = run.window.desk.categories._view
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    name, other = (one.name for one in run.workspace.categories)
    QTest.keyClick(view, Qt.Key.Key_F2)
    field = view.findChild(QLineEdit)
    field.setText(other)
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.qWait(20)
    assert "choose another name" in run.window.desk.categories._message.text()
    assert view.findChild(QLineEdit) is field
    assert (field.text(), field.selectedText()) == (other, other)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    run.hands.wait(lambda: view.findChild(QLineEdit) is None, "the field is gone")
    assert run.workspace.categories[0].name == name
    QTest.keyClick(view, Qt.Key.Key_F2)
    field = view.findChild(QLineEdit)
    field.setText(other)
    run.window.desk.canvas.setFocus()  # whoever goes elsewhere gives it up
    run.hands.wait(lambda: view.findChild(QLineEdit) is None, "the field is gone")


def test_that_the_boxes_have_the_keys_again_after_a_category_was_renamed(run):
    run.hands.key("Shift+Return")
    view = run.window.desk.categories._view
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClick(view, Qt.Key.Key_F2)
    field = view.findChild(QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, "cube")
    QTest.keyClick(field, Qt.Key.Key_Return)
    run.hands.wait(lambda: run.workspace.categories[0].name == "cube", "the category is renamed")
    run.hands.wait(run.window.desk.canvas.hasFocus, "the canvas has the focus")


def test_that_a_line_above_the_canvas_does_not_move_the_image_under_the_pointer(run):
    canvas, window = run.window.desk.canvas, run.window
    canvas.zoom_by(4)

    def place():
        x, y = canvas.viewport.to_screen(20, 20)
        return x + canvas.mapTo(window, QPoint()).x(), y + canvas.mapTo(window, QPoint()).y()

    def height():
        QTest.qWait(1)  # for the layout
        return canvas.height()

    before, was = height(), place()
    window.banner.say("The disk is full.")
    assert height() < before
    assert place() == pytest.approx(was)
    window.banner.clear()
    assert height() == before
    assert place() == pytest.approx(was)
