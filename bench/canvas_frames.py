"""The gestures of `bench.canvas` on our canvas, with a real workspace and a real store in a folder of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.model.annotations import Annotation, Category, default_color
from app.model.commands import Command, Edit
from app.model.review import AnnotationRef
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore
from app.ui.canvas import Canvas
from app.ui.image_view import NOTCH
from bench import canvas_gestures as gestures
from detector.images import read_image
from detector.types import Candidates, Prediction, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = ("bolt", "nut", "washer", "screw", "key")
_ZOOM_PER_NOTCH = 1.25
_FLOOR = 0.05
_NOTHING = Thresholds(score_thresh=1.0)
_LEFT, _MIDDLE, _NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton


class Counted(Canvas):
    """Counts its paints."""

    paints = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint and count."""
        super().paintEvent(event)
        self.paints += 1


class Desk:
    """A canvas on a project of one image and one scene, which shows so many `detections` at most.

    `fewest` is the least number of suggestions that any frame of a slider had to show.
    """

    def __init__(self, image: Path, folder: Path, scene: gestures.Scene, detections: int = 100) -> None:
        self._detections = detections
        self.fewest = detections
        (folder / image.name).symlink_to(image)
        self._store = ProjectStore.open(folder)
        self._store.list_images([folder / image.name])
        self.workspace = Workspace(self._store)
        self.canvas = Counted(self.workspace)
        self.canvas.commanded.connect(self.workspace.execute)
        self.canvas.resize(*gestures.WIDGET)
        self.canvas.show()
        self.workspace.execute(_import(scene))
        self.workspace.set_prediction(1, _prediction(scene))
        layers = replace(self.workspace.view, proposal_top_n=scene.proposals, show_proposals=scene.proposals > 0)
        self.workspace.change_view(layers)
        self.canvas.set_image(read_image(image))
        self._view(_NOTHING)

    def close(self) -> None:
        """Close canvas and project."""
        self.canvas.close()
        self._store.close()

    def pan(self, most: int) -> list[gestures.Seconds]:
        """Drag the image with the middle button."""
        self._go_to_start()
        steps, at = gestures.pan(), QPointF(600.0, 400.0)
        self._mouse(QEvent.Type.MouseButtonPress, at, _MIDDLE)

        def show() -> None:
            nonlocal at
            at += QPointF(*next(steps))
            self._mouse(QEvent.Type.MouseMove, at, _MIDDLE)

        seconds = gestures.frames(self._frame(show), most)
        self._mouse(QEvent.Type.MouseButtonRelease, at, _MIDDLE)
        return seconds

    def zoom(self, most: int) -> list[gestures.Seconds]:
        """Turn the wheel with Ctrl."""
        self._go_to_start()
        turns, at = gestures.zoom(), QPointF(600.0, 400.0)
        # A notch of ours magnifies more than one of labelme's: turn it by less, to see the same.
        turned = round(NOTCH * float(np.log(gestures.ZOOM_STEP) / np.log(_ZOOM_PER_NOTCH)))

        def show() -> None:
            angle, phase = QPoint(0, turned * next(turns)), Qt.ScrollPhase.NoScrollPhase
            control = Qt.KeyboardModifier.ControlModifier
            QApplication.sendEvent(self.canvas, QWheelEvent(at, at, QPoint(), angle, _NONE, control, phase, False))

        return gestures.frames(self._frame(show), most)

    def drag(self, most: int) -> list[gestures.Seconds]:
        """Drag one box with the left button."""
        self._go_to_start()
        last = max(self.workspace.annotations)
        self.workspace.change_view(replace(self.workspace.view, selected=AnnotationRef(last)))
        x1, y1, x2, y2 = gestures.GRABBED
        start = QPointF(*self.canvas.viewport.to_screen((x1 + x2) / 2, (y1 + y2) / 2))
        self._mouse(QEvent.Type.MouseButtonPress, start, _LEFT)
        steps = gestures.drag()
        seconds = gestures.frames(
            self._frame(lambda: self._mouse(QEvent.Type.MouseMove, start + QPointF(*next(steps)), _LEFT)), most
        )
        self._mouse(QEvent.Type.MouseButtonRelease, start + QPointF(60.0, 30.0), _LEFT)
        assert self.workspace.annotations[last].box != gestures.GRABBED, "the drag moved nothing"
        self.workspace.undo()
        return seconds

    def score(self, most: int, low: float = 0.1, high: float = 0.9) -> list[gestures.Seconds]:
        """Slide the score threshold."""
        return self._slide(most, gestures.slide(low, high), lambda value: Thresholds(value, 0.5, self._detections))

    def iou(self, most: int, low: float = 0.2, high: float = 0.8, score: float = 0.3) -> list[gestures.Seconds]:
        """Slide the IoU of the NMS."""
        return self._slide(most, gestures.slide(low, high), lambda value: Thresholds(score, value, self._detections))

    def _slide(
        self, most: int, values: Iterator[float], thresholds: Callable[[float], Thresholds]
    ) -> list[gestures.Seconds]:
        self._go_to_start()
        show = self._frame(lambda: self._view(thresholds(next(values))))

        def shown() -> None:
            show()
            self.fewest = min(self.fewest, len(self.workspace.suggestions))

        seconds = gestures.frames(shown, most)
        self._view(_NOTHING)
        return seconds

    def _view(self, thresholds: Thresholds) -> None:
        self.workspace.change_view(replace(self.workspace.view, thresholds=thresholds))

    def _go_to_start(self) -> None:
        self.canvas.fit()
        self.canvas.zoom_by(gestures.SCALE / self.canvas.viewport.scale)
        QApplication.processEvents()

    def _frame(self, show: Callable[[], None]) -> Callable[[], None]:
        """Return what shows one frame: the event, and all that comes of it until the canvas is painted."""

        def frame() -> None:
            before = self.canvas.paints
            show()
            gestures.finish(lambda: self.canvas.paints > before, QApplication.processEvents)

        return frame

    def _mouse(self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
        buttons = _NONE if kind == QEvent.Type.MouseButtonRelease else button
        changed = _NONE if kind == QEvent.Type.MouseMove else button
        event = QMouseEvent(kind, at, at, changed, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas, event)


def _import(scene: gestures.Scene) -> Command:
    """Return the command that brings in the categories and the annotations."""
    categories = [
        Category(place, name, default_color(place - 1), position=place) for place, name in enumerate(NAMES, 1)
    ]
    boxes = enumerate(gestures.annotated(scene), 1)
    annotations = [Annotation(place, 1, place % len(NAMES) + 1, box) for place, box in boxes]
    return Command("import", 1, (*(Edit(None, row) for row in categories), *(Edit(None, row) for row in annotations)))


def _prediction(scene: gestures.Scene) -> Prediction:
    """Return proposals, and candidates that overlap as those of a detector do: four around each object."""
    generator = np.random.default_rng(1)
    objects = np.array(gestures.boxes(scene.candidates // 4, seed=1))
    found = (np.repeat(objects, 4, axis=0) + generator.uniform(-8, 8, (4 * len(objects), 4))).astype(np.float32)
    labels = generator.integers(1, len(NAMES) + 1, len(objects)).repeat(4)
    scores = np.sort(generator.uniform(_FLOOR, 1.0, len(found)))[::-1].astype(np.float32)
    order = generator.permutation(len(found))
    proposals = np.array(gestures.boxes(max(scene.proposals, len(found)), seed=2), dtype=np.float32)
    return Prediction(
        gestures.IMAGE_SIZE,
        Proposals(proposals, np.linspace(1.0, 0.1, len(proposals), dtype=np.float32)),
        Candidates(found[order], scores, labels[order], np.arange(len(found))),
        NAMES,
        "bench-1",
        _FLOOR,
    )
