"""Measuring the model in use on the reviewed images of one project: between the window and the detector's thread.

What people decided is read in a thread of its own, which of the images the detector has not looked at too; it looks at
those as at a folder, an image per turn, so that the image on screen never waits; then the thread computes the figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.category_mapping import is_agnostic
from app.model.storage import StoreError
from app.review_watch import ReviewWatch
from app.workers.boundary import Failure
from app.workers.evaluation_values import (
    EvaluationProgress,
    EvaluationRequest,
    EvaluationStage,
    Measured,
    ReviewedImages,
)
from app.workers.evaluation_work import measure, read_reviewed
from app.workers.messages import DetectorState
from app.workers.work_thread import WorkThread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.model.category_mapping import CategoryMapping
    from app.model.model_versions import ModelVersion
    from app.model.view import Change
    from app.session import Session
    from app.workers.messages import DetectionFailed, DetectorStatus, FolderProgress


@dataclass(slots=True)
class _Run:
    """One evaluation, under way or done. `unreadable` says of an image why the detector could not look at it."""

    request: EvaluationRequest
    model: str
    mapping: CategoryMapping
    stage: EvaluationStage = EvaluationStage.READING
    reviewed: ReviewedImages | None = None
    unreadable: dict[int, str] = field(default_factory=dict)
    is_outdated: bool = False


class Evaluating(QObject):
    """Evaluates for one session, in the GUI thread, one run at a time.

    `progressed(EvaluationProgress)` follows a start, and exactly one of `measured(Measured)`, `failed(sentence)` and
    `cancelled()`. `staleness_changed()`: `staleness` may say something else now.
    """

    progressed = Signal(object)
    measured = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    staleness_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._workspace = session.workspace
        self._service = session.service
        self._run: _Run | None = None
        self._done: _Run | None = None
        self._folder_runs = self._resumes_folder = False
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take_work)
        self._service.progressed.connect(self._take_folder)
        self._service.failed.connect(self._take_failure)
        self._service.status_changed.connect(self._take_status)
        self._service.tiling.changed.connect(self.staleness_changed)
        self._watch = ReviewWatch(session.store, session.workspace, self._take_change)
        self._unsubscribe = self._workspace.subscribe(self._follow)

    @property
    def is_running(self) -> bool:
        """Whether an evaluation is under way."""
        return self._run is not None

    @property
    def unreadable(self) -> Mapping[int, str]:
        """Why the detector could not look at an image that was to be measured last, by the image's id."""
        return {} if self._done is None else self._done.unreadable

    @property
    def model(self) -> str:
        """What people call the model that was measured last; empty before."""
        return "" if self._done is None else self._done.model

    def staleness(self) -> str:
        """Return why what was measured last is not so any more; empty while it is, and if nothing was measured."""
        done, status = self._done, self._service.status
        if done is None:
            return ""
        request, thresholds = done.request, self._workspace.view.thresholds
        is_other_model = status.is_serving and status.model_version != request.model_version
        reasons = (
            (is_other_model, self.tr("Another model is in use now.")),
            (
                self._session.naming.mapping != done.mapping,
                self.tr("What the model's categories mean here has changed."),
            ),
            (done.is_outdated, self.tr("Reviewed images or categories have changed.")),
            (thresholds.nms_thresh != request.nms_thresh, self.tr("The NMS IoU has changed.")),
            (self._service.tiling.tile != request.tile, self.tr("Large images are looked at in another way now.")),
        )
        return next((sentence for is_so, sentence in reasons if is_so), "")

    def trained_version(self) -> ModelVersion | None:
        """Return the version of this project that was measured last; None where it was not trained here."""
        version = "" if self._done is None else self._done.request.model_version
        return next((one for one in self._session.serving.versions if one.version == version), None)

    def start(self) -> bool:
        """Measure the model in use; false if that is under way already, or if `failed` said why not."""
        if self._run is not None:
            return False
        try:
            request = self._request()
        except StoreError as error:
            self.failed.emit(str(error))
            return False
        model = self._session.serving.title or self._service.status.model
        self._run = _Run(request, model, self._session.naming.mapping)
        self._watch.arm()
        self._thread.start(partial(read_reviewed, request), self.tr("Reading the reviewed images"))
        self.progressed.emit(EvaluationProgress(EvaluationStage.READING))
        return True

    def cancel(self) -> None:
        """End the evaluation without figures; those of the last one stay."""
        run = self._run
        if run is not None:
            self._end()
            if run.stage is EvaluationStage.DETECTING:
                self._service.cancel_folder()
                self._resume_folder()
            self.cancelled.emit()

    def close(self) -> None:
        """Let go of the session, and wait for what is being computed."""
        self._unsubscribe()
        self._watch.close()
        self._end()
        self._resumes_folder = False
        self._service.progressed.disconnect(self._take_folder)
        self._service.failed.disconnect(self._take_failure)
        self._service.status_changed.disconnect(self._take_status)
        self._service.tiling.changed.disconnect(self.staleness_changed)
        self._thread.stop()

    def _request(self) -> EvaluationRequest:
        """Return what is to be measured now. Raises StoreError with a sentence where there is nothing to measure."""
        self._session.store.require_saved()
        workspace, refusal = self._workspace, self._refusal()
        if refusal:
            raise StoreError(refusal)
        images = {one.path: one.id for one in workspace.images if one.reviewed and not one.missing}
        if not images:
            raise StoreError(
                self.tr("No image is reviewed yet. Mark one as reviewed: then there is something to measure on.")
            )
        status = self._service.status
        shown = self._session.naming.shown(status.categories)
        return EvaluationRequest(
            self._session.store.location,
            status.model_version,
            images,
            shown,
            workspace.view.thresholds.nms_thresh,
            is_agnostic([name for name in shown if name is not None], workspace.categories),
            self._service.tiling.tile,
        )

    def _refusal(self) -> str:
        """Return why the detector cannot be measured now; empty if it can."""
        status = self._service.status
        if status.state is DetectorState.FAILED:
            return self.tr("There is no detector to measure: {}").format(status.message)
        if not status.is_serving:
            return self.tr("The detector is not loaded yet: try again in a moment.")
        return ""

    @Slot(object)
    def _take_work(self, result: ReviewedImages | Measured | Failure | None) -> None:
        """Go on with what the thread has read, or hand out what it has computed."""
        if isinstance(result, Failure):
            self._fail(result.sentence)
        elif isinstance(result, ReviewedImages):
            self._detect(result)
        elif isinstance(result, Measured):
            self._take_figures(result)

    def _detect(self, reviewed: ReviewedImages) -> None:
        """Let the detector look at the images that it has not seen."""
        run = self._run
        assert run is not None
        run.reviewed = reviewed
        if not reviewed.boxes:
            self._fail(self.tr("The reviewed images have no boxes: there is nothing to find on them."))
        elif not reviewed.lacking:
            self._compute()
        elif not self._is_as_asked(run.request) or self._refusal():
            self._fail(self._interruption())
        else:
            paths = {image_id: image.path for image, image_id in zip(reviewed.images, reviewed.image_ids, strict=True)}
            self._resumes_folder = self._folder_runs
            self._service.cancel_folder()
            run.stage = EvaluationStage.DETECTING
            self._service.detect_folder(reviewed.lacking, paths.__getitem__)

    def _is_as_asked(self, request: EvaluationRequest) -> bool:
        service = self._service
        return (service.status.model_version, service.tiling.tile) == (request.model_version, request.tile)

    @Slot(object)
    def _take_folder(self, progress: FolderProgress) -> None:
        self._folder_runs = not progress.finished
        run = self._run
        if run is None or run.stage is not EvaluationStage.DETECTING:
            return
        if progress.cancelled:
            self._resumes_folder = False
            self._fail(self._interruption())
        elif progress.finished:
            self._compute()
            QTimer.singleShot(0, self._resume_folder)  # others have to hear first that this run has ended
        else:
            speed = progress.images_per_second
            left = (progress.total - progress.done) / speed if speed > 0 and progress.done else None
            self.progressed.emit(EvaluationProgress(run.stage, progress.done, progress.total, left))

    @Slot(object)
    def _take_failure(self, failure: DetectionFailed) -> None:
        if self._run is not None:
            self._run.unreadable[failure.image_id] = failure.sentence

    def _compute(self) -> None:
        run = self._run
        assert run is not None
        assert run.reviewed is not None
        run.stage = EvaluationStage.COMPUTING
        score_thresh = self._workspace.view.thresholds.score_thresh
        self._thread.start(partial(measure, run.request, run.reviewed, score_thresh), self.tr("Measuring the detector"))
        self.progressed.emit(EvaluationProgress(run.stage))

    def _take_figures(self, result: Measured) -> None:
        run = self._run
        assert run is not None
        if not result.image_ids:
            reason = next(iter(run.unreadable.values()), self.tr("what it said could not be kept."))
            self._fail(self.tr("The detector could look at none of the reviewed images: {}").format(reason))
            return
        self._end()
        self._done = run
        self.measured.emit(result)

    def _fail(self, sentence: str) -> None:
        self._end()
        self.failed.emit(sentence)

    def _end(self) -> None:
        if self._run is not None:
            self._run.request.cancel.set()
            self._run = None
        self._thread.forget()

    @Slot()
    def _resume_folder(self) -> None:
        """Let the detector go on with the folder that it was going through before, or wait where it was paused."""
        if self._resumes_folder:
            self._resumes_folder = False
            self._session.detect_all(resumes=True)

    def _interruption(self) -> str:
        if self._service.status.state is DetectorState.FAILED:
            return self._refusal()
        return self.tr("Not measured: the detector was given something else to do. Measure again when it is done.")

    @Slot(object)
    def _take_status(self, _status: DetectorStatus) -> None:
        self.staleness_changed.emit()

    def _follow(self, change: Change) -> None:
        if change.thresholds or change.suggestions:
            self.staleness_changed.emit()

    def _take_change(self) -> None:
        for run in (self._run, self._done):
            if run is not None:
                run.is_outdated = True
        self.staleness_changed.emit()
