"""From an image folder to the session of its project."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer

from app.model.garbage import uncollected
from app.model.storage import DamagedError, StoreError
from app.session import Session
from app.store.patient_store import PatientStore
from app.store.reading_store import ReadingStore
from detector.image_files import list_image_paths
from detector.types import DetectorError, Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.store.listing import Listing
    from app.workers.detector_service import DetectorService


PATIENCE_MS = 1_500


@uncollected()
def open_session(
    folder: Path, service: DetectorService, thresholds: Thresholds | None = None
) -> tuple[Session, Listing]:
    """Open the project of an image folder and list its images; a new project starts with `thresholds`.

    A damaged project is open for reading only. Raises StoreError with a sentence where the folder or the project cannot
    be opened; nothing stays open then.
    """
    store = _open_store(folder)
    try:
        listing = store.list_images(list_image_paths(store.location.image_folder))
        session = Session(store, service)
    except DetectorError as error:
        store.close()
        raise StoreError(str(error)) from error
    except BaseException:
        store.close()
        raise
    if thresholds is not None and session.is_new:
        session.workspace.change_view(replace(session.workspace.view, thresholds=thresholds))
    return session, listing


def _open_store(folder: Path) -> PatientStore:
    try:
        return PatientStore.open(folder)
    except DamagedError:
        return ReadingStore.open_damaged(folder)


def after_first_image(session: Session | None, context: QObject, begin: Callable[[], object]) -> None:
    """Call `begin` once the current image of `session` has been painted or turned out to have no picture.

    At once where there is no image to wait for, and after `PATIENCE_MS` in any case: call what may be called again.
    """
    if session is None or session.workspace.current_image is None:
        begin()
        return
    for known in (session.image_shown, session.image_failed):
        # Behind the repaint that the image has asked for.
        known.connect(lambda _what: QTimer.singleShot(0, context, begin), Qt.ConnectionType.SingleShotConnection)
    QTimer.singleShot(PATIENCE_MS, context, begin)


def go_to_file(session: Session, name: str) -> None:
    """Show the image of this path, where the project has it; an empty one is that of no image."""
    found = next((record for record in session.workspace.images if record.path == name), None) if name else None
    if found is not None:
        session.workspace.go_to(found.id)
