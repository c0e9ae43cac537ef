from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from fake_evaluation import FAR, A, B, KnownDetector, make_images, prediction, review
from fake_training import FakeTraining

from app import survey as survey_module
from app.model import edits, gestures
from app.model.annotations import Annotation
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.neighbours import Neighbours
from app.session import Session
from app.store.patient_store import PatientStore
from app.store.prediction_cache import file_stamp
from app.workers.detector_service import DetectorService
from detector.image_files import list_images

FOUND = {0: ((A, 1, 0.9),), 1: ((A, 1, 0.5), (FAR, 2, 0.5)), 2: ((A, 1, 0.5),), 3: ((B, 1, 0.6), (FAR, 2, 0.5))}


class Project:
    """A session of a few images, and what its survey worked on, piece by piece, in which thread."""

    def __init__(self, folder, monkeypatch, found=FOUND) -> None:
        self.detector = KnownDetector(found)
        tuner = FakeTraining().tuner(lambda version: KnownDetector(found, version=version))
        self.service = DetectorService(lambda: self.detector, tuner)
        self.store = PatientStore.open(folder)
        self.store.list_images(list_images(folder))
        self.pieces, self.threads, self.told, self.noticed = [], set(), [], []
        self.is_open = True
        self.gate = threading.Event()
        self.gate.set()
        monkeypatch.setattr(survey_module, "survey", self._survey)

    def open(self, *, categories=True) -> Session:
        self.session = Session(self.store, self.service)
        self.workspace = self.session.workspace
        self.survey = self.session.survey
        self.survey.changed.connect(self.told.append)
        self.session.noticed.connect(self.noticed.append)
        self.session.start()
        if categories:
            review(self.workspace, {})
        return self.session

    def serve(self) -> None:
        self.service.start()

    def known(self, *numbers, version="known-1") -> None:
        """Let the model have looked at these images before."""
        self.store.remember("model_version", version)
        for number in numbers:
            stamp = file_stamp(self.store.location.image_folder / f"{number}.png")
            self.store.put_prediction(number + 1, stamp, prediction(FOUND[number], version=version))

    def settled(self) -> bool:
        return not self.survey.is_working and not self.survey._settle.isActive()

    def usefulness(self) -> dict[int, float]:
        return {image_id - 1: round(one.usefulness, 3) for image_id, one in sorted(self.survey.findings.items())}

    def close(self) -> None:
        self.is_open = False
        self.gate.set()
        self.service.stop()
        self.session.close()

    def _survey(self, request):
        assert self.gate.wait(30)
        self.threads.add(threading.get_ident())
        self.pieces.append(request.image_ids)
        return self.real(request)

    real = staticmethod(survey_module.survey)


@pytest.fixture
def make(qtbot, tmp_path, monkeypatch):
    opened = []

    def build(count=4):
        project = Project(make_images(tmp_path / "images", count), monkeypatch)
        opened.append(project)
        return project

    yield build
    for project in opened:
        if project.is_open:
            project.close()


def lower(project, score=0.3) -> None:
    view = project.workspace.view
    project.workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=score)))


def test_that_everything_is_known_that_was_detected_before_in_a_thread_of_its_own(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    assert project.usefulness() == {0: 0.2, 1: 2.0, 2: 1.0}
    assert frozenset().union(*project.told) == {1, 2, 3}
    assert threading.get_ident() not in project.threads
    assert len(project.threads) == 1


def test_that_a_new_detection_is_surveyed_alone(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    project.serve()
    project.session.detect_all()
    qtbot.waitUntil(lambda: 4 in project.survey.findings)
    assert project.detector.seen == [3]
    assert project.pieces == [(4,)]


def test_that_a_decision_updates_its_image_alone_and_undo_too(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    project.workspace.go_to(2)
    lower(project)
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    gestures.reject_all(project.workspace, "coin")
    qtbot.waitUntil(project.settled)
    assert project.usefulness()[1] == 1.0
    project.workspace.go_to(3)
    project.workspace.undo()
    qtbot.waitUntil(project.settled)
    assert project.usefulness()[1] == 2.0
    assert project.pieces == [(2,), (2,)]


def test_that_a_decision_on_images_that_are_not_on_screen_is_followed(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    rows = (Annotation(1, 2, 1, A), Annotation(2, 3, 1, A))
    project.workspace.execute(Command("import", None, tuple(Edit(None, row) for row in rows)))
    qtbot.waitUntil(project.settled)
    assert sorted(project.pieces[0]) == [2, 3]
    assert project.usefulness() == {0: 0.2, 1: 1.0, 2: 0.0}


def test_that_a_reviewed_image_is_of_no_use_but_keeps_its_differences(qtbot, make):
    project = make()
    project.known(0, 1)
    project.open()
    qtbot.waitUntil(project.settled)
    project.workspace.go_to(2)
    gestures.toggle_reviewed(project.workspace)
    qtbot.waitUntil(project.settled)
    assert project.usefulness()[1] == 0
    qtbot.waitUntil(lambda: project.survey.findings[2].extra == 0)
    lower(project)
    qtbot.waitUntil(lambda: project.survey.findings[2].extra == 2)


def test_that_the_newest_thresholds_win_and_a_slider_is_waited_for(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    view = project.workspace.view
    for step in range(10):
        thresholds = replace(view.thresholds, score_thresh=0.4 + step * 0.05)
        project.workspace.change_view(replace(view, thresholds=thresholds))
    qtbot.waitUntil(project.settled)
    assert len(project.pieces) == 1
    assert [len(one.suggestions) for one in project.survey.findings.values()] == [1, 0, 0]


def test_that_a_moving_slider_lists_nothing(qtbot, make, monkeypatch):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    listed = []
    predicted = project.store.predicted
    monkeypatch.setattr(project.store, "predicted", lambda version: listed.append(version) or predicted(version))
    for step in range(10):
        lower(project, 0.2 + 0.05 * step)
    assert listed == []
    qtbot.waitUntil(project.settled)
    assert len(listed) == 1


def test_that_thresholds_that_change_under_way_drop_what_was_found_with_the_old_ones(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.gate.clear()
    project.open()
    qtbot.waitUntil(lambda: project.survey._request is not None)
    request = project.survey._request
    view = project.workspace.view
    project.workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=0.95)))
    assert request.cancel.is_set()
    project.gate.set()
    qtbot.waitUntil(project.settled)
    assert [one.suggestions for one in project.survey.findings.values()] == [(), (), ()]


def test_that_many_images_are_found_out_about_piece_by_piece_the_unreviewed_ones_first(qtbot, make, monkeypatch):
    monkeypatch.setattr(survey_module, "IMAGES_AT_ONCE", 2)
    project = make()
    project.known(0, 1, 2, 3)
    project.open()
    review(project.workspace, {0: ()})
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    project.survey.renew()
    qtbot.waitUntil(project.settled)
    assert project.pieces == [(2, 3), (4, 1)]


def test_that_renaming_a_category_renews_all_and_recolouring_it_nothing(qtbot, make):
    project = make()
    project.known(0, 1, 2)
    project.open()
    qtbot.waitUntil(project.settled)
    project.pieces.clear()
    category, categories = project.workspace.categories[0], project.workspace.categories
    project.workspace.execute(edits.recolour_category(category, "#00ff00"))
    qtbot.waitUntil(project.settled)
    assert project.pieces == []
    category = project.workspace.categories[0]
    project.workspace.execute(edits.rename_category(category, "cube", categories))
    qtbot.waitUntil(project.settled)
    assert sorted(sum(project.pieces, ())) == [1, 2, 3]


def test_that_what_another_model_found_is_forgotten(qtbot, make):
    project = make()
    project.known(0, 1, 2, version="old")
    project.open()
    review(project.workspace, {0: ()})
    qtbot.waitUntil(project.settled)
    assert set(project.usefulness()) == {0, 1, 2}
    old = dict(project.survey.findings)
    project.told.clear()
    project.serve()
    # Of what is on screen and its neighbours something is known soon; the last image has been looked at by neither.
    qtbot.waitUntil(lambda: set(project.store.predicted("known-1")) == {1, 2, 3} == set(project.survey.findings))
    assert all(project.survey.findings[image_id] is not old[image_id] for image_id in old)
    project.session.detect_all()
    qtbot.waitUntil(lambda: len(project.survey.findings) == 4)
    assert frozenset().union(*project.told) == {1, 2, 3, 4}


def test_that_a_project_that_cannot_be_read_is_told_once_and_nothing_hangs(qtbot, make, monkeypatch):
    project = make()
    project.known(0)

    def fail(_request):
        raise StoreError("The project could not be read: the disk is gone.")

    monkeypatch.setattr(survey_module, "survey", fail)
    project.open()
    qtbot.waitUntil(lambda: bool(project.noticed))
    assert project.noticed == ["The project could not be read: the disk is gone."]
    assert not project.survey.is_working


def test_that_closing_cancels_what_is_under_way(qtbot, make):
    project = make()
    project.known(0, 1)
    project.gate.clear()
    project.open()
    qtbot.waitUntil(lambda: project.survey._request is not None)
    request = project.survey._request
    told = len(project.told)
    project.close()
    assert request.cancel.is_set()
    assert not project.survey.is_working
    assert len(project.told) == told


def test_that_the_most_useful_images_are_had_ready(qtbot, make):
    project = make()
    project.known(0, 1, 2, 3)
    session = project.open()
    qtbot.waitUntil(project.settled)
    near = Neighbours(project.workspace, project.survey, lambda: None)
    first = project.workspace.images[0]
    assert [one.id for one in near.of(first)] == [2, 3]
    assert project.survey.upcoming(2) == []
    project.workspace.change_view(replace(project.workspace.view, useful_first=True))
    assert project.survey.upcoming(2) == [2, 4]
    assert [one.id for one in near.of(first)] == [2, 4]
    qtbot.waitUntil(lambda: session.loader._images.get(4) is not None)
    with qtbot.waitSignal(session.image_shown):
        project.workspace.go_to(4)


def test_that_what_looked_unfinished_to_another_model_is_forgotten(qtbot, make):
    many = tuple(((8.0 * place, 2.0, 8.0 * place + 6, 22.0), 1, 0.9) for place in range(6))
    project = make(2)
    project.known(0, version="old")
    stamp = file_stamp(project.store.location.image_folder / "1.png")
    project.store.put_prediction(2, stamp, prediction(many, version="old"))
    project.open()
    review(project.workspace, {0: (), 1: ()})
    qtbot.waitUntil(lambda: project.survey.unfinished_count == 1)
    project.survey.renew(forget=True)
    assert project.survey.unfinished_count == 0
    qtbot.waitUntil(lambda: project.survey.unfinished_count == 1)


def test_that_an_image_whose_file_is_gone_does_not_look_unfinished(qtbot, make):
    many = tuple(((8.0 * place, 2.0, 8.0 * place + 6, 22.0), 1, 0.9) for place in range(6))
    project = make(2)
    stamp = file_stamp(project.store.location.image_folder / "1.png")
    project.store.put_prediction(2, stamp, prediction(many, version="known-1"))
    project.known(0)
    project.open()
    review(project.workspace, {0: (), 1: ()})
    qtbot.waitUntil(lambda: project.survey.unfinished_count == 1)
    project.workspace.set_missing({2: True})
    qtbot.waitUntil(lambda: project.survey.unfinished_count == 0)
    assert project.survey.findings[2].extra == 6
    project.workspace.set_missing({2: False})
    qtbot.waitUntil(lambda: project.survey.unfinished_count == 1)
