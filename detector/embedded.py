"""The embedded detector: where its weights are, what it learnt from, and the command that makes and measures them.

`python -m detector.embedded train` and `... evaluate` need torch, torchvision, numpy, Pillow and safetensors only.
Under `torchrun --standalone --nproc-per-node 2 -m detector.embedded train` two processes share the work.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
import torch
import torch.distributed as dist

from detector import checkpoints
from detector.batches import SampleStream, batches, scene_with_distractors
from detector.devices import choose_device
from detector.evaluation import mean_average_precision, proposal_recall
from detector.filtering import select
from detector.model import build
from detector.predictor import Precision, open_predictor
from detector.scenes import CATEGORIES, draw_scene
from detector.schedule import Schedule
from detector.systems import SYSTEMS
from detector.training import TrainingStep, train_joint
from detector.types import Sample, Thresholds

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

# Scenes are known by their seed: those of training count from 0 and never come this far.
HELD_OUT_SEED = 1_000_000_000
REHEARSAL_SEED = 500_000_000
SCENE_SIZE = (320, 320)
SAVE_EVERY = 500


def held_out_scenes(count: int) -> list[Sample]:
    """Return scenes that no training sees."""
    return [draw_scene(HELD_OUT_SEED + index, SCENE_SIZE) for index in range(count)]


class RehearsalScenes(Sequence[Sample]):
    """Scenes against forgetting, more than any training takes, each drawn when it is asked for.

    `label_of` has the labels of names of `CATEGORIES`. What has none is a crowd, neither object nor background: it may
    have been renamed since.
    """

    def __init__(self, label_of: Mapping[str, int]) -> None:
        self._labels = np.array([0, *(label_of.get(name, 0) for name in CATEGORIES)], dtype=np.int64)

    def __len__(self) -> int:
        return HELD_OUT_SEED - REHEARSAL_SEED

    @overload
    def __getitem__(self, index: int) -> Sample: ...

    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...

    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        scene = draw_scene(REHEARSAL_SEED + index, SCENE_SIZE)
        mine = self._labels[scene.labels]
        return replace(scene, labels=mine, iscrowd=mine == 0)


def train(
    images: int, batch_size: int, rate: float, seed: int, device: torch.device
) -> Generator[TrainingStep, None, None]:
    """Train the embedded system from random weights on `images` views of scenes, this process's share of them."""
    rank, ranks = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    torch.manual_seed(seed)
    model = build(SYSTEMS["embedded"], len(CATEGORIES))
    stream = SampleStream(scene_with_distractors, views=2, dihedral=True, seed=seed, rank=rank, ranks=ranks)
    schedule = Schedule(steps=images // (batch_size * ranks), learning_rate=rate, epoch_steps=SAVE_EVERY)
    return train_joint(model, batches(stream, batch_size), schedule, device)


def evaluate(path: Path, count: int, device: str | None, precision: Precision) -> dict[str, float]:
    """Return AP, AP50, AR@100 and AR@300 (class-agnostic) on held-out scenes, and the median seconds of one image."""
    predictor = open_predictor(path, device=device, precision=precision, score_floor=0.005)
    samples, seconds, predictions = held_out_scenes(count), [], []
    for sample in samples:
        start = time.perf_counter()
        predictions.append(predictor.predict(sample.image))
        seconds.append(time.perf_counter() - start)
    detections = [select(p.candidates, Thresholds(0.0, 0.5)) for p in predictions]
    figures = mean_average_precision(samples, detections)
    truths, proposals = [s.gt_boxes for s in samples], [p.proposals.boxes for p in predictions]
    for limit in (100, 300):
        figures[f"AR@{limit}"] = proposal_recall(truths, proposals, limit)
    return figures | {"seconds": sorted(seconds)[len(seconds) // 2]}


def main() -> None:
    """Train or measure the embedded detector."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("verb", choices=("train", "evaluate"))
    parser.add_argument("-o", "--output", type=Path, default=checkpoints.EMBEDDED_WEIGHTS, help="where the weights are")
    parser.add_argument("--images", type=int, default=120_000, help="views of scenes to train on")
    parser.add_argument("--batch-size", type=int, default=4, help="images of a step in each process")
    parser.add_argument("--rate", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=500, help="held-out scenes to measure on")
    parser.add_argument("--device", default=None)
    parser.add_argument("--precision", choices=("fast", "exact"), default="fast")
    options = parser.parse_args()
    if options.verb == "evaluate":
        for name, value in evaluate(options.output, options.count, options.device, options.precision).items():
            print(f"{name:12} {value:.4f}")
        return
    device = choose_device(options.device)
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    first = not dist.is_initialized() or dist.get_rank() == 0
    for step in train(options.images, options.batch_size, options.rate, options.seed, device):
        if first and step.ends_epoch:
            checkpoints.save(options.output, step.average, CATEGORIES)
            losses = " ".join(f"{name}={value:.3f}" for name, value in step.losses.items())
            print(f"{step.step}/{step.steps} {step.images_seen / step.seconds:.1f} images/s {losses}", flush=True)
    if dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
