"""ImageNet classifiers as backbones: the network sees what the classifier saw."""

from __future__ import annotations

import copy

import pytest
import torch
from foreign_weights import detectron1_shapes, mmdetection_shapes, numbered
from torchvision.models import mobilenet_v3_large, resnet50, resnet101, vgg16

from detector.backbone_weights import load_backbone
from detector.conversion_report import ConversionError
from detector.model import build
from detector.systems import SYSTEMS
from detector.types import DetectorError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def normalised(image, mean, std):
    return ((image - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None])[None]


def shapes_of(network):
    with torch.device("meta"):
        return {name: tuple(value.shape) for name, value in network(weights=None).state_dict().items()}


def lively(network):
    """Return `network` in eval mode with random statistics in its norms."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            # Small ones show the epsilon.
            module.running_var.uniform_(0.001, 1, generator=generator)
            torch.nn.init.uniform_(module.weight, 0.2, 0.6, generator=generator)
    return network.eval()


@pytest.fixture
def image():
    return torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def save(tmp_path):
    """Return a writer of a PyTorch file that returns its path."""

    def write(state):
        torch.save(state, tmp_path / "weights.pth")
        return tmp_path / "weights.pth"

    return write


@pytest.fixture(scope="module")
def resnet_state():
    torch.manual_seed(0)
    return lively(resnet50(weights=None)).state_dict()


@pytest.fixture(scope="module")
def vgg_model():
    torch.manual_seed(0)
    return build(SYSTEMS["vgg16"], 2).eval()


@pytest.mark.parametrize("system", ["mmdet_r50_fpn", "resnet50_fpn", "resnet50_fpn_v2"])
def test_that_a_resnet_gives_the_maps_of_its_classifier(save, image, resnet_state, system):
    classifier = resnet50(weights=None).eval()
    classifier.load_state_dict(resnet_state)
    model = build(SYSTEMS[system], 2).eval()
    report = load_backbone(model, save(resnet_state))
    x = normalised(image, MEAN, STD)
    with torch.inference_mode():
        seen = model.backbone.body(x)["3"]
        x = classifier.maxpool(classifier.relu(classifier.bn1(classifier.conv1(x))))
        want = classifier.layer4(classifier.layer3(classifier.layer2(classifier.layer1(x))))
    assert want.std() > 1e-3
    assert (seen - want).abs().max() < 1e-4 * want.abs().max()
    assert len(report.used) == 265
    assert not report.notes
    assert {"fc.weight", "fc.bias"} <= dict(report.skipped).keys()


def test_that_a_mobilenet_gives_the_maps_of_its_classifier(save, image):
    torch.manual_seed(0)
    classifier = lively(mobilenet_v3_large(weights=None))
    model = build(SYSTEMS["mobilenet_v3_large_fpn"], 2).eval()
    load_backbone(model, save(classifier.state_dict()))
    x = normalised(image, MEAN, STD)
    with torch.inference_mode():
        want = classifier.features(x)
        seen = list(model.backbone.body(x).values())[-1]
    assert want.std() > 1e-3
    assert (seen - want).abs().max() < 1e-4 * want.abs().max()


def test_that_only_the_backbone_changes(save, resnet_state):
    model = build(SYSTEMS["mmdet_r50_fpn"], 2).eval()
    before = copy.deepcopy(model.state_dict())
    report = load_backbone(model, save(resnet_state))
    changed = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed <= {name for _, name in report.used}
    assert all(name.startswith("backbone.body.") for name in changed)
    assert torch.equal(model.backbone.body.layer3[1].conv2.weight, resnet_state["layer3.1.conv2.weight"])


def test_that_pixels_of_another_scale_look_the_same(save, image, resnet_state):
    system = SYSTEMS["d2_rpn_r50_c4"]
    model = build(system, 1).eval()
    report = load_backbone(model, save(resnet_state))
    classifier = resnet50(weights=None).eval()
    classifier.load_state_dict(resnet_state)
    with torch.inference_mode():
        seen = model.backbone.body.bn1(
            model.backbone.body.conv1(normalised(image, system.image_mean, system.image_std))
        )
        want = classifier.bn1(classifier.conv1(normalised(image, MEAN, STD)))
    torch.testing.assert_close(seen, want, rtol=1e-3, atol=1e-4)
    assert any("another convolution" in note for note in report.notes)
    assert dict(report.skipped)["layer4.0.conv1.weight"] == "the system has no such layer"


def test_that_the_last_stage_goes_into_the_head_of_a_c4_network(save, resnet_state):
    model = build(SYSTEMS["d2_r50_c4"], 2)
    load_backbone(model, save(resnet_state))
    assert torch.equal(model.roi_heads.box_head.layer4[2].conv3.weight, resnet_state["layer4.2.conv3.weight"])


def vgg_state(seed=0):
    state = numbered(shapes_of(vgg16))
    generator = torch.Generator().manual_seed(seed)
    state["features.0.weight"] = torch.randn(64, 3, 3, 3, generator=generator)
    state["features.0.bias"] = torch.randn(64, generator=generator)
    return state


def require_first_layer(model, state, image, mean, std):
    """Compare inside of the border: there each sees its own mean beyond the image."""
    first, system = model.backbone.body[0], model.system
    with torch.inference_mode():
        seen = first(normalised(image, system.image_mean, system.image_std))
        weight, bias = state["features.0.weight"], state["features.0.bias"]
        want = torch.nn.functional.conv2d(normalised(image, mean, std), weight, bias, padding=1)
    torch.testing.assert_close(seen[..., 1:-1, 1:-1], want[..., 1:-1, 1:-1], rtol=1e-3, atol=1e-4 * float(want.std()))


def test_that_vgg_brings_its_hidden_layers(save, image, vgg_model):
    state = vgg_state()
    report = load_backbone(vgg_model, save(state))
    require_first_layer(vgg_model, state, image, MEAN, STD)
    head = vgg_model.roi_heads.box_head
    numbers = [float(state[f"classifier.{n}.weight"].flatten()[0]) for n in (0, 3)]
    assert [layer.weight[7, 9].item() for layer in (head.fc6, head.fc7)] == numbers
    assert vgg_model.backbone.body[28].bias[3].item() == float(state["features.28.bias"][0])
    assert dict(report.skipped).keys() == {"classifier.6.weight", "classifier.6.bias"}


@pytest.mark.parametrize("classifier", ["absent", "nan"])
def test_that_vgg_of_caffe_brings_features_alone(save, image, vgg_model, classifier):
    state = vgg_state(seed=1)
    for name in [name for name in state if name.startswith("classifier")]:
        if classifier == "nan":
            state[name] = torch.tensor(float("nan")).expand(state[name].shape)
        else:
            del state[name]
    before = vgg_model.roi_heads.box_head.fc6.bias.clone()
    report = load_backbone(vgg_model, save(state))
    require_first_layer(vgg_model, state, image, (0.48235, 0.45882, 0.40784), (1 / 255,) * 3)
    assert torch.equal(vgg_model.roi_heads.box_head.fc6.bias, before)
    if classifier == "nan":
        assert dict(report.skipped)["classifier.0.weight"] == "the file has no numbers for it"


def test_that_the_first_detectron_starts_caffe_style(save, image):
    state = numbered(detectron1_shapes("r50"))
    state["conv1_w"] = torch.randn(64, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    system = SYSTEMS["d2_rpn_r50_fpn"]
    model = build(system, 1).eval()
    report = load_backbone(model, save({"blobs": state}))
    assert not report.notes
    assert {name for name in state if name.startswith("res")} <= dict(report.used).keys()
    bgr = 255 * image.flip(0) - torch.tensor([103.53, 116.28, 123.675])[:, None, None]
    with torch.inference_mode():
        seen = model.backbone.body.bn1(
            model.backbone.body.conv1(normalised(image, system.image_mean, system.image_std))
        )
        raw = torch.nn.functional.conv2d(bgr[None], state["conv1_w"], stride=2, padding=3)
        want = raw * state["res_conv1_bn_s"][:, None, None] + state["res_conv1_bn_b"][:, None, None]
        x = torch.rand(1, 256, 2, 2)
        norm = model.backbone.body.layer2[0].bn3
        scale, shift = (float(state[f"res3_0_branch2c_bn_{part}"][0]) for part in "sb")
        torch.testing.assert_close(norm(x[:, :1].expand(1, 512, 2, 2)), (x[:, :1] * scale + shift).expand(1, 512, 2, 2))
    torch.testing.assert_close(seen, want, rtol=1e-3, atol=1e-2)


def test_that_a_resnext_of_the_first_detectron_has_other_pixels_than_a_resnet(save, image):
    state = numbered(detectron1_shapes("x101_32x8d"))
    state["conv1_w"] = torch.randn(64, 3, 7, 7, generator=torch.Generator().manual_seed(0))
    system = SYSTEMS["d2_x101_32x8d_fpn"]
    model = build(system, 2).eval()
    assert not load_backbone(model, save({"blobs": state})).notes
    mean, std = torch.tensor([103.53, 116.28, 123.675]), torch.tensor([57.375, 57.12, 58.395])
    bgr = (255 * image.flip(0) - mean[:, None, None]) / std[:, None, None]
    with torch.inference_mode():
        seen = model.backbone.body.conv1(normalised(image, system.image_mean, system.image_std))
        want = torch.nn.functional.conv2d(bgr[None], state["conv1_w"], stride=2, padding=3)
    torch.testing.assert_close(seen, want, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("network", "system", "sentence"),
    [
        (resnet101, "rpn_r50_fpn", r"ResNet of torchvision that does not fit the backbone of rpn_r50_fpn: it has 255"),
        (resnet50, "rpn_r101_fpn", "it lacks 255 tensors"),
        (resnet50, "rpn_x101_32x4d_fpn", "have another shape"),
        (vgg16, "rpn_r50_fpn", "VGG of torchvision that does not fit"),
        (resnet50, "zf", "does not fit the backbone of zf"),
        (resnet50, "embedded", "does not fit the backbone of embedded"),
        (mobilenet_v3_large, "rpn_r50_fpn", "MobileNet of torchvision that does not fit"),
    ],
)
def test_that_another_backbone_is_a_sentence_and_changes_nothing(save, network, system, sentence):
    row = SYSTEMS[system]
    model = build(row, 1)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ConversionError, match=sentence) as refused:
        load_backbone(model, save(numbered(shapes_of(network))))
    assert refused.value.report.differences > 0
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_that_a_detector_is_no_classifier(save):
    model = build(SYSTEMS["rpn_r50_fpn"], 1)
    with pytest.raises(DetectorError, match="a whole detector: convert it"):
        load_backbone(model, save(numbered(mmdetection_shapes("r50", 0))))
    with pytest.raises(DetectorError, match="no classifier of ImageNet that is known"):
        load_backbone(model, save({"encoder.weight": torch.ones(2)}))


@pytest.mark.parametrize(
    ("value", "sentence"), [(float("nan"), r"layer1\.0\.bn1\.bias in .* NaN"), (1e6, "half precision")]
)
def test_that_broken_numbers_are_a_sentence_and_change_nothing(save, value, sentence):
    state = numbered(shapes_of(resnet50)) | {"layer1.0.bn1.bias": torch.full((64,), value)}
    model = build(SYSTEMS["rpn_r50_fpn"], 1)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(DetectorError, match=sentence):
        load_backbone(model, save(state))
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
