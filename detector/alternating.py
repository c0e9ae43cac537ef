"""Four-step alternating training (Ren et al. 2015, section 3.2), as a generator of the steps of joint training.

1. An RPN learns, from the weights at the start, and proposes on every image and every mirrored image.
2. A Fast R-CNN learns from those proposals, with a backbone of its own, again from the weights at the start.
3. New RPN layers learn on the backbone of step 2, which stays as it is from now on, and propose again.
4. The layers of Fast R-CNN that are its own go on from step 2 with the new proposals.

What becomes of the head in step 4 differs between the authors' programs: the MATLAB original goes on with all of it,
the Python port with fc6 and fc7 and a new last layer. Here it is as in the original. Both normalise the box targets by
the mean and deviation of each category, measured in training; here they are those of joint training, which are fixed.

Shapes: n images, R proposals of one.
"""

from __future__ import annotations

import copy
import math
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.detection.transform import resize_boxes

from detector.batches import PROPOSALS, mirrored
from detector.image_files import one_ahead
from detector.processes import Division
from detector.proposal_file import ProposalFile
from detector.rpn import Rpn
from detector.training import TrainingStep, train_part
from detector.views import Views, loaded, read_sample

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from detector.dataset_training import Plan
    from detector.learner import Snapshot
    from detector.model import FasterRCNN
    from detector.schedule import Schedule
    from detector.targets import Target
    from detector.training import Gives
    from detector.types import FloatArray, Sample
    from detector.views import Source

MOST_PROPOSALS = 2000  # of an image: py-faster-rcnn, rpn_generate
NO_CUT = 1_000_000_000
BACKBONE, RPN, HEAD = "backbone.", "rpn.", "roi_heads."


class Stage(NamedTuple):
    """One of the four steps: whether the RPN learns or the head, what stays as it is, and what it `gives`."""

    name: str
    trains_rpn: bool
    frozen: tuple[str, ...]
    gives: Gives


STAGES = (
    Stage("1 RPN", trains_rpn=True, frozen=(HEAD,), gives="proposals"),
    Stage("2 Fast R-CNN", trains_rpn=False, frozen=(RPN,), gives="nothing"),
    Stage("3 RPN", trains_rpn=True, frozen=(HEAD, BACKBONE), gives="proposals"),
    Stage("4 Fast R-CNN", trains_rpn=False, frozen=(RPN, BACKBONE), gives="detections"),
)
PROPOSING = "proposals"


class FirstStage(nn.Module):
    """The losses of the RPN alone."""

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        """Return the two losses; `images` (3, H, W). Nobody asks for proposals: one is made, which costs nothing."""
        batch, targets_in_batch = self.model.transform(images, targets)
        with top_n(self.model.rpn, 1, 1):
            losses: dict[str, Tensor] = self.model.rpn(batch, self.model.backbone(batch.tensors), targets_in_batch)[1]
        return losses


class SecondStage(nn.Module):
    """The losses of the head alone, from the proposals that the targets bring along."""

    def __init__(self, model: FasterRCNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: list[Tensor], targets: list[Target]) -> dict[str, Tensor]:
        """Return the two losses; `images` (3, H, W), with `targets[i]["proposals"]` (R, 4) in their pixels."""
        batch, targets_in_batch = self.model.transform(images, targets)
        proposals = [
            resize_boxes(target[PROPOSALS], list(image.shape[-2:]), list(size))
            for image, target, size in zip(images, targets, batch.image_sizes, strict=True)
        ]
        levels: dict[str, Tensor] = self.model.backbone(batch.tensors)
        losses: dict[str, Tensor] = self.model.roi_heads(levels, proposals, batch.image_sizes, targets_in_batch)[1]
        return losses


def train_alternating(
    model: FasterRCNN,
    images: Sequence[Source],
    plan: Plan,
    device: torch.device,
    proposals: Path,
    *,
    start: Snapshot | None = None,
) -> Generator[TrainingStep, None, None]:
    """Train `model` in place on `images`; yield after each step, counted through all four, and each image proposed on.

    `plan` is of each of the four: its epochs, and its batch size for the head; the RPN takes half of it, at the same
    rate. The proposals go through the file `proposals`, 64 kB for an image, which is left behind.

    The model of a step is whole in step 4 alone: `average` has an untrained head in step 1, an untrained RPN in step 2.
    With `start`, a snapshot of an earlier training by the same plan, it goes on from there to the same end, bit for
    bit, if that file is still there and `model` is what it was at the start. When the generator ends or is closed,
    `model` is in eval mode. Raises DetectorError as `train_joint`, and where the file cannot be written or read.
    """
    torch.manual_seed(plan.seed)
    return _Alternation(model, images, plan, device, ProposalFile(proposals, len(images), MOST_PROPOSALS)).run(start)


class _Alternation:
    """All four steps, and how far they are: `done` steps of `total`, `seen` images and `seconds` before this stage."""

    def __init__(
        self, model: FasterRCNN, images: Sequence[Source], plan: Plan, device: torch.device, written: ProposalFile
    ) -> None:
        self.model, self.images, self.plan, self.device, self.written = model, images, plan, device, written
        self.schedules = [_schedule(stage, plan, len(images), device) for stage in STAGES]
        self.total = sum(schedule.steps for schedule in self.schedules)
        self.seen, self.seconds = 0, 0.0

    def run(self, start: Snapshot | None) -> Generator[TrainingStep, None, None]:
        """Take the steps that are left."""
        first = [stage.name for stage in STAGES].index(start.stage) if start else 0
        self.model.eval()  # also where step 1, which happens in a copy, is not the end
        for number in range(first, len(STAGES)):
            resumed = start if number == first else None
            if number == 2 and resumed is None:
                self._renew_rpn()
            # Step 2 begins where step 1 began: so step 1 happens in a copy.
            model = copy.deepcopy(self.model) if number == 0 else self.model
            with closing(self._stage(number, model, resumed)) as steps:
                yield from steps
            if STAGES[number].trains_rpn:
                with closing(self._write(number, model)) as steps:
                    yield from steps

    def _stage(self, number: int, model: FasterRCNN, start: Snapshot | None) -> Generator[TrainingStep, None, None]:
        stage, schedule, plan = STAGES[number], self.schedules[number], self.plan
        if not stage.trains_rpn:
            self.written.require()
        proposals = None if stage.trains_rpn else self.written
        views = Views(
            self.images,
            _batch_size(stage, plan),
            (plan.seed, number),
            recolours=plan.recolours,
            proposals=proposals,
        )
        division = Division(views.batch_size, passes=min(plan.passes, views.batch_size))
        part = FirstStage(model) if stage.trains_rpn else SecondStage(model)
        done, seen, seconds = self._before(number), self.seen, self.seconds
        if start:  # which counts from the beginning
            seen, seconds, self.seen, self.seconds = 0, 0.0, start.images_seen, start.seconds
        numbers = range(start.step if start else 0, schedule.steps)
        with closing(loaded(views, numbers, plan.workers)) as batches, _rois(model, plan.recipe.fast_rcnn_rois):
            for step in train_part(
                model,
                part,
                batches,
                schedule=schedule,
                device=self.device,
                start=start,
                stage=stage.name,
                division=division,
            ):
                self.seen, self.seconds = seen + step.images_seen, seconds + step.seconds
                yield replace(
                    step,
                    step=done + step.step,
                    steps=self.total,
                    images_seen=self.seen,
                    seconds=self.seconds,
                    gives=stage.gives,
                    snapshot=partial(_snapshot, step, self.seen, self.seconds),
                )

    def _write(self, number: int, model: FasterRCNN) -> Generator[TrainingStep, None, None]:
        """Write the proposals of a trained RPN, upright and mirrored, and say so after each image."""
        done, since = self._before(number + 1), time.monotonic()
        before = self.seconds
        with closing(one_ahead(read_sample, self.images)) as samples:
            proposed = ((self._propose(model, each), self._propose(model, mirrored(each))) for each in samples)
            for _ in self.written.write(proposed):
                self.seconds = before + time.monotonic() - since
                yield TrainingStep(done, self.total, self.seen, {}, 0.0, self.seconds, model, PROPOSING, "proposals")

    @torch.no_grad()
    def _propose(self, model: FasterRCNN, sample: Sample) -> FloatArray:
        """Return the best proposals (R, 4) in pixels of the image."""
        image = torch.tensor(sample.image, device=self.device).permute(2, 0, 1).float().div_(255)
        batch, _ = model.transform([image])
        # Of a pyramid's hundreds of thousands of boxes, NMS is not for all: as many are cut as in joint training.
        cut = NO_CUT if len(model.system.strides) == 1 else model.system.rpn_pre_nms_top_n[0]
        with top_n(model.rpn, cut, MOST_PROPOSALS):
            (proposals,), *_ = model.rpn.propose(batch, model.backbone(batch.tensors))
        boxes = resize_boxes(proposals, list(batch.image_sizes[0]), list(sample.image_size))
        found: FloatArray = boxes.cpu().numpy()
        return found

    def _renew_rpn(self) -> None:
        """Give the RPN new random layers."""
        channels = self.model.backbone.out_channels
        assert isinstance(channels, int)
        self.model.rpn.load_state_dict(Rpn(self.model.system, channels).state_dict())

    def _before(self, number: int) -> int:
        return sum(schedule.steps for schedule in self.schedules[:number])


def _snapshot(step: TrainingStep, seen: int, seconds: float) -> Snapshot:
    assert step.snapshot is not None
    return replace(step.snapshot(), stage=step.stage, images_seen=seen, seconds=seconds)


def _schedule(stage: Stage, plan: Plan, images: int, device: torch.device) -> Schedule:
    """Return the schedule of one of the four steps: what it freezes, and its one drop of the rate."""
    recipe = plan.recipe
    schedule = replace(plan, batch_size=_batch_size(stage, plan)).schedule(images, device)
    drop = round(recipe.alternating_drop * plan.epochs / recipe.alternating_epochs)
    return replace(schedule, drops=(drop * schedule.epoch_steps,), frozen=(*schedule.frozen, *stage.frozen))


def _batch_size(stage: Stage, plan: Plan) -> int:
    return math.ceil(plan.batch_size / 2) if stage.trains_rpn else plan.batch_size


@contextmanager
def top_n(rpn: Rpn, pre_nms: int, post_nms: int) -> Iterator[None]:
    """Let `rpn` take `pre_nms` boxes of a level into NMS, and `post_nms` proposals of an image out of it."""
    before = rpn._pre_nms_top_n, rpn._post_nms_top_n  # noqa: SLF001 - torchvision has no other way to set them
    rpn._pre_nms_top_n, rpn._post_nms_top_n = (  # noqa: SLF001
        {"training": count, "testing": count} for count in (pre_nms, post_nms)
    )
    try:
        yield
    finally:
        rpn._pre_nms_top_n, rpn._post_nms_top_n = before  # noqa: SLF001


@contextmanager
def _rois(model: FasterRCNN, count: int) -> Iterator[None]:
    """Let the head learn from `count` RoIs of an image, for a while."""
    sampler = model.roi_heads.fg_bg_sampler
    before, sampler.batch_size_per_image = sampler.batch_size_per_image, count
    try:
        yield
    finally:
        sampler.batch_size_per_image = before
