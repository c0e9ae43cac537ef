"""A fine-tune for the command line: what it reads, where it caches, and a file that only becomes better."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from detector import checkpoints
from detector.console import ReportedError, Summary, progress_bar
from detector.corrections import from_dataset
from detector.dataset_training import read_to_learn_from
from detector.fine_tune_values import Progress
from detector.finetune_report import StageBars, refusal, report, summary_of, what_is_left
from detector.measurement import matching_labels, measure
from detector.predictor import open_predictor
from detector.roi_features import FeatureCache
from detector.temporary import temporary_folder
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from detector.coco import CocoDataset
    from detector.corrections import Corrections
    from detector.fine_tune_values import StageResult
    from detector.tuned_model import TunedModel

CACHE_FOLDER = "boxwright-features"  # of our own inside the folder given: old files in it are deleted
CACHE_BYTES = 4 * 2**30


def read_corrections(
    annotations: Path, images: Path, known: Sequence[str], console: Console, tile: int = 0
) -> Corrections:
    """Read a dataset to learn from, each image of it completely annotated, and say what is new to the base model.

    Large images will be seen in tiles of side `tile`. Categories that the base knows in another case are the same ones,
    as they are for `evaluate`. Raises DetectorError as `read_to_learn_from`.
    """
    dataset = read_to_learn_from(annotations, images)
    wanted = dataset.category_names
    label_of = matching_labels(known, wanted)
    new = [name for label, name in enumerate(wanted, 1) if label not in label_of.values()]
    if new:
        console.print(f"New to the model, learnt from their boxes alone: {', '.join(new)}.")
    same = {known[old - 1]: wanted[label - 1] for old, label in label_of.items()}
    aliases = {old: name for old, name in same.items() if old not in wanted}
    return replace(from_dataset(dataset), aliases=aliases, tile=tile)


@contextmanager
def feature_cache(folder: Path | None) -> Iterator[FeatureCache]:
    """Give a feature cache in `folder`, which is made, or a temporary one that is gone afterwards, come what may.

    Raises DetectorError where nothing can be written.
    """
    if folder is not None:
        yield FeatureCache(_writable(folder / CACHE_FOLDER), CACHE_BYTES)
        return
    with ExitStack() as stack:
        try:
            temporary = stack.enter_context(temporary_folder("finetune"))
        except OSError as error:
            raise DetectorError(
                f"There is no room for temporary files: {error}. Name a folder with --cache."
            ) from error
        yield FeatureCache(temporary, CACHE_BYTES)


def follow(
    steps: Generator[Progress | TunedModel, None, None], output: Path, console: Console, *, insist: bool
) -> Summary:
    """Take all steps of a fine-tune, and save to `output` each model that is better than what served until then.

    With `insist` a model is saved as well that is not better, unless `output` already holds one that is. Ctrl-C and
    errors go on when it has been said what the file holds. Raises ReportedError if nothing was worth saving.
    """
    results: list[StageResult] = []
    saved: StageResult | None = None
    try:
        with closing(steps), progress_bar(console) as bar:
            bars = StageBars(bar)
            for step in steps:
                if isinstance(step, Progress):
                    bars.show(step)
                    continue
                bars.end(step.result.stage)
                results.append(step.result)
                if _is_wanted(step.result, saved, insist=insist):
                    step.save(output)
                    saved = step.result
                report(step.result, output, console, is_first=len(results) == 1, is_saved=saved is step.result)
    except (KeyboardInterrupt, DetectorError) as end:
        if saved or isinstance(end, KeyboardInterrupt):
            console.print(what_is_left(saved, output))
        raise
    summary = summary_of(results, saved)
    if saved is None:
        raise ReportedError(refusal(results[-1], output), summary)
    checkpoint = checkpoints.load(output)
    console.print(f"{output} holds the model {checkpoint.version}, after {results[-1].seconds:.0f} seconds.")
    names: Summary = {"system": checkpoint.model.system.id, "categories": checkpoint.categories}
    return {"output": str(output), "model_version": checkpoint.version} | names | summary


def measure_both(
    base: Path | None, tuned: Path, dataset: CocoDataset, device: str | None, console: Console, *, tile: int = 0
) -> dict[str, Summary | None]:
    """Return the figures of both models on a dataset; `before` is None if the base knows none of its categories."""
    predictor = open_predictor(base, device=device)
    knows = matching_labels(predictor.categories, dataset.category_names)
    before = measure(predictor, dataset, "coco", Thresholds(0.05), console, tile=tile) if knows else None
    after = measure(open_predictor(tuned, device=device), dataset, "coco", Thresholds(0.05), console, tile=tile)
    return {"before": before, "after": after}


def _is_wanted(new: StageResult, saved: StageResult | None, *, insist: bool) -> bool:
    """Say whether a model should take the place of what is in the file. Of two worse than the base, the better one."""
    if new.is_better or not insist:
        return new.is_better
    return saved is None or (not saved.is_better and _value(new) > _value(saved))


def _value(result: StageResult) -> float:
    return result.after.ap50 + result.after.ap if result.after else 0.0


def _writable(folder: Path) -> Path:
    """Return `folder`, made if need be. Raises DetectorError where no file can be written in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DetectorError(
            f"Nothing can be cached in {folder}: {error.strerror or error}. Choose another folder for --cache."
        ) from error
    return folder
