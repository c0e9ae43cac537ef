from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import SIZE, MemoryStore, project
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from app.model import edits
from app.model.annotations import Annotation, Box
from app.model.review import AnnotationRef
from app.model.storage import StoreError
from app.ui import scene, tools
from app.ui.canvas import Canvas
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from app.model.commands import Command
    from app.model.workspace import Workspace

# With the margin of 12 around it, the image of 640 x 480 fits at actual size: screen = image + 12.
WIDGET = (664, 504)
MARGIN = 12
LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


class Desk:
    """A canvas on a workspace, and a hand that works in image pixels (at the first view)."""

    def __init__(self, qtbot: QtBot, names: tuple[str, ...] = ("bolt", "nut")) -> None:
        self.workspace, self.store = project(names=names)
        self.canvas = Canvas(self.workspace)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(*WIDGET)
        self.canvas.show()
        self.canvas.set_image(np.full((*SIZE, 3), 90, dtype=np.uint8))
        self.commands: list[Command] = []
        self.canvas.commanded.connect(self._execute)

    def _execute(self, command: Command) -> None:
        self.commands.append(command)
        self.workspace.execute(command)

    def mouse(self, kind: QEvent.Type, x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
        at = QPointF(x + MARGIN, y + MARGIN)
        buttons = NONE if kind == QEvent.Type.MouseButtonRelease else button
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, at, at, button, buttons, PLAIN))

    def press(self, x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
        self.mouse(QEvent.Type.MouseButtonPress, x, y, button)

    def move(self, x: float, y: float) -> None:
        self.mouse(QEvent.Type.MouseMove, x, y)

    def release(self, x: float, y: float, button: Qt.MouseButton = LEFT) -> None:
        self.mouse(QEvent.Type.MouseButtonRelease, x, y, button)

    def click(self, x: float, y: float) -> None:
        self.press(x, y)
        self.release(x, y)

    def drag(self, x1: float, y1: float, x2: float, y2: float, button: Qt.MouseButton = LEFT) -> None:
        self.press(x1, y1, button)
        self.move((x1 + x2) / 2, (y1 + y2) / 2)
        self.move(x2, y2)
        self.release(x2, y2, button)

    def key(self, kind: QEvent.Type, key: Qt.Key, *, repeat: bool = False) -> None:
        QApplication.sendEvent(self.canvas, QKeyEvent(kind, key, PLAIN, "", repeat))

    def wheel(self, x: float, y: float, notches: float, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        at = QPointF(x, y)
        angle = QPoint(0, round(120 * notches))
        phase = Qt.ScrollPhase.NoScrollPhase
        QApplication.sendEvent(self.canvas, QWheelEvent(at, at, QPoint(), angle, NONE, modifiers, phase, False))

    def put(self, box: Box) -> AnnotationRef:
        ids = self.workspace.next_ids()
        self.workspace.execute(edits.draw(box, 1, self.workspace.categories[0], ids))
        return AnnotationRef(ids.annotation)

    def select(self, ref: AnnotationRef | None) -> None:
        self.workspace.change_view(replace(self.workspace.view, selected=ref))

    def predict(self, suggestions: list[Box], proposals: list[Box]) -> None:
        count, many = len(suggestions), len(proposals)
        candidates = Candidates(np.float32(suggestions).reshape(-1, 4), [0.8] * count, [1] * count, range(count))
        found = Proposals(np.float32(proposals).reshape(-1, 4), np.linspace(1, 0.5, many))
        self.workspace.set_prediction(1, Prediction(SIZE, found, candidates, ("bolt", "nut"), "v1", 0.05))

    @property
    def boxes(self) -> list[Box]:
        return [annotation.box for annotation in self.workspace.annotations.values()]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_that_the_first_view_shows_the_whole_image(desk: Desk) -> None:
    assert desk.canvas.zoom == 1.0
    assert desk.canvas.viewport.to_screen(0, 0) == (MARGIN, MARGIN)


# ---------------------------------------------------------------------------------------------------------- drawing


def test_that_a_drag_draws_one_box_in_image_pixels_and_selects_it(desk: Desk, qtbot: QtBot) -> None:
    told = []
    desk.canvas.drawing_changed.connect(told.append)
    desk.canvas.start_drawing()
    desk.drag(40, 20, 90, 80)
    assert len(desk.commands) == 1
    assert desk.boxes == [(40, 20, 90, 80)]
    assert desk.workspace.view.selected == AnnotationRef(1)
    assert told == [True, False]
    assert not desk.canvas.drawing


def test_that_two_clicks_draw_one_box(desk: Desk) -> None:
    desk.canvas.start_drawing()
    desk.click(40, 20)
    desk.move(70, 70)
    assert desk.commands == []
    desk.click(90, 80)
    assert desk.boxes == [(40, 20, 90, 80)]
    assert len(desk.commands) == 1


def test_that_four_clicks_draw_one_box_and_lay_the_tool_down(desk: Desk) -> None:
    desk.canvas.start_drawing(tools.draw_extremes)
    assert desk.canvas.by_extremes
    for x, y in ((150, 40), (100, 90), (170, 160), (240, 100)):
        assert desk.canvas.drawing
        desk.move(x, y)
        desk.click(x, y)
    assert desk.boxes == [(100, 40, 240, 160)]
    assert not desk.canvas.drawing
    assert not desk.canvas.by_extremes


def test_that_a_box_drawn_in_a_magnified_view_is_in_image_pixels(desk: Desk) -> None:
    desk.canvas.zoom_to((100, 100, 120, 120))
    scale = desk.canvas.viewport.scale
    corners = [desk.canvas.viewport.to_screen(*point) for point in ((101, 102), (111, 107))]
    desk.canvas.start_drawing()
    desk.drag(*(value - MARGIN for corner in corners for value in corner))
    assert scale > 5
    assert desk.boxes == [pytest.approx((101, 102, 111, 107), abs=0.01)]


def test_that_after_one_box_the_pointer_selects_again(desk: Desk) -> None:
    desk.canvas.start_drawing()
    desk.drag(40, 20, 90, 80)
    desk.drag(300, 300, 400, 400)
    assert len(desk.commands) == 1


@pytest.mark.parametrize("two_clicks", [False, True])
def test_that_cancel_gives_up_what_is_being_drawn(desk: Desk, two_clicks: bool) -> None:
    desk.canvas.start_drawing()
    desk.press(40, 20)
    if two_clicks:
        desk.release(40, 20)
    desk.move(90, 80)
    assert desk.canvas.cancel()
    desk.release(90, 80)
    assert desk.commands == []
    assert not desk.canvas.drawing
    assert not desk.canvas.cancel()


def test_that_cancel_lays_down_the_draw_tool(desk: Desk) -> None:
    desk.canvas.start_drawing()
    assert desk.canvas.cancel()
    desk.drag(40, 20, 90, 80)
    assert desk.commands == []


def test_that_without_a_category_the_window_is_asked(qtbot: QtBot) -> None:
    desk = Desk(qtbot, names=())
    with qtbot.waitSignal(desk.canvas.category_wanted) as asked:
        desk.canvas.start_drawing()
        desk.drag(40, 20, 90, 80)
    assert asked.args == [(40, 20, 90, 80)]
    assert desk.commands == []


def test_that_a_command_that_failed_selects_nothing(desk: Desk) -> None:
    desk.canvas.commanded.disconnect()
    desk.canvas.start_drawing()
    desk.drag(40, 20, 90, 80)
    assert desk.workspace.view.selected is None


def test_that_a_box_that_could_not_be_kept_is_not_said_to_be_drawn(desk: Desk, qtbot: QtBot) -> None:
    desk.select(desk.put((10, 10, 30, 30)))
    desk.canvas.commanded.disconnect()
    desk.canvas.start_drawing()
    with qtbot.assertNotEmitted(desk.canvas.drawn):
        desk.drag(40, 20, 90, 80)


def test_that_a_failing_store_is_told_and_ends_the_gesture(
    desk: Desk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: MemoryStore, _kind: type) -> int:
        raise StoreError("The project cannot be read.")

    monkeypatch.setattr(MemoryStore, "next_id", fail)
    desk.canvas.start_drawing()
    with qtbot.waitSignal(desk.canvas.message) as told:
        desk.drag(40, 20, 90, 80)
    assert told.args == ["The project cannot be read."]
    assert not desk.canvas.drawing


# ---------------------------------------------------------------------------------------------------------- editing


def test_that_a_drag_is_one_command_and_previews_without_any(desk: Desk) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.press(150, 140)
    for step in range(1, 20):
        desk.move(150 + step, 140)
        assert desk.boxes == [(100, 100, 200, 180)]
    desk.release(169, 140)
    assert len(desk.commands) == 1
    assert desk.boxes == [(119, 100, 219, 180)]


def test_that_cancel_puts_a_dragged_box_back(desk: Desk) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.press(150, 140)
    desk.move(300, 300)
    assert desk.canvas.cancel()
    desk.release(300, 300)
    assert desk.boxes == [(100, 100, 200, 180)]


def test_that_handles_have_the_same_reach_at_every_zoom(desk: Desk) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    desk.canvas.zoom_by(0.5)
    x, y = desk.canvas.viewport.to_screen(200, 140)
    desk.drag(x + 5 - MARGIN, y - MARGIN, x + 25 - MARGIN, y - MARGIN)
    assert desk.boxes == [pytest.approx((100, 100, 240, 180))]


def test_that_a_click_gives_no_command(desk: Desk) -> None:
    ref = desk.put((100, 100, 200, 180))
    desk.click(150, 140)
    desk.click(151, 141)
    assert desk.commands == []
    assert desk.workspace.view.selected == ref


def test_that_a_click_takes_the_hovered_proposal(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 180)])
    desk.workspace.change_view(replace(desk.workspace.view, show_proposals=True))
    desk.move(150, 140)
    assert desk.canvas._live.hovered == (100, 100, 200, 180)
    desk.click(150, 140)
    assert desk.boxes == [(100, 100, 200, 180)]
    assert desk.canvas._live.hovered is None, "an annotated object has no proposal to take"


def test_that_alt_and_wheel_walk_through_the_scales(desk: Desk) -> None:
    small, large = (120, 110, 180, 170), (100, 90, 200, 190)
    desk.predict([], [small, large])
    desk.workspace.change_view(replace(desk.workspace.view, show_proposals=True))
    desk.move(150, 140)
    before = desk.canvas.viewport
    for half in (small, large):  # two halves of a notch make one
        desk.wheel(150 + MARGIN, 140 + MARGIN, 0.5, Qt.KeyboardModifier.AltModifier)
        assert desk.canvas._live.hovered == half
    desk.click(150, 140)
    assert desk.boxes == [large]
    desk.wheel(150 + MARGIN, 140 + MARGIN, -1, Qt.KeyboardModifier.AltModifier)
    assert desk.boxes == [small]
    assert desk.canvas.viewport == before


def test_that_the_hover_ends_with_the_layer_and_with_the_pointer(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 180)])
    shown = replace(desk.workspace.view, show_proposals=True)
    desk.workspace.change_view(shown)
    desk.move(150, 140)
    QApplication.sendEvent(desk.canvas, QEvent(QEvent.Type.Leave))
    assert desk.canvas._live.hovered is None
    desk.move(150, 140)
    desk.workspace.change_view(replace(shown, show_proposals=False))
    assert desk.canvas._live.hovered is None


def test_that_the_right_button_selects_and_asks_for_the_menu(desk: Desk, qtbot: QtBot) -> None:
    ref = desk.put((100, 100, 200, 180))
    at = QPoint(150 + MARGIN, 140 + MARGIN)
    with qtbot.waitSignal(desk.canvas.context_menu_requested):
        QApplication.sendEvent(desk.canvas, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, at))
    assert desk.workspace.view.selected == ref


def test_that_the_right_button_gives_up_a_gesture_first(desk: Desk, qtbot: QtBot) -> None:
    desk.canvas.start_drawing()
    with qtbot.assertNotEmitted(desk.canvas.context_menu_requested):
        QApplication.sendEvent(desk.canvas, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(), QPoint()))
    assert not desk.canvas.drawing


def test_that_boxes_of_the_next_image_wait_for_its_pixels(desk: Desk) -> None:
    desk.put((100, 100, 200, 180))
    desk.canvas.start_drawing()
    desk.press(40, 20)
    desk.workspace.go_to(2)
    assert not desk.canvas.drawing
    desk.canvas.start_drawing()
    desk.drag(40, 20, 90, 80)
    assert desk.commands == []
    desk.canvas.set_image(np.zeros((*SIZE, 3), dtype=np.uint8))
    desk.canvas.start_drawing()
    desk.drag(40, 20, 90, 80)
    assert [row.image_id for row in desk.commands[0].rows_added() if isinstance(row, Annotation)] == [2]


# ------------------------------------------------------------------------------------------------------ zoom and pan


def test_that_control_and_wheel_zoom_at_the_pointer(desk: Desk, qtbot: QtBot) -> None:
    before = desk.canvas.viewport.to_image(500, 120)
    with qtbot.waitSignal(desk.canvas.zoomed) as told:
        desk.wheel(500, 120, 3, Qt.KeyboardModifier.ControlModifier)
    assert told.args == [desk.canvas.zoom]
    assert desk.canvas.zoom > 1.5
    assert desk.canvas.viewport.to_image(500, 120) == pytest.approx(before)


def test_that_the_wheel_scrolls_and_with_shift_sideways(desk: Desk) -> None:
    start = desk.canvas.viewport
    desk.wheel(300, 200, -1)
    down = desk.canvas.viewport
    assert down.x == start.x
    assert down.y < start.y
    desk.wheel(300, 200, -1, Qt.KeyboardModifier.ShiftModifier)
    assert desk.canvas.viewport.x < down.x
    assert desk.canvas.viewport.y == down.y


def test_that_the_middle_button_pans(desk: Desk) -> None:
    start = desk.canvas.viewport
    desk.drag(100, 100, 130, 80, MIDDLE)
    assert (desk.canvas.viewport.x - start.x, desk.canvas.viewport.y - start.y) == (30, -20)
    assert desk.commands == []


def test_that_dragging_with_space_pans_and_marks_nothing(desk: Desk, qtbot: QtBot) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    start = desk.canvas.viewport
    with qtbot.assertNotEmitted(desk.canvas.space_released):
        desk.key(QEvent.Type.KeyPress, Qt.Key.Key_Space)
        desk.drag(150, 140, 180, 140)
        desk.key(QEvent.Type.KeyRelease, Qt.Key.Key_Space)
    assert desk.canvas.viewport.x - start.x == 30
    assert desk.boxes == [(100, 100, 200, 180)]


def test_that_space_alone_is_told_once_on_release(desk: Desk) -> None:
    told = []
    desk.canvas.space_released.connect(lambda: told.append(1))
    desk.key(QEvent.Type.KeyPress, Qt.Key.Key_Space)
    for _ in range(5):
        desk.key(QEvent.Type.KeyRelease, Qt.Key.Key_Space, repeat=True)
        desk.key(QEvent.Type.KeyPress, Qt.Key.Key_Space, repeat=True)
    assert told == []
    desk.key(QEvent.Type.KeyRelease, Qt.Key.Key_Space)
    assert told == [1]


def test_that_a_drag_begun_before_space_counts_as_one(desk: Desk, qtbot: QtBot) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    with qtbot.assertNotEmitted(desk.canvas.space_released):
        desk.press(150, 140)
        desk.move(170, 140)
        desk.key(QEvent.Type.KeyPress, Qt.Key.Key_Space)
        desk.move(180, 140)
        desk.key(QEvent.Type.KeyRelease, Qt.Key.Key_Space)
        desk.release(180, 140)
    assert desk.boxes == [(130, 100, 230, 180)]


def test_that_space_released_elsewhere_does_not_stay_down(desk: Desk) -> None:
    desk.key(QEvent.Type.KeyPress, Qt.Key.Key_Space)
    QApplication.sendEvent(desk.canvas, QFocusEvent(QEvent.Type.FocusOut))
    start = desk.canvas.viewport
    desk.drag(100, 100, 130, 100)
    assert desk.canvas.viewport == start


def test_that_the_view_fits_anew_on_resize_until_somebody_zooms(desk: Desk) -> None:
    desk.canvas.resize(1304, 984)
    assert desk.canvas.zoom == 2.0
    desk.canvas.zoom_by(2)
    desk.canvas.resize(*WIDGET)
    assert desk.canvas.zoom == 4.0
    desk.canvas.fit()
    assert desk.canvas.zoom == 1.0


def test_that_the_next_image_is_fitted_unless_the_zoom_is_kept(desk: Desk) -> None:
    other = np.zeros((*SIZE, 3), dtype=np.uint8)
    desk.wheel(500, 120, 3, Qt.KeyboardModifier.ControlModifier)
    seen = desk.canvas.viewport
    desk.canvas.set_image(None)
    desk.canvas.set_image(other, keep_zoom=True)
    assert (desk.canvas.viewport.scale, desk.canvas.viewport.x) == pytest.approx((seen.scale, seen.x))
    desk.canvas.set_image(other)
    assert desk.canvas.viewport.scale == 1
    desk.canvas.set_image(np.zeros((2 * SIZE[0], 2 * SIZE[1], 3), dtype=np.uint8), keep_zoom=True)
    assert desk.canvas.viewport.scale == 0.5, "what was fitted stays so"


def test_that_actual_size_is_one_device_pixel_per_image_pixel(desk: Desk) -> None:
    desk.canvas.zoom_by(3)
    desk.canvas.actual_size()
    assert desk.canvas.zoom == 1.0


def test_that_the_pointer_is_told_in_image_pixels_and_only_on_the_image(desk: Desk) -> None:
    told = []
    desk.canvas.pointer_moved.connect(told.append)
    desk.move(33, 44)
    desk.move(-5, 44)
    QApplication.sendEvent(desk.canvas, QEvent(QEvent.Type.Leave))
    assert told == [(33, 44), None, None]


def test_that_tab_does_not_leave_the_canvas(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    canvas, field = Canvas(project()[0], window), QLineEdit(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    qtbot.keyClick(canvas, Qt.Key.Key_Tab)
    assert canvas.hasFocus()
    assert not field.hasFocus()


# --------------------------------------------------------------------------------------------------------- painting


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Count how often the still and the live layers are painted."""
    calls: list[str] = []
    still, live = scene.paint_still, scene.paint_live
    monkeypatch.setattr(scene, "paint_still", lambda *given: (calls.append("still"), still(*given)))
    monkeypatch.setattr(scene, "paint_live", lambda *given: (calls.append("live"), live(*given)))
    return calls


def test_that_the_pointer_repaints_no_still_layer(desk: Desk, painted: list[str]) -> None:
    desk.put((300, 300, 400, 400))
    desk.select(desk.put((100, 100, 200, 180)))
    desk.canvas.grab()
    backdrop = desk.canvas.backdrop()
    painted.clear()
    desk.press(150, 140)
    for step in range(5):
        desk.move(160 + step, 140)
        desk.canvas.grab()
    assert painted == ["live"] * 5
    assert desk.canvas.backdrop() is backdrop


def test_that_a_slider_repaints_the_boxes_but_not_the_image(desk: Desk, painted: list[str]) -> None:
    desk.predict([(100, 100, 200, 180)], [])
    desk.canvas.grab()
    painted.clear()
    backdrop = desk.canvas.backdrop()
    view = desk.workspace.view
    desk.workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=0.95)))
    desk.canvas.grab()
    assert "still" in painted
    assert desk.canvas.backdrop() is backdrop


def color_at(desk: Desk, x: int, y: int) -> QColor:
    return desk.canvas.grab().toImage().pixelColor(x + MARGIN, y + MARGIN)


def test_that_annotations_are_painted_in_the_colour_of_their_category(desk: Desk) -> None:
    desk.put((100, 100, 200, 180))
    assert color_at(desk, 150, 179) == QColor(desk.workspace.categories[0].color)
    assert color_at(desk, 150, 140) == QColor(90, 90, 90)
    desk.workspace.change_view(replace(desk.workspace.view, show_annotations=False))
    assert color_at(desk, 150, 179) == QColor(90, 90, 90)


def test_that_suggestions_are_dashed(desk: Desk) -> None:
    desk.predict([(100, 100, 200, 180)], [])
    along = {color_at(desk, x, 179).name() for x in range(110, 130)}
    assert along == {desk.workspace.categories[0].color, "#5a5a5a"}


def test_that_proposals_are_painted_only_with_their_layer(desk: Desk) -> None:
    desk.predict([], [(100, 100, 200, 180)])
    assert color_at(desk, 150, 179) == QColor(90, 90, 90)
    desk.workspace.change_view(replace(desk.workspace.view, show_proposals=True))
    assert color_at(desk, 150, 179).blue() > 150


def test_that_the_old_picture_is_shown_without_boxes_until_the_next_is_there(desk: Desk) -> None:
    desk.workspace.execute(edits.draw((100, 100, 200, 180), 2, desk.workspace.categories[0], desk.workspace.next_ids()))
    desk.workspace.go_to(2)
    assert color_at(desk, 150, 179) == QColor(90, 90, 90)


def test_that_the_selected_box_has_handles(desk: Desk) -> None:
    desk.select(desk.put((100, 100, 200, 180)))
    for corner in ((100, 100), (200, 100), (200, 180), (100, 180), (150, 100), (200, 140)):
        assert color_at(desk, *corner) == QColor("#ffffff")


@pytest.mark.parametrize(("window", "darker"), [("#202226", True), ("#f4f5f7", False)])
def test_that_the_ground_is_a_grey_that_follows_the_palette(desk: Desk, window: str, darker: bool) -> None:
    palette = desk.canvas.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor(window))
    desk.canvas.setPalette(palette)
    ground = color_at(desk, -8, -8)
    assert ground.red() == ground.green() == ground.blue()
    assert (ground.lightnessF() < 0.5) == darker


@pytest.mark.parametrize("ratio", [1.25, 1.5, 1.75])
def test_that_a_pixel_that_is_in_the_widget_in_part_is_painted(
    desk: Desk, ratio: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.canvas, "devicePixelRatio", lambda: ratio)
    desk.canvas.resize(641, 481)
    painted = desk.canvas.backdrop().toImage()
    assert painted.width() >= 641 * ratio
    assert painted.height() >= 481 * ratio
    last = painted.pixelColor(painted.width() - 1, painted.height() - 1)
    assert last == painted.pixelColor(0, 0)


def test_that_a_notice_is_shown_while_there_is_no_image(desk: Desk) -> None:
    desk.canvas.set_image(None)
    blank = desk.canvas.grab().toImage()
    desk.canvas.set_notice("Cannot read image_0001.jpg: the file ends too early.")
    assert desk.canvas.grab().toImage() != blank
    desk.canvas.start_drawing()
    assert not desk.canvas.drawing


def test_that_the_workspace_outlives_its_canvas(qtbot: QtBot) -> None:
    workspace: Workspace = project()[0]
    canvas = Canvas(workspace)
    assert len(workspace._subscribers) == 1
    canvas.deleteLater()
    qtbot.waitUntil(lambda: not workspace._subscribers)
    workspace.go_to(2)
