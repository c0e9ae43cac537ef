"""The headless verb `replay`, which says whether it would pay off to label images like these with Boxwright."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from app.model.simulated_labeler import Effort, all_by_hand
from app.model.storage import StoreError
from app.replay import Order, ReplayPlan, Round, replay, true_objects
from app.replay_report import Run, csv_text, rounds_table, sentences, summary, write_plot
from app.store.formats.targets import new_file
from detector.coco import read_dataset
from detector.console import (
    AnnotationsArgument,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModelOption,
    Summary,
    TilesOption,
    people_console,
    progress_bar,
    require_writable,
    verb,
)
from detector.effort import GOOD_IOU
from detector.fine_tune_values import Progress, SecondStage
from detector.finetune_report import DOING
from detector.temporary import temporary_folder
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from detector.coco_parsing import CocoDataset

OutputFile = Path | None


@verb(StoreError)
def run_replay(
    annotations: AnnotationsArgument,
    *,
    images: ImagesOption,
    iou: Annotated[
        list[float] | None,
        typer.Option("--iou", help="a box is good from this overlap on; may be repeated  [default: 0.5]"),
    ] = None,
    order: Annotated[Order, typer.Option("--order", help="which images come first")] = Order.RANDOM,
    batch: Annotated[
        int | None,
        typer.Option(
            "--batch", min=1, help="so many images, then a fine-tune  [default: when the window suggests one]"
        ),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="so many runs, each in another random order")] = 1,
    fine_tunes: Annotated[bool, typer.Option(help="fine-tune after each batch")] = True,
    second_stage: Annotated[
        SecondStage, typer.Option(help="train the whole detector after its head: where it should pay, never, or always")
    ] = SecondStage.AUTO,
    proposals: Annotated[bool, typer.Option(help="click proposals of missed objects")] = True,
    refinement: Annotated[bool, typer.Option(help="take the closer fit of a clicked proposal")] = True,
    score_thresh: Annotated[
        float | None,
        typer.Option("--score-thresh", min=0, max=1, help="show suggestions above it, not what fine-tunes propose"),
    ] = None,
    tiles: TilesOption = None,
    model: ModelOption = None,
    csv: Annotated[OutputFile, typer.Option("--csv", help="write each round into this file")] = None,
    plot: Annotated[OutputFile, typer.Option("--plot", help="draw the work saved in each round into this PNG")] = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> Summary:
    """Say how much of the work Boxwright would save on images like these: the truth plays the labeler.

    In rounds, through the code of the window: look at a batch, decide, correct, mark as reviewed, fine-tune, go on. A
    correction is an object added, a false box removed, a box moved, or a category changed. Work saved is
    1 - corrections / objects: drawing every object saves nothing. These are simulated corrections, and no seconds.

    Example: boxwright replay annotations.json --images ~/photos --seeds 3 --iou 0.5 --iou 0.75 --plot saved.png
    """
    ious = iou or [GOOD_IOU]
    if not all(0 < one <= 1 for one in ious):
        raise typer.BadParameter("an overlap is above 0 and at most 1.", param_hint="--iou")
    if order is Order.FILE and seeds > 1:
        raise typer.BadParameter("in file order all runs are the same: leave --seeds out.", param_hint="--seeds")
    dataset, console = checked(read_dataset(annotations, images)), people_console(as_json=as_json)
    inputs = [annotations, *(image.path for image in dataset.images if image.path)]
    for output in (csv, plot):
        if output is not None:
            require_writable(output, inputs, kind="text" if output is csv else "plot")
    plan = ReplayPlan(
        order=order,
        batch=batch,
        fine_tunes=fine_tunes,
        second_stage=second_stage,
        proposals=proposals,
        refinement=refinement,
        score_thresh=score_thresh,
        tile=tiles or 0,
        model=model,
        device=device,
    )
    plans = [replace(plan, good_iou=one, seed=seed) for one, seed in product(dict.fromkeys(ious), range(seeds))]
    runs = [_run(dataset, images, one, console) for one in plans]
    for sentence in sentences(runs):
        console.print(sentence)
    _write(runs, csv, plot)
    return summary(runs)


def checked(dataset: CocoDataset) -> CocoDataset:
    """Return a dataset that can be labeled again. Raises DetectorError with all that is wrong with it."""
    if dataset.problems:
        count = f"Nothing was replayed. What is wrong with the dataset ({len(dataset.problems)}):"
        raise DetectorError("\n  ".join([count, *dataset.problems]))
    if not any(true_objects(dataset).values()):
        raise DetectorError("The dataset has no boxes: there is nothing to save by drawing them.")
    return dataset


def _run(dataset: CocoDataset, images: Path, plan: ReplayPlan, console: Console) -> Run:
    """Work through all images once, in a project that is gone afterwards."""
    rounds: list[Round] = []
    efforts: list[Effort] = []
    with temporary_folder("replay") as folder, progress_bar(console) as bar:
        task = bar.add_task("labeling", total=len(dataset.images), note="")
        with closing(replay(dataset, images, folder / "project", plan)) as steps:
            for step in steps:
                if isinstance(step, Progress):
                    bar.update(task, description=DOING[step.stage], note=f"{step.step} of {step.steps}")
                elif isinstance(step, Round):
                    rounds.append(step)
                else:
                    efforts.append(step)
                    bar.update(task, description="labeling", advance=1, note="")
    run = Run(plan, tuple(rounds), tuple(efforts), all_by_hand(true_objects(dataset).values()))
    console.print(rounds_table(run))
    console.print(Text())
    return run


def _write(runs: list[Run], csv: OutputFile, plot: OutputFile) -> None:
    if csv is not None:
        with new_file(csv) as part:
            part.write_text(csv_text(runs), encoding="utf-8", newline="")
    if plot is not None:
        with new_file(plot) as part:
            write_plot(runs, part)


VERBS: dict[str, Callable[..., None]] = {"replay": run_replay}
