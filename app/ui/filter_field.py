"""The field that filters are typed in, which offers what may come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QStringListModel, QTimer, Signal, Slot
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QWidget

from app.model.filter_completion import complete
from app.model.filter_language import FilterError, parse
from app.model.image_filter import ImageFilter
from app.ui.keymap import KeyTip
from app.ui.panel_parts import put_glass_in
from app.ui.typing_keys import TypingKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PAUSE_MS = 600  # half a word is no mistake: what is wrong is said when the typing pauses
_OFFERED = 9


class FilterField(QLineEdit):
    """One line. `filtered(ImageFilter)` comes when the text says another filter; while it says none, that one stays.

    `refused` brings what is wrong with the text, once the typing pauses, and nothing as soon as it is right. `entered`
    comes with Enter. `names` gives what the keys can name, such as categories.
    """

    filtered = Signal(object)
    refused = Signal(str)
    entered = Signal()

    def __init__(self, names: Callable[[], Mapping[str, Sequence[str]]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._filter = ImageFilter()
        self._mistake = ""
        self.setClearButtonEnabled(True)
        self.setPlaceholderText(self.tr("Filter"))
        words = self.tr("Show the images whose name contains this, or such as state:unsure; Enter opens the first")
        KeyTip(self, words, "find-image")
        self.setAccessibleName(self.tr("Filter images"))
        put_glass_in(self)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._take_pause)
        self._offered = QStringListModel(self)
        self._completer = QCompleter(self._offered, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(_OFFERED)
        self._completer.setWidget(self)
        self._popup.setProperty("completion", True)
        self._completer.activated.connect(self._complete)
        self.textChanged.connect(self._read)
        self.textEdited.connect(self._offer)
        self.returnPressed.connect(self._enter)
        TypingKeys.keep_in(self)

    @property
    def mistake(self) -> str:
        """What is wrong with the text; empty where it says a filter."""
        return self._mistake

    @Slot()
    def read_again(self) -> None:
        """Read the text once more: the categories have changed."""
        self._read()

    @Slot()
    def _read(self) -> None:
        chosen, self._mistake = self._understood()
        if chosen is None:
            self._pause.start()
            return
        self._pause.stop()
        self.refused.emit("")
        if chosen != self._filter:
            self._filter = chosen
            self.filtered.emit(chosen)

    def _understood(self) -> tuple[ImageFilter | None, str]:
        """Return the filter that the text says; else what is wrong with it."""
        try:
            chosen = parse(self.text())
        except FilterError as error:
            return None, str(error)
        unknown = chosen.unknown_category(self._names()["category"])
        return (None, self.tr("No category is called “{}”.").format(unknown)) if unknown else (chosen, "")

    @property
    def _popup(self) -> QAbstractItemView:
        popup = self._completer.popup()
        assert popup is not None
        return popup

    @Slot()
    def _take_pause(self) -> None:
        if self._popup.isVisible():
            self._pause.start()  # the rest of the word is still being offered
        else:
            self._refuse()

    @Slot()
    def _refuse(self) -> None:
        self.refused.emit(self._mistake)

    @Slot()
    def _enter(self) -> None:
        popup = self._popup
        if popup.isVisible() and popup.currentIndex().isValid():
            return  # the key chooses what is offered
        popup.hide()
        if self._mistake:
            self._refuse()
        else:
            self.entered.emit()

    @Slot()
    def _offer(self) -> None:
        """Offer what the word before the cursor may become."""
        completion = complete(self.text()[: self.cursorPosition()], self._names())
        self._offered.setStringList(completion.words)
        if completion.words:
            self._completer.complete()
            if completion.is_whole:  # Enter means what is there; the arrows choose
                self._popup.setCurrentIndex(QModelIndex())
        else:
            self._popup.hide()

    @Slot(str)
    def _complete(self, word: str) -> None:
        cursor = self.cursorPosition()
        start = complete(self.text()[:cursor], self._names()).start
        self.setText(f"{self.text()[:start]}{word}{self.text()[cursor:]}")
        self.setCursorPosition(start + len(word))
        if word.endswith(":"):
            QTimer.singleShot(0, self, self._offer)  # the popup is still closing
