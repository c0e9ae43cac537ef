"""A line of text that leaves out its end where there is no room for it, and says all of it in its tool tip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy

from app.ui.plain_tip import plain_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget


class ElidedLabel(QLabel):
    """Plain text in the colour that the stylesheet gives to a label.

    It asks for no width, or with `asks` for that of its text, and does with less; see `ask_for`.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, asks: bool = False) -> None:
        super().__init__(parent)
        self._most: int | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        width = QSizePolicy.Policy.Preferred if asks else QSizePolicy.Policy.Ignored
        self.setSizePolicy(width, QSizePolicy.Policy.Preferred)
        self.show_text(text)

    def ask_for(self, most: int) -> None:
        """Ask for this width at most, and of that do with no less."""
        if most != self._most:
            self._most = most
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the size of the whole text, or of as much as is asked for."""
        whole = super().sizeHint()
        return whole if self._most is None else QSize(min(whole.width(), self._most), whole.height())

    def minimumSizeHint(self) -> QSize:
        """Return the least size: that of what is asked for, else of nothing but the sign for what is left out."""
        if self._most is not None:
            return self.sizeHint()
        margins = self.contentsMargins()
        return QSize(
            self.fontMetrics().horizontalAdvance("…") + margins.left() + margins.right(), super().sizeHint().height()
        )

    def show_text(self, text: str, details: str = "") -> None:
        """Show this line, and in the tool tip what there is to know besides."""
        self.setText(text)
        self.setToolTip(plain_tip("\n".join(filter(None, (text, details)))))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint as much as fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
