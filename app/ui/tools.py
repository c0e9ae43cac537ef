"""What a press of the pointer begins: one generator per tool, one command per gesture.

A tool is made with the press and sent every later event. It yields what to preview, None while there is nothing, and
returns what came of the gesture. Closing it cancels the gesture: nothing has happened then.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from app.model import box_gestures, edits, geometry
from app.model.annotations import Annotation, Box, Suggestion
from app.model.commands import Command
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import select_annotations, select_within, toggle, unlocked
from app.model.words import tr
from app.ui.grip import Grip
from app.ui.picking import Picker, ProposalPick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.geometry import Handle
    from app.model.workspace import Workspace
    from app.ui.layers import Layers, Ref

CLICK_SLOP = 4.0
"""Screen pixels that the pointer may move in a click: hands shake."""
HANDLE_REACH = 7.0
"""Screen pixels from a side or corner at which it is taken hold of."""
EXTREMES = 4
_MIN_DRAWN = 3.0


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """What the pointer did at image point (x, y). `pixel` is the size of a screen pixel in image pixels.

    `adds` says that a key is held down with which a press adds to the selection.
    """

    kind: Literal["press", "move", "release"]
    x: float
    y: float
    pixel: float
    adds: bool = False

    def is_drag_from(self, press: PointerEvent) -> bool:
        """Return whether the pointer has gone further from `press` than in a click."""
        return max(abs(self.x - press.x), abs(self.y - press.y)) > CLICK_SLOP * self.pixel


@dataclass(frozen=True, slots=True)
class CategoryWanted:
    """A box was drawn while the project had no category to put it in."""

    box: Box


@dataclass(frozen=True, slots=True)
class Locked:
    """A box was dragged that is locked."""


@dataclass(frozen=True, slots=True)
class Band:
    """What is drawn around boxes to select them."""

    box: Box


Outcome = Command | CategoryWanted | Locked | None
Preview = Box | Band | None
Tool = Generator[Preview, PointerEvent, Outcome]
Drawer = Callable[[PointerEvent, "Workspace", tuple[int, int]], Tool]


def draw(press: PointerEvent, workspace: Workspace, image_size: tuple[int, int]) -> Tool:
    """Draw a box from corner to corner: press, drag, release; or two clicks. Too thin a drag draws nothing."""
    start = _on_image(press, image_size)
    event, box = press, None
    while True:
        event = yield box
        box = geometry.normalise(*start, *_on_image(event, image_size))
        if event.kind == "move":
            continue
        if _is_drawn(box, event.pixel):
            return _new_box(workspace, box)
        if event.kind == "release" and event.is_drag_from(press):
            return None


def draw_extremes(press: PointerEvent, workspace: Workspace, image_size: tuple[int, int]) -> Tool:
    """Draw a box by four clicks on the object's topmost, leftmost, lowest and rightmost point, in any order.

    Extreme clicking (Papadopoulos et al. 2017). Four points on one horizontal or vertical line draw nothing.
    """
    points = [_on_image(press, image_size)]
    event = press
    while True:
        event = yield _around([*points, _on_image(event, image_size)])
        if event.kind == "press":
            points.append(_on_image(event, image_size))
        if len(points) == EXTREMES:
            box = _around(points)
            return _new_box(workspace, box) if _is_drawn(box, event.pixel) else None


def edit(
    press: PointerEvent, workspace: Workspace, image_size: tuple[int, int], layers: Layers, picker: Picker
) -> Tool:
    """Click: select the smallest box, again: one deeper, or take a proposal. Drag: resize by a handle, or move.

    The selected box comes first in a drag, whatever lies over it; of several, all are moved. Dragging a suggestion
    accepts it as moved. What a key makes of a box under the pointer stays; one that it removes or moves is let go of.
    Where there is nothing to drag, and with a key that adds, boxes are selected: see `gather`.
    """
    if press.adds:
        return (yield from gather(press, workspace, image_size, picker))
    held = held_by(layers, press)
    if isinstance(held, Annotation):
        select_annotations(workspace, (one.id for one in layers.selected_annotations), held.id)
    pick = picker.pick(press.x, press.y, CLICK_SLOP * press.pixel) if held is None else None
    picked_by_press = pick if isinstance(pick, AnnotationRef | SuggestionRef) else None
    if picked_by_press is not None:
        _select(workspace, picked_by_press)
    is_grabbed = picked_by_press is not None or held is not None
    grip = _grip(press, workspace, layers) if is_grabbed else None
    preview: Preview = None
    event = yield None
    while event.kind == "move" and not _is_lost(grip):
        if preview is not None or event.is_drag_from(press):
            preview = _dragged(grip, press, event, image_size)
        event = yield preview
    if isinstance(preview, Band):
        select_within(workspace, preview.box, adding=False)
        return None
    if grip is not None and (preview is not None or _is_lost(grip)):
        return _let_go(grip, preview)
    if held is not None:
        pick = picker.pick(press.x, press.y, CLICK_SLOP * press.pixel)
    if isinstance(pick, ProposalPick):
        return _taken(workspace, picker, pick.box)
    _select(workspace, pick)
    return None


def gather(press: PointerEvent, workspace: Workspace, image_size: tuple[int, int], picker: Picker) -> Tool:
    """Click: select the smallest annotation along with the others, or take it out. Drag: add what a band takes."""
    preview: Preview = None
    event = yield None
    while event.kind == "move":
        if preview is not None or event.is_drag_from(press):
            preview = _dragged(None, press, event, image_size)
        event = yield preview
    if isinstance(preview, Band):
        select_within(workspace, preview.box, adding=True)
        return None
    under = (ref for ref in picker.refs_under(press.x, press.y) if isinstance(ref, AnnotationRef))
    if (ref := next(under, None)) is not None:
        toggle(workspace, ref.id)
    return None


def select_under(event: PointerEvent, workspace: Workspace, layers: Layers, picker: Picker) -> None:
    """Select the smallest box under the pointer, unless a selected one is there too; nothing where there is none."""
    if held_by(layers, event) is not None:
        return
    refs = picker.refs_under(event.x, event.y)
    _select(workspace, refs[0] if refs else None)


def scale(event: PointerEvent, workspace: Workspace, picker: Picker, step: int) -> Outcome:
    """Go to the next larger proposal (`step` 1) or smaller one (-1) under the pointer.

    The box that the last click took there becomes it; without one, the next click takes it.
    """
    pick = picker.scale(event.x, event.y, CLICK_SLOP * event.pixel, step)
    return None if pick is None or picker.taken is None else _taken(workspace, picker, pick.box)


def handle_under(selected: Annotation | Suggestion | None, event: PointerEvent) -> Handle | None:
    """Return the handle of the selected box that a press would take hold of."""
    return None if selected is None else geometry.handle_at(selected.box, event.x, event.y, HANDLE_REACH * event.pixel)


def held_by(layers: Layers, event: PointerEvent) -> Annotation | Suggestion | None:
    """Return the selected box that a press takes hold of: by a handle or inside; of several only inside."""
    several = layers.selected_annotations
    if len(several) < 2:
        return layers.selected if holds(layers.selected, event) else None
    under = geometry.boxes_at(geometry.as_boxes([one.box for one in several]), event.x, event.y)
    return several[under[0]] if under else None


def holds(selected: Annotation | Suggestion | None, event: PointerEvent) -> bool:
    """Return whether a press would take hold of the selected box, by a handle or inside."""
    if selected is None:
        return False
    x1, y1, x2, y2 = selected.box
    return (x1 <= event.x <= x2 and y1 <= event.y <= y2) or handle_under(selected, event) is not None


def _grip(press: PointerEvent, workspace: Workspace, layers: Layers) -> Grip | None:
    """Take hold of what is selected, if its layer is shown; of several boxes none is resized."""
    box = box_gestures.movable(workspace) if layers.selected is not None else None
    if box is None:
        return None
    handle = handle_under(box, press) if len(unlocked(layers.selected_annotations)) < 2 else None
    return Grip(workspace, layers, box, handle)


def _dragged(grip: Grip | None, press: PointerEvent, event: PointerEvent, image_size: tuple[int, int]) -> Box | Band:
    """Return the box that a drag makes of the one that is held; the band that it draws where nothing is."""
    if grip is not None:
        return grip.dragged(event.x - press.x, event.y - press.y, image_size)
    return Band(geometry.normalise(*_on_image(press, image_size), *_on_image(event, image_size)))


def _is_lost(grip: Grip | None) -> bool:
    return grip is not None and not grip.holds()


def _let_go(grip: Grip, box: Box | None) -> Outcome:
    if box is None or _is_lost(grip):
        return None
    return Locked() if grip.is_locked else grip.placed(box)


def _taken(workspace: Workspace, picker: Picker, box: Box) -> Outcome:
    """Make a box of a proposal; the next proposal at the same place replaces it."""
    selected = workspace.selected
    if isinstance(selected, Annotation) and selected.id == picker.taken:
        return edits.change_box(selected, box, text=tr("take the next proposal"))
    outcome = _new_box(workspace, box)
    if isinstance(outcome, Command):
        picker.taken = next(row.id for row in outcome.rows_added() if isinstance(row, Annotation))
    return outcome


def _around(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _new_box(workspace: Workspace, box: Box) -> Outcome:
    image, category = workspace.current_image, workspace.current_category
    if image is None:
        return None
    if category is None:
        return CategoryWanted(box)
    return edits.draw(box, image.id, category, workspace.next_ids())


def _select(workspace: Workspace, ref: Ref | None) -> None:
    if workspace.view.selected != ref or workspace.view.several:
        workspace.change_view(replace(workspace.view, selected=ref, several=()))


def _on_image(event: PointerEvent, image_size: tuple[int, int]) -> tuple[float, float]:
    height, width = image_size
    return min(max(event.x, 0.0), float(width)), min(max(event.y, 0.0), float(height))


def _is_drawn(box: Box, pixel: float) -> bool:
    """Return whether a box is large enough to be meant: on the screen, and in the image."""
    least = max(_MIN_DRAWN * pixel, geometry.MIN_SIDE)
    return box[2] - box[0] >= least and box[3] - box[1] >= least
