"""The stylesheet: spacing, borders and focus rings that a palette cannot say. Colours come from the theme."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.theme import Colors

# A stylesheet takes pictures by path only, and they take no colour of a palette.
_CONTROLS = Path(str(files("resources"))) / "controls"

_SHEET = Template("""
QToolTip { color: $text; background: $raised; border: 1px solid $border; padding: 4px 6px; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $border; }
QStatusBar { border-top: 1px solid $border; }
QStatusBar::item { border: none; }
QToolBar { border: none; border-bottom: 1px solid $border; padding: 4px 8px; spacing: 2px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 6px; }
QToolButton { border: 1px solid transparent; border-radius: ${radius}px; padding: 5px; }
QToolButton#qt_toolbar_ext_button, QToolButton#qt_menubar_ext_button { padding: 0; }
QToolButton:hover { background: $hover; border-color: $border; }
QToolButton:pressed, QToolButton:checked { background: $selection; }
QToolButton:focus { border-color: $accent; }
QToolButton[strip="true"] { color: $muted; padding: 0 6px; }
QToolButton[strip="true"]:hover { color: $text; }
QToolButton[strip="true"][error="true"] { color: $error; }
QDockWidget { titlebar-close-icon: none; titlebar-normal-icon: none; font-weight: 600; }
QDockWidget::title { padding: 8px 12px 4px 12px; text-align: left; }
QMenuBar { padding: 2px 6px; }
QMenuBar::item { padding: 4px 9px; border-radius: ${radius}px; background: transparent; }
QMenuBar::item:selected { background: $selection; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 10px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::icon:checked { background: $selection; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QPushButton { background: $raised; border: 1px solid $border; border-radius: ${radius}px; padding: 6px 14px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selection; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $muted; }
QPushButton::menu-indicator {
    image: url("$controls/chevron.svg"); width: 12px; height: 12px;
    subcontrol-position: right center; subcontrol-origin: padding; right: 8px;
}
QPushButton[menu="true"] { padding-right: 28px; }
QPushButton[compact="true"] { padding: 5px 10px; }
QPushButton[primary="true"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[primary="true"]:disabled { background: $raised; color: $muted; border-color: $border; }
QPushButton[primary="true"]:focus { border: 2px solid $text; padding: 5px 13px; }
QPushButton[primary="true"][compact="true"]:focus { padding: 4px 9px; }
QLineEdit, QPlainTextEdit, QTextEdit {
    background: $base; border: 1px solid $border; border-radius: ${radius}px; padding: 5px 8px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QComboBox, QAbstractSpinBox {
    background: $base; border: 1px solid $border; border-radius: ${radius}px; padding: 4px 8px; min-height: 18px;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }
QAbstractSpinBox QLineEdit { border: none; padding: 0; background: transparent; }
QComboBox:focus, QAbstractSpinBox:focus { border-color: $accent; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("$controls/chevron.svg"); width: 12px; height: 12px; }
QAbstractItemView { background: $base; border: 1px solid $border; border-radius: ${radius}px; outline: none; }
QAbstractItemView:focus { border-color: $accent; }
QListView, QTreeView, QTableView { selection-background-color: $selection; selection-color: $text; }
QTreeView::item { padding: 3px 4px; }
QListView[completion="true"]::item { padding: 3px 4px; }
QTableView { gridline-color: transparent; }
QComboBox QAbstractItemView { selection-background-color: $selection; selection-color: $text; padding: 4px; }
QTableView::item { padding: 0 6px; border: none; }
QHeaderView { background: $base; border: none; }
QHeaderView::section {
    background: $base; color: $muted; border: none; border-bottom: 1px solid $border; padding: 5px 6px;
}
QHeaderView::section:hover { color: $text; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal {
    width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $raised; border: 1px solid $muted;
}
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QProgressBar { border: none; border-radius: 2px; background: $border; max-height: 4px; }
QProgressBar::chunk { background: $reviewed; border-radius: 2px; }
QProgressBar[training="true"]::chunk { background: $accent; }
QScrollBar:vertical { width: 10px; background: transparent; margin: 0; }
QScrollBar:horizontal { height: 10px; background: transparent; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QCheckBox { spacing: 8px; padding: 2px; border: 1px solid transparent; border-radius: 4px; }
QCheckBox:focus { border-color: $accent; }
QCheckBox::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 4px; background: $base; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked {
    border-color: $accent; background: $accent; image: url("$controls/tick-$tick.svg");
}
QFrame[line="true"] { border: none; border-top: 1px solid $border; max-height: 1px; }
QRadioButton { spacing: 8px; padding: 2px; border: 1px solid transparent; border-radius: 4px; }
QRadioButton:focus { border-color: $accent; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $muted; border-radius: 8px; background: $base; }
QRadioButton::indicator:hover { border-color: $accent; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent; background: $on_accent; }
QLabel[heading="true"] { font-weight: 600; }
QLabel[title="true"] { font-size: ${title_points}pt; font-weight: 600; }
QLabel[figure="true"] { font-size: ${figure_points}pt; font-weight: 600; }
QLabel[muted="true"] { color: $muted; }
QLabel[error="true"], QLabel[worse="true"] { color: $error; }
QLabel[better="true"] { color: $reviewed; }
""")


def stylesheet(colors: Colors, radius: int, points: float) -> str:
    """Return the application's stylesheet in these colours, corners `radius` pixels round, text `points` large."""
    sizes = {"title_points": f"{2.2 * points:.1f}", "figure_points": f"{1.35 * points:.1f}"}
    tick = "white" if colors.on_accent == "#ffffff" else "black"
    by_name = {name: getattr(colors, name) for name in colors.__slots__}
    return _SHEET.substitute(by_name | sizes, radius=radius, controls=_CONTROLS.as_posix(), tick=tick)
