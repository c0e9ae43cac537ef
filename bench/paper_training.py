"""What the benches of the paper train: a small detector like its ZF system, and the pictures it learns from.

The row is that of ZF (Ren et al. 2015): one map at stride 16, nine anchors a cell, two logits an anchor, RoI pooling,
NMS 0.7, 300 proposals. What two cores cannot train in minutes is smaller: the backbone is the embedded detector's up to
stride 16 (160 channels), and starts from its weights as the paper starts from ImageNet's; fc6 and fc7 have 512 numbers;
the optimizer is AdamW. Images have a short side of 480 pixels in place of 600, and as the objects in them are smaller
than those of PASCAL VOC the sides of the anchors are 32, 64 and 128.

Shapes: R proposals, K categories.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image
from torchvision.models._utils import IntermediateLayerGetter

from bench.real_sets import REAL_SETS, read_part
from detector import checkpoints, coco
from detector.alternating import STAGES, train_alternating
from detector.backbones import BACKBONES, SlimResNet
from detector.classic_backbones import OneMap
from detector.dataset_training import Plan, train_on_dataset
from detector.embedded import HELD_OUT_SEED
from detector.model import FasterRCNN, build
from detector.rpn import Rpn
from detector.scenes import CATEGORIES, draw_scene
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from torch import Tensor

    from detector.resize import Batch
    from detector.rpn import Proposed, Said
    from detector.system import System
    from detector.types import Sample

SETS = ("scenes", *REAL_SETS)
SHORT, LONG = 480, 800  # sides of an image in pixels, at most
TRAIN_SCENES, TEST_SCENES = 200, 100
TRAIN_SEED = 700_000_000  # scenes that the embedded detector did not learn from


def slim_c4() -> OneMap:
    """Return the embedded detector's backbone up to stride 16, as one map of 160 channels."""
    body = SlimResNet(widths=(32, 64, 96, 160, 256), blocks=(1, 2, 2, 2))
    return OneMap(IntermediateLayerGetter(body, {"layer3": "0"}), 160)


BACKBONES["slim_c4"] = slim_c4  # for `build`: no system of the program has it

NINE_ANCHORS = replace(
    SYSTEMS["zf"],
    id="small",
    title="A small detector like the paper's",
    backbone="slim_c4",
    anchor_sizes=((32, 64, 128),),
    min_size=SHORT,
    max_size=LONG,
    image_mean=SYSTEMS["embedded"].image_mean,
    image_std=SYSTEMS["embedded"].image_std,
    rpn_min_size=8,
    box_head="two_fc",
    representation_size=512,
    roi_resolution=7,
    recipe=replace(
        SYSTEMS["embedded"].recipe,
        frozen_norms=True,
        epochs=SYSTEMS["zf"].recipe.epochs,
        alternating_epochs=SYSTEMS["zf"].recipe.alternating_epochs,
    ),
    published=(),
)
ONE_ANCHOR = replace(NINE_ANCHORS, anchor_sizes=((64,),), aspect_ratios=(1.0,))
"""The middle one: 1 scale x 1 ratio."""


class Lessons(NamedTuple):
    """A set of images in memory: what is trained on, what is measured on, and the names of labels 1..K."""

    name: str
    train: list[Sample]
    test: list[Sample]
    categories: tuple[str, ...]


def open_lessons(name: str, data: Path, most_tests: int | None = None) -> Lessons:
    """Return the set `name` of `SETS`; the real ones are read from `data`.

    Of its test part there are at most `most_tests` images. No image is larger than `SHORT` x `LONG`: all who look at
    one see the same pixels, and nobody shrinks it again.
    """
    if name == "scenes":
        size = (SHORT, SHORT)
        train = [draw_scene(TRAIN_SEED + index, size) for index in range(TRAIN_SCENES)]
        tests = range(min(most_tests or TEST_SCENES, TEST_SCENES))
        return Lessons(name, train, [draw_scene(HELD_OUT_SEED + index, size) for index in tests], CATEGORIES)
    train_set, test_set = read_part(name, "train", data), read_part(name, "test", data)
    train, test = (
        [shrunk(coco.load_sample(image)) for image in images]
        for images in (train_set.images, test_set.images[:most_tests])
    )
    return Lessons(name, train, test, train_set.category_names)


def shrunk(sample: Sample) -> Sample:
    """Return `sample` with a short side of at most `SHORT` and a long one of at most `LONG` pixels."""
    height, width = sample.image_size
    scale = min(1.0, SHORT / min(height, width), LONG / max(height, width))
    size = (round(width * scale), round(height * scale))
    pixels = np.asarray(Image.fromarray(sample.image).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    ratio = np.array([size[0] / width, size[1] / height] * 2, dtype=np.float32)
    return replace(sample, image=pixels, gt_boxes=sample.gt_boxes * ratio)


def started(system: System, num_categories: int, seed: int) -> FasterRCNN:
    """Return `system` with the embedded detector's weights in its backbone and random ones behind it."""
    torch.manual_seed(seed)
    model = build(system, num_categories)
    assert isinstance(model, FasterRCNN)
    learnt = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS).model.backbone.state_dict()
    model.backbone.load_state_dict({name: learnt[name] for name in model.backbone.state_dict()})
    return model


class OwnFeatures(Rpn):
    """A region proposal network with a backbone of its own, which ignores the features of the second stage."""

    def __init__(self, proposer: FasterRCNN) -> None:
        super().__init__(proposer.system, slim_c4().out_channels)
        self.load_state_dict(proposer.rpn.state_dict())
        self.own_backbone = proposer.backbone

    def propose(self, images: Batch, features: dict[str, Tensor], said: Said | None = None) -> Proposed:  # noqa: ARG002
        """Return the proposals of each image."""
        return super().propose(images, self.own_backbone(images.tensors))


class Trained(NamedTuple):
    """A detector, on the CPU in eval mode, and the seconds of `worked` that its training took."""

    model: FasterRCNN
    seconds: float


class Alternated(NamedTuple):
    """What four-step alternating training leaves: the detector after step 4, and what there is after step 2."""

    shared: FasterRCNN
    unshared: FasterRCNN
    seconds: float


def worked(device: torch.device) -> float:
    """Return seconds since some moment: on a CPU those that its cores worked here, else those of the clock.

    On a machine that does other things too, the clock would count these.
    """
    return time.process_time() if device.type == "cpu" else time.monotonic()


def plan(lessons: Lessons, views: int, seed: int) -> Plan:
    """Return the plan of a joint training that sees about `views` images."""
    epochs = max(1, round(views / len(lessons.train)))
    return Plan.of(NINE_ANCHORS, epochs=epochs, seed=seed, pretrained=True, recolours=True)


def train(system: System, lessons: Lessons, views: int, seed: int, device: torch.device) -> Trained:
    """Train `system` jointly on about `views` images."""
    model, start = started(system, len(lessons.categories), seed), worked(device)
    for _ in train_on_dataset(model, lessons.train, plan(lessons, views, seed), device):
        pass
    return Trained(model.cpu(), worked(device) - start)


def alternate(system: System, lessons: Lessons, views: int, seed: int, device: torch.device) -> Alternated:
    """Train `system` in four steps, each as long beside a joint training of `views` images as in the paper."""
    model, start = started(system, len(lessons.categories), seed), worked(device)
    joint, recipe = plan(lessons, views, seed), NINE_ANCHORS.recipe
    each = replace(joint, epochs=max(1, round(joint.epochs * recipe.alternating_epochs / recipe.epochs)))
    with TemporaryDirectory() as folder:
        steps = train_alternating(model, lessons.train, each, device, Path(folder) / "proposals.npy")
        after = {step.stage: step.average for step in steps}
    seconds = worked(device) - start
    proposer, unshared = (after[stage.name].cpu() for stage in STAGES[:2])
    assert isinstance(proposer, FasterRCNN)
    assert isinstance(unshared, FasterRCNN)
    unshared.rpn = OwnFeatures(proposer)
    return Alternated(model.cpu(), unshared.eval(), seconds)
