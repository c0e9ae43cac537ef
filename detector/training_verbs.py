"""The headless verbs that train: train, finetune. What needs torch is imported inside them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from detector.checkpoint_header import describe
from detector.console import (
    AnnotationsArgument,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModelOption,
    OutputOption,
    Summary,
    TilesOption,
    people_console,
    require_writable,
    verb,
)
from detector.fine_tune_values import Plan, SecondStage, Wishes
from detector.measurement import measure, read_annotated, require_known
from detector.processes import (
    goes_on_by_itself,
    in_agreement,
    launched,
    own_device,
    process_group,
    processes_here,
    require_same,
)
from detector.published import resolve_backbone
from detector.systems import SYSTEMS
from detector.types import Thresholds

if TYPE_CHECKING:
    from detector.metrics import Metric
    from detector.processes import Share

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
    schedule: Annotated[
        Literal["joint", "alternating"], typer.Option(help="all at once, or the four steps of the paper")
    ] = "joint",
    start: Annotated[
        Path | None, typer.Option("--from", exists=True, dir_okay=False, help="start from this model file")
    ] = None,
    backbone_weights: Annotated[
        str | None, typer.Option(help="start from ImageNet: a file of torchvision, or a name that models lists")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="how often to go through the dataset")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="images of one step")] = None,
    accumulate: Annotated[
        int, typer.Option(min=1, help="make a step of so many batches, one after another: for a small memory")
    ] = 1,
    rate: Annotated[float | None, typer.Option(min=0, help="the highest learning rate")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of weights, order and augmentation")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=0, help="processes that load images; 0: a thread. The result is the same")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with a training that was interrupted")] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> Summary:
    """Train a model on an annotated dataset, or the embedded one on procedural scenes.

    Epochs, rate and batch size are those of the system's reference unless they are given; another batch size changes
    the rate in proportion. What the reference keeps frozen is frozen where training starts from learnt weights. After
    each epoch the file is written, and measured on --val. A dataset with anything wrong in it is refused with a list.

    Ctrl-C keeps what there is. The state of the training is beside the output, as .training: the same command with
    --resume goes on from there to the same result. At the end the curves are beside it too, as .png.

    Under torchrun several processes share the images of each step, on a GPU each or on CPUs: the result is the same but
    for rounding and luck. With its --max-restarts a training goes on by itself after a process has died.

    Examples: torchrun --nproc-per-node 2 --no-python boxwright train all.json --images ~/photos -o mine.safetensors
    boxwright train all.json --images ~/photos --system vgg16 --backbone-weights vgg16 -o mine.safetensors
    """
    source = Source(annotations, images, scenes=scenes, val=val)
    share = launched()
    _require_one_source(source, start=start, backbone=backbone_weights, system=system, schedule=schedule)
    has_start = bool(backbone_weights or resume)
    _require_divisible(source, schedule=schedule, has_start=has_start, passes=accumulate, share=share)
    from detector import training_state  # noqa: PLC0415 - imports torch
    from detector.dataset_training import Plan, default_workers, read_to_learn_from  # noqa: PLC0415
    from detector.predictor import open_predictor  # noqa: PLC0415
    from detector.training_run import Request, Validation, follow, on_dataset, on_scenes  # noqa: PLC0415

    place = own_device(device, share)
    console = people_console(as_json=as_json, quiet=not share.is_first)
    with ExitStack() as held, process_group(share, place):
        with in_agreement(share):
            backbone = resolve_backbone(backbone_weights) if backbone_weights else None
            require_writable(output, [file for file in (annotations, val, start, backbone) if file], kind="model")
            if share.is_first:
                held.enter_context(training_state.reserved(output))
            row = SYSTEMS[describe(start).system_id if start else system]
            plan = Plan.of(
                row,
                epochs=epochs or (row.recipe.alternating_epochs if schedule == "alternating" else None),
                batch_size=(batch_size or row.recipe.batch_size) * accumulate,
                learning_rate=rate,
                seed=seed,
                pretrained=bool(start or backbone),
                workers=default_workers(place, processes_here()) if workers is None else workers,
                share=share,
                passes=accumulate,
            )
            plan.require_enough()
            validation = read_annotated(val, images, console) if val and images else None
            if annotations and images:
                goes_on = resume or (goes_on_by_itself() and training_state.state_path(output).exists())
                request = Request(row, output, schedule, start, backbone, goes_on)
                training = on_dataset(read_to_learn_from(annotations, images), request, plan, place)
            else:
                training = on_scenes(scenes, plan, place)
            if validation and not row.proposals_only:
                require_known(training.categories, validation.category_names)
        require_same((training.start, training.identity), share, NOT_THE_SAME)
        summary = follow(training, output, console, Validation(validation, place) if validation else None, share)
        if validation:
            predictor = open_predictor(output, device=str(place))
            metric: Metric = "recall" if row.proposals_only else "coco"
            summary["val"] = measure(predictor, validation, metric, Thresholds(0.05), console, share=share)
        if share.is_first and training.identity is not None:
            # Once the others have gone too: after one that dies now torchrun would train anew, over what is finished.
            held.callback(training_state.forget, output)
    return summary if share.is_first else {}


NOT_THE_SAME = (
    "The processes do not see the same files: dataset, start and output must be in a folder that all machines share."
)


class Source(NamedTuple):
    """What `train` learns from and is measured on, as it was asked for."""

    annotations: Path | None
    images: Path | None
    scenes: int
    val: Path | None


def _require_one_source(
    source: Source, *, start: Path | None, backbone: str | None, system: str, schedule: str
) -> None:
    """Raise BadParameter unless these options of `train` fit together: none is passed over without a word."""
    annotations, images, scenes, val = source
    if bool(scenes) == bool(annotations and images):
        raise typer.BadParameter("give either ANNOTATIONS with --images, or --scenes.")
    if scenes and (annotations or start or system != EMBEDDED):
        raise typer.BadParameter("--scenes trains the embedded system: leave ANNOTATIONS, --from and --system out.")
    if start and (backbone or system != EMBEDDED):
        raise typer.BadParameter("the model file of --from has its system: leave --system and --backbone-weights out.")
    if val and not images:
        raise typer.BadParameter("--val needs --images, the folder of its images.")
    if system not in SYSTEMS:
        raise typer.BadParameter(f"there is no system {system}: choose one of {', '.join(SYSTEMS)}.")
    if schedule != "joint" and SYSTEMS[system].proposals_only:
        raise typer.BadParameter(f"{system} has no second stage to alternate with: leave --schedule out.")


def _require_divisible(source: Source, *, schedule: str, has_start: bool, passes: int, share: Share) -> None:
    """Raise BadParameter where this training cannot be divided as was asked for, or scenes cannot start so."""
    if source.scenes and (has_start or schedule != "joint" or passes > 1):
        raise typer.BadParameter(
            "--scenes starts anew: leave --backbone-weights, --resume, --schedule and --accumulate out."
        )
    if source.scenes and share.ranks > 1:
        raise typer.BadParameter(
            "--scenes has no state to go on from: leave torchrun out, or train the embedded model by "
            "`torchrun -m detector.embedded train`."
        )
    if schedule != "joint" and share.ranks > 1:
        raise typer.BadParameter(
            "the four steps of --schedule alternating hand each other the proposals of all images in one file: one "
            "process writes it. Leave torchrun out, or start one process."
        )


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
    tiles: TilesOption = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> Summary:
    """Adapt a model to the categories of an annotated dataset, in minutes: what the window does with one key.

    Some images are held out to measure on. First the head is trained, then, where that should pay, the whole detector;
    the file is written after each stage that made the model better, and not at all if none did. Every image counts as
    completely annotated. A dataset with anything wrong in it is refused with a list. Ctrl-C keeps the last stage.

    Example: boxwright finetune annotations.json --images ~/photos -o mine.safetensors
    """
    if launched().ranks > 1:
        raise typer.BadParameter("finetune is the work of one process: leave torchrun out, or use train.")
    from detector import checkpoints  # noqa: PLC0415 - imports torch
    from detector.devices import choose_device  # noqa: PLC0415
    from detector.fine_tuning import fine_tune  # noqa: PLC0415
    from detector.finetune_run import feature_cache, follow, measure_both, read_corrections  # noqa: PLC0415

    require_writable(output, [file for file in (annotations, model, val) if file], kind="model")
    console, place = people_console(as_json=as_json), choose_device(device)
    base = checkpoints.load(model or checkpoints.EMBEDDED_WEIGHTS)
    validation = read_annotated(val, images, console) if val else None
    corrections = read_corrections(annotations, images, base.categories, console, tiles or 0)
    require_writable(output, [image.path for image in corrections.images])
    if validation:
        require_known(corrections.categories, validation.category_names)
    with feature_cache(cache) as features:
        plan = Plan(second_stage=second_stage, seed=seed)
        steps = fine_tune(base, corrections, plan, cache=features, wishes=Wishes(), device=place)
        summary = follow(steps, output, console, insist=insist)
    if validation:
        summary["val"] = measure_both(model, output, validation, device, console, tile=tiles or 0)
    return summary | {"base_version": base.version, "device": str(place)}
