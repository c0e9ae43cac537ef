"""How fast the systems of the paper and of mmdetection are here, beside torchvision and what was published of them.

Milliseconds an image, and steps a second of training by batches of two, at the published input sizes: images of 640x480
are seen by the pyramids at 800 pixels, those of 500x375 by the paper's networks at 600. Ours is the predictor, with the
upload, the candidates and the conversion to numpy, and `train_joint`, with its moving average where the recipe has one.
The peer is put together from torchvision's own parts with the same random weights, runs eagerly in float32, and
trains by the loop of torchvision's references; it has no network like VGG-16 and ZF with the paper's second stage.

`python -m bench.detection --published [SYSTEM ...]`
"""

from __future__ import annotations

import json
import math
from functools import partial
from itertools import count, islice, repeat
from typing import TYPE_CHECKING, NamedTuple

import torch
from torchvision.models.detection import FasterRCNN as TorchvisionFasterRCNN
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.ops import FrozenBatchNorm2d

from bench.timing import medians
from detector.backbones import RESNET_50, RESNET_101, ResNetShape
from detector.model import FasterRCNN, build
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor
from detector.scenes import draw_scene
from detector.schedule import Schedule
from detector.systems import SYSTEMS
from detector.training import train_joint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detector.types import ByteArray, FloatArray, Sample

CATEGORIES = 80
BATCH = 2
RATE = 1e-4  # small: random weights are to stay finite, and speed does not depend on it
PYRAMID, PAPER = (480, 640), (375, 500)
TAKES_HOURS = (
    "on a CPU all of these take hours: run them where there is a GPU, or name one, as in "
    "`python -m bench.detection --published zf`"
)


class Published(NamedTuple):
    """The size of an image, what torchvision builds the peer from, and published speeds with their source."""

    image_size: tuple[int, int]
    shape: ResNetShape | None
    ms: str
    steps: str


PUBLISHED = {
    "mmdet_r50_fpn": Published(
        PYRAMID,
        RESNET_50,
        "V100: 46.7 mmdetection, 38 Detectron2, 59.0 torchvision",
        "V100: 4.63 mmdetection, 4.76 Detectron2, 4.37 torchvision",
    ),
    "mmdet_r101_fpn": Published(PYRAMID, RESNET_101, "V100: 64.1 mmdetection, 51 Detectron2", "V100: 3.50 Detectron2"),
    "mmdet_x101_32x4d_fpn": Published(
        PYRAMID, ResNetShape((3, 4, 23, 3), groups=32, width_per_group=4), "V100: 72.5 mmdetection", ""
    ),
    "vgg16": Published(PAPER, None, "K40: 198 the paper", "K40: about 1.4 alternating (240,000 steps in 2 days)"),
    "zf": Published(PAPER, None, "K40: 59 the paper", "K40: about 5.6 alternating (240,000 steps in 12 hours)"),
}
"""mmdetection: its model zoo; Detectron2: MODEL_ZOO; torchvision: pytorch/vision #937; the paper: its MATLAB README."""


def measure(systems: Sequence[str], device: torch.device, rounds: int | None, as_json: bool) -> None:
    """Print the speeds of `systems`, keys of `PUBLISHED`, on `device`, medians of `rounds`."""
    rounds = rounds or (30 if device.type == "cuda" else 3)
    rows = []
    for system in systems:
        detecting, training = detection(system, device, rounds), training_step(system, device, rounds)
        rows.append({"system": system, "device": named(device), "detection ms": detecting, "steps/s": training})
        if not as_json:
            published = PUBLISHED[system]
            print(f"{system} on {rows[-1]['device']}")
            print(line("ms an image", detecting, published.ms))
            print(line(f"steps/s, {BATCH} images", training, published.steps), flush=True)
    if as_json:
        print(json.dumps(rows, indent=1))


def line(title: str, figures: dict[str, float], published: str) -> str:
    """Return one line: what was measured here, our best as a multiple of the peer's, and what was published."""
    found = "  ".join(f"{name} {value:.2f}" for name, value in figures.items())
    ratio = f"  fast / torchvision {figures['fast'] / figures['torchvision']:.2f} x" if "torchvision" in figures else ""
    return f"  {title:20} {found}{ratio}" + (f"  [{published}]" if published else "")


def detection(system: str, device: torch.device, rounds: int) -> dict[str, float]:
    """Return the milliseconds an image of our two precisions and of torchvision where it has the system."""
    model = networked(system)
    names = [str(label) for label in range(CATEGORIES)]
    image = draw_scene(0, PUBLISHED[system].image_size).image
    contenders: dict[str, Callable[[], object]] = {
        precision: partial(Predictor(model, names, "bench", device=device, precision=precision).predict, image)
        for precision in ("fast", "exact")
    }
    peer = torchvision_peer(system)
    if peer is not None:
        peer.load_state_dict(model.state_dict())
        contenders["torchvision"] = partial(found_by, peer.to(device).eval(), tensor_of(image, device))
    return {name: 1e3 * seconds for name, seconds in medians(contenders, rounds).items()}


@torch.inference_mode()
def found_by(peer: TorchvisionFasterRCNN, image: torch.Tensor) -> dict[str, FloatArray]:
    """Return what torchvision's network finds, on the CPU: whoever detects wants to have it."""
    (found,) = peer([image])
    return {name: value.cpu().numpy() for name, value in found.items()}


def training_step(system: str, device: torch.device, rounds: int) -> dict[str, float]:
    """Return the steps a second of ours, in 16 bits and in float32, and of torchvision where it has the system."""
    samples = crowded(PUBLISHED[system].image_size)
    recipe = SYSTEMS[system].recipe
    figures: dict[str, float] = {}
    for name, mixed in (("fast", sixteen_bit_type(device) is not None), ("exact", False)):
        schedule = Schedule(
            steps=rounds + 2,
            learning_rate=RATE,
            warmup_steps=1,
            ema_decay=0.0 if recipe.optimizer == "sgd" else 0.999,
            mixed=mixed,
            frozen_norms=recipe.frozen_norms,
            frozen=recipe.frozen,
            optimizer=recipe.optimizer,
        )
        steps = train_joint(networked(system), repeat(samples), schedule, device)
        figures[name] = 1 / medians({name: partial(next, steps)}, rounds)[name]
        steps.close()
    peer = torchvision_peer(system)
    if peer is not None:
        peer.load_state_dict(networked(system).state_dict())
        for name, parameter in peer.named_parameters():
            parameter.requires_grad_(not name.startswith(recipe.frozen))
        step = torchvision_step(peer.to(device).train(), samples, device)
        figures["torchvision"] = 1 / medians({"torchvision": step}, rounds)["torchvision"]
    return figures


def networked(system: str) -> FasterRCNN:
    """Return the system with the same random weights each time, in eval mode."""
    torch.manual_seed(0)
    model = build(SYSTEMS[system], CATEGORIES)
    assert isinstance(model, FasterRCNN)
    return model.eval()


def torchvision_peer(system: str) -> TorchvisionFasterRCNN | None:
    """Return torchvision's Faster R-CNN on the same pyramid, or None where it has no such network."""
    shape = PUBLISHED[system].shape
    if shape is None:
        return None
    layers = {f"layer{number + 1}": str(number) for number in range(4)}
    pyramid = BackboneWithFPN(shape.body(FrozenBatchNorm2d), layers, [256, 512, 1024, 2048], 256)
    return TorchvisionFasterRCNN(pyramid, CATEGORIES + 1)


def torchvision_step(
    peer: TorchvisionFasterRCNN, samples: Sequence[Sample], device: torch.device
) -> Callable[[], None]:
    """Return one step of the loop of torchvision's references over one batch: float32, SGD."""
    optimizer = torch.optim.SGD([p for p in peer.parameters() if p.requires_grad], RATE, 0.9, weight_decay=1e-4)

    def step() -> None:
        images = [tensor_of(sample.image, device) for sample in samples]
        targets = [
            {"boxes": torch.tensor(s.gt_boxes, device=device), "labels": torch.tensor(s.labels, device=device)}
            for s in samples
        ]
        losses = torch.stack(list(peer(images, targets).values())).sum()
        assert math.isfinite(losses.item())
        optimizer.zero_grad()
        losses.backward()
        optimizer.step()

    return step


def tensor_of(image: ByteArray, device: torch.device) -> torch.Tensor:
    """Return an image (H, W, 3) uint8 as (3, H, W) float32 in [0, 1]."""
    return torch.tensor(image, device=device).permute(2, 0, 1).float().div(255)


def crowded(size: tuple[int, int]) -> list[Sample]:
    """Return the first `BATCH` scenes of `size` that show something."""
    scenes = (draw_scene(seed, size) for seed in count())
    return list(islice((scene for scene in scenes if len(scene.labels)), BATCH))


def named(device: torch.device) -> str:
    """Return what people call `device`."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {torch.get_num_threads()} threads"
