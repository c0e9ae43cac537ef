"""Training for the command line: a bar, a line for each epoch, and a file that is never an epoch behind."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from detector import checkpoints, embedded
from detector.console import Summary, progress_bar
from detector.dataset_training import starting_model, train_on_dataset
from detector.scenes import CATEGORIES
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch
    from rich.console import Console

    from detector.coco import CocoDataset
    from detector.dataset_training import Plan
    from detector.training import TrainingStep


class Training(NamedTuple):
    """A training that is about to start: its steps, the names of labels 1..K, how often to save, and what it is of."""

    steps: Iterator[TrainingStep]
    categories: tuple[str, ...]
    save_every: int
    facts: Summary


def on_scenes(views: int, plan: Plan, device: torch.device) -> Training:
    """Return the training of the embedded detector on `views` of procedural scenes."""
    steps = embedded.train(views, plan.batch_size, plan.learning_rate, plan.seed, device)
    return Training(steps, CATEGORIES, embedded.SAVE_EVERY, {"system": "embedded", "images": views})


def on_dataset(dataset: CocoDataset, system: str, start: Path | None, plan: Plan, device: torch.device) -> Training:
    """Return the training of `system`, or of the model in the file `start`, on a dataset.

    Raises DetectorError, naming everything, if anything is wrong with the dataset: bad data makes a bad model, quietly.
    """
    if dataset.problems:
        count = f"Nothing was trained. What is wrong with the dataset ({len(dataset.problems)}):"
        raise DetectorError("\n  ".join([count, *dataset.problems]))
    boxes = sum(len(image.annotations) for image in dataset.images)
    if not boxes:
        raise DetectorError("Nothing was trained: the dataset has no box to learn from.")
    model = starting_model(system, start, dataset.category_names)
    facts: Summary = {"system": model.system.id, "images": len(dataset.images), "boxes": boxes, "epochs": plan.epochs}
    steps = train_on_dataset(model, dataset.images, plan, device)
    return Training(steps, dataset.category_names, plan.steps_per_epoch(len(dataset.images)), facts)


def follow(training: Training, output: Path, console: Console) -> Summary:
    """Take all steps, saving the average to `output` as often as asked and at the end; return what became of it.

    Ctrl-C saves too, says so, and goes on as KeyboardInterrupt. Raises DetectorError if there is no step to take.
    """
    first = next(training.steps, None)
    if first is None:
        raise DetectorError("There is not one full batch to train on: choose a smaller batch size or more views.")
    last = first
    with progress_bar(console) as bar:
        task = bar.add_task("training", total=first.steps, note="")
        try:
            for last in chain([first], training.steps):
                bar.update(task, completed=last.step, note=_speed(last))
                if last.step % training.save_every == 0 or last.step == last.steps:
                    checkpoints.save(output, last.average, training.categories)
                    losses = "  ".join(f"{name.removeprefix('loss_')} {loss:.3f}" for name, loss in last.losses.items())
                    console.print(f"step {last.step} of {last.steps}: {losses}  {_speed(last)}")
        except KeyboardInterrupt:
            checkpoints.save(output, last.average, training.categories)
            console.print(f"Interrupted after step {last.step} of {last.steps}: {output} holds the average so far.")
            raise
    console.print(f"{output} holds the model, trained in {last.seconds:.0f} seconds.")
    ran: Summary = {"output": str(output), "steps": last.step, "seconds": last.seconds, "losses": last.losses}
    return training.facts | {"categories": training.categories} | ran


def _speed(step: TrainingStep) -> str:
    return f"loss {step.loss:.3f}  rate {step.learning_rate:.1e}  {step.images_seen / step.seconds:.1f} images/s"
