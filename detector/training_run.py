"""Training for the command line: a bar, a line for each epoch, and files from which nothing is lost but an epoch."""

from __future__ import annotations

import hashlib
import json
import math
from collections import deque
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from detector import checkpoints, embedded, training_state
from detector.alternating import train_alternating
from detector.checkpoints import Checkpoint
from detector.console import Summary, progress_bar, require_writable
from detector.curves import Curves
from detector.dataset_training import starting_model, train_on_dataset
from detector.processes import ALONE, Share, everybodys, same_everywhere
from detector.scenes import CATEGORIES
from detector.training_plot import plot_path, write_plot
from detector.training_state import TrainingState, proposals_path, state_path
from detector.types import DetectorError
from detector.validation import validate

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import torch
    from rich.console import Console

    from detector.coco import CocoDataset
    from detector.dataset_training import Plan
    from detector.model import Network
    from detector.system import System
    from detector.training import TrainingStep

ScheduleName = Literal["joint", "alternating"]

STATE_EVERY = 500
"""Steps after which the state is written, also within an epoch."""
RECENT = 50
"""Steps over which the speed is measured."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to train, from where, to where: `start` is a model file, `backbone` one of ImageNet weights."""

    system: System
    output: Path
    schedule: ScheduleName = "joint"
    start: Path | None = None
    backbone: Path | None = None
    resume: bool = False


class Training(NamedTuple):
    """A training that is about to start: its steps, the names of labels 1..K, and what it is of.

    `identity` is what a state must agree with to go on from it, None where it cannot; `curves` are those so far, and
    `start` is the number of steps that were taken before.
    """

    steps: Generator[TrainingStep, None, None]
    categories: tuple[str, ...]
    facts: Summary
    identity: dict[str, Any] | None
    curves: Curves
    start: int = 0


class Validation(NamedTuple):
    """What to measure a network on after each epoch, and where."""

    dataset: CocoDataset
    device: torch.device


def on_scenes(views: int, plan: Plan, device: torch.device) -> Training:
    """Return the training of the embedded detector on `views` of procedural scenes."""
    steps = embedded.train(views, plan.batch_size, plan.learning_rate, plan.seed, device)
    return Training(steps, CATEGORIES, {"system": "embedded", "images": views}, None, Curves())


def on_dataset(dataset: CocoDataset, request: Request, plan: Plan, device: torch.device) -> Training:
    """Return the training on a dataset; with `resume` it goes on from its state.

    Raises DetectorError where there is no box, where the model or its plot would replace an image, and where there is a
    state and nobody said to go on from it: it may be of days.
    """
    boxes = sum(len(image.annotations) for image in dataset.images)
    if not boxes:
        raise DetectorError("Nothing was trained: the dataset has no box to learn from.")
    inputs = [image.path for image in dataset.images if image.path]
    require_writable(request.output, inputs, kind="model")
    require_writable(plot_path(request.output), inputs, kind="plot")
    path = state_path(request.output)
    if path.exists() and not request.resume:
        raise DetectorError(f"{path} is the state of an interrupted training: go on with --resume, or delete it.")
    model, categories = starting_model(
        request.system, request.start, dataset.category_names, seed=plan.seed, backbone=request.backbone
    )
    identity = _identity(model, categories, dataset, request, plan)
    state = training_state.load(path, identity) if request.resume else None
    start, curves = (state.snapshot, state.curves) if state else (None, Curves())
    if request.schedule == "alternating":
        two_stage = Checkpoint(model, categories, "").two_stage
        proposals = proposals_path(request.output)
        steps = train_alternating(two_stage, dataset.images, plan, device, proposals, start=start)
    else:
        steps = train_on_dataset(model, dataset.images, plan, device, start)
    facts: Summary = {
        "system": model.system.id,
        "schedule": request.schedule,
        "images": len(dataset.images),
        "boxes": boxes,
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
    }
    if plan.share.ranks > 1:
        facts["processes"] = plan.share.ranks
    return Training(steps, categories, facts, identity, curves, start.step if start else 0)


def follow(
    training: Training, output: Path, console: Console, validation: Validation | None = None, share: Share = ALONE
) -> Summary:
    """Take all steps and return what became of them; the model is in `output`, a plot of the curves beside it.

    After each epoch the average is saved and measured. Ctrl-C saves too, says so, and goes on as KeyboardInterrupt. The
    state stays until somebody says `forget`. Of several processes the first one alone writes and has a summary; when
    this returns, the model is there for all of them. Raises DetectorError if there is no step to take.
    """
    with closing(training.steps) as steps:
        first = next(steps, None)
        if first is None:
            raise DetectorError("There is not one full batch to train on: choose a smaller batch size or more views.")
        follower = _Follower(training, output, console, validation, first, share=share)
        follower.take_all(steps)
    everybodys(None, share)
    if not share.is_first:
        return {}
    plot = plot_path(output)
    write_plot(training.curves, plot, f"{training.facts['system']}, {training.facts.get('schedule', 'scenes')}")
    last = follower.last
    console.print(f"{output} holds the model, trained in {last.seconds:.0f} seconds; {plot} shows how.")
    ran: Summary = {"output": str(output), "plot": str(plot), "steps": last.step, "seconds": last.seconds}
    epochs = [{"step": step, "stage": stage} | _known(found) for step, stage, found in training.curves.measured]
    told: Summary = {"losses": follower.losses, "validation": epochs} if epochs else {"losses": follower.losses}
    return training.facts | {"categories": training.categories} | ran | told


class _Follower:
    """Whoever takes the steps of a training: `last` is the last one, `losses` those of the last that had any."""

    def __init__(
        self,
        training: Training,
        output: Path,
        console: Console,
        validation: Validation | None,
        first: TrainingStep,
        *,
        share: Share,
    ) -> None:
        self.training, self.output, self.console, self.validation = training, output, console, validation
        self.last, self.losses, self.share = first, first.losses, share
        self._recent = deque([(0, 0.0)], maxlen=RECENT)

    def take_all(self, steps: Iterator[TrainingStep]) -> None:
        with progress_bar(self.console) as bar:
            task = bar.add_task("training", total=self.last.steps, note="")
            try:
                for step in chain([self.last], steps):
                    self.last = step
                    self._note(step)
                    each = " ".join(f"{loss:.2f}" for loss in step.losses.values())  # the bar needs room too
                    note = f"loss {step.loss:.2f} = {each}  {self._speed(step)}" if each else self._speed(step)
                    bar.update(task, completed=step.step, description=step.stage, note=note)
                    self._keep(step)
            except KeyboardInterrupt:
                self._interrupted()
                raise

    def _note(self, step: TrainingStep) -> None:
        self.training.curves.add(step)
        self.losses = step.losses or self.losses
        self._recent.append((step.images_seen, step.seconds))

    def _keep(self, step: TrainingStep) -> None:
        """Write down what must not be lost."""
        if step.ends_epoch:
            if self._is_whole(step) and self.share.is_first:
                checkpoints.save(self.output, step.average, self.training.categories)
            figures = self._measured(step)
            told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
            line = f"step {step.step} of {step.steps}, {step.stage}: {self._losses(step)}  {self._speed(step)}"
            self.console.print(f"{line}  {told}".rstrip())
        if not self.share.is_first:
            return
        if self.training.identity is None or step.snapshot is None or step.step == step.steps:
            return
        if step.ends_epoch or step.step % STATE_EVERY == 0:
            state = TrainingState(self.training.identity, step.snapshot(), self.training.curves)
            training_state.save(state_path(self.output), state)

    def _measured(self, step: TrainingStep) -> dict[str, float]:
        if self.validation is None or step.gives == "nothing":
            return {}
        dataset, device = self.validation
        names = self.training.categories
        same_everywhere(step.average, self.share)
        proposals = step.gives == "proposals"
        figures = validate(step.average, names, dataset, device, proposals=proposals, share=self.share)
        self.training.curves.measured.append((step.step, step.stage, figures))
        return figures

    def _interrupted(self) -> None:
        if not self.share.is_first:
            return
        step, state = self.last, state_path(self.output)
        told = [f"Interrupted after step {step.step} of {step.steps}."]
        if self._is_whole(step):
            checkpoints.save(self.output, step.average, self.training.categories)
            told.append(f"{self.output} holds the average so far.")
        if state.exists():
            told.append("The same command with --resume goes on.")
        self.console.print(" ".join(told))

    def _is_whole(self, step: TrainingStep) -> bool:
        return step.gives == "detections" or step.average.system.proposals_only

    def _losses(self, step: TrainingStep) -> str:
        return "  ".join(f"{name.removeprefix('loss_')} {loss:.3f}" for name, loss in step.losses.items())

    def _speed(self, step: TrainingStep) -> str:
        if not step.losses:
            return "writing the proposals of all images"
        seen, seconds = self._recent[0]
        speed = (step.images_seen - seen) / max(step.seconds - seconds, 1e-9)
        return f"rate {step.learning_rate:.1e}  {speed:.1f} images/s"


def _identity(
    model: Network, categories: tuple[str, ...], dataset: CocoDataset, request: Request, plan: Plan
) -> dict[str, Any]:
    """Return, by the words that people know it by, what makes two trainings the same."""
    weights, images = hashlib.sha256(), hashlib.sha256()
    for value in model.state_dict().values():
        weights.update(value.detach().cpu().contiguous().numpy().tobytes())
    for image in dataset.images:
        images.update(repr((image.file_name, image.image_size)).encode())
        images.update(image.gt_boxes.tobytes() + image.labels.tobytes() + image.iscrowd.tobytes())
    facts = {
        "system": model.system.id,
        "schedule": request.schedule,
        "number of epochs": plan.epochs,
        "batch size": plan.batch_size,
        "learning rate": plan.learning_rate,
        "seed": plan.seed,
        "dataset": images.hexdigest(),
        "set of categories": categories,
        "start": weights.hexdigest(),
        "recipe": repr(plan.recipe),
    }
    if plan.passes > 1:  # how many processes there are makes no other training
        facts["passes of a step"] = plan.passes
    same: dict[str, Any] = json.loads(json.dumps(facts))  # tuples become lists, as they do on disk
    return same


def _known(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in figures.items()}
