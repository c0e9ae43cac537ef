"""A model measured on a dataset, which may be of somebody else's categories. For the command line.

Shapes: D detections, M ground-truth boxes, K categories.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from detector import coco
from detector.coco_images import composed
from detector.detection_run import detect_in_files
from detector.effort import MOVABLE_IOU, SURE, looks_unfinished
from detector.evaluation import box_iou
from detector.image_files import ImageFile
from detector.metrics import TITLES, by_coco, by_recall, by_voc, by_voc07
from detector.processes import ALONE
from detector.types import Detections, DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from detector.console import Summary
    from detector.metrics import Measured, Metric
    from detector.predictor import Predictor
    from detector.processes import Share
    from detector.seen_images import SeenImage
    from detector.types import Thresholds

OF_CATEGORY = "AP/"
_NAMED_AT_MOST = 10


def read_annotated(annotations: Path, images: Path, console: Console) -> coco.CocoDataset:
    """Read a dataset to measure on, and say what is wrong with it. Raises DetectorError if it has no usable box."""
    dataset = coco.read_dataset(annotations, images)
    for problem in dataset.problems:
        console.print(problem)
    if not any(image.annotations for image in dataset.images):
        raise DetectorError(f"{annotations} has no box on a readable image of {images}.")
    return dataset


def measure(
    predictor: Predictor,
    dataset: coco.CocoDataset,
    metric: Metric,
    thresholds: Thresholds,
    console: Console,
    *,
    plots: Path | None = None,
    tile: int = 0,
    share: Share = ALONE,
) -> Summary:
    """Return the figures by name, null where there is nothing to find, and what they were measured on; print them.

    With `plots`, a folder, also draw the curves there. Large images are looked at in tiles of side `tile`. Raises
    DetectorError if no image can be read, or if the metric is one of categories and no category has the same name.

    Images of which most of what the model is sure of has no box are named, as `unfinished`: an annotator may have
    stopped half-way. Of several processes each looks at its `share` of the images, and the first one counts; the others
    return {}.
    """
    label_of = matching_labels(predictor.categories, dataset.category_names)
    unknown = [name for label, name in enumerate(dataset.category_names, 1) if label not in label_of.values()]
    if metric != "recall":
        require_known(predictor.categories, dataset.category_names)
        _report_matches(predictor.categories, label_of, unknown, console)
    files = [ImageFile(image.path, image.file_name) for image in dataset.images if image.path]
    seen, failures, *_ = detect_in_files(predictor, files, thresholds, console, tile, share=share)
    if not share.is_first:
        return {}
    truths = [dataset.images[image.index] for image in seen]
    found = [relabelled(image.detections, label_of) for image in seen]
    measured = _measured_by(metric, truths, seen, found, dataset.category_names)
    doubted = [] if metric == "recall" else unfinished(truths, found)
    summary = _reported(measured, f"{predictor.name}, {TITLES[metric]}", plots, console)
    if doubted:
        named, count = ", ".join(doubted[:_NAMED_AT_MOST]), "1 image" if len(doubted) == 1 else f"{len(doubted)} images"
        more = ", …" if len(doubted) > _NAMED_AT_MOST else ""
        console.print(f"On {count} most of what the model is sure of has no box, as if unfinished: {named}{more}")
    return summary | {
        "metric": metric,
        "images": len(seen),
        "boxes": sum(len(truth.annotations) for truth in truths),
        "unfinished": doubted,
        "unreadable": failures,
        "problems": list(dataset.problems),
        "unknown_categories": unknown,
        "model_version": predictor.model_version,
        "device": predictor.device,
    }


def matching_labels(model_categories: Sequence[str], dataset_categories: Sequence[str]) -> dict[int, int]:
    """Return {label of the model: label of the dataset} for the names that both have.

    Where a name has no equal, neither the case of its letters nor the way of writing accents makes a difference, if
    only one name is left on each side.
    """
    names = dict(enumerate(model_categories, start=1))
    labels = {name: label for label, name in enumerate(dataset_categories, start=1)}
    found = {label: labels[name] for label, name in names.items() if name in labels}
    ours = _folded({label: name for label, name in names.items() if label not in found})
    theirs = _folded({label: name for name, label in labels.items() if label not in found.values()})
    both = [(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()]
    alike = {our[0]: their[0] for our, their in both if len(our) == len(their) == 1}
    return dict(sorted((found | alike).items()))


def _folded(names: Mapping[int, str]) -> dict[str, list[int]]:
    """Return name without the case of its letters, each with its accent -> labels."""
    labels = defaultdict(list)
    for label, name in names.items():
        labels[composed(name).casefold()].append(label)
    return labels


def require_known(model_categories: Sequence[str], dataset_categories: Sequence[str]) -> None:
    """Raise DetectorError if no category of the dataset has the name of one that the model knows."""
    if not matching_labels(model_categories, dataset_categories):
        raise DetectorError(
            f"The model knows none of the dataset's categories ({', '.join(dataset_categories)}); it knows "
            f"{', '.join(model_categories)}. --metric recall needs no names."
        )


def relabelled(detections: Detections, label_of: Mapping[int, int]) -> Detections:
    """Return the detections whose label `label_of` knows, with the label that it gives them; the order stays."""
    kept = np.flatnonzero(np.isin(detections.labels, list(label_of)))
    labels = np.array([label_of[int(label)] for label in detections.labels[kept]], dtype=np.int64)
    return Detections(detections.boxes[kept], detections.scores[kept], labels, detections.candidate_indices[kept])


def _measured_by(
    metric: Metric,
    truths: Sequence[coco.CocoImage],
    seen: Sequence[SeenImage],
    found: Sequence[Detections],
    category_names: Sequence[str],
) -> Measured:
    if metric == "recall":
        return by_recall(truths, [image.proposals for image in seen])
    return {"coco": by_coco, "voc07": by_voc07, "voc": by_voc}[metric](truths, found, category_names)


def unfinished(truths: Sequence[coco.CocoImage], found: Sequence[Detections]) -> list[str]:
    """Return the names of the images of which most boxes seem to be missing; a detection beside a box is no object."""
    named = []
    for truth, detections in zip(truths, found, strict=True):
        sure = detections.boxes[detections.scores >= SURE]  # (D, 4)
        overlaps = box_iou(sure, truth.gt_boxes, truth.iscrowd)  # (D, M)
        lacking = int((overlaps < MOVABLE_IOU).all(axis=1).sum())
        if looks_unfinished(lacking, len(truth.annotations)):
            named.append(truth.file_name)
    return named


def _report_matches(
    model_categories: Sequence[str], label_of: Mapping[int, int], unknown: Sequence[str], console: Console
) -> None:
    if unknown:
        console.print(f"The model does not know these categories, which count as never found: {', '.join(unknown)}.")
    unused = [name for label, name in enumerate(model_categories, 1) if label not in label_of]
    if unused:
        console.print(f"The dataset does not have these categories of the model: {', '.join(unused)}.")


def _reported(measured: Measured, title: str, plots: Path | None, console: Console) -> Summary:
    """Print the figures, draw them in the folder `plots` if there is one, and return all that as it goes into JSON."""
    for table in _tables(measured):
        console.print(table)
    summary: Summary = {name: _known(value) for name, value in measured.figures.items()}
    summary["categories"] = [{key: _known(value) for key, value in row.items()} for row in measured.categories]
    if plots:
        ap = measured.figures.get("AP", math.nan)
        paths = measured.plot(plots, title if math.isnan(ap) else f"{title}: {ap:.3f}")
        console.print(f"{len(paths)} plots are in {plots}." if paths else "There is nothing to plot.")
        summary["plots"] = [str(path) for path in paths]
    return summary


def _tables(measured: Measured) -> Iterator[Table]:
    """Yield a table of the figures, and one of the categories if there are any."""
    figures = Table("figure", box=None)
    figures.add_column("value", justify="right")
    for name, value in measured.figures.items():
        if not name.startswith(OF_CATEGORY):
            figures.add_row(name, _text(value))
    yield figures
    if measured.categories:
        name, *columns = measured.categories[0]
        categories = Table("category", box=None)
        for column in columns:
            categories.add_column(column, justify="right")
        for row in measured.categories:
            categories.add_row(*map(_text, row.values()))
        yield categories


def _text(value: str | float) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4f}"
    return str(value)


def _known(value: str | float) -> str | float | None:
    return None if isinstance(value, float) and math.isnan(value) else value
