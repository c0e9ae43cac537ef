"""ImageNet weights for the backbone of a network: training starts from what a classifier has learnt.

Files of torchvision (ResNet, ResNeXt, VGG-16, MobileNetV3), and those of the first Detectron, from which Detectron2
and mmdetection's caffe style start. A classifier wants its pixels normalised in its own way: its first layer is
rescaled, so that it computes the same from the pixels of the system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

from detector.conversion_formats import AFFINE, CONV5_HEAD, COUNTERS, NORM, Renamed, Row, recognise, rename
from detector.conversion_report import ConversionError, Report, compare, require_half, require_numbers
from detector.types import DetectorError
from detector.unpickling import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from detector.model import Network
    from detector.system import System

Channels = tuple[float, float, float]

BODY, LAYER4 = "backbone.body.", "backbone.body.layer4."
HIDDEN = tuple(f"roi_heads.box_head.{layer}.{name}" for layer in ("fc6", "fc7") for name in ("weight", "bias"))
GROUPED = "backbone.body.layer1.0.conv2.weight"
IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)
VGG_MEAN: Channels = (0.48235, 0.45882, 0.40784)  # of VGG16_Weights.IMAGENET1K_FEATURES, which come from Caffe
BYTE_STD: Channels = (1 / 255, 1 / 255, 1 / 255)
CATEGORIES = "it tells the 1000 categories of ImageNet apart"


@dataclass(frozen=True, slots=True)
class Classifier:
    """Files of one kind of network. Its pixels are RGB from 0 to 1 minus `mean`, divided by `std`; or BGR in `bgr`.

    `stem` is the first convolution; `offset` is what follows it and can take up a constant: its bias, or the mean of
    the norm behind it. `norm_eps` is the epsilon of its norms. `caffe_stride` is None where there are no bottlenecks.
    """

    title: str
    mark: str
    rows: tuple[Row, ...]
    stem: str
    offset: str
    norm_eps: float = 1e-5
    mean: Channels = IMAGENET_MEAN
    std: Channels = IMAGENET_STD
    bgr: bool = False
    caffe_stride: bool | None = None


_RESNET_STEM = (f"{BODY}conv1.weight", f"{BODY}bn1.running_mean")
_CAFFE_PARTS = {"branch1": ("downsample.0", "downsample.1")} | {
    f"branch2{letter}": (f"conv{j}", f"bn{j}") for j, letter in enumerate("abc", start=1)
}


def _caffe_stage(n: int) -> tuple[Row, ...]:
    """Return the rows of layer `n`: convolutions, and norms of which only scale and shift are left."""
    rows = []
    for part, (conv, norm) in _CAFFE_PARTS.items():
        rows += [
            Row(rf"res{n + 1}_(\d+)_{part}_w", rf"{BODY}layer{n}.\1.{conv}.weight"),
            Row(rf"res{n + 1}_(\d+)_{part}_bn_s", rf"{BODY}layer{n}.\1.{norm}.weight"),
            Row(rf"res{n + 1}_(\d+)_{part}_bn_b", rf"{BODY}layer{n}.\1.{norm}.bias"),
        ]
    return tuple(rows)


CLASSIFIERS = (
    Classifier(
        "ResNet of torchvision",
        r"^layer1\.0\.conv1\.weight$",
        (
            COUNTERS,
            Row(r"fc\.(weight|bias)", reason=CATEGORIES),
            Row(r"(conv1|layer[1-4]\.\d+\.conv[123]|layer[1-4]\.0\.downsample\.0)\.weight", rf"{BODY}\1.weight"),
            Row(rf"(bn1|layer[1-4]\.\d+\.bn[123]|layer[1-4]\.0\.downsample\.1)\.{NORM}", rf"{BODY}\1.\2"),
        ),
        *_RESNET_STEM,
        caffe_stride=False,
    ),
    Classifier(
        "MobileNet of torchvision",
        r"^features\.0\.0\.weight$",
        (
            COUNTERS,
            Row(r"classifier\..+", reason=CATEGORIES),
            Row(rf"features\.(.+)\.{NORM}", rf"{BODY}\1.\2"),
        ),
        f"{BODY}0.0.weight",
        f"{BODY}0.1.running_mean",
        norm_eps=1e-3,
    ),
    Classifier(
        "VGG of torchvision",
        r"^features\.0\.weight$",
        (
            COUNTERS,
            Row(rf"features\.(\d+)\.{AFFINE}", rf"{BODY}\1.\2"),
            Row(rf"classifier\.0\.{AFFINE}", r"roi_heads.box_head.fc6.\1"),
            Row(rf"classifier\.3\.{AFFINE}", r"roi_heads.box_head.fc7.\1"),
            Row(r"classifier\.6\.(weight|bias)", reason=CATEGORIES),
        ),
        f"{BODY}0.weight",
        f"{BODY}0.bias",
    ),
    Classifier(
        "ResNet of the first Detectron",
        r"^res2_0_branch2a_w$",
        (
            Row(r"(fc1000|pred|last_out_L1000)_[wb]", reason=CATEGORIES),
            Row(r".*_momentum", reason="training left it behind"),
            Row(r"conv1_b", reason="Detectron itself leaves it out"),
            Row(r"conv1_w", f"{BODY}conv1.weight"),
            Row(r"res_conv1_bn_s", f"{BODY}bn1.weight"),
            Row(r"res_conv1_bn_b", f"{BODY}bn1.bias"),
            *(row for n in range(1, 5) for row in _caffe_stage(n)),
        ),
        *_RESNET_STEM,
        norm_eps=0.0,
        std=BYTE_STD,
        bgr=True,
        caffe_stride=True,
    ),
)


def load_backbone(model: Network, path: Path) -> Report:
    """Give the backbone of `model` the weights of an ImageNet classifier, in place, and say what became of each.

    fc6 and fc7 of VGG-16 and layer4 of a C4 network go where the second stage has them; everything else of the network
    stays as it is. Raises DetectorError where the file is no such classifier, or of another network than the backbone
    (ConversionError with the report): then nothing is changed.
    """
    weights = read_weights(path)
    names = "\n".join(weights.state)
    classifier = next((each for each in CLASSIFIERS if re.search(each.mark, names, re.MULTILINE)), None)
    if classifier is None:
        what = "a whole detector: convert it" if recognise(weights.state) else "no classifier of ImageNet that is known"
        raise DetectorError(f"{path} is {what}. A backbone can have the weights of torchvision's ImageNet classifiers.")
    state = model.state_dict()
    file = _placed(rename(weights.state, classifier.rows), state)
    if classifier.bgr:
        file = replace(file, values=_with_statistics(file.values))
    classifier = _variant(classifier, file)
    report = _report(classifier, file, model)
    if report.differences:
        raise ConversionError(
            f"{path} is a {classifier.title} that does not fit the backbone of {model.system.id}: "
            f"{report.difference()}.",
            report,
        )
    require_numbers(path, {file.sources.get(name, name): value for name, value in file.values.items()})
    values = {name: value.to(state[name].dtype, copy=True) for name, value in file.values.items()}
    _adapt_pixels(values, classifier, model.system)
    _adapt_norms(values, classifier, model)
    require_half(path, values)
    model.load_state_dict(values, strict=False)
    return report


def _placed(file: Renamed, state: Mapping[str, Tensor]) -> Renamed:
    """Put layer4 and the hidden layers where the network has them; skip them where it, or the file, has none."""
    values, sources, skipped = {}, {}, list(file.skipped)
    for name, value in file.values.items():
        source, place = file.sources[name], name
        if name not in state and name.startswith(LAYER4):
            place = name.replace(LAYER4, f"{CONV5_HEAD}.")
        if place not in state and (name.startswith(LAYER4) or name in HIDDEN):
            skipped.append((source, "the system has no such layer"))
        elif name in HIDDEN and not bool(torch.isfinite(value).all()):
            skipped.append((source, "the file has no numbers for it"))
        else:
            values[place], sources[place] = value, source
    return Renamed(values, sources, tuple(skipped), file.unexpected)


def _with_statistics(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return norms that are a scale and a shift as norms with a mean of 0 and a variance of 1."""
    scales = {name: value for name, value in values.items() if re.search(r"(bn\d|downsample\.1)\.weight$", name)}
    means = {name.replace("weight", "running_mean"): torch.zeros_like(value) for name, value in scales.items()}
    variances = {name.replace("weight", "running_var"): torch.ones_like(value) for name, value in scales.items()}
    return {**values, **means, **variances}


def _variant(classifier: Classifier, file: Renamed) -> Classifier:
    """Return the classifier as whoever trained this file had it.

    A VGG-16 without fc6 and fc7 is Caffe's. The first Detectron's ResNeXt is not Caffe's, as its ResNets are.
    """
    if classifier.title.startswith("VGG") and not any(name in file.values for name in HIDDEN):
        return replace(classifier, mean=VGG_MEAN, std=BYTE_STD)
    grouped = file.values.get(GROUPED)
    if classifier.bgr and grouped is not None and grouped.shape[0] != grouped.shape[1]:
        return replace(classifier, std=IMAGENET_STD, caffe_stride=False)
    return classifier


def _report(classifier: Classifier, file: Renamed, model: Network) -> Report:
    want = {
        name: value.shape
        for name, value in model.state_dict().items()
        if (name.startswith((BODY, CONV5_HEAD)) and not name.endswith(".num_batches_tracked"))
        or (name in HIDDEN and name in file.values)
    }
    report = compare(classifier.title, model.system.id, file, file.values, want)
    if classifier.caffe_stride in {None, model.system.caffe_stride}:
        return report
    note = "It halves its maps in another convolution of a block than the system does: training has to make up for it."
    return replace(report, notes=(note,))


def _adapt_pixels(values: dict[str, Tensor], classifier: Classifier, system: System) -> None:
    """Make the first convolution compute from the pixels of the system what it did from those of the classifier.

    Exact but for the border, where both see their own mean beyond the image.
    """
    weight = values[classifier.stem].double()  # (out, 3, h, w)
    weight = weight.flip(1) if classifier.bgr else weight
    mean, std, system_mean, system_std = (
        torch.tensor(channels, dtype=torch.float64)
        for channels in (classifier.mean, classifier.std, system.image_mean, system.image_std)
    )
    constant = weight.sum(dim=(2, 3)) @ ((system_mean - mean) / std)  # (out,)
    sign = 1 if classifier.offset.endswith("bias") else -1
    values[classifier.stem] = (weight * (system_std / std)[:, None, None]).float()
    values[classifier.offset] = (values[classifier.offset].double() + sign * constant).float()


def _adapt_norms(values: dict[str, Tensor], classifier: Classifier, model: Network) -> None:
    """Add to each variance what the epsilon of the classifier had more than that of the network."""
    for name, module in model.named_modules():
        if isinstance(module, FrozenBatchNorm2d | nn.BatchNorm2d) and f"{name}.running_var" in values:
            values[f"{name}.running_var"] += classifier.norm_eps - module.eps
