"""Find anything by typing: actions with their keys, categories, images. Enter runs it, Esc goes back to the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.commands import Command, matching
from app.ui.icons import icon
from app.ui.list_keys import ListKeys
from app.ui.panel_parts import put_glass_in

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROLE = int(Qt.ItemDataRole.UserRole)
_MOST = 60
_WIDE, _HIGH = 620, 440
_ICON, _GAP = 18, 10


class CommandPalette(QDialog):
    """Lists what matches, what was run latest first. `chosen(Command)` comes after it has closed."""

    chosen = Signal(object)

    def __init__(self, commands: Sequence[Command], latest: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Find an action"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._commands, self._latest = commands, latest
        self._text = QLineEdit(placeholderText=self.tr("Type what to do, a category, or an image"))
        self._text.setAccessibleName(self._text.placeholderText())
        self._text.setToolTip(self.tr("Enter runs what is marked, the arrows mark another, Esc goes back"))
        put_glass_in(self._text)
        self._text.textChanged.connect(self._match)
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("What matches"))
        self._list.setItemDelegate(_CommandDelegate(self._list))
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self.accept)
        ListKeys(self._text, self._list, self.accept)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING)
        layout.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.MARGIN, theme.MARGIN)
        layout.addWidget(self._text)
        layout.addWidget(self._list, 1)
        self._fit()
        self._match("")

    def accept(self) -> None:
        """Run what is marked, if it can be run."""
        item = self._list.currentItem()
        command = None if item is None else item.data(_ROLE)
        if isinstance(command, Command) and not command.why_not:
            super().accept()
            self.chosen.emit(command)

    def _fit(self) -> None:
        parent = self.parentWidget()
        room = self.screen().availableGeometry() if parent is None else parent.window().frameGeometry()
        wide, high = min(theme.scaled(_WIDE), room.width() - 40), min(theme.scaled(_HIGH), room.height() - 120)
        self.setGeometry(room.center().x() - wide // 2, room.top() + 90, wide, high)

    def _match(self, wanted: str) -> None:
        self._list.clear()
        for command in matching(self._commands, wanted, self._latest)[:_MOST]:
            item = QListWidgetItem(command.text, self._list)
            item.setData(_ROLE, command)
            spoken = ", ".join(part for part in (command.text, command.kind, command.keys, command.why_not) if part)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        if self._list.count():
            self._list.setCurrentRow(0)
        else:
            QListWidgetItem(self.tr("Nothing matches."), self._list).setFlags(Qt.ItemFlag.NoItemFlags)


class _CommandDelegate(QStyledItemDelegate):
    """Paints a row: icon or colour, text, what it is or why it cannot be run; its keys on the right."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return room for one line."""
        return QSize(120, option.fontMetrics.height() + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the row."""
        command = index.data(_ROLE)
        if not isinstance(command, Command):
            super().paint(painter, option, index)
            return
        colors, metrics = theme.colors(option.palette), option.fontMetrics
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(colors.selection))
        room = option.rect.adjusted(_GAP, 0, -_GAP, 0)
        _paint_sign(painter, room, command)
        left = room.left() + _ICON + _GAP
        keys_width = metrics.horizontalAdvance(command.keys)
        middle = Qt.AlignmentFlag.AlignVCenter
        faded = option.palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
        widest = room.right() - keys_width - 2 * _GAP - left
        text = metrics.elidedText(command.text, Qt.TextElideMode.ElideMiddle, widest)
        painter.setPen(faded if command.why_not else QColor(colors.text))
        painter.drawText(room.adjusted(left - room.left(), 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, text)
        painter.setPen(QColor(colors.muted))
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, command.keys)
        left += metrics.horizontalAdvance(text) + _GAP
        rest = QRect(left, room.top(), room.right() - keys_width - _GAP - left, room.height())
        details = metrics.elidedText(command.why_not or command.kind, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignLeft, details)
        painter.restore()


def _paint_sign(painter: QPainter, room: QRect, command: Command) -> None:
    sign = QRect(room.left(), room.center().y() - _ICON // 2 + 1, _ICON, _ICON)
    if command.color:
        theme.swatch(command.color).paint(painter, sign)
    elif command.icon:
        mode = QIcon.Mode.Disabled if command.why_not else QIcon.Mode.Normal
        icon(command.icon).paint(painter, sign, Qt.AlignmentFlag.AlignCenter, mode)
