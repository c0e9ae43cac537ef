"""The pages of the settings, but for the keys. Every control has an effect, and says which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from app.translation import languages
from app.ui import theme
from app.ui.panel_parts import button, heading, muted_label
from app.ui.theme import FONT_PERCENTS, ColorMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.preferences import Preferences


_NO_CHOICE = 2  # the system's language, and English


class AppearancePage(QWidget):
    """Colours, the size of text, and the language where there is more than one."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._colors = QComboBox()
        self._colors.setAccessibleName(self.tr("Colours"))
        self._colors.setToolTip(self.tr("The colours of the window; images are never changed"))
        names = {
            ColorMode.SYSTEM: self.tr("As the system has them"),
            ColorMode.LIGHT: self.tr("Light"),
            ColorMode.DARK: self.tr("Dark"),
        }
        for mode, name in names.items():
            self._colors.addItem(name, mode)
        self._colors.setCurrentIndex(self._colors.findData(preferences.color_mode))
        self._colors.activated.connect(lambda _row: preferences.set_color_mode(ColorMode(self._colors.currentData())))
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(0, len(FONT_PERCENTS) - 1)
        self._size.setPageStep(2)
        self._size.setAccessibleName(self.tr("Size of text"))
        self._size.setToolTip(self.tr("Text and what holds it, in percent of the system's size"))
        self._percent = QLabel()
        self._usual = button(self.tr("Reset"), lambda: self._size.setValue(FONT_PERCENTS.index(100)))
        self._usual.setToolTip(self.tr("Make text as large as the system has it"))
        self._size.setValue(FONT_PERCENTS.index(_nearest(preferences.settings.font_percent)))
        self._size.valueChanged.connect(self._show_size)
        # A drag would lay everything out anew at every step.
        self._size.sliderReleased.connect(self._apply_size)
        self._language = QComboBox()
        self._language.setAccessibleName(self.tr("Language"))
        self._language.setToolTip(self.tr("The language of the window, from the next start on"))
        self._language.addItem(self.tr("That of the system"), "")
        for code in languages():
            self._language.addItem(QLocale(code).nativeLanguageName(), code)
        self._language.setCurrentIndex(max(self._language.findData(preferences.settings.language), 0))
        self._language.activated.connect(self._take_language)
        self._lay_out()
        self._show_size()

    def _lay_out(self) -> None:
        size = QHBoxLayout()
        size.setSpacing(theme.SPACING)
        size.addWidget(self._size, 1)
        size.addWidget(self._percent)
        size.addWidget(self._usual)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.MARGIN)
        grid.setVerticalSpacing(theme.MARGIN)
        grid.setColumnStretch(1, 1)
        colors, text = QLabel(self.tr("Colours")), QLabel(self.tr("Text"))
        colors.setBuddy(self._colors)
        text.setBuddy(self._size)
        grid.addWidget(colors, 0, 0)
        grid.addWidget(self._colors, 0, 1)
        grid.addWidget(text, 1, 0)
        grid.addLayout(size, 1, 1)
        column = _column(self)
        column.addLayout(grid)
        column.addStretch(1)
        self._add_language(grid)

    def _add_language(self, grid: QGridLayout) -> None:
        if self._language.count() <= _NO_CHOICE:
            self._language.hide()
            return
        name = QLabel(self.tr("Language"))
        name.setBuddy(self._language)
        grid.addWidget(name, 2, 0)
        grid.addWidget(self._language, 2, 1)
        self._next_start = muted_label()
        grid.addWidget(self._next_start, 3, 1)

    def _take_language(self) -> None:
        self._preferences.settings.language = self._language.currentData()
        self._next_start.setText(self.tr("The window speaks it from the next start on."))

    def _show_size(self) -> None:
        self._percent.setText(self.tr("{} %").format(FONT_PERCENTS[self._size.value()]))
        if not self._size.isSliderDown():
            self._apply_size()

    def _apply_size(self) -> None:
        percent = FONT_PERCENTS[self._size.value()]
        if percent != self._preferences.settings.font_percent:
            self._preferences.set_font_percent(percent)


class DetectorPage(QWidget):
    """How the detector computes, and on what."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._precision = QComboBox()
        self._precision.setAccessibleName(self.tr("Precision"))
        self._precision.setToolTip(self.tr("How the detector computes"))
        self._precision.addItem(self.tr("Fast"), "fast")
        self._precision.addItem(self.tr("Exact"), "exact")
        self._precision.setCurrentIndex(self._precision.findData(preferences.settings.precision))
        self._precision.activated.connect(lambda _row: preferences.set_precision(self._precision.currentData()))
        name = QLabel(self.tr("Precision"))
        name.setBuddy(self._precision)
        device = preferences.device
        row = QHBoxLayout()
        row.setSpacing(theme.MARGIN)
        row.addWidget(name)
        row.addWidget(self._precision, 1)
        column = _column(self)
        column.addLayout(row)
        column.addWidget(
            muted_label(
                self.tr(
                    "Fast computes in 16 bits where the hardware is made for it, and scores differ by a hair. Exact is "
                    "float32 throughout, as the checkpoint was trained. The model is loaded anew; images that it has "
                    "looked at keep what it found."
                )
            )
        )
        column.addWidget(
            muted_label(
                self.tr("The detector runs on {}. Start with --device to choose another one.").format(
                    ", ".join(filter(None, (device, preferences.numerics)))
                )
                if device
                else self.tr("The detector is not loaded yet.")
            )
        )
        column.addStretch(1)


class GeneralPage(QWidget):
    """How Boxwright starts, how new projects begin, and hints."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        settings = preferences.settings
        column = _column(self)

        def switch(words: str, details: str, is_on: bool, turn: Callable[[bool], object]) -> None:
            box = QCheckBox(words)
            box.setChecked(is_on)
            box.setToolTip(details)
            box.toggled.connect(turn)
            column.addWidget(box)

        column.addWidget(heading(self.tr("Start")))
        switch(
            self.tr("Open the last project at the start"),
            self.tr("Without this the welcome page is shown, unless a folder is named on the command line"),
            settings.reopens,
            lambda is_on: setattr(settings, "reopens", is_on),
        )
        column.addWidget(heading(self.tr("New projects")))
        switch(
            self.tr("Keep the zoom from image to image"),
            self.tr("How a new project begins; the View menu changes it for the open one"),
            settings.keeps_zoom,
            lambda is_on: setattr(settings, "keeps_zoom", is_on),
        )
        column.addWidget(heading(self.tr("Hints")))
        switch(
            self.tr("Show hints when something is met for the first time"),
            self.tr("Each is shown once, in a line above the image"),
            settings.hints,
            lambda is_on: setattr(settings, "hints", is_on),
        )
        again = button(self.tr("Show all hints once more"), lambda: setattr(settings, "seen_hints", ()))
        again.setToolTip(self.tr("Forget which hints were shown"))
        column.addWidget(again, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, theme.SPACING, 0)
    column.setSpacing(theme.SPACING)
    return column


def _nearest(percent: int) -> int:
    return min(FONT_PERCENTS, key=lambda one: abs(one - percent))
