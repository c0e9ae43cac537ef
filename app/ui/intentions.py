"""One small function per thing a person may want at the desk, called by keys, menus and buttons alike."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import box_gestures, edits, geometry, gestures
from app.model.annotations import Annotation, Rejection
from app.model.shown_boxes import shown_suggestions
from app.numbers import fixed, whole
from app.ui.category_finder import CategoryFinder
from app.ui.docks import Page
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog

    from app.model.annotations import Box, Category
    from app.model.commands import Command
    from app.ui.desk import Desk
    from detector.types import Thresholds

_THRESHOLD_STEP = 0.05
_ROUNDING = 1e-6


def undo(desk: Desk) -> None:
    """Take the last decision back, on whatever image it was."""
    if not desk.workspace.history.can_undo:
        desk.said.emit(desk.tr("Nothing is left to undo."))
    elif command := desk.attempt(desk.workspace.undo):
        desk.said.emit(desk.tr("Undid: {}").format(command.text))
        _bring_into_view(desk, command)


def redo(desk: Desk) -> None:
    """Do again what was undone last."""
    if not desk.workspace.history.can_redo:
        desk.said.emit(desk.tr("Nothing is left to redo."))
    elif command := desk.attempt(desk.workspace.redo):
        desk.said.emit(desk.tr("Redid: {}").format(command.text))
        _bring_into_view(desk, command)


def _bring_into_view(desk: Desk, command: Command) -> None:
    """Go to the boxes that a command changed on the image in sight, unless one of them is to be seen."""
    if desk.shown_image is None or desk.shown_image != command.image_id:
        return  # the image comes, and is shown as a whole
    rows = [row for edit in command.edits for row in (edit.before, edit.after)]
    boxes = [row.box for row in rows if isinstance(row, Annotation)]
    boxes += [row.origin.box for row in rows if isinstance(row, Rejection)]
    left, top, right, bottom = desk.canvas.viewport.visible_box()
    if boxes and all(x2 <= left or x1 >= right or y2 <= top or y1 >= bottom for x1, y1, x2, y2 in boxes):
        desk.canvas.bring(geometry.around(boxes))


def select_tool(desk: Desk) -> None:
    """Stop drawing: the pointer selects and edits."""
    desk.canvas.cancel()


def select_none(desk: Desk) -> None:
    """Select nothing."""
    desk.workspace.change_view(replace(desk.workspace.view, selected=None))


def choose_digit(desk: Desk, place: int) -> None:
    """Do what the digit key of the category at `place` (from 0) says."""
    if place >= len(desk.workspace.categories):
        desk.said.emit(with_keys(desk.tr("There is no category {} yet: {find-category} names a new one."), place + 1))
        return
    choose_category(desk, desk.workspace.categories[place])


def choose_category(desk: Desk, category: Category) -> None:
    """Give the selected box this category; accept the selected suggestion with it; else draw with it next."""
    command = desk.perform(lambda workspace: gestures.choose_category(workspace, category))
    if command is None and not desk.say_locked():
        desk.said.emit(desk.tr("Category: {}").format(category.name))


def find_category(desk: Desk) -> None:
    """Ask for a category by typing, and do what its digit would."""
    question = (
        desk.tr("Category of the next box")
        if desk.workspace.selected is None
        else desk.tr("Category of the selected box")
    )
    finder = _finder(desk, question)
    finder.chosen.connect(lambda category: choose_category(desk, category))
    finder.named.connect(lambda name: _with_new_category(desk, name, None))
    open_over_canvas(desk, finder)


def name_drawn_box(desk: Desk, box: Box) -> None:
    """Ask which category a box has that was drawn before the project had any."""
    finder = _finder(desk, desk.tr("What is in this box?"))
    finder.chosen.connect(lambda category: _draw(desk, box, category))
    finder.named.connect(lambda name: _with_new_category(desk, name, box))
    finder.rejected.connect(lambda: desk.said.emit(desk.tr("Not drawn: the box was given no category.")))
    open_over_canvas(desk, finder)


def step_score(desk: Desk, direction: int) -> None:
    """Raise the score threshold (1) or lower it (-1), to where the detector keeps nothing."""
    before, prediction = desk.workspace.view.thresholds, desk.workspace.prediction
    score = _stepped(before.score_thresh, direction, 0.0 if prediction is None else prediction.score_floor)
    _set_thresholds(desk, desk.tr("Score threshold: {}.").format(fixed(score, 2)), replace(before, score_thresh=score))


def step_iou(desk: Desk, direction: int) -> None:
    """Raise the IoU of the NMS (1) or lower it (-1)."""
    before = desk.workspace.view.thresholds
    iou = _stepped(before.nms_thresh, direction, 0.0)
    _set_thresholds(desk, desk.tr("NMS IoU: {}.").format(fixed(iou, 2)), replace(before, nms_thresh=iou))


def hide_all(desk: Desk) -> None:
    """Hide every box, or show again what was shown before."""
    view = desk.workspace.view
    shown = (view.show_annotations, view.show_suggestions, view.show_proposals)
    if any(shown):
        desk.shown_before_hiding = shown
    annotations, suggestions, proposals = (False, False, False) if any(shown) else desk.shown_before_hiding
    desk.workspace.change_view(
        replace(view, show_annotations=annotations, show_suggestions=suggestions, show_proposals=proposals)
    )


def toggle_proposals(desk: Desk) -> None:
    """Show or hide the proposals."""
    view = desk.workspace.view
    desk.workspace.change_view(replace(view, show_proposals=not view.show_proposals))


def toggle_suggestions(desk: Desk) -> None:
    """Show or hide the suggestions."""
    view = desk.workspace.view
    desk.workspace.change_view(replace(view, show_suggestions=not view.show_suggestions))


def toggle_keep_zoom(desk: Desk) -> None:
    """Keep scale and place from image to image, or fit each one."""
    view = desk.workspace.view
    desk.workspace.change_view(replace(view, keep_zoom=not view.keep_zoom))


def detect_again(desk: Desk) -> None:
    """Let the detector look at this image anew."""
    desk.session.detect_again()
    desk.said.emit(desk.tr("The detector looks at this image again."))


def detect_all(desk: Desk) -> None:
    """Let the detector look at all images it has not seen; while it does, stop it."""
    if desk.detecting_folder:
        desk.session.stop_detecting()
        return
    count = desk.session.detect_all()
    if count == 0:
        desk.said.emit(desk.tr("The detector has looked at every image already."))


def pause_detection(desk: Desk) -> None:
    """Let the detection of all images wait, for a machine that is needed for something else, or let it go on."""
    desk.session.service.pause_folder(paused=not desk.folder_paused)


def fine_tune(desk: Desk) -> None:
    """Show the training panel and fine-tune on all corrections; the labeler goes on meanwhile."""
    desk.show_page(Page.TRAINING)
    desk.training.start()


def evaluate(desk: Desk) -> None:
    """Show the evaluation panel, and measure the detector on the reviewed images; the labeler goes on meanwhile."""
    desk.show_page(Page.EVALUATION)
    desk.evaluation.start()


def toggle_page(desk: Desk, page: Page) -> None:
    """Open a page beside the canvas, or put it away."""
    desk.show_page(Page.BOXES if desk.page is page else page)


def _finder(desk: Desk, question: str) -> CategoryFinder:
    prediction = desk.workspace.prediction
    names = prediction.categories if prediction is not None else ()
    return CategoryFinder(desk.workspace.categories, question, names, desk.canvas)


def open_over_canvas(desk: Desk, dialog: QDialog) -> None:
    """Open a dialog; the canvas has the focus again after it."""

    def give_focus_back() -> None:
        desk.canvas.activateWindow()
        desk.canvas.setFocus()

    dialog.finished.connect(give_focus_back)
    dialog.open()


def _draw(desk: Desk, box: Box, category: Category) -> Command | None:
    return desk.perform(lambda workspace: box_gestures.draw(workspace, box, category))


def _with_new_category(desk: Desk, name: str, box: Box | None) -> None:
    """Add a category, then draw `box` in it or do what choosing it does."""
    workspace = desk.workspace
    try:
        category = edits.new_category(name, workspace.categories, workspace.next_ids().category)
    except ValueError as error:
        desk.said.emit(str(error))
        return
    if desk.execute(edits.add_category(category)):
        if box is None:
            choose_category(desk, category)
        else:
            _draw(desk, box, category)


def _set_thresholds(desk: Desk, said: str, thresholds: Thresholds) -> None:
    workspace = desk.workspace
    workspace.change_view(replace(workspace.view, thresholds=thresholds))
    shown = len(shown_suggestions(workspace))
    counts = desk.tr("Suggestions: {} shown, {} hidden.").format(whole(shown), whole(workspace.hidden_count))
    desk.said.emit(f"{said} {counts}")


def _stepped(value: float, direction: int, least: float) -> float:
    """Return the next step above `value` or below it, from `least` to 1; steps lie at whole multiples."""
    steps = value / _THRESHOLD_STEP
    step = math.floor(steps + _ROUNDING) + 1 if direction > 0 else math.ceil(steps - _ROUNDING) - 1
    return min(max(round(step * _THRESHOLD_STEP, 2), least), 1.0)
