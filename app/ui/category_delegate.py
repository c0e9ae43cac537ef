"""How one category is painted and renamed: swatch, name, score threshold, number of boxes, key.

Above the first one of a group stands what the group is called.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.numbers import fixed, whole
from app.ui import theme
from app.ui.category_rows import ENTRY_ROLE, CategoryEntry
from app.ui.icons import icon
from app.ui.typing_keys import TypingKeys

ROW_HEIGHT = 30
HEADING_HEIGHT = 24
_SWATCH = 18
_KEY = 20
_GAP = 9
_EYE = 16
_QUIET = 0.35

Index = QModelIndex | QPersistentModelIndex


def body_rect(row: QRect) -> QRect:
    """Return the part of a row below the heading that it may have."""
    height = theme.scaled_row(ROW_HEIGHT)
    return QRect(row.left(), row.bottom() + 1 - height, row.width(), height)


def swatch_rect(row: QRect) -> QRect:
    """Return where the swatch of a row lies."""
    row = body_rect(row)
    return QRect(row.left() + 12, row.center().y() - _SWATCH // 2 + 1, _SWATCH, _SWATCH)


def eye_rect(row: QRect) -> QRect:
    """Return where the eye of a row lies, which shows and hides the boxes of its category."""
    row = body_rect(row)
    right = row.right() - 12 - theme.scaled(_KEY) - _GAP
    return QRect(right - _EYE, row.center().y() - _EYE // 2 + 1, _EYE, _EYE)


class CategoryDelegate(QStyledItemDelegate):
    """Paints a row from its `CategoryEntry`."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002
        """Return the size of a row, with the heading that it may have."""
        entry: CategoryEntry = index.data(ENTRY_ROLE)
        return QSize(120, theme.scaled_row(ROW_HEIGHT) + theme.scaled_row(HEADING_HEIGHT) * bool(entry.heading))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row; the category of the next drawn box has a bar at its left."""
        entry: CategoryEntry = index.data(ENTRY_ROLE)
        colors, row = theme.colors(option.palette), body_rect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.heading:
            _paint_heading(painter, option.rect, entry.heading, colors)
        ground = row.adjusted(3, 1, -3, -1)
        theme.paint_row_ground(painter, ground, option.state, colors, is_chosen=entry.is_current)
        if entry.is_current:
            _paint_bar(painter, ground, colors)
        swatch = swatch_rect(row)
        theme.paint_swatch(painter, QRectF(swatch), entry.category.color)
        key = theme.scaled(_KEY)
        right = row.right() - 12 - key
        if len(entry.key) == 1:  # a longer one, as of two keys at once, has no room: the tool tip says it
            _paint_key(painter, QRect(right, row.center().y() - key // 2 + 1, key, key), entry.key, colors)
        count = whole(entry.count) if entry.count else ""
        eye = eye_rect(row)
        _paint_eye(painter, eye, entry, is_hovered=bool(option.state & QStyle.StateFlag.State_MouseOver))
        width = painter.fontMetrics().horizontalAdvance(count) + 1
        right = eye.left() - _GAP - width
        painter.setPen(QColor(colors.muted))
        painter.drawText(QRect(right, row.top(), width, row.height()), _centred_left(), count)
        right -= _GAP
        if entry.category.score_thresh is not None:
            score = f"> {fixed(entry.category.score_thresh, 2)}"
            width = painter.fontMetrics().horizontalAdvance(score) + 1
            right -= width
            painter.drawText(QRect(right, row.top(), width, row.height()), _centred_left(), score)
            right -= _GAP
        left = swatch.right() + _GAP + 1
        font = painter.font()
        font.setBold(entry.is_current)
        painter.setFont(font)
        name = painter.fontMetrics().elidedText(entry.category.name, Qt.TextElideMode.ElideMiddle, right - left)
        painter.setPen(QColor(colors.muted if entry.is_hidden else colors.text))
        painter.drawText(QRect(left, row.top(), right - left, row.height()), _centred_left(), name)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:  # noqa: ARG002
        """Return the field in which the category is renamed."""
        field = QLineEdit(parent)
        field.setAccessibleName(self.tr("Category name"))
        TypingKeys.keep_in(field)
        return field

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: ARG002
        """Put the field where the name is."""
        row = body_rect(option.rect)
        left = swatch_rect(row).right() + 4
        editor.setGeometry(QRect(left, row.top() + 2, row.right() - left - 6, row.height() - 4))


def _paint_heading(painter: QPainter, row: QRect, heading: str, colors: theme.Colors) -> None:
    """Paint the name of a group and a hairline after it, above the body of its first row."""
    body = body_rect(row)
    room = QRect(row.left() + 12, row.top(), row.width() - 24, body.top() - row.top())
    words = painter.fontMetrics().elidedText(heading, Qt.TextElideMode.ElideMiddle, room.width())
    painter.setPen(QColor(colors.muted))
    painter.drawText(room, _centred_left(), words)
    left = room.left() + painter.fontMetrics().horizontalAdvance(words) + _GAP
    if left < room.right():
        painter.setPen(QPen(QColor(colors.border), 1.0))
        painter.drawLine(left, room.center().y() + 1, room.right(), room.center().y() + 1)


def _paint_bar(painter: QPainter, rect: QRect, colors: theme.Colors) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colors.accent))
    painter.drawRoundedRect(QRect(rect.left(), rect.top() + 6, 3, rect.height() - 12), 1.5, 1.5)


def _paint_eye(painter: QPainter, rect: QRect, entry: CategoryEntry, *, is_hovered: bool) -> None:
    """Paint an eye that is quiet while the boxes are shown, and struck through while they are hidden."""
    painter.setOpacity(1.0 if entry.is_hidden or is_hovered else _QUIET)
    icon("hide" if entry.is_hidden else "show").paint(painter, rect)
    painter.setOpacity(1.0)


def _paint_key(painter: QPainter, rect: QRect, key: str, colors: theme.Colors) -> None:
    """Paint a key as its cap."""
    painter.setPen(QPen(QColor(colors.border), 1.0))
    painter.setBrush(QColor(colors.raised))
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setPen(QColor(colors.muted))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)


def _centred_left() -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
