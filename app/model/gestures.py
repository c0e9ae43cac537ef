"""One small function per intention of a person. Each executes its command, moves the selection, returns the command.

None says that there was nothing to do. Every function raises StoreError where the store cannot keep the change; nothing
has changed then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import edits, geometry
from app.model.annotations import Annotation, Box, Category, Suggestion
from app.model.category_mapping import is_agnostic
from app.model.review import AnnotationRef, Selected, SuggestionRef, walking_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.model.commands import Command
    from app.model.geometry import Handle
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
    return _executed(workspace, command, AnnotationRef(ids.annotation))


def accept_selected(workspace: Workspace) -> Command | None:
    """Accept the selected suggestion, or relabel the box whose category it doubts; select the next one of the walk."""
    selected = workspace.selected
    if not isinstance(selected, Suggestion):
        return None
    category = workspace.category(selected.category_id)
    if category is not None and selected.relabels in workspace.annotations:
        return _settle(workspace, selected, category)
    return _accept(workspace, [selected], _next_suggestion(workspace))


def accept_all(workspace: Workspace, name: str | None = None) -> Command | None:
    """Accept all visible suggestions; with `name`, those of that category.

    Those that doubt what a person said are left: nobody relabels boxes without having looked at each.
    """
    return _accept(workspace, [one for one in _visible(workspace, name) if one.relabels is None], None)


def reject_selected(workspace: Workspace) -> Command | None:
    """Reject the selected suggestion and select the next one of the walk."""
    selected = workspace.selected
    return _reject(workspace, [selected], _next_suggestion(workspace)) if isinstance(selected, Suggestion) else None


def reject_all(workspace: Workspace, name: str | None = None) -> Command | None:
    """Reject all visible suggestions; with `name`, those of that category."""
    return _reject(workspace, _visible(workspace, name), None)


def of_kind(workspace: Workspace, decide: Callable[[Workspace, str], Command | None]) -> Command | None:
    """Let `accept_all` or `reject_all` decide about all visible suggestions of the selected one's category."""
    selected = workspace.selected
    return decide(workspace, selected.name) if isinstance(selected, Suggestion) else None


def delete_selected(workspace: Workspace) -> Command | None:
    """Delete the selected annotation; reject the selected suggestion."""
    selected = workspace.selected
    if isinstance(selected, Suggestion):
        return reject_selected(workspace)
    return _executed(workspace, edits.delete([selected]), None) if selected is not None else None


def choose_category(workspace: Workspace, category: Category) -> Command | None:
    """Give the selected annotation this category; accept the selected suggestion, or answer it; else draw with it."""
    selected, image = workspace.selected, workspace.current_image
    if isinstance(selected, Suggestion) and selected.relabels in workspace.annotations:
        return _settle(workspace, selected, category)
    if isinstance(selected, Suggestion) and image is not None:
        following = _next_suggestion(workspace)
        command = edits.accept_as(selected, image.id, category, workspace.next_ids())
        return _executed(workspace, command, following)
    if isinstance(selected, Annotation):
        return _executed(workspace, edits.relabel(selected, category), workspace.view.selected)
    workspace.change_view(replace(workspace.view, category_id=category.id))
    return None


def set_box(workspace: Workspace, box: Box, *, text: str = "move box", repeat: bool = False) -> Command | None:
    """Give the selected box this place. A suggestion is accepted with it and stays selected, as an annotation."""
    selected, image = movable(workspace), workspace.current_image
    if isinstance(selected, Annotation):
        command = edits.change_box(selected, box, text)
        return _executed(workspace, command, AnnotationRef(selected.id), repeat=repeat)
    if selected is None or image is None or box == selected.box:
        return None
    ids = workspace.next_ids()
    agnostic = _agnostic_category(workspace)
    moved = edits.accept([selected], image.id, workspace.categories, ids, box=box, otherwise=agnostic)
    return _executed(workspace, moved, AnnotationRef(ids.annotation))


def movable(workspace: Workspace) -> Annotation | Suggestion | None:
    """Return the box that moving the selected one moves: of a doubt, the annotation whose category it doubts."""
    selected = workspace.selected
    doubted = selected.relabels if isinstance(selected, Suggestion) else None
    return workspace.annotations.get(doubted or 0, selected)


def nudge(workspace: Workspace, dx: float, dy: float, *, repeat: bool = False) -> Command | None:
    """Move the selected box by pixels; a held key (`repeat`) makes one undo step."""
    selected, size = movable(workspace), _current_size(workspace)
    if selected is None or size is None:
        return None
    return set_box(workspace, geometry.move(selected.box, dx, dy, size), text="nudge box", repeat=repeat)


def push_side(workspace: Workspace, side: Handle, pixels: float, *, repeat: bool = False) -> Command | None:
    """Push one side of the selected box outwards, or pull it back (negative); a held key makes one undo step."""
    selected, size = movable(workspace), _current_size(workspace)
    if selected is None or size is None:
        return None
    box = geometry.push_side(selected.box, side, pixels, size)
    return set_box(workspace, box, text=f"push {side.name.lower()} side", repeat=repeat)


def duplicate_selected(workspace: Workspace) -> Command | None:
    """Put a copy of the selected annotation a little to the lower right, and select it."""
    selected = workspace.selected
    return paste(workspace, [selected], "duplicate box") if isinstance(selected, Annotation) else None


def paste(workspace: Workspace, copied: Sequence[Annotation], text: str = "paste boxes") -> Command | None:
    """Put copies of annotations on the current image, a little to the lower right where they would hide a twin."""
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
    command = edits.paste([one for one, _ in fitting], [box for _, box in fitting], image.id, ids, text)
    return _executed(workspace, command, AnnotationRef(ids.annotation) if len(fitting) == 1 else None)


def copy_previous_image(workspace: Workspace) -> Command | None:
    """Put copies of the previous image's annotations on this one."""
    image = workspace.current_image
    index = 0 if image is None else workspace.index_of(image.id)
    if index == 0:
        return None
    return paste(workspace, workspace.annotations_of(workspace.images[index - 1].id), "copy the previous image's boxes")


def toggle_reviewed(workspace: Workspace) -> Command | None:
    """Mark the current image reviewed, or take the mark away, and stay."""
    image = workspace.current_image
    return None if image is None else _executed(workspace, edits.mark_reviewed(image.mark, not image.reviewed), None)


def toggle_unsure(workspace: Workspace) -> Command | None:
    """Flag the current image as unsure, or take the flag away."""
    image = workspace.current_image
    return None if image is None else _executed(workspace, edits.set_unsure(image.mark, not image.unsure), None)


def mark_reviewed_and_go_on(workspace: Workspace) -> Command | None:
    """Mark the current image reviewed and show the next unreviewed one; stay where there is none."""
    image = workspace.current_image
    if image is None:
        return None
    command = _executed(workspace, edits.mark_reviewed(image.mark), None)
    go_to_unreviewed(workspace, 1)
    return command


def go_by(workspace: Workspace, steps: int) -> None:
    """Show the image `steps` further on (back where negative), stopping at the first and last."""
    image = workspace.current_image
    if image is not None:
        index = min(max(workspace.index_of(image.id) + steps, 0), len(workspace.images) - 1)
        workspace.go_to(workspace.images[index].id)


def go_to_unreviewed(workspace: Workspace, step: int) -> bool:
    """Show the nearest unreviewed image after this one (`step` 1) or before it (-1), going round; False where none."""
    image, images = workspace.current_image, workspace.images
    if image is None:
        return False
    start = workspace.index_of(image.id)
    for distance in range(1, len(images)):
        record = images[(start + step * distance) % len(images)]
        if not record.reviewed and not record.missing:
            workspace.go_to(record.id)
            return True
    return False


def walk(workspace: Workspace, step: int) -> Selected:
    """Select the next box (`step` 1) or the previous one (-1) of Tab's order, going round; return what is selected."""
    view = workspace.view
    order = walking_order(
        workspace.suggestions if view.show_suggestions else (),
        workspace.annotations.values() if view.show_annotations else (),
    )
    if not order:
        return None
    here = order.index(view.selected) if view.selected in order else (-1 if step > 0 else 0)
    chosen = order[(here + step) % len(order)]
    workspace.change_view(replace(view, selected=chosen))
    return chosen


def deselect_suggestion(workspace: Workspace) -> None:
    """Select nothing where a suggestion is selected: its place among the candidates is another's by now."""
    if isinstance(workspace.view.selected, SuggestionRef):
        workspace.change_view(replace(workspace.view, selected=None))


def _accept(workspace: Workspace, suggestions: Sequence[Suggestion], following: Selected) -> Command | None:
    image = workspace.current_image
    if image is None:
        return None
    agnostic = _agnostic_category(workspace)
    command = edits.accept(suggestions, image.id, workspace.categories, workspace.next_ids(), otherwise=agnostic)
    return _executed(workspace, command, following)


def _settle(workspace: Workspace, doubt: Suggestion, category: Category) -> Command | None:
    """Give the annotation whose category `doubt` doubts this one; reject the doubt where that is what it has."""
    annotation = workspace.annotations[doubt.relabels or 0]
    before, following = workspace.category(annotation.category_id), _next_suggestion(workspace)
    command = edits.settle(doubt, annotation, before, category, workspace.next_ids())
    return _executed(workspace, command, following)


def _reject(workspace: Workspace, suggestions: Sequence[Suggestion], following: Selected) -> Command | None:
    image = workspace.current_image
    command = None if image is None else edits.reject(suggestions, image.id, workspace.next_ids())
    return _executed(workspace, command, following)


def _executed(
    workspace: Workspace, command: Command | None, selected: Selected, *, repeat: bool = False
) -> Command | None:
    if command is not None:
        workspace.execute(command, repeat=repeat)
        workspace.change_view(replace(workspace.view, selected=selected))
    return command


def _agnostic_category(workspace: Workspace) -> Category | None:
    """Return the category of what a model finds that does not say what it is, as of a proposal: the current one."""
    prediction = workspace.prediction
    agnostic = prediction is not None and is_agnostic(prediction.categories, workspace.categories)
    return workspace.current_category if agnostic else None


def _visible(workspace: Workspace, name: str | None) -> list[Suggestion]:
    shown = workspace.suggestions if workspace.view.show_suggestions else ()
    return [suggestion for suggestion in shown if name is None or suggestion.name == name]


def _next_suggestion(workspace: Workspace) -> Selected:
    """Return the suggestion to go on with after the selected one: the next by uncertainty, going round."""
    order = walking_order(workspace.suggestions, ())
    selected = workspace.view.selected
    if selected not in order or len(order) == 1:
        return None
    return order[(order.index(selected) + 1) % len(order)]


def _current_size(workspace: Workspace) -> tuple[int, int] | None:
    image = workspace.current_image
    return None if image is None else image.size


def _beside(box: Box, taken: set[Box], size: tuple[int, int]) -> Box | None:
    fitting = geometry.clip(box, size)
    if fitting is None or fitting not in taken:
        return fitting
    moved = geometry.move(fitting, _DUPLICATE_OFFSET, _DUPLICATE_OFFSET, size)
    return moved if moved not in taken else geometry.move(fitting, -_DUPLICATE_OFFSET, -_DUPLICATE_OFFSET, size)
