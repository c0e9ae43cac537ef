"""Several images in one pass of the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from detector import passes
from detector.passes import images_at_once, upload
from detector.predictor import Predictor
from detector.types import DetectorError

CPU = torch.device("cpu")


@pytest.fixture
def pictures():
    return list(np.random.default_rng(0).integers(0, 256, (3, 120, 200, 3), dtype=np.uint8))


@pytest.fixture
def network_calls(monkeypatch):
    """How many images each pass of a network has seen."""
    calls: list[int] = []

    def watch(found):
        real = type(found._model).analyse
        monkeypatch.setattr(
            type(found._model), "analyse", lambda self, images: (calls.append(len(images)), real(self, images))[1]
        )
        return calls

    return watch


def predictor(model, precision="fast"):
    return Predictor(model, [f"c{n}" for n in range(model.num_categories)], "v1", device=CPU, precision=precision)


@pytest.mark.parametrize("system", ["embedded", "mobilenet_v3_large_320_fpn", "rpn_r50_fpn"])
def test_that_a_batch_says_what_each_image_by_itself_does(make_model, pictures, system):
    found = predictor(make_model(system, 1 if "rpn" in system else 3))
    for one, together in zip(map(found.predict, pictures), found.predict_batch(pictures), strict=True):
        assert one.image_size == together.image_size
        assert len(one.proposals) == len(together.proposals) > 0
        # Equal to the bit with AMX; other processors choose their kernels by the size of the batch.
        assert np.allclose(one.proposals.objectness, together.proposals.objectness, atol=1e-4)
        assert np.allclose(one.proposals.boxes, together.proposals.boxes, atol=1e-2)
        # The head sums over the boxes of all images at once, where threads and kernels cut the rows elsewhere: what a
        # hidden layer rounds to sixteen bits (8 of them after the point) may round the other way, also at the floor.
        both = min(len(one.candidates), len(together.candidates))
        assert both > 0
        assert abs(len(one.candidates) - len(together.candidates)) <= 2
        assert np.allclose(one.candidates.scores[:both], together.candidates.scores[:both], atol=2**-8)


def test_that_exact_numbers_of_a_batch_are_those_of_each_image_to_the_bit(make_model, pictures, network_calls):
    found = predictor(make_model("embedded", 3), "exact")
    alone = [found.predict(picture) for picture in pictures]
    calls = network_calls(found)
    for one, together in zip(alone, found.predict_batch(pictures), strict=True):
        for name in ("boxes", "scores", "labels", "proposal_indices"):
            assert np.array_equal(getattr(one.candidates, name), getattr(together.candidates, name))
    assert calls == [1, 1, 1]


def test_that_a_batch_is_one_pass(make_model, pictures, network_calls):
    found = predictor(make_model("embedded", 2))
    calls = network_calls(found)
    found.predict_batch(pictures)
    assert calls == [3]
    assert found.predict_batch([]) == []
    assert calls == [3]


def test_that_a_batch_too_large_for_memory_is_seen_one_by_one_from_then_on(make_model, pictures, monkeypatch):
    monkeypatch.setitem(passes.AT_ONCE, "cpu", 8)
    found = predictor(make_model("embedded", 2))
    real, sizes = found._model.analyse, []

    def analyse(_model, images):
        sizes.append(len(images))
        if len(images) > 1:
            raise torch.OutOfMemoryError
        return real(images)

    monkeypatch.setattr(type(found._model), "analyse", analyse)
    assert found.images_at_once((120, 200)) == 8
    assert len(found.predict_batch(pictures)) == 3
    assert len(found.predict_batch(pictures)) == 3
    assert sizes == [3] + [1] * 6
    assert found.images_at_once((120, 200)) == 1
    assert found.notice == ""


def test_that_one_image_too_large_for_memory_shrinks_in_a_batch_too(make_model, pictures, monkeypatch):
    found = predictor(make_model("embedded", 2))
    real, refusals = found._model.analyse, iter([True, True, False, False, False])

    def analyse(_model, images):
        if next(refusals):
            raise MemoryError
        return real(images)

    monkeypatch.setattr(type(found._model), "analyse", analyse)
    assert len(found.predict_batch(pictures)) == 3
    assert "128 pixels instead of 256" in found.notice


def test_that_an_error_of_another_kind_is_not_taken_for_memory(make_model, pictures, monkeypatch):
    def fail(_model, _images):
        raise RuntimeError("shapes cannot be multiplied")

    found = predictor(make_model("embedded", 2))
    monkeypatch.setattr(type(found._model), "analyse", fail)
    with pytest.raises(RuntimeError, match="multiplied"):
        found.predict_batch(pictures)


def test_that_a_batch_with_broken_weights_says_so(make_model, pictures):
    model = make_model("embedded", 2)
    with torch.no_grad():
        model.roi_heads.box_predictor.cls_score.bias.fill_(torch.nan)
    with pytest.raises(DetectorError, match="not finite"):
        predictor(model).predict_batch(pictures)


def test_that_an_upload_gives_each_image_in_planes_from_0_to_1(pictures):
    for one, picture in zip(upload(pictures, CPU), pictures, strict=True):
        assert torch.equal(one, torch.tensor(picture).permute(2, 0, 1).float().div(255))
        assert one.is_contiguous()
    for one, picture in zip(upload(pictures, CPU, as_bytes=True), pictures, strict=True):
        assert torch.equal(one, torch.tensor(picture).permute(2, 0, 1))


def test_that_a_device_sees_as_many_at_once_as_pay_and_as_memory_bears():
    cuda = torch.device("cuda", 0)
    assert images_at_once(CPU, (480, 640)) == 1
    assert images_at_once(cuda, (480, 640)) == 8
    assert images_at_once(cuda, (3000, 4000)) == 2
    assert images_at_once(cuda, (30_000, 40_000)) == 1
