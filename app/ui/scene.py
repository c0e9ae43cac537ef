"""The order in which the layers are painted over the image: what stays still, and what follows the pointer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.model.annotations import Suggestion
from app.model.geometry import as_boxes
from app.model.selection import within
from app.ui import overlays
from app.ui.chips import ChipPainter
from app.ui.overlays import BAND_COLOR, HANDLE_SIDE, MANY, OFFER_COLOR, PROPOSAL_COLOR, Frame
from app.ui.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from app.model.annotations import Box
    from app.model.offers import Offer
    from app.ui.layers import BoxLayer, Layers

    Painted = Callable[[QPixmap, Callable[[QPainter], None]], QPixmap]
    """Returns a pixmap as large as the widget that the function painted; the given one where its size is right."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the pointer is doing.

    `color` is that of a box being drawn, `pointer` a screen point, `preview` the box that a tool makes or changes,
    `band` what is drawn around boxes to select them, `hovered` the proposal that a click would take, `offered` what
    the detector offers for the selected box, and the same in words.
    """

    drawing: bool
    color: str
    pointer: tuple[float, float] | None = None
    preview: Box | None = None
    band: Box | None = None
    hovered: Box | None = None
    offered: tuple[Offer, str] | None = None


class StillScene:
    """The image with all boxes but the selected ones, as a pixmap that is painted anew only if one of them changed.

    The image with its proposals is kept apart: these are many, and under a slider they do not move. The lines of
    proposals, and of annotations where there are many, are on sheets: they go where the image is dragged.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._ground, self._whole = QPixmap(), QPixmap()
        self._ground_key: tuple[object, ...] = ()
        self._whole_key: tuple[object, ...] = ()
        self._proposals, self._annotations = Sheet(), Sheet()

    def over(self, backdrop: QPixmap, backdrop_key: object, frame: Frame, painted: Painted) -> QPixmap:
        """Return the scene over a backdrop, which is another one only where its key is."""
        key = (backdrop_key, self._layers.identity, self._layers.selected_refs)
        if key != self._whole_key:
            ground = self._with_proposals(backdrop, backdrop_key, frame, painted)

            def paint(painter: QPainter) -> None:
                painter.drawPixmap(0, 0, ground)
                paint_still(painter, frame, self._layers, self._annotations)

            self._whole = painted(self._whole, paint)
            self._whole_key = key
        return self._whole

    def _with_proposals(self, backdrop: QPixmap, backdrop_key: object, frame: Frame, painted: Painted) -> QPixmap:
        proposals = self._layers.proposals
        if not len(proposals):
            return backdrop
        key = (backdrop_key, proposals)
        if key != self._ground_key:

            def paint(painter: QPainter) -> None:
                painter.drawPixmap(0, 0, backdrop)
                paint_proposals(painter, frame, proposals, self._proposals)

            self._ground = painted(self._ground, paint)
            self._ground_key = key
        return self._ground


def paint_proposals(painter: QPainter, frame: Frame, proposals: BoxLayer, sheet: Sheet) -> None:
    """Paint the proposals, which lie under everything else; their lines are on `sheet`."""

    def outline(on_sheet: QPainter, part: Frame) -> None:
        boxes = proposals.boxes[part.visible_rows(proposals.boxes)]
        overlays.paint_outlines(on_sheet, part, boxes, PROPOSAL_COLOR)

    with overlays.device_pixels(painter, frame):
        overlays.paint_faint(painter, sheet.painted(frame, proposals, outline))


def paint_still(painter: QPainter, frame: Frame, layers: Layers, sheet: Sheet) -> None:
    """Paint suggestions and annotations with their labels, without the selected boxes; many lines are on `sheet`."""
    suggestions = _rows(frame, layers, layers.suggestions)
    annotations = _rows(frame, layers, layers.annotations)
    with overlays.device_pixels(painter, frame):
        overlays.paint_layer(painter, frame, layers.suggestions, suggestions, dashed=True)
        if len(annotations) < MANY:
            overlays.paint_layer(painter, frame, layers.annotations, annotations)
        else:
            painter.drawPixmap(0, 0, _many(frame, layers, sheet))
        if len(layers.loose):
            overlays.paint_layer(painter, frame, layers.loose, frame.visible_rows(layers.loose.boxes), dashed=True)
        if len(suggestions) + len(annotations) < MANY:
            chips = ChipPainter(frame, painter.font())
            chips.place_layer(layers.annotations, annotations)
            chips.place_layer(layers.suggestions, suggestions)
            chips.paint(painter)


def paint_live(painter: QPainter, frame: Frame, layers: Layers, live: Live) -> None:
    """Paint the hovered proposal, the selected boxes or what a drag makes of them, the box or band being drawn."""
    with overlays.device_pixels(painter, frame):
        chips = ChipPainter(frame, painter.font())
        if live.hovered is not None:
            overlays.paint_highlight(painter, frame, live.hovered, PROPOSAL_COLOR)
        if live.drawing:
            _paint_drawing(painter, frame, live)
        elif len(layers.selected_annotations) > 1:
            _paint_several(painter, frame, layers, live, chips)
        else:
            _paint_selected(painter, frame, layers, live, chips)
            if live.offered is not None and live.preview is None:
                _paint_offer(painter, frame, *live.offered, chips)
        if live.band is not None:
            _paint_band(painter, frame, layers, live.band)
        if live.preview is not None:
            chips.place_size(live.preview)
        chips.paint(painter)


def _many(frame: Frame, layers: Layers, sheet: Sheet) -> QPixmap:
    """Return the lines of all annotations but the selected ones."""

    def outline(on_sheet: QPainter, part: Frame) -> None:
        for name, group in layers.annotations.rows_by_color(_rows(part, layers, layers.annotations)).items():
            overlays.paint_outlines(on_sheet, part, layers.annotations.boxes[group], QColor(name))

    return sheet.painted(frame, (layers.annotations, layers.selected_refs), outline)


def _rows(frame: Frame, layers: Layers, layer: BoxLayer) -> NDArray[np.int64]:
    rows = frame.visible_rows(layer.boxes)
    return rows[~np.isin(rows, layer.rows_of(layers.selected_refs))]


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
    row = layer.row_of(ref)
    assert row is not None
    if layers.other_box is not None and live.preview is None:
        overlays.paint_highlight(painter, frame, layers.other_box, QColor(layer.colors[row]), dashed=True)
    box, color = live.preview or selected.box, layer.colors[row]
    undecided = isinstance(selected, Suggestion) and live.preview is None
    overlays.paint_highlight(painter, frame, box, QColor(color), dashed=undecided)
    locked = row in layer.locked
    x, y = frame.device_rects(as_boxes([box]))[0, :2].tolist()
    if not locked:
        overlays.paint_handles(painter, frame, box, QColor(color))
        y -= frame.lines(HANDLE_SIDE) // 2 + 1
    if layer.texts[row]:
        chips.place(x, y, layer.texts[row], color, locked=locked, always=True)


def _paint_several(painter: QPainter, frame: Frame, layers: Layers, live: Live, chips: ChipPainter) -> None:
    """Paint all selected annotations; those that are not locked as a drag moves the first one of them."""
    several = layers.annotations.part(layers.annotations.rows_of(layers.selected_refs))
    if live.preview is not None and layers.selected is not None:
        dx, dy = live.preview[0] - layers.selected.box[0], live.preview[1] - layers.selected.box[1]
        moving = np.array([row not in several.locked for row in range(len(several))])
        several = replace(several, boxes=several.boxes + moving[:, None] * np.array([dx, dy, dx, dy]))
    rows = frame.visible_rows(several.boxes)
    overlays.paint_highlights(painter, frame, several, rows)
    if len(rows) < MANY:
        chips.place_layer(several, rows)


def _paint_band(painter: QPainter, frame: Frame, layers: Layers, band: Box) -> None:
    """Paint a band, and what it takes."""
    layer = layers.annotations
    overlays.paint_highlights(painter, frame, layer, np.flatnonzero(within(layer.boxes, band)))
    overlays.paint_highlight(painter, frame, band, BAND_COLOR, dashed=True)


def _paint_offer(painter: QPainter, frame: Frame, offer: Offer, words: str, chips: ChipPainter) -> None:
    """Paint the closer fit, and under it what it takes to have it and what may be in it."""
    x1, y1, x2, y2 = offer.annotation.box
    if offer.box is not None:
        overlays.paint_highlight(painter, frame, offer.box, OFFER_COLOR, dashed=True)
        x1, y2 = min(x1, offer.box[0]), max(y2, offer.box[3])
    chips.place_below((x1, y1, x2, y2), words, OFFER_COLOR.name())
