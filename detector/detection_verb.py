"""The verb `detect`: objects in many images, found by this process or by the workers of a cluster.

What needs torch or Ray is imported inside: the help is there at once.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detector import coco, heap
from detector.console import (
    DeviceOption,
    JsonOption,
    LookerOption,
    NmsOption,
    OutputOption,
    PrecisionOption,
    ReportedError,
    ScoreOption,
    Summary,
    TilesOption,
    TokenFileOption,
    people_console,
    require_ungiven,
    require_writable,
    verb,
)
from detector.detection_question import Question, Tally
from detector.detection_run import IMAGES_IN_A_STRETCH, detect_in_files
from detector.image_sources import find_sources
from detector.parquet_shards import SUFFIX as PARQUET
from detector.parquet_shards import require_new, write_parquet
from detector.remote_address import overheard
from detector.remote_images import is_url
from detector.seen_images import SeenImage
from detector.tokens import chosen_token
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from detector.predictor import Predictor
    from detector.ray_cluster import Wish
    from detector.remote import RemoteDetector
    from detector.remote_address import Place


def existing(text: str) -> str:
    """Return a path that is there, or a URL, which is looked at later."""
    if not is_url(text) and not Path(text).exists():
        raise typer.BadParameter(f"Path '{text}' does not exist.")
    return text


PathsArgument = Annotated[
    list[str],
    typer.Argument(
        parser=existing,
        metavar="PATHS...",
        help="images, folders of images, a text file with a path a line, a COCO file, or a URL such as s3://bucket/photos",
    ),
]
SourceImagesOption = Annotated[
    Path | None,
    typer.Option("--images", exists=True, file_okay=False, help="the folder of the images of a COCO file, if another"),
]
EngineOption = Annotated[
    Literal["plain", "ray"],
    typer.Option("--engine", help="plain: this process; ray: the workers of a Ray cluster, resumed where it ended"),
]
AddressOption = Annotated[
    str | None, typer.Option("--address", help="of a Ray cluster, or auto; without it ray works on this machine")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="of ray, instead of as many as GPUs or CPUs have room for")
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, help="of the network, in each worker of ray too; by default one for each core here"
    ),
]
GpusOption = Annotated[float | None, typer.Option("--gpus", min=0, max=1, help="the part of a GPU each worker has")]
ShardOption = Annotated[
    int, typer.Option("--shard-size", min=1, help="images that ray's workers take, and keep, at once")
]


@verb()
def detect(
    paths: PathsArgument,
    *,
    context: typer.Context,
    output: OutputOption,
    images: SourceImagesOption = None,
    results: Annotated[bool, typer.Option("--results", help="write a COCO results list instead of a dataset")] = False,
    proposals: Annotated[bool, typer.Option("--proposals", help="write the RPN's proposals as COCO results")] = False,
    model: LookerOption = None,
    token_file: TokenFileOption = None,
    score_thresh: ScoreOption = 0.5,
    nms_iou: NmsOption = 0.5,
    tiles: TilesOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = "fast",
    threads: ThreadsOption = None,
    engine: EngineOption = "plain",
    address: AddressOption = None,
    workers: WorkersOption = None,
    gpus: GpusOption = None,
    shard_size: ShardOption = IMAGES_IN_A_STRETCH,
    as_json: JsonOption = False,
) -> Summary:
    """Find objects in images and write them as a COCO dataset whose annotations have scores.

    File names are relative to the folder given; image ids count from 1, in a results list too. Images that cannot be
    read are listed and left out. With --engine ray the work is cut into shards that are kept beside the output until
    all are there: after a kill the same command goes on with what is missing. What comes out is the same; an output
    that ends in .parquet becomes a folder with a file of Parquet for each shard.

    Examples: boxwright detect ~/photos -o found.json --score-thresh 0.6
    boxwright detect ~/maps -o found.json --tiles 1024
    boxwright detect ~/photos -o found.json --engine ray --address auto
    boxwright detect ~/photos -o found.json --model http://127.0.0.1:8645 --token-file token
    """
    _check(output, is_ray=engine == "ray", results=results, proposals=proposals)
    if proposals:
        require_ungiven(context, "--proposals", "score_thresh", "nms_iou")
    if engine == "plain" and ((address, workers, gpus) != (None, None, None) or shard_size != IMAGES_IN_A_STRETCH):
        raise typer.BadParameter("--address, --workers, --gpus and --shard-size are for --engine ray.")
    weights, place = (None, None) if model is None else model
    if token_file is not None and place is None:
        raise typer.BadParameter("--token-file is for a detector on another machine: give its address with --model.")
    if engine == "ray" and place is not None:
        raise typer.BadParameter("the workers of --engine ray look themselves: give --model a file or a name.")
    files = find_sources(paths, images)
    if output.suffix != PARQUET:
        named = [Path(one) for one in paths if Path(one).is_file()]  # lists and COCO files among them
        require_writable(output, [*named, *(file.path for file in files if not file.origin)], kind="text")
    thresholds = Thresholds(score_thresh, nms_iou)
    question = Question(files, output, thresholds, tiles or 0, weights, device, precision, threads, proposals)
    console = people_console(as_json=as_json)
    if engine == "ray":
        from detector.ray_cluster import Wish  # noqa: PLC0415

        tally = _by_ray(question, Wish(address, workers, gpus), shard_size, console, results=results)
    else:
        tally = _here(question, _opened(question, place, token_file), console, results=results)
    return _summary(question, tally, console)


def _check(output: Path, *, is_ray: bool, results: bool, proposals: bool) -> None:
    """Raise BadParameter for options that exclude each other, and DetectorError where Parquet cannot be written."""
    if results and proposals:
        raise typer.BadParameter("choose one of --results and --proposals.")
    if output.suffix == PARQUET:
        if not is_ray or results:
            raise typer.BadParameter("Parquet is written with --engine ray, and without --results.")
        require_new(output)


def _opened(question: Question, place: Place | None, token_file: Path | None) -> Predictor | RemoteDetector:
    """Return what is to look here; a remote detector has a device, a precision and threads of its own."""
    score_floor = question.thresholds.score_thresh
    heap.keep()
    if place is not None:
        from detector.remote import RUN, open_remote  # noqa: PLC0415 - most have none

        if (question.device, question.threads, question.precision) != (None, None, "fast"):
            raise typer.BadParameter(
                "--device, --threads and --precision are for a detector here: `boxwright serve` has its own."
            )
        if place.is_overheard:
            print(overheard(place), file=sys.stderr)
        opened = open_remote(place.url, chosen_token(token_file), RUN, one_model=True)
        if score_floor < opened.score_floor:
            raise DetectorError(
                f"The detector at {place.url} says nothing of scores below {opened.score_floor}: give a "
                "--score-thresh that is not smaller."
            )
        return opened
    import torch  # noqa: PLC0415

    from detector.predictor import open_predictor  # noqa: PLC0415

    if question.threads is not None:
        torch.set_num_threads(question.threads)
    return open_predictor(question.model, device=question.device, precision=question.precision, score_floor=score_floor)


def _here(question: Question, predictor: Predictor | RemoteDetector, console: Console, *, results: bool) -> Tally:
    """Write what is seen here. Raises ReportedError where the detector was gone before all images were looked at."""
    run = detect_in_files(predictor, question.files, question.thresholds, console, question.tile)
    _write_coco(question, run.seen, predictor.categories, results=results)
    boxes = sum(len(image.proposals if question.proposals else image.detections) for image in run.seen)
    tally = Tally(len(run.seen), boxes, run.failures, run.pace, predictor.model_version, predictor.device, {})
    if run.ended is not None:
        missing = len(question.files) - len(run.seen) - len(run.failures)
        summary = _summary(question, replace(tally, more={"missing": missing}), console)
        raise ReportedError(f"{missing} of {len(question.files)} images were not looked at. {run.ended}", summary)
    return tally


def _by_ray(question: Question, wish: Wish, shard_size: int, console: Console, *, results: bool) -> Tally:
    from detector.sharded_run import sharded_run  # noqa: PLC0415

    with sharded_run(question, wish, shard_size, console) as run:
        job, answers = run.folder.job, run.answers(console)
        if question.output.suffix == PARQUET:
            write_parquet(question.output, answers, job.to_fields())
        else:
            seen = [one for shard in answers for one in shard if isinstance(one, SeenImage)]
            _write_coco(question, seen, job.categories, results=results)
        run.folder.remove()
    work = run.work
    more: Summary = {
        "workers": work.workers,
        "worker_seconds": round(work.seconds, 3),
        "shards": len(run.shards),
        "shards_done": len(run.missing),
    }
    where = ", ".join(work.devices)
    return Tally(run.images, run.boxes, run.failures, run.pace, job.model_version, where, more)


def _write_coco(question: Question, seen: Sequence[SeenImage], categories: Sequence[str], *, results: bool) -> None:
    coco.write_json(question.output, _as_coco(seen, categories, results=results, proposals=question.proposals))


def _summary(question: Question, tally: Tally, console: Console) -> Summary:
    """Say what is in the output, and return the summary of the verb."""
    kind = "proposals" if question.proposals else "detections"
    console.print(f"{tally.boxes} {kind} on {tally.images} of {len(question.files)} images are in {question.output}.")
    return {
        "output": str(question.output),
        "images": tally.images,
        kind: tally.boxes,
        "unreadable": tally.failures,
        "seconds": round(tally.pace.seconds, 3),
        "network_busy": round(tally.pace.busy, 3),
        "model_version": tally.model_version,
        "device": tally.device,
        **tally.more,
    }


def _as_coco(seen: Sequence[SeenImage], categories: Sequence[str], *, results: bool, proposals: bool) -> object:
    """Return a results list of proposals or of detections, or a dataset with the detections of the images seen."""
    if proposals:
        return coco.proposals_to_results((number, image.proposals) for number, image in enumerate(seen, 1))
    if results:
        found = ((number, image.detections) for number, image in enumerate(seen, 1))
        return coco.detections_to_results(found, range(1, len(categories) + 1))
    named = ((image.name, image.image_size, image.detections) for image in seen)
    return coco.detections_to_dataset(named, categories)
