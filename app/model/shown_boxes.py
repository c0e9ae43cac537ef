"""Which boxes of the current image are to be seen: what the canvas paints is what Tab, the lists and the keys go by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.annotations import Annotation

if TYPE_CHECKING:
    from app.model.annotations import Category, Suggestion
    from app.model.view import View
    from app.model.workspace import Workspace

UNKNOWN = 0
"""Stands among the hidden categories for all those that the project does not have."""


def is_shown(box: Annotation | Suggestion, view: View) -> bool:
    """Return whether a box is to be seen: its layer is shown, and its category."""
    layer = view.show_annotations if isinstance(box, Annotation) else view.show_suggestions
    return layer and not is_of_hidden_category(box, view)


def is_of_hidden_category(box: Annotation | Suggestion, view: View) -> bool:
    """Return whether the boxes of its category are hidden."""
    return (box.category_id or UNKNOWN) in view.hidden_categories


def shown_annotations(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return the annotations that are to be seen, by id."""
    view = workspace.view
    if not view.show_annotations:
        return ()
    annotations = workspace.annotations.values()
    if not view.hidden_categories:  # as nearly always: nothing is gone through then, under a slider neither
        return tuple(annotations)
    return tuple(one for one in annotations if not is_of_hidden_category(one, view))


def shown_suggestions(workspace: Workspace) -> tuple[Suggestion, ...]:
    """Return the suggestions that are to be seen, best first."""
    view = workspace.view
    if not view.show_suggestions:
        return ()
    if not view.hidden_categories:
        return workspace.suggestions
    return tuple(one for one in workspace.suggestions if not is_of_hidden_category(one, view))


def hidden_count(workspace: Workspace) -> int:
    """Return how many boxes of the current image are not to be seen because of their category alone."""
    view = workspace.view
    if not view.hidden_categories:
        return 0
    suggestions = workspace.suggestions if view.show_suggestions else ()
    of_annotations = sum(is_of_hidden_category(one, view) for one in workspace.annotations.values())
    return of_annotations + sum(is_of_hidden_category(one, view) for one in suggestions)


def toggle_category(workspace: Workspace, category: Category) -> bool:
    """Hide the boxes of a category, or show them again; return whether they are shown now."""
    hidden = workspace.view.hidden_categories ^ {category.id}
    workspace.change_view(replace(workspace.view, hidden_categories=hidden))
    return category.id not in hidden


def show_only(workspace: Workspace, category: Category) -> None:
    """Show the boxes of this category and of no other."""
    others = {UNKNOWN, *(one.id for one in workspace.categories)} - {category.id}
    workspace.change_view(replace(workspace.view, hidden_categories=frozenset(others)))


def show_all_categories(workspace: Workspace) -> None:
    """Show the boxes of every category."""
    workspace.change_view(replace(workspace.view, hidden_categories=frozenset()))
