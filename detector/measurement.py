"""A model measured on a dataset, which may be of somebody else's categories. For the command line.

Shapes: D detections, M ground-truth boxes, K categories.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from rich.table import Table

from detector import coco
from detector.detection_run import detect_in_files
from detector.evaluation import average_precision, proposal_recall
from detector.image_files import ImageFile
from detector.types import Detections, DetectorError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from detector.console import Summary
    from detector.evaluation import Annotated
    from detector.predictor import Predictor
    from detector.types import Proposals, Thresholds

Metric = Literal["coco", "recall"]


def read_annotated(annotations: Path, images: Path, console: Console) -> coco.CocoDataset:
    """Read a dataset to measure on, and say what is wrong with it. Raises DetectorError if it has no usable box."""
    dataset = coco.read_dataset(annotations, images)
    for problem in dataset.problems:
        console.print(problem)
    if not any(image.annotations for image in dataset.images):
        raise DetectorError(f"{annotations} has no box on a readable image of {images}.")
    return dataset


def measure(
    predictor: Predictor, dataset: coco.CocoDataset, metric: Metric, thresholds: Thresholds, console: Console
) -> Summary:
    """Return the figures by name, null where there is nothing to find, and what they were measured on; print them.

    Raises DetectorError if no image can be read, or if the metric is coco and no category has the same name.
    """
    label_of = matching_labels(predictor.categories, dataset.category_names)
    unknown = [name for label, name in enumerate(dataset.category_names, 1) if label not in label_of.values()]
    if metric == "coco":
        require_known(predictor.categories, dataset.category_names)
        _report_matches(predictor.categories, label_of, unknown, console)
    files = [ImageFile(image.path, image.file_name) for image in dataset.images if image.path]
    seen, failures = detect_in_files(predictor, files, thresholds, console)
    truths = [dataset.images[image.index] for image in seen]
    if metric == "coco":
        found = [relabelled(image.detections, label_of) for image in seen]
        figures = average_precision(truths, found, dataset.category_names)
    else:
        figures = proposal_figures(truths, [image.proposals for image in seen])
    console.print(_table(figures))
    known: Summary = {name: None if math.isnan(value) else value for name, value in figures.items()}
    return known | {
        "images": len(seen),
        "boxes": sum(len(truth.annotations) for truth in truths),
        "unreadable": failures,
        "problems": list(dataset.problems),
        "unknown_categories": unknown,
        "model_version": predictor.model_version,
        "device": predictor.device,
    }


def matching_labels(model_categories: Sequence[str], dataset_categories: Sequence[str]) -> dict[int, int]:
    """Return {label of the model: label of the dataset} for the names that both have, whatever their case."""
    labels = {name.casefold(): label for label, name in enumerate(dataset_categories, start=1)}
    names = enumerate(model_categories, start=1)
    return {label: labels[name.casefold()] for label, name in names if name.casefold() in labels}


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


def proposal_figures(truths: Sequence[Annotated], proposals: Sequence[Proposals]) -> dict[str, float]:
    """Return AR100 and AR300, the average recall of the 100 and 300 best proposals, and R50, that of 300 at IoU 0.5.

    Categories do not matter, and crowds are left out. NaN if there is no box.
    """
    boxes = [truth.gt_boxes[~truth.iscrowd] for truth in truths]
    proposed = [each.boxes for each in proposals]
    return {
        "AR100": proposal_recall(boxes, proposed, 100),
        "AR300": proposal_recall(boxes, proposed, 300),
        "R50": proposal_recall(boxes, proposed, 300, thresholds=0.5),
    }


def _report_matches(
    model_categories: Sequence[str], label_of: Mapping[int, int], unknown: Sequence[str], console: Console
) -> None:
    if unknown:
        console.print(f"The model does not know these categories, which count as never found: {', '.join(unknown)}.")
    unused = [name for label, name in enumerate(model_categories, 1) if label not in label_of]
    if unused:
        console.print(f"The dataset does not have these categories of the model: {', '.join(unused)}.")


def _table(figures: Mapping[str, float]) -> Table:
    table = Table("figure", box=None)
    table.add_column("value", justify="right")
    for name, value in figures.items():
        table.add_row(name, "-" if math.isnan(value) else f"{value:.4f}")
    return table
