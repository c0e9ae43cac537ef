"""One small function per thing a person may want at the desk, called by keys, menus and buttons alike."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import box_gestures, edits, gestures, navigation
from app.model.annotations import Annotation, Suggestion
from app.ui.category_finder import CategoryFinder
from app.ui.docks import Page
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from app.model.annotations import Box, Category
    from app.model.commands import Command
    from app.ui.desk import Desk
    from detector.types import Thresholds

_THRESHOLD_STEP = 0.05
_ROUNDING = 1e-6
_TINY = 28.0
"""A box that is nowhere longer than this on screen, in device pixels, is zoomed to when Tab comes to it."""


def undo(desk: Desk) -> None:
    """Take the last decision back, on whatever image it was."""
    command = desk.attempt(desk.workspace.undo)
    desk.said.emit(desk.tr("Undid: {}").format(command.text) if command else desk.tr("Nothing is left to undo."))


def redo(desk: Desk) -> None:
    """Do again what was undone last."""
    command = desk.attempt(desk.workspace.redo)
    desk.said.emit(desk.tr("Redid: {}").format(command.text) if command else desk.tr("Nothing is left to redo."))


def walk(desk: Desk, step: int) -> None:
    """Select the next box, and bring it to where it can be judged."""
    if navigation.walk(desk.workspace, step) is None:
        desk.said.emit(desk.tr("There is no box to go to on this image."))
        return
    selected = desk.workspace.selected
    assert selected is not None
    x1, y1, x2, y2 = selected.box
    left, top, right, bottom = desk.canvas.viewport.visible_box()
    is_tiny = max(x2 - x1, y2 - y1) * desk.canvas.zoom < _TINY
    if is_tiny or x1 < left or y1 < top or x2 > right or y2 > bottom:
        desk.canvas.zoom_to(selected.box)


def mark_reviewed_and_go_on(desk: Desk) -> None:
    """Mark the image reviewed and show the next unreviewed one."""
    desk.perform(gestures.mark_reviewed_and_go_on)
    workspace = desk.workspace
    if workspace.reviewed_count == len(workspace.images):
        desk.said.emit(desk.tr("All {} images are reviewed.").format(len(workspace.images)))


def go_by(desk: Desk, steps: int) -> None:
    """Show the image so many steps further on in the list, as that is filtered and ordered."""
    if desk.attempt(lambda: navigation.go_by(desk.workspace, steps, desk.image_list.shown)) is False:
        sentence = desk.tr("No image that matches the filter lies that way. {all-images} shows all images.")
        desk.said.emit(with_keys(sentence))


def go_to_unreviewed(desk: Desk, step: int) -> None:
    """Show the next unreviewed image, or the previous one, without marking this one."""
    if desk.attempt(lambda: navigation.go_to_unreviewed(desk.workspace, step)) is False:
        desk.said.emit(desk.tr("There is no other image to review."))


def accept(desk: Desk) -> None:
    """Accept the selected suggestion, or the closer fit that is offered for the selected annotation."""
    is_suggestion = isinstance(desk.workspace.selected, Suggestion)
    desk.perform(gestures.accept_selected if is_suggestion else desk.refining.take)


def escape(desk: Desk) -> None:
    """Cancel what is being drawn; else refuse what is offered; else reject the selected suggestion; else deselect."""
    if desk.canvas.cancel() or desk.refining.dismiss():
        return
    selected = desk.workspace.selected
    if isinstance(selected, Suggestion):
        desk.perform(gestures.reject_selected)
    elif selected is not None:
        select_none(desk)


def select_tool(desk: Desk) -> None:
    """Stop drawing: the pointer selects and edits."""
    desk.canvas.cancel()


def select_none(desk: Desk) -> None:
    """Select nothing."""
    desk.workspace.change_view(replace(desk.workspace.view, selected=None))


def copy(desk: Desk) -> None:
    """Keep the selected annotation for pasting; with nothing selected, all annotations of the image."""
    selected = desk.workspace.selected
    chosen = (selected,) if isinstance(selected, Annotation) else tuple(desk.workspace.annotations.values())
    if isinstance(selected, Suggestion) or not chosen:
        desk.said.emit(desk.tr("There is no annotation to copy: a suggestion is accepted first."))
        return
    desk.copied = chosen
    desk.said.emit(desk.tr("Copied {} boxes").format(len(chosen)) if len(chosen) > 1 else desk.tr("Copied one box"))


def paste(desk: Desk) -> None:
    """Put what was copied on this image."""
    if desk.perform(lambda workspace: box_gestures.paste(workspace, desk.copied)) is None and not desk.copied:
        desk.said.emit(desk.tr("Nothing was copied yet."))


def copy_previous_image(desk: Desk) -> None:
    """Put the previous image's boxes on this one."""
    if desk.perform(box_gestures.copy_previous_image) is None:
        desk.said.emit(desk.tr("The previous image has no boxes to copy."))


def choose_digit(desk: Desk, place: int) -> None:
    """Do what the digit key of the category at `place` (from 0) says."""
    if place >= len(desk.workspace.categories):
        desk.said.emit(with_keys(desk.tr("There is no category {} yet: {find-category} names a new one."), place + 1))
        return
    choose_category(desk, desk.workspace.categories[place])


def choose_category(desk: Desk, category: Category) -> None:
    """Give the selected box this category; accept the selected suggestion with it; else draw with it next."""
    if desk.perform(lambda workspace: gestures.choose_category(workspace, category)) is None:
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
    _open(desk, finder)


def name_drawn_box(desk: Desk, box: Box) -> None:
    """Ask which category a box has that was drawn before the project had any."""
    finder = _finder(desk, desk.tr("What is in this box?"))
    finder.chosen.connect(lambda category: _draw(desk, box, category))
    finder.named.connect(lambda name: _with_new_category(desk, name, box))
    finder.rejected.connect(lambda: desk.said.emit(desk.tr("Not drawn: the box was given no category.")))
    _open(desk, finder)


def step_score(desk: Desk, direction: int) -> None:
    """Raise the score threshold (1) or lower it (-1), to where the detector keeps nothing."""
    before, prediction = desk.workspace.view.thresholds, desk.workspace.prediction
    score = _stepped(before.score_thresh, direction, 0.0 if prediction is None else prediction.score_floor)
    _set_thresholds(desk, desk.tr("Score threshold: {:.2f}.").format(score), replace(before, score_thresh=score))


def step_iou(desk: Desk, direction: int) -> None:
    """Raise the IoU of the NMS (1) or lower it (-1)."""
    before = desk.workspace.view.thresholds
    iou = _stepped(before.nms_thresh, direction, 0.0)
    _set_thresholds(desk, desk.tr("NMS IoU: {:.2f}.").format(iou), replace(before, nms_thresh=iou))


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


def zoom_to_selected(desk: Desk) -> None:
    """Fill the canvas with the selected box and what is around it."""
    selected = desk.workspace.selected
    if selected is None:
        desk.said.emit(with_keys(desk.tr("No box is selected: {next-box} goes to the next one.")))
    else:
        desk.canvas.zoom_to(selected.box)


def detect_again(desk: Desk) -> None:
    """Let the detector look at this image anew."""
    desk.session.detect_again()
    desk.said.emit(desk.tr("The detector looks at this image again."))


def detect_all(desk: Desk) -> None:
    """Let the detector look at all images it has not seen; while it does, stop it."""
    if desk.detecting_folder:
        desk.session.service.cancel_folder()
        return
    count = desk.session.detect_all()
    if count == 0:
        desk.said.emit(desk.tr("The detector has looked at every image already."))


def fine_tune(desk: Desk) -> None:
    """Show the training panel and fine-tune on all corrections; the labeler goes on meanwhile."""
    desk.show_training(shown=True)
    desk.training.start()


def toggle_training(desk: Desk) -> None:
    """Open the training panel, or put it away."""
    desk.show_training(shown=not desk.training_shown)


def evaluate(desk: Desk) -> None:
    """Show the evaluation panel, and measure the detector on the reviewed images; the labeler goes on meanwhile."""
    desk.show_page(Page.EVALUATION)
    desk.evaluation.start()


def toggle_evaluation(desk: Desk) -> None:
    """Open the evaluation panel, or put it away."""
    desk.show_page(Page.BOXES if desk.page is Page.EVALUATION else Page.EVALUATION)


def _finder(desk: Desk, question: str) -> CategoryFinder:
    prediction = desk.workspace.prediction
    names = prediction.categories if prediction is not None else ()
    return CategoryFinder(desk.workspace.categories, question, names, desk.canvas)


def _open(desk: Desk, finder: CategoryFinder) -> None:
    def give_focus_back() -> None:
        desk.canvas.activateWindow()
        desk.canvas.setFocus()

    finder.finished.connect(give_focus_back)
    finder.open()


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
    counts = desk.tr("{:,} suggestions shown, {:,} hidden.").format(len(workspace.suggestions), workspace.hidden_count)
    desk.said.emit(f"{said} {counts}")


def _stepped(value: float, direction: int, least: float) -> float:
    """Return the next step above `value` or below it, from `least` to 1; steps lie at whole multiples."""
    steps = value / _THRESHOLD_STEP
    whole = math.floor(steps + _ROUNDING) + 1 if direction > 0 else math.ceil(steps - _ROUNDING) - 1
    return min(max(round(whole * _THRESHOLD_STEP, 2), least), 1.0)
