"""The weights that can be had by name, and the folder where they are kept. No torch, no network.

A file is named after its content, as torchvision publishes it: its name ends in the first eight hexadecimal digits of
its SHA-256. Sizes, categories and figures are those of torchvision's tables.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

import platformdirs

from detector.types import DetectorError

FOLDER_VARIABLE = "BOXWRIGHT_MODELS"
MODEL_SUFFIX = ".safetensors"

_HOST = "https://download.pytorch.org/models/"
_MEBIBYTE = 2**20
# torchvision: "The pre-trained models provided in this library may have their own licenses or terms and conditions
# derived from the dataset used for training."
_TORCHVISION = "torchvision's code is BSD-3-Clause; the weights may be bound by the terms of what they learnt from:"
_COCO = f"{_TORCHVISION} COCO 2017 (annotations CC BY 4.0, images under the terms of Flickr), and ImageNet before it"
_IMAGENET = f"{_TORCHVISION} ImageNet-1K (for non-commercial research and education)"

Kind = Literal["detector", "backbone"]
Figures = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Published:
    """A file of published weights: a whole detector, or the backbone that training may start from.

    `system` is the id of the detector's row in `detector.systems`, None with a backbone. `size` is in bytes, within
    half a kibibyte of the truth. `categories` is how many the weights tell apart. `published` holds figures by name:
    AP of COCO val2017 in per cent, top-1 accuracy of ImageNet-1K in per cent.
    """

    name: str
    title: str
    kind: Kind
    system: str | None
    url: str
    size: int
    categories: int
    licence: str
    published: Figures

    @property
    def file_name(self) -> str:
        """The name of the file, at its source and in the folder."""
        return PurePosixPath(urlsplit(self.url).path).name

    @property
    def sha256_prefix(self) -> str:
        """The first digits of the checksum of the whole file, in lower case."""
        return PurePosixPath(self.file_name).stem.rpartition("-")[2]

    @property
    def local_name(self) -> str:
        """The name of the file that is used in the end: a detector is converted, a backbone stays as it is."""
        return f"{self.name}{MODEL_SUFFIX}" if self.kind == "detector" else self.file_name


def _detector(system: str, network: str, file: str, mebibytes: float, average_precision: float) -> Published:
    return Published(
        name=f"fasterrcnn_{system}",
        title=f"Faster R-CNN {network}, learnt from COCO",
        kind="detector",
        system=system,
        url=_HOST + file,
        size=round(mebibytes * _MEBIBYTE),
        categories=80,  # of the 91 rows of the head, one is background, and ten ids were never given by COCO
        licence=_COCO,
        published=(("AP", average_precision),),
    )


def _backbone(name: str, network: str, file: str, mebibytes: float, top1: float | None) -> Published:
    return Published(
        name=name,
        title=f"{network}, learnt from ImageNet",
        kind="backbone",
        system=None,
        url=_HOST + file,
        size=round(mebibytes * _MEBIBYTE),
        categories=1000,
        licence=_IMAGENET,
        published=() if top1 is None else (("top-1", top1),),
    )


_COCO_DETECTORS = (
    ("resnet50_fpn", "R-50-FPN", "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth", 159.743, 37.0),
    ("resnet50_fpn_v2", "R-50-FPN v2", "fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth", 167.104, 46.7),
    ("mobilenet_v3_large_fpn", "MobileNetV3-FPN", "fasterrcnn_mobilenet_v3_large_fpn-fb6a3cc7.pth", 74.239, 32.8),
    (
        "mobilenet_v3_large_320_fpn",
        "MobileNetV3-FPN at 320 pixels",
        "fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth",
        74.239,
        22.8,
    ),
)
# The first weights of each network: the classic recipes come out worse from the newer ones.
_IMAGENET_BACKBONES = (
    ("resnet50", "ResNet-50", "resnet50-0676ba61.pth", 97.781, 76.13),
    ("resnet101", "ResNet-101", "resnet101-63fe2227.pth", 170.511, 77.374),
    ("vgg16", "VGG-16", "vgg16-397923af.pth", 527.796, 71.592),
    ("vgg16_features", "VGG-16 of Caffe, no fc6 and fc7", "vgg16_features-amdegroot-88682ab5.pth", 527.802, None),
    ("resnext101_64x4d", "ResNeXt-101 64x4d", "resnext101_64x4d-173b62eb.pth", 319.318, 83.246),
    ("resnext101_32x8d", "ResNeXt-101 32x8d", "resnext101_32x8d-8ba56ff5.pth", 339.586, 79.312),
    ("mobilenet_v3_large", "MobileNetV3-Large", "mobilenet_v3_large-8738ca79.pth", 21.114, 74.042),
)

PUBLISHED: dict[str, Published] = {
    row.name: row
    for row in (
        *(_detector(*values) for values in _COCO_DETECTORS),
        *(_backbone(*values) for values in _IMAGENET_BACKBONES),
    )
}


def models_folder() -> Path:
    """Return the folder of the weights that are called by name; it need not be there yet."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - pathlib raises where there is no such user
    return platformdirs.user_data_path("boxwright") / "models"


def installed() -> tuple[Path, ...]:
    """Return the model files of the folder by name, also those that somebody put there. No folder: none.

    Raises DetectorError where the folder cannot be read.
    """
    folder = models_folder()
    try:
        return tuple(sorted(path for path in folder.iterdir() if path.suffix == MODEL_SUFFIX and path.is_file()))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise DetectorError(f"The models in {folder} cannot be listed: {error.strerror or error}.") from error


def resolve_model(name_or_path: str) -> Path:
    """Return the model file that is meant: an existing file, or the one of that name in the folder of the models.

    Raises DetectorError that says what to do instead.
    """
    return _resolve(name_or_path, "detector")


def resolve_backbone(name_or_path: str) -> Path:
    """Return the file of backbone weights that is meant: an existing file, or the published one of that name.

    Raises DetectorError that says what to do instead.
    """
    return _resolve(name_or_path, "backbone")


def _resolve(text: str, kind: Kind) -> Path:
    row = PUBLISHED.get(text)
    if os.path.isfile(text):  # noqa: PTH113 - pathlib raises where a text cannot be a path
        return Path(text)
    if row is not None and row.kind != kind:
        raise DetectorError(f"{text} is a {row.kind}, and a {kind} is needed here: `boxwright models` lists both.")
    known = {path.stem: path for path in installed()} if kind == "detector" else {}
    if row is not None:
        known[text] = models_folder() / row.local_name
    if text in known and known[text].is_file():
        return known[text]
    if row is not None:
        raise DetectorError(f"The {kind} {text} is not on this machine yet: `boxwright models get {text}` fetches it.")
    if os.path.isdir(text):  # noqa: PTH112 - the same
        raise DetectorError(f"{text} is a folder: name a file in it.")
    names = [*known, *(row.name for row in PUBLISHED.values() if row.kind == kind)]
    close = get_close_matches(text, names, n=1)
    advice = f"Did you mean {close[0]}?" if close else "`boxwright models` lists the names that can be given."
    noun = "model" if kind == "detector" else "file of backbone weights"
    raise DetectorError(f"There is no {noun} at {text}, and none of that name. {advice}")
