"""Which model looks at the images of one project: one of its model versions, or a base model that a person chose."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal, Slot

from app.model.storage import StoreError
from app.workers.messages import DetectorState, DetectorStatus
from detector import checkpoint_header
from detector.published import models_folder
from detector.remote_places import REMOTE_SUFFIX, is_lent
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.model.model_versions import ModelVersion
    from app.store.project_store import ProjectStore
    from app.workers.detector_service import DetectorService
    from app.workers.messages import VersionTrained

_BASE = "base_model"


class Choice(NamedTuple):
    """What serves: `version`, or without one the base model in the file `base`, None: the embedded one."""

    version: ModelVersion | None
    base: Path | None


class Serving(QObject):
    """Chooses among the models, keeps the choice in the project, and goes back where one cannot be opened. GUI thread.

    `changed()`: another list of versions, or another model in use. `refused(sentence)`: a model could not be opened,
    and the one before it serves. `trouble(sentence)`: something about a version could not be done.
    """

    changed = Signal()
    refused = Signal(str)
    trouble = Signal(str)

    def __init__(self, store: ProjectStore, service: DetectorService, parent: QObject | None = None) -> None:
        """Read the versions of an open project; `open` lets the chosen model serve. Raises StoreError."""
        super().__init__(parent)
        self._store = store
        self._service = service
        self._versions = store.versions.all()
        self._active = store.versions.active()
        self._base: Path | None = None
        self._base_version = ""
        self._before: Choice | None = None
        self._foreign: Path | None = None
        self._wants_pruning = False
        self._known: frozenset[Path] = frozenset()
        service.refused.connect(self._take_refusal)
        # Queued: whoever else listens hears of the failure before another model is loaded.
        service.status_changed.connect(self._take_status, Qt.ConnectionType.QueuedConnection)

    @property
    def versions(self) -> tuple[ModelVersion, ...]:
        """All model versions of the project, oldest first."""
        return self._versions

    @property
    def active(self) -> ModelVersion | None:
        """The model version that serves; None: the base model."""
        return self._active

    @property
    def base(self) -> Path | None:
        """The file of the base model; None: the embedded one."""
        return self._base

    @property
    def file(self) -> Path:
        """The file of the model in use."""
        active = None if self._active is None else self.path_of(self._active)
        return active or self._base or checkpoint_header.EMBEDDED_WEIGHTS

    @property
    def title(self) -> str:
        """What people call the model in use; empty for the embedded one, whose name the detector knows."""
        return self._active.title if self._active is not None else "" if self._base is None else self._base.stem

    @property
    def is_chosen(self) -> bool:
        """Whether a person has chosen the base model since the project was opened: what it finds is new to them."""
        return self._wants_pruning and self._active is None

    @property
    def falls_back(self) -> bool:
        """Whether another model serves where this one cannot be opened."""
        return self._before is not None or self._active is not None or self._base is not None

    def open(self, base: Path | None = None, *, recalls: bool = True, known: Iterable[Path] = ()) -> None:
        """Let the model serve that served last time; where its file is gone another does, and `trouble` says so.

        `base` is the base model of a project that has chosen none yet, and with `recalls` false of any. A project may
        come from somebody else, so it names models only among those that this person has: in the folder of the models,
        beside the images, or one of `known`.
        """
        self._known = frozenset(known)
        last = self._store.recall(_BASE) if recalls else None
        self._base = base if last is None else Path(last) if last else None
        if last and not self._is_known(last):
            self._base = None
            sentence = self.tr(
                "This project was last used with the model {}, which was never opened here: the embedded model is used "
                "instead. If you trust that file, choose it in the list of models."
            )
            self.trouble.emit(sentence.format(last))
        if recalls and last is None and base is not None:
            self._remember()
        is_other = self._service.base != self._base
        self._service.base = self._base
        try:
            path = None if self._active is None else self._store.versions.path(self._active)
        except StoreError as error:
            self.trouble.emit(self.tr("{} The base model is used instead.").format(error))
            self.use(None)
            return
        if path is not None or is_other:
            self._service.use_version(path)
        self.changed.emit()

    def close(self) -> None:
        """Let the base model serve, and hear nothing more."""
        self._service.refused.disconnect(self._take_refusal)
        self._service.status_changed.disconnect(self._take_status)
        QCoreApplication.removePostedEvents(self, QEvent.Type.MetaCall)  # or it is news for the next project
        if self._wants_pruning:
            with suppress(StoreError):  # old predictions only take room
                self._store.prune_predictions({self._base_version} if self._active is None else ())
        if self._active is not None:
            self._active = None
            self._service.use_version(None)

    def use(self, version: ModelVersion | None) -> None:
        """Let a model version serve, also one that is worse; None: the base model."""
        if version != self._active:
            self._choose(Choice(version, self._base))

    def use_base(self, path: Path | None, *, is_new: bool = False) -> None:
        """Let the model in a file be the base model, and serve; None: the embedded one. `is_new` opens it anew."""
        path = None if path == checkpoint_header.EMBEDDED_WEIGHTS else path
        if is_new or Choice(None, path) != Choice(self._active, self._base):
            self._choose(Choice(None, path))

    def use_foreign(self, foreign: Path, path: Path) -> None:
        """Let a file of another program be the base model, and serve, written to `path` as one of ours."""
        self._choose(Choice(None, path), foreign)

    def roll_back(self) -> None:
        """Go back to what the active version was trained from; without an active version, `trouble` says so."""
        active = self._active
        if active is None:
            self.trouble.emit(self.tr("The base model is in use: there is nothing to go back to."))
            return
        parent = next((one for one in self._versions if one.version == active.parent), None)
        self._choose(Choice(parent, self._base if parent is not None else self._base_called(active.parent)))

    def add(self, trained: VersionTrained, parent: str) -> ModelVersion | None:
        """Register a version whose file is saved; None where it could not be kept, and `trouble` says why."""
        try:
            version = self._store.versions.add(
                trained.path, trained.version, parent, trained.categories, trained.result
            )
        except StoreError as error:
            self.trouble.emit(str(error))
            return None
        self._versions = (*self._versions, version)
        return version

    def delete(self, version: ModelVersion) -> bool:
        """Delete a model version and its file; the active one is refused with a sentence, and false."""
        try:
            self._store.versions.delete(version.id)
            self._versions = self._store.versions.all()
        except StoreError as error:
            self.trouble.emit(str(error))
            return False
        self.changed.emit()
        return True

    def path_of(self, version: ModelVersion) -> Path | None:
        """Return the file of a version; None where it is gone."""
        return self._store.versions.path(version) if self._store.versions.has_file(version) else None

    def _base_called(self, version: str) -> Path | None:
        """Return the base model of this name, where it is known and still there; else the present one."""
        with suppress(StoreError):
            file = self._store.mappings.file_of(version)
            if file == "" or (file is not None and self._is_known(file) and Path(file).is_file()):
                return Path(file) if file else None
        return self._base

    def _is_known(self, file: str) -> bool:
        """Return whether a model that the project names is one of this person's, without looking at the file."""
        path = Path(os.path.normpath(file))
        folders = (models_folder(), self._store.location.image_folder)
        return path in self._known or any(folder in path.parents for folder in folders)

    def _choose(self, choice: Choice, foreign: Path | None = None) -> None:
        """Let a model serve from now on; where it is known to be none already, nothing changes."""
        try:
            path = self._path(choice)
            if choice.version is None and path is not None and foreign is None and not is_lent(path):
                checkpoint_header.describe(path)  # most of what is wrong shows here, before any detection is cancelled
            before = self._before_choosing(choice)
            self._keep(choice)
        except StoreError as error:
            self.trouble.emit(str(error))
            return
        except DetectorError as error:
            self._foreign = None
            self._refuse(choice, str(error))
            return
        self._before, self._foreign, self._wants_pruning = before, foreign, True
        if foreign is not None:
            self._service.use_converted(foreign, choice.base or foreign)
        else:
            self._service.use_version(path, keeps_old=True)
        self.changed.emit()

    def _before_choosing(self, choice: Choice) -> Choice:
        """Return where to go back to if `choice` fails: what serves, not what is being loaded and never served."""
        is_loading = not self._service.status.is_serving
        if is_loading and self._before not in (None, choice):
            return self._before
        return Choice(self._active, self._base)

    def _keep(self, choice: Choice) -> None:
        """Take a choice over, here and in the project. Raises StoreError; all is as it was then."""
        if choice.version != self._active:
            self._store.versions.set_active(None if choice.version is None else choice.version.id)
        self._active, self._base = choice
        self._known |= set() if choice.base is None else {choice.base}
        self._service.base = choice.base
        self._remember()

    def _remember(self) -> None:
        with suppress(StoreError):  # it serves now; another start may begin with another model
            self._store.remember(_BASE, "" if self._base is None else str(self._base))

    def _path(self, choice: Choice) -> Path | None:
        """Return the file to open, None for the embedded one. Raises StoreError where that of a version is gone."""
        return choice.base if choice.version is None else self._store.versions.path(choice.version)

    def _refuse(self, choice: Choice, reason: str) -> None:
        sentence = self.tr("{} cannot be used, and the model before it stays in use. {}")
        sentence = sentence.format(self._title_of(choice), reason)
        self.refused.emit(sentence)
        if choice.version is not None:
            self.trouble.emit(sentence)

    @Slot(str)
    def _take_refusal(self, reason: str) -> None:
        """Go on with what served before and serves still."""
        before, self._before = self._before, None
        if before is not None:
            self._go_back(before, reason)

    @Slot(object)
    def _take_status(self, _status: DetectorStatus) -> None:
        """Learn what serves; where it could not be opened, let that before it serve, or the base, or the embedded."""
        status = self._service.status
        if status.is_serving:
            self._before = None
            if self._active is None and status.model_version != self._base_version:
                self._base_version = status.model_version
                with suppress(StoreError):  # only a way back to it is lost
                    self._store.mappings.put_file(status.model_version, "" if self._base is None else str(self._base))
        elif status.state is DetectorState.FAILED and self.falls_back:
            before, self._before = self._before, None
            self._go_back(before or Choice(None, None if self._active is None else self._base), status.message)
            self._service.use_version(None if self._active is None else self.path_of(self._active))

    def _go_back(self, before: Choice, reason: str) -> None:
        failed = Choice(self._active, self._base)
        try:
            self._keep(before)
        except StoreError as error:
            self.trouble.emit(str(error))
            return
        self._refuse(failed, reason)
        self.changed.emit()

    def _title_of(self, choice: Choice) -> str:
        """Return what people call a choice: one that was to be converted by the name of the file that they chose."""
        if choice.version is not None:
            return choice.version.title
        file = self._foreign or choice.base
        return self.tr("The embedded model") if file is None else file.name.removesuffix(REMOTE_SUFFIX)
