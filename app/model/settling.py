"""What a person answers to a difference about one of their boxes. Suggestions are answered as everywhere: `gestures`.

Each function moves on to the next difference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import edits
from app.model.annotations import Annotation
from app.model.box_gestures import executed
from app.model.navigation import next_difference, selected_difference
from app.model.words import tr

if TYPE_CHECKING:
    from app.model.commands import Command
    from app.model.workspace import Workspace


def take_box(workspace: Workspace) -> Command | None:
    """Give the selected annotation the box that the detector has for its object. Raises StoreError.

    None where it has none, and where the annotation is locked; nothing has changed then.
    """
    difference, annotation = selected_difference(workspace), workspace.selected
    if difference is None or difference.box is None or not isinstance(annotation, Annotation) or annotation.locked:
        return None
    following = next_difference(workspace)
    return executed(workspace, edits.change_box(annotation, difference.box, tr("take the detector's box")), following)


def keep_box(workspace: Workspace) -> bool:
    """Keep the selected annotation as it is, so that it is no difference any more; false where it is none."""
    difference, annotation = selected_difference(workspace), workspace.selected
    if difference is None or not isinstance(annotation, Annotation):
        return False
    following = next_difference(workspace)
    workspace.keep(annotation)
    workspace.change_view(replace(workspace.view, selected=following))
    return True
