from __future__ import annotations

import numpy as np
import pytest
import torch

from detector import checkpoints
from detector.predictor import Predictor, choose_device, open_predictor
from detector.types import DetectorError

CPU = torch.device("cpu")


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8)


def predictor(model, precision="exact", **options):
    return Predictor(
        model, [f"c{n}" for n in range(model.num_categories)], "v1", device=CPU, precision=precision, **options
    )


def test_that_a_prediction_is_in_original_pixels_ordered_and_inside_the_image(make_model, picture):
    prediction = predictor(make_model("mobilenet_v3_large_320_fpn", 3)).predict(picture)
    assert prediction.image_size == (120, 200)
    for boxes in (prediction.proposals.boxes, prediction.candidates.boxes):
        assert len(boxes) > 0
        assert boxes.min() >= 0
        assert boxes[:, [0, 2]].max() <= 200 + 1e-3
        assert boxes[:, [1, 3]].max() <= 120 + 1e-3
    assert np.all(np.diff(prediction.candidates.scores) <= 0)
    assert np.all(np.diff(prediction.proposals.objectness) <= 0)
    assert set(prediction.candidates.labels) <= {1, 2, 3}
    assert prediction.candidates.proposal_indices.max() < len(prediction.proposals)
    assert (prediction.categories, prediction.model_version) == (("c0", "c1", "c2"), "v1")


def test_that_candidates_lie_above_the_floor_and_the_floor_is_said(make_model, picture):
    low, high = (predictor(make_model("embedded", 3), score_floor=floor).predict(picture) for floor in (0.05, 0.3))
    assert len(low.candidates) > len(high.candidates) > 0
    assert high.candidates.scores.min() > 0.3
    assert high.score_floor == 0.3


def test_that_the_values_cannot_be_changed(make_model, picture):
    prediction = predictor(make_model("embedded", 2)).predict(picture)
    with pytest.raises(ValueError, match="read-only"):
        prediction.candidates.boxes[0, 0] = 1


def test_that_names_and_head_must_agree(make_model):
    with pytest.raises(ValueError, match="2 names for a head of 3"):
        Predictor(make_model("embedded", 3), ["a", "b"], "v", device=CPU)


def test_that_a_model_with_broken_weights_says_so(make_model, picture):
    model = make_model("embedded", 2)
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias.fill_(torch.nan)
    with pytest.raises(DetectorError, match="not finite"):
        predictor(model).predict(picture)


def test_that_running_out_of_memory_shrinks_the_image_then_moves_to_the_cpu(make_model, picture, monkeypatch):
    found = predictor(make_model("embedded", 2))
    found._device = torch.device("meta")  # stands for a GPU; only its kind is asked for
    refusals = iter([True, True, False])
    sizes = []

    def analyse(images):
        sizes.append(found._model.transform.min_size[0])
        if next(refusals):
            raise torch.OutOfMemoryError
        return real([torch.zeros(3, 120, 200)])

    real = found._model.analyse
    monkeypatch.setattr(found, "_upload", lambda image: image)
    monkeypatch.setattr(type(found._model), "analyse", lambda _model, images: analyse(images))
    found.predict(picture)
    assert sizes == [256, 128, 256]
    assert found.device == "cpu"
    assert "on the CPU" in found.notice


def test_that_the_cpu_out_of_memory_is_a_sentence(make_model, picture, monkeypatch):
    found = predictor(make_model("embedded", 2))

    def refuse(_model, _images):
        torch.empty(1 << 60, dtype=torch.uint8)  # what torch raises here is not its OutOfMemoryError

    monkeypatch.setattr(type(found._model), "analyse", refuse)
    with pytest.raises(DetectorError, match="not enough memory"):
        found.predict(picture)


def test_that_an_error_of_another_kind_is_not_taken_for_memory(make_model, picture, monkeypatch):
    def fail(_model, _images):
        raise RuntimeError("shapes cannot be multiplied")

    found = predictor(make_model("embedded", 2))
    monkeypatch.setattr(type(found._model), "analyse", fail)
    with pytest.raises(RuntimeError, match="multiplied"):
        found.predict(picture)


@pytest.mark.parametrize("name", ["gpu9", "cuda:99", "xpu"])
def test_that_an_absent_device_is_a_sentence(name):
    with pytest.raises(DetectorError, match="device"):
        choose_device(name)


def test_that_the_default_device_is_the_best_there_is():
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device().type == best


def test_that_a_saved_model_opens_as_a_predictor_of_its_version(make_model, picture, tmp_path):
    checkpoints.save(tmp_path / "mine.safetensors", make_model("embedded", 2), ["cat", "dog"])
    opened = open_predictor(tmp_path / "mine.safetensors", device="cpu")
    prediction = opened.predict(picture)
    assert prediction.categories == ("cat", "dog")
    assert prediction.model_version.startswith("mine-")
