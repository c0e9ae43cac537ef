from __future__ import annotations

import shutil
import threading

import pytest
from fake_evaluation import FAR, NAMES, A, make_images, prediction, review

from app.model.category_mapping import IGNORED, Target, Terms
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore
from app.workers.survey_work import SurveyRequest, survey
from detector.image_files import list_images
from detector.types import Thresholds

FOUND = ((A, 1, 0.9), (FAR, 2, 0.6))


@pytest.fixture
def store(tmp_path):
    """Four images, the first three reviewed; the model has looked at all but the last."""
    opened = ProjectStore.open(make_images(tmp_path / "images"))
    opened.list_images(list_images(tmp_path / "images"))
    workspace = Workspace(opened)
    review(workspace)
    for record in workspace.images[:3]:
        opened.put_prediction(record.id, "a file that is long gone", prediction(FOUND))
    yield opened
    opened.close()


def request(store, terms=None, ids=(1, 2, 3, 4), version="known-1"):
    return SurveyRequest(store.location, version, terms or Terms(tuple(store.categories())), Thresholds(), tuple(ids))


def test_that_each_image_is_compared_with_what_was_decided_on_it(store):
    found = survey(request(store))
    assert list(found) == [1, 2, 3, 4]
    assert [(one.extra, one.missed) for one in (found[1], found[2], found[3])] == [(1, 1), (2, 1), (2, 0)]
    assert found[1].suggestions == (("coin", 0.6),)
    assert found[4] is None


def test_that_only_what_that_version_said_counts_and_unknown_images_have_no_finding(store):
    assert survey(request(store, ids=(1, 99))).keys() == {1, 99}
    assert survey(request(store, ids=(99,))) == {99: None}
    assert survey(request(store, version="another")) == dict.fromkeys((1, 2, 3, 4))


def test_that_names_are_those_of_the_project(store):
    categories = tuple(store.categories())
    mapping = {"die": IGNORED, "coin": Target(category_id=1)}
    found = survey(request(store, Terms(categories, mapping)))
    assert found[3].suggestions == (("die", 0.6),)
    assert survey(request(store, Terms(categories, {}, {"coin": "thaler"})))[3].suggestions[1] == ("thaler", 0.6)
    assert [name for name, _ in survey(request(store))[3].suggestions] == list(NAMES)


def test_that_what_was_kept_is_read_too(store):
    workspace = Workspace(store)
    workspace.go_to(1)
    before = survey(request(store))[1]
    (missed,) = (one for one in workspace.annotations.values() if one.box != A)
    workspace.keep(missed)
    assert (before.missed, survey(request(store))[1].missed) == (1, 0)


def test_that_a_cancelled_survey_stops_at_the_next_image(store):
    class AfterOne(threading.Event):
        asked = 0

        def is_set(self):
            self.asked += 1
            return self.asked > 1

    wanted = SurveyRequest(
        store.location, "known-1", Terms(tuple(store.categories())), Thresholds(), (1, 2, 3), cancel=AfterOne()
    )
    assert list(survey(wanted)) == [1]


def test_that_a_project_that_cannot_be_read_is_a_sentence(store):
    wanted = request(store)
    shutil.rmtree(store.location.cache)
    with pytest.raises(StoreError, match="cannot be read"):
        survey(wanted)
