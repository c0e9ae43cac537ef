"""The headless verbs of the detector: detect, evaluate, systems, and those that train. No Qt, no database.

What needs torch is imported inside the verbs: their help is there at once.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from detector import coco, heap
from detector.console import (
    AnnotationsArgument,
    DeviceOption,
    ImagesOption,
    JsonOption,
    LookerOption,
    ModelOption,
    NmsOption,
    OutputOption,
    PrecisionOption,
    ScoreOption,
    Summary,
    TilesOption,
    TokenFileOption,
    people_console,
    require_writable,
    verb,
)
from detector.conversion_verbs import convert
from detector.detection_run import detect_in_files
from detector.image_files import find_image_files
from detector.measurement import measure, read_annotated
from detector.metrics import Metric  # noqa: TC001 - typer reads the annotations
from detector.model_verbs import models
from detector.plots import require_folder
from detector.serve_verb import serve
from detector.systems import SYSTEMS
from detector.tokens import chosen_token
from detector.training_verbs import EMBEDDED, finetune, train
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detector.console import Looker
    from detector.detection_run import SeenImage
    from detector.predictor import Precision, Predictor
    from detector.remote import RemoteDetector

COCO_CATEGORIES = 90  # ids up to 90 in torchvision's checkpoints, ten of them unused

verbs = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def run(arguments: Sequence[str]) -> int:
    """Run a verb and return the exit code: 0, 1 failed, 2 not a valid command line, 130 interrupted."""
    try:
        verbs(list(arguments), prog_name="boxwright")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


@verbs.command()
@verb()
def detect(
    paths: Annotated[list[Path], typer.Argument(exists=True, metavar="PATHS...", help="images, and folders of images")],
    *,
    output: OutputOption,
    results: Annotated[bool, typer.Option("--results", help="write a COCO results list instead of a dataset")] = False,
    proposals: Annotated[bool, typer.Option("--proposals", help="write the RPN's proposals as COCO results")] = False,
    model: LookerOption = None,
    token_file: TokenFileOption = None,
    score_thresh: ScoreOption = 0.5,
    nms_iou: NmsOption = 0.5,
    tiles: TilesOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fast",
    as_json: JsonOption = False,
) -> Summary:
    """Find objects in images and write them as a COCO dataset whose annotations have scores.

    File names are relative to the folder given; image ids count from 1, in a results list too. Images that cannot be
    read are listed and left out.

    Examples: boxwright detect ~/photos -o found.json --score-thresh 0.6
    boxwright detect ~/maps -o found.json --tiles 1024
    boxwright detect ~/photos -o found.json --model http://127.0.0.1:8645 --token-file token
    """
    if results and proposals:
        raise typer.BadParameter("choose one of --results and --proposals.")
    files = find_image_files(paths)
    require_writable(output, [file.path for file in files])
    heap.keep()
    predictor = _opened(model, token_file, device, precision, score_thresh)
    console = people_console(as_json=as_json)
    seen, failures, pace = detect_in_files(predictor, files, Thresholds(score_thresh, nms_iou), console, tiles or 0)
    coco.write_json(output, _as_coco(seen, predictor.categories, results=results, proposals=proposals))
    boxes = sum(len(image.proposals if proposals else image.detections) for image in seen)
    kind = "proposals" if proposals else "detections"
    console.print(f"{boxes} {kind} on {len(seen)} of {len(files)} images are in {output}.")
    return {
        "output": str(output),
        "images": len(seen),
        kind: boxes,
        "unreadable": failures,
        "seconds": round(pace.seconds, 3),
        "network_busy": round(pace.busy, 3),
        "model_version": predictor.model_version,
        "device": predictor.device,
    }


def _opened(
    model: Looker | None, token_file: Path | None, device: str | None, precision: Precision, score_floor: float
) -> Predictor | RemoteDetector:
    """Return what is to look; one that is remote has a device, a precision and a score floor of its own."""
    if model is not None and model.place is not None:
        from detector.remote import RUN, open_remote  # noqa: PLC0415 - most have none

        if device is not None:
            raise typer.BadParameter("--device is that of `boxwright serve`: give it there.")
        opened = open_remote(model.place.url, chosen_token(token_file), RUN, one_model=True)
        if score_floor < opened.score_floor:
            raise DetectorError(
                f"The detector at {model.place.url} says nothing of scores below {opened.score_floor}: give a "
                "--score-thresh that is not smaller."
            )
        return opened
    from detector.predictor import open_predictor  # noqa: PLC0415 - imports torch

    file = None if model is None else model.file
    return open_predictor(file, device=device, precision=precision, score_floor=score_floor)


def _as_coco(seen: Sequence[SeenImage], categories: Sequence[str], *, results: bool, proposals: bool) -> object:
    """Return a results list of proposals or of detections, or a dataset with the detections of the images seen."""
    if proposals:
        return coco.proposals_to_results((number, image.proposals) for number, image in enumerate(seen, 1))
    if results:
        found = ((number, image.detections) for number, image in enumerate(seen, 1))
        return coco.detections_to_results(found, range(1, len(categories) + 1))
    named = ((image.name, image.image_size, image.detections) for image in seen)
    return coco.detections_to_dataset(named, categories)


@verbs.command()
@verb()
def evaluate(
    annotations: AnnotationsArgument,
    *,
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
    device: DeviceOption = None,
    precision: PrecisionOption = "fast",
    as_json: JsonOption = False,
) -> Summary:
    """Measure a model on an annotated dataset.

    The categories of model and dataset are matched by name, whatever the case, and a category that the model does not
    know counts as never found. With --metric voc07 or voc, annotations marked "difficult" or "ignore", and crowds,
    need not be found; the figures of the paper were taken with --nms-iou 0.3.

    With --metric recall categories do not matter: AR100, AR300 and AR1000 are the average recall of so many best
    proposals of an image, R50@50 to R50@1000 their recall at an IoU of 0.5, and R50 is that of 300.

    Example: boxwright evaluate annotations.json --images ~/photos --metric voc07 --plots ~/plots
    """
    from detector.predictor import open_predictor  # noqa: PLC0415 - imports torch

    if plots:
        require_folder(plots)
    console = people_console(as_json=as_json)
    dataset = read_annotated(annotations, images, console)
    heap.keep()
    predictor = open_predictor(model, device=device, precision=precision, score_floor=score_thresh)
    return measure(predictor, dataset, metric, Thresholds(score_thresh, nms_iou), console, plots=plots)


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
