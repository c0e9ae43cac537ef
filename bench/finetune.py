"""Promise 10: what an image costs the head in one pass, against torchvision's reference training loop.

The peer is `train_one_epoch` of torchvision's `references/detection`: the whole network in train mode, float32, two
images a batch, SGD, with everything but the second stage frozen by `requires_grad_(False)`. Ours trains the same second
stage on at most 128 RoIs per image and pass, from the features that the labeler's idle time has pooled into the cache.
`--rois` makes both see equally many. Neither is charged for decoding images. torchvision's systems have random weights.

`python -m bench.finetune [SYSTEM ...] [--json]`. With `--accuracy` both also train the embedded system on 50 images of
bccd for the same number of passes, over three seeds, and its test part says whether the cache costs accuracy. There the
peer trains twice, with torchvision's SGD and with our AdamW; the better one counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torchvision.ops import FrozenBatchNorm2d

from bench.detection_contenders import network
from bench.figures import Figure, at_most, show, times_faster
from bench.real_sets import DATA, read_part
from bench.reference_loop import BATCH, Reference, in_batches, train_reference
from bench.scoring import Score, score
from bench.timing import medians
from detector import checkpoints, coco
from detector.corrections import CorrectedImage, from_dataset
from detector.head import Head, HeadSchedule, RoiTable, labelled, train_head
from detector.model import FasterRCNN
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor
from detector.roi_features import FeatureCache, pooled
from detector.scenes import draw_scene
from detector.vocabulary import transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from detector.coco import CocoDataset
    from detector.types import ByteArray

TARGETS = {"embedded": 10.0, "mobilenet_v3_large_320_fpn": 10.0, "resnet50_fpn": 30.0}
"""How many times faster than the peer."""
LARGE = 20_000_000
"""Parameters from which on a step of the peer takes seconds: fewer images and rounds are enough."""
OUR_BATCH = 4  # images whose share of RoIs one of our steps takes
OUR_ROIS = 128
"""RoIs of an image and pass that ours learns from, at most. The reference draws 512 from each image by itself, to meet
an object now and then; ours draws from all images at once, balanced over the categories."""
WITHIN = 1.0  # points of AP
CPU = torch.device("cpu")


def speed(system: str, rounds: int | None, rois: int | None) -> Figure:
    """Return the milliseconds per image and pass of both: the peer at the system's number of RoIs, ours at its own.

    With `rois` both see so many RoIs of an image.
    """
    model = network(system)
    if system != "embedded":
        norm(model)
    if rois:
        model.roi_heads.fg_bg_sampler.batch_size_per_image = rois
    large = sum(parameter.numel() for parameter in model.parameters()) >= LARGE
    names = [str(label) for label in range(model.num_categories)]
    with tempfile.TemporaryDirectory() as folder:
        images = drawn(Path(folder), 4 if large else 8)
        predictor = Predictor(model, names, "bench", device=CPU)
        table = roi_table(predictor, [image for image, _ in images], Path(folder))
        second_stage, coder = Head(model), model.roi_heads.box_coder
        reference = Reference(model)
        ready = [(pixels, image.gt_boxes, image.labels) for image, pixels in images]
        batches = cycle(in_batches(ready))
        its = reference.rois(next(batches))
        our = rois or min(OUR_ROIS, its)
        rounds = rounds or (3 if large else 15)
        steps = train_head(second_stage, table, coder, schedule(rounds + 2, our), seed=0)
        times = medians(
            {"ours": lambda: next(steps), "torchvision": lambda: reference.step(next(batches))}, rounds, warm_up=2
        )
    ours, peer = times["ours"] / OUR_BATCH * 1e3, times["torchvision"] / BATCH * 1e3
    title = f"{system}, per image and pass of {our} RoIs, peer {its}"
    target = times_faster(TARGETS[system]) if system in TARGETS else None
    return Figure(title, ours, "ms", peer, "torchvision's loop", target)


def norm(model: FasterRCNN) -> None:
    """Give the frozen norms of random weights the statistics of a scene.

    Otherwise activations vanish or explode from layer to layer, and numbers too small for the exponent take many times
    as long as others.
    """

    def fit(module: FrozenBatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
        module.running_mean = inputs[0].mean((0, 2, 3))
        module.running_var = inputs[0].var((0, 2, 3)).clamp(min=1e-6)

    norms = [module for module in model.backbone.modules() if isinstance(module, FrozenBatchNorm2d)]
    hooks = [module.register_forward_pre_hook(fit) for module in norms]
    pixels = torch.tensor(draw_scene(0, (480, 640)).image).permute(2, 0, 1).float().div(255)
    with torch.no_grad():
        model.eval().backbone(model.transform([pixels])[0].tensors)
    for hook in hooks:
        hook.remove()


def schedule(steps: int, rois: int) -> HeadSchedule:
    """Return our schedule with `rois` RoIs of each image of a step, in bfloat16 where the machine has it."""
    return HeadSchedule(steps, batch_size=OUR_BATCH * rois, mixed=sixteen_bit_type(CPU) == torch.bfloat16)


def drawn(folder: Path, count: int) -> list[tuple[CorrectedImage, ByteArray]]:
    """Return the first `count` scenes of 480x640 that show something, as reviewed images with their pixels."""
    images: list[tuple[CorrectedImage, ByteArray]] = []
    seed = 0
    while len(images) < count:
        scene = draw_scene(seed, (480, 640))
        seed += 1
        if len(scene.labels):
            path = folder / f"{scene.name}.png"
            Image.fromarray(scene.image).save(path)
            images.append((CorrectedImage(path, path.name, scene.gt_boxes, scene.labels), scene.image))
    return images


def roi_table(predictor: Predictor, images: Sequence[CorrectedImage], folder: Path) -> RoiTable:
    """Return the RoIs of `images`, mapped from a cache in `folder`."""
    cache = FeatureCache(folder / "features", 4 * 2**30)
    return RoiTable([view for image in images for view in labelled(image, pooled(predictor, image, cache))])


def accuracy(data: Path, count: int, passes: int, seeds: int) -> Iterator[Figure]:
    """Yield AP and AP50 of both on the test part of bccd, means over the seeds, after as many passes."""
    lessons, test = read_part("bccd", "train", data), read_part("bccd", "test", data)
    base, names = checkpoints.load(checkpoints.EMBEDDED_WEIGHTS), lessons.category_names
    assert isinstance(base.model, FasterRCNN)
    images = from_dataset(lessons).images[:count]
    samples = [coco.load_sample(image) for image in lessons.images[:count]]
    ready = [(sample.image, sample.gt_boxes, sample.labels) for sample in samples]
    rois = base.model.system.box_batch_size_per_image
    scores: dict[str, list[Score]] = {"ours": [], "torchvision, SGD": [], "torchvision, AdamW": []}
    with tempfile.TemporaryDirectory() as folder:
        predictor = Predictor(base.model, base.categories, "bench", device=CPU)
        table = roi_table(predictor, images, Path(folder))
        for seed in range(seeds):
            trainers: dict[str, Callable[[FasterRCNN], None]] = {
                "ours": partial(train_ours, table=table, steps=passes * count // OUR_BATCH, rois=rois, seed=seed),
                "torchvision, SGD": partial(train_reference, ready=ready, passes=passes, seed=seed, optimizer="sgd"),
                "torchvision, AdamW": partial(
                    train_reference, ready=ready, passes=passes, seed=seed, optimizer="adamw"
                ),
            }
            for name, train in trainers.items():
                torch.manual_seed(seed)
                model = transfer(base.model, base.categories, names)
                train(model)
                scores[name].append(tested(model, test))
    yield from accuracy_figures(scores, count, passes)


def train_ours(model: FasterRCNN, table: RoiTable, steps: int, rois: int, seed: int) -> None:
    """Train the head of `model` on cached features."""
    for step in train_head(Head(model), table, model.roi_heads.box_coder, schedule(steps, rois), seed=seed):
        average = step.average
    average.put_into(model)


def tested(model: FasterRCNN, test: CocoDataset) -> Score:
    """Return what `model` reaches on a dataset."""
    predictor = Predictor(model, test.category_names, "bench", device=CPU)
    return score(predictor, (coco.load_sample(image).image for image in test.images), test.images, test.category_names)


def accuracy_figures(scores: dict[str, list[Score]], count: int, passes: int) -> Iterator[Figure]:
    """Yield for each measure what the better peer has more than ours, in points."""
    for measure, name in (("ap", "AP"), ("ap50", "AP50")):
        values = {who: [100 * getattr(one, measure) for one in ones] for who, ones in scores.items()}
        means = {who: statistics.fmean(ones) for who, ones in values.items()}
        ours = means.pop("ours")
        peer = max(means, key=lambda who: means[who])
        seeds = "; ".join(f"{who} {', '.join(f'{one:.2f}' for one in ones)}" for who, ones in values.items())
        title = f"bccd, {count} images, {passes} passes: {name} below the better peer"
        note = f"ours {ours:.2f}, {peer} {means[peer]:.2f}; by seed: {seeds}"
        yield Figure(title, means[peer] - ours, "points", target=at_most(WITHIN), note=note)


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Yield the speed for each system of `TARGETS`; accuracy takes hours and is asked for by itself."""
    for system in [*TARGETS][: 2 if quick else None]:
        yield speed(system, 3 if quick else None, None)


def main() -> None:
    """Measure the systems named on the command line."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("systems", nargs="*", default=list(TARGETS), metavar="SYSTEM", help=", ".join(TARGETS))
    parser.add_argument("--rounds", type=int, help="measured steps of each; by default what the size allows")
    parser.add_argument("--rois", type=int, help="of an image and pass, in both")
    parser.add_argument("--accuracy", action="store_true", help="compare AP after training as well")
    parser.add_argument("--images", type=int, default=50, help="of bccd, for --accuracy")
    parser.add_argument("--passes", type=int, default=20, help="over these images")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with bccd")
    parser.add_argument("--threads", type=int, help="of torch")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    found = measured(options)
    if options.json:
        print(json.dumps([figure.to_fields() for figure in found], indent=1))
    else:
        show(found)


def measured(options: argparse.Namespace) -> Iterator[Figure]:
    """Yield what the command line asks for."""
    for system in options.systems:
        yield speed(system, options.rounds, options.rois)
    if options.accuracy:
        yield from accuracy(options.data, options.images, options.passes, options.seeds)


if __name__ == "__main__":
    main()
