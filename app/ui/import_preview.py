"""What an import would bring, before anything changes: counts, categories, and all that is wrong or was put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QWidget

from app.numbers import whole
from app.ui import theme
from app.ui.dialogs import ReportLine, Severity, column, report_list
from app.ui.guide_link import guide_button
from app.ui.panel_parts import button, heading, make_possible
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from app.store.formats.coco_import import CocoImport

_NAMED = 12
_LINE = 30


class ImportPreview(QDialog):
    """`decided(reviewed)` comes if the person wants the import: whether the images become reviewed with it."""

    decided = Signal(bool)

    def __init__(self, name: str, format_name: str, planned: CocoImport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Import annotations"))
        self._reviewed = QCheckBox(self.tr("Mark these images as reviewed: every object in them has its box"))
        rest, all_of_it = self.tr("Import the rest"), self.tr("Import")
        self._import = button(rest if planned.problems else all_of_it, self.accept, primary=True)
        make_possible(self._import, planned.command is not None or planned.images > 0)
        self._import.setDefault(True)
        title = heading(self.tr("{}, {}").format(name, format_name))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        layout = column(self)
        layout.addWidget(title)
        layout.addLayout(self._counts(planned))
        lines = preview_lines(planned)
        if lines:
            layout.addWidget(report_list(lines), 1)
        else:
            layout.addStretch(1)
        layout.addWidget(self._reviewed)
        layout.addLayout(self._answers())
        open_at(self, 620, 270 + min(60 + _LINE * len(lines), 240) if lines else 220)
        self._import.setFocus()

    def accept(self) -> None:
        """Say what was decided and close."""
        super().accept()
        self.decided.emit(self._reviewed.isChecked())

    def _counts(self, planned: CocoImport) -> QGridLayout:
        """Return a table: what, how much of it is new or fits, and how much does not."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.MARGIN)
        grid.setVerticalSpacing(theme.SPACING)
        grid.setColumnStretch(1, 1)
        images = [self.tr("{} in this project").format(whole(planned.images))]
        if planned.images_left_out:
            images.append(self.tr("{} not in it, or not usable").format(whole(planned.images_left_out)))
        boxes = [self.tr("{} new").format(whole(planned.annotations))]
        if planned.present:
            boxes.append(self.tr("{} there already").format(whole(planned.present)))
        rows = [(self.tr("Images"), ", ".join(images)), (self.tr("Annotations"), ", ".join(boxes))]
        if planned.new_categories:
            rows.append((self.tr("New categories"), self._named(planned.new_categories)))
        if planned.known_categories:
            rows.append((self.tr("Known categories"), self._named(planned.known_categories)))
        for place, (what, said) in enumerate(rows):
            label = QLabel(what)
            label.setProperty("muted", True)
            value = QLabel(said, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, place, 1)
        return grid

    def _named(self, names: tuple[str, ...]) -> str:
        """Return how many there are, with the first names."""
        listed = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
        return self.tr("{}: {}").format(whole(len(names)), listed)

    def _answers(self) -> QHBoxLayout:
        answers = QHBoxLayout()
        answers.setSpacing(theme.SPACING)
        answers.addWidget(guide_button("formats.md", key="F1"))
        answers.addStretch(1)
        answers.addWidget(button(self.tr("Cancel"), self.reject))
        answers.addWidget(self._import)
        return answers


def preview_lines(planned: CocoImport) -> list[ReportLine]:
    """Return what is wrong, and what was changed on the way, as lines of a report."""
    problems = [ReportLine(Severity.WARNING, text) for text in planned.problems]
    return problems + [ReportLine(Severity.INFO, text) for text in planned.notes]
