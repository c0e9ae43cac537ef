"""One open project: its store, workspace and loader, wired to the detector. Knows no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.backing_up import BackingUp
from app.disk_changes import DiskChanges
from app.image_warming import ImageWarming
from app.model import navigation
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.naming import Naming
from app.neighbours import Ahead, Neighbours
from app.recent_predictions import RecentPredictions
from app.saving import Saving
from app.serving import Serving
from app.store.versions import IN_USE
from app.survey import Survey
from app.tuning import Tuning
from app.unseen_images import UnseenImages
from app.workers.image_loader import ImageLoader
from app.workers.large_image import ShownImage, size_of
from app.workers.messages import DetectionFailed, DetectionReady, DetectorState, DetectorStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from app.model.annotations import ImageRecord
    from app.model.category_mapping import CategoryMapping
    from app.model.shown_images import ShownImages
    from app.model.view import Change
    from app.store.patient_store import PatientStore
    from app.workers.detector_service import DetectorService
    from detector.types import Prediction


class Session(QObject):
    """A project from opening to closing. Lives in the GUI thread.

    `image_shown(image)` or `image_failed(sentence)` follows each change of the current image; a large image can
    still fail then. `trouble(sentence)` says what could not be stored, `warned(sentence)` what should be read before
    going on, `noticed(sentence)` what is only worth a line, `model_changed()` that a person chose or trained another.
    """

    image_shown = Signal(object)
    image_failed = Signal(str)
    trouble = Signal(str)
    noticed = Signal(str)
    warned = Signal(str)
    model_changed = Signal()

    def __init__(self, store: PatientStore, service: DetectorService, parent: QObject | None = None) -> None:
        """Take over an open store, which `close` closes. Raises StoreError where the project cannot be read."""
        super().__init__(parent or service)  # Python may look for garbage in a thread where no watch may end
        self.store = store
        self.service = service
        self.workspace = Workspace(store)
        self.saving = Saving(store, self.workspace, self)
        self.backing_up = BackingUp(store.location, self)
        self.loader = ImageLoader(store.location.cache / "thumbnails", parent=self)
        # Before the network is loaded, the version that looked last time speaks for it.
        self._predictions = RecentPredictions(store, store.recall(IN_USE) or "")
        self.shown: Callable[[], ShownImages | None] = lambda: None  # until there is a list to go through
        self._predictions.tile = service.tiling.tile
        self._generation = service.status.generation
        self.naming = Naming(store, self.workspace, self._predictions.model_version)
        self.serving = Serving(store, service, self)
        self.tuning = Tuning(store, self.workspace, service, self.serving, self)
        self._warming = ImageWarming(store, self.workspace, service)
        self._unseen = UnseenImages(store, self.workspace, self._predictions, service, self)
        self.survey = Survey(store, self.workspace, self.naming, service, self)
        self._neighbours = Neighbours(self.workspace, self.survey, lambda: self.shown())  # noqa: PLW0108 - set later
        self.ahead = Ahead(
            self.workspace, self._neighbours, self._predictions, self.loader, service, path=store.image_path
        )
        self.disk = DiskChanges(store, self.workspace, self._predictions, self.loader, self, near=self._neighbours.of)
        self.disk.changed.connect(self._show_anew)
        for told in ("warned", "noticed", "trouble"):
            getattr(self.disk, told).connect(getattr(self, told))
        for said in (self.survey.noticed, self.backing_up.noticed, self.loader.image_coarse):
            said.connect(self.noticed)
        self.survey.changed.connect(self.ahead.follow)
        self.loader.image_ready.connect(self._take_image)
        self.loader.image_failed.connect(self._take_image_failure)
        service.status_changed.connect(self._take_status)
        service.detected.connect(self._take_detection)
        service.failed.connect(self._take_detection_failure)
        service.tiling.changed.connect(self._take_tiling)
        self._unsubscribe = self.workspace.subscribe(self._follow)

    @property
    def folder(self) -> Path:
        """The image folder."""
        return self.store.location.image_folder

    @property
    def is_new(self) -> bool:
        """Whether nobody has decided anything in this project yet."""
        return self.workspace.history.length == 0 and not self.workspace.categories

    def start(self, base: Path | None = None, *, recalls: bool = True, known: Iterable[Path] = ()) -> None:
        """Show the image that was current last time; call it when whoever listens is connected.

        `base`, `recalls` and `known` are those of `Serving.open`.
        """
        self.serving.open(base, recalls=recalls, known=known)
        self._take_status(self.service.status)
        if not self.store.refusal:
            self.backing_up.begin()
        self.survey.renew()
        self._show_current()

    def close(self) -> None:
        """Let go of everything, the store last; what is under way for this project is dropped. The last call."""
        self._unsubscribe()
        self.ahead.stop()
        self._warming.close()
        self.disk.close()
        self.survey.close()
        self._unseen.close()
        self.service.cancel_folder()
        self.service.drop([record.id for record in self.workspace.images])
        for signal, slot in (
            (self.service.status_changed, self._take_status),
            (self.service.detected, self._take_detection),
            (self.service.failed, self._take_detection_failure),
            (self.service.tiling.changed, self._take_tiling),
        ):
            signal.disconnect(slot)
        self.tuning.close()
        self.serving.close()
        self.loader.stop()
        self.backing_up.close()
        try:
            self.workspace.remember()
        except StoreError as error:
            self.trouble.emit(str(error))
        self.saving.close()
        self.store.close()
        self.deleteLater()

    def path(self, record: ImageRecord) -> Path:
        """Return the file of an image."""
        return self.store.image_path(record)

    def map_categories(self, mapping: CategoryMapping) -> None:
        """Keep what the categories of the model in use mean, and show its suggestions so, at once."""
        try:
            self.naming.put(mapping)
        except StoreError as error:
            self.trouble.emit(str(error))
        else:
            navigation.deselect_suggestion(self.workspace)
            self._suggest_anew()

    def detect_again(self) -> None:
        """Let the detector look at the current image anew."""
        record = self.workspace.current_image
        if record is not None:
            if self.disk.check():
                self._show_image(record)
            self.service.detect(record.id, self.path(record))

    def detect_all(self, *, resumes: bool = False) -> int:
        """Let the detector look at every image it has not seen, from the current one on; return how many there are.

        `resumes`: something else came in between; what a person had paused then waits on.
        """
        return self._unseen.detect_onwards(resumes=resumes)

    def stop_detecting(self) -> None:
        """Look at no more images that are not on screen, as a person wishes."""
        self._unseen.stop()

    def _follow(self, change: Change) -> None:
        if change.categories:
            self._read_names()
        if change.current_image:
            self._show_current()
        if change.order:
            self.ahead.follow()

    def _show_current(self) -> None:
        self.disk.enter()
        record = self.workspace.current_image
        if record is not None:
            self._show_image(record)
            self._show_prediction(record)

    @Slot()
    def _show_anew(self) -> None:
        """Show the current image as its file is now."""
        record = self.workspace.current_image
        if record is not None:
            self.workspace.set_prediction(record.id, None)  # it was about another picture
            self._show_image(record)
            self._show_prediction(record)

    def _show_image(self, record: ImageRecord) -> None:
        self.loader.show(record.id, self.path(record))
        self.ahead.begin()

    def _show_prediction(self, record: ImageRecord) -> None:
        """Show what the detector said about the current image, or let it look; it looks at the neighbours next."""
        prediction = self._predictions.of(record)
        if prediction is not None:
            self._suggest(record.id, prediction)
        elif not record.missing:
            self.service.show(record.id, self.path(record), self.ahead.lacking(record))
        self.ahead.begin()

    def _suggest(self, image_id: int, prediction: Prediction) -> None:
        """Show a prediction with the names that its categories have here: they may be others than in its model."""
        renamed = self.naming.renamed(prediction.categories)
        self.workspace.set_prediction(image_id, self.naming.named(prediction), renamed)

    def _read_names(self) -> None:
        """Ask what the names of the model are called by now; what is on screen follows if that has changed."""
        try:
            if self.naming.read(self._predictions.model_version):
                self._suggest_anew()
        except StoreError as error:
            self.trouble.emit(str(error))

    def _suggest_anew(self) -> None:
        self.survey.renew()
        record = self.workspace.current_image
        prediction = None if record is None else self._predictions.of(record)
        if record is not None and prediction is not None:
            self._suggest(record.id, prediction)

    @Slot(int, object)
    def _take_image(self, image_id: int, image: ShownImage) -> None:
        record = self.workspace.current_image
        if record is None or record.id != image_id:
            return
        self.disk.say_resized(record, size_of(image))
        try:
            self.workspace.set_image_sizes({image_id: size_of(image)})
        except StoreError as error:
            self.trouble.emit(str(error))
        self.image_shown.emit(image)

    @Slot(int, str)
    def _take_image_failure(self, image_id: int, sentence: str) -> None:
        if self._is_current(image_id):
            self.image_failed.emit(sentence)

    @Slot(object)
    def _take_status(self, status: DetectorStatus) -> None:
        """Ask anew when another detector serves, and when it is known what it has said before."""
        is_other_model = status.state is DetectorState.READY and status.model_version != self._predictions.model_version
        is_another = is_other_model or status.generation != self._generation
        self._generation = status.generation
        if is_other_model:
            self._predictions.model_version = status.model_version
            navigation.deselect_suggestion(self.workspace)
            self._read_names()
            self.survey.renew(forget=True)
            try:
                self.store.remember(IN_USE, status.model_version)
            except StoreError as error:
                self.trouble.emit(str(error))
        if is_another and (record := self.workspace.current_image) is not None:
            self._show_prediction(record)
        is_tuned = (tuned := self.serving.active) is not None and tuned.version == status.model_version
        if is_other_model and (is_tuned or self.serving.is_chosen):
            self._unseen.detect_nearest()
            self._warming.warm_all()
            self.model_changed.emit()

    @Slot()
    def _take_tiling(self) -> None:
        self._predictions.tile = self.service.tiling.tile
        self._warming.warm_all()
        if (record := self.workspace.current_image) is not None:
            self._show_prediction(record)

    @Slot(object)
    def _take_detection(self, ready: DetectionReady) -> None:
        self._predictions.keep(ready.image_id, ready.prediction)
        try:
            self.store.put_prediction(ready.image_id, ready.stamp, ready.prediction)
        except StoreError as error:
            self.noticed.emit(str(error))
        if self._is_current(ready.image_id):
            self._suggest(ready.image_id, ready.prediction)

    @Slot(object)
    def _take_detection_failure(self, failed: DetectionFailed) -> None:
        if self._is_current(failed.image_id):
            self.noticed.emit(failed.sentence)

    def _is_current(self, image_id: int) -> bool:
        return self.workspace.current_image is not None and self.workspace.current_image.id == image_id
