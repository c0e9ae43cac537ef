"""What a person wants while going through boxes and images: one small function each, as in `intentions`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import gestures, navigation, settling
from app.model.annotations import Suggestion
from app.numbers import counted
from app.ui import intentions
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from app.ui.desk import Desk


def look_again(desk: Desk) -> None:
    """List the folder anew: files that came since the project was opened become part of it."""
    desk.session.disk.look_again()


def walk(desk: Desk, step: int) -> None:
    """Select the next box, and bring it to where it can be judged."""
    if navigation.walk(desk.workspace, step) is None:
        if desk.workspace.view.hides_all:
            sentence = _all_hidden(desk)
        elif desk.workspace.view.show_differences:
            sentence = desk.tr("You and the detector do not differ on this image.")
        else:
            sentence = desk.tr("There is no box to go to on this image.")
        desk.said.emit(sentence)
        return
    selected = desk.workspace.selected
    assert selected is not None
    desk.canvas.bring(selected.box)


def mark_reviewed_and_go_on(desk: Desk) -> None:
    """Mark the image reviewed and show the next unreviewed one, or the most useful one."""
    if _is_out_of_sight(desk):
        go_to_unreviewed(desk, 1)
        _say_out_of_sight(desk)
        return
    useful = desk.session.survey.upcoming(1)
    desk.perform(lambda workspace: gestures.mark_reviewed_and_go_on(workspace, useful))
    workspace = desk.workspace
    if workspace.view.hides_all:
        desk.said.emit(_all_hidden(desk))
    elif workspace.reviewed_count == len(workspace.images):
        count = len(workspace.images)
        one, many = desk.tr("The only image is reviewed."), desk.tr("All {} images are reviewed.")
        desk.said.emit(counted(count, one, many))


def _all_hidden(desk: Desk) -> str:
    return with_keys(desk.tr("All boxes are hidden: {hide} shows them."))


def toggle_reviewed(desk: Desk) -> None:
    """Mark the image reviewed, or take the mark away, and stay."""
    if _is_out_of_sight(desk):
        _say_out_of_sight(desk)
    else:
        desk.perform(gestures.toggle_reviewed)


def _is_out_of_sight(desk: Desk) -> bool:
    """Whether the image is to be marked although nobody can see it; no export would take it."""
    record = desk.workspace.current_image
    if record is None or record.reviewed or record.id == desk.shown_image:
        return False
    return bool(desk.image_list.problem_of(record))


def _say_out_of_sight(desk: Desk) -> None:
    desk.said.emit(desk.tr("An image that cannot be opened stays unreviewed: nobody can see what is on it."))


def go_by(desk: Desk, steps: int) -> None:
    """Show the image so many steps further on in the list, as that is filtered and ordered."""
    if desk.attempt(lambda: navigation.go_by(desk.workspace, steps, desk.image_list.shown)) is False:
        sentence = desk.tr("No image that matches the filter lies that way. {all-images} shows all images.")
        desk.said.emit(with_keys(sentence))


def show_all_images(desk: Desk) -> None:
    """List all images by name; whoever typed a filter goes on with the image."""
    desk.image_list.show_all()
    desk.canvas.setFocus()


def go_to_unreviewed(desk: Desk, step: int) -> None:
    """Show the next unreviewed image, or the most useful one, or the previous one, without marking this one."""
    useful = desk.session.survey.upcoming(1) if step > 0 else []
    if desk.attempt(lambda: navigation.go_to_unreviewed(desk.workspace, step, useful)) is False:
        desk.said.emit(desk.tr("There is no other image to review."))


def accept(desk: Desk) -> None:
    """Accept the selected suggestion, or the closer fit that is offered for the selected annotation.

    Of a difference: take the detector's box, or keep one that the detector has not.
    """
    difference, selected = navigation.selected_difference(desk.workspace), desk.workspace.selected
    if isinstance(selected, Suggestion):
        desk.change(gestures.accept_selected)
    elif desk.perform(desk.refining.take) is None:
        if difference is None:
            desk.say_locked()
        elif difference.box is None:
            keep(desk)
        elif selected is not None and selected.locked:
            desk.said.emit(with_keys(desk.tr("This box is locked: {reject} keeps it as it is.")))
        else:
            desk.perform(settling.take_box)


def keep(desk: Desk) -> bool:
    """Keep the box of the selected difference as it is; return whether there was one."""
    kept = settling.keep_box(desk.workspace)
    if kept:
        desk.said.emit(desk.tr("Kept your box as it is"))
    return kept


def escape(desk: Desk) -> None:
    """Cancel what is being drawn; else refuse what is offered; else reject the selected suggestion; else deselect.

    Of a difference, the person's box is kept.
    """
    if desk.canvas.cancel() or desk.refining.dismiss():
        return
    selected = desk.workspace.selected
    if isinstance(selected, Suggestion):
        desk.perform(gestures.reject_selected)
    elif not keep(desk) and selected is not None:
        intentions.select_none(desk)


def toggle_differences(desk: Desk) -> None:
    """Show where the detector and the person differ, and let Tab walk that; or everything again."""
    view = desk.workspace.view
    if view.show_differences:
        desk.workspace.change_view(replace(view, show_differences=False))
    else:  # what both have must be seen
        desk.workspace.change_view(replace(view, show_differences=True, show_annotations=True, show_suggestions=True))


def toggle_useful_first(desk: Desk) -> None:
    """Let the most useful unreviewed image come next, or the next one in file order."""
    view = desk.workspace.view
    desk.workspace.change_view(replace(view, useful_first=not view.useful_first))
    if view.useful_first:
        desk.said.emit(desk.tr("The next image is the next one in file order."))
    else:
        desk.said.emit(desk.tr("The next image is the one that teaches the detector most."))
