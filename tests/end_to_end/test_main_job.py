"""The main job at the real window: real images, real keys and pointer, the real detector thread, a made-up network."""

from __future__ import annotations

import contextlib
import io

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit
from whole_application import SHOWN, MadeUpDetector, running

from app.model.annotations import Annotation, Provenance, Suggestion
from app.model.geometry import Handle, handle_point
from detector.image_files import list_images


def press_repeatedly(widget, key, times):
    for _ in range(times):
        QApplication.sendEvent(
            widget, QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, autorep=True)
        )


def test_that_suggestions_appear_by_themselves_and_the_network_ran_beside_the_window(at_work):
    assert len(at_work.workspace.suggestions) == SHOWN
    assert not at_work.workspace.annotations
    assert at_work.detector.thread is not None
    import threading

    assert at_work.detector.thread != threading.get_ident()


def test_that_tab_enter_and_esc_walk_accept_and_reject(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Tab")
    first = workspace.selected
    assert isinstance(first, Suggestion)
    assert first.score == pytest.approx(0.6)  # the least certain comes first
    hands.key("Return")
    (accepted,) = workspace.annotations.values()
    assert (accepted.box, accepted.provenance) == (first.box, Provenance.ACCEPTED)
    assert isinstance(workspace.selected, Suggestion)
    hands.key("Esc")
    assert len(workspace.rejections) == 1
    hands.key("Shift+Tab")
    assert workspace.selected is not None
    assert len(workspace.suggestions) == SHOWN - 2


def test_that_esc_cancels_drawing_before_it_rejects_and_deselects_last(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Tab")
    hands.key("W")
    hands.key("Esc")
    assert not hands.desk.canvas.drawing
    assert not workspace.rejections
    hands.key("Return")
    hands.walk_to(next(iter(workspace.annotations.values())))
    hands.key("Esc")
    assert workspace.selected is None
    assert len(workspace.annotations) == 1
    assert not workspace.rejections
    assert at_work.window.isVisible()


def test_that_the_first_drawn_box_is_asked_its_category(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("W")
    hands.drag((40, 50), (240, 260))
    assert not workspace.annotations
    hands.name_category("pencil")
    (drawn,) = workspace.annotations.values()
    assert workspace.category(drawn.category_id).name == "pencil"
    assert drawn.provenance is Provenance.DRAWN
    assert drawn.box == pytest.approx((40, 50, 240, 260), abs=3)


def test_that_a_handle_moves_its_side_and_the_others_stay(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Tab")
    hands.key("Return")
    (before,) = workspace.annotations.values()
    hands.walk_to(before)
    x, y = handle_point(before.box, Handle.RIGHT)
    hands.drag((x, y), (x - 60, y + 5))
    (after,) = workspace.annotations.values()
    assert after.provenance is Provenance.MOVED
    assert after.box[2] == pytest.approx(before.box[2] - 60, abs=4)
    assert (after.box[0], after.box[1], after.box[3]) == (before.box[0], before.box[1], before.box[3])
    assert after.origin.box == before.box


def test_that_delete_and_undo_cross_images(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    first = workspace.current_image
    hands.key("Shift+Return")
    accepted = dict(workspace.annotations)
    hands.key("Tab")
    hands.key("Del")
    assert len(workspace.annotations) == SHOWN - 1
    hands.key("D")
    assert workspace.current_image != first
    hands.key("Ctrl+Z")
    assert workspace.current_image == first
    assert dict(workspace.annotations) == accepted
    hands.key("Ctrl+Z")
    assert not workspace.annotations
    hands.key("Ctrl+Shift+Z")
    hands.key("Ctrl+Y")
    assert len(workspace.annotations) == SHOWN - 1


def test_that_space_marks_reviewed_on_release_and_goes_on_and_a_held_space_does_not_race_on(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    first = workspace.current_image
    canvas = hands.desk.canvas
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    press_repeatedly(canvas, Qt.Key.Key_Space, 20)
    assert workspace.reviewed_count == 0
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert workspace.reviewed_count == 1
    assert workspace.images[0].reviewed
    assert workspace.current_image.id != first.id


def test_that_a_held_arrow_is_one_undo_step(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Tab")
    hands.key("Return")
    (before,) = workspace.annotations.values()
    hands.walk_to(before)
    hands.key("Left")
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, autorep=True)
    for _ in range(9):
        QApplication.sendEvent(hands.desk.canvas, override)
        at_work.window.menus.actions["move-left"].trigger()
    assert workspace.annotations[before.id].box[0] == pytest.approx(before.box[0] - 10)
    hands.key("Ctrl+Z")
    assert workspace.annotations[before.id].box == before.box


def test_that_both_thresholds_filter_without_asking_the_network_again(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    calls = at_work.detector.calls
    for _ in range(5):
        hands.key("PgDown")
    assert workspace.view.thresholds.score_thresh == pytest.approx(0.25)
    assert len(workspace.suggestions) == SHOWN + 1
    for _ in range(6):
        hands.key("Shift+PgUp")
    assert workspace.view.thresholds.nms_thresh == pytest.approx(0.8)
    assert len(workspace.suggestions) == SHOWN + 2
    for _ in range(15):
        hands.key("PgUp")
    assert not workspace.suggestions
    assert at_work.detector.calls == calls


def test_that_digits_of_the_main_row_and_of_the_number_pad_choose_a_category(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Shift+Return")
    names = [category.name for category in workspace.categories]
    annotation = next(iter(workspace.annotations.values()))
    hands.walk_to(annotation)
    other = 1 + (names.index(workspace.category(annotation.category_id).name) == 0)
    QTest.keyClick(hands.desk.canvas, Qt.Key(Qt.Key.Key_0 + other), Qt.KeyboardModifier.KeypadModifier)
    changed = workspace.annotations[annotation.id]
    assert workspace.category(changed.category_id).name == names[other - 1]
    assert changed.provenance is Provenance.RELABELLED


def test_that_keys_do_nothing_to_boxes_while_somebody_types(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Ctrl+G")
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    before = (workspace.current_image, workspace.selected, workspace.view)
    QTest.keyClicks(field, "dawrpt1 ")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Tab, Qt.Key.Key_PageDown):
        QTest.keyClick(field, key)
    assert (workspace.current_image, workspace.selected, workspace.view) == before
    assert not workspace.annotations
    assert not workspace.rejections


def test_that_copies_go_to_the_next_image_and_duplicates_beside_their_twin(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Shift+Return")
    hands.walk_to(next(iter(workspace.annotations.values())))
    hands.key("Ctrl+D")
    assert len(workspace.annotations) == SHOWN + 1
    hands.key("Ctrl+C")
    hands.key("D")
    hands.wait_for_image()
    hands.key("Ctrl+V")
    assert len(workspace.annotations) == 1
    hands.key("Ctrl+Shift+V")
    assert len(workspace.annotations) == SHOWN + 2


def test_that_the_export_holds_what_was_decided_and_pycocotools_loads_it(at_work, tmp_path):
    from pycocotools.coco import COCO

    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Shift+Return")
    kept = [annotation.box for annotation in workspace.annotations.values()]
    hands.key("Space")
    hands.wait_for_image()
    hands.key("Shift+Esc")
    hands.key("Space")
    target = tmp_path / "out.json"
    reports = []
    at_work.window.exchange.exported.connect(reports.append)
    at_work.window.exchange.write_out(at_work.application.session, target)
    hands.wait(lambda: bool(reports), "the export is written")
    for dialog in at_work.window.findChildren(QDialog):
        dialog.close()
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(target))
    assert len(coco.imgs) == 2  # the reviewed ones, one of them without objects
    boxes = sorted(annotation["bbox"] for annotation in coco.anns.values())
    assert boxes == [pytest.approx([x1, y1, x2 - x1, y2 - y1]) for x1, y1, x2, y2 in sorted(kept)]
    assert all(image["file_name"] in {record.path for record in workspace.images} for image in coco.imgs.values())


def test_that_everything_is_there_after_reopening_and_stored_suggestions_need_no_network(at_work, dice):
    hands = at_work.hands
    hands.key("Tab")
    hands.key("Return")
    hands.key("U")
    hands.wait(at_work.settled, "the neighbours are detected")
    calls = at_work.detector.calls
    at_work.application.close_project()
    assert at_work.window.desk is None
    at_work.open(dice)
    workspace = at_work.workspace
    assert len(workspace.annotations) == 1
    assert workspace.current_image.unsure
    assert len(workspace.suggestions) == SHOWN - 1
    assert at_work.detector.calls == calls
    hands.key("Ctrl+Z")
    hands.key("Ctrl+Z")
    assert not workspace.annotations
    assert not workspace.current_image.unsure


def test_that_an_image_replaced_on_disk_is_read_and_detected_anew_when_it_is_shown(at_work, dice):
    hands, workspace = at_work.hands, at_work.workspace
    first = workspace.current_image
    hands.key("D")
    hands.wait_for_image()
    calls = at_work.detector.calls
    Image.new("RGB", (320, 200)).save(dice / first.path)
    hands.key("A")
    hands.wait_for_image()
    hands.wait(lambda: workspace.current_image.size == (200, 320), "the new image is shown")
    hands.wait(at_work.settled, "the new image is detected")
    assert workspace.prediction.image_size == (200, 320)
    Image.new("RGB", (100, 80)).save(dice / first.path)
    at_work.application.session.detect_again()
    hands.wait(lambda: workspace.current_image.size == (80, 100), "the newer image is shown")
    hands.wait(at_work.settled, "the newer image is detected")
    assert workspace.prediction.image_size == (80, 100)
    assert at_work.detector.calls > calls + 1


def test_that_an_image_replaced_while_it_is_detected_is_not_kept_as_seen(dice, tmp_path, monkeypatch):
    monkeypatch.setattr("app.workers.folder_watch.SETTLE_MS", 3_600_000)  # else it is seen to a moment later

    class Replacing(MadeUpDetector):
        def predict(self, image, _key=None):
            if self.calls == 0:
                Image.new("RGB", (320, 200)).save(list_images(dice)[0])
            return super().predict(image)

    with running(tmp_path, Replacing()) as run:
        run.open(dice)
        run.hands.wait(run.settled, "the neighbours are detected")
        first = run.workspace.images[0]
        assert run.application.session.store.prediction_of(first, MadeUpDetector.model_version) is None


def test_that_all_images_are_detected_on_demand(at_work):
    hands = at_work.hands
    finished = []
    at_work.application.service.progressed.connect(lambda progress: finished.append(progress.finished))
    toggled = []
    at_work.window.menus.actions["detect-all"].toggled.connect(toggled.append)
    hands.key("Ctrl+B")
    hands.wait(lambda: bool(finished) and finished[-1], "the whole folder is detected")
    assert toggled == [True, False]
    assert at_work.detector.calls == len(at_work.workspace.images)
    hands.key("Ctrl+B")
    assert "already" in at_work.window.status.currentMessage()


def test_that_a_click_on_a_proposal_takes_it_as_a_box(at_work):
    hands, workspace = at_work.hands, at_work.workspace
    hands.key("Shift+Return")  # brings the categories
    taken = len(workspace.annotations)
    hands.key("Esc")
    hands.key("P")
    height, width = workspace.current_image.size
    hands.click((0.17 * width, 0.8 * height))
    assert len(workspace.annotations) == taken + 1
    assert isinstance(workspace.selected, Annotation)
    assert workspace.selected.box == pytest.approx((0.10 * width, 0.70 * height, 0.25 * width, 0.90 * height), rel=1e-5)
