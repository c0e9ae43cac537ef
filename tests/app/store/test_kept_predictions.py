from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from fake_evaluation import FOUND, prediction

from app.model.storage import StoreError
from app.store.kept_predictions import KeptPredictions
from app.store.prediction_cache import PREDICTIONS, PredictionCache


@pytest.fixture
def cache(tmp_path):
    made = PredictionCache(tmp_path)
    made.put(1, "stamp-1", prediction(FOUND[0]))
    made.put(2, "stamp-2", prediction(FOUND[1]))
    made.put(2, "stamp-2", prediction(FOUND[2], version="other"))
    yield made
    made.close()


def stamps(kept):
    return {image_id: seen.stamp for image_id, seen in kept.seen().items()}


def test_that_it_reads_what_the_writer_beside_it_has_kept(cache, tmp_path):
    with closing(KeptPredictions(tmp_path, "known-1")) as kept:
        assert stamps(kept) == {1: "stamp-1", 2: "stamp-2"}
        found = kept.get(1, "stamp-1")
        assert found is not None
        assert np.array_equal(found.candidates.boxes, prediction(FOUND[0]).candidates.boxes)
        cache.put(3, "stamp-3", prediction(()))
        later = kept.get(3, "stamp-3")
        assert later is not None
        assert len(later.candidates) == 0


def test_that_another_file_and_another_version_have_no_prediction(cache, tmp_path):
    with closing(KeptPredictions(tmp_path, "other")) as kept:
        assert stamps(kept) == {2: "stamp-2"}
        assert kept.get(1, "stamp-1") is None
        assert kept.get(2, "stamp-of-a-replaced-file") is None


def test_that_a_damaged_prediction_is_none(cache, tmp_path):
    with closing(sqlite3.connect(tmp_path / PREDICTIONS)) as connection:
        connection.execute("UPDATE predictions SET prediction = ? WHERE image_id = 1", (b"no prediction",))
        connection.commit()
    with closing(KeptPredictions(tmp_path, "known-1")) as kept:
        assert kept.get(1, "stamp-1") is None
        assert kept.get(2, "stamp-2") is not None


def test_that_a_cache_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(StoreError, match="cannot be read"):
        KeptPredictions(tmp_path / "nowhere", "known-1")
