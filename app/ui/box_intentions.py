"""What a person may want with the selected boxes at the desk beside changing them: one small function each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import box_gestures, geometry, selection, shown_boxes
from app.model.annotations import Suggestion
from app.model.selection import selected_annotations
from app.numbers import whole
from app.ui.intentions import open_over_canvas
from app.ui.keymap import with_keys
from app.ui.note_dialog import NoteDialog

if TYPE_CHECKING:
    from app.model.annotations import Category
    from app.ui.desk import Desk


def select_all(desk: Desk) -> None:
    """Select all annotations that are shown."""
    count = selection.select_all(desk.workspace)
    desk.said.emit(desk.tr("Selected {} boxes").format(whole(count)) if count > 1 else desk.tr("Selected one box"))


def copy(desk: Desk) -> None:
    """Keep the selected annotations for pasting; with nothing selected, all annotations of the image."""
    chosen = selected_annotations(desk.workspace) or tuple(desk.workspace.annotations.values())
    if isinstance(desk.workspace.selected, Suggestion) or not chosen:
        desk.said.emit(desk.tr("There is no annotation to copy: a suggestion is accepted first."))
        return
    desk.copied = chosen
    desk.said.emit(
        desk.tr("Copied {} boxes").format(whole(len(chosen))) if len(chosen) > 1 else desk.tr("Copied one box")
    )


def paste(desk: Desk) -> None:
    """Put what was copied on this image."""
    if desk.perform(lambda workspace: box_gestures.paste(workspace, desk.copied)) is None and not desk.copied:
        desk.said.emit(desk.tr("Nothing was copied yet."))


def copy_previous_image(desk: Desk) -> None:
    """Put the previous image's boxes on this one."""
    if desk.perform(box_gestures.copy_previous_image) is None:
        desk.said.emit(desk.tr("The previous image has no boxes to copy."))


def hide_category(desk: Desk) -> None:
    """Hide the boxes of the selected box's category, else of that of the next box; show them where they are hidden."""
    category = _meant(desk)
    if category is not None:
        is_shown = shown_boxes.toggle_category(desk.workspace, category)
        hidden = desk.tr("Hidden: boxes of {}. {show-categories} shows all again.")
        said = desk.tr("Shown: boxes of {}.") if is_shown else hidden
        desk.said.emit(with_keys(said, category.name))


def show_only_category(desk: Desk) -> None:
    """Show the boxes of that category and of no other."""
    category = _meant(desk)
    if category is not None:
        shown_boxes.show_only(desk.workspace, category)
        said = desk.tr("Shown: only boxes of {}. {show-categories} shows all again.")
        desk.said.emit(with_keys(said, category.name))


def _meant(desk: Desk) -> Category | None:
    selected = desk.workspace.selected
    return desk.workspace.current_category if selected is None else desk.workspace.category(selected.category_id)


def zoom_to_selected(desk: Desk) -> None:
    """Fill the canvas with the selected boxes and what is around them."""
    selected = desk.workspace.selected
    if selected is None:
        desk.said.emit(with_keys(desk.tr("No box is selected: {next-box} goes to the next one.")))
    else:
        several = selected_annotations(desk.workspace) or (selected,)
        desk.canvas.zoom_to(geometry.around([one.box for one in several]))


def write_note(desk: Desk) -> None:
    """Ask for a note on the selected annotations."""
    several = selected_annotations(desk.workspace)
    if not several or desk.say_locked():
        return
    notes = {one.note for one in several}
    heading = (
        desk.tr("Note on this box")
        if len(several) == 1
        else desk.tr("Note on these {} boxes").format(whole(len(several)))
    )
    dialog = NoteDialog(heading, notes.pop() if len(notes) == 1 else "", desk.canvas)
    dialog.written.connect(lambda note: desk.change(lambda workspace: box_gestures.write_note(workspace, note)))
    open_over_canvas(desk, dialog)
