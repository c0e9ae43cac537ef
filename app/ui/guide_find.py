"""The line below a page of the guide that finds words in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app.numbers import whole
from app.ui import theme
from app.ui.panel_parts import icon_button

if TYPE_CHECKING:
    from app.ui.guide_view import GuideView


class FindBar(QWidget):
    """Hidden until `start`; Enter goes on to the next place, and all of them are marked."""

    def __init__(self, view: GuideView) -> None:
        super().__init__()
        self._view = view
        self._words = QLineEdit(placeholderText=self.tr("Find in this page"), clearButtonEnabled=True)
        self._words.setAccessibleName(self._words.placeholderText())
        self._words.setToolTip(self.tr("Enter or F3 goes to the next place, Shift+F3 to the one before, Esc ends"))
        self._words.textChanged.connect(self._find)
        self._words.returnPressed.connect(self.go_on)
        self._count = QLabel()
        self._count.setProperty("muted", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.MARGIN, theme.SPACING, theme.MARGIN, theme.SPACING)
        row.setSpacing(theme.SPACING)
        row.addWidget(self._words, 1)
        row.addWidget(self._count)
        row.addWidget(icon_button("previous", self.tr("Place before (Shift+F3)"), self.go_back))
        row.addWidget(icon_button("next", self.tr("Next place (F3)"), self.go_on))
        row.addWidget(icon_button("close", self.tr("End finding (Esc)"), self.end))
        self.hide()

    @Slot()
    def start(self) -> None:
        """Show the line, and let somebody type."""
        self.show()
        self._words.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._words.selectAll()
        self.refresh()

    @Slot()
    def go_on(self) -> None:
        """Go to the next place."""
        if self._words.text():
            self._view.go_to_found(self._words.text())

    @Slot()
    def go_back(self) -> None:
        """Go to the place before."""
        if self._words.text():
            self._view.go_to_found(self._words.text(), backward=True)

    @Slot()
    def end(self) -> None:
        """Go back to the page; nothing is marked in it any more."""
        self.hide()
        self._view.mark(())
        self._view.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Mark the words in the page that is shown now."""
        if not self.isHidden():
            count = self._view.mark([self._words.text()])
            found = self.tr("{} found").format(whole(count)) if count else self.tr("Not on this page")
            self._count.setText(found if self._words.text() else "")

    @Slot()
    def _find(self) -> None:
        self.refresh()
        if self._words.text():
            self._view.go_to_found(self._words.text(), again=False)
