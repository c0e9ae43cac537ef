"""What the model in use says about all images of one project, kept up to date in a thread beside the window."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.model.useful_order import UsefulOrder
from app.workers.boundary import Failure
from app.workers.survey_work import SurveyRequest, survey
from app.workers.work_thread import WorkThread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.model.findings import Finding
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.naming import Naming
    from app.store.project_store import ProjectStore
    from app.workers.detector_service import DetectorService
    from app.workers.messages import DetectionReady

IMAGES_AT_ONCE = 64
"""So many are one piece of work, about a tenth of a second: a slider that moves on never waits longer for its turn."""
_SETTLE_MS = 150
_SECONDS_BETWEEN_REPORTS = 0.5


class Survey(QObject):
    """Surveys one project. Lives in the GUI thread; reading and comparing is done in a thread of its own.

    `changed(frozenset of ids)`: there is another finding of these images, or none any more; at most twice a second
    while many are found out about, and once all are. What a person decides, what the detector says, names and
    thresholds are followed; only what depends on them is found out anew, the unreviewed images first.
    """

    changed = Signal(object)
    noticed = Signal(str)

    def __init__(
        self,
        store: ProjectStore,
        workspace: Workspace,
        naming: Naming,
        service: DetectorService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._workspace = workspace
        self._naming = naming
        self._service = service
        self._findings: dict[int, Finding] = {}
        self._unfinished: set[int] = set()
        self._order = UsefulOrder(workspace)
        self._pairs: dict[tuple[str, float], tuple[str, float]] = {}
        self._due: OrderedDict[int, None] = OrderedDict()
        self._all_due = False
        self._names = _names(workspace)
        self._request: SurveyRequest | None = None
        self._unreported: set[int] = set()
        self._reported_at = 0.0
        self._thread = WorkThread(self)
        self._thread.finished.connect(self._take)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._go_on)
        self._unsubscribe = workspace.subscribe(self._follow)
        service.detected.connect(self._take_detection)

    @property
    def findings(self) -> Mapping[int, Finding]:
        """What is known by now, by the image's id; a view that follows what is found out."""
        return MappingProxyType(self._findings)

    @property
    def unfinished_count(self) -> int:
        """The number of reviewed images that look unfinished, as far as that is known."""
        return len(self._unfinished)

    @property
    def is_working(self) -> bool:
        """Whether there is more to find out about the images that the detector has looked at."""
        return self._all_due or bool(self._due) or self._request is not None

    def upcoming(self, count: int) -> list[int]:
        """Return the most useful unreviewed images but the one on screen; none while plain file order is asked for."""
        return self._order.upcoming(count) if self._workspace.view.useful_first else []

    def renew(self, *, forget: bool = False) -> None:
        """Find out about all images anew, soon; `forget` what is known, because it is of another model."""
        self._stop_work()
        if forget and self._findings:
            gone = set(self._findings)
            self._findings.clear()
            self._unfinished.clear()
            self._order.clear()
            self._report(gone)
        # Listing a hundred thousand images takes longer than a frame: a slider that moves does not wait for it.
        self._all_due = True
        self._settle.start()

    def close(self) -> None:
        """Let go of the project, and wait for what is being read."""
        self._unsubscribe()
        self._order.close()
        self._service.detected.disconnect(self._take_detection)
        self._settle.stop()
        self._due.clear()
        self._all_due = False
        self._stop_work()
        self._thread.stop()

    def _follow(self, change: Change) -> None:
        is_reloaded = change.images and not change.image_ids
        before, self._names = self._names, _names(self._workspace) if change.categories else self._names
        if change.thresholds or before != self._names or is_reloaded:
            self.renew()
        else:
            marked = change.image_ids if change.history or change.missing else frozenset[int]()
            self._want(change.decided | marked)

    @Slot(object)
    def _take_detection(self, ready: DetectionReady) -> None:
        self._want((ready.image_id,))

    def _want(self, image_ids: Iterable[int]) -> None:
        """Find out about these images soon and before all others: what comes in a burst is one piece of work."""
        for image_id in image_ids:
            self._due[image_id] = None
            self._due.move_to_end(image_id, last=False)
        if self._due and self._request is None and not self._settle.isActive():
            self._settle.start()

    def _stop_work(self) -> None:
        if self._request is not None:
            self._request.cancel.set()
            self._request = None
        self._thread.forget()

    @Slot()
    def _go_on(self) -> None:
        """Find out about the next images."""
        if self._all_due:
            self._list()
        if not self._due or not self._naming.model_version:
            self._due.clear()
            return
        image_ids = tuple(islice(self._due, IMAGES_AT_ONCE))
        for image_id in image_ids:
            del self._due[image_id]
        naming, thresholds = self._naming, self._workspace.view.thresholds
        location, version = self._store.location, naming.model_version
        self._request = SurveyRequest(location, version, naming.terms, thresholds, image_ids, self._pairs)
        self._thread.start(partial(survey, self._request), self.tr("Looking through the predictions"))

    def _list(self) -> None:
        """Let all images be due that the model has looked at, after those that are due before all."""
        self._all_due = False
        version = self._naming.model_version
        seen = self._store.predicted(version) if version else {}
        images = [record for record in self._workspace.images if record.id in seen or record.id in self._findings]
        self._due.update(dict.fromkeys(record.id for record in sorted(images, key=lambda record: record.reviewed)))

    @Slot(object)
    def _take(self, result: dict[int, Finding | None] | Failure) -> None:
        self._request = None
        if isinstance(result, Failure):
            self._due.clear()
            self.noticed.emit(result.sentence)
            return
        others = {image_id for image_id, finding in result.items() if finding != self._findings.get(image_id)}
        for image_id in others:
            self._put(image_id, result[image_id])
        self._order.put({image_id: result[image_id] for image_id in others})
        self._report(others)
        if self._due:
            self._go_on()

    def _put(self, image_id: int, finding: Finding | None) -> None:
        self._unfinished.discard(image_id)
        if finding is None:
            del self._findings[image_id]
            return
        self._findings[image_id] = finding
        if finding.unfinished:
            self._unfinished.add(image_id)

    def _report(self, image_ids: set[int]) -> None:
        """Tell of findings, if it is time to, or if those are all."""
        self._unreported |= image_ids
        now = time.monotonic()
        if self._unreported and (not self._due or now - self._reported_at >= _SECONDS_BETWEEN_REPORTS):
            told, self._unreported, self._reported_at = frozenset(self._unreported), set(), now
            self.changed.emit(told)


def _names(workspace: Workspace) -> list[tuple[int, str, float | None]]:
    """Return what a finding depends on of the categories."""
    return [(one.id, one.name, one.score_thresh) for one in workspace.categories]
