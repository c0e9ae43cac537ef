from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fake_training import FakeTraining, QuickDetector, progress, result, version_of
from PIL import Image

from app.model import edits, gestures
from app.model.annotations import Annotation, Category, ImageMark
from app.model.commands import Command, Edit
from app.session import Session
from app.store.patient_store import PatientStore
from app.workers.detector_service import DetectorService
from app.workers.messages import DetectorState, FolderProgress, TrainingOutcome
from detector.fine_tune_values import SecondStage, Stage
from detector.image_files import list_images
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    Make = Callable[..., "Project"]

NAMES = ("die", "coin")
IMAGES = 9


class Project:
    """An open project with its service, and what its tuning has said."""

    def __init__(self, folder: Path, training: FakeTraining) -> None:
        self.folder = folder
        self.training = training
        self.log: list[str] = []
        self.service = DetectorService(
            lambda: QuickDetector("base", self.log), training.tuner(lambda version: QuickDetector(version, self.log))
        )
        self.service.start()
        self.crashed: list[object] = []
        self.service.crashed.connect(self.crashed.append)
        self.open()

    def open(self) -> None:
        store = PatientStore.open(self.folder)
        store.list_images(list_images(self.folder))
        self.session = Session(store, self.service)
        self.tuning = self.session.tuning
        self.workspace = self.session.workspace
        self.heard: list[str] = []
        self.troubles: list[str] = []
        self.ends: list[tuple[TrainingOutcome, str]] = []
        self.tuning.progressed.connect(lambda one: self.heard.append(f"step {one.step}"))
        self.tuning.trained.connect(lambda version, _: self.heard.append(version.title))
        self.tuning.ended.connect(lambda outcome, sentence: self.ends.append((outcome, sentence)))
        self.tuning.trouble.connect(self.troubles.append)
        self.session.start()

    def close(self) -> None:
        self.session.close()

    def reviewed(self, count: int = 2, boxes: int = 1) -> None:
        """Mark the first images as reviewed, with boxes of the first category."""
        commands = [] if self.workspace.categories else [self._categories()]
        for command in commands:
            self.workspace.execute(command)
        ids = self.workspace.next_ids()
        rows: list[Edit] = []
        for place, record in enumerate(self.workspace.images[:count]):
            rows += [
                Edit(None, Annotation(ids.annotation + place * boxes + box, record.id, 1, (1.0, 2.0, 30.0, 40.0)))
                for box in range(boxes)
            ]
            rows.append(Edit(record.mark, ImageMark(record.id, reviewed=True)))
        self.workspace.execute(Command("review", None, tuple(rows)))

    def _categories(self) -> Command:
        rows = (Category(number, name, "#ffffff", position=number) for number, name in enumerate(NAMES, 1))
        return Command("add categories", None, tuple(Edit(None, row) for row in rows))

    @property
    def titles(self) -> list[str]:
        return [version.title for version in self.tuning.versions]

    def serves(self, version: str) -> bool:
        status = self.service.status
        return status.state is DetectorState.READY and status.model_version == version


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    """Open a project of nine images, none reviewed, with a training; closed after the test."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(IMAGES):
        Image.new("RGB", (64, 48), (number, 0, 0)).save(folder / f"{number}.png")
    made: list[Project] = []

    def build(training: FakeTraining) -> Project:
        project = Project(folder, training)
        made.append(project)
        return project

    yield build
    for project in made:
        if project.training._gate is not None:
            project.training.allow(1000)
        project.service.stop()
        if project.session is not None:
            project.close()


def trained(qtbot: QtBot, make: Make, *steps: object) -> Project:
    """A project in which these steps have been taken to the end."""
    project = make(FakeTraining(*steps))  # type: ignore[arg-type]
    project.reviewed()
    qtbot.waitUntil(lambda: project.serves("base"))
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.ends != [])
    return project


def test_that_large_images_are_learnt_from_as_they_are_detected(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1), result()))
    project.reviewed()
    qtbot.waitUntil(lambda: project.serves("base"))
    project.service.tiling.toggle()
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.ends != [])
    (learnt,) = project.training.learnt
    assert learnt.corrections.tile == project.service.tiling.tile == 1024


def test_that_turning_tiles_on_prepares_what_a_training_will_ask_for(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining())
    qtbot.waitUntil(lambda: project.serves("base"))
    project.reviewed()
    qtbot.waitUntil(lambda: len(project.training.warmed) == 2)
    project.service.tiling.toggle()
    qtbot.waitUntil(lambda: len(project.training.warmed) == 4)
    assert [one.is_spare for one in project.training.warmed] == [False, False, True, True]


def test_that_a_better_version_is_kept_and_serves(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, progress(1), result())
    (version,) = project.tuning.versions
    assert project.ends == [(TrainingOutcome.DONE, "")]
    assert project.heard == ["step 1", "Version 1"]
    assert project.tuning.active == version
    assert version.parent == "base"
    assert version.categories == ((1, "die"), (2, "coin"))
    qtbot.waitUntil(lambda: project.serves(version.version))
    (request,) = project.training.requests
    assert request.base is None
    (learnt,) = project.training.learnt
    assert learnt.corrections.categories == NAMES
    assert len(learnt.corrections.images) == 2
    assert learnt.corrections.tile == 0
    assert request.features.path == project.session.store.location.features


def test_that_a_worse_version_is_kept_but_serves_only_if_insisted_on(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(is_better=False))
    (version,) = project.tuning.versions
    assert project.tuning.active is None
    assert project.training.opened == []
    project.tuning.use(version)
    assert project.tuning.active == version
    qtbot.waitUntil(lambda: project.serves(version.version))


def paused_beside_a_training(qtbot: QtBot, make: Make) -> tuple[Project, list[FolderProgress]]:
    """A project whose detection of the folder waits while a training goes on; and what is said of detections."""
    project = make(FakeTraining(result(), gated=True))
    project.reviewed()
    qtbot.waitUntil(lambda: project.serves("base"))
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1)
    folder: list[FolderProgress] = []
    project.service.progressed.connect(folder.append)
    assert project.session.detect_all() > 0
    project.service.pause_folder(paused=True)
    return project, folder


def test_that_a_new_version_lets_a_paused_detection_of_the_folder_wait(qtbot: QtBot, make: Make) -> None:
    project, folder = paused_beside_a_training(qtbot, make)
    project.training.allow(1000)
    qtbot.waitUntil(lambda: project.tuning.active is not None and project.serves(project.tuning.active.version))
    assert (folder[-1].paused, folder[-1].finished, folder[-1].total) == (True, False, IMAGES)
    project.service.pause_folder(paused=False)
    qtbot.waitUntil(lambda: folder[-1].finished)
    assert not folder[-1].cancelled


def test_that_a_new_version_looks_at_once_where_a_paused_detection_was_stopped(qtbot: QtBot, make: Make) -> None:
    project, folder = paused_beside_a_training(qtbot, make)
    project.session.stop_detecting()
    assert folder[-1].cancelled
    project.training.allow(1000)
    qtbot.waitUntil(lambda: project.tuning.active is not None and project.serves(project.tuning.active.version))
    qtbot.waitUntil(lambda: folder[-1].finished and not folder[-1].cancelled)


def test_that_the_second_stage_follows_the_first_and_rolling_back_goes_through_both(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(), result(stage=Stage.WHOLE))
    head, whole = project.tuning.versions
    assert project.tuning.active == whole
    assert whole.parent == head.version
    project.tuning.roll_back()
    assert project.tuning.active == head
    qtbot.waitUntil(lambda: project.serves(head.version))
    project.tuning.roll_back()
    assert project.tuning.active is None
    qtbot.waitUntil(lambda: project.serves("base"))
    project.tuning.roll_back()
    assert len(project.troubles) == 1
    assert "nothing to go back to" in project.troubles[0]


def test_that_a_worse_first_stage_is_not_what_the_second_one_replaces(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(is_better=False), result(stage=Stage.WHOLE))
    assert [version.parent for version in project.tuning.versions] == ["base", "base"]
    assert project.tuning.active == project.tuning.versions[1]


def test_that_the_next_training_starts_from_the_version_that_serves(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    assert project.tuning.start(SecondStage.NEVER)
    qtbot.waitUntil(lambda: len(project.ends) == 2)
    first, second = project.tuning.versions
    assert project.training.requests[1].base == project.training.saved[0]
    assert project.training.requests[1].second_stage is SecondStage.NEVER
    assert second.parent == first.version


def test_that_a_second_click_while_training_changes_nothing(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1), gated=True))
    project.reviewed()
    assert project.tuning.start()
    assert project.tuning.is_running
    assert not project.tuning.start()
    project.training.allow()
    qtbot.waitUntil(lambda: len(project.ends) == 1)
    assert not project.tuning.is_running
    assert (len(project.training.requests), project.troubles) == (1, [])


def test_that_wishes_reach_the_run_under_way_alone(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1), gated=True))
    project.reviewed()
    for wish in (project.tuning.cancel, project.tuning.finish, project.tuning.skip):
        wish()  # nothing runs: nothing happens
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1)
    wishes = project.training.requests[0].wishes
    assert not any(wish.is_set() for wish in (wishes.cancel, wishes.finish, wishes.skip))
    project.tuning.skip()
    project.tuning.finish()
    assert wishes.skip.is_set()
    assert wishes.finish.is_set()
    project.tuning.cancel()
    project.training.allow()
    qtbot.waitUntil(lambda: project.ends == [(TrainingOutcome.CANCELLED, "")])
    assert project.titles == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DetectorError("The model could not be written: no space left on device."), "no space left"),
        (ValueError("shapes"), "fault in Boxwright"),
        (MemoryError(), "memory"),
    ],
)
def test_that_a_failure_says_why_and_the_old_head_stays(qtbot: QtBot, make: Make, error: Exception, words: str) -> None:
    project = trained(qtbot, make, progress(1), error)
    ((outcome, sentence),) = project.ends
    assert outcome is TrainingOutcome.FAILED
    assert words in sentence
    assert project.tuning.versions == ()
    assert project.tuning.active is None
    assert project.serves("base")
    qtbot.waitUntil(lambda: len(project.crashed) == isinstance(error, ValueError))


def test_that_a_failure_in_the_second_stage_leaves_what_the_first_has_reached(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(), DetectorError("The loss is not a number."))
    assert project.ends == [(TrainingOutcome.FAILED, "The loss is not a number.")]
    assert project.tuning.active == project.tuning.versions[0]


def test_that_a_version_that_cannot_be_registered_is_trouble_and_the_old_head_stays(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(result(), gated=True))
    project.reviewed()
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1)
    project.service.training.trained.disconnect(project.tuning._take_version)
    project.service.training.trained.connect(lambda version: version.path.unlink())  # before it is registered
    project.service.training.trained.connect(project.tuning._take_version)
    project.training.allow()
    qtbot.waitUntil(lambda: len(project.ends) == 1)
    assert len(project.troubles) == 1
    assert project.tuning.versions == ()
    assert project.tuning.active is None


def test_that_nothing_starts_before_the_detector_is_there(make: Make) -> None:
    project = make(FakeTraining(progress(1)))
    project.service.stop()
    assert not project.tuning.start()
    assert not project.tuning.is_running
    assert len(project.troubles) == 1


def test_that_unreviewed_images_are_looked_at_anew_the_nearest_first_and_then_the_reviewed_ones(
    qtbot: QtBot, make: Make
) -> None:
    project = make(FakeTraining(result(), gated=True))
    project.reviewed(3)
    project.workspace.go_to(project.workspace.images[5].id)
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1 and not project.service.is_waiting(6))
    qtbot.waitUntil(lambda: {"detect 5", "detect 6", "detect 4", "detect 7"} <= set(project.log))
    project.log.clear()
    project.training.allow()
    qtbot.waitUntil(lambda: len(project.log) == 9)
    # What is on screen and its neighbours, then the others; the images 0 to 2 are reviewed.
    assert project.log == [f"detect {number}" for number in (5, 6, 4, 7, 3, 8, 2, 1, 0)]
    version = project.tuning.versions[0].version
    qtbot.waitUntil(lambda: len(project.session.store.predicted(version)) == 9)
    assert project.workspace.prediction is not None
    assert project.workspace.prediction.model_version == version
    assert project.tuning.counts().boxes["die"] == 3


def test_that_a_version_gives_the_names_that_its_categories_have_today(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    version = project.tuning.versions[0].version
    qtbot.waitUntil(
        lambda: project.workspace.prediction is not None and project.workspace.prediction.model_version == version
    )
    category = project.workspace.categories[0]
    command = edits.rename_category(category, "cube", project.workspace.categories)
    assert command is not None
    project.workspace.execute(command)
    assert project.workspace.prediction.categories == ("cube",)
    project.workspace.go_to(project.workspace.images[5].id)
    qtbot.waitUntil(lambda: project.workspace.prediction is not None)
    assert [one.category_id for one in project.workspace.suggestions] == [category.id]
    project.workspace.undo()
    assert project.workspace.prediction.categories == ("die",)


def test_that_a_project_opened_again_serves_its_version_and_closing_it_the_base(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    version = project.tuning.versions[0]
    qtbot.waitUntil(lambda: project.serves(version.version))
    project.close()
    qtbot.waitUntil(lambda: project.serves("base"))
    project.open()
    assert project.tuning.active == version
    qtbot.waitUntil(lambda: project.serves(version.version))
    assert project.troubles == []


def test_that_a_missing_file_of_the_active_version_is_said_and_the_base_serves(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    project.close()
    project.training.saved[0].unlink()
    project.open()
    (trouble,) = project.troubles
    assert "Version 1" in trouble
    assert "base model" in trouble
    assert project.tuning.active is None
    qtbot.waitUntil(lambda: project.serves("base"))


def test_that_a_damaged_file_of_the_active_version_is_said_and_the_base_serves(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    project.close()
    project.training.damaged.add(project.training.saved[0].name)
    project.open()
    qtbot.waitUntil(lambda: project.serves("base") and project.troubles != [])
    (trouble,) = project.troubles
    assert "is damaged" in trouble
    assert project.tuning.active is None
    assert project.titles == ["Version 1"]
    project.tuning.use(project.tuning.versions[0])
    qtbot.waitUntil(lambda: len(project.troubles) == 2 and project.serves("base"))


def test_that_closing_the_project_while_training_cancels_it_and_nothing_is_heard(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workers.stepped_training.SECONDS_BETWEEN_REPORTS", 3600.0)
    project = make(FakeTraining(progress(1), result(), progress(3), gated=True))
    project.reviewed()
    assert project.tuning.start()
    project.training.allow()
    qtbot.waitUntil(lambda: project.heard == ["step 1"])
    old = project.heard, project.ends
    project.close()
    project.open()
    assert project.tuning.start()  # although the old one has not ended yet
    project.training.allow(1)
    qtbot.waitUntil(lambda: len(project.training.closed_in) == 1)
    project.training.allow(3)
    qtbot.waitUntil(lambda: project.ends == [(TrainingOutcome.DONE, "")])
    assert old == (["step 1"], [])
    assert project.heard == ["step 1", "Version 1"]  # the last step came too soon after the first to be told
    assert project.titles == ["Version 1"]
    assert len(list(project.session.store.location.heads.iterdir())) == 1


def test_that_stopping_the_service_while_training_is_an_end_too(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1), progress(2), gated=True))
    project.reviewed()
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1)
    later = project.training.allow_once_cancelled(project.training.requests[0])
    project.service.stop()
    later.join()
    assert project.ends == [(TrainingOutcome.CANCELLED, "")]
    assert not project.tuning.is_running


def test_that_a_version_can_be_deleted_but_not_the_active_one(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(), result(is_better=False, stage=Stage.WHOLE))
    active, other = project.tuning.versions
    project.tuning.delete(active)
    assert len(project.troubles) == 1
    project.tuning.delete(other)
    assert project.titles == ["Version 1"]
    assert [path.name for path in project.session.store.location.heads.iterdir()] == [active.file]


def test_that_the_result_of_a_training_whose_base_was_deleted_rolls_back_to_what_that_was_made_from(
    qtbot: QtBot, make: Make
) -> None:
    project = make(FakeTraining(result(), gated=True))
    project.reviewed()
    qtbot.waitUntil(lambda: project.serves("base"))
    for count in (1, 2):
        assert project.tuning.start()
        project.training.allow()
        qtbot.waitUntil(lambda count=count: len(project.ends) == count)
    first, second = project.tuning.versions
    assert project.tuning.start()
    project.tuning.use(first)
    project.tuning.delete(second)
    project.training.allow()
    qtbot.waitUntil(lambda: len(project.ends) == 3)
    assert project.tuning.active is not None
    assert project.tuning.active.parent == first.version
    project.tuning.roll_back()
    assert project.tuning.active == first


def test_that_starting_does_not_read_the_corrections_in_the_window(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1), gated=True))
    project.reviewed()
    statements: list[str] = []
    project.session.store._connection.set_trace_callback(statements.append)
    assert project.tuning.start()
    assert [one for one in statements if "annotations" in one or "rejections" in one] == []
    project.training.allow()
    qtbot.waitUntil(lambda: project.ends == [(TrainingOutcome.DONE, "")])


def test_that_a_project_changed_before_its_corrections_are_read_is_learnt_as_it_is_then(
    qtbot: QtBot, make: Make
) -> None:
    project = make(FakeTraining(result(), gated=True))
    project.reviewed()
    qtbot.waitUntil(lambda: project.serves("base"))
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1)
    project.tuning.cancel()
    assert project.session.tuning.is_running
    project.close()
    project.open()
    assert project.tuning.start()  # its turn comes when the old one has ended, which waits for its step
    rename = edits.rename_category(project.workspace.categories[0], "cube", project.workspace.categories)
    assert rename is not None
    project.workspace.execute(rename)
    project.workspace.execute(edits.add_category(Category(3, "cup", "#ffffff", position=3)))
    project.training.allow(2)
    qtbot.waitUntil(lambda: project.ends == [(TrainingOutcome.DONE, "")])
    assert project.training.learnt[1].corrections.categories == ("cube", "coin", "cup")
    assert project.tuning.versions[0].categories == ((1, "cube"), (2, "coin"), (3, "cup"))
    assert project.troubles == []


def test_that_a_project_that_cannot_be_read_fails_with_a_sentence(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(progress(1)))
    project.reviewed()
    project.session.store._connection.execute("ALTER TABLE rejections RENAME TO gone")
    assert project.tuning.start()
    qtbot.waitUntil(lambda: len(project.ends) == 1)
    ((outcome, sentence),) = project.ends
    assert outcome is TrainingOutcome.FAILED
    assert sentence == "The project could not be read: no such table: rejections."
    assert project.crashed == []


def test_that_after_a_swap_the_images_are_warmed_when_all_new_suggestions_are_there(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(result(), gated=True))
    project.reviewed(3)
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.training.begun == 1 and not project.service.is_waiting(1))
    project.log.clear()
    project.training.warming_log = project.log
    project.training.allow()
    # What was reviewed before the training is warmed before the folder; all that is corrected comes after it.
    qtbot.waitUntil(
        lambda: project.log[-3:] == ["warm 0.png", "warm 1.png", "warm 2.png"] and "detect 8" in project.log
    )
    assert {f"detect {number}" for number in range(3, 9)} <= set(project.log)


def test_that_the_images_are_warmed_at_once_where_nothing_is_to_be_detected(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(result()))
    project.reviewed(IMAGES)
    assert project.tuning.start()
    qtbot.waitUntil(lambda: len(project.training.warmed) >= IMAGES)


def test_that_a_rejected_suggestion_stays_rejected_when_its_category_is_renamed(qtbot: QtBot, make: Make) -> None:
    project = make(FakeTraining(result()))
    project.reviewed(1)
    project.workspace.go_to(project.workspace.images[5].id)
    qtbot.waitUntil(lambda: len(project.workspace.suggestions) == 1)
    (suggestion,) = project.workspace.suggestions
    command = edits.reject([suggestion], project.workspace.images[5].id, project.workspace.next_ids())
    project.workspace.execute(command)
    assert project.tuning.start()
    qtbot.waitUntil(lambda: len(project.ends) == 1)
    rename = edits.rename_category(project.workspace.categories[0], "cube", project.workspace.categories)
    assert rename is not None
    project.workspace.execute(rename)
    version = project.tuning.versions[0].version
    qtbot.waitUntil(
        lambda: project.workspace.prediction is not None and project.workspace.prediction.model_version == version
    )
    assert project.workspace.prediction.categories == ("cube",)
    assert project.workspace.suggestions == ()


def test_that_trouble_of_the_tuning_is_said_by_the_tuning_alone(make: Make) -> None:
    project = make(FakeTraining())
    said: list[str] = []
    for signal in (project.session.trouble, project.session.noticed):
        signal.connect(said.append)
    project.tuning.roll_back()
    assert len(project.troubles) == 1
    assert said == []


def test_that_a_version_is_exported_and_a_full_disk_is_said(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    project = trained(qtbot, make, result())
    version = project.tuning.versions[0]
    target = tmp_path / "mine.safetensors"
    project.tuning.export(version, target)
    assert target.read_text() == "weights"
    project.tuning.export(version, tmp_path / "nowhere" / "mine.safetensors")
    assert len(project.troubles) == 1


def test_that_a_changed_list_is_told(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result(is_better=False))
    with qtbot.waitSignal(project.tuning.versions_changed):
        project.tuning.use(project.tuning.versions[0])
    with qtbot.waitSignal(project.tuning.versions_changed):
        project.tuning.roll_back()


def test_that_counts_say_what_is_used_and_left_out(make: Make) -> None:
    project = make(FakeTraining())
    project.reviewed(2, boxes=3)
    counts = project.tuning.counts()
    assert counts.reviewed == 2
    assert dict(counts.boxes) == {"die": 6, "coin": 0}
    assert counts.few == ()
    assert counts.left_out == ("7 images are not reviewed and have no decided box: they are left out.",)
    ids = project.workspace.next_ids()
    box = Annotation(ids.annotation, project.workspace.images[8].id, 2, (1.0, 2.0, 30.0, 40.0))
    project.workspace.execute(Command("draw", box.image_id, (Edit(None, box),)))
    counts = project.tuning.counts()
    assert counts.few == ("coin",)
    assert counts.left_out == (
        "6 images are not reviewed and have no decided box: they are left out.",
        "1 image is not reviewed: only the boxes decided on count.",
    )


def test_that_counts_read_right_for_one_image_and_for_many(make: Make) -> None:
    project = make(FakeTraining())
    project.reviewed(6)
    store, images = project.session.store, project.workspace.images
    number = project.workspace.next_ids().annotation
    boxes = [Annotation(number + place, images[6 + place].id, 1, (1.0, 2.0, 30.0, 40.0)) for place in range(2)]
    project.workspace.execute(Command("draw", None, tuple(Edit(None, box) for box in boxes)))
    store.list_images([store.image_path(record) for record in images[1:]])
    one = ("1 image is not reviewed and has no decided box: it is left out.",)
    many = ("2 images are not reviewed: only the boxes decided on count.",)
    assert project.tuning.counts().left_out == (
        *one,
        *many,
        "1 image is not in the folder any more: it is left out.",
    )
    store.list_images([store.image_path(record) for record in images[2:]])
    assert project.tuning.counts().left_out == (
        *one,
        *many,
        "2 images are not in the folder any more: they are left out.",
    )


def test_that_images_too_large_to_learn_from_are_said_and_suggest_no_fine_tune(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 4)
    project = make(FakeTraining())
    project.reviewed(4)
    assert project.tuning.is_worth_it().startswith("4 images were corrected:")
    large = [record.id for record in project.workspace.images if record.reviewed][:2]
    project.workspace.set_image_sizes(dict.fromkeys(large, (20_000, 20_000)))
    assert project.tuning.is_worth_it() == ""
    counts = project.tuning.counts()
    assert counts.reviewed == 2
    assert counts.left_out == (
        "5 images are not reviewed and have no decided box: they are left out.",
        "2 images are too large to learn from: they are left out.",
    )


def test_that_a_fine_tune_is_suggested_once_there_is_much_that_is_new(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 4)
    project = make(FakeTraining(replace(result(), counts=replace(result().counts, images=3, held_out=1)), gated=True))
    assert project.tuning.is_worth_it() == ""
    project.reviewed(3)
    assert project.tuning.is_worth_it() == ""
    project.reviewed(4)
    assert project.tuning.is_worth_it().startswith("4 images were corrected:")
    assert project.tuning.start()
    assert project.tuning.is_worth_it() == ""
    project.training.allow()
    qtbot.waitUntil(lambda: project.ends != [])
    assert project.tuning.is_worth_it() == ""
    project.reviewed(8)
    assert project.tuning.is_worth_it().startswith("4 images were corrected since the last fine-tune:")


def test_that_images_beyond_what_the_cache_holds_suggest_no_fine_tune_again(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 4)
    counts = replace(result().counts, images=3, held_out=1, beyond=6)
    project = make(FakeTraining(replace(result(), counts=counts)))
    project.reviewed(10)
    assert project.tuning.start()
    qtbot.waitUntil(lambda: project.ends != [])
    assert project.tuning.is_worth_it() == ""


def test_that_the_suggestion_reads_right_for_one_image(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 1)
    project = make(FakeTraining())
    project.reviewed(1)
    assert project.tuning.is_worth_it() == "1 image was corrected: a fine-tune would probably help."


def test_that_images_without_a_box_suggest_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 4)
    project = make(FakeTraining())
    project.reviewed(6, boxes=0)
    assert project.tuning.is_worth_it() == ""


def test_that_boxes_without_a_reviewed_image_suggest_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.model.model_versions.FEW", 2)
    project = make(FakeTraining())
    project.reviewed(4)
    for record in project.workspace.images[:4]:
        project.workspace.go_to(record.id)
        gestures.toggle_reviewed(project.workspace)
    assert project.tuning.is_worth_it() == ""
    gestures.toggle_reviewed(project.workspace)
    assert project.tuning.is_worth_it().startswith("4 images were corrected")


def test_that_versions_are_called_as_their_detectors_are(qtbot: QtBot, make: Make) -> None:
    project = trained(qtbot, make, result())
    assert project.tuning.versions[0].version == version_of(project.training.saved[0])
