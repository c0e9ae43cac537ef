"""COCO JSON, both ways. Here and in its parts `coco_*`, nowhere else in `detector`, a box is `(x, y, width, height)`.

Shapes: N boxes, D detections, R proposals, K categories.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from detector.coco_images import FindImage, FoundImage, size_text
from detector.coco_parsing import CocoAnnotation, CocoCategory, CocoDataset, CocoImage, parse_dataset
from detector.coco_values import JsonObject, corners, is_flagged, is_text, is_yes, number
from detector.durable import led_to, replacing
from detector.images import read_image
from detector.json_files import read_json
from detector.types import Detections, DetectorError, Proposals, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

__all__ = [
    "CocoAnnotation",
    "CocoCategory",
    "CocoDataset",
    "CocoImage",
    "FindImage",
    "FoundImage",
    "JsonObject",
    "corners",
    "detections_to_dataset",
    "detections_to_results",
    "is_flagged",
    "is_text",
    "is_yes",
    "load_sample",
    "number",
    "parse_dataset",
    "proposals_to_results",
    "read_dataset",
    "read_json",
    "write_json",
    "xywh",
]


def read_dataset(annotations_path: str | Path, images_dir: str | Path) -> CocoDataset:
    """Read a COCO file and look for its images under `images_dir`. See `parse_dataset`."""
    return parse_dataset(read_json(annotations_path), images_dir, name=str(annotations_path))


def load_sample(image: CocoImage) -> Sample:
    """Decode the image and return it with its annotations. Raises DetectorError if it cannot be read or has changed."""
    if image.path is None:
        raise ValueError(f"{image.file_name} was parsed without an image folder")
    pixels = read_image(image.path)
    if pixels.shape[:2] != image.image_size:
        raise DetectorError(
            f"The image {image.path} is {size_text(pixels.shape[:2])}, but its boxes were drawn on "
            f"{size_text(image.image_size)}. Restore the image or annotate it again."
        )
    return Sample(pixels, image.gt_boxes, image.labels, image.file_name, image.iscrowd)


def write_json(path: str | Path, document: object) -> None:
    """Write `document` so that `path` holds either all of it or what it held before, also if the power fails.

    A link stays; the file that it leads to is written. Raises DetectorError if the file cannot be written, and
    ValueError for a number that JSON does not know (NaN).
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    try:
        with replacing(led_to(Path(path))) as beside:
            beside.write_text(text, encoding="ascii")
    except OSError as error:
        raise DetectorError(f"The file {path} cannot be written: {error.strerror or error}.") from error


def detections_to_dataset(
    detected: Iterable[tuple[str, tuple[int, int], Detections]], category_names: Sequence[str]
) -> JsonObject:
    """Return a COCO dataset whose annotations carry scores, from (file name relative to its folder, size, detections).

    Ids count from 1, in the order given; `category_id` is the label. Boxes are cut to their image, and what has no area
    left is dropped. Images without detections are kept.
    """
    images: list[JsonObject] = []
    annotations: list[JsonObject] = []
    for image_id, (file_name, (height, width), detections) in enumerate(detected, start=1):
        images.append({"id": image_id, "file_name": file_name, "width": width, "height": height})
        boxes = np.clip(detections.boxes, 0, (width, height, width, height))
        for bbox, score, label in zip(xywh(boxes), detections.scores, detections.labels, strict=True):
            if bbox[2] <= 0 or bbox[3] <= 0:
                continue
            annotations.append({
                "id": len(annotations) + 1,
                "image_id": image_id,
                "category_id": int(label),
                "bbox": bbox,
                "area": bbox[2] * bbox[3],
                "iscrowd": 0,
                "score": float(score),
            })  # fmt: skip
    categories = [
        {"id": label, "name": name, "supercategory": ""} for label, name in enumerate(category_names, start=1)
    ]
    return {"info": {}, "licenses": [], "images": images, "annotations": annotations, "categories": categories}


def detections_to_results(detected: Iterable[tuple[int, Detections]], category_ids: Sequence[int]) -> list[JsonObject]:
    """Return the COCO results list of (image id, detections); `category_ids[label - 1]` is the file's id of `label`."""
    return [
        {"image_id": image_id, "category_id": category_ids[label - 1], "bbox": bbox, "score": score}
        for image_id, detections in detected
        for bbox, score, label in zip(
            xywh(detections.boxes), detections.scores.tolist(), detections.labels.tolist(), strict=True
        )
    ]


def proposals_to_results(proposed: Iterable[tuple[int, Proposals]]) -> list[JsonObject]:
    """Return the COCO results list of (image id, proposals): `category_id` 1 for all, objectness as score."""
    return [
        {"image_id": image_id, "category_id": 1, "bbox": bbox, "score": objectness}
        for image_id, proposals in proposed
        for bbox, objectness in zip(xywh(proposals.boxes), proposals.objectness.tolist(), strict=True)
    ]


def xywh(boxes: ArrayLike) -> list[list[float]]:
    """Return boxes (N, 4) as COCO writes them: `[x, y, width, height]`, in double precision and unrounded."""
    ends = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    rows: list[list[float]] = np.concatenate([ends[:, :2], ends[:, 2:] - ends[:, :2]], axis=1).tolist()
    return rows
