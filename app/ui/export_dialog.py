"""The choice of a format, and of what goes along, before an export asks where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFormLayout, QHBoxLayout, QSizePolicy, QWidget

from app.model.words import tr, worded
from app.store.formats.coco_format import COCO
from app.store.formats.foreign import Images
from app.store.formats.table import FORMATS
from app.ui import theme
from app.ui.dialogs import column
from app.ui.panel_parts import button, muted_label
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from app.store.formats.foreign import Format

SAYS = {
    "coco": worded("One file with everything that a project says. Use it where nothing may be lost."),
    "voc": worded("A folder with one XML file for each image, as labelImg, CVAT and torchvision read it."),
    "yolo": worded("A folder with data.yaml and one text file for each image, as Ultralytics reads it."),
}
"""What each format is for."""
WAYS = {
    Images.NONE: worded("Leave the images where they are"),
    Images.LINK: worded("Put links to the images into the folder"),
    Images.COPY: worded("Put copies of the images into the folder"),
}


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person wants of an export."""

    format: Format = COCO
    include_unreviewed: bool = False
    images: Images = Images.NONE


class ExportDialog(QDialog):
    """`decided(ExportChoice)` comes if the person goes on. It begins with what was chosen last."""

    decided = Signal(object)

    def __init__(self, last: ExportChoice, unreviewed: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Export annotations"))
        self._formats = QComboBox()
        for one in FORMATS:
            self._formats.addItem(one.name, one.key)
        self._formats.setCurrentIndex(FORMATS.index(last.format))
        self._says = muted_label()
        self._says.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._images = QComboBox()
        for way, words in WAYS.items():
            self._images.addItem(tr(words), way)
        self._images.setCurrentIndex(list(WAYS).index(last.images))
        left_out = self.tr("Also the {:,} images that are not reviewed").format(unreviewed)
        self._unreviewed = QCheckBox(left_out if unreviewed else self.tr("Also images that are not reviewed"))
        self._unreviewed.setChecked(last.include_unreviewed)
        self._unreviewed.setToolTip(self.tr("Whoever reads the export takes an image without boxes for an empty one."))
        self._formats.currentIndexChanged.connect(lambda _index: self._show_format())
        self._lay_out()
        self._show_format()
        open_at(self, 480, 240)

    @property
    def choice(self) -> ExportChoice:
        """What is chosen now."""
        format_ = FORMATS[self._formats.currentIndex()]
        images = Images.NONE if format_.suffix else list(WAYS)[self._images.currentIndex()]
        return ExportChoice(format_, self._unreviewed.isChecked(), images)

    def accept(self) -> None:
        """Say what was decided and close."""
        super().accept()
        self.decided.emit(self.choice)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(2 * theme.MARGIN)
        form.setVerticalSpacing(theme.SPACING)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Format"), self._formats)
        form.addRow("", self._says)
        form.addRow(self.tr("Images"), self._images)
        form.addRow("", self._unreviewed)
        go_on = button(self.tr("Choose where to…"), self.accept, primary=True)
        go_on.setDefault(True)
        answers = QHBoxLayout()
        answers.setSpacing(theme.SPACING)
        answers.addStretch(1)
        answers.addWidget(button(self.tr("Cancel"), self.reject))
        answers.addWidget(go_on)
        layout = column(self)
        layout.addLayout(form)
        layout.addStretch(1)
        layout.addLayout(answers)
        self._formats.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_format(self) -> None:
        chosen = FORMATS[self._formats.currentIndex()]
        says = SAYS.get(chosen.key, "")
        self._says.setText(tr(says))
        self._images.setEnabled(not chosen.suffix)
