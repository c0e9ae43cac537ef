"""Which boxes of the current image are to be seen: what the canvas paints is what Tab, the lists and the keys go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.model.annotations import Annotation, Suggestion
    from app.model.workspace import Workspace


def shown_annotations(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return the annotations by id; none while their layer is hidden."""
    return tuple(workspace.annotations.values()) if workspace.view.show_annotations else ()


def shown_suggestions(workspace: Workspace) -> tuple[Suggestion, ...]:
    """Return the suggestions, best first; none while their layer is hidden."""
    return workspace.suggestions if workspace.view.show_suggestions else ()
