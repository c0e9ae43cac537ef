"""A held-out image before and after, decoded beside the window; a press shows it large."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import theme
from app.ui import training_words as words
from app.ui.before_after import BeforeAfter, Side, suggested
from app.ui.panel_parts import muted_label
from app.workers.decode_pool import DecodePool
from detector.images import read_image

if TYPE_CHECKING:
    from app.model.model_versions import ModelVersion
    from app.model.workspace import Workspace
    from app.workers.boundary import Failure
    from detector.fine_tune_values import Example, Figures
    from detector.types import ByteArray, Prediction


class TrainingExample(QWidget):
    """The image on which the detectors differ most. `stop` must be called before it is destroyed."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._shown: tuple[int, str] | None = None
        self._requests = 0
        self.sides = BeforeAfter()
        self._name = muted_label()
        self._decoding = DecodePool(1, self)
        self._decoding.decoded.connect(self._take_image)
        self._decoding.failed.connect(self._take_failure)
        self.sides.clicked.connect(self._enlarge)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.sides)
        column.addWidget(self._name)
        column.setSpacing(theme.SPACING // 2)

    def show_example(self, version: ModelVersion, example: Example) -> None:
        """Show what the detector before `version` and `version` suggest, each at the threshold of its figures."""
        before = self._side(self.tr("Before"), example.before, version.before)
        self.sides.show_sides(before, self._side(version.title, example.after, version.after))
        self._name.setText(self.tr("{}, held out of learning").format(example.name))
        self._requests += 1
        self._shown = (self._requests, example.name)
        self._decoding.keep(())
        self._decoding.request(self._requests, partial(read_image, example.path), example.name)

    def stop(self) -> None:
        """Wait for the image that is being decoded, and decode no more; idempotent."""
        self._decoding.stop()

    def _side(self, caption: str, prediction: Prediction, figures: Figures | None) -> Side:
        colors = {category.name: category.color for category in self._workspace.categories}
        now = self._workspace.view.thresholds
        score = now.score_thresh if figures is None else figures.score_thresh
        layer = suggested(prediction, replace(now, score_thresh=score), colors)
        return Side(f"{caption} · {words.boxes(len(layer))}", layer)

    @Slot(int, object)
    def _take_image(self, request: int, image: ByteArray) -> None:
        if self._shown is not None and self._shown[0] == request:
            self.sides.show_image(image)

    @Slot(int, object)
    def _take_failure(self, request: int, failure: Failure) -> None:
        if self._shown is not None and self._shown[0] == request:
            self._name.setText(failure.sentence)

    def _enlarge(self) -> None:
        if self._shown is not None:
            self.sides.enlarged(self._shown[1]).show()
