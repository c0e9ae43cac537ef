from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from fake_evaluation import AP, A, KnownDetector, make_images, review
from fake_training import FakeTraining, result
from model_files import write_model

from app.evaluating import Evaluating
from app.model.annotations import Annotation, ImageRecord
from app.model.category_mapping import IGNORED
from app.model.commands import Command, Edit
from app.recent_predictions import RecentPredictions
from app.session import Session
from app.store.patient_store import PatientStore
from app.store.prediction_cache import Seen
from app.workers.detector_service import DetectorService
from app.workers.evaluation_values import EvaluationStage
from app.workers.messages import DetectorState
from detector.image_files import list_images
from detector.types import DetectorError


class Project:
    """An open project of four images, three of them reviewed, with its service, and what the evaluation has said."""

    def __init__(self, folder, detector, *, factory=None) -> None:
        self.folder, self.detector = folder, detector
        self.training = FakeTraining()
        tuner = self.training.tuner(lambda version: KnownDetector(version=version))
        self.service = DetectorService(factory or (lambda: detector), tuner)
        store = PatientStore.open(folder)
        store.list_images(list_images(folder))
        self.session = Session(store, self.service)
        self.workspace = self.session.workspace
        self.evaluating = Evaluating(self.session)
        self.progress, self.measured, self.failures, self.cancels = [], [], [], []
        self.evaluating.progressed.connect(self.progress.append)
        self.evaluating.measured.connect(self.measured.append)
        self.evaluating.failed.connect(self.failures.append)
        self.evaluating.cancelled.connect(lambda: self.cancels.append(True))
        self.session.start()

    def serve(self, qtbot) -> None:
        self.service.start()
        qtbot.waitUntil(lambda: self.service.status.state in (DetectorState.READY, DetectorState.DETECTING))

    @property
    def ends(self) -> int:
        return len(self.measured) + len(self.failures) + len(self.cancels)

    def measure(self, qtbot) -> None:
        before = self.ends
        assert self.evaluating.start()
        qtbot.waitUntil(lambda: self.ends > before)

    def close(self) -> None:
        if self.detector is not None and self.detector._gate is not None:
            self.detector.allow(1000)
        self.evaluating.close()
        self.service.stop()
        self.session.close()


@pytest.fixture
def make(qtbot, tmp_path):
    opened = []

    def build(detector=None, *, images=4, factory=None, reviewed=True, served=True):
        detector = detector or KnownDetector()
        project = Project(make_images(tmp_path / "images", images), detector, factory=factory)
        opened.append(project)
        if reviewed:
            review(project.workspace)
        if served:
            project.serve(qtbot)
        return project

    yield build
    for project in opened:
        project.close()


def test_that_it_lets_the_detector_look_and_then_says_how_good_it_is(qtbot, make):
    project = make()
    project.measure(qtbot)
    (measured,) = project.measured
    assert measured.evaluation.ap == pytest.approx(AP)
    assert sorted(set(project.detector.seen)) == [0, 1, 2]
    stages = [one.stage for one in project.progress]
    assert stages == sorted(stages, key=list(EvaluationStage).index)
    assert set(stages) <= set(EvaluationStage)
    assert stages[-1] is EvaluationStage.COMPUTING
    assert not project.evaluating.is_running
    assert project.evaluating.staleness() == ""


def test_that_what_the_detector_has_said_already_is_taken_from_the_cache(qtbot, make):
    project = make()
    project.measure(qtbot)
    seen = list(project.detector.seen)
    project.measure(qtbot)
    assert project.detector.seen == seen
    assert len(project.measured) == 2
    assert EvaluationStage.DETECTING not in [one.stage for one in project.progress[-2:]]


def test_that_nothing_reviewed_and_no_boxes_are_a_sentence_each(qtbot, make):
    project = make(reviewed=False)
    assert not project.evaluating.start()
    assert "No image is reviewed yet" in project.failures[0]
    review(project.workspace, {2: ()})
    project.measure(qtbot)
    assert "have no boxes" in project.failures[1]
    assert not project.evaluating.is_running


def test_that_a_detector_that_is_not_there_yet_or_has_failed_is_a_sentence(qtbot, make):
    def fail():
        raise DetectorError("The weights are damaged.")

    project = make(factory=fail, served=False)
    assert not project.evaluating.start()
    assert "not loaded yet" in project.failures[0]
    project.service.start()
    qtbot.waitUntil(lambda: project.service.status.state is DetectorState.FAILED)
    assert not project.evaluating.start()
    assert project.failures[1] == "There is no detector to measure: The weights are damaged."


def test_that_an_image_that_cannot_be_read_is_left_out_and_the_reason_is_known(qtbot, make):
    project = make(served=False)
    record = project.workspace.images[1]
    (project.folder / record.path).write_bytes(b"no image")
    project.serve(qtbot)
    project.measure(qtbot)
    (measured,) = project.measured
    assert measured.unseen == (record.id,)
    assert measured.evaluation.images == 2
    assert record.path in project.evaluating.unreadable[record.id]


def test_that_a_detector_that_fails_on_every_image_is_a_sentence(qtbot, make):
    detector = KnownDetector()
    detector.failing = "The memory does not suffice."
    project = make(detector)
    project.measure(qtbot)
    sentence = "The detector could look at none of the reviewed images: The memory does not suffice."
    assert project.failures == [sentence]


def test_that_cancelling_ends_it_and_the_figures_before_stay(qtbot, make):
    project = make(KnownDetector(gated=True))
    assert project.evaluating.start()
    assert not project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    project.evaluating.cancel()
    assert project.cancels == [True]
    assert not project.evaluating.is_running
    project.detector.allow(1000)
    project.evaluating.cancel()
    assert project.cancels == [True]
    project.measure(qtbot)
    assert project.measured[0].evaluation.ap == pytest.approx(AP)


def test_that_the_image_on_screen_is_served_between_two_of_its_images(qtbot, make):
    project = make(KnownDetector(gated=True), images=9, reviewed=False)
    project.detector.allow(3)
    qtbot.waitUntil(lambda: project.detector.seen == [0, 1, 2])  # the image on screen and its neighbours
    review(project.workspace, {3: ((A, 1),), 4: (), 5: ()})
    assert project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    project.workspace.go_to(project.workspace.images[8].id)
    project.detector.allow(100)
    qtbot.waitUntil(lambda: project.measured != [])
    assert project.detector.seen.index(8) < project.detector.seen.index(4)
    assert project.measured[0].evaluation.images == 3


def test_that_another_model_ends_it_with_a_sentence(qtbot, make):
    project = make(KnownDetector(gated=True))
    assert project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    project.service.use(lambda: KnownDetector(version="known-2"))
    assert "something else to do" in project.failures[0]
    project.detector.allow(100)


def test_that_another_way_to_look_ends_it_with_a_sentence(qtbot, make):
    project = make(KnownDetector(gated=True))
    assert project.evaluating.start()
    project.service.tiling.toggle()  # while the project is read
    qtbot.waitUntil(lambda: project.failures != [])
    assert "something else to do" in project.failures[0]
    project.detector.allow(100)


def test_that_a_detection_of_the_folder_goes_on_after_it(qtbot, make):
    project = make(KnownDetector(gated=True))
    project.session.detect_all()
    assert project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    project.detector.allow(1000)
    qtbot.waitUntil(lambda: project.measured != [])
    looking = [one for one in project.progress if one.stage is EvaluationStage.DETECTING]
    assert {one.total for one in looking} == {3}
    every = {one.id for one in project.workspace.images}
    qtbot.waitUntil(lambda: project.session.store.predicted("known-1").keys() == every)


@pytest.mark.parametrize("cancels", [False, True])
def test_that_a_detection_of_the_folder_that_is_paused_stays_so_after_it(qtbot, make, cancels):
    project = make(KnownDetector(gated=True), images=9)
    folder = []
    project.service.progressed.connect(folder.append)
    project.session.detect_all()
    project.service.pause_folder(paused=True)
    assert project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    assert not folder[-1].paused
    if cancels:
        project.evaluating.cancel()
    project.detector.allow(1000)
    qtbot.waitUntil(lambda: project.ends == 1 and folder[-1].total > 3)
    assert (folder[-1].paused, folder[-1].finished) == (True, False)
    every = {one.id for one in project.workspace.images}
    assert project.session.store.predicted("known-1").keys() != every
    project.service.pause_folder(paused=False)
    qtbot.waitUntil(lambda: project.session.store.predicted("known-1").keys() == every)


def test_that_who_starts_the_detection_of_the_folder_again_does_not_find_it_paused(qtbot, make):
    project = make(images=9)
    project.session.detect_all()
    project.service.pause_folder(paused=True)
    project.service.cancel_folder()
    project.session.detect_all()
    every = {one.id for one in project.workspace.images}
    qtbot.waitUntil(lambda: project.session.store.predicted("known-1").keys() == every)


def test_that_stopping_the_detection_of_the_folder_ends_it_too(qtbot, make):
    project = make(KnownDetector(gated=True))
    assert project.evaluating.start()
    qtbot.waitUntil(lambda: project.evaluating._run.stage is EvaluationStage.DETECTING)
    project.service.cancel_folder()
    assert len(project.failures) == 1
    project.detector.allow(100)


def draw_on(project, place):
    record = project.workspace.images[place]
    row = Annotation(project.workspace.next_ids().annotation, record.id, 1, A)
    project.workspace.execute(Command("draw", record.id, (Edit(None, row),)))


def test_that_a_change_of_a_reviewed_image_makes_it_stale_until_it_is_measured_again(qtbot, make):
    project = make()
    project.measure(qtbot)
    draw_on(project, 3)
    assert project.evaluating.staleness() == ""
    with qtbot.waitSignal(project.evaluating.staleness_changed):
        draw_on(project, 1)
    assert "Reviewed images" in project.evaluating.staleness()
    project.measure(qtbot)
    assert project.evaluating.staleness() == ""


def test_that_a_change_while_it_runs_makes_what_it_measures_stale(qtbot, make):
    project = make(KnownDetector(gated=True))
    assert project.evaluating.start()
    project.workspace.go_to(project.workspace.images[3].id)
    record = project.workspace.images[3]
    edit = Edit(record.mark, replace(record.mark, reviewed=True))
    project.workspace.execute(Command("mark", record.id, (edit,)))
    project.detector.allow(100)
    qtbot.waitUntil(lambda: project.measured != [])
    assert "Reviewed images" in project.evaluating.staleness()


def test_that_another_model_iou_way_to_look_or_mapping_makes_it_stale(qtbot, make):
    project = make()
    project.measure(qtbot)
    view = project.workspace.view
    project.workspace.change_view(replace(view, thresholds=replace(view.thresholds, nms_thresh=0.7)))
    assert "NMS IoU" in project.evaluating.staleness()
    project.workspace.change_view(view)
    project.workspace.change_view(replace(view, thresholds=replace(view.thresholds, score_thresh=0.7)))
    assert project.evaluating.staleness() == ""
    with qtbot.waitSignal(project.evaluating.staleness_changed):
        project.service.tiling.toggle()
    assert "looked at in another way" in project.evaluating.staleness()
    project.service.tiling.toggle()
    assert project.evaluating.staleness() == ""
    project.session.map_categories({"coin": IGNORED})
    assert "categories mean" in project.evaluating.staleness()
    project.session.map_categories({})
    assert project.evaluating.staleness() == ""
    project.service.use(lambda: KnownDetector(version="known-2"))
    qtbot.waitUntil(lambda: project.service.status.model_version == "known-2")
    assert "Another model" in project.evaluating.staleness()


def test_that_what_a_person_ignores_is_not_measured(qtbot, make):
    project = make()
    project.session.map_categories({"coin": IGNORED})
    project.measure(qtbot)
    assert project.measured[0].unknown == ("coin",)
    assert project.measured[0].left_out == ("coin",)


def test_that_a_version_of_this_project_is_known_as_one(qtbot, make):
    project = make()
    project.measure(qtbot)
    assert project.evaluating.trained_version() is None
    assert project.evaluating.model == "Known"
    project.training.steps = (result(),)
    assert project.session.tuning.start()
    qtbot.waitUntil(lambda: project.session.tuning.active is not None)
    version = project.session.tuning.active
    qtbot.waitUntil(lambda: project.service.status.model_version == version.version)
    project.measure(qtbot)
    assert project.evaluating.trained_version() == version
    assert project.evaluating.model == version.title


def test_that_a_model_of_a_file_is_called_as_the_window_calls_it(qtbot, make, tmp_path):
    project = make()
    project.session.serving.use_base(write_model(tmp_path / "mine.safetensors", "die"))
    qtbot.waitUntil(lambda: project.service.status.state is DetectorState.READY)
    project.measure(qtbot)
    assert project.evaluating.model == project.session.serving.title == "mine"


def test_that_closing_while_it_computes_is_quiet(qtbot, make):
    project = make()
    project.evaluating.start()
    project.evaluating.close()
    assert project.ends == 0
    project.evaluating = Evaluating(project.session)


@pytest.mark.parametrize(
    ("seen", "tile", "is_seen"),
    [
        (Seen("", 1, 5000), 0, True),
        (Seen("", 1, 5000), 1024, False),
        (Seen("", 6, 5000), 1024, True),
        (Seen("", 6, 5000), 0, False),
        (Seen("", 1, 100), 1024, True),
        (Seen("", 1, 0), 0, True),
        (Seen("", 1, 0), 1024, False),
        (Seen("", 6, 0), 1024, True),
        (None, 0, False),
    ],
)
def test_that_what_was_seen_as_it_would_be_now_is_not_looked_at_again(
    seen: Seen | None, tile: int, is_seen: bool
) -> None:
    predictions = RecentPredictions(SimpleNamespace(predicted=lambda _: {} if seen is None else {1: seen}), "base")
    predictions.tile = tile
    assert (predictions.lacking([ImageRecord(1, "1.png")]) == {}) == is_seen


@pytest.mark.parametrize(("size", "is_seen"), [((480, 640), True), ((480, 5000), False)])
def test_that_the_size_of_an_image_tells_of_what_was_kept_without_it(size: tuple[int, int], is_seen: bool) -> None:
    predictions = RecentPredictions(SimpleNamespace(predicted=lambda _: {1: Seen("", 1, 0)}), "base")
    predictions.tile = 1024
    assert (predictions.lacking([ImageRecord(1, "1.png", size=size)]) == {}) == is_seen
