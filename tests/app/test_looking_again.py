"""The detector looks again at the image on screen while one of its suggestions is selected."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fake_evaluation import FAR, A, B, KnownDetector, make_images, review
from fake_training import FakeTraining

from app.model import gestures
from app.model.review import SuggestionRef
from app.session import Session
from app.store.patient_store import PatientStore
from app.workers.detector_service import DetectorService
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.mark.parametrize(("found", "accepted"), [(((FAR, 1, 0.95), (A, 1, 0.8)), [A]), (((FAR, 1, 0.95),), [])])
def test_that_enter_accepts_the_suggestion_that_was_selected_or_none(
    qtbot: QtBot, tmp_path: Path, found: tuple[object, ...], accepted: list[object]
) -> None:
    folder = make_images(tmp_path / "images", 1)
    known = {0: ((A, 1, 0.9), (B, 1, 0.7))}
    service = DetectorService(lambda: KnownDetector(known), FakeTraining().tuner(lambda _: KnownDetector(known)))
    store = PatientStore.open(folder)
    store.list_images(list_images(folder))
    session = Session(store, service)
    workspace = session.workspace
    try:
        session.start()
        review(workspace, {})
        service.start()
        qtbot.waitUntil(lambda: len(workspace.suggestions) == 2)
        workspace.change_view(replace(workspace.view, selected=SuggestionRef(0)))
        known[0] = found
        with qtbot.waitSignal(service.detected):
            session.detect_again()
            session.ahead._begin()  # the neighbours are due by chance: that forgets nothing
        qtbot.waitUntil(lambda: len(workspace.suggestions) == len(found))
        gestures.accept_selected(workspace)
        assert [one.box for one in workspace.annotations.values()] == accepted
    finally:
        service.stop()
        session.close()
