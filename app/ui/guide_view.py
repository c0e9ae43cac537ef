"""One page of the guide at a time, with its pictures and links, in the colours and the size of text of the program."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFontDatabase,
    QImage,
    QImageReader,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QTextBrowser, QTextEdit, QWidget

from app.ui import theme
from app.ui.guide_pages import as_html, pages, resolved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


_SCHEME = "guide"
_WIDEST = 860
"""Pixels of a line of text at the system's size: longer ones are hard to follow."""
_AROUND = 28

_SHEET = Template("""
h1 { font-size: ${h1}pt; font-weight: 600; margin-top: 4px; margin-bottom: 10px; }
h2 { font-size: ${h2}pt; font-weight: 600; margin-top: 24px; margin-bottom: 8px; }
h3 { font-size: ${h3}pt; font-weight: 600; margin-top: 18px; margin-bottom: 6px; }
p, li { line-height: 135%; }
p { margin-top: 0px; margin-bottom: 10px; }
p.picture { line-height: 100%; margin-top: 6px; margin-bottom: 14px; }
li { margin-bottom: 4px; }
a { color: $accent; text-decoration: none; }
h1 a, h2 a, h3 a { color: $text; }
code, pre { font-family: "$fixed"; font-size: ${small}pt; }
code { background-color: $ground; }
pre { white-space: pre-wrap; margin: 0px; }
table.code { background-color: $ground; margin-top: 4px; margin-bottom: 12px; }
table.grid { border-collapse: collapse; border: 1px solid $border; margin-top: 4px; margin-bottom: 14px; }
table.grid th { background-color: $ground; font-weight: 600; text-align: left; border: 1px solid $border; }
table.grid td { border: 1px solid $border; }
""")


class GuideView(QTextBrowser):
    """Shows pages of `guide_pages`. `shown(Page)` comes whenever another one is on the screen."""

    shown = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Page of the guide"))
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        # Or its coming and going would change how wide a picture may be.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._marked: Sequence[str] = ()
        self._top = 0
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self._show_again)
        self.anchorClicked.connect(self._follow)
        self.page = next(iter(pages().values()))
        """The page on the screen; before the first one the contents."""
        self.sourceChanged.connect(self._take)

    def open(self, name: str, anchor: str = "") -> None:
        """Show a page, from its anchor on; what was shown before is a step back."""
        url = QUrl()
        url.setScheme(_SCHEME)
        url.setPath(name)
        if anchor:
            url.setFragment(anchor)
        self.setSource(url, QTextDocument.ResourceType.HtmlResource)

    def mark(self, texts: Sequence[str]) -> int:
        """Mark every place that has one of `texts`, in any case; return how many there are."""
        self._marked = texts
        places = []
        document, ground = self.document(), QColor(theme.colors(self.palette()).unsure)
        ground.setAlphaF(0.4)
        for text in filter(None, texts):
            cursor = document.find(text)
            while not cursor.isNull():
                place = QTextEdit.ExtraSelection()
                place.cursor = QTextCursor(cursor)
                place.format.setBackground(ground)
                places.append(place)
                cursor = document.find(text, cursor)
        self.setExtraSelections(places)
        return len(places)

    def go_to_found(self, words: str, *, backward: bool = False, again: bool = True) -> bool:
        """Select the next place that has `words`, or the one before, from the end on to the beginning again.

        Without `again` what is selected already may be the next one. Returns whether there is one.
        """
        flags = QTextDocument.FindFlag.FindBackward if backward else QTextDocument.FindFlag(0)
        cursor = self.textCursor()
        if not again:
            cursor.setPosition(cursor.selectionStart())
            self.setTextCursor(cursor)
        if self.find(words, flags):
            return True
        cursor.movePosition(QTextCursor.MoveOperation.End if backward else QTextCursor.MoveOperation.Start)
        self.setTextCursor(cursor)
        return self.find(words, flags)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Make a page of its name, or a picture no wider than the text and as sharp as the screen can show it."""
        url = QUrl(name)
        if kind == QTextDocument.ResourceType.HtmlResource.value and url.scheme() == _SCHEME:
            self.document().setDefaultStyleSheet(self._style())
            page = pages().get(url.path())
            return "" if page is None else as_html(page)
        if kind == QTextDocument.ResourceType.ImageResource.value and url.isLocalFile():
            return self._picture(url.toLocalFile())
        return None  # nothing is fetched from anywhere

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of colours or of the size of text."""
        is_meant = event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange)
        if is_meant:
            self._show_again_soon()
        super().changeEvent(event)
        if is_meant:
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep lines short, and pictures within them."""
        if event.oldSize().width() != event.size().width():
            self._show_again_soon()
        self._fit()
        super().resizeEvent(event)

    def _show_again_soon(self) -> None:
        """Remember what is at the top, before the first of several changes at once."""
        if not self._again.isActive() and not self.source().isEmpty():
            self._top = self.cursorForPosition(QPoint(0, 0)).position()
            self._again.start()

    def _fit(self) -> None:
        side = max((self.width() - theme.scaled(_WIDEST)) // 2, _AROUND)
        self.setViewportMargins(side, theme.MARGIN, side - _AROUND // 2, 0)

    @Slot()
    def _show_again(self) -> None:
        """Make the page anew at the place where it is."""
        top = self._top
        self.document().clear()  # with the pictures that it keeps
        self.reload()
        cursor, bar = QTextCursor(self.document()), self.verticalScrollBar()
        cursor.setPosition(min(top, self.document().characterCount() - 1))
        bar.setValue(bar.value() + self.cursorRect(cursor).top())
        self.mark(self._marked)

    @Slot(QUrl)
    def _take(self, url: QUrl) -> None:
        # Not `source`, which is that of the page before until this is over.
        self.page = pages()[url.path()]
        self.shown.emit(self.page)

    @Slot(QUrl)
    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
            return
        name, anchor = resolved(self.page, url.toString())
        if name:
            self.open(name, anchor)

    def _picture(self, file: str) -> QImage:
        reader = QImageReader(self._twin(file))
        ratio, size = self.devicePixelRatioF(), reader.size()
        room = max(self.viewport().width() - 2 * round(self.document().documentMargin()), 1)
        width = min(room, size.width())
        pixels = QSize(round(width * ratio), round(width * ratio * size.height() / max(size.width(), 1)))
        mode = Qt.TransformationMode.SmoothTransformation
        image = reader.read().scaled(pixels, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
        image.setDevicePixelRatio(ratio)
        return image

    def _twin(self, file: str) -> str:
        """Return the dark one of a light picture where the window is dark and there is one."""
        dark = file.replace("-light.", "-dark.")
        is_dark = theme.colors(self.palette()) is theme.DARK
        return dark if is_dark and QImageReader(dark).canRead() else file

    def _style(self) -> str:
        colors, points = theme.colors(self.palette()), self.font().pointSizeF()
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        sizes = {"h1": 1.9, "h2": 1.4, "h3": 1.15, "small": 0.94}
        ground = colors.raised if colors is theme.DARK else colors.window
        scaled = {name: f"{points * times:.1f}" for name, times in sizes.items()}
        return _SHEET.substitute(
            scaled, accent=colors.accent, text=colors.text, border=colors.border, ground=ground, fixed=fixed
        )
