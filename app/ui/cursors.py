"""Which cursor says what a press of the pointer would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.model.geometry import Handle
from app.ui import tools

if TYPE_CHECKING:
    from app.model.annotations import Annotation, Suggestion
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


def cursor_over(selected: Annotation | Suggestion | None, under: PointerEvent | None) -> Qt.CursorShape:
    """Return the cursor where the pointer, if it is there, may take hold of the selected box, if there is one."""
    if under is None:
        return Qt.CursorShape.ArrowCursor
    handle = tools.handle_under(selected, under)
    if handle is not None:
        return _OF_HANDLE[handle]
    return Qt.CursorShape.SizeAllCursor if tools.holds(selected, under) else Qt.CursorShape.ArrowCursor
