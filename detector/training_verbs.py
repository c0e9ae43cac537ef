"""The headless verbs that train: train, finetune. What needs torch is imported inside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detector import coco
from detector.console import (
    AnnotationsArgument,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModelOption,
    OutputOption,
    Summary,
    people_console,
    require_writable,
    verb,
)
from detector.fine_tune_values import SecondStage, Wishes
from detector.measurement import measure, read_annotated, require_known
from detector.systems import SYSTEMS
from detector.types import Thresholds

EMBEDDED = "embedded"

ValOption = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="measure the model on this one")]


@verb()
def train(
    annotations: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="a COCO JSON file")] = None,
    *,
    images: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="the folder of its images")] = None,
    output: OutputOption = Path("model.safetensors"),
    val: ValOption = None,
    scenes: Annotated[int, typer.Option(min=0, help="learn from so many views of procedural scenes instead")] = 0,
    system: Annotated[str, typer.Option(help="which network to build; the verb systems lists them")] = EMBEDDED,
    start: Annotated[Path | None, typer.Option("--from", exists=True, help="start from this model file")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="how often to go through the dataset")] = 20,
    batch_size: Annotated[int, typer.Option(min=1, help="images of one step")] = 4,
    rate: Annotated[float, typer.Option(min=0, help="the highest learning rate")] = 1e-3,
    seed: Annotated[int, typer.Option(min=0, help="of weights, order and augmentation")] = 0,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> Summary:
    """Train a model on an annotated dataset, or the embedded one on procedural scenes.

    All of the network is trained, on images mirrored at random; the file holds a moving average of its weights and is
    written after each epoch. A dataset with anything wrong in it is refused with a list. Ctrl-C keeps what there is.

    Example: boxwright train annotations.json --images ~/photos --epochs 20 -o mine.safetensors
    """
    _require_one_source(annotations, images, scenes=scenes, val=val, start=start, system=system)
    from detector.dataset_training import Plan  # noqa: PLC0415 - imports torch
    from detector.predictor import choose_device, open_predictor  # noqa: PLC0415
    from detector.training_run import follow, on_dataset, on_scenes  # noqa: PLC0415

    require_writable(output, [file for file in (annotations, val) if file])
    console = people_console(as_json=as_json)
    place, plan = choose_device(device), Plan(epochs, batch_size, rate, seed)
    validation = read_annotated(val, images, console) if val and images else None
    if annotations and images:
        training = on_dataset(coco.read_dataset(annotations, images), system, start, plan, place)
    else:
        training = on_scenes(scenes, plan, place)
    if validation:
        require_known(training.categories, validation.category_names)
    summary = follow(training, output, console)
    if validation:
        summary["val"] = measure(open_predictor(output, device=device), validation, "coco", Thresholds(0.05), console)
    return summary


def _require_one_source(
    annotations: Path | None, images: Path | None, *, scenes: int, val: Path | None, start: Path | None, system: str
) -> None:
    """Raise BadParameter unless these options of `train` fit together: none is passed over without a word."""
    if bool(scenes) == bool(annotations and images):
        raise typer.BadParameter("give either ANNOTATIONS with --images, or --scenes.")
    if scenes and (annotations or start or system != EMBEDDED):
        raise typer.BadParameter("--scenes trains the embedded system: leave ANNOTATIONS, --from and --system out.")
    if start and system != EMBEDDED:
        raise typer.BadParameter("the model file of --from says which system it is: leave --system out.")
    if val and not images:
        raise typer.BadParameter("--val needs --images, the folder of its images.")
    if system not in SYSTEMS:
        raise typer.BadParameter(f"there is no system {system}: choose one of {', '.join(SYSTEMS)}.")


@verb()
def finetune(
    annotations: AnnotationsArgument,
    *,
    images: ImagesOption,
    output: OutputOption,
    model: ModelOption = None,
    second_stage: Annotated[
        SecondStage, typer.Option(help="train the whole detector after its head: where it should pay, never, or always")
    ] = SecondStage.AUTO,
    val: ValOption = None,
    insist: Annotated[bool, typer.Option("--insist", help="write the model even if it has become worse")] = False,
    cache: Annotated[
        Path | None, typer.Option(file_okay=False, help="keep what the backbone sees here, for the next time")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of new weights, sampling and order")] = 0,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> Summary:
    """Adapt a model to the categories of an annotated dataset, in minutes: what the window does with one key.

    Some images are held out to measure on. First the head is trained, then, where that should pay, the whole detector;
    the file is written after each stage that made the model better, and not at all if none did. Every image counts as
    completely annotated. A dataset with anything wrong in it is refused with a list. Ctrl-C keeps the last stage.

    Example: boxwright finetune annotations.json --images ~/photos -o mine.safetensors
    """
    from detector import checkpoints  # noqa: PLC0415 - imports torch
    from detector.fine_tuning import Plan, fine_tune  # noqa: PLC0415
    from detector.finetune_run import feature_cache, follow, measure_both, read_corrections  # noqa: PLC0415
    from detector.predictor import choose_device  # noqa: PLC0415

    require_writable(output, [file for file in (annotations, model, val) if file])
    console, place = people_console(as_json=as_json), choose_device(device)
    base = checkpoints.load(model or checkpoints.EMBEDDED_WEIGHTS)
    validation = read_annotated(val, images, console) if val else None
    corrections = read_corrections(annotations, images, base.categories, console)
    require_writable(output, [image.path for image in corrections.images])
    if validation:
        require_known(corrections.categories, validation.category_names)
    with feature_cache(cache) as features:
        plan = Plan(second_stage=second_stage, seed=seed)
        steps = fine_tune(base, corrections, plan, cache=features, wishes=Wishes(), device=place)
        summary = follow(steps, output, console, insist=insist)
    if validation:
        summary["val"] = measure_both(model, output, validation, device, console)
    return summary | {"base_version": base.version, "device": str(place)}
