"""What only the detector's thread calls, since it imports torch: detectors, trainings, features of images."""

from __future__ import annotations

import os
import sys
import uuid
from collections import Counter
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from app.model.words import tr
from app.remotes import Remotes
from app.workers.detector import Tuner
from app.workers.messages import TrainRequest, VersionTrained
from detector.fine_tune_values import Plan, Progress
from detector.looks import Reader
from detector.published import PUBLISHED, models_folder
from detector.remote_places import is_lent, require_local
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.settings import Precision
    from app.workers.detector import Detector
    from app.workers.messages import FeatureFolder
    from app.workers.stepped_training import Steps
    from app.workers.warming import Warming
    from detector.roi_features import FeatureCache
    from detector.tuned_model import TunedModel


def fast() -> Precision:
    """Return the precision of whoever has no other wish."""
    return "fast"


def detector_factory(
    model: Path | None, device: str | None, precision: Callable[[], Precision] = fast, *, exports: bool = False
) -> Callable[[], Detector]:
    """Return what opens the base model: that in the file `model`, one on another machine, or the embedded one.

    `precision` is asked in the detector's thread, each time that a model is opened. With `exports` another library may
    look at images in place of torch, where it is installed.
    """
    return partial(_open, Remotes(), device, precision, exports, model)


def torch_tuner(
    model: Path | None, device: str | None, precision: Callable[[], Precision] = fast, *, exports: bool = False
) -> Tuner:
    """Return what opens and makes model versions that begin with the base model, as `detector_factory` has it."""
    caches, remotes = _Caches(), Remotes()
    train = partial(_train, model, device, caches)
    opens = partial(_open, remotes, device, precision, exports)
    return Tuner(opens, partial(_convert, opens), train, partial(_warm, caches), remotes.interrupt)


def _open(
    remotes: Remotes, device: str | None, precision: Callable[[], Precision], exports: bool, model: Path | None
) -> Detector:
    if model is not None and is_lent(model):
        return remotes.open(model)
    from detector.exports import exports_folder  # noqa: PLC0415 - torch
    from detector.predictor import open_predictor  # noqa: PLC0415

    folder = exports_folder() if exports else None
    return open_predictor(model, device=device, precision=precision(), exports=folder)


def _convert(opens: Callable[[Path], Detector], foreign: Path, path: Path) -> Detector:
    """Write a checkpoint of another program to `path` as one of ours, and return what `opens` makes of that.

    Raises DetectorError with a sentence; then there is nothing at `path` that was not there.
    """
    from detector import checkpoints, conversion  # noqa: PLC0415 - torch

    # A published file is known by its name, which names its content; what it is may not be told by its weights.
    published = next((row for row in PUBLISHED.values() if row.file_name == foreign.name), None)
    converted = conversion.convert_file(foreign, None if published is None else published.system)
    model, source = converted.model, f"{converted.report.format}: {foreign.name}"
    licence = model.system.licence if published is None else published.licence
    checkpoints.save(path, model, converted.categories, licence=licence, source=source)
    try:
        opened = opens(path)
    except DetectorError:
        path.unlink(missing_ok=True)
        raise
    if published is not None and foreign.parent == models_folder():
        with suppress(OSError):  # a download that nothing reads again only takes room
            foreign.unlink()
    return opened


class _Caches:
    """The feature cache of each project's folder, which knows its size and what a training still needs.

    `reader` has the large image that is being warmed, as long as more of its tiles are to come. `spare_bytes` are those
    of what was warmed without having been corrected, by folder and backbone: beyond the limit each would push another
    one out.
    """

    def __init__(self) -> None:
        self._by_folder: dict[FeatureFolder, FeatureCache] = {}
        self.reader = Reader()
        self.spare_bytes: Counter[tuple[Path, str]] = Counter()

    def of(self, folder: FeatureFolder) -> FeatureCache:
        from detector.roi_features import FeatureCache  # noqa: PLC0415 - torch

        if folder not in self._by_folder:
            self._by_folder[folder] = FeatureCache(folder.path, folder.limit_bytes)
        return self._by_folder[folder]


def _train(model: Path | None, device: str | None, caches: _Caches, request: TrainRequest) -> Steps:
    """Yield each step of a fine-tune, and each version that it leads to once its file is whole on disk.

    Raises DetectorError with a sentence, also where a file cannot be written; StoreError where the corrections cannot
    be read.
    """
    require_local(request.base or model)
    from detector import checkpoints, devices, fine_tuning  # noqa: PLC0415 - torch

    stored = request.corrections()
    base = checkpoints.load(request.base or model or checkpoints.EMBEDDED_WEIGHTS)
    if base.model.system.proposals_only:
        raise DetectorError(
            tr(
                "{} only proposes regions, and there is no head to train. Choose a model that knows categories, "
                "then fine-tune."
            ).format(base.model.system.title)
        )
    steps = fine_tuning.fine_tune(
        base,
        stored.corrections,
        Plan(second_stage=request.second_stage),
        cache=caches.of(request.features),
        wishes=request.wishes,
        device=devices.choose_device(device),
    )
    try:
        with closing(steps):
            for reached in steps:
                yield reached if isinstance(reached, Progress) else _saved(reached, request, stored.category_ids)
    finally:
        devices.free_cached_memory()  # of the features of all images, which are gone by now


def _saved(tuned: TunedModel, request: TrainRequest, category_ids: Sequence[int]) -> VersionTrained:
    from detector import checkpoints  # noqa: PLC0415 - torch

    if not os.path.isdir(request.heads.parent):  # noqa: PTH112 - says no whatever the reason is; it would be made anew
        raise DetectorError(
            tr(
                "The folder {} is gone, so that the trained model cannot be kept. Bring it back and fine-tune again."
            ).format(request.heads.parent)
        )
    path = request.heads / f"{tuned.result.stage.value}-{uuid.uuid4().hex[:8]}.safetensors"
    tuned.save(path)
    # Read again: what cannot be opened is said now, while the old head serves, and not at the next start.
    version = checkpoints.load(path).version
    categories = tuple(zip(category_ids, tuned.categories, strict=True))
    return VersionTrained(request.id, path, version, categories, tuned.result, tuned.example)


def _warm(caches: _Caches, detector: Detector, warming: Warming) -> None:
    """Pool the features of one image with the detector that serves: a training begins with the same backbone."""
    if "torch" not in sys.modules:
        return  # a detector without torch has no features, and is no reason to import it
    import torch  # noqa: PLC0415

    from detector.precision import sixteen_bit_type  # noqa: PLC0415
    from detector.predictor import Predictor  # noqa: PLC0415
    from detector.roi_features import pooled  # noqa: PLC0415

    if not isinstance(detector, Predictor):
        return
    if detector.precision == "exact" and sixteen_bit_type(torch.device(detector.device)) is not None:
        return  # a training, which is never exact, would look for features of 16 bits
    folder = warming.features
    spare = folder.path, detector.backbone_version
    try:
        if not warming.is_spare or caches.spare_bytes[spare] < folder.limit_bytes:
            found = pooled(detector, warming.image, caches.of(folder), caches.reader)
            caches.spare_bytes[spare] += warming.is_spare * sum(view.features.nbytes for view in found.views)
    finally:
        if warming.is_last:
            caches.reader.forget()
