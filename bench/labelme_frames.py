"""The gestures of `bench.canvas` on labelme's canvas. Run by an interpreter that has labelme, as a program of its own.

Reads one scene a line from the standard input, and answers each with one line: the seconds of all frames by gesture.
The canvas stands in a scroll area as in labelme's window, and what the window does for it is done here: it scrolls,
it scales, it marks what was selected. The panels around it are left out on both sides.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from typing import TYPE_CHECKING, Any

from labelme._shape import Shape
from labelme.widgets.canvas import Canvas
from PyQt5 import QtCore, QtGui, QtWidgets

from bench import canvas_gestures as gestures

if TYPE_CHECKING:
    from collections.abc import Callable

Qt = QtCore.Qt


class Counted(Canvas):  # type: ignore[misc]
    """Counts its paints."""

    paints = 0

    def paintEvent(self, event: Any) -> None:
        """Paint and count."""
        super().paintEvent(event)
        self.paints += 1


class Window:
    """labelme's canvas in its scroll area."""

    def __init__(self, application: Any, image: str) -> None:
        self._application = application
        self.canvas = Counted()
        self.area = QtWidgets.QScrollArea()
        self.area.setWidget(self.canvas)
        self.area.setWidgetResizable(True)
        self.canvas.pan_request.connect(self._pan)
        self.canvas.zoom_request.connect(self._zoom)
        self.canvas.selection_changed.connect(self._select)
        self.area.resize(*gestures.WIDGET)
        self.area.show()
        self.canvas.load_pixmap(QtGui.QPixmap(image))
        self._scale_to(gestures.SCALE)
        # The scroll bars take room: what is left is to be as large as the other canvas.
        inside = self.area.viewport().size()
        width, height = gestures.WIDGET
        self.area.resize(2 * width - inside.width(), 2 * height - inside.height())
        application.processEvents()

    def load(self, boxes: list[gestures.Box]) -> None:
        """Show these boxes as annotations."""
        shapes = []
        for x1, y1, x2, y2 in boxes:
            shape = Shape(label="bolt", shape_type="rectangle")
            shape.add_point(QtCore.QPointF(x1, y1))
            shape.add_point(QtCore.QPointF(x2, y2))
            shape.close()
            shapes.append(shape)
        self.canvas.load_shapes(shapes)
        self.canvas.selected_shapes = []
        self._go_to_start()

    def pan(self, most: int) -> list[gestures.Seconds]:
        """Drag the image with the middle button."""
        steps, at = gestures.pan(), QtCore.QPointF(600.0, 400.0)
        self._mouse(QtCore.QEvent.MouseButtonPress, at, Qt.MiddleButton, Qt.MiddleButton)

        def show() -> None:
            nonlocal at
            at += QtCore.QPointF(*next(steps))
            self._mouse(QtCore.QEvent.MouseMove, at, Qt.NoButton, Qt.MiddleButton)

        seconds = gestures.frames(self._frame(show), most)
        self._mouse(QtCore.QEvent.MouseButtonRelease, at, Qt.MiddleButton, Qt.NoButton)
        return seconds

    def zoom(self, most: int) -> list[gestures.Seconds]:
        """Turn the wheel with Ctrl."""
        turns, at = gestures.zoom(), QtCore.QPointF(600.0, 400.0)

        def show() -> None:
            angle = QtCore.QPoint(0, 120 * next(turns))
            local = QtCore.QPointF(self.canvas.mapFrom(self.area.viewport(), at.toPoint()))
            event = QtGui.QWheelEvent(
                local, at, QtCore.QPoint(), angle, Qt.NoButton, Qt.ControlModifier, Qt.NoScrollPhase, False
            )
            QtWidgets.QApplication.sendEvent(self.canvas, event)

        seconds = gestures.frames(self._frame(show), most)
        self._go_to_start()
        return seconds

    def drag(self, most: int) -> list[gestures.Seconds]:
        """Drag one box with the left button."""
        x1, y1, x2, y2 = gestures.GRABBED
        middle = QtCore.QPointF((x1 + x2) / 2, (y1 + y2) / 2)
        start = (middle + self.canvas._compute_image_origin_offset()) * self.canvas.scale  # noqa: SLF001
        start = QtCore.QPointF(self.canvas.mapTo(self.area.viewport(), start.toPoint()))
        self._mouse(QtCore.QEvent.MouseButtonPress, start, Qt.LeftButton, Qt.LeftButton)
        (grabbed,) = self.canvas.selected_shapes
        assert grabbed is self.canvas.shapes[-1]
        steps = gestures.drag()

        def show() -> None:
            at = start + QtCore.QPointF(*next(steps))
            self._mouse(QtCore.QEvent.MouseMove, at, Qt.NoButton, Qt.LeftButton)

        seconds = gestures.frames(self._frame(show), most)
        self._mouse(QtCore.QEvent.MouseButtonRelease, start, Qt.LeftButton, Qt.NoButton)
        return seconds

    def _frame(self, show: Callable[[], None]) -> Callable[[], None]:
        """Return what shows one frame: the event, and all that comes of it until the canvas is painted."""

        def frame() -> None:
            before = self.canvas.paints
            show()
            gestures.finish(lambda: self.canvas.paints > before, self._application.processEvents)

        return frame

    def _mouse(self, kind: Any, at: Any, button: Any, buttons: Any) -> None:
        """Send a mouse event at a point of the viewport, which stays where it is while the canvas is scrolled."""
        viewport = self.area.viewport()
        local = QtCore.QPointF(self.canvas.mapFrom(viewport, at.toPoint()))
        everywhere = QtCore.QPointF(viewport.mapToGlobal(at.toPoint()))
        event = QtGui.QMouseEvent(kind, local, everywhere, button, buttons, Qt.NoModifier)
        QtWidgets.QApplication.sendEvent(self.canvas, event)

    def _pan(self, step: Any) -> None:
        for bar, by in ((self.area.horizontalScrollBar(), step.x()), (self.area.verticalScrollBar(), step.y())):
            bar.setValue(bar.value() - by)

    def _zoom(self, turned: int, at: Any) -> None:
        before = self.canvas.width()
        self._scale_to(self.canvas.scale * (gestures.ZOOM_STEP if turned > 0 else 1 / gestures.ZOOM_STEP))
        factor = self.canvas.width() / before - 1
        bars = (self.area.horizontalScrollBar(), at.x()), (self.area.verticalScrollBar(), at.y())
        for bar, place in bars:
            bar.setValue(int(bar.value() + place * factor))

    def _go_to_start(self) -> None:
        self._scale_to(gestures.SCALE)
        self._application.processEvents()
        for bar in (self.area.horizontalScrollBar(), self.area.verticalScrollBar()):
            bar.setValue(bar.maximum() // 2)
        self._application.processEvents()

    def _scale_to(self, scale: float) -> None:
        self.canvas.scale = scale
        self.canvas.adjustSize()
        self.canvas.update()

    def _select(self, shapes: list[Any]) -> None:
        for shape in self.canvas.selected_shapes:
            shape.selected = False
        self.canvas.selected_shapes = shapes
        for shape in shapes:
            shape.selected = True


def main() -> None:
    """Answer scenes until there are no more."""
    application = QtWidgets.QApplication(sys.argv[:1])
    window = Window(application, sys.argv[1])
    print(json.dumps({"version": importlib.metadata.version("labelme")}), flush=True)
    for line in sys.stdin:
        scene = json.loads(line)
        window.load([tuple(box) for box in scene["boxes"]])
        most = scene["frames"]
        seconds = {name: getattr(window, name)(most) for name in ("pan", "zoom", "drag")}
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
