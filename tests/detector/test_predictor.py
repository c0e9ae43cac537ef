from __future__ import annotations

import numpy as np
import pytest
import torch

from detector import calibration, checkpoints, devices
from detector.devices import choose_device
from detector.passes import upload
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor, open_predictor
from detector.roi_features import MAX_PROPOSALS, mirrored
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
    monkeypatch.setattr("detector.predictor.upload", lambda images, _device, **_: images)
    monkeypatch.setattr(type(found._model), "analyse", lambda _model, images: analyse(images))
    found.predict(picture)
    assert sizes == [256, 128, 256]
    assert found.device == "cpu"
    assert "on the CPU" in found.notice


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: unspecified launch failure"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
        torch.AcceleratorError("the device is gone"),
    ],
)
def test_that_a_gpu_that_is_lost_is_left_for_the_cpu_and_not_taken_again(make_model, picture, monkeypatch, error):
    given_up = set()
    monkeypatch.setattr(devices, "_given_up", given_up)
    found = predictor(make_model("embedded", 2))
    found._device = torch.device("meta")  # stands for a GPU; only its kind is asked for
    found._kept.put("image", found._model.maps([torch.zeros(3, 120, 200)]))
    real = found._model.analyse
    refusals = iter([True, False])

    def analyse(_model, _images):
        if next(refusals):
            raise error
        return real([torch.zeros(3, 120, 200)])

    monkeypatch.setattr("detector.predictor.upload", lambda images, _device, **_: images)
    monkeypatch.setattr(type(found._model), "analyse", analyse)
    found.predict(picture)
    assert found.device == "cpu"
    assert found.notice == devices.CANNOT_BE_USED
    assert given_up == {"meta"}
    assert len(found._kept) == 0


def test_that_a_device_that_was_given_up_is_not_chosen(monkeypatch):
    monkeypatch.setattr(devices, "_given_up", set())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device().type == "cuda"
    devices.give_up(torch.device("cuda", 0))
    devices.give_up(torch.device("cpu"))
    assert choose_device().type == "cpu"
    assert choose_device("cuda").type == "cpu"


def test_that_the_cpu_sees_smaller_images_before_it_gives_up(make_model, picture, monkeypatch):
    found = predictor(make_model("embedded", 2))
    real, sizes = found._model.analyse, []

    def analyse(_model, images):
        sizes.append(found._model.transform.min_size[0])
        if len(sizes) == 1:
            raise MemoryError
        return real(images)

    monkeypatch.setattr(type(found._model), "analyse", analyse)
    assert found.predict(picture).image_size == picture.shape[:2]
    assert sizes == [256, 128]
    assert "128 pixels instead of 256" in found.notice


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


# Calibrated scores


def by_pair(prediction):
    """Scores by (proposal, label)."""
    found = prediction.candidates
    pairs = zip(found.proposal_indices.tolist(), found.labels.tolist(), strict=True)
    return dict(zip(pairs, found.scores.tolist(), strict=True))


def test_that_calibrated_scores_are_those_of_the_calibration_and_sorted_again(make_model, picture):
    pairs = [(0.5, -1.0), (1.0, 0.0), (2.0, 1.5)]
    model = make_model("embedded", 3)
    plain = predictor(model, score_floor=0.0).predict(picture).candidates
    found = predictor(model, score_floor=0.02, calibrations=pairs).predict(picture)
    want = calibration.apply(plain.scores, plain.labels, pairs)
    assert np.all(np.diff(found.candidates.scores) <= 0)
    assert found.candidates.scores.min() > 0.02
    assert len(found.candidates) == (want > 0.02).sum()
    scores = by_pair(found)
    for score, label, index in zip(want, plain.labels, plain.proposal_indices, strict=True):
        if score > 0.02:
            assert scores[index, label] == pytest.approx(score, abs=1e-5)
    ordered = zip(plain.labels.tolist(), plain.proposal_indices.tolist(), strict=True)
    ordered = [(index, label) for label, index in ordered if (index, label) in scores]
    assert len(ordered) > 100
    for label in (1, 2, 3):  # whoever scored higher in a category does not score lower now
        row = [scores[pair] for pair in ordered if pair[1] == label]
        assert row == sorted(row, reverse=True)


@pytest.mark.parametrize("pairs", [[], [(1.0, 0.0)] * 3])
def test_that_without_a_calibration_scores_stay_to_the_bit(make_model, picture, pairs):
    model = make_model("embedded", 3)
    with torch.inference_mode():
        (analysis,) = model.analyse([torch.tensor(picture).permute(2, 0, 1).float().div_(255)])
    found = predictor(model, calibrations=pairs).predict(picture).candidates
    scores = analysis.scores[:, 1:].numpy()
    assert np.array_equal(found.scores, scores[found.proposal_indices, found.labels - 1])
    assert len(found) == (scores > 0.02).sum()


def test_that_scores_of_nought_and_one_survive_a_calibration(make_model, picture):
    model = make_model("embedded", 2)
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias.copy_(torch.tensor([0.0, 1e4, -1e4]))
    found = predictor(model, calibrations=[(2.0, 1.0), (2.0, 1.0)]).predict(picture)
    assert set(found.candidates.labels) == {1}
    assert found.candidates.scores.min() > 0.99


def test_that_names_and_calibrations_must_agree(make_model):
    with pytest.raises(ValueError, match="1 calibrations for 2 categories"):
        predictor(make_model("embedded", 2), calibrations=[(1.0, 0.0)])


def test_that_the_calibrations_of_a_file_are_used(make_model, picture, tmp_path):
    path = tmp_path / "x.safetensors"
    checkpoints.save(path, make_model("embedded", 2), ["cat", "dog"], [(1.0, -50.0), (1.0, -50.0)])
    assert len(open_predictor(path, device="cpu").predict(picture).candidates) == 0


# Pooled features


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_that_pooled_features_are_those_of_the_analysis(make_model, picture, precision):
    found = predictor(make_model("embedded", 2), precision)
    features = found.pool(picture, np.zeros((0, 4), np.float32))
    for number, view in enumerate(features.views):
        pixels = picture[:, ::-1].copy() if number else picture
        with torch.inference_mode():
            (analysis,) = found._model.analyse(upload([pixels], found._device))
        assert features.network_size == analysis.network_size
        assert bool(view.is_proposal.all())
        assert torch.equal(view.boxes, analysis.proposals[:MAX_PROPOSALS])
        assert torch.equal(view.features, analysis.box_features[:MAX_PROPOSALS].half())


def test_that_the_mirrored_view_is_that_of_the_mirrored_image(make_model, picture):
    found = predictor(make_model("embedded", 2))
    boxes = np.array([[20, 30, 70, 90], [0, 0, 200, 120]], dtype=np.float32)
    mirror = found.pool(picture, boxes).views[1]
    upright = found.pool(picture[:, ::-1].copy(), mirrored(boxes, 200)).views[0]
    for name in ("boxes", "features", "is_proposal"):
        assert torch.equal(getattr(mirror, name), getattr(upright, name))


def test_that_a_given_box_is_pooled_like_a_proposal_of_the_same_place(make_model, picture):
    found = predictor(make_model("embedded", 2))
    large = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    first = found.pool(large, np.zeros((0, 4), np.float32))
    assert first.network_size != first.image_size
    scale = np.divide(first.image_size[::-1], first.network_size[::-1]).astype(np.float32)
    again = found.pool(large, first.views[0].boxes.numpy() * np.tile(scale, 2)).views[0]
    count = min(int(again.is_proposal.sum()), int((~again.is_proposal).sum()))
    given, proposals = again.features[~again.is_proposal][:count].float(), again.features[:count].float()
    assert count > 10
    assert torch.allclose(given, proposals, atol=0.01 * float(proposals.abs().max()))


def test_that_pooled_features_can_be_trained_on_also_after_a_prediction(make_model, picture):
    found = predictor(make_model("embedded", 2))
    found.predict(picture)
    head = make_model("embedded", 2).roi_heads
    for view in found.pool(picture, np.array([[20, 30, 70, 90]], np.float32)).views:
        logits, _ = head.box_predictor(head.box_head(view.features.float()))
        logits.sum().backward()
        assert not view.boxes.is_inference()
    assert float(head.box_head.fc6.weight.grad.abs().sum()) > 0


def test_that_pooling_out_of_memory_on_the_cpu_is_a_sentence(make_model, picture, monkeypatch):
    def refuse(*_arguments):
        torch.empty(1 << 60, dtype=torch.uint8)

    found = predictor(make_model("embedded", 2))
    monkeypatch.setattr(type(found._model), "pool", refuse)
    with pytest.raises(DetectorError, match="not enough memory"):
        found.pool(picture, np.zeros((0, 4), np.float32))


def test_that_pooling_with_broken_weights_says_so(make_model, picture):
    model = make_model("embedded", 2)
    with torch.no_grad():
        model.backbone.fpn.layer_blocks[0][0].bias.fill_(torch.nan)
    with pytest.raises(DetectorError, match="not finite"):
        predictor(model).pool(picture, np.array([[20, 30, 70, 90]], np.float32))


def test_that_size_and_precision_belong_to_the_backbone_version(make_model):
    model = make_model("embedded", 2)
    found = predictor(model)
    before = found.backbone_version
    found._model.transform.min_size = (128,)
    assert found.backbone_version != before
    coarse = predictor(make_model("embedded", 2), "fast")
    assert (coarse.backbone_version == before) == (sixteen_bit_type(CPU) is None)
