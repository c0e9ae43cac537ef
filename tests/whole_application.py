"""The whole application for tests: real window, real detector thread, real store; only the network is made up."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from fake_evaluation import KnownDetector, make_images
from PySide6.QtWidgets import QApplication, QDialog

from app.application import Application
from app.hands import Hands
from app.settings import Settings
from app.ui.model_chooser import ModelChooser
from detector.types import Candidates, DetectorError, Prediction, Proposals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from fake_evaluation import Found

    from app.workers.detector import Tuner
    from detector.types import ByteArray, Refinement

_Dialog = TypeVar("_Dialog", bound=QDialog)
CATEGORIES = ("die", "coin")
# Shares of width and height; scores descend. The second box overlaps the first with an IoU of about 0.6.
BOXES = (
    (0.10, 0.10, 0.30, 0.30),
    (0.10, 0.10, 0.30, 0.42),
    (0.50, 0.50, 0.70, 0.70),
    (0.70, 0.10, 0.90, 0.25),
    (0.10, 0.70, 0.25, 0.90),
)
SCORES = (0.95, 0.90, 0.80, 0.60, 0.30)
LABELS = (1, 1, 1, 2, 2)
SHOWN = 3
"""Of the five, one falls to NMS and one to the score at the thresholds of a new project."""


class MadeUpDetector:
    """Finds the same five things on every image, and counts how often it was asked."""

    name = "Made up"
    model_version = "made-up-1"
    device = "cpu"
    categories = CATEGORIES
    notice = ""
    numerics: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.calls = 0
        self.thread: int | None = None

    def refine(self, _key: object, _boxes: object) -> Refinement | None:
        raise DetectorError("This detector has no second stage.")

    def predict(self, image: ByteArray, _key: object = None) -> Prediction:
        self.calls += 1
        self.thread = threading.get_ident()
        height, width = image.shape[:2]
        boxes = (np.array(BOXES) * (width, height, width, height)).astype(np.float32)
        return Prediction(
            image_size=(height, width),
            proposals=Proposals(boxes, np.array(SCORES, dtype=np.float32)),
            candidates=Candidates(boxes, np.array(SCORES), np.array(LABELS), np.arange(len(boxes))),
            categories=CATEGORIES,
            model_version=self.model_version,
            score_floor=0.02,
        )


class Running:
    """An application on the screen, its detector, and hands to work with."""

    def __init__(self, application: Application, detector: MadeUpDetector) -> None:
        self.application = application
        self.window = application.window
        self.detector = detector
        self.hands = Hands(application)

    @property
    def workspace(self):
        return self.hands.workspace

    def open(self, path: Path) -> None:
        self.application.open(path)
        self.hands.wait_for_image()

    def dialog(self, kind: type[_Dialog] = QDialog) -> _Dialog:
        """Wait for a dialog of that kind, and return it."""

        def shown() -> list[_Dialog]:
            return [one for one in self.window.findChildren(kind) if one.isVisible()]

        self.hands.wait(lambda: bool(shown()), f"{kind.__name__} is shown")
        return shown()[0]

    def model_chooser(self) -> ModelChooser:
        """Press M as soon as the keys are with the boxes."""
        self.hands.wait(self.window.desk.canvas.hasFocus, "the canvas has the focus")
        self.hands.key("M")
        return self.dialog(ModelChooser)

    def settled(self) -> bool:
        """Whether the detector has looked at the image on screen and at all its neighbours."""
        session = self.application.session
        ids = [record.id for record in self.workspace.images]
        return (
            session is not None
            and not session.ahead.waits
            and not any(self.application.service.is_waiting(image_id) for image_id in ids)
        )


@contextmanager
def surveying(folder: Path, found: Mapping[int, Sequence[Found]]) -> Iterator[Running]:
    """Show an application with a project below `folder` whose images the detector has looked at: it finds `found`."""
    images = make_images(folder / "images", len(found))
    with running(folder, KnownDetector(found)) as run:
        run.open(images)
        run.hands.key("Ctrl+B")
        survey = run.application.session.survey
        run.hands.wait(lambda: len(survey.findings) == len(found), "all images are surveyed")
        yield run


@contextmanager
def running(
    settings_folder: Path,
    detector: MadeUpDetector | None = None,
    *,
    factory: Callable[[], object] | None = None,
    tuner: Tuner | None = None,
    model: Path | None = None,
    hints: bool = False,
) -> Iterator[Running]:
    """Show an application with a made-up detector, or with what `factory` makes, and shut it down at the end.

    `tuner` and `model` are those of `Application`. Without `hints` it is not the person's first day.
    """
    qt = QApplication.instance() or QApplication([])
    detector = detector or MadeUpDetector()
    settings = Settings(settings_folder / "settings.ini")
    settings.hints = hints
    application = Application(qt, factory or (lambda: detector), settings, tuner, model)
    application.window.resize(1200, 800)
    try:
        application.show()
        application.window.activateWindow()
        run = Running(application, detector)
        run.hands.wait(application.window.isActiveWindow, "the window is shown")
        yield run
    finally:
        application.shut_down()
        application.window.close()
        application.window.deleteLater()
        application.deleteLater()
        qt.processEvents()
