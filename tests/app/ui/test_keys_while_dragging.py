"""One hand drags a box while the other is on the keys: both take effect, and screen and disk stay the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import MARGIN, SIZE, show
from PIL import Image
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.model import box_gestures, edits, gestures
from app.model.annotations import Annotation, Box, Provenance
from app.model.category_mapping import AGNOSTIC
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import select_annotations
from app.model.workspace import Workspace
from app.store.patient_store import PatientStore
from app.ui.canvas import Canvas
from detector.image_files import list_images
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.model.commands import Command

HERE, THERE, FOUND = (100.0, 100.0, 200.0, 200.0), (150.0, 120.0, 250.0, 220.0), (400.0, 300.0, 500.0, 400.0)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
DRAGS_IT = ((150.0, 150.0), (200.0, 170.0))
"""From inside the box `HERE` to where it is the box `THERE`."""


class Desk:
    """A canvas on a project on the disk, of one image with the box `HERE`, selected, in the first of two categories."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        folder.mkdir()
        Image.new("RGB", SIZE[::-1]).save(folder / "a.png")
        self.store = PatientStore.open(folder)
        self.store.list_images(list_images(folder))
        self.workspace = Workspace(self.store)
        self.workspace.set_image_sizes({self.image_id: SIZE})
        for name in ("bolt", "nut"):
            new = edits.new_category(name, self.workspace.categories, self.workspace.next_ids().category)
            self.workspace.execute(edits.add_category(new))
        self.bolt, self.nut = self.workspace.categories
        self.canvas = Canvas(self.workspace)
        show(qtbot, self.canvas)
        self.commands: list[Command] = []
        self.canvas.commanded.connect(self._execute)
        self.locked: list[bool] = []
        self.canvas.locked.connect(lambda: self.locked.append(True))
        self.first = self.put(HERE)

    @property
    def image_id(self) -> int:
        assert self.workspace.current_image is not None
        return self.workspace.current_image.id

    @property
    def screen(self) -> list[Annotation]:
        return list(self.workspace.annotations.values())

    @property
    def disk(self) -> list[Annotation]:
        return self.store.annotations_of(self.image_id)

    def put(self, box: Box) -> int:
        made = box_gestures.draw(self.workspace, box, self.bolt)
        assert made is not None
        return next(row.id for row in made.rows_added())

    def predict(self, name: str = "bolt") -> None:
        candidates = Candidates(np.float32([FOUND]), np.float32([0.9]), np.array([1]), np.array([0]))
        proposals = Proposals(np.float32([FOUND]), np.float32([0.9]))
        self.workspace.set_prediction(self.image_id, Prediction(SIZE, proposals, candidates, (name,), "v1", 0.05))
        self.workspace.change_view(replace(self.workspace.view, selected=SuggestionRef(0)))

    def drag(
        self,
        keys: Callable[[Workspace], object],
        ends: tuple[tuple[float, float], tuple[float, float]] = DRAGS_IT,
        *,
        moves_after: bool = True,
    ) -> None:
        """Drag from one place to another; `keys` are pressed before the button is let go of."""
        press, release = ends
        self._mouse(QEvent.Type.MouseButtonPress, press)
        self._mouse(QEvent.Type.MouseMove, (press[0] + 20, press[1] + 9))
        self._mouse(QEvent.Type.MouseMove, release)
        keys(self.workspace)
        if moves_after:
            self._mouse(QEvent.Type.MouseMove, release)
        self._mouse(QEvent.Type.MouseButtonRelease, release)

    def _execute(self, command: Command) -> None:
        self.commands.append(command)
        self.workspace.execute(command)

    def _mouse(self, kind: QEvent.Type, place: tuple[float, float]) -> None:
        at = QPointF(place[0] + MARGIN, place[1] + MARGIN)
        buttons = NONE if kind == QEvent.Type.MouseButtonRelease else LEFT
        button = NONE if kind == QEvent.Type.MouseMove else LEFT
        event = QMouseEvent(kind, at, at, button, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(self.canvas, event)


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, tmp_path / "images")
    yield made
    assert made.screen == made.disk
    made.store.close()


WITH_A_MOVE = pytest.mark.parametrize("moves_after", [True, False], ids=["moves on", "lets go"])


def relabel(workspace: Workspace) -> object:
    return gestures.choose_category(workspace, workspace.categories[1])


@WITH_A_MOVE
def test_that_a_box_relabelled_in_the_hand_is_moved_with_its_new_label(desk: Desk, moves_after: bool) -> None:
    desk.drag(relabel, moves_after=moves_after)
    (box,) = desk.screen
    assert (box.category_id, box.box) == (desk.nut.id, THERE)
    assert desk.disk == [box]


def test_that_both_steps_are_taken_back_one_by_one_and_done_again(desk: Desk) -> None:
    (before,) = desk.screen
    desk.drag(relabel)
    states = [(desk.nut.id, HERE), (desk.bolt.id, HERE)]
    for state in states:
        desk.workspace.undo()
        assert desk.disk == desk.screen
        assert [(one.category_id, one.box) for one in desk.disk] == [state]
    assert desk.screen == [before]
    desk.workspace.redo()
    desk.workspace.redo()
    assert [(one.category_id, one.box) for one in desk.disk] == [(desk.nut.id, THERE)]


def test_that_a_relabelling_undone_in_the_hand_stays_undone(desk: Desk) -> None:
    relabel(desk.workspace)
    desk.drag(Workspace.undo)
    assert [(one.category_id, one.box) for one in desk.disk] == [(desk.bolt.id, THERE)]


@WITH_A_MOVE
def test_that_a_box_deleted_in_the_hand_is_gone_and_can_be_had_back(desk: Desk, moves_after: bool) -> None:
    desk.drag(gestures.delete_selected, moves_after=moves_after)
    assert desk.commands == []
    assert desk.disk == []
    desk.workspace.undo()
    assert [one.box for one in desk.disk] == [HERE]


def test_that_the_preview_of_a_deleted_box_goes_with_it(desk: Desk) -> None:
    previews: list[object] = []

    def delete(workspace: Workspace) -> None:
        previews.append(desk.canvas._preview)
        gestures.delete_selected(workspace)
        previews.append(desk.canvas._preview)

    desk.drag(delete)
    assert previews == [THERE, None]
    assert not desk.canvas.cancel()


def test_that_a_box_moved_by_a_key_is_let_go_of_where_the_key_put_it(desk: Desk) -> None:
    desk.drag(lambda workspace: box_gestures.nudge(workspace, 1, 0))
    assert desk.commands == []
    assert [one.box for one in desk.disk] == [(101, 100, 201, 200)]


def test_that_a_box_whose_move_is_undone_in_the_hand_is_let_go_of(desk: Desk) -> None:
    box_gestures.set_box(desk.workspace, (90, 90, 210, 210))
    desk.drag(Workspace.undo)
    assert desk.commands == []
    assert [one.box for one in desk.disk] == [HERE]


def test_that_a_box_locked_in_the_hand_stays_where_it_is(desk: Desk) -> None:
    desk.drag(box_gestures.toggle_locked)
    assert desk.locked == [True]
    assert [(one.box, one.locked) for one in desk.disk] == [(HERE, True)]


def test_that_a_side_is_dragged_of_a_box_that_gets_a_note(desk: Desk) -> None:
    desk.drag(lambda workspace: box_gestures.write_note(workspace, "blurred"), ((200, 150), (230, 150)))
    assert [(one.box, one.note) for one in desk.disk] == [((100, 100, 230, 200), "blurred")]


def test_that_several_boxes_relabelled_in_the_hand_are_all_moved(desk: Desk) -> None:
    second = desk.put((20, 20, 60, 60))
    select_annotations(desk.workspace, [desk.first, second], desk.first)
    desk.drag(relabel)
    assert {(one.category_id, one.box) for one in desk.disk} == {
        (desk.nut.id, THERE),
        (desk.nut.id, (70.0, 40.0, 110.0, 80.0)),
    }
    assert len(desk.commands) == 1


def test_that_none_of_several_boxes_is_moved_where_one_has_gone(desk: Desk) -> None:
    second = desk.put((20, 20, 60, 60))
    select_annotations(desk.workspace, [desk.first, second], desk.first)
    desk.drag(Workspace.undo)
    assert desk.commands == []
    assert [one.box for one in desk.disk] == [HERE]


OF_FOUND = ((450.0, 350.0), (430.0, 340.0))


@WITH_A_MOVE
@pytest.mark.parametrize(("keys", "place"), [(gestures.accept_selected, 0), (relabel, 1)], ids=["accept", "accept as"])
def test_that_a_suggestion_accepted_in_the_hand_is_one_box_where_it_is_dragged_to(
    desk: Desk, keys: Callable[[Workspace], object], place: int, moves_after: bool
) -> None:
    desk.predict()
    desk.drag(keys, OF_FOUND, moves_after=moves_after)
    _, made = desk.disk
    assert (made.category_id, made.box) == (desk.workspace.categories[place].id, (380, 290, 480, 390))
    assert made.provenance is (Provenance.RELABELLED if place else Provenance.MOVED)
    assert desk.workspace.view.selected == AnnotationRef(made.id)
    desk.workspace.undo()
    assert [one.box for one in desk.disk] == [HERE, FOUND]
    desk.workspace.undo()
    assert [one.box for one in desk.disk] == [HERE]


def test_that_an_object_without_a_category_gets_that_of_the_next_box_where_it_is_dragged_to(desk: Desk) -> None:
    desk.predict(AGNOSTIC)
    desk.workspace.change_view(replace(desk.workspace.view, category_id=desk.nut.id))
    desk.drag(lambda _workspace: None, OF_FOUND)
    assert [one.category_id for one in desk.disk] == [desk.bolt.id, desk.nut.id]
    assert [one.name for one in desk.workspace.categories] == ["bolt", "nut"]


@WITH_A_MOVE
def test_that_a_suggestion_rejected_in_the_hand_makes_no_box(desk: Desk, moves_after: bool) -> None:
    desk.predict()
    desk.drag(gestures.reject_selected, OF_FOUND, moves_after=moves_after)
    assert desk.commands == []
    assert [one.box for one in desk.disk] == [HERE]
    assert len(desk.workspace.rejections) == 1


def test_that_a_suggestion_hidden_by_the_threshold_in_the_hand_is_accepted_all_the_same(desk: Desk) -> None:
    desk.predict()
    view = desk.workspace.view
    hidden = replace(view, thresholds=replace(view.thresholds, score_thresh=0.95))
    desk.drag(lambda workspace: workspace.change_view(hidden), OF_FOUND)
    assert [one.box for one in desk.disk] == [HERE, (380, 290, 480, 390)]
