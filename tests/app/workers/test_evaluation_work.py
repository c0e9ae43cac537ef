from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fake_evaluation import AP, AP_OF_DIE, AR100, FAR, FOUND, NAMES, TRUTH, VOC07, A, C, make_images, prediction, review

from app.model import edits
from app.model.annotations import Flag
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.prediction_cache import PREDICTIONS, file_stamp
from app.store.project_store import ProjectStore
from app.workers import evaluation_work
from app.workers.evaluation_values import EvaluationRequest
from app.workers.evaluation_work import measure, read_reviewed
from detector.evaluation_summary import summarise
from detector.filtering import OBJECT_IOU, CandidateFilter, select
from detector.image_files import list_images
from detector.types import Thresholds

if TYPE_CHECKING:
    from app.workers.evaluation_values import Measured


class Project:
    """A project with reviewed images whose predictions are kept."""

    def __init__(self, folder) -> None:
        self.store = ProjectStore.open(folder)
        self.store.list_images(list_images(folder))
        self.workspace = Workspace(self.store)

    def keep(self, found=FOUND, names=NAMES, version="known-1") -> None:
        for number, each in found.items():
            record = self.workspace.images[number]
            stamp = file_stamp(self.store.image_path(record))
            self.store.put_prediction(record.id, stamp, prediction(each, names, version))

    def request(self, shown=NAMES, **changed) -> EvaluationRequest:
        images = {one.path: one.id for one in self.workspace.images if one.reviewed}
        return replace(EvaluationRequest(self.store.location, "known-1", images, shown, 0.5), **changed)

    def measured(self, request=None, score_thresh=0.5) -> Measured:
        request = request or self.request()
        reviewed = read_reviewed(request)
        assert reviewed is not None
        found = measure(request, reviewed, score_thresh)
        assert found is not None
        return found


@pytest.fixture
def project(tmp_path):
    made = Project(make_images(tmp_path / "images"))
    review(made.workspace)
    yield made
    made.store.close()


def test_that_what_was_seen_as_a_whole_is_seen_again_where_tiles_are_wanted(project):
    project.keep()
    request = project.request(tile=8)
    reviewed = read_reviewed(request)
    assert reviewed.lacking == reviewed.image_ids
    assert project.measured(request).unseen == reviewed.image_ids
    for image_id, record in zip(reviewed.image_ids, project.workspace.images, strict=False):
        tiled = replace(prediction(FOUND[0]), looks=7)
        project.store.put_prediction(image_id, file_stamp(project.store.image_path(record)), tiled)
    assert read_reviewed(request).lacking == ()
    assert project.measured(request).unseen == ()
    assert read_reviewed(project.request()).lacking == reviewed.image_ids


def test_that_the_figures_are_those_worked_out_by_hand(project):
    project.keep()
    evaluation = project.measured().evaluation
    assert (evaluation.images, evaluation.boxes) == (3, 3)
    assert (evaluation.ap, evaluation.ap50, evaluation.ap75) == pytest.approx((AP, AP, AP))
    assert evaluation.voc07 == pytest.approx(VOC07)
    assert evaluation.ar100 == pytest.approx(AR100)
    die, coin = evaluation.categories
    assert (die.name, die.boxes, die.found, die.wrong) == ("die", 2, 1, 2)
    assert die.ap50 == pytest.approx(AP_OF_DIE)
    assert (coin.boxes, coin.precision, coin.recall) == (1, 1.0, 1.0)
    assert coin.ap == pytest.approx(1.0)


def test_that_a_slider_counts_anew_without_measuring(project):
    project.keep()
    measured = project.measured()
    die, coin = measured.categories_at(0.65)
    assert (die.found, die.wrong, die.precision, die.recall) == (1, 1, 0.5, 0.5)
    assert (coin.found, coin.wrong) == (1, 0)
    assert [(one.index, one.missed, one.wrong) for one in measured.worst_at(0.5)] == [(0, 1, 1), (2, 0, 1)]
    assert [(one.index, one.missed, one.wrong) for one in measured.worst_at(0.65)] == [(0, 1, 0), (2, 0, 1)]
    assert [(one.index, one.missed, one.wrong) for one in measured.worst_at(1.0)] == [(0, 2, 0), (1, 1, 0)]
    assert [measured.names[one.index] for one in measured.worst_at(0.5)] == ["0.png", "2.png"]


@pytest.mark.parametrize("score_thresh", [0.0, 0.3, 0.5, 0.62, 0.99])
def test_that_counting_anew_equals_measuring_at_that_threshold(project, score_thresh):
    rng = np.random.default_rng(int(100 * score_thresh))
    found = {}
    for number in TRUTH:
        corners = rng.uniform(0, 30, (40, 2))
        boxes = np.concatenate([corners, corners + rng.uniform(3, 20, (40, 2))], axis=1)
        boxes[:4] = (A, C, FAR, A)
        scores = np.sort(rng.uniform(0.02, 1, 40).astype(np.float32))[::-1]
        found[number] = [
            (tuple(box), int(label), float(score))
            for box, label, score in zip(boxes, rng.integers(1, 3, 40), scores, strict=True)
        ]
    project.keep(found)
    request = project.request()
    reviewed = read_reviewed(request)
    measured = measure(request, reviewed, 0.5)
    seen = [prediction(found[number]) for number in TRUTH]
    proposals = [each.proposals for each in seen]
    all_of, suggested = (
        summarise(
            reviewed.images,
            [select(each.candidates, Thresholds(0.0, 0.5, object_thresh=most)) for each in seen],
            proposals, NAMES, score_thresh,
        )
        for most in (1.0, OBJECT_IOU)
    )  # fmt: skip
    expected = tuple(
        replace(one, found=shown.found, wrong=shown.wrong)
        for one, shown in zip(all_of.categories, suggested.categories, strict=True)
    )
    assert measured.categories_at(score_thresh) == expected
    assert measured.worst_at(score_thresh) == suggested.worst


def test_that_of_two_names_for_one_object_the_one_that_is_suggested_counts(project):
    (x1, y1, x2, y2) = A
    project.keep({**FOUND, 0: [(A, 1, 0.9), ((x1, y1, x2 - 0.5, y2), 2, 0.8)]})
    measured = project.measured()
    die, coin = measured.categories_at(0.3)
    assert (coin.wrong, measured.evaluation.categories[1].wrong) == (0, 1)
    assert die.found == measured.evaluation.categories[0].found


def test_that_each_look_at_a_large_image_may_have_found_as_many_as_a_small_one(project, monkeypatch):
    monkeypatch.setattr(evaluation_work, "MAX_DETECTIONS", 1)
    project.keep()
    assert project.measured().evaluation.categories[0].wrong == 1  # of image 0 only the better one counts
    for number, each in FOUND.items():
        record = project.workspace.images[number]
        stamp = file_stamp(project.store.image_path(record))
        project.store.put_prediction(record.id, stamp, replace(prediction(each), looks=2))
    assert project.measured(project.request(tile=8)).evaluation.categories[0].wrong == 2


def test_that_nms_of_an_image_is_done_once(project, monkeypatch):
    project.keep()
    made = []
    monkeypatch.setattr(
        evaluation_work, "CandidateFilter", lambda candidates: made.append(candidates) or CandidateFilter(candidates)
    )
    assert project.measured().evaluation.images == len(made) == 3


def test_that_a_box_marked_as_difficult_is_left_out_of_vocs_figure_alone(project):
    project.keep()
    before = project.measured().evaluation
    image = next(one for one in project.workspace.images if one.reviewed and project.store.annotations_of(one.id))
    project.workspace.execute(edits.set_flag(project.store.annotations_of(image.id), Flag.DIFFICULT))
    after = project.measured().evaluation
    assert after.voc07 != before.voc07
    assert (after.ap, after.boxes, after.categories, after.worst) == (
        before.ap,
        before.boxes,
        before.categories,
        before.worst,
    )


def test_that_the_detector_must_look_at_what_it_has_not_seen_or_what_was_replaced(project):
    project.keep({0: FOUND[0], 1: FOUND[1]})
    make = project.store.image_path(project.workspace.images[1])
    make.write_bytes(make.read_bytes() + b"0")
    reviewed = read_reviewed(project.request())
    assert reviewed.image_ids == tuple(one.id for one in project.workspace.images[:3])
    assert reviewed.lacking == (project.workspace.images[1].id, project.workspace.images[2].id)
    assert reviewed.boxes == 3
    assert len(read_reviewed(project.request(model_version="another")).lacking) == 3


def test_that_images_without_a_prediction_are_left_out_and_named(project):
    project.keep({1: FOUND[1]})
    measured = project.measured()
    assert measured.evaluation.images == 1
    assert measured.names == ("1.png",)
    assert measured.unseen == (project.workspace.images[0].id, project.workspace.images[2].id)
    assert measured.worst_at(0.5) == ()


def test_that_nothing_seen_gives_empty_figures(project):
    measured = project.measured()
    assert measured.evaluation.ap is None
    assert measured.image_ids == ()
    assert measured.worst_at(0.5) == ()
    assert [one.found for one in measured.categories_at(0.5)] == [0, 0]


def test_that_categories_are_those_of_the_project_whatever_the_model_calls_them(project):
    swapped = {0: ((A, 2, 0.9), (FAR, 2, 0.6)), 1: ((C, 1, 0.8),), 2: ((FAR, 2, 0.7),)}
    project.keep(swapped, ("money", "cube", "cat"))
    measured = project.measured(project.request(("coin", "die", "cat")))
    assert measured.evaluation.ap == pytest.approx(AP)
    assert measured.left_out == ("cat",)
    assert measured.unknown == ()


def test_that_what_is_ignored_or_unknown_is_not_counted_as_wrong(project):
    project.keep(FOUND, ("die", "money"))
    measured = project.measured(project.request(("die", None)))
    assert measured.unknown == ("coin",)
    assert measured.left_out == ("money",)
    die, coin = measured.categories_at(0.5)
    assert (coin.found, coin.wrong, coin.ap50) == (0, 0, 0.0)
    assert (die.found, die.wrong) == (1, 2)


def test_that_a_model_that_only_proposes_is_measured_without_categories(project):
    found = {number: tuple((box, 1, score) for box, _, score in each) for number, each in FOUND.items()}
    project.keep(found, ("object",))
    measured = project.measured(project.request(("object",), is_agnostic=True))
    (only,) = measured.categories_at(0.5)
    assert (only.name, only.boxes, only.found, only.wrong) == ("object", 3, 2, 2)
    assert measured.unknown == ()
    assert measured.evaluation.ar100 == pytest.approx(AR100)


def test_that_the_iou_of_the_nms_is_that_of_the_request(project):
    near = (A[0], A[1], A[2], A[3] - 6)  # IoU 0.7 with A
    project.keep({0: ((A, 1, 0.9), (near, 1, 0.8)), 1: FOUND[1], 2: ()})
    assert project.measured(project.request(nms_thresh=0.5)).categories_at(0.5)[0].wrong == 0
    assert project.measured(project.request(nms_thresh=0.8)).categories_at(0.5)[0].wrong == 1


def test_that_cancelling_ends_both_parts(project):
    project.keep()
    request = project.request()
    reviewed = read_reviewed(request)
    request.cancel.set()
    assert read_reviewed(request) is None
    assert measure(request, reviewed, 0.5) is None


def test_that_a_cache_that_is_gone_is_a_sentence(project):
    request = project.request()
    project.store.close()
    for name in (PREDICTIONS, f"{PREDICTIONS}-wal", f"{PREDICTIONS}-shm"):
        (project.store.location.cache / name).unlink(missing_ok=True)
    with pytest.raises(StoreError, match="cannot be read"):
        read_reviewed(request)
