"""The dialogs: a report, about, and the choice of files and folders."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.model.words import tr
from app.numbers import whole
from app.ui import theme
from app.ui.icons import app_icon, icon
from app.ui.plain_tip import plain_tip
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QIcon

_ICON = QSize(32, 32)
_LINE = 30
_LINES_SHOWN = 1000
"""Of a folder with a hundred thousand files each may be wrong."""


class Severity(StrEnum):
    """How bad a line of a report is; the value is its icon."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ReportLine(NamedTuple):
    """One sentence of a report."""

    severity: Severity
    text: str


class ReportDialog(QDialog):
    """What an import or an export did: a summary, and what there is to know, the worst first."""

    def __init__(self, title: str, summary: str, lines: Sequence[ReportLine], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        ranked = sorted(lines, key=lambda line: order.index(line.severity))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = column(self)
        layout.addLayout(headed(ranked[0].severity if ranked else Severity.INFO, summary))
        if ranked:
            copy = QPushButton(self.tr("Copy list"))
            copy.clicked.connect(lambda: QGuiApplication.clipboard().setText("\n".join(line.text for line in ranked)))
            buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
            layout.addWidget(report_list(ranked), 1)
        layout.addWidget(buttons)
        open_at(self, 620, min(190 + _LINE * len(ranked), 420) if ranked else 140)


class AboutDialog(QDialog):
    """What this program is."""

    def __init__(self, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Boxwright"))
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        name = QLabel(self.tr("Boxwright {}").format(version))
        name.setProperty("heading", True)
        what = QLabel(
            self.tr(
                "Draw boxes around objects with a detector that looks first. It is a Faster R-CNN: it proposes "
                "regions, scores them, and leaves every decision to you."
            )
        )
        what.setWordWrap(True)
        licence = QLabel(self.tr("MIT licence. Built with Qt for Python, PyTorch and torchvision."))
        licence.setWordWrap(True)
        licence.setProperty("muted", True)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACING)
        for label in (name, what, licence):
            words.addWidget(label)
        top = QHBoxLayout()
        top.setSpacing(2 * theme.MARGIN)
        top.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = column(self)
        layout.addLayout(top, 1)
        layout.addWidget(buttons)
        open_at(self, 480, 200)


def report_list(lines: Sequence[ReportLine]) -> QListWidget:
    """Return the lines of a report, each beside the sign of how bad it is; of very many the first."""
    listed = QListWidget()
    listed.setAccessibleName(tr("Report"))
    listed.setWordWrap(True)
    listed.setSpacing(2)
    listed.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    icons = {severity: _severity_icon(severity) for severity in Severity}
    for line in lines[:_LINES_SHOWN]:
        item = QListWidgetItem(icons[line.severity], line.text)
        item.setToolTip(plain_tip(line.text))
        listed.addItem(item)
    if len(lines) > _LINES_SHOWN:
        listed.addItem(tr("… and {} more").format(whole(len(lines) - _LINES_SHOWN)))
    return listed


def choose_folder(parent: QWidget | None, title: str, start: Path | None = None) -> Path | None:
    """Ask for a folder; None where the person gives up."""
    chosen = QFileDialog.getExistingDirectory(parent, title, _start(start), _options())
    return Path(chosen) if chosen else None


def choose_file(parent: QWidget | None, title: str, file_filter: str, start: Path | None = None) -> Path | None:
    """Ask for a file that exists; `file_filter` is such as "COCO JSON (*.json)". None where the person gives up."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, _start(start), file_filter, options=_options())
    return Path(chosen) if chosen else None


def choose_save_file(parent: QWidget | None, title: str, file_filter: str, start: Path | None = None) -> Path | None:
    """Ask where to write; replacing a file is asked about by the dialog itself. None where the person gives up."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, _start(start), file_filter, options=_options())
    return Path(chosen) if chosen else None


def _start(start: Path | None) -> str:
    return str(start if start is not None else start_folder())


def start_folder() -> Path:
    """Return where a choice of files begins if nothing speaks for another folder."""
    return Path.home()


def _options() -> QFileDialog.Option:
    """Without a desktop there is no native dialog."""
    offscreen = QGuiApplication.platformName() in ("offscreen", "minimal")
    return QFileDialog.Option.DontUseNativeDialog if offscreen else QFileDialog.Option(0)


def column(dialog: QDialog) -> QVBoxLayout:
    """Give a dialog the layout that all of them have."""
    layout = QVBoxLayout(dialog)
    margin = theme.DIALOG_MARGIN
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(theme.MARGIN)
    return layout


def headed(severity: Severity, sentence: str) -> QHBoxLayout:
    """Return a sentence beside the sign of how bad it is."""
    picture = QLabel()
    picture.setPixmap(_severity_icon(severity).pixmap(_ICON))
    words = QLabel(sentence)
    words.setWordWrap(True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    row = QHBoxLayout()
    row.setSpacing(theme.MARGIN)
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(words, 1)
    return row


def _severity_icon(severity: Severity) -> QIcon:
    colors = theme.colors()
    color = {Severity.INFO: colors.accent, Severity.WARNING: colors.unsure, Severity.ERROR: colors.error}[severity]
    return icon(severity.value, color)
