"""What a drag holds, from the press to the release, while keys go on changing boxes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model import edits, geometry
from app.model.annotations import Annotation, Suggestion
from app.model.box_gestures import agnostic_category
from app.model.review import AnnotationRef
from app.model.selection import unlocked

if TYPE_CHECKING:
    from app.model.annotations import Box
    from app.model.commands import Command
    from app.model.geometry import Handle
    from app.model.workspace import Workspace
    from app.ui.layers import Layers


class Grip:
    """The box that the pointer has taken hold of, and the annotations that are moved with it.

    One hand drags while the other is on the keys: what these change beside the box's place stays, and the drag comes
    on top of it. `handle` is what a single box is resized by; None moves it.
    """

    def __init__(
        self, workspace: Workspace, layers: Layers, box: Annotation | Suggestion, handle: Handle | None
    ) -> None:
        self._workspace = workspace
        self._layers = layers
        self._box = box
        self._several = unlocked(layers.selected_annotations)
        self._handle = handle
        self._seen = layers.annotations
        self._is_lost = False
        self._selected: AnnotationRef | None = None

    @property
    def is_locked(self) -> bool:
        """Whether the box may not be moved."""
        return isinstance(self._box, Annotation) and self._box.locked

    def holds(self) -> bool:
        """Take over what became of the boxes; return whether they are all where they were taken hold of.

        A suggestion that was accepted meanwhile is the annotation that came of it. What was decided about the box that
        is held alone selects no other: the preview is painted as the selected one.
        """
        if self._seen is not self._layers.annotations:  # no move of the pointer goes through all boxes
            self._seen = self._layers.annotations
            self._look()
        view = self._workspace.view
        if not self._is_lost and self._selected is not None and view.selected != self._selected:
            self._workspace.change_view(replace(view, selected=self._selected, several=()))
        return not self._is_lost

    def dragged(self, dx: float, dy: float, image_size: tuple[int, int]) -> Box:
        """Return the box after a drag by so many image pixels: where it is if it is locked."""
        box = self._box.box
        if self.is_locked:
            return box
        if len(self._several) > 1:
            return geometry.move_together([box, *(one.box for one in self._several)], dx, dy, image_size)[0]
        if self._handle is None:
            return geometry.move(box, dx, dy, image_size)
        x, y = geometry.handle_point(box, self._handle)
        return geometry.resize(box, self._handle, x + dx, y + dy, image_size)

    def placed(self, box: Box) -> Command | None:
        """Return the command that lets go of it as `box`; None where that changes nothing."""
        held, workspace, image = self._box, self._workspace, self._workspace.current_image
        if len(self._several) > 1 and image is not None and image.size is not None:
            dx, dy = box[0] - held.box[0], box[1] - held.box[1]
            boxes = geometry.move_together([one.box for one in self._several], dx, dy, image.size)
            return edits.change_boxes(self._several, boxes)
        if isinstance(held, Annotation):
            return edits.change_box(held, box)
        if image is None or box == held.box:
            return None
        ids, agnostic = workspace.next_ids(), agnostic_category(workspace)
        return edits.accept([held], image.id, workspace.categories, ids, box=box, otherwise=agnostic)

    def _look(self) -> None:
        """Find the boxes again by what they are; lost is a hold on one that is gone, or has another place."""
        box = self._present(self._box)
        several = [self._present(one) for one in self._several]
        rows = tuple(one for one in several if isinstance(one, Annotation))
        if box is None or len(rows) < len(several):
            self._is_lost = True
        else:
            self._box, self._several = box, unlocked(rows)
            if isinstance(box, Annotation) and len(rows) < 2:
                self._selected = AnnotationRef(box.id)

    def _present(self, box: Annotation | Suggestion) -> Annotation | Suggestion | None:
        """Return what a box is now, or what became of a suggestion; None where that is nothing, or lies elsewhere."""
        annotations = self._workspace.annotations
        if isinstance(box, Annotation):
            now = annotations.get(box.id)
            return now if now is not None and now.box == box.box else None
        accepted = next((one for one in annotations.values() if one.origin == box.origin), None)
        if accepted is not None:
            return accepted if accepted.box == box.box else None
        rejected = any(one.origin == box.origin for one in self._workspace.rejections.values())
        return None if rejected else box
