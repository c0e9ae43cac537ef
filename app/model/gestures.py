"""What a person decides about suggestions, categories and images. One small function per intention.

Each executes its command, moves the selection, returns the command; None says that there was nothing to do. Every
function raises StoreError where the store cannot keep the change; nothing has changed then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import edits
from app.model.annotations import Annotation, Category, Suggestion
from app.model.box_gestures import agnostic_category, executed
from app.model.navigation import go_to_unreviewed, next_difference, next_suggestion
from app.model.selection import selected_annotations
from app.model.shown_boxes import shown_suggestions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.model.commands import Command
    from app.model.review import Selected
    from app.model.workspace import Workspace


def accept_selected(workspace: Workspace) -> Command | None:
    """Accept the selected suggestion, or relabel the box whose category it doubts; select the next one of the walk."""
    selected = workspace.selected
    if not isinstance(selected, Suggestion):
        return None
    category = workspace.category(selected.category_id)
    if category is not None and selected.relabels in workspace.annotations:
        return _settle(workspace, selected, category)
    return _accept(workspace, [selected], next_suggestion(workspace))


def accept_all(workspace: Workspace, name: str | None = None) -> Command | None:
    """Accept all visible suggestions; with `name`, those of that category.

    Those that doubt what a person said are left: nobody relabels boxes without having looked at each.
    """
    return _accept(workspace, [one for one in _visible(workspace, name) if one.relabels is None], None)


def reject_selected(workspace: Workspace) -> Command | None:
    """Reject the selected suggestion and select the next one of the walk."""
    selected = workspace.selected
    return _reject(workspace, [selected], next_suggestion(workspace)) if isinstance(selected, Suggestion) else None


def reject_all(workspace: Workspace, name: str | None = None) -> Command | None:
    """Reject all visible suggestions; with `name`, those of that category."""
    return _reject(workspace, _visible(workspace, name), None)


def of_kind(workspace: Workspace, decide: Callable[[Workspace, str], Command | None]) -> Command | None:
    """Let `accept_all` or `reject_all` decide about all visible suggestions of the selected one's category."""
    selected = workspace.selected
    return decide(workspace, selected.name) if isinstance(selected, Suggestion) else None


def delete_selected(workspace: Workspace) -> Command | None:
    """Delete the selected annotations; reject the selected suggestion. The walk of differences goes on."""
    if isinstance(workspace.selected, Suggestion):
        return reject_selected(workspace)
    following = next_difference(workspace)
    return executed(workspace, edits.delete(selected_annotations(workspace)), following)


def choose_category(workspace: Workspace, category: Category) -> Command | None:
    """Give the selected annotations this category; accept the selected suggestion, or answer it; else draw with it."""
    selected, image = workspace.selected, workspace.current_image
    if isinstance(selected, Suggestion) and selected.relabels in workspace.annotations:
        return _settle(workspace, selected, category)
    if isinstance(selected, Suggestion) and image is not None:
        following = next_suggestion(workspace)
        command = edits.accept_as(selected, image.id, category, workspace.next_ids())
        return executed(workspace, command, following)
    if isinstance(selected, Annotation):
        relabelled = edits.relabel_all(selected_annotations(workspace), category, workspace.categories)
        return executed(workspace, relabelled, workspace.view.selected)
    workspace.change_view(replace(workspace.view, category_id=category.id))
    return None


def toggle_reviewed(workspace: Workspace) -> Command | None:
    """Mark the current image reviewed, or take the mark away, and stay."""
    image = workspace.current_image
    return None if image is None else executed(workspace, edits.mark_reviewed(image.mark, not image.reviewed), None)


def toggle_unsure(workspace: Workspace) -> Command | None:
    """Flag the current image as unsure, or take the flag away."""
    image = workspace.current_image
    return None if image is None else executed(workspace, edits.set_unsure(image.mark, not image.unsure), None)


def mark_reviewed_and_go_on(workspace: Workspace, useful: Sequence[int] = ()) -> Command | None:
    """Mark the current image reviewed and show the next unreviewed one; stay where there is none.

    The next one is the first of the `useful` images, else that after this one.
    """
    image = workspace.current_image
    if image is None:
        return None
    command = executed(workspace, edits.mark_reviewed(image.mark), None)
    go_to_unreviewed(workspace, 1, useful)
    return command


def _accept(workspace: Workspace, suggestions: Sequence[Suggestion], following: Selected) -> Command | None:
    image = workspace.current_image
    if image is None:
        return None
    agnostic = agnostic_category(workspace)
    command = edits.accept(suggestions, image.id, workspace.categories, workspace.next_ids(), otherwise=agnostic)
    return executed(workspace, command, following)


def _settle(workspace: Workspace, doubt: Suggestion, category: Category) -> Command | None:
    """Give the annotation whose category `doubt` doubts this one; reject the doubt where that is what it has."""
    annotation = workspace.annotations[doubt.relabels or 0]
    before, following = workspace.category(annotation.category_id), next_suggestion(workspace)
    ids, categories = workspace.next_ids(), workspace.categories
    command = edits.settle(doubt, annotation, before, category, ids, categories=categories)
    return executed(workspace, command, following)


def _reject(workspace: Workspace, suggestions: Sequence[Suggestion], following: Selected) -> Command | None:
    image = workspace.current_image
    command = None if image is None else edits.reject(suggestions, image.id, workspace.next_ids())
    return executed(workspace, command, following)


def _visible(workspace: Workspace, name: str | None) -> list[Suggestion]:
    return [one for one in shown_suggestions(workspace) if name is None or one.name == name]
