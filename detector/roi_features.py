"""Pooled features of corrected images and their cache on disk: with them the head learns without the backbone.

Shapes: M annotated boxes, J rejected boxes, R RoIs of one view, C channels of the backbone. An image has two views:
view 0 is the upright image, view 1 its mirror image.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch
from torch import Tensor
from torchvision.models.detection.transform import resize_boxes

from detector.checkpoint_header import HEADER
from detector.durable import write_whole
from detector.jitter import jittered
from detector.looks import Reader
from detector.types import DetectorError, FloatArray

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from detector.corrections import CorrectedImage
    from detector.model import FasterRCNN, Network
    from detector.predictor import Predictor

LAYOUT = 3  # of the files and how they are pooled; a file of another number is never looked for
MAX_PROPOSALS, MAX_ROIS = 300, 512
USUAL_BOXES = 60
VIEWS = 2
SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class RoiView:
    """The RoIs of one view. Everything is on the CPU and may be trained on.

    `boxes` (R, 4) float32 in pixels of the network's input, of the mirrored one in view 1; `features` (R, C, h, w)
    float16; `is_proposal` (R,) bool: proposals come first, best first, then the boxes that were given.
    """

    boxes: Tensor
    features: Tensor
    is_proposal: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class RoiFeatures:
    """Both views of one image. Sizes are (height, width); `fingerprint` is the `difference_hash` of the image."""

    views: tuple[RoiView, RoiView]
    network_size: tuple[int, int]
    image_size: tuple[int, int]
    fingerprint: int

    def to_network(self, boxes: FloatArray, view: int) -> Tensor:
        """Return `boxes` (M, 4), given in original pixels, as they lie in `view`: in pixels of the network's input."""
        turned = mirrored(boxes, self.image_size[1]) if view else boxes
        given = torch.tensor(turned, dtype=torch.float32).reshape(-1, 4)
        scaled: Tensor = resize_boxes(given, list(self.image_size), list(self.network_size))
        return scaled


class FeatureCache:
    """A folder with one file for each image, at most `limit_bytes` of them but for what is pinned.

    The file that has not been used for the longest time goes first. For one thread at a time.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self.limit_bytes = limit_bytes
        self._pinned: set[str] | None = None
        self._bytes: int | None = None  # in the folder, as far as this cache knows; None: not looked yet

    @staticmethod
    def key(corrected: CorrectedImage, backbone_version: str) -> str:
        """Name what is pooled for `corrected`: another file, window, box or backbone gives another key.

        Raises DetectorError where the image file cannot be read.
        """
        digest = hashlib.sha256(f"{LAYOUT} {backbone_version}{corrected.window or ''}".encode())
        for boxes in (_wanted_boxes(corrected), corrected.rejected_boxes):
            digest.update(f" {len(boxes)} ".encode() + np.ascontiguousarray(boxes, dtype="<f4").tobytes())
        try:
            about = corrected.path.stat()
            digest.update(_digest_of(corrected.path, about.st_mtime_ns, about.st_size))
        except OSError as error:
            raise DetectorError(f"The image {corrected.path} cannot be read: {error.strerror or error}.") from error
        return digest.hexdigest()

    def get(self, key: str) -> RoiFeatures | None:
        """Return what is kept under `key`, mapped from the disk, not read; None where there is nothing whole."""
        path = self._path(key)
        try:
            features = _read(path)
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):  # an old time only makes it go sooner
            os.utime(path)
        self._pin(key)
        return features

    def put(self, key: str, features: RoiFeatures) -> None:
        """Keep `features` under `key`, all or nothing, then let old files go down to the limit.

        Raises DetectorError where the file cannot be written.
        """
        path = self._path(key)
        content = _content(features)
        try:
            write_whole(path, content)
        except OSError as error:
            raise DetectorError(
                f"The features of an image could not be kept in {self._folder}: {error.strerror or error}. "
                "Free some space on that disk."
            ) from error
        self._pin(key)
        self._bytes = None if self._bytes is None else self._bytes + len(content)
        self._evict()

    @contextmanager
    def pinning(self) -> Iterator[None]:
        """Let nothing go that is got or put from now until the end of the block, whatever the limit says."""
        self._pinned = set()
        try:
            yield
        finally:
            self._pinned = None

    def _pin(self, key: str) -> None:
        if self._pinned is not None:
            self._pinned.add(key)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{SUFFIX}"

    def _evict(self) -> None:
        if self._bytes is not None and self._bytes <= self.limit_bytes:
            return
        # With what a killed program has left half-written.
        files = [entry for entry in os.scandir(self._folder) if entry.name.endswith((SUFFIX, ".tmp"))]
        by_age = sorted((entry.stat().st_mtime_ns, entry.name, entry.stat().st_size) for entry in files)
        self._bytes = sum(size for _, _, size in by_age)
        for _, name, size in by_age:
            if self._bytes <= self.limit_bytes:
                return
            if name.removesuffix(SUFFIX) in (self._pinned or ()):
                continue
            with suppress(OSError):  # Windows keeps a file that is mapped
                (self._folder / name).unlink()
                self._bytes -= size


def pooled(
    predictor: Predictor, corrected: CorrectedImage, cache: FeatureCache | None, reader: Reader | None = None
) -> RoiFeatures:
    """Return the features of `corrected`, from `cache` or else pooled now and put there; `reader` reads the pixels.

    Kept for each view: the best `MAX_PROPOSALS` proposals, the annotated boxes but crowds, the rejected ones and
    `JITTERS` jittered copies of the annotated ones, in this order, and no more than `MAX_ROIS`. Raises DetectorError
    where the image cannot be read, memory ends, or the cache cannot be written.
    """
    version = predictor.backbone_version
    if cache is not None and (found := cache.get(cache.key(corrected, version))) is not None:
        return found
    image = (reader or Reader()).read(corrected)
    features = predictor.pool(image, boxes_to_pool(corrected, image.shape[:2]))
    if cache is None:
        return features
    # Asked again: where a GPU was lost, the CPU may have computed with other numbers than the version of before says.
    key = cache.key(corrected, predictor.backbone_version)
    cache.put(key, features)
    return cache.get(key) or features  # the mapped one: thousands of images do not fit into memory


def bytes_of_image(model: FasterRCNN) -> int:
    """Return how many bytes the features of an image take in a cache, where it has not more boxes than usual."""
    channels, side = model.backbone.out_channels, model.system.roi_resolution
    assert isinstance(channels, int)
    return VIEWS * (MAX_PROPOSALS + USUAL_BOXES) * channels * side * side * 2


def boxes_to_pool(corrected: CorrectedImage, image_size: tuple[int, ...]) -> FloatArray:
    """Return what is pooled besides proposals, in original pixels: annotated, rejected and jittered boxes."""
    gt_boxes = _wanted_boxes(corrected)
    # Copy by copy, so that where there are too many each box keeps as many as any other.
    return np.concatenate((gt_boxes, corrected.rejected_boxes, jittered(gt_boxes, image_size)), dtype=np.float32)


def mirrored(boxes: FloatArray, width: int) -> FloatArray:
    """Return `boxes` (M, 4) as they lie in the mirror image of an image of `width` pixels."""
    x1, y1, x2, y2 = boxes.reshape(-1, 4).T
    return np.stack((width - x2, y1, width - x1, y2), axis=1)


def backbone_digest(model: Network) -> str:
    """Return a name of everything before the pooled features but input size and precision: the same for all heads.

    Of the weights in half precision, as they are saved: a model and its file have the same name.
    """
    digest = hashlib.sha256(model.system.id.encode())
    for part in (model.backbone, model.rpn):
        for name, value in sorted(part.state_dict().items()):
            if value.is_floating_point():  # counts of batches change nothing
                digest.update(name.encode())
                digest.update(value.detach().cpu().half().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=64)  # of a large image each tile asks
def _digest_of(path: Path, _changed: int, _size: int) -> bytes:
    """Return the SHA-256 of a file that was last `_changed` at this time. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _wanted_boxes(corrected: CorrectedImage) -> FloatArray:
    """Crowds are no objects: nothing is learnt from the whole of one."""
    return corrected.gt_boxes[~corrected.iscrowd]


def _content(features: RoiFeatures) -> bytes:
    tensors = {
        f"{number}.{name}": getattr(view, name).contiguous()
        for number, view in enumerate(features.views)
        for name in ("boxes", "features", "is_proposal")
    }
    about = {name: getattr(features, name) for name in ("network_size", "image_size", "fingerprint")}
    return safetensors_torch.save(tensors, {HEADER: json.dumps(about)})


def _read(path: Path) -> RoiFeatures:
    """Map the file `path`. Many sorts of error come from one that is not whole."""
    with safe_open(path, framework="pt") as file:
        about = json.loads((file.metadata() or {})[HEADER])
        views = [
            RoiView(*(file.get_tensor(f"{number}.{name}") for name in ("boxes", "features", "is_proposal")))
            for number in range(VIEWS)
        ]
    if not all(map(_is_whole, views)):
        raise ValueError(f"{path} is not a file of features")
    (high, wide), (image_high, image_wide) = about["network_size"], about["image_size"]
    return RoiFeatures((views[0], views[1]), (high, wide), (image_high, image_wide), int(about["fingerprint"]))


def _is_whole(view: RoiView) -> bool:
    count = len(view.boxes)
    shapes = view.boxes.shape == (count, 4) and view.features.ndim == 4 and view.is_proposal.shape == (count,)
    types = (view.boxes.dtype, view.features.dtype, view.is_proposal.dtype)
    return shapes and len(view.features) == count and types == (torch.float32, torch.float16, torch.bool)
