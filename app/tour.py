"""The demo without a display: the real window, driven by real key and pointer events, with pictures of each step."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QDialog

from app.demo import draw_scenes, scene
from app.hands import Hands, HandsError, expect
from app.model.annotations import Annotation, Provenance, Suggestion
from app.model.geometry import Handle, areas, as_boxes, handle_point, iou
from app.process import Signals
from app.settings import Settings
from app.translation import ENGLISH
from app.ui.theme import ColorMode
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES
from detector.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from PySide6.QtWidgets import QWidget

    from app.application import Application
    from app.model.annotations import Box
    from app.store.formats.export_report import ExportReport
    from app.workers.messages import DetectionReady
    from detector.types import Sample

OUT = Path("demo-out")
_WINDOW = (1440, 900)
_SCENES = 6
_ENOUGH_SUGGESTIONS = 3
_THRESHOLD_STEPS = 4


def play(build: Callable[[Settings], Application], out: Path = OUT) -> int:
    """Play the tour with the application that `build` makes; leave `annotations.json` and pictures in `out`.

    Prints what it did and returns the exit code, 0 only if every step happened. The user's settings are not touched.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not QFontDatabase.families():
        print("No font is installed here: the pictures have no words (Debian: apt-get install fonts-dejavu-core).")
    before = qInstallMessageHandler(_leave_out_platform_words)
    QLocale.setDefault(QLocale(ENGLISH))  # as the words: the pictures are the same on every machine
    try:
        with temporary_folder("demo") as folder:
            settings = Settings(folder / "settings.ini")
            settings.hints = False
            application = build(settings)
            tour = Tour(application, folder / "workbench", out)
            signals = Signals()
            signals.came.connect(tour.interrupt)
            try:
                tour.play()
            finally:
                signals.end()
                application.shut_down()
                application.window.close()
    except HandsError as error:
        print(f"The tour stopped: {error}", flush=True)
        return 1
    finally:
        qInstallMessageHandler(before)
    return 0


class Tour:
    """One pass through the main job on `_SCENES` scenes in `folder`."""

    def __init__(self, application: Application, folder: Path, out: Path) -> None:
        self._application = application
        self._window = application.window
        self._hands = Hands(application)
        self._folder = folder
        self._out = out
        self._pictures = 0

    def interrupt(self) -> None:
        """Stop where it is, with HandsError: somebody has ended the program."""
        self._hands.is_interrupted = True

    def play(self) -> None:
        """Play every step. Raises HandsError at the first that does not happen."""
        self._open()
        self._detect()
        self._accept()
        self._correct()
        self._draw()
        self._slide()
        self._review()
        self._export()
        _say(f"Left annotations.json and {self._pictures} pictures in {self._out.resolve()}.")

    def _open(self) -> None:
        self._window.theme.set_mode(ColorMode.DARK)
        self._window.resize(*_WINDOW)
        self._application.show()
        self._window.activateWindow()
        self._hands.wait(self._window.isActiveWindow, "the window is shown")
        self._picture("welcome")
        draw_scenes(self._folder, _SCENES)
        self._application.open(self._folder)
        expect(self._application.session is not None, "the demo's folder is open")
        _say(f"Opened a folder of {len(self._hands.workspace.images)} drawn scenes.")

    def _detect(self) -> None:
        hands, workspace, status = self._hands, self._hands.workspace, self._application.service
        hands.wait_for_image()
        prediction = workspace.prediction
        assert prediction is not None
        before = None
        while len(workspace.suggestions) < _ENOUGH_SUGGESTIONS and workspace.view.thresholds != before:
            before = workspace.view.thresholds
            hands.key("PgDown")
        expect(len(workspace.suggestions) > 1, "the detector suggests something on the first scene")
        _say(
            f"Detected with {status.status.model} ({status.status.device}): {len(prediction.proposals)} proposals, "
            f"{len(prediction.candidates)} candidates, {len(workspace.suggestions)} suggestions."
        )
        hands.key("P")
        expect(workspace.view.show_proposals, "P shows the proposals")
        self._picture("detections")
        hands.key("P")

    def _accept(self) -> None:
        hands, workspace = self._hands, self._hands.workspace
        before = len(workspace.suggestions)
        hands.key("Tab")
        expect(isinstance(workspace.selected, Suggestion), "Tab selects a suggestion")
        hands.key("Return")
        expect(len(workspace.annotations) == 1, "Enter accepts a suggestion")
        hands.key("Esc")
        expect(len(workspace.rejections) == 1, "Esc rejects a suggestion")
        hands.key("Ctrl+Z")
        expect(not workspace.rejections, "Ctrl+Z takes the rejection back")
        hands.key("Shift+Return")
        accepted = len(workspace.annotations)
        expect(not workspace.suggestions and accepted > 1, "Shift+Enter accepts all suggestions")
        _say(f"Accepted {accepted} of {before} suggestions: one with Enter, one rejected and undone, then all.")
        self._picture("accepted")

    def _correct(self) -> None:
        """Drag a corner of the largest annotation."""
        hands, workspace = self._hands, self._hands.workspace
        largest = max(workspace.annotations.values(), key=lambda one: float(areas(as_boxes([one.box]))[0]))
        hands.walk_to(largest)
        before = largest.box
        corner = handle_point(before, Handle.TOP_LEFT)
        inwards = (corner[0] + 0.06 * (before[2] - before[0]), corner[1] + 0.06 * (before[3] - before[1]))
        hands.drag(corner, inwards)
        after = workspace.annotations[largest.id]
        expect(after.box != before and after.provenance is Provenance.MOVED, "a dragged handle moves the side")
        _say(f"Corrected {self._name(after)}: {_words(before)} became {_words(after.box)}.")
        self._picture("corrected")

    def _draw(self) -> None:
        """Draw the object that has the worst box, name it, move it, and take the move back."""
        hands, workspace = self._hands, self._hands.workspace
        box, name = _missed(scene(0), workspace.annotations.values())
        before = len(workspace.annotations)
        hands.key("W")
        expect(hands.desk.canvas.drawing, "W starts to draw")
        hands.drag(box[:2], box[2:])
        drawn = workspace.selected
        expect(len(workspace.annotations) == before + 1, "W and a drag draw a box")
        assert isinstance(drawn, Annotation)
        hands.key("C")
        hands.name_category(name)
        expect(self._name(workspace.annotations[drawn.id]) == f"“{name}”", "C and a name choose the category")
        hands.key("Left" if drawn.box[0] > 1 else "Right")
        expect(workspace.annotations[drawn.id].box != drawn.box, "an arrow moves the box")
        hands.key("Ctrl+Z")
        expect(workspace.annotations[drawn.id].box == drawn.box, "Ctrl+Z moves it back")
        _say(f"Drew {self._name(workspace.annotations[drawn.id])} at {_words(drawn.box)}.")
        self._picture("drawn")

    def _slide(self) -> None:
        """Move both thresholds on the next image: the network is not asked again."""
        hands, workspace = self._hands, self._hands.workspace
        hands.key("D")
        hands.wait_for_image()
        current = workspace.current_image
        assert current is not None
        asked: list[int] = []

        def note(ready: DetectionReady) -> None:
            asked.append(ready.image_id)

        self._application.service.detected.connect(note)
        counts = [len(workspace.suggestions)]
        for keys in ("PgDown", "PgUp", "Shift+PgUp", "Shift+PgDown"):
            for _ in range(_THRESHOLD_STEPS):
                hands.key(keys)
            counts.append(len(workspace.suggestions))
        self._application.service.detected.disconnect(note)
        expect(current.id not in asked, "the thresholds filter without asking the network again")
        _say(
            f"Slid the score down and up, the NMS IoU up and down: {', '.join(map(str, counts))} suggestions, "
            "without asking the network."
        )
        self._picture("thresholds")
        hands.key("A")
        hands.wait_for_image()

    def _review(self) -> None:
        hands, workspace = self._hands, self._hands.workspace
        for count in (1, 2):
            hands.wait_for_image()
            hands.key("Shift+Return")
            hands.key("Space")
            expect(workspace.reviewed_count == count, "Space marks the image reviewed and goes on")
        hands.wait_for_image()
        _say(f"Reviewed {workspace.reviewed_count} of {len(workspace.images)} images.")
        self._window.theme.set_mode(ColorMode.LIGHT)
        self._picture("light")
        self._window.theme.set_mode(ColorMode.DARK)

    def _export(self) -> None:
        target = self._out / "annotations.json"
        reports: list[ExportReport] = []
        self._window.exchange.exported.connect(reports.append)
        session = self._application.session
        assert session is not None
        self._window.exchange.write_out(session, target)
        self._hands.wait(lambda: bool(reports), "the export is written")
        for dialog in self._window.findChildren(QDialog):
            self._picture("exported", dialog)
            self._hands.key("Esc", dialog)
        document = json.loads(target.read_text(encoding="utf-8"))
        counted = (len(document["images"]), len(document["annotations"]))
        expect(counted == (reports[0].images, reports[0].annotations), "the file holds what the report says")
        _say(
            f"Exported {counted[1]} annotations of {len(document['categories'])} categories on {counted[0]} images; "
            "pycocotools loads the file."
        )

    def _picture(self, name: str, widget: QWidget | None = None) -> None:
        self._pictures += 1
        self._hands.picture(self._out / f"{self._pictures}-{name}.png", widget)

    def _name(self, annotation: Annotation) -> str:
        category = self._hands.workspace.category(annotation.category_id)
        return "a box" if category is None else f"“{category.name}”"


def _missed(sample: Sample, annotations: Iterable[Annotation]) -> tuple[Box, str]:
    """Return box and name of the object that the annotations fit least; of several, the largest."""
    boxes: list[Box] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in sample.gt_boxes.tolist()]
    fits = iou(boxes, as_boxes([one.box for one in annotations])).max(axis=1, initial=0.0)  # (M,)
    sizes = areas(as_boxes(boxes))
    place = min(range(len(boxes)), key=lambda row: (round(float(fits[row]), 1), -float(sizes[row])))
    return boxes[place], (CATEGORIES + TAUGHT_CATEGORIES)[int(sample.labels[place]) - 1]


def _words(box: Box) -> str:
    return f"({', '.join(f'{side:.0f}' for side in box)})"


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _leave_out_platform_words(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    """Print what Qt has to say, but not what it cannot do without a display: nobody asked that of it."""
    if "does not support" not in message and "font" not in message.casefold():
        print(f"Qt: {kind.name}: {message}", file=sys.stderr)
