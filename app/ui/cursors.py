"""Which cursor says what a press of the pointer would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.model.annotations import Annotation
from app.model.geometry import Handle
from app.ui import tools

if TYPE_CHECKING:
    from app.ui.layers import Layers
    from app.ui.tools import PointerEvent

_OF_HANDLE = {
    Handle.TOP_LEFT: Qt.CursorShape.SizeFDiagCursor,
    Handle.BOTTOM_RIGHT: Qt.CursorShape.SizeFDiagCursor,
    Handle.TOP_RIGHT: Qt.CursorShape.SizeBDiagCursor,
    Handle.BOTTOM_LEFT: Qt.CursorShape.SizeBDiagCursor,
    Handle.LEFT: Qt.CursorShape.SizeHorCursor,
    Handle.RIGHT: Qt.CursorShape.SizeHorCursor,
    Handle.TOP: Qt.CursorShape.SizeVerCursor,
    Handle.BOTTOM: Qt.CursorShape.SizeVerCursor,
}


def cursor_over(layers: Layers, under: PointerEvent | None) -> Qt.CursorShape:
    """Return the cursor where the pointer, if it is there, may take hold of a selected box, if there is one."""
    held = None if under is None else tools.held_by(layers, under)
    if under is None or held is None:
        return Qt.CursorShape.ArrowCursor
    if isinstance(held, Annotation) and held.locked:
        return Qt.CursorShape.ForbiddenCursor
    handle = tools.handle_under(held, under) if len(layers.selected_annotations) < 2 else None
    return Qt.CursorShape.SizeAllCursor if handle is None else _OF_HANDLE[handle]
