"""How one row of the image list is painted: thumbnail, name, counts, state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui import theme
from app.ui.icons import icon
from app.ui.image_entry import ENTRY_ROLE, Entry, ImageState, count_words, translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from detector.types import ByteArray

ROW_HEIGHT = 60
_THUMBNAIL = QSize(60, 46)
_BADGE = 18
_INSET = 4


def row_height() -> int:
    """Return the height of all rows: room for a thumbnail and for two lines of text."""
    return theme.scaled_row(ROW_HEIGHT, lines=2)


class ImageRowDelegate(QStyledItemDelegate):
    """Paints a row from its `Entry`; `thumbnail(image_id)` gives uint8 (h, w, 3) or None."""

    def __init__(self, thumbnail: Callable[[int], ByteArray | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnail = thumbnail

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: ARG002
        """Return the one size of all rows."""
        return QSize(180, row_height())

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        entry: Entry = index.data(ENTRY_ROLE)
        colors = theme.colors(option.palette)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        theme.paint_row_ground(painter, rect.adjusted(3, 1, -3, -1), state, colors, is_chosen=is_chosen)
        frame = QRect(rect.left() + _INSET + 4, rect.center().y() - _THUMBNAIL.height() // 2 + 1, 0, 0)
        frame.setSize(_THUMBNAIL)
        _paint_thumbnail(painter, frame, self._thumbnail(entry.record.id), colors)
        badge = QRect(rect.right() - _BADGE - 10, rect.center().y() - _BADGE // 2 + 1, _BADGE, _BADGE)
        _paint_badge(painter, badge, entry.state, colors)
        left = frame.right() + 11
        words = QRect(left, rect.top(), badge.left() - 8 - left, rect.height())
        self._paint_words(painter, words, entry, option)
        painter.restore()

    def _paint_words(self, painter: QPainter, column: QRect, entry: Entry, option: QStyleOptionViewItem) -> None:
        colors = theme.colors(option.palette)
        metrics = painter.fontMetrics()
        line = metrics.height()
        top = column.top() + (column.height() - 2 * line - 3) // 2
        name = metrics.elidedText(entry.record.path, Qt.TextElideMode.ElideLeft, column.width())
        painter.setPen(QColor(colors.text))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(column.left(), top, column.width(), line), left, name)
        words = metrics.elidedText(_words(entry), Qt.TextElideMode.ElideRight, column.width())
        painter.setPen(QColor(colors.error if entry.problem else colors.muted))
        painter.drawText(QRect(column.left(), top + line + 3, column.width(), line), left, words)


def _words(entry: Entry) -> str:
    if entry.problem:  # the whole sentence, with its long path, is in the tooltip
        return translated("not in the folder") if entry.record.missing else translated("cannot be read")
    if entry.state is ImageState.REVIEWED_EMPTY:
        nothing = translated("no objects")
    else:
        nothing = translated(entry.state.value) if entry.suggestions is None else translated("no suggestions")
    return " · ".join(count_words(entry)) or nothing


def _paint_thumbnail(painter: QPainter, frame: QRect, array: ByteArray | None, colors: theme.Colors) -> None:
    """Paint the whole image inside the frame; an empty frame while it is not there."""
    if array is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.border))
        painter.setOpacity(0.5)
        painter.drawRoundedRect(frame, 4, 4)
        painter.setOpacity(1.0)
        return
    height, width = array.shape[:2]
    image = QImage(array.data, width, height, array.strides[0], QImage.Format.Format_RGB888)
    size = QSize(width, height).scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    target = QRect(frame.topLeft(), size)
    target.moveCenter(frame.center())
    clip = QPainterPath()
    clip.addRoundedRect(QRectF(target), 4, 4)
    painter.save()
    painter.setClipPath(clip)
    painter.drawImage(target, image)
    painter.restore()


def _paint_badge(painter: QPainter, rect: QRect, state: ImageState, colors: theme.Colors) -> None:
    """Paint the state: a ring, a full disc with a tick, a ring with a tick, a flag, a warning."""
    if state is ImageState.UNSURE:
        icon("unsure", colors.unsure).paint(painter, rect)
        return
    if state is ImageState.UNREADABLE:
        icon("error", colors.error).paint(painter, rect)
        return
    disc = QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5)
    done = QColor(colors.reviewed)
    full = state is ImageState.REVIEWED
    painter.setPen(QPen(QColor(colors.muted) if state is ImageState.UNREVIEWED else done, 1.6))
    painter.setBrush(done if full else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(disc)
    if state is not ImageState.UNREVIEWED:
        painter.setPen(
            QPen(theme.text_on(done) if full else done, 1.8, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
        )
        centre = disc.center()
        tick = (QPointF(-3.4, 0.2), QPointF(-1.0, 2.6), QPointF(3.6, -2.4))
        painter.drawPolyline([centre + point for point in tick])
