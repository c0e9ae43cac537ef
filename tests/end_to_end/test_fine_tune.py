"""Fine-tuning at the real window with the real network: only how long it trains is less than what people get."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from PySide6.QtWidgets import QPushButton
from whole_application import running

from app.networks import detector_factory, torch_tuner
from app.ui import dialogs
from app.ui.docks import Page
from app.ui.versions_list import VersionsList
from app.workers.messages import DetectorState, TrainingOutcome
from detector import cli, head_stage, whole_stage
from detector.checkpoints import EMBEDDED_WEIGHTS
from detector.fine_tune_values import Progress, SecondStage, Stage
from detector.head import HeadSchedule
from detector.image_files import list_images
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, draw_scene

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from whole_application import Running

    from app.workers.detector import Tuner
    from app.workers.messages import TrainRequest, VersionTrained
    from detector.types import Sample

ROOT = Path(__file__).resolve().parents[2]
TAUGHT, TAUGHT_LABEL = TAUGHT_CATEGORIES[0], len(CATEGORIES) + 1
IMAGES, REVIEWED = 9, 5
STEPS = 80
ENDLESS = 100_000
"""So many steps do not end while a test runs."""
SOON = 3.0
"""Seconds. The promise is one; a machine that is busy otherwise is given more."""

pytestmark = pytest.mark.skipif(not EMBEDDED_WEIGHTS.is_file(), reason="the embedded weights are not in this checkout")


def shorten(patch: pytest.MonkeyPatch, head_steps: int) -> None:
    """Let fine-tunes take fewer and smaller steps: other numbers, nothing else."""
    schedule = partial(HeadSchedule, batch_size=96, warmup_steps=4, ema_decay=0.8)
    patch.setattr(head_stage, "HeadSchedule", schedule)
    patch.setattr(head_stage, "PREDICTOR_STEPS", head_steps)
    patch.setattr(head_stage, "head_steps", lambda _images: head_steps)
    patch.setattr(whole_stage, "BATCH_SIZE", 1)


def scenes() -> Iterator[Sample]:
    """Yield scenes in which the taught category is large enough to be learnt from a few images."""
    for seed in count(100):
        scene = draw_scene(seed, (320, 320), taught=True)
        boxes = scene.gt_boxes[scene.labels == TAUGHT_LABEL]
        if len(boxes) and (boxes[:, 2:] - boxes[:, :2]).min() > 40:
            yield scene


class Labeler:
    """Works at the window of an open project, fine-tunes, and hears what is said about it."""

    def __init__(self, run: Running) -> None:
        self.run, self.hands, self.workspace = run, run.hands, run.workspace
        self.session = run.application.session
        self.tuning = self.session.tuning
        self.stages, self.ends = [], []
        self.tuning.progressed.connect(lambda progress: self.stages.append(progress.stage))
        self.tuning.ended.connect(lambda outcome, _sentence: self.ends.append(outcome))

    @property
    def suggested(self) -> list[tuple]:
        return [(one.box, one.name, one.score, one.model_version) for one in self.workspace.suggestions]

    def review(self, scene: Sample) -> None:
        """Draw the things of the taught category, reject what is suggested, and go on to the next image."""
        for x1, y1, x2, y2 in scene.gt_boxes[scene.labels == TAUGHT_LABEL].tolist():
            self.hands.key("C")
            self.hands.name_category(TAUGHT)
            self.hands.key("W")
            self.hands.drag((x1, y1), (x2, y2))
        self.hands.key("Shift+Esc")
        self.hands.key("Space")
        self.hands.wait_for_image()

    def go_to(self, place: int) -> None:
        self.workspace.go_to(self.workspace.images[place].id)
        self.hands.wait_for_image()

    def start(self, second_stage: SecondStage, stage: Stage) -> None:
        """Press Ctrl+T, and go on as soon as `stage` is under way."""
        service = self.run.application.service
        self.hands.wait(lambda: service.status.state is not DetectorState.STOPPED, "the detector's thread runs")
        self.hands.desk.training._start.second_stage = second_stage
        self.hands.key("Ctrl+T")
        assert self.tuning.is_running
        self.hands.wait(lambda: stage in self.stages, f"the stage {stage} is under way")

    def wait_for_the_end(self) -> None:
        self.hands.wait(lambda: bool(self.ends), "the fine-tune has ended")

    def wait_for_suggestions_of(self, version: str) -> None:
        def shown() -> bool:
            prediction = self.workspace.prediction
            return prediction is not None and prediction.model_version == version

        self.hands.wait(shown, f"{version} has looked at the image")


@contextmanager
def labeling(folder: Path, settings: Path, tuner: Tuner | None = None) -> Iterator[Labeler]:
    """Open a folder at the window, with the embedded detector."""
    tuner = tuner or torch_tuner(None, "cpu")
    with running(settings, factory=detector_factory(None, "cpu"), tuner=tuner) as run:
        run.open(folder)
        yield Labeler(run)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute with one thread: several that share their cores with other programs wait for one another all the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def short() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch, STEPS)
        yield patch


@pytest.fixture(scope="module")
def corrected(tmp_path_factory) -> Path:
    """A project in which a labeler has reviewed some images, with a category that the detector has never seen."""
    folder = tmp_path_factory.mktemp("corrected") / "bench"
    folder.mkdir()
    drawn = list(islice(scenes(), IMAGES))
    for place, scene in enumerate(drawn):
        Image.fromarray(scene.image).save(folder / f"bench-{place}.png")
    with labeling(folder, tmp_path_factory.mktemp("settings")) as labeler:
        for scene in drawn[:REVIEWED]:
            labeler.review(scene)
        assert labeler.workspace.reviewed_count == REVIEWED
        assert TAUGHT in [category.name for category in labeler.workspace.categories]
    return folder


@pytest.fixture(scope="module")
def trained(corrected, short, tmp_path_factory) -> Path:
    """The same project after a fine-tune."""
    folder = shutil.copytree(corrected, tmp_path_factory.mktemp("trained") / "bench")
    with labeling(folder, tmp_path_factory.mktemp("settings")) as labeler:
        labeler.start(SecondStage.NEVER, Stage.HEAD)
        labeler.wait_for_the_end()
        assert labeler.ends == [TrainingOutcome.DONE]
    return folder


@pytest.fixture
def project(corrected, short, tmp_path) -> Path:
    """The corrected project, to work on."""
    return shutil.copytree(corrected, tmp_path / "bench")


@pytest.fixture
def tuned_project(trained, tmp_path) -> Path:
    """The trained project, to work on."""
    return shutil.copytree(trained, tmp_path / "bench")


def heads(folder: Path) -> list[str]:
    """Return the names of the files that trainings have left."""
    return sorted(path.name for path in (folder / ".boxwright" / "heads").glob("*"))


def test_that_one_key_teaches_a_new_category_while_the_labeler_works_on_and_another_takes_it_back(project, tmp_path):
    plain, go_on = torch_tuner(None, "cpu"), threading.Event()

    def held(request: TrainRequest) -> Generator[Progress | VersionTrained, None, None]:
        """Stay at the last step told until the labeler is through with what is done meanwhile."""
        with closing(plain.train(request)) as steps:
            for said in steps:
                yield said
                while isinstance(said, Progress) and said.stage is Stage.HEAD and not go_on.wait(0.01):
                    yield said

    with labeling(project, tmp_path, replace(plain, train=held)) as labeler:
        hands, workspace, tuning = labeler.hands, labeler.workspace, labeler.tuning
        base = workspace.prediction.model_version
        assert TAUGHT not in workspace.prediction.categories
        labeler.start(SecondStage.NEVER, Stage.HEAD)

        hands.key("Tab")
        accepted = workspace.selected
        hands.key("Return")
        assert [one.box for one in workspace.annotations.values()] == [accepted.box]
        assert workspace.images[-1].id not in labeler.session.store.predicted(base)
        labeler.go_to(IMAGES - 1)  # waits for the detection
        hands.key("Ctrl+T")
        assert "under way already" in labeler.run.window.status.currentMessage()
        assert tuning.is_running
        assert workspace.prediction.model_version == base
        old = labeler.suggested

        go_on.set()
        labeler.wait_for_the_end()
        assert labeler.ends == [TrainingOutcome.DONE]
        (version,) = tuning.versions
        assert tuning.active == version
        assert heads(project) == [version.file]
        labeler.wait_for_suggestions_of(version.version)
        unreviewed = {one.id for one in workspace.images if not one.reviewed}
        store = labeler.session.store
        hands.wait(lambda: unreviewed <= store.predicted(version.version).keys(), "all unreviewed images are looked at")
        found = []
        for place in range(REVIEWED, IMAGES):
            labeler.go_to(place)
            assert {one.model_version for one in workspace.suggestions} <= {version.version}
            found += [one.name for one in workspace.suggestions]
        assert TAUGHT in found

        hands.key("Ctrl+Shift+T")
        assert tuning.active is None
        labeler.wait_for_suggestions_of(base)
        assert labeler.suggested == old
        labeler.go_to(REVIEWED)
        assert [one.box for one in workspace.annotations.values()] == [accepted.box]
        assert accepted.box not in [one.box for one in workspace.suggestions]


def test_that_versions_are_there_after_reopening_and_the_active_one_serves(tuned_project, tmp_path):
    with labeling(tuned_project, tmp_path) as labeler:
        (version,) = labeler.tuning.versions
        assert labeler.tuning.active == version
        assert heads(tuned_project) == [version.file]
        labeler.wait_for_suggestions_of(version.version)
        assert labeler.workspace.prediction.categories == (TAUGHT,)
        labeler.hands.key("Ctrl+Shift+T")
        labeler.wait_for_suggestions_of(version.parent)
        assert labeler.workspace.prediction.categories == CATEGORIES
    with labeling(tuned_project, tmp_path) as labeler:
        assert labeler.tuning.versions == (version,)
        assert labeler.tuning.active is None
        assert labeler.workspace.prediction.model_version == version.parent


def test_that_an_exported_version_is_a_model_for_the_command_line(tuned_project, tmp_path, monkeypatch, capsys):
    target, output = tmp_path / "mine.safetensors", tmp_path / "found.json"
    monkeypatch.setattr(dialogs, "choose_save_file", lambda *_args: target)
    with labeling(tuned_project, tmp_path) as labeler:
        labeler.hands.desk.show_page(Page.TRAINING)
        versions = labeler.run.window.findChild(VersionsList)
        (export,) = (one for one in versions.findChildren(QPushButton) if one.text().startswith("Export"))
        export.click()
        assert target.read_bytes() == labeler.session.store.versions.path(labeler.tuning.active).read_bytes()
    arguments = ["detect", *map(str, list_images(tuned_project)), "--model", str(target), "-o", str(output)]
    assert cli.run([*arguments, "--score-thresh", "0.05", "--device", "cpu"]) == 0, capsys.readouterr()
    names = {row["id"]: row["name"] for row in json.loads(output.read_text())["categories"]}
    found = {names[row["category_id"]] for row in json.loads(output.read_text())["annotations"]}
    assert TAUGHT in found


@pytest.mark.parametrize("stage", [Stage.HEAD, Stage.WHOLE])
def test_that_closing_the_window_while_it_trains_takes_a_moment_and_leaves_no_version(stage, project, tmp_path):
    with pytest.MonkeyPatch.context() as patch, labeling(project, tmp_path) as labeler:
        shorten(patch, ENDLESS if stage is Stage.HEAD else 1)
        labeler.start(SecondStage.ALWAYS, stage)
        made = heads(project)
        began, started = time.monotonic(), time.process_time()  # another step is a finding, another program is none
        labeler.run.window.close()
        labeler.run.application.shut_down()
        assert time.process_time() - started < SOON
        assert time.monotonic() - began < 10 * SOON, "it waits for something"
        assert heads(project) == made


DRIVER = """
import os, sys, time
sys.path[:0] = [{tests!r}, {end_to_end!r}, {root!r}]
from pathlib import Path
import pytest
from test_fine_tune import SecondStage, Stage, labeling, shorten
fsync, heads = os.fsync, Path({folder!r}) / ".boxwright" / "heads"
def stop_before_a_head_is_whole(descriptor):
    fsync(descriptor)
    if any(heads.glob("*.tmp")):
        print("saving", flush=True)
        time.sleep(600)
with pytest.MonkeyPatch.context() as patch, labeling(Path({folder!r}), Path({settings!r})) as labeler:
    shorten(patch, {steps})
    patch.setattr(os, "fsync", stop_before_a_head_is_whole)
    labeler.start(SecondStage.NEVER, Stage.HEAD)
    print("training", flush=True)
    labeler.wait_for_the_end()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("moment", "steps"), [("training", ENDLESS), ("saving", 1)])
def test_that_a_project_killed_while_it_trains_opens_with_the_old_head_and_all_corrections(
    moment, steps, project, tmp_path
):
    source = DRIVER.format(
        tests=str(ROOT / "tests"),
        end_to_end=str(Path(__file__).parent),
        root=str(ROOT),
        folder=str(project),
        settings=str(tmp_path / "killed"),
        steps=steps,
    )
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert any(line.strip() == moment for line in process.stdout), "the training did not come so far"
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert len(heads(project)) == (moment == "saving")

    with labeling(project, tmp_path) as labeler:
        assert labeler.workspace.reviewed_count == REVIEWED
        assert labeler.tuning.versions == ()
        assert labeler.tuning.active is None
        assert labeler.workspace.prediction.categories == CATEGORIES
        # What was half written goes when the project is opened once more: it might have been of this program.
        labeler.run.application.close_project()
        labeler.run.open(project)
        assert heads(project) == []
