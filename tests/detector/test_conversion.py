"""Detectors of other programs: every weight finds its place, and whatever does not fit is a sentence."""

from __future__ import annotations

import re

import pytest
import torch
from foreign_weights import detectron2_shapes, mmdetection_shapes, numbered, shapes_of
from safetensors.torch import save_file
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn, fasterrcnn_resnet50_fpn_v2

from detector import checkpoints, conversion
from detector.conversion import Foreign, convert_file, expected_shapes
from detector.conversion_formats import FORMATS, recognise, rename
from detector.conversion_report import ConversionError
from detector.conversion_values import background_first
from detector.systems import SYSTEMS
from detector.types import DetectorError

CLASSES = "roi_heads.box_predictor.cls_score"
BOXES = "roi_heads.box_predictor.bbox_pred"


FOREIGN = [each.id for each in SYSTEMS.values() if each.family in {"mmdetection", "detectron2"}]


@pytest.fixture
def write(tmp_path):
    """Return a writer of a PyTorch file that returns its path."""

    def write(state, **about):
        path = tmp_path / "model.pth"
        torch.save({"state_dict": state, **about} if about else state, path)
        return path

    return write


@pytest.fixture(scope="module")
def mobile_state():
    """The weights of torchvision's smallest detector, for two categories."""
    torch.manual_seed(0)
    return fasterrcnn_mobilenet_v3_large_fpn(weights=None, weights_backbone=None, num_classes=3).state_dict()


def as_foreign(state):
    form = recognise(state)
    names = rename(state, form.rows)
    values = {name: background_first(name, value, form) for name, value in names.values.items()}
    return Foreign("model.pth", form, names, values)


@pytest.mark.parametrize("system", FOREIGN)
def test_that_every_name_matches_one_row_and_every_weight_has_one_source(system):
    count = 1 if SYSTEMS[system].proposals_only else 7
    state = numbered(shapes_of(system, count))
    file = as_foreign(state)
    patterns = [re.compile(row.pattern) for row in file.form.rows]
    for name in state:
        assert sum(bool(pattern.fullmatch(name)) for pattern in patterns) == 1, name
    assert {name: value.shape for name, value in file.values.items()} == expected_shapes(system, count)
    assert not file.renamed.unexpected
    accounted = [*file.renamed.sources.values(), *(name for name, _ in file.renamed.skipped)]
    assert sorted(accounted) == sorted(state)
    assert len({float(value.flatten()[-1]) for value in file.renamed.values.values()}) == len(file.values)


@pytest.mark.parametrize("system", FOREIGN)
def test_that_the_system_follows_from_the_weights_and_the_configuration(system):
    state = numbered(shapes_of(system, 7))
    style = "model = dict(backbone=dict(style='caffe'))" if "caffe" in system else ""
    row, report = conversion._choose(as_foreign(state), 7, None, style)
    assert row.id == report.system == system
    assert len(report.used) == len(expected_shapes(system, 1 if row.proposals_only else 7))
    twin = f"{system.removesuffix('_fpn')}_caffe_fpn"
    assert any(twin in note for note in report.notes) == (twin in SYSTEMS)


def test_that_weights_are_copied_by_name(write):
    state = numbered(mmdetection_shapes("r50", 3))
    converted = convert_file(write(state))
    found = converted.model.state_dict()
    for source, name in converted.report.used:
        if not name.startswith((BOXES, CLASSES)):
            assert bool((found[name] == state[source].flatten()[0]).all()), name
    assert len(dict(converted.report.used)) == len(set(dict(converted.report.used).values())) == 295
    assert not converted.model.training


def test_that_weights_of_torchvision_come_through_unchanged(write):
    torch.manual_seed(0)
    state = fasterrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, num_classes=4).state_dict()
    converted = convert_file(write(state))
    assert converted.report.system == "resnet50_fpn_v2"
    assert converted.categories == ("category 1", "category 2", "category 3")
    for name, value in converted.model.state_dict().items():
        assert name.endswith("num_batches_tracked") or torch.equal(value, state[name]), name


def test_that_the_names_of_old_torchvision_are_known(write, mobile_state):
    old = {
        name.replace("rpn.head.conv.0.0.", "rpn.head.conv.")
        .replace("fpn.inner_blocks.0.0.", "fpn.inner_blocks.0.")
        .replace("fpn.layer_blocks.1.0.", "fpn.layer_blocks.1."): value
        for name, value in mobile_state.items()
    }
    assert len(old.keys() - mobile_state.keys()) == 6
    found = convert_file(write(old)).model.state_dict()
    assert all(torch.equal(value, mobile_state[name]) for name, value in found.items())


def test_that_a_mobilenet_can_be_the_one_with_the_smaller_input(write, mobile_state):
    path = write(mobile_state)
    usual, small = convert_file(path), convert_file(path, "mobilenet_v3_large_320_fpn")
    assert usual.model.system.id == "mobilenet_v3_large_fpn"
    assert any("mobilenet_v3_large_320_fpn" in note for note in usual.report.notes)
    assert small.model.system.min_size == 320
    assert not any("say --system" in note for note in small.report.notes)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("mmdet_r101_fpn", r"it lacks 255 tensors such as .* It fits mmdet_r50_fpn"),
        (
            "mmdet_x101_32x4d_fpn",
            r"have another shape, such as backbone\.layer1\.0\.conv1\.weight with 64 x 64 x 1 x 1",
        ),
        ("rpn_r50_fpn", r"that the system has no place for"),
        (
            "d2_r50_fpn",
            r"a file of mmdetection 2 or 3, and d2_r50_fpn is not one of its systems\. It fits mmdet_r50_fpn",
        ),
        ("zf", "not one of its systems"),
        ("resnet", "There is no system resnet"),
    ],
)
def test_that_a_wrong_system_is_a_sentence_that_says_what_differs(write, wanted, sentence):
    with pytest.raises(DetectorError, match=sentence):
        convert_file(write(numbered(mmdetection_shapes("r50", 2))), wanted)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"neck.fpn_convs.2.conv.bias": None}, r"nearest is mmdet_r50_fpn: it lacks backbone\.fpn\.layer_blocks\.2\.0"),
        ({"neck.fpn_convs.4.conv.bias": torch.ones(256)}, r"it has neck\.fpn_convs\.4\.conv\.bias that"),
        ({"mask_head.x": torch.ones(1)}, r"it has mask_head\.x that the system has no place for"),
        ({"rpn_head.rpn_cls.bias": torch.ones(6)}, r"rpn_head\.rpn_cls\.bias with 6 for 3"),
        ({"backbone.bn1.bias": torch.tensor(1.0)}, r"backbone\.bn1\.bias with a single number for 64"),
        (
            {"roi_head.bbox_head.fc_reg.weight": torch.ones(4, 1024)},
            r"4 rows in .*bbox_pred\.weight, where 2 .* have 8",
        ),
        (
            {"roi_head.bbox_head.fc_cls.weight": torch.ones(2, 1024)},
            r"2 rows in .*cls_score\.weight, where 2 .* have 3",
        ),
        ({"roi_head.bbox_head.fc_cls.bias": torch.tensor(1.0)}, r"where 0 categories have 1"),
    ],
)
def test_that_weights_that_fit_nothing_are_a_sentence(write, change, sentence):
    state = numbered(mmdetection_shapes("r50", 2)) | change
    with pytest.raises(DetectorError, match=sentence):
        convert_file(write({name: value for name, value in state.items() if value is not None}))


def test_that_a_refusal_has_the_whole_report(write):
    state = numbered(mmdetection_shapes("r50", 0)) | {"surplus": torch.ones(1)}
    del state["backbone.bn1.weight"]
    with pytest.raises(ConversionError) as refused:
        convert_file(write(state))
    report = refused.value.report
    assert (report.missing, report.unexpected) == (("backbone.body.bn1.weight",), ("surplus",))
    assert len(report.used) == 286
    assert all("counts training steps" in reason for _, reason in report.skipped)


def test_that_of_two_names_for_one_weight_the_second_is_refused(write, mobile_state):
    state = mobile_state | {"rpn.head.conv.bias": torch.zeros(256)}
    with pytest.raises(ConversionError, match=r"rpn\.head\.conv\.bias that the system has no place for"):
        convert_file(write(state))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["conv1.weight", "layer1.0.conv1.weight", "fc.weight"], "classifies whole images"),
        (["features.0.weight", "classifier.6.weight"], "classifies whole images"),
        (["conv1_w", "fc1000_w"], "classifies whole images"),
        (["conv1_w", "conv_rpn_fpn2_w", "cls_score_w"], "first Detectron"),
        (["backbone.0.body.conv1.weight", "transformer.encoder.layers.0.norm.weight"], "not a Faster R-CNN or RPN"),
        (["head.cls_logits.weight"], "not a Faster R-CNN or RPN of a program that is known here: Detectron2, mm"),
    ],
)
def test_that_other_networks_are_named(write, names, sentence):
    with pytest.raises(DetectorError, match=sentence):
        convert_file(write({name: torch.ones(1) for name in names}))


def test_that_a_model_of_this_program_needs_no_conversion(tmp_path):
    with pytest.raises(DetectorError, match="already"):
        convert_file(checkpoints.EMBEDDED_WEIGHTS)
    save_file({"rpn.head.conv.0.0.weight": torch.ones(1)}, tmp_path / "x")
    with pytest.raises(ConversionError):
        convert_file(tmp_path / "x")


def test_that_formats_do_not_overlap():
    files = {
        "Detectron2": detectron2_shapes("r50", 2, c4=True),
        "mmdetection 1": mmdetection_shapes("r50", 2, prefix="", background=1),
        "mmdetection 2 or 3": mmdetection_shapes("r50", 0),
        "torchvision": expected_shapes("resnet50_fpn", 2),
    }
    assert files.keys() == {each.title for each in FORMATS}
    for title, names in files.items():
        assert recognise(names).title == title
        assert not rename(dict.fromkeys(names), recognise(names).rows).unexpected
