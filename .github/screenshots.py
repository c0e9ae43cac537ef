"""Makes the pictures of the README and of the guide.

`.venv/bin/python .github/screenshots.py IMAGE...`

The images are copied to a temporary folder, so that no project is left beside them; the settings of the user stay as
they are. What is accepted, rejected and drawn is decided by a rule, not by hand: the pictures can be made again. Those
of fine-tuning take minutes, and need some dozens of images with a COCO file beside them, whose boxes are the labeler's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image

from app import coco_projects
from app.application import Application
from app.hands import Hands
from app.model.geometry import iou
from app.networks import detector_factory
from app.process import qt_application
from app.settings import Settings
from app.ui.docks import Page
from app.ui.evaluation_curves import EvaluationCurves
from app.ui.model_chooser import ModelChooser
from app.ui.theme import ColorMode
from detector.coco import read_json, write_json
from detector.effort import GOOD_IOU
from detector.fine_tune_values import Stage
from detector.published import FOLDER_VARIABLE
from detector.types import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from app.model.annotations import Box
    from app.tuning import Tuning
    from detector.fine_tune_values import Progress

OUT = Path(__file__).resolve().parents[1] / "resources" / "screenshots"
SIZE = (1440, 900)
COLORS = 256
UNREVIEWED = 4
"""So many images, the last ones, are left for the fine-tuned detector."""


def main() -> None:
    """Take the welcome page, the first image with all layers, a fine-tune, and what came of it, in light and dark."""
    OUT.mkdir(parents=True, exist_ok=True)
    images = [Path(name) for name in sys.argv[1:]]
    qt = qt_application()
    with tempfile.TemporaryDirectory(prefix="boxwright-") as home:
        os.environ[FOLDER_VARIABLE] = str(Path(home) / "models")  # not the user's own
        settings = Settings(Path(home) / "settings.ini")
        settings.hints = False
        application = Application(qt, detector_factory(None, None), settings)
        hands = Hands(application)
        application.window.resize(*SIZE)
        try:
            application.show()
            _both(application, hands, "welcome")
            _take_labeling(application, hands, _copied(images, Path(home) / "photos"))
            _take_training(application, hands, images, Path(home) / "corrected")
            _take_offer(application, hands, images)
            _take_evaluation(application, hands)
            _take_models(application, hands)
        finally:
            application.shut_down()
            application.window.close()


def _take_labeling(application: Application, hands: Hands, folder: Path) -> None:
    """Take the first image with half of its suggestions accepted, and with proposals."""
    application.open(folder)
    hands.wait_for_image()
    workspace = hands.workspace
    thresholds = Thresholds(score_thresh=0.3, nms_thresh=0.3)
    view = replace(workspace.view, thresholds=thresholds, show_proposals=True, proposal_top_n=60)
    workspace.change_view(view)
    suggestions = sorted(workspace.suggestions, key=lambda suggestion: -suggestion.score)
    for suggestion in suggestions[: len(suggestions) // 2]:
        hands.click(_middle(suggestion.box))
        hands.key("Return")
    if workspace.annotations:
        hands.click(_middle(next(iter(workspace.annotations.values())).box))
    ids = [record.id for record in workspace.images]
    hands.wait(lambda: not any(map(application.service.is_waiting, ids)), "the neighbours are detected")
    _both(application, hands, "labeling")
    application.close_project()


def _take_training(application: Application, hands: Hands, images: list[Path], folder: Path) -> None:
    """Take a fine-tune on all images but the last, under way and when it has ended."""
    annotations = _annotations_of(images, folder.with_suffix(".json"))
    application.open(_copied(images, folder))
    application.window.exchange.bring_in(hands.desk, annotations, asks=False)
    hands.wait(lambda: bool(hands.workspace.categories), "the annotations are imported")
    for _ in images[UNREVIEWED:]:
        hands.key("Space")
    hands.wait_for_image()
    assert application.session is not None
    tuning = application.session.tuning
    steps: list[Progress] = []
    tuning.progressed.connect(steps.append)
    hands.key("Ctrl+T")
    _go_on(hands, tuning, steps, lambda step: step.stage is Stage.WHOLE and 2 * step.step > step.steps)
    _both(application, hands, "training-running")
    _go_on(hands, tuning, steps, lambda _step: False)
    hands.wait(lambda: _is_detected_anew(hands, tuning), "the new version has looked at the unreviewed images")
    _both(application, hands, "training")


def _take_offer(application: Application, hands: Hands, images: list[Path]) -> None:
    """Take a box drawn too large around an object that the detector is certain of, and what it offers for it."""
    desk = hands.desk
    desk.show_page(Page.BOXES)
    name, (x1, y1, x2, y2) = _surest(hands, images)
    hands.key(str(1 + [category.name for category in hands.workspace.categories].index(name)))
    wide, high = x2 - x1, y2 - y1
    hands.key("W")
    hands.drag((x1 - 0.1 * wide, y1 - 0.14 * high), (x2 + 0.15 * wide, y2 + 0.08 * high))
    hands.wait(lambda: desk.refining.offer is not None, "the detector offers a closer fit")
    desk.canvas.zoom_to((x1 - wide, y1 - high, x2 + wide, y2 + high))
    _both(application, hands, "offer")
    hands.key("Ctrl+Z")
    desk.canvas.fit()


def _surest(hands: Hands, images: list[Path]) -> tuple[str, Box]:
    """Return category and true box of what the detector is most certain of, and right about, in the image shown."""
    shown = hands.workspace.current_image
    assert shown is not None
    document = _document_of(images)
    ids = {image["id"] for image in document["images"] if image["file_name"] == Path(shown.path).name}
    names = {category["id"]: category["name"] for category in document["categories"]}
    true = [
        (names[one["category_id"]], (x, y, x + wide, y + high))
        for one in document["annotations"]
        if one["image_id"] in ids
        for x, y, wide, high in [one["bbox"]]
    ]
    for suggestion in sorted(hands.workspace.suggestions, key=lambda suggestion: -suggestion.score):
        for name, box in true:
            if name == suggestion.name and iou(box, suggestion.box)[0, 0] >= GOOD_IOU:
                return name, box
    raise SystemExit("The detector is right about nothing in the last images: no offer was pictured.")


def _take_evaluation(application: Application, hands: Hands) -> None:
    """Take the figures of the version that was trained, on the reviewed images."""
    hands.key("Ctrl+E")
    panel = hands.desk.evaluation
    hands.wait(lambda: not panel.is_running, "the detector is measured")
    curves = panel.findChild(EvaluationCurves)
    assert curves is not None
    hands.wait(lambda: curves.is_drawn, "the curves are drawn")
    _both(application, hands, "evaluation")


def _take_models(application: Application, hands: Hands) -> None:
    """Take the list of models."""
    hands.key("M")
    chooser = application.window.findChild(ModelChooser)
    assert chooser is not None
    hands.wait(chooser.isVisible, "the list of models is shown")
    chooser.choose(3)  # the first one to download: those above say where they lie on this machine
    _both(application, hands, "models", chooser)
    chooser.reject()


def _go_on(hands: Hands, tuning: Tuning, steps: list[Progress], until: Callable[[Progress], bool]) -> None:
    """Let a fine-tune go on to a step, or to its end."""
    while tuning.is_running and not (steps and until(steps[-1])):
        seen = len(steps)
        hands.wait(partial(_has_gone_on, tuning, steps, seen), "the next step is taken")


def _has_gone_on(tuning: Tuning, steps: list[Progress], seen: int) -> bool:
    return len(steps) > seen or not tuning.is_running


def _is_detected_anew(hands: Hands, tuning: Tuning) -> bool:
    store, version = hands.desk.session.store, tuning.active
    unreviewed = {image.id for image in hands.workspace.images if not image.reviewed}
    if version is None:
        return True
    return unreviewed <= store.predicted(version.version).keys() and not hands.desk.detecting_folder


def _copied(images: list[Path], folder: Path) -> Path:
    folder.mkdir()
    for image in images:
        shutil.copy(image, folder)
    return folder


def _annotations_of(images: list[Path], target: Path) -> Path:
    """Write what the COCO file beside the images says about those that are to be reviewed."""
    names = {image.name for image in sorted(images)[:-UNREVIEWED]}
    document = _document_of(images)
    document["images"] = [image for image in document["images"] if image["file_name"] in names]
    kept = {image["id"] for image in document["images"]}
    document["annotations"] = [box for box in document["annotations"] if box["image_id"] in kept]
    write_json(target, document)
    return target


def _document_of(images: list[Path]) -> dict[str, Any]:
    """Return the COCO file beside the images that names them all."""
    names = {image.name for image in images}
    for file in coco_projects.annotations_beside(images[0].parent):
        document = read_json(file)
        assert isinstance(document, dict)
        if names <= {image["file_name"] for image in document["images"]}:
            return document
    raise SystemExit("There is no COCO file beside the images that names them all: no fine-tune was pictured.")


def _both(application: Application, hands: Hands, name: str, widget: QWidget | None = None) -> None:
    for mode in (ColorMode.LIGHT, ColorMode.DARK):
        application.window.theme.set_mode(mode)
        hands.wait(application.window.isVisible, "the window is shown")
        path = OUT / f"{name}-{mode.value}.png"
        hands.picture(path, widget)
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(
                COLORS, Image.Quantize.MAXCOVERAGE, kmeans=2
            )  # a quarter of the bytes
        few.save(path, optimize=True)


def _middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


if __name__ == "__main__":
    main()
