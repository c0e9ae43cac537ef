from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.model.storage import StoreError
from app.store import prediction_cache
from app.store.database import open_database
from app.store.prediction_cache import PredictionCache, Seen, file_stamp
from detector.fine_tune_values import DataCounts, Stage, StageResult
from detector.packing import decode, encode
from detector.tiling import TILE
from detector.types import Candidates, Prediction, Proposals

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.project_store import ProjectStore


def assert_equal(one: Prediction, other: Prediction) -> None:
    for name in ("image_size", "categories", "model_version", "score_floor", "looks"):
        assert getattr(one, name) == getattr(other, name)
    for part, names in (("proposals", ("boxes", "objectness")), ("candidates", ("boxes", "scores", "labels"))):
        for name in names:
            np.testing.assert_array_equal(getattr(getattr(one, part), name), getattr(getattr(other, part), name))
    np.testing.assert_array_equal(one.candidates.proposal_indices, other.candidates.proposal_indices)


def test_that_a_prediction_keeps_every_bit(prediction: Prediction) -> None:
    assert_equal(decode(encode(prediction)), prediction)


def test_that_it_is_kept_of_how_many_looks_a_prediction_was_merged(tmp_path: Path, prediction: Prediction) -> None:
    tiled = replace(prediction, looks=37)
    assert_equal(decode(encode(tiled)), tiled)
    cache = PredictionCache(tmp_path)
    cache.put(1, "stamp", tiled)
    cache.put(2, "stamp", prediction)
    side = max(prediction.image_size)
    assert cache.seen("v1") == {1: Seen("stamp", 37, side), 2: Seen("stamp", 1, side)}
    cache.close()


def test_that_a_cache_from_before_tiles_goes_on(tmp_path: Path, prediction: Prediction) -> None:
    with closing(open_database(tmp_path / "predictions.db", prediction_cache._MIGRATIONS[:1])) as old:
        old.execute("INSERT INTO predictions VALUES (1, 'v1', 'stamp', ?)", (encode(prediction),))
    cache = PredictionCache(tmp_path)
    found = cache.get(1, "v1", "stamp")
    assert found is not None
    assert_equal(found, prediction)
    assert cache.seen("v1") == {1: Seen("stamp", 1, 0)}
    (seen,) = cache.seen("v1").values()
    assert [seen.is_so(tile, None) for tile in (0, TILE)] == [True, False]  # nobody knows how large it is
    assert [seen.is_so(TILE, size) for size in ((480, 640), (480, 5000))] == [True, False]
    assert list(tmp_path.glob("*backup*")) == []
    cache.close()


def test_that_a_prediction_of_nothing_is_kept_too() -> None:
    empty = Prediction((10, 20), Proposals([], []), Candidates([], [], [], []), (), "v1", 0.05)
    assert_equal(decode(encode(empty)), empty)


def test_that_predictions_are_kept_per_image_and_model_version(store: ProjectStore, prediction: Prediction) -> None:
    first, second, *_ = store.images()
    store.put_prediction(first.id, file_stamp(store.image_path(first)), prediction)
    found = store.prediction_of(first, "v1")
    assert found is not None
    assert_equal(found, prediction)
    assert store.prediction_of(first, "v2") is None
    assert store.prediction_of(second, "v1") is None


def test_that_what_was_seen_without_memory_is_not_kept_as_what_the_model_says(
    store: ProjectStore, prediction: Prediction
) -> None:
    first, second, *_ = store.images()
    reduced = replace(prediction, is_reduced=True)
    store.put_prediction(first.id, file_stamp(store.image_path(first)), reduced)
    store.put_prediction(second.id, file_stamp(store.image_path(second)), prediction)
    store.put_prediction(second.id, file_stamp(store.image_path(second)), reduced)
    assert store.prediction_of(first, "v1") is None
    assert store.prediction_of(second, "v1") is not None  # the better one from before stays
    assert set(store.predicted("v1")) == {second.id}


def test_that_the_prediction_of_a_replaced_image_file_is_not_shown(store: ProjectStore, prediction: Prediction) -> None:
    record = store.images()[0]
    store.put_prediction(record.id, file_stamp(store.image_path(record)), prediction)
    os.utime(store.image_path(record), ns=(1, 1))
    assert store.prediction_of(record, "v1") is None


def test_that_a_damaged_cache_is_made_anew(tmp_path: Path, prediction: Prediction) -> None:
    (tmp_path / "predictions.db").write_bytes(b"rubbish" * 1000)
    cache = PredictionCache(tmp_path)
    cache.put(1, "stamp", prediction)
    assert cache.get(1, "v1", "stamp") is not None
    cache.close()


@pytest.mark.parametrize("blob", [b"", b"rubbish", encode.__doc__.encode()])
def test_that_a_damaged_entry_is_no_prediction(tmp_path: Path, blob: bytes) -> None:
    cache = PredictionCache(tmp_path)
    columns = "image_id, model_version, stamp, prediction"
    cache._connection.execute(f"INSERT INTO predictions ({columns}) VALUES (1, 'v1', 'stamp', ?)", (blob,))
    assert cache.get(1, "v1", "stamp") is None
    cache.close()


def test_that_the_predictions_of_one_version_are_forgotten(tmp_path: Path, prediction: Prediction) -> None:
    cache = PredictionCache(tmp_path)
    for version in ("v1", "v2"):
        cache.put(1, "stamp", replace(prediction, model_version=version))
    cache.forget("v1")
    assert (set(cache.seen("v1")), set(cache.seen("v2"))) == (set(), {1})
    cache.close()


def test_that_only_the_versions_worth_keeping_are_kept(tmp_path: Path, prediction: Prediction) -> None:
    cache, images = PredictionCache(tmp_path), {1, 64, 1000}
    for version in ("v1", "v2", "v3"):
        for image_id in images:
            cache.put(image_id, "stamp", replace(prediction, model_version=version))
    cache.keep_only(["v2", "v3"])
    assert [set(cache.seen(version)) for version in ("v1", "v2", "v3")] == [set(), images, images]
    cache.keep_only([])
    assert cache.seen("v2") == {}
    cache.close()


def test_that_pruning_a_closed_cache_is_an_error_that_can_be_told(tmp_path: Path) -> None:
    cache = PredictionCache(tmp_path)
    cache.close()
    with pytest.raises(StoreError, match="Old predictions could not be dropped"):
        cache.keep_only(["v1"])


def test_that_a_project_prunes_all_but_the_lineage_and_what_serves(store: ProjectStore, prediction: Prediction) -> None:
    store.location.heads.mkdir()
    result = StageResult(Stage.HEAD, DataCounts(1, 0, 1, 0), None, None, True, None, 1.0)
    for number in range(1, 5):
        path = store.location.heads / f"v{number}.safetensors"
        path.touch()
        store.versions.add(path, f"v{number}", f"v{number - 1}", [(1, "bolt")], result)
    store.versions.set_active(3)
    names = ["v0", "v1", "v2", "v3", "v4", "other", "serving"]
    for name in names:
        store.put_prediction(1, "stamp", replace(prediction, model_version=name))
    store.prune_predictions(["serving"])
    assert [name for name in names if store.predicted(name)] == ["v0", "v2", "v3", "serving"]
