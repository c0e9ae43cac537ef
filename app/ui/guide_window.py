"""The guide in a window of its own, which stays open beside the work: contents, search, a page, finding in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.model import words
from app.ui import theme
from app.ui.guide_find import FindBar
from app.ui.guide_pages import CONTENTS, Finding, Page, found, pages
from app.ui.guide_view import GuideView
from app.ui.icons import app_icon
from app.ui.list_keys import ListKeys
from app.ui.panel_parts import icon_button, muted_label, put_glass_in
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent

_WIDE, _HIGH, _LIST = 1120, 760, 270
_ROLE = Qt.ItemDataRole.UserRole


class GuideWindow(QWidget):
    """Shows the contents first; `open` shows a page. `closed` comes when it goes, as it is then.

    It is nobody's child, so that it is neither above the work nor shut by a dialog that waits for an answer.
    """

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle(self.tr("Guide"))
        self.setWindowIcon(app_icon())
        self.view = GuideView()
        self.view.shown.connect(self._take_page)
        self.finding = FindBar(self.view)
        self._search = QLineEdit(placeholderText=self.tr("Search all pages"), clearButtonEnabled=True)
        self._search.setAccessibleName(self._search.placeholderText())
        self._search.setToolTip(self.tr("Find the sections that have all of these words"))
        put_glass_in(self._search)
        self._search.textChanged.connect(self._list_found)
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Pages of the guide"))
        self._list.setWordWrap(True)
        self._list.setSpacing(2)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._list.itemClicked.connect(self._open_chosen)
        self._list.itemActivated.connect(self._open_chosen)
        ListKeys(self._search, self._list, self._open_chosen)
        self._back = icon_button("previous", self.tr("Page before (Alt+Left)"), self.view.backward)
        self._forward = icon_button("next", self.tr("Page after (Alt+Right)"), self.view.forward)
        self.view.backwardAvailable.connect(self._back.setEnabled)
        self.view.forwardAvailable.connect(self._forward.setEnabled)
        self._lay_out()
        self._connect_keys()
        self._list_found("")
        open_at(self, _WIDE, _HIGH)

    def open(self, place: str = CONTENTS) -> None:
        """Show a page, such as "formats.md" or "formats.md#in-parts", and come to the front."""
        name, _, anchor = place.partition("#")
        self.show()  # before there is a page: what is not laid out yet has no place to go to
        self.view.open(name, anchor)
        self.raise_()
        self.activateWindow()
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _lay_out(self) -> None:
        self._back.setEnabled(False)
        self._forward.setEnabled(False)
        contents = icon_button("info", self.tr("Contents (Alt+Home)"), self._open_contents)
        bar = QHBoxLayout()
        bar.setSpacing(2)
        for part in (self._back, self._forward, contents):
            bar.addWidget(part)
        bar.addStretch(1)
        bar.addWidget(icon_button("search", self.tr("Find in this page (Ctrl+F)"), self.finding.start))
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(theme.MARGIN, theme.MARGIN, theme.SPACING, theme.MARGIN)
        column.setSpacing(theme.SPACING)
        column.addLayout(bar)
        column.addWidget(self._search)
        column.addWidget(self._list, 1)
        if not words.is_english():
            column.addWidget(muted_label(self.tr("The pages of the guide are in English only.")))
        text = QWidget()
        right = QVBoxLayout(text)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.view, 1)
        right.addWidget(self.finding)
        split = QSplitter(childrenCollapsible=False)
        split.addWidget(side)
        split.addWidget(text)
        split.setStretchFactor(1, 1)
        split.setSizes([theme.scaled(_LIST), theme.scaled(_WIDE - _LIST)])
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)

    def _connect_keys(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.finding.start,
            "Ctrl+Shift+F": self._start_search,
            "F3": self.finding.go_on,
            "Shift+F3": self.finding.go_back,
            "Alt+Left": self.view.backward,
            "Alt+Right": self.view.forward,
            "Alt+Home": self._open_contents,
            "F6": self._go_round,
            "Shift+F6": self._go_round,
            "Ctrl+W": self.close,
            "Esc": self._leave,
        }
        for key, run in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(run)

    @Slot(str)
    def _list_found(self, wanted: str) -> None:
        self._list.clear()
        if wanted.strip():
            for finding in found(wanted):
                text = f"{finding.page.title} › {finding.section.title}\n{finding.excerpt}"
                title_alone = finding.section is finding.page.sections[0]
                self._add(f"{finding.page.title}\n{finding.excerpt}" if title_alone else text, finding)
            if not self._list.count():
                QListWidgetItem(self.tr("Nothing matches."), self._list).setFlags(Qt.ItemFlag.NoItemFlags)
            self._list.setCurrentRow(0)
            return
        for page in pages().values():
            self._add(page.title, page)
        self._take_page(self.view.page)

    def _add(self, text: str, target: Page | Finding) -> None:
        item = QListWidgetItem(text.strip(), self._list)
        item.setData(_ROLE, target)

    @Slot()
    def _open_chosen(self) -> None:
        item = self._list.currentItem()
        target = None if item is None else item.data(_ROLE)
        if isinstance(target, Finding):
            self.view.open(target.page.name, target.section.anchor)
            self.view.mark(self._search.text().split())
        elif isinstance(target, Page):
            self.view.open(target.name)

    @Slot(object)
    def _take_page(self, page: Page) -> None:
        """Name the page in the title, and mark it in the list where that lists pages."""
        whole, named = self.tr("The guide"), f"{page.title} — {self.tr('Guide')}"
        self.setWindowTitle(whole if page.name == CONTENTS else named)
        for row in range(self._list.count()):
            if self._list.item(row).data(_ROLE) is page:
                self._list.setCurrentRow(row)
        self.finding.refresh()

    @Slot()
    def _open_contents(self) -> None:
        self.view.open(CONTENTS)

    @Slot()
    def _start_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    @Slot()
    def _go_round(self) -> None:
        """Go from the page to the list and back."""
        target = self._list if self.view.hasFocus() else self.view
        target.setFocus(Qt.FocusReason.TabFocusReason)

    @Slot()
    def _leave(self) -> None:
        """Give up one thing at a time: finding, a search, the window."""
        if self.finding.isVisible():
            self.finding.end()
        elif self._search.text():
            self._search.clear()
        else:
            self.close()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the rows as high as their words."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._list.doItemsLayout()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so."""
        super().closeEvent(event)
        self.closed.emit()
