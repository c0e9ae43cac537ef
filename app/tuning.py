"""The training of new model versions of one project: between the session and the detector's thread."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.image_warming import feature_folder
from app.model.model_versions import images_until_worth_it
from app.model.storage import StoreError
from app.numbers import counted
from app.store.corrections import read_corrections
from detector.fine_tune_values import SecondStage
from detector.images import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.model.model_versions import ModelVersion
    from app.model.workspace import Workspace
    from app.serving import Serving
    from app.store.patient_store import PatientStore
    from app.workers.detector_service import DetectorService
    from app.workers.messages import TrainingEnded, TrainingProgressed, TrainRequest, VersionTrained

FEW_BOXES = 5
"""A category with fewer boxes is learnt badly, which is worth saying before."""


@dataclass(frozen=True, slots=True)
class TrainingCounts:
    """What a fine-tune would learn from now.

    `reviewed` images; `boxes` by name of the category, in the project's order, also those without any; `rejections`;
    `left_out`: a sentence for each kind of image that is not used, or not wholly, and why; `few`: the categories with
    boxes, but fewer than `FEW_BOXES`.
    """

    reviewed: int
    boxes: Mapping[str, int]
    rejections: int
    left_out: tuple[str, ...]
    few: tuple[str, ...]


@dataclass(slots=True)
class _Run:
    """The training under way. `parent` names the model that its next result would replace."""

    request: TrainRequest
    parent: str


class Tuning(QObject):
    """Trains on the corrections of a project, from the model in use on, and lets the result serve. GUI thread.

    `progressed(Progress)` and `trained(ModelVersion, Example | None)` follow a start, and exactly one
    `ended(TrainingOutcome, sentence)`. `versions_changed()`: another list, or another active one. `trouble(sentence)`:
    what was asked for could not be done.
    """

    progressed = Signal(object)
    trained = Signal(object, object)
    ended = Signal(object, str)
    versions_changed = Signal()
    trouble = Signal(str)

    def __init__(
        self,
        store: PatientStore,
        workspace: Workspace,
        service: DetectorService,
        serving: Serving,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._workspace = workspace
        self._service = service
        self._serving = serving
        self._run: _Run | None = None
        serving.changed.connect(self.versions_changed)
        serving.trouble.connect(self.trouble)
        training = service.training
        training.progressed.connect(self._take_progress)
        training.trained.connect(self._take_version)
        training.ended.connect(self._take_end)

    @property
    def is_running(self) -> bool:
        """Whether a training is under way."""
        return self._run is not None

    @property
    def versions(self) -> tuple[ModelVersion, ...]:
        """All model versions of the project, oldest first."""
        return self._serving.versions

    @property
    def active(self) -> ModelVersion | None:
        """The model version that serves; None: the base model."""
        return self._serving.active

    def close(self) -> None:
        """Cancel what runs; nothing is heard of this project's training after that."""
        training = self._service.training
        training.cancel()
        training.progressed.disconnect(self._take_progress)
        training.trained.disconnect(self._take_version)
        training.ended.disconnect(self._take_end)

    def counts(self) -> TrainingCounts:
        """Return what a fine-tune would learn from now. Cheap. Raises StoreError."""
        found = self._store.correction_counts(MAX_PIXELS)
        undecided = len(self._workspace.images) - found.reviewed - found.partly - found.too_large
        told = (
            (
                undecided,
                self.tr("1 image is not reviewed and has no decided box: it is left out."),
                self.tr("{} images are not reviewed and have no decided box: they are left out."),
            ),
            (
                found.partly,
                self.tr("1 image is not reviewed: only the boxes decided on count."),
                self.tr("{} images are not reviewed: only the boxes decided on count."),
            ),
            (
                found.missing,
                self.tr("1 image is not in the folder any more: it is left out."),
                self.tr("{} images are not in the folder any more: they are left out."),
            ),
            (
                found.too_large,
                self.tr("1 image is too large to learn from: it is left out."),
                self.tr("{} images are too large to learn from: they are left out."),
            ),
        )
        return TrainingCounts(
            reviewed=found.reviewed,
            boxes=found.boxes,
            rejections=found.rejections,
            left_out=tuple(counted(count, one, many) for count, one, many in told if count),
            few=tuple(name for name, count in found.boxes.items() if 0 < count < FEW_BOXES),
        )

    def is_worth_it(self) -> str:
        """Return a sentence that suggests a fine-tune where it would help, otherwise an empty one."""
        if self.is_running:
            return ""
        with suppress(StoreError):
            found = self._store.correction_counts(MAX_PIXELS)
            counts = [one.result.counts for one in self.versions]
            known = max((one.images + one.held_out + one.beyond for one in counts), default=0)
            new = found.reviewed + found.partly - found.missing - known
            if new >= images_until_worth_it(known) and any(found.boxes.values()) and found.reviewed:
                since = self.tr(" since the last fine-tune") if known else ""
                images = counted(new, self.tr("1 image was"), self.tr("{} images were"))
                return self.tr("{} corrected{}: a fine-tune would probably help.").format(images, since)
        return ""

    def start(self, second_stage: SecondStage = SecondStage.AUTO) -> bool:
        """Train on all corrections, from the active version on; false if one runs, or if `trouble` said why not.

        The corrections are read in the detector thread, when the training begins.
        """
        if self._run is not None:
            return False
        active, status = self.active, self._service.status
        if self._store.refusal:
            self.trouble.emit(self._store.refusal)
            return False
        try:
            self._store.require_saved()
            base = self._serving.base if active is None else self._store.versions.path(active)
        except StoreError as error:
            self.trouble.emit(str(error))
            return False
        parent = status.model_version if active is None else active.version
        location = self._store.location
        names = status.categories if status.model_version == parent else ()
        tile = self._service.tiling.tile
        corrections = partial(read_corrections, location, active, parent, names, most_pixels=MAX_PIXELS, tile=tile)
        features = feature_folder(location)
        request = self._service.training.train(base, corrections, location.heads, features, second_stage)
        if request is None:
            self.trouble.emit(self.tr("The detector is not running yet: try again in a moment."))
            return False
        self._run = _Run(request, parent)
        return True

    def cancel(self) -> None:
        """End the training without another version; `ended` follows within a step."""
        if self._run is not None:
            self._run.request.wishes.cancel.set()

    def finish(self) -> None:
        """End the training with the best that it has reached."""
        if self._run is not None:
            self._run.request.wishes.finish.set()

    def skip(self) -> None:
        """End the present stage and go on to the next."""
        if self._run is not None:
            self._run.request.wishes.skip.set()

    def use(self, version: ModelVersion | None) -> None:
        """Let a model version serve, also one that is worse; None: the base model."""
        self._serving.use(version)

    def roll_back(self) -> None:
        """Go back to what the active version was trained from; without an active version, `trouble` says so."""
        self._serving.roll_back()

    def delete(self, version: ModelVersion) -> None:
        """Delete a model version and its file; the active one is refused with a sentence."""
        if self._serving.delete(version) and self._run is not None and self._run.parent == version.version:
            self._run.parent = version.parent  # as with the versions that were made from it already

    def export(self, version: ModelVersion, path: Path) -> None:
        """Copy the file of a version to where `detect --model` can take it."""
        try:
            self._store.versions.export(version.id, path)
        except StoreError as error:
            self.trouble.emit(str(error))

    @Slot(object)
    def _take_progress(self, progressed: TrainingProgressed) -> None:
        if self._run_of(progressed.request_id) is not None:
            self.progressed.emit(progressed.progress)

    @Slot(object)
    def _take_version(self, trained: VersionTrained) -> None:
        """Register a version whose file is saved, then let it serve if it is better."""
        run = self._run_of(trained.request_id)
        if run is None:
            return
        # A training that was ordered before the base model was loaded learns its name from whoever serves by now.
        run.parent = run.parent or self._service.status.model_version
        version = self._serving.add(trained, run.parent)
        if version is None:
            return
        if version.is_better:
            run.parent = version.version
            self.use(version)
        else:
            self.versions_changed.emit()
        self.trained.emit(version, trained.example)

    @Slot(object)
    def _take_end(self, ended: TrainingEnded) -> None:
        if self._run_of(ended.request_id) is not None:
            self._run = None
            self.ended.emit(ended.outcome, ended.sentence)

    def _run_of(self, request_id: int) -> _Run | None:
        """Return the run under way if it is this one: one of a project that was open before may be ending still."""
        return self._run if self._run is not None and self._run.request.id == request_id else None
