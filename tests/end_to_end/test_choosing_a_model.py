"""Choosing a model at the real window: with made-up detectors, and with the embedded network under another name."""

from __future__ import annotations

import json
import os
import pickle
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from fake_training import FakeTraining, QuickDetector
from model_files import opening, write_model
from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QTableWidget
from safetensors import safe_open
from safetensors.torch import save_file
from shown_words import press
from whole_application import CATEGORIES, SHOWN, running

from app.model.annotations import Provenance
from app.networks import detector_factory, torch_tuner
from app.settings import Settings
from app.ui import dialogs
from app.ui.category_mapping import CategoryMappingDialog
from app.ui.crash_dialog import CrashDialog
from app.ui.download_dialog import DownloadDialog
from app.ui.model_chooser import ModelChooser
from app.workers.model_download import ModelDownload
from detector.checkpoint_header import EMBEDDED_WEIGHTS, HEADER
from detector.downloads import DownloadProgress
from detector.published import PUBLISHED, models_folder
from detector.scenes import draw_scene
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from whole_application import Running

needs_weights = pytest.mark.skipif(
    not EMBEDDED_WEIGHTS.is_file(), reason="the embedded weights are not in this checkout"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = tmp_path / "images"
    images.mkdir()
    for place in range(5):
        Image.fromarray(draw_scene(40 + place, (240, 320)).image).save(images / f"{place}.png")
    return images


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Iterator[Running]:
    """A window whose own detector finds dice and coins; files of `write_model` can be opened in it."""
    tuner = opening(FakeTraining().tuner(QuickDetector), broken=("evil.pth", "nan.safetensors"))
    with running(tmp_path, tuner=tuner) as opened:
        opened.open(folder)
        yield opened


def choose(run: Running, title: str, how: str = "Use this model") -> None:
    """Use the model of this title."""
    chooser = run.model_chooser()
    table = chooser.findChild(QTableWidget)
    chooser.choose(next(row for row in range(table.rowCount()) if table.item(row, 1).text() == title))
    press(chooser, how)


def open_file(run: Running, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open a file from the list of models."""
    monkeypatch.setattr(dialogs, "choose_file", lambda *_: path)
    press(run.model_chooser(), "Open a file…")


def say(run: Running, **targets: str) -> None:
    """Open the table of categories and choose, in the row of each name, what is called so."""
    run.window.menus.actions["match-categories"].trigger()
    table = run.dialog(CategoryMappingDialog)
    for choice in table.findChildren(QComboBox):
        if choice.accessibleName() in targets:
            choice.setCurrentText(targets[choice.accessibleName()])
    press(table, "Apply")


def sees(run: Running, version: str) -> None:
    """Wait until this model has looked at all images."""

    def has_looked() -> bool:
        prediction, store = run.workspace.prediction, run.application.session.store
        is_shown = prediction is not None and prediction.model_version == version
        return is_shown and len(store.predicted(version)) == len(run.workspace.images)

    run.hands.wait(has_looked, f"{version} has looked at every image")


def shown(run: Running) -> list[str]:
    return [one.name for one in run.workspace.suggestions]


def decisions(run: Running) -> list[object]:
    return [run.workspace.annotations_of(record.id) for record in run.workspace.images]


def test_that_another_model_makes_other_suggestions_and_touches_no_annotation(run, tmp_path, monkeypatch):
    weeds = write_model(tmp_path / "weeds.safetensors", "thistle", "coin")
    run.hands.key("Tab")
    run.hands.key("Return")
    before = decisions(run)
    assert len(shown(run)) == SHOWN - 1
    open_file(run, weeds, monkeypatch)
    sees(run, "weeds-abc")
    assert shown(run) == ["thistle", "coin"]
    assert decisions(run) == before
    assert run.window.status._detector.text() == "weeds · CPU"
    assert "“thistle”" in run.window.banner.text
    choose(run, "Boxwright embedded")
    run.hands.wait(lambda: run.workspace.prediction.model_version == "made-up-1", "the first model looks again")
    assert len(shown(run)) == SHOWN - 1
    assert decisions(run) == before


def test_that_the_name_of_the_model_opens_the_list_and_the_keys_come_back(run):
    QTest.mouseClick(run.window.status._detector, Qt.MouseButton.LeftButton)
    QTest.keyClick(run.dialog(ModelChooser), Qt.Key.Key_Escape)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    run.hands.wait(run.window.desk.canvas.hasFocus, "the canvas has the focus")


def test_that_a_broken_file_says_why_and_leaves_the_old_model(run, tmp_path, monkeypatch):
    half = write_model(tmp_path / "half.safetensors", "thistle")
    half.write_bytes(half.read_bytes()[:-2])
    nan = write_model(tmp_path / "nan.safetensors", "thistle")
    evil = tmp_path / "evil.pth"
    evil.write_text("thistle")
    before = shown(run)
    for path, reason in ((half, "2 bytes are missing"), (nan, "not finite"), (evil, "holds code")):
        open_file(run, path, monkeypatch)
        run.hands.wait(lambda reason=reason: reason in run.window.banner.text, f"the window says {reason}")
        run.hands.wait(lambda: run.application.service.status.model_version == "made-up-1", "the old model serves")
        assert shown(run) == before
        assert run.application.session.serving.base is None
    assert not models_folder().exists() or [*models_folder().iterdir()] == []
    run.hands.key("D")
    run.hands.wait(lambda: len(shown(run)) == SHOWN, "the old model looks at the next image")
    assert Settings(tmp_path / "settings.ini").opened_models == ()


def test_that_what_is_ignored_is_hidden_and_what_is_mapped_is_renamed_also_after_reopening(
    run, folder, tmp_path, monkeypatch
):
    run.hands.key("Shift+Return")  # the project has the categories of the first model now
    assert {one.name for one in run.workspace.categories} <= set(CATEGORIES)
    weeds = write_model(tmp_path / "weeds.safetensors", "thistle", "DIE", "dock")
    open_file(run, weeds, monkeypatch)
    sees(run, "weeds-abc")
    assert shown(run) == ["thistle", "die", "dock"]
    heard: list[object] = []
    run.application.service.detected.connect(heard.append)
    press(run.window.banner, "Match categories…")
    table = run.dialog(CategoryMappingDialog)
    texts = [choice.currentText() for choice in table.findChildren(QComboBox)]
    assert texts == ["New category “thistle”", "die", "New category “dock”"]
    press(table, "Cancel")
    run.application.models._offer_mapping(run.application.session)
    assert "“thistle”, “dock”" in run.window.banner.text
    say(run, thistle="Ignore", dock="coin")
    assert run.window.banner.text == ""  # what it asked for is said
    assert shown(run) == ["die", "coin"]
    assert heard == []
    run.hands.key("D")
    run.hands.wait(lambda: shown(run) == ["die", "coin"], "the next image is shown so too")
    run.application.close_project()
    run.open(folder)
    run.hands.wait(lambda: shown(run) == ["die", "coin"], "the reopened project shows it so")
    run.hands.key("Shift+Return")
    assert {one.name for one in run.workspace.categories} == set(CATEGORIES)


def test_that_a_model_of_regions_gives_boxes_of_the_current_category(run, tmp_path, monkeypatch):
    run.hands.key("Shift+Return")
    run.hands.key("D")
    open_file(run, write_model(tmp_path / "rpn.safetensors", "object", system="rpn_r50_fpn"), monkeypatch)
    sees(run, "rpn-abc")
    assert shown(run) == ["object"]
    run.hands.key("2")
    run.hands.key("Tab")
    run.hands.key("Return")
    (annotation,) = run.workspace.annotations.values()
    assert annotation.category_id == run.workspace.categories[1].id
    assert annotation.provenance is Provenance.RELABELLED
    assert len(run.workspace.categories) == len(CATEGORIES)


def test_that_a_checkpoint_of_another_program_is_kept_among_the_models(run, tmp_path, monkeypatch):
    foreign = tmp_path / "trees.pth"
    foreign.write_text("oak elm")
    open_file(run, foreign, monkeypatch)
    sees(run, "trees-abc")
    assert shown(run) == ["oak", "elm"]
    assert [path.name for path in models_folder().iterdir()] == ["trees.safetensors"]
    chooser = run.model_chooser()
    assert chooser.chosen.title == "trees"
    assert "trees.pth" in chooser.findChildren(QLabel)[1].text()
    press(chooser, "Cancel")
    open_file(run, foreign, monkeypatch)
    sees(run, "trees-2-abc")


def test_that_a_model_is_known_by_its_ending_in_capitals_too(run, tmp_path, monkeypatch):
    open_file(run, write_model(tmp_path / "OAK.SAFETENSORS", "oak"), monkeypatch)
    sees(run, "OAK-abc")
    assert run.application.session.serving.base == tmp_path / "OAK.SAFETENSORS"


ROW = PUBLISHED["fasterrcnn_resnet50_fpn"]


@pytest.mark.parametrize("is_there", [True, False])
def test_that_a_published_model_is_downloaded_and_used_or_said_why_not(run, monkeypatch, is_there):
    def fetch(published, folder):
        folder.mkdir(parents=True, exist_ok=True)
        yield DownloadProgress(1, 2, 1.0)
        if not is_there:
            raise DetectorError("There is no network. Connect to one and try again.")
        (folder / published.file_name).write_text("oak elm")
        yield DownloadProgress(2, 2, 0.0, folder / published.file_name)

    monkeypatch.setattr("app.ui.model_choice.ModelDownload", partial(ModelDownload, fetch=fetch))
    choose(run, ROW.title, "Download and use")
    if is_there:
        sees(run, f"{ROW.name}-abc")
        assert shown(run) == ["oak", "elm"]
        assert run.model_chooser().chosen.title == ROW.title
    else:
        run.hands.wait(lambda: "There is no network" in run.window.banner.text, "the window says why")
        assert run.application.service.status.model_version == "made-up-1"
    run.hands.wait(lambda: not run.window.findChildren(DownloadDialog), "its dialog is gone")


def test_that_a_download_can_be_cancelled(run, monkeypatch):
    closed = threading.Event()

    def fetch(published, folder):
        try:
            while True:
                yield DownloadProgress(10_000_000, 160_000_000, 1_000_000)
        finally:
            closed.set()

    monkeypatch.setattr("app.ui.model_choice.ModelDownload", partial(ModelDownload, fetch=fetch))
    choose(run, ROW.title, "Download and use")
    progress = run.dialog(DownloadDialog)
    run.hands.wait(lambda: progress.line == "10 MB of 160 MB, 1.0 MB/s", "the dialog says how far it is")
    press(progress, "Cancel")
    run.hands.wait(closed.is_set, "the download is closed")
    assert run.window.banner.text == ""
    assert run.application.session.serving.base is None


def test_that_a_new_project_starts_with_the_model_chosen_last(run, tmp_path, monkeypatch):
    open_file(run, write_model(tmp_path / "weeds.safetensors", "thistle"), monkeypatch)
    sees(run, "weeds-abc")
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (64, 48)).save(other / "b.png")
    run.open(other)
    sees(run, "weeds-abc")
    choose(run, "Boxwright embedded")
    sees(run, "made-up-1")


def test_that_the_model_of_the_command_line_serves_and_a_broken_one_gives_way(folder, tmp_path, qtbot):
    tuner = opening(FakeTraining().tuner(QuickDetector))
    weeds = write_model(tmp_path / "weeds.safetensors", "thistle")
    with running(tmp_path, tuner=tuner, model=weeds) as run:
        run.open(folder)
        run.hands.wait(lambda: run.workspace.prediction.model_version == "weeds-abc", "it looks at the image")
    weeds.write_bytes(b"")
    with running(tmp_path, tuner=tuner, model=weeds) as run:
        run.application.open(folder)
        # Not with the hands: they give up as soon as a detector does not start.
        qtbot.waitUntil(lambda: "weeds.safetensors cannot be used" in run.window.banner.text)
        qtbot.waitUntil(lambda: run.application.service.status.model_version == "made-up-1")
        run.hands.wait(lambda: run.workspace.prediction.model_version == "made-up-1", "the embedded one looks instead")


def test_that_the_speed_of_a_model_is_measured_while_people_work(run):
    run.hands.wait(run.settled, "the neighbours are detected")
    run.application.session.detect_all()
    sees(run, "made-up-1")
    chooser = run.model_chooser()
    assert chooser.findChild(QTableWidget).item(0, 5).text().endswith(" ms, CPU")
    press(chooser, "Cancel")
    run.window.say_failed("Something about this project.")
    run.application.close_project()
    assert run.window.banner.text == ""
    assert len(run.application.settings.speeds) == 1


def rewritten(path: Path, *, spoil: bool = False, **about: object) -> Path:
    """Write the embedded weights to `path` with another header, and spoilt ones if so wanted."""
    with safe_open(EMBEDDED_WEIGHTS, framework="pt") as file:
        header = json.loads(file.metadata()[HEADER])
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    if spoil:
        del state[min(state)]
    save_file(state, path, {HEADER: json.dumps(header | about)})
    return path


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@needs_weights
def test_that_real_weights_are_loaded_in_the_detectors_thread_and_bad_ones_refused(folder, tmp_path, monkeypatch):
    with safe_open(EMBEDDED_WEIGHTS, framework="pt") as file:
        names = json.loads(file.metadata()[HEADER])["categories"]
    mine = rewritten(tmp_path / "mine.safetensors", categories=[f"my {name}" for name in names])
    spoilt = rewritten(tmp_path / "spoilt.safetensors", spoil=True)
    other = rewritten(tmp_path / "other.safetensors", system="vgg16")
    with (tmp_path / "evil.pth").open("wb") as file:
        pickle.dump({"model": _Evil()}, file)
    torch.save({"weight": torch.zeros(3)}, tmp_path / "little.pth")
    with running(tmp_path, factory=detector_factory(None, "cpu"), tuner=torch_tuner(None, "cpu")) as run:
        run.open(folder)
        open_file(run, mine, monkeypatch)
        run.hands.wait(lambda: run.workspace.prediction.model_version.startswith("mine-"), "mine has looked")
        before = shown(run)
        assert before
        assert all(name.startswith("my ") for name in before)
        for path in (spoilt, other, tmp_path / "evil.pth", tmp_path / "little.pth"):
            run.window.banner.clear()
            open_file(run, path, monkeypatch)
            run.hands.wait(
                lambda path=path: path.stem in run.window.banner.text, f"the window says what is wrong in {path}"
            )
            assert f"{path.name} cannot be used, and the model before it stays in use." in run.window.banner.text
            assert run.application.session.serving.base == mine
            assert shown(run) == before
        assert not run.window.findChildren(CrashDialog)
