"""What a person does to boxes: draw, move, resize, copy. One small function per intention, as in `gestures`.

Each executes its command, moves the selection, returns the command; None says that there was nothing to do. Every
function raises StoreError where the store cannot keep the change; nothing has changed then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import edits, geometry
from app.model.annotations import Annotation, Box, Category, Flag, Suggestion
from app.model.category_mapping import is_agnostic
from app.model.geometry import Handle
from app.model.review import AnnotationRef, Selected
from app.model.selection import select_annotations, selected_annotations, unlocked
from app.model.words import counted, tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.model.commands import Command
    from app.model.workspace import Workspace

FIRST_CATEGORY = "object"
"""The category of a box drawn before anybody named one; it is renamed as any other."""

_DUPLICATE_OFFSET = 12.0


def draw(workspace: Workspace, box: Box, category: Category | None = None) -> Command | None:
    """Draw a box in `category`, else in the current one, and select it. None where it has no area inside the image."""
    image = workspace.current_image
    clipped = None if image is None or image.size is None else geometry.clip(box, image.size)
    if image is None or clipped is None:
        return None
    ids = workspace.next_ids()
    chosen = category or workspace.current_category
    first = chosen or edits.new_category(FIRST_CATEGORY, workspace.categories, ids.category)
    command = edits.draw(clipped, image.id, first, ids, new_category=chosen is None)
    return executed(workspace, command, AnnotationRef(ids.annotation))


def set_box(workspace: Workspace, box: Box, *, text: str = "", repeat: bool = False) -> Command | None:
    """Give the selected box this place. A suggestion is accepted with it and stays selected, as an annotation."""
    selected, image = movable(workspace), workspace.current_image
    if isinstance(selected, Annotation):
        command = edits.change_box(selected, box, text)
        return executed(workspace, command, AnnotationRef(selected.id), repeat=repeat)
    if selected is None or image is None or box == selected.box:
        return None
    ids = workspace.next_ids()
    agnostic = agnostic_category(workspace)
    moved = edits.accept([selected], image.id, workspace.categories, ids, box=box, otherwise=agnostic)
    return executed(workspace, moved, AnnotationRef(ids.annotation))


def movable(workspace: Workspace) -> Annotation | Suggestion | None:
    """Return the box that moving the selected one moves: of a doubt, the annotation whose category it doubts."""
    selected = workspace.selected
    doubted = selected.relabels if isinstance(selected, Suggestion) else None
    return workspace.annotations.get(doubted or 0, selected)


def nudge(workspace: Workspace, dx: float, dy: float, *, repeat: bool = False) -> Command | None:
    """Move the selected boxes by pixels, as one; a held key (`repeat`) makes one undo step."""

    def moved(boxes: list[Box], size: tuple[int, int]) -> list[Box]:
        return geometry.move_together(boxes, dx, dy, size)

    return _change_selected(workspace, moved, tr("nudge {}"), repeat=repeat)


def push_side(workspace: Workspace, side: Handle, pixels: float, *, repeat: bool = False) -> Command | None:
    """Push one side of each selected box outwards, or pull it back (negative); a held key makes one undo step."""

    def pushed(boxes: list[Box], size: tuple[int, int]) -> list[Box]:
        return [geometry.push_side(box, side, pixels, size) for box in boxes]

    text = {
        Handle.LEFT: tr("push left side of {}"),
        Handle.TOP: tr("push top side of {}"),
        Handle.RIGHT: tr("push right side of {}"),
        Handle.BOTTOM: tr("push bottom side of {}"),
    }[side]
    return _change_selected(workspace, pushed, text, repeat=repeat)


def duplicate_selected(workspace: Workspace) -> Command | None:
    """Put copies of the selected annotations a little to the lower right, and select them."""
    several = selected_annotations(workspace)
    return paste(workspace, several, counted(len(several), tr("duplicate box"), tr("duplicate {} boxes")))


def toggle_flag(workspace: Workspace, flag: Flag) -> Command | None:
    """Flag the selected annotations; where all of them have the flag, take it away."""
    free = unlocked(selected_annotations(workspace))
    command = edits.set_flag(free, flag, not all(one.has(flag) for one in free))
    return executed(workspace, command, workspace.view.selected)


def write_note(workspace: Workspace, note: str) -> Command | None:
    """Write a note on the selected annotations, without the white space around it."""
    command = edits.set_note(selected_annotations(workspace), note.strip())
    return executed(workspace, command, workspace.view.selected)


def toggle_locked(workspace: Workspace) -> Command | None:
    """Lock the selected annotations; where all of them are locked, unlock them."""
    several = selected_annotations(workspace)
    command = edits.set_locked(several, not all(one.locked for one in several))
    return executed(workspace, command, workspace.view.selected)


def paste(workspace: Workspace, copied: Sequence[Annotation], text: str = "") -> Command | None:
    """Put copies of annotations on the current image, a little to the lower right where they would hide a twin.

    The copies are selected.
    """
    image, size = workspace.current_image, _current_size(workspace)
    known = [annotation for annotation in copied if workspace.category(annotation.category_id) is not None]
    if image is None or size is None:
        return None
    taken = {annotation.box for annotation in workspace.annotations.values()}
    pairs = [(annotation, _beside(annotation.box, taken, size)) for annotation in known]
    fitting = [(annotation, box) for annotation, box in pairs if box is not None]
    if not fitting:
        return None
    ids = workspace.next_ids()
    text = text or tr("paste boxes")
    command = edits.paste([one for one, _ in fitting], [box for _, box in fitting], image.id, ids, text)
    workspace.execute(command)
    select_annotations(workspace, range(ids.annotation, ids.annotation + len(fitting)))
    return command


def copy_previous_image(workspace: Workspace) -> Command | None:
    """Put copies of the previous image's annotations on this one."""
    image = workspace.current_image
    index = 0 if image is None else workspace.index_of(image.id)
    if index == 0:
        return None
    copied = workspace.annotations_of(workspace.images[index - 1].id)
    return paste(workspace, copied, tr("copy the previous image's boxes"))


def executed(
    workspace: Workspace, command: Command | None, selected: Selected, *, repeat: bool = False
) -> Command | None:
    """Execute a command, if there is one, and select what comes after it; return the command."""
    if command is not None:
        workspace.execute(command, repeat=repeat)
        workspace.change_view(replace(workspace.view, selected=selected))
    return command


def agnostic_category(workspace: Workspace) -> Category | None:
    """Return the category of what a model finds that does not say what it is, as of a proposal: the current one."""
    prediction = workspace.prediction
    agnostic = prediction is not None and is_agnostic(prediction.categories, workspace.categories)
    return workspace.current_category if agnostic else None


def _change_selected(
    workspace: Workspace,
    change: Callable[[list[Box], tuple[int, int]], list[Box]],
    text: str,
    *,
    repeat: bool,
) -> Command | None:
    """Give the selected boxes that are not locked the places that `change` returns for them and the image's size."""
    selected, size = movable(workspace), _current_size(workspace)
    if selected is None or size is None:
        return None
    if isinstance(workspace.selected, Suggestion):
        (box,) = change([selected.box], size)
        return set_box(workspace, box, text=text.format(tr("box")), repeat=repeat)
    free = unlocked(selected_annotations(workspace))
    command = edits.change_boxes(free, change([one.box for one in free], size), text)
    return executed(workspace, command, workspace.view.selected, repeat=repeat)


def _current_size(workspace: Workspace) -> tuple[int, int] | None:
    image = workspace.current_image
    return None if image is None else image.size


def _beside(box: Box, taken: set[Box], size: tuple[int, int]) -> Box | None:
    fitting = geometry.clip(box, size)
    if fitting is None or fitting not in taken:
        return fitting
    moved = geometry.move(fitting, _DUPLICATE_OFFSET, _DUPLICATE_OFFSET, size)
    return moved if moved not in taken else geometry.move(fitting, -_DUPLICATE_OFFSET, -_DUPLICATE_OFFSET, size)
