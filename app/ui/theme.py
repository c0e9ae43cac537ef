"""How Boxwright looks: one style, two palettes that follow the system, a modest stylesheet, and the colours of meaning.

Widgets that paint themselves read `colors(self.palette())` while painting; a change of theme repaints them. Labels
and buttons get a look by a property: `heading`, `muted`, `error` on a QLabel, `primary` on a QPushButton.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontInfo,
    QGuiApplication,
    QIcon,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QStyle

from app.ui.stylesheet import stylesheet

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QAbstractItemView, QApplication

MARGIN = 12
DIALOG_MARGIN = MARGIN + 4
SPACING = 8
RADIUS = 6
FONT_PERCENTS = range(80, 201, 10)
"""How large text may be, in percent of the system's."""
_MEASURED_AT = 12.0
"""The height of text, in screen pixels, that the lengths here were measured with: 9 points of 96 an inch."""
_LINE_SPACING = 1.35  # of text of that height; some fonts need less


class ColorMode(StrEnum):
    """Which palette: the system's choice, or the person's."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Colors:
    """The colours of one palette, `#rrggbb`. `selection` and `hover` are grounds under `text`."""

    window: str
    base: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    reviewed: str
    unsure: str
    error: str


DARK = Colors(
    window="#202226",
    base="#18191c",
    raised="#2b2e34",
    border="#3a3e46",
    text="#e7e9ec",
    muted="#a0a6b0",
    accent="#5b9bff",
    on_accent="#0b1526",
    selection="#2a3d5c",
    hover="#26292e",
    reviewed="#46c08a",
    unsure="#e8ac3d",
    error="#f47a76",
)
LIGHT = Colors(
    window="#f4f5f7",
    base="#ffffff",
    raised="#ffffff",
    border="#d3d8df",
    text="#1c2026",
    muted="#5d6570",
    accent="#2767d9",
    on_accent="#ffffff",
    selection="#dbe7fd",
    hover="#eef1f5",
    reviewed="#17794c",
    unsure="#8f5b00",
    error="#bf2f2f",
)


class Theme(QObject):
    """Dresses the application and follows the system; `changed` comes after every change of palette or size."""

    changed = Signal()

    def __init__(self, app: QApplication, mode: ColorMode = ColorMode.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._mode = mode
        self._font_percent = 100
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._dress)
        self.set_mode(mode)

    @property
    def mode(self) -> ColorMode:
        """Return what the person chose."""
        return self._mode

    @property
    def is_dark(self) -> bool:
        """Return whether the dark palette is in force."""
        if self._mode is ColorMode.SYSTEM:
            return self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        return self._mode is ColorMode.DARK

    def set_mode(self, mode: ColorMode) -> None:
        """Choose a palette, or follow the system again."""
        self._mode = mode
        schemes = {ColorMode.DARK: Qt.ColorScheme.Dark, ColorMode.LIGHT: Qt.ColorScheme.Light}
        # The platform's own parts, such as title bars and native dialogs, follow too.
        self._app.styleHints().setColorScheme(schemes.get(mode, Qt.ColorScheme.Unknown))
        self._dress()

    @property
    def font_percent(self) -> int:
        """Return how large text is, in percent of the system's."""
        return self._font_percent

    def set_font_percent(self, percent: int) -> None:
        """Make all text, and what has to hold it, so much larger than the system has it."""
        self._font_percent = percent
        self._dress()

    def _dress(self) -> None:
        chosen = DARK if self.is_dark else LIGHT
        font = _system_font()
        font.setPointSizeF(_points(font) * self._font_percent / 100)
        self._app.setFont(font)
        self._app.setPalette(_palette(chosen))
        self._app.setStyleSheet(stylesheet(chosen, RADIUS, font.pointSizeF()))
        self.changed.emit()


def colors(palette: QPalette | None = None) -> Colors:
    """Return the colours of a widget's palette; of the application's without one."""
    palette = QGuiApplication.palette() if palette is None else palette
    return DARK if palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5 else LIGHT


def scaled(pixels: int) -> int:
    """Return a length that was measured with text of the usual size, for text of the size that it has now.

    It may be large because the person wants that here, or because the whole system has it so.
    """
    return round(pixels * _text_height() / _MEASURED_AT)


def scaled_row(pixels: int, lines: int = 1) -> int:
    """Return the height of a row that was measured so: higher by what its lines of text are, and no more."""
    return round(pixels + lines * _LINE_SPACING * (_text_height() - _MEASURED_AT))


def contrast(first: str | QColor, second: str | QColor) -> float:
    """Return the contrast ratio of WCAG 2, from 1 (equal) to 21 (black on white)."""
    darker, lighter = sorted((_luminance(QColor(first)), _luminance(QColor(second))))
    return (lighter + 0.05) / (darker + 0.05)


def text_on(color: str | QColor) -> QColor:
    """Return black or white, whichever reads better on `color`."""
    black, white = QColor("#000000"), QColor("#ffffff")
    return black if contrast(color, black) >= contrast(color, white) else white


@lru_cache(maxsize=256)
def swatch(color: str, side: int = 16) -> QIcon:
    """Return a rounded square of `color`, `side` device-independent pixels wide."""
    scale = 3  # enough pixels for every screen in use
    pixmap = QPixmap(side * scale, side * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    paint_swatch(painter, QRectF(1, 1, side - 2, side - 2), color)
    painter.end()
    result = QIcon(pixmap)
    result.addPixmap(pixmap, QIcon.Mode.Selected)  # Qt would tint it in a selected row, and it means a colour
    return result


def paint_swatch(painter: QPainter, rect: QRectF, color: str) -> None:
    """Paint a rounded square with a hairline that keeps pale colours visible on a pale ground."""
    painter.setPen(QColor(0, 0, 0, 60))
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(rect, 3.5, 3.5)


def paint_row_ground(
    painter: QPainter, rect: QRect, state: QStyle.StateFlag, colors: Colors, *, is_chosen: bool
) -> None:
    """Paint what is below the words of a row: that it is chosen, or under the pointer, and that it has the focus."""
    painter.setPen(Qt.PenStyle.NoPen)
    if is_chosen or state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(QColor(colors.selection if is_chosen else colors.hover))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(QColor(colors.accent), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.75, 0.75, -0.75, -0.75), RADIUS, RADIUS)


def paint_hint(view: QAbstractItemView, sentence: str) -> None:
    """Paint a quiet sentence into the middle of a view that has no rows; called at the end of its `paintEvent`."""
    painter = QPainter(view.viewport())
    painter.setPen(QColor(colors(view.palette()).muted))
    room = view.viewport().rect().adjusted(2 * MARGIN, MARGIN, -2 * MARGIN, -MARGIN)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, sentence)


def _system_font() -> QFont:
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)


def _points(font: QFont) -> float:
    return font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()


def _text_height() -> float:
    an_inch = QGuiApplication.primaryScreen().logicalDotsPerInch()  # 72 or 96: a point is not as large everywhere
    return _points(QGuiApplication.font()) * an_inch / 72


def _luminance(color: QColor) -> float:
    """Return the relative luminance of sRGB, IEC 61966-2-1."""
    parts = (color.redF(), color.greenF(), color.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _palette(chosen: Colors) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    grounds = {
        role.Window: chosen.window,
        role.Base: chosen.base,
        role.AlternateBase: chosen.window,
        role.Button: chosen.raised,
        role.ToolTipBase: chosen.raised,
        role.Highlight: chosen.accent,
        role.Accent: chosen.accent,
        role.Link: chosen.accent,
        role.Mid: chosen.border,
    }
    inks = {
        role.WindowText: chosen.text,
        role.Text: chosen.text,
        role.ButtonText: chosen.text,
        role.ToolTipText: chosen.text,
        role.BrightText: chosen.error,
        role.HighlightedText: chosen.on_accent,
        role.PlaceholderText: chosen.muted,
    }
    for which, color in {**grounds, **inks}.items():
        palette.setColor(which, QColor(color))
    faded = QColor(chosen.text)
    faded.setAlphaF(0.38)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, faded)
    return palette
