"""Walks through a labeler's hour, key by key: real images, the real window, the embedded detector in its thread."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import torch
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPushButton
from whole_application import running

from app.model.annotations import Annotation, Provenance, Suggestion
from app.model.geometry import Handle, as_boxes, handle_point, iou
from app.networks import detector_factory, torch_tuner
from app.ui import dialogs
from app.ui.export_dialog import ExportDialog
from app.ui.import_preview import ImportPreview
from app.ui.key_sheet import KeySheet
from app.ui.training_result import TrainingResult
from app.workers.messages import TrainingOutcome
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.fine_tune_values import SecondStage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

    from app.model.annotations import Box

IMAGES, CORRECTED = 8, 5
TYPED = ("die", "card", "coin")

pytestmark = pytest.mark.skipif(not EMBEDDED_WEIGHTS.is_file(), reason="the embedded weights are not in this checkout")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute with one thread: several that share their cores with other programs wait for one another all the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photographs(shared_data, tmp_path) -> Path:
    """A folder with photographs of dice, and beside them what somebody else said about the first of them."""
    document = json.loads((shared_data / "dice" / "annotations_train.json").read_text(encoding="utf-8"))
    taken = document["images"][:IMAGES]
    folder = tmp_path / "dice"
    folder.mkdir()
    for image in taken:
        shutil.copy(shared_data / "dice" / "images" / image["file_name"], folder)
    ids = {image["id"] for image in taken[:CORRECTED]}
    objects = [one for one in document["annotations"] if one["image_id"] in ids]
    document |= {"images": taken[:CORRECTED], "annotations": objects}
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


class Labeler:
    """Works at the window with keys and pointer alone."""

    def __init__(self, run: Running) -> None:
        self.run, self.hands, self.window = run, run.hands, run.window

    @property
    def workspace(self):
        return self.run.workspace

    @property
    def selected(self) -> Annotation | Suggestion | None:
        return self.workspace.selected

    def press(self, *keys: str) -> None:
        """Press one key after the other; after each that may lead to another image, wait until that is looked at."""
        for key in keys:
            self.hands.key(key)
            if key in ("A", "D", "Space", "Ctrl+Z", "Ctrl+Shift+D"):
                self.hands.wait_for_image()

    def open_by_key(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Press Ctrl+O, and choose a folder in the system's own dialog."""
        monkeypatch.setattr(dialogs, "choose_folder", lambda *_args: folder)
        self.hands.key("Ctrl+O", self.window)
        self.hands.wait_for_image()

    def accept_the_offered_file(self) -> None:
        """Press the button of the banner that offers the COCO file, see what would come, and take it."""
        (button,) = self.window.banner.findChildren(QPushButton)
        button.click()
        self.hands.wait(lambda: self.window.findChild(ImportPreview) is not None, "what would come is shown")
        assert not any(map(self.workspace.annotations_of, (one.id for one in self.workspace.images)))
        self.window.findChild(ImportPreview).accept()

    def wait_for_suggestions_of(self, version: str) -> None:
        def shown() -> bool:
            prediction = self.workspace.prediction
            return prediction is not None and prediction.model_version == version

        self.hands.wait(shown, f"{version} has looked at the image")

    @property
    def listed(self) -> set[int]:
        """The ids of the images that the list shows."""
        return {self.workspace.images[place].id for place in self.hands.desk.image_list.shown.places.tolist()}

    def find_image(self, filter_text: str) -> None:
        """Type a filter where images are found, and open the first that it finds."""
        self.hands.key("Ctrl+G")
        field = QApplication.focusWidget()
        QTest.keyClicks(field, filter_text)
        self.hands.key("Return", field)
        self.hands.wait(lambda: self.workspace.current_image.id in self.listed, "the first image found is shown")
        self.hands.wait_for_image()

    def type_categories(self, *names: str) -> None:
        """Type names where categories are typed; Esc leads back to the image."""
        field = next(one for one in self.window.findChildren(QLineEdit) if one.accessibleName() == "New category")
        field.setFocus()
        for name in names:
            QTest.keyClicks(field, name)
            self.hands.key("Return", field)
        self.hands.key("Esc", field)

    def walk_to_suggestion(self, index: int) -> None:
        for _ in range(len(self.workspace.suggestions) + len(self.workspace.annotations)):
            self.press("Tab")
            if isinstance(self.selected, Suggestion) and self.selected.index == index:
                return
        pytest.fail("Tab does not come to every suggestion")

    def category_of(self, annotation: Annotation) -> str:
        return self.workspace.category(annotation.category_id).name

    def missed_object(self, folder: Path) -> Box:
        """Return an object of the current image that no box is on; everybody sees where the objects are."""
        document = json.loads((folder / "annotations.json").read_text())
        image = next(one for one in document["images"] if one["file_name"] == self.workspace.current_image.path)
        found = (one["bbox"] for one in document["annotations"] if one["image_id"] == image["id"])
        objects = [(x, y, x + width, y + height) for x, y, width, height in found]
        taken = as_boxes([one.box for one in (*self.workspace.annotations.values(), *self.workspace.suggestions)])
        return next(one for one in objects if not iou(as_boxes([one]), taken).any())

    def free_place(self) -> Box:
        """Return a square of 60 pixels on which there is nothing yet."""
        height, width = self.workspace.current_image.size
        taken = as_boxes([one.box for one in (*self.workspace.annotations.values(), *self.workspace.suggestions)])
        places = [(x, y, x + 60, y + 60) for y in range(0, height - 60, 20) for x in range(0, width - 60, 20)]
        return next(place for place in places if not iou(as_boxes([place]), taken).any())


@pytest.fixture
def labeler(photographs, tmp_path, monkeypatch) -> Iterator[Labeler]:
    """A labeler who has opened the folder and typed the categories."""
    with running(tmp_path / "settings", factory=detector_factory(None, "cpu")) as run:
        labeler = Labeler(run)
        labeler.open_by_key(photographs, monkeypatch)
        labeler.type_categories(*TYPED)
        yield labeler


def test_the_first_open(photographs, tmp_path, monkeypatch):  # noqa: PLR0915 - a walk is one story
    with running(tmp_path / "settings", factory=detector_factory(None, "cpu")) as run:
        labeler = Labeler(run)
        press, hands = labeler.press, labeler.hands
        # 1. The first image shows; the COCO file beside it is offered, and nothing is brought in unasked.
        labeler.open_by_key(photographs, monkeypatch)
        workspace = labeler.workspace
        assert workspace.current_image == workspace.images[0]
        assert len(workspace.images) == IMAGES
        offers = [one.text() for one in labeler.window.banner.findChildren(QPushButton)]
        assert any("Import" in offer for offer in offers), offers
        assert not workspace.annotations
        # 2. Each category that is typed has a digit; the strip names model and device.
        labeler.type_categories(*TYPED)
        assert [category.name for category in workspace.categories] == list(TYPED)
        assert QApplication.focusWidget() is hands.desk.canvas
        strip = " ".join(one.text() for one in labeler.window.status.findChildren(QAbstractButton))
        assert "CPU" in strip, strip
        # 3. Thresholds until the clutter is gone; the network is not asked again.
        prediction, before = workspace.prediction, len(workspace.suggestions)
        assert before
        press(*["PgUp"] * 9)
        assert len(workspace.suggestions) < before
        assert workspace.prediction is prediction
        press("PgDown")
        # 4. The least certain first; accepted, rejected, and given category 3.
        press("Tab")
        first = labeler.selected
        assert abs(first.score - 0.5) == min(abs(one.score - 0.5) for one in workspace.suggestions)
        press("Return")
        second = labeler.selected
        assert isinstance(second, Suggestion)
        press("Esc")
        third = labeler.selected
        assert isinstance(third, Suggestion)
        press("3")
        assert isinstance(labeler.selected, Suggestion)
        by_box = {one.box: one for one in workspace.annotations.values()}
        assert by_box[first.box].provenance is Provenance.ACCEPTED
        assert [one.origin.box for one in workspace.rejections.values()] == [second.box]
        assert labeler.category_of(by_box[third.box]) == "coin"
        # 5. A loose box: arrows, one side, an edge by the pointer. It is the labeler's now.
        loose = labeler.selected
        press("Left", "Ctrl+Right")
        moved = labeler.selected
        assert isinstance(moved, Annotation)
        assert (moved.provenance, moved.origin.box) == (Provenance.MOVED, loose.box)
        assert moved.box == pytest.approx((loose.box[0] - 1, loose.box[1], loose.box[2], loose.box[3]), abs=0.01)
        x, y = handle_point(moved.box, Handle.BOTTOM)
        hands.drag((x, y), (x, y + 12))
        assert labeler.selected.box[3] == pytest.approx(moved.box[3] + 12, abs=3)
        # 6. A missed object: a proposal that fits, or two clicks.
        count = len(workspace.annotations)
        press("P")
        missed = labeler.missed_object(photographs)
        hands.click(((missed[0] + missed[2]) / 2, (missed[1] + missed[3]) / 2))
        assert len(workspace.annotations) == count + 1
        assert iou(as_boxes([labeler.selected.box]), as_boxes([missed])).item() > 0.5
        press("3", "P", "W")
        x1, y1, x2, y2 = labeler.free_place()
        hands.click((x1, y1))
        hands.click((x2, y2))
        press("3")
        assert len(workspace.annotations) == count + 2
        assert labeler.category_of(labeler.selected) == "coin"
        # 7. Space.
        hands.wait(run.settled, "the neighbours are looked at")
        hands.key("Space")
        assert workspace.images[0].reviewed
        assert workspace.current_image == workspace.images[1]
        hands.wait_for_image()
        assert workspace.suggestions
        # 8. Undo leads back to the image before; F1; closing asks nothing, and all is there again.
        press("Ctrl+Z")
        assert workspace.current_image == workspace.images[0]
        assert not workspace.images[0].reviewed
        press("Ctrl+Z")
        assert labeler.category_of(labeler.workspace.annotations[max(workspace.annotations)]) != "coin"
        kept, undo_text = dict(workspace.annotations), workspace.undo_text
        hands.key("F1")
        (sheet,) = labeler.window.findChildren(KeySheet)
        sheet.close()
        labeler.window.close()
    with running(tmp_path / "settings", factory=detector_factory(None, "cpu")) as run:
        run.open(photographs)
        assert run.workspace.current_image == run.workspace.images[0]
        assert dict(run.workspace.annotations) == kept
        assert run.workspace.undo_text == undo_text


def test_the_steady_review(labeler):
    press, hands, workspace = labeler.press, labeler.hands, labeler.workspace
    # All suggestions right.
    found = len(workspace.suggestions)
    press("Shift+Return", "Space")
    assert workspace.images[0].reviewed
    assert len(workspace.annotations_of(workspace.images[0].id)) == found
    # One false.
    false = workspace.suggestions[0]
    labeler.walk_to_suggestion(false.index)
    press("Esc", "Shift+Return", "Space")
    second = workspace.images[1]
    assert second.reviewed
    assert false.box not in [one.box for one in workspace.annotations_of(second.id)]
    # One of the wrong category.
    wrong = workspace.suggestions[0]
    labeler.walk_to_suggestion(wrong.index)
    press("2", "Shift+Return", "Space")
    third = {one.box: one for one in workspace.annotations_of(workspace.images[2].id)}
    assert labeler.category_of(third[wrong.box]) == "card"
    assert third[wrong.box].provenance is Provenance.RELABELLED
    # One missing.
    press("Shift+Return")
    x1, y1, x2, y2 = labeler.free_place()
    press("W")
    hands.click((x1, y1))
    hands.click((x2, y2))
    press("1")
    assert labeler.category_of(labeler.selected) == "die"
    assert labeler.selected.provenance is Provenance.DRAWN
    press("Space")
    # Nothing to label: reviewed and empty.
    press("Shift+Esc", "Space")
    fifth = workspace.images[4]
    assert fifth.reviewed
    assert workspace.annotations_of(fifth.id) == []
    # Not sure: flagged, and it stays unreviewed.
    press("U", "D")
    assert workspace.images[5].unsure
    assert not workspace.images[5].reviewed
    # A mistake two images ago: undo goes there.
    assert workspace.current_image == workspace.images[6]
    press("Ctrl+Z")
    assert workspace.current_image == workspace.images[5]
    press("Ctrl+Z")
    assert workspace.current_image == workspace.images[4]
    assert not workspace.images[4].reviewed
    # The same scene as before.
    before = workspace.annotations_of(workspace.images[3].id)
    press("Ctrl+Shift+V")
    assert len(workspace.annotations) == len(before)
    labeler.hands.wait(labeler.run.settled, "the next images are looked at already")


def test_that_tab_zooms_to_a_tiny_box_and_a_further_click_goes_one_deeper(labeler):
    press, hands, workspace = labeler.press, labeler.hands, labeler.workspace
    press("Shift+Esc", "W")
    hands.drag((300, 300), (314, 314))
    hands.key("Esc")
    press("W")
    hands.drag((200, 200), (420, 420))
    tiny, large = (workspace.annotations[one] for one in sorted(workspace.annotations))
    canvas = hands.desk.canvas
    press("F")
    fitted = canvas.zoom
    hands.walk_to(tiny)
    assert canvas.zoom > fitted
    press("F")
    assert canvas.zoom == fitted
    press("Esc")
    hands.click((302, 302))
    assert labeler.selected == tiny
    hands.click((302, 302))
    assert labeler.selected == large


@pytest.mark.timeout(400)  # it trains for as long as people wait, beside other programs
def test_fine_tune_and_continue(photographs, tmp_path, monkeypatch):  # noqa: PLR0915 - a walk is one story
    network = {"factory": detector_factory(None, "cpu"), "tuner": torch_tuner(None, "cpu")}
    with running(tmp_path / "settings", **network) as run:
        labeler = Labeler(run)
        press, hands, window = labeler.press, labeler.hands, labeler.window
        labeler.open_by_key(photographs, monkeypatch)
        labeler.accept_the_offered_file()
        workspace, tuning = labeler.workspace, run.application.session.tuning
        press(*["Space"] * CORRECTED)
        assert workspace.reviewed_count == CORRECTED
        corrected = {one.id: workspace.annotations_of(one.id) for one in workspace.images}
        # 1. The panel says what there is to learn from, and starts nothing.
        window.menus.actions["training"].trigger()
        counts = " ".join(label.text() for label in hands.desk.training.findChildren(QLabel) if label.isVisible())
        assert str(CORRECTED) in counts
        assert str(sum(map(len, corrected.values()))) in counts
        assert not tuning.is_running
        # 2. One key; one line; the training is in the worker.
        press("Ctrl+Shift+D")
        base = workspace.prediction.model_version
        hands.desk.training._start.second_stage = SecondStage.NEVER
        ends = []
        tuning.ended.connect(lambda outcome, _sentence: ends.append(outcome))
        hands.key("Ctrl+T")
        assert tuning.is_running
        assert window.status.tuning.isVisible()
        # 3. The labeler goes on, with the old suggestions until there is a new head.
        press("Tab")
        first = labeler.selected
        assert first.model_version == base
        press("Return")
        accepted = next(one for one in workspace.annotations.values() if one.box == first.box)
        # 4. Before and after are shown, and the next Enter still goes to a box.
        hands.wait(lambda: bool(ends), "the training has ended")
        assert ends == [TrainingOutcome.DONE]
        assert QApplication.focusWidget() is hands.desk.canvas
        (version,) = tuning.versions
        result = hands.desk.training.findChild(TrainingResult)
        assert result.isVisible()
        assert "AP50" in " ".join(label.text() for label in result.findChildren(QLabel))
        # 5. In use at once if it is better; if not, only who insists gets it.
        if tuning.active is None:
            tuning.use(version)
        labeler.wait_for_suggestions_of(version.version)
        # 6. New suggestions on unreviewed images; what people said is untouched.
        here = workspace.current_image.id
        assert {one.model_version for one in workspace.suggestions} <= {version.version}
        assert workspace.annotations[accepted.id] == accepted
        for image_id, before in corrected.items():
            if image_id != here:
                assert workspace.annotations_of(image_id) == before
        # 7. Space opens the most useful unreviewed image, once that order is asked for.
        survey = run.application.session.survey
        unreviewed = {one.id for one in workspace.images if not one.reviewed}
        hands.wait(lambda: unreviewed <= survey.findings.keys(), "all unreviewed images are known")
        press("N")
        (useful,) = survey.upcoming(1)
        others = unreviewed - {here}
        assert survey.findings[useful].usefulness == max(survey.findings[one].usefulness for one in others)
        press("Space")
        assert workspace.current_image.id == useful
        assert {one.model_version for one in workspace.suggestions} <= {version.version}
        # 8. Reviewed images where the new head differs; Tab walks the differences, Enter and Esc settle each.
        reviewed = {one.id for one in workspace.images if one.reviewed}
        hands.wait(lambda: reviewed <= survey.findings.keys(), "the reviewed images are looked at too")
        labeler.find_image("state:reviewed disagrees")
        differing = {one for one in reviewed if survey.findings[one].differences}
        assert labeler.listed == differing
        found = workspace.current_image.id
        assert found in differing
        press("X")
        kept = {one.box for one in workspace.annotations.values()}
        for _ in range(len(workspace.differences)):
            press("Tab", "Esc")
        assert not workspace.differences
        assert {one.box for one in workspace.annotations.values()} == kept, "Esc keeps what the person said"
        hands.wait(lambda: not survey.findings[found].differences, "the image is known to be settled")
        press("X", "Ctrl+Shift+G")
        # 5, later. Back to the old head.
        hands.key("Ctrl+Shift+T")
        assert tuning.active is None
        labeler.wait_for_suggestions_of(base)
        # 9. The gate checks, and the file is written.
        target = tmp_path / "out.json"
        monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: target)
        reports = []
        window.exchange.exported.connect(reports.append)
        hands.key("Ctrl+Shift+E")
        hands.key("Return", window.findChild(ExportDialog))  # as the last time: COCO JSON
        hands.wait(lambda: bool(reports), "the export is written")
        exported = json.loads(target.read_text())
        said = sum(len(workspace.annotations_of(one)) for one in reviewed)
        assert (len(exported["images"]), len(exported["annotations"])) == (CORRECTED + 1, said)
