"""The choice of a format, and of what goes along, before an export asks where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QFormLayout, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from app.model.storage import StoreError
from app.model.words import counted, tr, worded
from app.store.formats.coco_format import COCO
from app.store.formats.foreign import Images
from app.store.formats.splitting import parse_shares
from app.store.formats.table import FORMATS
from app.ui import theme
from app.ui.dialogs import column
from app.ui.guide_link import guide_button
from app.ui.panel_parts import button, muted_label
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from app.store.formats.foreign import Format

SAYS = {
    "coco": worded("One file with everything that a project says. Use it where nothing may be lost."),
    "voc": worded("A folder with one XML file for each image, as labelImg, CVAT and torchvision read it."),
    "yolo": worded("A folder with data.yaml and one text file for each image, as Ultralytics reads it."),
    "cvat": worded("One XML file to upload to a CVAT task of the same images."),
    "labelme": worded("A folder with one JSON file for each image, as labelme opens it."),
    "label-studio": worded("One JSON file of tasks to import, and the labelling configuration beside it."),
}
"""What each format is for."""
SHARES = (80, 10, 10)
WAYS = {
    Images.NONE: worded("Leave the images where they are"),
    Images.LINK: worded("Put links to the images into the folder"),
    Images.COPY: worded("Put copies of the images into the folder"),
}


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person wants of an export. `shares` are the percentages of its parts, none where it is one."""

    format: Format = COCO
    include_unreviewed: bool = False
    images: Images = Images.NONE
    shares: tuple[int, ...] = ()

    @property
    def suffix(self) -> str:
        """The suffix of the one file that it makes, "" where it makes a folder, as it does with parts."""
        return "" if self.shares else self.format.suffix


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
        self._says, self._wrong = muted_label(), muted_label()
        for label in (self._says, self._wrong):
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._images = QComboBox()
        for way, words in WAYS.items():
            self._images.addItem(tr(words), way)
        self._images.setCurrentIndex(list(WAYS).index(last.images))
        single = self.tr("Also the image that is not reviewed")
        many = self.tr("Also the {} images that are not reviewed")
        left_out = counted(unreviewed, single, many) if unreviewed else self.tr("Also images that are not reviewed")
        self._unreviewed = QCheckBox(left_out)
        self._unreviewed.setChecked(last.include_unreviewed)
        self._unreviewed.setToolTip(self.tr("Whoever reads the export takes an image without boxes for an empty one."))
        self._in_parts = QCheckBox(self.tr("To train, validate and test on, in percent"))
        self._in_parts.setToolTip(self.tr("Near copies stay together, and each part gets its share of every category."))
        self._in_parts.setChecked(bool(last.shares))
        self._shares = QLineEdit("/".join(map(str, last.shares or SHARES)))
        self._shares.setAccessibleName(self.tr("Percent to train, validate and test on"))
        self._in_parts.toggled.connect(lambda _on: self._show_parts())
        self._shares.textChanged.connect(lambda _text: self._show_parts())
        self._formats.currentIndexChanged.connect(lambda _index: self._show_format())
        self._lay_out()
        self._show_format()
        self._show_parts()
        open_at(self, 480, 270)

    @property
    def choice(self) -> ExportChoice:
        """What is chosen now."""
        format_ = FORMATS[self._formats.currentIndex()]
        images = Images.NONE if format_.suffix else list(WAYS)[self._images.currentIndex()]
        return ExportChoice(format_, self._unreviewed.isChecked(), images, self._parts() or ())

    def _parts(self) -> tuple[int, ...] | None:
        """Return the percentages, none where there are no parts; None where what is written means none."""
        if not self._in_parts.isChecked():
            return ()
        try:
            return parse_shares(self._shares.text())
        except StoreError:
            return None

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
        parts = QHBoxLayout()
        parts.setSpacing(theme.SPACING)
        parts.addWidget(self._in_parts, 1)
        parts.addWidget(self._shares)
        self._shares.setFixedWidth(self._shares.fontMetrics().horizontalAdvance("100/100/100") + 4 * theme.SPACING)
        form.addRow(self.tr("Parts"), parts)
        form.addRow("", self._wrong)
        form.addRow("", self._unreviewed)
        go_on = self._go_on = button(self.tr("Choose where to…"), self.accept, primary=True)
        go_on.setDefault(True)
        answers = QHBoxLayout()
        answers.setSpacing(theme.SPACING)
        answers.addWidget(guide_button("formats.md#out", key="F1"))
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
        self._says.setText(tr(SAYS[chosen.key]))
        self._images.setEnabled(not chosen.suffix)

    def _show_parts(self) -> None:
        self._shares.setEnabled(self._in_parts.isChecked())
        wrong = self._parts() is None
        self._go_on.setEnabled(not wrong)
        says = self.tr("Whole percentages that add up to 100, as in 80/10/10, or 80/20 without a test part.")
        self._shares.setToolTip(says)
        self._wrong.setText(says if wrong else "")
        self._wrong.setVisible(wrong)
