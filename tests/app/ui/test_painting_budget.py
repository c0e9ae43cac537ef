"""What a frame of the canvas may cost with 2,000 annotations and 3,000 proposals: counted, never timed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import MARGIN, SIZE, MemoryStore, show
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.model.annotations import Annotation, Category, ImageRecord, default_color
from app.model.commands import Command, Edit
from app.model.review import AnnotationRef
from app.model.selection import select_annotations
from app.model.workspace import Workspace
from app.ui import overlays, scene
from app.ui.canvas import Canvas
from app.ui.picture import Picture
from detector.types import Candidates, Prediction, Proposals, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

ANNOTATIONS, PROPOSALS, CANDIDATES = 2_000, 3_000, 1_000
NAMES = ("bolt", "nut", "washer")
GRABBED = (300.0, 200.0, 380.0, 260.0)
FRAMES = 5
FOR_ONE_BOX = 16
"""Rectangles, or calls of a painter, for what follows the pointer: the selected box, its handles, a proposal."""
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


class CountingStore(MemoryStore):
    """Counts what it is asked."""

    def __getattribute__(self, name: str) -> object:
        value = super().__getattribute__(name)
        if callable(value) and not name.startswith("_"):
            super().__getattribute__("__dict__").setdefault("asked", Counter())[name] += 1
        return value


class CountingCanvas(Canvas):
    """Counts its frames."""

    frames = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.frames += 1
        super().paintEvent(event)


class Budget:
    """A canvas with very many boxes, gestures on it, and what was done for their frames since the last `count`."""

    def __init__(self, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done = Counter[str]()
        self._watch(monkeypatch)
        categories = [
            Category(place + 1, name, default_color(place), position=place) for place, name in enumerate(NAMES)
        ]
        self.store = CountingStore([ImageRecord(1, "image_0001.jpg", SIZE)], categories)
        self.workspace = Workspace(self.store)
        generator = np.random.default_rng(0)
        self.workspace.execute(_annotated(generator))
        self.workspace.set_prediction(1, _prediction(generator))
        self.canvas = CountingCanvas(self.workspace)
        show(qtbot, self.canvas)
        view = replace(self.workspace.view, show_proposals=True, proposal_top_n=PROPOSALS)
        self.workspace.change_view(replace(view, selected=AnnotationRef(ANNOTATIONS)))
        self.threshold(1.0)
        QApplication.processEvents()

    def count(self, gesture: Callable[[int], None]) -> Counter[str]:
        """Return what was done for `FRAMES` frames of a gesture, one after another; what was before is forgotten."""
        layers = self.canvas._layers.identity
        self.done.clear()
        self.store.asked.clear()
        before = self.canvas.frames
        for step in range(FRAMES):
            gesture(step)
            QApplication.processEvents()
        assert self.canvas.frames == before + FRAMES
        kept = sum(one is other for one, other in zip(layers, self.canvas._layers.identity, strict=True))
        return self.done + Counter({"layers kept": kept, "store asked": self.store.asked.total()})

    def mouse(self, kind: QEvent.Type, x: float, y: float, button: Qt.MouseButton = NONE) -> None:
        at = QPointF(x + MARGIN, y + MARGIN)
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, at, at, button, button, PLAIN))

    def move(self, x: float, y: float, button: Qt.MouseButton = NONE) -> None:
        self.mouse(QEvent.Type.MouseMove, x, y, button)

    def zoom(self, notches: float) -> None:
        at, angle, phase = QPointF(300, 200), QPoint(0, round(120 * notches)), Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(self.canvas, QWheelEvent(at, at, QPoint(), angle, NONE, CONTROL, phase, False))

    def threshold(self, score: float, iou: float = 0.5) -> None:
        self.workspace.change_view(replace(self.workspace.view, thresholds=Thresholds(score, iou)))

    def _watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        done, paint_still, paint_picture = self.done, scene.paint_still, Picture.paint

        class CountingPainter(QPainter):
            def drawRects(self, rects: list[QRect]) -> None:
                done["drawRects"] += 1
                done["rectangles"] += len(rects)
                super().drawRects(rects)

        class CountingRect(QRect):
            def __init__(self, *numbers: int) -> None:
                done["new rectangles"] += 1
                super().__init__(*numbers)

        def counting_still(*arguments: object) -> None:
            done["still layers"] += 1
            paint_still(*arguments)

        def counting_picture(*arguments: object) -> None:
            done["images"] += 1
            paint_picture(*arguments)

        for place in ("box_view", "image_view", "sheet"):
            monkeypatch.setattr(f"app.ui.{place}.QPainter", CountingPainter)
        monkeypatch.setattr("app.ui.overlays.QRect", CountingRect)
        monkeypatch.setattr(scene, "paint_still", counting_still)
        monkeypatch.setattr(Picture, "paint", counting_picture)


def _annotated(generator: np.random.Generator) -> Command:
    boxes = [*_boxes(ANNOTATIONS - 1, generator).tolist(), GRABBED]
    rows = [Annotation(place, 1, place % len(NAMES) + 1, tuple(box)) for place, box in enumerate(boxes, start=1)]
    return Command("import", 1, tuple(Edit(None, row) for row in rows))


def _prediction(generator: np.random.Generator) -> Prediction:
    scores = np.linspace(0.99, 0.1, CANDIDATES)
    found = Candidates(_boxes(CANDIDATES, generator), scores, np.arange(CANDIDATES) % 3 + 1, np.arange(CANDIDATES))
    return Prediction(
        SIZE, Proposals(_boxes(PROPOSALS, generator), np.linspace(1, 0.1, PROPOSALS)), found, NAMES, "v1", 0.05
    )


def _boxes(count: int, generator: np.random.Generator) -> np.ndarray:
    corners = generator.uniform(0, (SIZE[1] - 30, SIZE[0] - 30), (count, 2))
    return np.concatenate([corners, corners + generator.uniform(6, 30, (count, 2))], axis=1).astype(np.float32)


@pytest.fixture
def budget(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Budget:
    return Budget(qtbot, monkeypatch)


def assert_only_one_box_is_painted(done: Counter[str]) -> None:
    assert done["images"] == done["still layers"] == 0
    assert done["rectangles"] <= FRAMES * FOR_ONE_BOX
    assert done["drawRects"] <= FRAMES * FOR_ONE_BOX


def assert_nothing_is_fetched(done: Counter[str], layers_kept: int = 4) -> None:
    assert done["layers kept"] == layers_kept
    assert done["store asked"] == 0


def assert_painted_once_and_together(done: Counter[str], boxes: int, colors: int) -> None:
    """Assert that a frame paints each box once, all of a colour in one call, with rectangles that are there already."""
    assert done["still layers"] == FRAMES
    assert boxes * FRAMES * 0.5 < done["rectangles"] <= FRAMES * (boxes + FOR_ONE_BOX)
    assert done["drawRects"] <= FRAMES * (colors + FOR_ONE_BOX)
    assert done["new rectangles"] <= FRAMES * FOR_ONE_BOX


def test_that_a_drag_paints_the_dragged_box_alone(budget: Budget) -> None:
    budget.mouse(QEvent.Type.MouseButtonPress, 340, 230, LEFT)
    budget.move(350, 240, LEFT)
    QApplication.processEvents()
    done = budget.count(lambda step: budget.move(360 + 10 * step, 240, LEFT))
    assert budget.canvas._preview is not None
    assert_only_one_box_is_painted(done)
    assert_nothing_is_fetched(done)


def test_that_a_drag_of_several_paints_those_alone_and_all_of_a_colour_together(budget: Budget) -> None:
    several = (ANNOTATIONS, 1, 2, 3, 4, 5)
    select_annotations(budget.workspace, several, ANNOTATIONS)
    budget.mouse(QEvent.Type.MouseButtonPress, 340, 230, LEFT)
    budget.move(345, 235, LEFT)
    QApplication.processEvents()
    done = budget.count(lambda step: budget.move(346 + step, 236, LEFT))
    assert budget.canvas._preview is not None
    assert done["rectangles"] <= FRAMES * 3 * len(several), "a shadow, a tint and a line each"
    assert done["drawRects"] <= FRAMES * (1 + 2 * len(NAMES))
    assert done["still layers"] == 0
    assert_nothing_is_fetched(done)


def test_that_hovering_paints_the_hovered_proposal_alone(budget: Budget) -> None:
    proposals = [box for box in budget.workspace.prediction.proposals.boxes.tolist() if box[2] < GRABBED[0]]
    middles = [((x1 + x2) / 2, (y1 + y2) / 2) for x1, y1, x2, y2 in proposals]
    hovered = []
    for middle in middles:
        budget.move(*middle)
        if budget.canvas._hovered is not None and budget.canvas._hovered not in [pick for _, pick in hovered]:
            hovered.append((middle, budget.canvas._hovered))
        if len(hovered) == FRAMES:
            break
    budget.move(*hovered[-1][0])
    QApplication.processEvents()
    done = budget.count(lambda step: budget.move(*hovered[step][0]))
    assert_only_one_box_is_painted(done)
    assert_nothing_is_fetched(done)


def test_that_a_pan_paints_only_the_boxes_that_come_into_sight(budget: Budget) -> None:
    budget.mouse(QEvent.Type.MouseButtonPress, 100, 100, MIDDLE)
    done = budget.count(lambda step: budget.move(103 + 3 * step, 101 + 3 * step, MIDDLE))
    assert done["still layers"] == done["images"] == FRAMES
    assert 0 < done["rectangles"] < FRAMES * (ANNOTATIONS + PROPOSALS) * 0.3
    assert done["drawRects"] <= FRAMES * (2 * (1 + len(NAMES)) + FOR_ONE_BOX), "at two edges"
    assert_nothing_is_fetched(done)


def test_that_a_zoom_paints_each_box_once_and_all_of_a_colour_together(budget: Budget) -> None:
    done = budget.count(lambda _step: budget.zoom(0.1))
    assert_painted_once_and_together(done, ANNOTATIONS + PROPOSALS, colors=1 + len(NAMES))
    assert done["images"] == FRAMES
    assert_nothing_is_fetched(done)


def test_that_what_is_out_of_sight_is_not_painted(budget: Budget) -> None:
    budget.canvas.zoom_to((100, 100, 140, 130))
    QApplication.processEvents()
    done = budget.count(lambda _step: budget.zoom(0.1))
    assert done["still layers"] == FRAMES
    assert 0 < done["rectangles"] < FRAMES * (ANNOTATIONS + PROPOSALS) * 0.1


@pytest.mark.parametrize("slide", [lambda step: (0.4 - 0.02 * step, 0.5), lambda step: (0.4, 0.52 + 0.02 * step)])
def test_that_a_slider_paints_only_the_suggestions_anew(
    budget: Budget, slide: Callable[[int], tuple[float, float]]
) -> None:
    budget.threshold(0.45)
    QApplication.processEvents()
    done = budget.count(lambda step: budget.threshold(*slide(step)))
    suggestions = len(budget.workspace.suggestions)  # the last frame has the most
    assert 50 < suggestions < overlays.MANY
    # So few have a darker line around them, too.
    assert_painted_once_and_together(done, 2 * suggestions, colors=2 * len(NAMES))
    assert done["images"] == 0
    assert_nothing_is_fetched(done, layers_kept=3)


def test_that_a_frame_without_a_change_is_a_copy_of_the_last(budget: Budget) -> None:
    done = budget.count(lambda _step: budget.canvas.update())
    assert_only_one_box_is_painted(done)
    assert_nothing_is_fetched(done)
