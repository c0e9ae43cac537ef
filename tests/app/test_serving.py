from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fake_training import FakeTraining, QuickDetector, result
from model_files import opening, write_header, write_model
from PIL import Image

from app.model import edits
from app.model.category_mapping import IGNORED, Target
from app.session import Session
from app.store.patient_store import PatientStore
from app.workers.detector_service import DetectorService
from app.workers.messages import DetectorState
from detector.image_files import list_images
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.model.annotations import Category
    from app.workers.detector import Tuner

    Make = Callable[..., "Project"]


class Project:
    """An open project, with what its serving has said."""

    def __init__(self, folder: Path, factory: Callable[[], object], tuner: Tuner) -> None:
        self.folder = folder
        self.service = DetectorService(factory, tuner)  # type: ignore[arg-type]
        self.service.start()
        self.session: Session | None = None
        self.known: set[Path] = set()

    def open(self, base: Path | None = None, *, recalls: bool = True) -> None:
        store = PatientStore.open(self.folder)
        store.list_images(list_images(self.folder))
        self.session = Session(store, self.service)
        self.refusals: list[str] = []
        self.troubles: list[str] = []
        self.changes: list[str] = []
        self.session.serving.refused.connect(self.refusals.append)
        self.session.serving.trouble.connect(self.troubles.append)
        self.session.model_changed.connect(lambda: self.changes.append(self.service.status.model_version))
        self.session.start(base, recalls=recalls, known=self.known)

    def close(self) -> None:
        assert self.session is not None
        if self.serving.base is not None:
            self.known.add(self.serving.base)
        self.session.close()
        self.session = None

    @property
    def serving(self):
        return self.session.serving

    @property
    def workspace(self):
        return self.session.workspace

    def serves(self, version: str) -> bool:
        status = self.service.status
        return status.state is DetectorState.READY and status.model_version == version

    def shown(self) -> list[str]:
        return [one.name for one in self.workspace.suggestions]

    def sees(self, version: str) -> bool:
        prediction = self.workspace.prediction
        return prediction is not None and prediction.model_version == version


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (64, 48), (number, 0, 0)).save(folder / f"{number}.png")
    made: list[Project] = []

    def build(*, broken: tuple[str, ...] = (), factory: Callable[[], object] = QuickDetector, **opens) -> Project:
        project = Project(folder, factory, opening(FakeTraining(result()).tuner(QuickDetector), broken=broken))
        made.append(project)
        project.open(**opens)
        return project

    yield build
    for project in made:
        project.service.stop()
        if project.session is not None:
            project.close()


@pytest.fixture
def weeds(tmp_path: Path) -> Path:
    return write_model(tmp_path / "weeds.safetensors", "Die", "thistle")


WEEDS = "weeds-abc"


def add_category(project: Project, name: str) -> Category:
    workspace = project.workspace
    category = edits.new_category(name, workspace.categories, workspace.next_ids().category)
    workspace.execute(edits.add_category(category))
    return category


def test_that_another_model_looks_at_all_unreviewed_images_anew(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make()
    qtbot.waitUntil(lambda: project.sees("base"))
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    qtbot.waitUntil(lambda: len(project.session.store.predicted(WEEDS)) == 6)
    assert project.shown() == ["Die", "thistle"]
    assert project.changes == [WEEDS]
    project.serving.use_base(None)
    qtbot.waitUntil(lambda: project.sees("base"))


def test_that_no_suggestion_stays_selected_when_another_model_serves(qtbot: QtBot, make: Make, weeds: Path) -> None:
    from app.model import navigation

    project = make()
    qtbot.waitUntil(lambda: project.sees("base"))
    assert navigation.walk(project.workspace, 1) is not None
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    assert project.workspace.view.selected is None


def test_that_the_choice_is_remembered_by_the_project(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    project.close()
    project.service.base = None
    project.open()
    assert (project.serving.base, project.serving.title) == (weeds, "weeds")
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    assert project.changes == []


def test_that_a_project_names_no_model_that_this_person_never_opened(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    project.close()
    project.known.clear()
    project.open()
    assert project.serving.base is None
    assert [str(weeds) in trouble and "never opened here" in trouble for trouble in project.troubles] == [True]
    qtbot.waitUntil(lambda: project.serves("base"))


@pytest.mark.parametrize("name", ["../weeds.safetensors", "/dev/zero", "//elsewhere/share/weeds.safetensors"])
def test_that_a_model_beside_the_images_is_known_and_none_outside(
    qtbot: QtBot, make: Make, weeds: Path, name: str
) -> None:
    project = make()
    inside = project.folder / "weeds.safetensors"
    assert project.serving._is_known(str(inside))
    assert not project.serving._is_known(str(project.folder / name))


def test_that_a_new_project_starts_with_the_given_model_and_keeps_it(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make(base=weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    project.close()
    project.open()
    assert project.serving.base == weeds
    project.serving.use_base(None)
    qtbot.waitUntil(lambda: project.serves("base"))
    project.close()
    project.open(weeds)  # this one has chosen already
    assert project.serving.base is None


def test_that_the_model_of_the_command_line_goes_before_and_is_not_remembered(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    project = make()
    project.serving.use_base(None)
    project.close()
    project.open(weeds, recalls=False)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    project.close()
    project.open()
    qtbot.waitUntil(lambda: project.serves("base"))


def test_that_a_file_with_a_damaged_header_changes_nothing_at_all(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make()
    qtbot.waitUntil(lambda: project.serves("base"))
    generation = project.service.status.generation
    weeds.write_bytes(weeds.read_bytes()[:-4])
    project.serving.use_base(weeds)
    assert "4 bytes are missing" in project.refusals[0]
    assert project.service.status.generation == generation
    assert project.serving.base is None
    project.serving.use_base(write_header(weeds, {"format": "pt"}))
    assert "not a model of this program" in project.refusals[1]


def test_that_a_model_that_does_not_load_says_why_and_the_old_one_stays(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make(broken=(weeds.name,))
    qtbot.waitUntil(lambda: project.sees("base"))
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.refusals != [])
    assert project.refusals[0] == (
        "weeds.safetensors cannot be used, and the model before it stays in use. "
        "The weights in weeds.safetensors are not finite numbers."
    )
    qtbot.waitUntil(lambda: project.serves("base"))
    assert (project.serving.base, project.service.base) == (None, None)
    assert project.sees("base")
    project.close()
    project.open()
    assert project.serving.base is None


def test_that_of_two_broken_models_chosen_quickly_the_one_that_served_stays(
    qtbot: QtBot, make: Make, weeds: Path, tmp_path: Path
) -> None:
    others = [write_model(tmp_path / f"{name}.safetensors", "dog") for name in ("one", "two")]
    project = make(broken=tuple(path.name for path in others))
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    for path in others:
        project.serving.use_base(path)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    assert project.serving.base == project.service.base == weeds
    assert [sentence.split()[0] for sentence in project.refusals] == ["two.safetensors"]


def test_that_what_was_chosen_before_anything_was_loaded_gives_way_to_the_model_before_it(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    project = make(broken=(weeds.name,))
    project.serving.use_base(weeds)  # the first one is being loaded still
    qtbot.waitUntil(lambda: project.serves("base"))
    assert project.serving.base is None
    assert len(project.refusals) == 1


def test_that_a_remembered_model_that_is_gone_gives_way_to_the_embedded_one(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    project.close()
    project.service.base = None
    weeds.unlink()
    project.open()
    qtbot.waitUntil(lambda: project.serves("base"))
    assert "There is no model at" in project.refusals[0]
    assert not project.serving.falls_back


def test_that_a_failure_that_is_on_its_way_is_no_news_for_the_next_project(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    project = make()
    qtbot.waitUntil(lambda: project.serves("base"))
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    base, failed = project.service.base, replace(project.service.status, state=DetectorState.FAILED)
    project.service._announce(failed)
    project.close()
    qtbot.wait(50)
    assert project.service.base == base


def test_that_where_no_model_can_be_opened_there_is_no_detector(qtbot: QtBot, make: Make, weeds: Path) -> None:
    def nothing() -> object:
        raise DetectorError("The embedded weights are gone.")

    project = make(broken=(weeds.name,), factory=nothing, base=weeds)
    qtbot.waitUntil(lambda: project.refusals != [])
    qtbot.waitUntil(lambda: project.service.status.message == "The embedded weights are gone.")
    assert project.service.status.state is DetectorState.FAILED


def test_that_a_file_of_another_program_is_converted_and_remembered(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    foreign, path = tmp_path / "coco.pth", tmp_path / "models" / "coco.safetensors"
    foreign.write_text("cat dog")
    project = make(broken=("evil.pkl",))
    project.serving.use_foreign(foreign, path)
    qtbot.waitUntil(lambda: project.serves("coco-abc"))
    assert project.service.status.categories == ("cat", "dog")
    assert project.serving.base == path
    project.serving.use_foreign(tmp_path / "evil.pkl", tmp_path / "models" / "evil.safetensors")
    qtbot.waitUntil(lambda: project.refusals != [])
    assert "holds code" in project.refusals[0]
    assert project.serving.base == path
    qtbot.waitUntil(lambda: project.serves("coco-abc"))


def test_that_a_fine_tune_starts_from_the_chosen_model_and_rolls_back_to_it(
    qtbot: QtBot, make: Make, weeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = FakeTraining(result())
    monkeypatch.setattr(training, "_saved", lambda step, request: _saved(training, step, request))
    project = make()
    project.service._tuner = opening(training.tuner(QuickDetector))
    project.service.stop()
    project.service.start()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    add_category(project, "die")
    assert project.session.tuning.start()
    qtbot.waitUntil(lambda: project.serving.active is not None)
    (request,) = training.requests
    assert request.base == weeds
    assert dict(training.learnt[0].corrections.aliases) == {"Die": "die"}
    assert project.serving.active.parent == WEEDS
    project.serving.use_base(None)
    qtbot.waitUntil(lambda: project.serves("base"))
    project.serving.use(project.serving.versions[0])
    qtbot.waitUntil(lambda: project.serves(project.serving.versions[0].version))
    project.serving.roll_back()
    qtbot.waitUntil(lambda: project.serves(WEEDS))
    assert project.serving.base == weeds


def _saved(training: FakeTraining, step, request):
    """Save a version whose file can be opened as a model of its categories."""
    trained = FakeTraining._saved(training, step, request)
    write_model(trained.path, *(name for _, name in trained.categories))
    return trained


def test_that_a_mapping_is_shown_at_once_and_survives_reopening(qtbot: QtBot, make: Make, weeds: Path) -> None:
    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    qtbot.waitUntil(lambda: len(project.session.store.predicted(WEEDS)) == 6)
    plant = add_category(project, "plant")
    add_category(project, "die")
    assert project.shown() == ["die", "thistle"]  # by name, in other letters' case
    heard: list[object] = []
    project.service.detected.connect(heard.append)
    project.session.map_categories({"thistle": Target(plant.id), "Die": IGNORED})
    assert project.shown() == ["plant"]
    assert [one.category_id for one in project.workspace.suggestions] == [plant.id]
    assert heard == []
    project.close()
    project.open()
    assert project.shown() == ["plant"]
    project.session.map_categories({})
    assert project.shown() == ["die", "thistle"]


def test_that_a_rejected_suggestion_stays_rejected_under_the_name_it_is_mapped_to(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    from app.model import gestures

    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    gestures.reject_all(project.workspace, "thistle")
    plant = add_category(project, "plant")
    project.session.map_categories({"thistle": Target(plant.id)})
    assert project.shown() == ["Die"]


def test_that_a_mapping_belongs_to_its_model_alone(qtbot: QtBot, make: Make, weeds: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other.safetensors", "thistle", "dock")
    project = make()
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    project.session.map_categories({"thistle": IGNORED})
    project.serving.use_base(other)
    qtbot.waitUntil(lambda: project.sees("other-abc"))
    assert project.shown() == ["thistle", "dock"]
    project.serving.use_base(weeds)
    qtbot.waitUntil(lambda: project.sees(WEEDS))
    assert project.shown() == ["Die"]


def test_that_a_mapping_that_cannot_be_kept_is_trouble_and_changes_nothing(
    qtbot: QtBot, make: Make, weeds: Path
) -> None:
    project = make()
    qtbot.waitUntil(lambda: project.sees("base"))
    said: list[str] = []
    project.session.trouble.connect(said.append)
    project.session.store._connection.execute("DROP TABLE category_mapping")
    project.session.map_categories({"die": IGNORED})
    assert "could not be kept" in said[0]
    assert project.shown() == ["die"]
