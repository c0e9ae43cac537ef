"""The order in which the layers are painted over the image: what stays still, and what follows the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPainter

from app.model.annotations import Box, Suggestion
from app.model.geometry import as_boxes
from app.ui import overlays
from app.ui.chips import ChipPainter
from app.ui.overlays import HANDLE_SIDE, MANY, PROPOSAL_COLOR, Frame

if TYPE_CHECKING:
    from app.ui.layers import BoxLayer, Layers


@dataclass(frozen=True, slots=True)
class Live:
    """What the pointer is doing.

    `color` is that of a box being drawn, `pointer` a screen point, `preview` the box that a tool makes or changes,
    `hovered` the proposal that a click would take.
    """

    drawing: bool
    color: str
    pointer: tuple[float, float] | None = None
    preview: Box | None = None
    hovered: Box | None = None


def paint_still(painter: QPainter, frame: Frame, layers: Layers) -> None:
    """Paint proposals, suggestions and annotations with their labels, without the selected box."""
    proposals = layers.proposals.boxes[frame.visible_rows(layers.proposals.boxes)]
    suggestions = _rows(frame, layers, layers.suggestions)
    annotations = _rows(frame, layers, layers.annotations)
    with overlays.device_pixels(painter, frame):
        if len(proposals):
            overlays.paint_faint(painter, frame, proposals, PROPOSAL_COLOR)
        overlays.paint_layer(painter, frame, layers.suggestions, suggestions, dashed=True)
        overlays.paint_layer(painter, frame, layers.annotations, annotations)
        if len(suggestions) + len(annotations) < MANY:
            chips = ChipPainter(frame, painter.font())
            chips.place_layer(layers.annotations, annotations)
            chips.place_layer(layers.suggestions, suggestions)
            chips.paint(painter)


def paint_live(painter: QPainter, frame: Frame, layers: Layers, live: Live) -> None:
    """Paint the hovered proposal, the selected box or what a drag makes of it, and the box being drawn."""
    with overlays.device_pixels(painter, frame):
        chips = ChipPainter(frame, painter.font())
        if live.hovered is not None:
            overlays.paint_highlight(painter, frame, live.hovered, PROPOSAL_COLOR)
        if live.drawing:
            _paint_drawing(painter, frame, live)
        else:
            _paint_selected(painter, frame, layers, live, chips)
        if live.preview is not None:
            chips.place_size(live.preview)
        chips.paint(painter)


def _rows(frame: Frame, layers: Layers, layer: BoxLayer) -> list[int]:
    selected = layers.selected_ref
    return [row for row in frame.visible_rows(layer.boxes).tolist() if layer.refs[row] != selected]


def _paint_drawing(painter: QPainter, frame: Frame, live: Live) -> None:
    if live.pointer is not None:
        overlays.paint_guides(painter, frame, live.pointer)
    if live.preview is not None:
        overlays.paint_highlight(painter, frame, live.preview, QColor(live.color))


def _paint_selected(painter: QPainter, frame: Frame, layers: Layers, live: Live, chips: ChipPainter) -> None:
    selected, ref = layers.selected, layers.selected_ref
    if selected is None or ref is None:
        return
    layer = layers.layer_of(ref)
    row = layer.refs.index(ref)
    box, color = live.preview or selected.box, layer.colors[row]
    undecided = isinstance(selected, Suggestion) and live.preview is None
    overlays.paint_highlight(painter, frame, box, QColor(color), dashed=undecided)
    overlays.paint_handles(painter, frame, box, QColor(color))
    x, y = frame.device_rects(as_boxes([box]))[0, :2].tolist()
    chips.place(x, y - frame.lines(HANDLE_SIDE) // 2 - 1, layer.texts[row], color, always=True)
