"""Has the detector look again at the box that was just drawn, and keeps its offer as long as it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.model import box_gestures
from app.model.offers import Offer, offer_for
from app.model.words import tr

if TYPE_CHECKING:
    from app.model.annotations import Annotation
    from app.model.commands import Command
    from app.model.view import Change
    from app.model.workspace import Workspace
    from app.session import Session
    from app.workers.refining import RefineReady


class Refining(QObject):
    """For the project of `session`, in the GUI thread. `changed()`: there is an offer, another one, or none any more.

    An offer is for one annotation as it was drawn: it is gone as soon as that is changed, or not selected any more.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._workspace: Workspace = session.workspace
        self._service = session.service
        self._offer: Offer | None = None
        self._asked: Annotation | None = None
        self._service.refining.refined.connect(self._take)
        self._unsubscribe = self._workspace.subscribe(self._follow)

    @property
    def offer(self) -> Offer | None:
        """What the detector offers for the selected annotation."""
        return self._offer

    def prepare(self) -> None:
        """Make ready for a box that is about to be drawn: what is kept of the image may be gone, or never was."""
        image = self._workspace.current_image
        if image is not None and self._service.status.is_serving:
            self._service.refining.ask(self._session.path(image))

    def look_at(self, annotation: Annotation) -> None:
        """Ask the detector about a box of the current image."""
        image = self._workspace.current_image
        if image is not None and image.id == annotation.image_id and self._service.status.is_serving:
            self._asked = annotation
            self._service.refining.ask(self._session.path(image), (annotation.box,))

    def take(self, workspace: Workspace) -> Command | None:
        """Give the annotation the closer fit that is offered. Raises StoreError."""
        box = None if self._offer is None else self._offer.box
        return None if box is None else box_gestures.set_box(workspace, box, text=tr("fit box"))

    def dismiss(self) -> bool:
        """Take the offer away; return whether there was one."""
        self._asked = None
        had_one = self._offer is not None
        self._set(None)
        return had_one

    def close(self) -> None:
        """Hear no more."""
        self._unsubscribe()
        self._service.refining.forget()
        self._service.refining.refined.disconnect(self._take)

    def _set(self, offer: Offer | None) -> None:
        if offer != self._offer:
            self._offer = offer
            self.changed.emit()

    def _follow(self, change: Change) -> None:
        is_seen = self._workspace.view.show_annotations and self._workspace.selected == self._asked
        if change.current_image or (self._asked is not None and not is_seen):
            self._service.refining.forget()
            self.dismiss()

    @Slot(object)
    def _take(self, ready: RefineReady) -> None:
        annotation = self._asked
        is_current = ready.refinement.model_version == self._service.status.model_version
        if annotation is None or not is_current or ready.request.boxes != (annotation.box,):
            return
        names = {category.id: category.name for category in self._workspace.categories}
        shown = self._session.naming.shown(ready.refinement.categories)
        name = names.get(annotation.category_id, "")
        self._set(offer_for(annotation, name, ready.refinement, shown, names.values()))
