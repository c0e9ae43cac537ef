"""The headless verbs of the detector: detect, evaluate, systems, and those that train. No Qt, no database.

What needs torch is imported inside the verbs: their help is there at once.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from detector import heap
from detector.console import (
    EXIT_FAILED,
    AnnotationsArgument,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModelOption,
    NmsOption,
    PrecisionOption,
    ScoreOption,
    Summary,
    TilesOption,
    people_console,
    require_ungiven,
    verb,
)
from detector.conversion_verbs import convert
from detector.detection_verb import detect
from detector.measurement import measure, read_annotated
from detector.metrics import Metric  # noqa: TC001 - typer reads the annotations
from detector.model_verbs import models
from detector.plots import require_folder
from detector.serve_verb import serve
from detector.systems import SYSTEMS
from detector.training_verbs import EMBEDDED, finetune, train
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

COCO_CATEGORIES = 90  # ids up to 90 in torchvision's checkpoints, ten of them unused

verbs = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def run(arguments: Sequence[str]) -> int:
    """Run a verb and return the exit code: 0, 1 failed, 2 not a valid command line, 130 interrupted."""
    try:
        verbs(list(arguments), prog_name="boxwright")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except OSError as error:
        if not _is_mute():
            raise
        with contextlib.suppress(OSError, ValueError):  # what is left to print would fail once more at the very end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"boxwright: what was to be said could not be written: {error.strerror}.", file=sys.stderr)
        return EXIT_FAILED
    return 0


def _is_mute() -> bool:
    """Whether nothing can be printed any more, as on a full disk."""
    try:
        print(flush=True)
    except OSError:
        return True
    return False


verbs.command()(detect)


@verbs.command()
@verb()
def evaluate(
    annotations: AnnotationsArgument,
    *,
    context: typer.Context,
    images: ImagesOption,
    metric: Annotated[
        Metric,
        typer.Option("--metric", help="AP of coco, voc07 (11 points) or voc (area); or recall, of the proposals"),
    ] = "coco",
    plots: Annotated[
        Path | None, typer.Option("--plots", file_okay=False, metavar="DIR", help="a folder for plots of the curves")
    ] = None,
    model: ModelOption = None,
    score_thresh: ScoreOption = 0.05,
    nms_iou: NmsOption = 0.5,
    tiles: TilesOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fast",
    as_json: JsonOption = False,
) -> Summary:
    """Measure a model on an annotated dataset.

    The categories of model and dataset are matched by name, or by the only one that differs in case alone, and what the
    model does not know counts as never found. With --metric voc07 or voc, annotations marked "difficult" or "ignore",
    and crowds, need not be found; the figures of the paper were taken with --nms-iou 0.3.

    With --metric recall categories do not matter: AR100, AR300 and AR1000 are the average recall of so many best
    proposals of an image, R50@50 to R50@1000 their recall at an IoU of 0.5, and R50 is that of 300.

    Images of which most of what the model is sure of has no box are named: whoever annotated them may have stopped
    half-way.

    Example: boxwright evaluate annotations.json --images ~/photos --metric voc07 --plots ~/plots
    """
    from detector.predictor import open_predictor  # noqa: PLC0415 - imports torch

    if metric == "recall":
        require_ungiven(context, "--metric recall", "score_thresh", "nms_iou")
    if plots:
        require_folder(plots)
    console = people_console(as_json=as_json)
    dataset = read_annotated(annotations, images, console)
    heap.keep()
    predictor = open_predictor(model, device=device, precision=precision, score_floor=score_thresh)
    thresholds = Thresholds(score_thresh, nms_iou)
    return measure(predictor, dataset, metric, thresholds, console, plots=plots, tile=tiles or 0)


verbs.command()(train)
verbs.command()(finetune)
verbs.command()(convert)
verbs.command()(serve)
verbs.add_typer(models, name="models")


@verbs.command()
@verb()
def systems(as_json: JsonOption = False) -> Summary:
    """List the networks that can be built: their size, and the figures that their authors published.

    The size is that of a network for the 90 categories of COCO; those that only propose have none. Strides and the
    sides of the anchors are pixels of the network's input; with --json each level says its own.
    """
    import torch  # noqa: PLC0415 - seconds to import

    from detector.model import build  # noqa: PLC0415

    rows = []
    for system in SYSTEMS.values():
        with torch.device("meta"):  # sizes without memory
            network = build(system, 1 if system.proposals_only else COCO_CATEGORIES)
        parameters = sum(parameter.numel() for parameter in network.parameters())
        rows.append(asdict(system) | {"parameters": parameters, "embedded": system.id == EMBEDDED})
    table = Table(Column("system", no_wrap=True), "parameters", "strides", "anchors", "published", box=None)
    for row in rows:
        sizes = [size for level in row["anchor_sizes"] for size in level]
        table.add_row(
            row["id"],
            f"{row['parameters'] / 1e6:.1f} M",
            f"{min(row['strides'])}-{max(row['strides'])}" if len(row["strides"]) > 1 else str(row["strides"][0]),
            f"{min(sizes)}-{max(sizes)}",
            ", ".join(f"{name} {value:g}" for name, value in row["published"]) or "-",
        )
    console = people_console(as_json=as_json)
    console.print(table)
    for licence in dict.fromkeys(row["licence"] for row in rows if row["licence"]):
        console.print(f"Licence {licence}: {', '.join(row['id'] for row in rows if row['licence'] == licence)}.")
    return {"systems": [row | {"published": dict(row["published"])} for row in rows]}
