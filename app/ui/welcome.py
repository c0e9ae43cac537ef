"""The first page: what Boxwright does in one sentence, three ways to start, and what was open lately."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import app_icon, icon
from app.ui.keymap import KeyTip
from app.ui.plain_tip import plain_tip
from app.ui.text_size import TextSize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPaintEvent

_WIDTH = 720
_RECENT = 5
_ICON = 28


class WelcomePage(QWidget):
    """Emits what the person wants to open. A folder that is dropped comes as `open_recent`, as a recent one does."""

    open_folder = Signal()
    open_coco = Signal()
    open_demo = Signal()
    open_recent = Signal(object)

    def __init__(self, recent: Sequence[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_target = False
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Welcome"))
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column = QVBoxLayout()
        column.setSpacing(theme.SPACING)
        column.addStretch(2)
        column.addLayout(self._title())
        column.addSpacing(2 * theme.MARGIN)
        column.addLayout(self._choices())
        column.addSpacing(theme.MARGIN)
        column.addLayout(self._recent)
        column.addStretch(3)
        hint = QLabel(self.tr("You can also drop a folder of images here."))
        hint.setProperty("muted", True)
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(hint)
        middle = QWidget()
        TextSize(middle, lambda: middle.setMaximumWidth(theme.scaled(_WIDTH)))
        middle.setLayout(column)
        page = QHBoxLayout(self)
        page.setContentsMargins(3 * theme.MARGIN, 2 * theme.MARGIN, 3 * theme.MARGIN, 2 * theme.MARGIN)
        page.addStretch(1)
        page.addWidget(middle, 100)
        page.addStretch(1)
        self.set_recent(recent)

    def set_recent(self, recent: Sequence[Path]) -> None:
        """List the folders that were open lately, the last one first; those that are gone are left out."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        there = [path for path in recent if path.is_dir()][:_RECENT]
        if there:
            heading = QLabel(self.tr("Recent projects"))
            heading.setProperty("heading", True)
            heading.setContentsMargins(0, theme.MARGIN, 0, 4)
            self._recent.addWidget(heading)
        for path in there:
            row = _RecentRow(path)
            row.clicked.connect(lambda _checked=False, path=path: self.open_recent.emit(path))
            self._recent.addWidget(row)

    def _title(self) -> QHBoxLayout:
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = QLabel("Boxwright")
        name.setProperty("title", True)
        sentence = QLabel(self.tr("Draw boxes around objects. A detector looks first; you accept, correct or reject."))
        sentence.setWordWrap(True)
        sentence.setProperty("muted", True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(sentence)
        title = QHBoxLayout()
        title.setSpacing(theme.MARGIN + 4)
        title.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        title.addLayout(words, 1)
        return title

    def _choices(self) -> QHBoxLayout:
        folder = _ChoiceCard(
            "open-folder", self.tr("Open a folder"), self.tr("Label the images of a folder; go on where you stopped.")
        )
        KeyTip(folder, self.tr("Open a folder of images"), "open-folder")
        coco = _ChoiceCard(
            "import", self.tr("Open COCO JSON"), self.tr("Boxes that exist already, together with their images.")
        )
        demo = _ChoiceCard("demo", self.tr("Try the demo"), self.tr("Sample images, and the detector at work on them."))
        choices = QHBoxLayout()
        choices.setSpacing(theme.MARGIN)
        for card, signal in ((folder, self.open_folder), (coco, self.open_coco), (demo, self.open_demo)):
            card.clicked.connect(signal)
            choices.addWidget(card, 1)
        return choices

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome one folder."""
        self._set_target(_dropped_folder(event.mimeData()) is not None)
        if self._is_target:
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: ARG002
        """Stop looking like a target."""
        self._set_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the folder."""
        self._set_target(False)
        folder = _dropped_folder(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self.open_recent.emit(folder)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame of a drop target while a folder hovers."""
        super().paintEvent(event)
        if self._is_target:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.colors(self.palette()).accent), 2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(self.rect().adjusted(8, 8, -8, -8), 2 * theme.RADIUS, 2 * theme.RADIUS)

    def _set_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()


class _ChoiceCard(QAbstractButton):
    """A large button: icon, a few words, one sentence."""

    def __init__(self, icon_name: str, words: str, sentence: str) -> None:
        super().__init__()
        self._sentence = sentence
        self.setText(words)
        self.setIcon(icon(icon_name))
        self.setAccessibleDescription(sentence)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return room for an icon, a line, and a sentence of up to three lines."""
        line = self.fontMetrics().height()
        return QSize(210, 16 + _ICON + 12 + line + 8 + 3 * line + 16)

    def event(self, event: QEvent) -> bool:
        """Repaint when the pointer comes or goes."""
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave, QEvent.Type.Enter, QEvent.Type.Leave):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the card."""
        colors, line = theme.colors(self.palette()), self.fontMetrics().height()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.underMouse() or self.hasFocus()
        ground = colors.selection if self.isDown() else colors.hover if self.underMouse() else colors.raised
        painter.setPen(QPen(QColor(colors.accent if lit else colors.border), 1.5 if lit else 1.0))
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 10, 10)
        inner = self.rect().adjusted(16, 16, -16, -12)
        self.icon().paint(painter, inner.left(), inner.top(), _ICON, _ICON)
        top = inner.top() + _ICON + 12
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colors.text))
        painter.drawText(inner.left(), top + self.fontMetrics().ascent(), self.text())
        painter.setFont(self.font())
        painter.setPen(QColor(colors.muted))
        inner.setTop(top + line + 8)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self._sentence)


class _RecentRow(QPushButton):
    """A folder's name, and where it is."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.setToolTip(plain_tip(str(path)))
        self.setAccessibleName(self.tr("Open {}").format(path))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        TextSize(self, lambda: self.setMinimumHeight(theme.scaled(34)))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint name and place on one line; what does not fit is left out in the middle."""
        colors, metrics = theme.colors(self.palette()), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(colors.accent) if self.hasFocus() else Qt.GlobalColor.transparent)
            painter.setBrush(QColor(colors.hover if not self.isDown() else colors.selection))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        icon("open-folder").paint(painter, 10, (self.height() - 18) // 2, 18, 18)
        name = metrics.elidedText(self._path.name or str(self._path), Qt.TextElideMode.ElideMiddle, self.width() // 2)
        left, centred = 38, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colors.text))
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), centred, name)
        left += metrics.horizontalAdvance(name) + 12
        place = metrics.elidedText(str(self._path.parent), Qt.TextElideMode.ElideMiddle, self.width() - left - 10)
        painter.setPen(QColor(colors.muted))
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), centred, place)


def _dropped_folder(dropped: QMimeData) -> Path | None:
    """Return the folder that is dropped; None for anything else, and for more than one thing."""
    paths = [Path(url.toLocalFile()) for url in dropped.urls() if url.isLocalFile()]
    return paths[0] if len(paths) == 1 and paths[0].is_dir() else None
