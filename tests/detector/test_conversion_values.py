"""What changes in the weights of other programs besides their names, and what their labels mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from foreign_weights import detectron2_shapes, mmdetection_shapes, numbered, shapes_of
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn

from detector import checkpoints, conversion
from detector.coco_names import COCO_NAMES
from detector.conversion import Foreign, convert_file
from detector.conversion_formats import recognise, rename
from detector.conversion_values import as_system
from detector.systems import SYSTEMS
from detector.types import DetectorError

CLASSES = "roi_heads.box_predictor.cls_score"
BOXES = "roi_heads.box_predictor.bbox_pred"


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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_that_other_precisions_become_single(write, mobile_state, dtype):
    state = {name: value.to(dtype) if value.is_floating_point() else value for name, value in mobile_state.items()}
    found = convert_file(write(state)).model.state_dict()
    for name, value in found.items():
        assert value.dtype == torch.float32, name
        assert torch.equal(value, state[name].float()), name


def test_that_the_background_row_moves_to_the_front_and_has_no_boxes(write):
    shapes = mmdetection_shapes("r50", 3)
    state = numbered(shapes)
    rows = torch.tensor([10.0, 20.0, 30.0, 99.0])  # three categories, then background
    state["roi_head.bbox_head.fc_cls.bias"] = rows
    state["roi_head.bbox_head.fc_cls.weight"] = rows[:, None].expand(4, 1024)
    state["roi_head.bbox_head.fc_reg.bias"] = torch.arange(12.0)
    found = convert_file(write(state)).model.state_dict()
    assert found[f"{CLASSES}.bias"].tolist() == [99, 10, 20, 30]
    assert found[f"{CLASSES}.weight"][:, 5].tolist() == [99, 10, 20, 30]
    assert found[f"{BOXES}.bias"].tolist() == [0, 0, 0, 0, *range(12)]
    assert not found[f"{BOXES}.weight"][:4].any()
    assert found[f"{BOXES}.weight"][4:].all()


def test_that_the_first_mmdetection_had_background_first_already(write):
    state = numbered(mmdetection_shapes("r50", 3, prefix="", background=1))
    state["bbox_head.fc_cls.bias"] = torch.tensor([99.0, 10, 20, 30])
    state["bbox_head.fc_reg.bias"] = torch.arange(16.0)
    converted = convert_file(write(state))
    found = converted.model.state_dict()
    assert converted.report.format == "mmdetection 1"
    assert any("half a pixel" in note for note in converted.report.notes)
    assert found[f"{CLASSES}.bias"].tolist() == [99, 10, 20, 30]
    assert found[f"{BOXES}.bias"].tolist() == list(range(16))


@pytest.mark.parametrize(
    ("system", "bgr", "std"),
    [
        ("rpn_r50_fpn", False, (58.395, 57.12, 57.375)),
        ("rpn_r50_caffe_fpn", True, (1.0, 1.0, 1.0)),
        ("d2_rpn_r50_c4", True, (1.0, 1.0, 1.0)),
        ("d2_x101_32x8d_fpn", True, (57.375, 57.12, 58.395)),
    ],
)
def test_that_a_pure_red_image_looks_to_the_first_layer_as_it_did(system, bgr, std):
    row, form = SYSTEMS[system], recognise(shapes_of(system, 2))
    weight = torch.randn(64, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    raw = torch.tensor([0.0, 0.0, 255.0] if bgr else [255.0, 0.0, 0.0])
    mean = torch.tensor([103.53, 116.28, 123.675] if bgr else [123.675, 116.28, 103.53])
    seen = ((raw - mean) / torch.tensor(std))[:, None, None].expand(3, 32, 32)
    red = (torch.tensor([1.0, 0.0, 0.0]) - torch.tensor(row.image_mean)) / torch.tensor(row.image_std)
    want = torch.nn.functional.conv2d(seen[None], weight, stride=2, padding=3)
    ours = as_system("backbone.body.conv1.weight", weight, form, row)
    got = torch.nn.functional.conv2d(red[:, None, None].expand(3, 32, 32)[None], ours, stride=2, padding=3)
    assert torch.allclose(got, want, rtol=1e-4, atol=1e-3)
    assert want.std() > 0.1


def test_that_a_file_in_bgr_becomes_a_model_that_sees_red(write):
    state = numbered(shapes_of("rpn_r50_caffe_fpn", 0))
    state["backbone.conv1.weight"] = torch.zeros(64, 3, 7, 7)
    state["backbone.conv1.weight"][:, 2, 3, 3] = 1.0  # the last channel of BGR, and nothing around the pixel
    model = convert_file(write(state), "rpn_r50_caffe_fpn").model
    red = torch.zeros(3, 8, 8)
    red[0] = 1.0
    seen = model.backbone.body.conv1(model.transform.normalize(red)[None])
    assert torch.allclose(seen, torch.full_like(seen, 255 - 123.675), rtol=1e-5)


@pytest.fixture
def coco_state(mobile_state):
    """A file of torchvision for COCO: row and box numbers are the ids."""
    ids = torch.arange(91.0)
    boxes = (ids[:, None] + torch.tensor([0.0, 0.25, 0.5, 0.75])).flatten()
    return mobile_state | {
        f"{CLASSES}.bias": ids,
        f"{CLASSES}.weight": ids[:, None].expand(91, 1024),
        f"{BOXES}.bias": boxes,
        f"{BOXES}.weight": boxes[:, None].expand(364, 1024),
    }


def test_that_of_cocos_ids_those_with_names_are_kept(write, coco_state):
    converted = convert_file(write(coco_state))
    found = converted.model.state_dict()
    assert len(converted.categories) == 80
    ids = [0, *COCO_NAMES]
    assert found[f"{CLASSES}.bias"].tolist() == ids
    assert found[f"{CLASSES}.weight"][:, 3].tolist() == ids
    assert found[f"{BOXES}.weight"][:, 7].tolist() == [row + part for row in ids for part in (0, 0.25, 0.5, 0.75)]
    assert converted.categories[11] == "stop sign"  # id 13: there is no 12


def test_that_categories_of_coco_are_chosen_by_name(write, coco_state):
    converted = convert_file(write(coco_state), categories=["toothbrush", "person"])
    assert converted.categories == ("toothbrush", "person")
    assert converted.model.state_dict()[f"{CLASSES}.bias"].tolist() == [0, 90, 1]


def test_that_ninety_other_names_keep_ninety_rows(write, coco_state):
    names = [f"part {n}" for n in range(90)]
    converted = convert_file(write(coco_state), categories=names)
    assert converted.categories == tuple(names)
    assert converted.model.state_dict()[f"{CLASSES}.bias"].tolist() == list(range(91))


def head_of(state, **options):
    form = recognise(state)
    names = rename(state, form.rows)
    return conversion._head(
        Foreign("model.pth", form, names, names.values), options.get("given"), options.get("stated", ())
    )


def test_that_eighty_rows_of_mmdetection_and_detectron2_are_those_of_coco():
    for shapes in (mmdetection_shapes("r50", 80), detectron2_shapes("r50", 80)):
        assert head_of(numbered(shapes)).categories == tuple(COCO_NAMES.values())


def test_that_names_in_the_file_count_and_those_of_the_user_more():
    state = numbered(mmdetection_shapes("r50", 2))
    assert head_of(state, stated=("cat", "dog")).categories == ("cat", "dog")
    assert head_of(state, stated=("cat", "dog"), given=["a", "b"]).categories == ("a", "b")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"given": ["cat"]}, "knows 2 categories, but 1 names were given"),
        ({"given": ["a", "b", "c"]}, "knows 2 categories, but 3 names were given"),
        ({"stated": ("cat",)}, "but 1 names are in it: name them with --categories"),
        ({"given": ["cat", "cat"]}, "the same"),
    ],
)
def test_that_a_wrong_number_of_categories_is_a_sentence(options, sentence):
    with pytest.raises(DetectorError, match=sentence):
        head_of(numbered(mmdetection_shapes("r50", 2)), **options)


def test_that_an_rpn_has_one_category_and_takes_no_names(write):
    path = write(numbered(mmdetection_shapes("r50", 0)), meta={"CLASSES": tuple(COCO_NAMES.values())})
    converted = convert_file(path)
    assert converted.categories == ("object",)
    assert converted.model.system.id == "rpn_r50_fpn"
    with pytest.raises(DetectorError, match="only proposes"):
        convert_file(path, categories=["cat"])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (float("nan"), r"rpn\.head\.cls_logits\.weight in .* NaN or infinite"),
        (float("inf"), r"rpn\.head\.cls_logits\.weight in .* NaN or infinite"),
        (7e4, r"numbers up to 7e\+04; models are kept in half precision"),
    ],
)
def test_that_numbers_that_cannot_be_kept_are_a_sentence(write, mobile_state, value, sentence):
    weight = mobile_state["rpn.head.cls_logits.weight"].clone()
    weight[1, 2] = value
    with pytest.raises(DetectorError, match=sentence):
        convert_file(write(mobile_state | {"rpn.head.cls_logits.weight": weight}))


def test_that_whole_numbers_are_no_weights(write, mobile_state):
    bias = torch.ones(15, dtype=torch.int64)
    with pytest.raises(DetectorError, match=r"cls_logits\.bias in .* has no floating-point numbers"):
        convert_file(write(mobile_state | {"rpn.head.cls_logits.bias": bias}))


def test_that_extreme_norms_survive_half_precision(write, tmp_path, monkeypatch):
    monkeypatch.setitem(SYSTEMS, "rpn_r50_fpn", replace(SYSTEMS["rpn_r50_fpn"], norm_eps=0.0))
    state = numbered(mmdetection_shapes("r50", 0))
    norm = {"running_var": 1e-9, "running_mean": 1e-4, "weight": 1e-5, "bias": 0.5}
    for name, value in norm.items():
        state[f"backbone.bn1.{name}"] = torch.full((64,), 2.0)
        state[f"backbone.bn1.{name}"][3] = value
    state["backbone.bn1.running_var"][4], state["backbone.bn1.running_mean"][4] = 1e8, 1e6
    converted = convert_file(write(state))
    checkpoints.save(tmp_path / "saved.safetensors", converted.model, converted.categories)
    norm_of_file = checkpoints.load(tmp_path / "saved.safetensors").model.backbone.body.bn1
    x = torch.linspace(-1, 1, 64 * 9).reshape(1, 64, 3, 3)
    mean, variance, weight, bias = (
        state[f"backbone.bn1.{name}"].double()[:, None, None]
        for name in ("running_mean", "running_var", "weight", "bias")
    )
    want = (x - mean) / variance.sqrt() * weight + bias
    assert torch.allclose(norm_of_file(x).double(), want, rtol=2e-3, atol=1e-3)
    assert torch.equal(norm_of_file.running_var[5], torch.tensor(2.0))  # what can be kept is kept as it is
