"""A converted detector computes what its own framework computes from the same file."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from foreign_weights import detectron2_shapes, mmdetection_shapes, random_state
from plain_detectors import (
    Rules,
    detections,
    detectron2_c4,
    detectron2_fpn,
    mmdetection_fpn,
)

from detector.conversion import convert_file
from detector.systems import SYSTEMS

SHORT_SIDE, PRE_NMS, CATEGORIES = 128, 60, 5

CAFFE = Rules(
    bgr=True,
    stride_in_first=True,
    antialias=False,
    short_side=SHORT_SIDE,
    pad_to=32,
    pre_nms=PRE_NMS,
    post_nms=40,
    level="mmdetection",
)
CASES = {
    "mmdet_r50_fpn": (mmdetection_fpn, replace(CAFFE, bgr=False, stride_in_first=False)),
    "mmdet_r50_caffe_fpn": (mmdetection_fpn, CAFFE),
    "d2_r50_fpn": (detectron2_fpn, replace(CAFFE, level="detectron2", antialias=True)),
    "d2_r50_c4": (detectron2_c4, replace(CAFFE, level="detectron2", antialias=True, pad_to=1, post_nms=10)),
}


@pytest.fixture(params=CASES)
def case(request, tmp_path, monkeypatch):
    """A random file, converted into a network in double precision, and what is needed to compute by hand."""
    system = request.param
    forward, rules = CASES[system]
    top = {"rpn_pre_nms_top_n": (PRE_NMS,) * 2, "rpn_post_nms_top_n": (rules.post_nms,) * 2}
    monkeypatch.setitem(SYSTEMS, system, replace(SYSTEMS[system], min_size=SHORT_SIDE, **top))
    if system.startswith("mmdet"):
        shapes = mmdetection_shapes("r50", CATEGORIES)
    else:
        shapes = detectron2_shapes("r50", CATEGORIES, c4=system.endswith("c4"))
    state = random_state(shapes, pixel_std=80.0 if rules.bgr else 1.0)
    torch.save(state, tmp_path / "model.pth")
    # Double precision: single leaves the order of equals, and so NMS, to chance.
    model = convert_file(tmp_path / "model.pth", system).model.double()
    image = torch.rand(3, 96, 128, generator=torch.Generator().manual_seed(1))
    return model, state, image, forward, rules


def test_that_a_converted_model_sees_what_its_framework_sees(case):
    model, state, image, forward, rules = case
    with torch.inference_mode():
        (seen,) = model.analyse([image.double()])
        (found,) = model([image.double()])
    proposals, objectness, scores, boxes = forward(state, image, rules)
    assert 8 <= len(proposals) <= rules.post_nms
    assert objectness.std() > 0.005  # not all the same
    torch.testing.assert_close(seen.proposals, proposals, rtol=0, atol=1e-4)
    torch.testing.assert_close(seen.objectness, objectness, rtol=0, atol=1e-4)
    torch.testing.assert_close(seen.scores, scores, rtol=0, atol=1e-4)
    torch.testing.assert_close(seen.boxes[:, 1:], boxes, rtol=0, atol=1e-4)
    want_boxes, want_scores, want_labels = detections(scores, boxes, seen.network_size, (96, 128))
    assert len(want_scores) > 3
    torch.testing.assert_close(found["boxes"], want_boxes, rtol=0, atol=1e-4)
    torch.testing.assert_close(found["scores"], want_scores, rtol=0, atol=1e-4)
    assert found["labels"].tolist() == want_labels.tolist()


@pytest.mark.parametrize("wrong", [{"bgr": False}, {"stride_in_first": False}, {"antialias": True}])
def test_that_the_comparison_would_see_a_wrong_rule(wrong):
    state = random_state(mmdetection_shapes("r50", CATEGORIES), pixel_std=80.0)
    image = torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(1))
    rules = replace(CAFFE, short_side=24)
    right, changed = (mmdetection_fpn(state, image, each)[1] for each in (rules, replace(rules, **wrong)))
    assert len(right) != len(changed) or (right - changed).abs().max() > 1e-3
