from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_training import FakeTraining, QuickDetector, result
from model_files import opening, write_model

from app.catalogue import Kind, Model, models
from app.serving import Serving
from app.speeds import Speeds
from app.store.project_store import ProjectStore
from app.workers.detector_service import DetectorService
from detector import published
from detector.remote_address import place_of
from detector.remote_places import keep_remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ProjectStore]:
    (tmp_path / "images").mkdir()
    opened = ProjectStore.open(tmp_path / "images")
    yield opened
    opened.close()


@pytest.fixture
def serving(qapp: object, store: ProjectStore) -> Serving:
    return Serving(store, DetectorService(QuickDetector, opening(FakeTraining().tuner(QuickDetector))))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(published.FOLDER_VARIABLE, str(tmp_path / "models"))
    return tmp_path / "models"


def listed(serving: Serving, *opened: Path) -> dict[str, Model]:
    return {model.title: model for model in models(serving, opened, Speeds({}))}


def test_that_the_embedded_model_is_first_and_in_use(serving: Serving) -> None:
    first, *rest = models(serving, (), Speeds({}))
    assert (first.kind, first.base, first.in_use, first.licence) == (Kind.EMBEDDED, None, True, "MIT")
    assert first.category_count == len(first.categories) > 0
    assert {model.kind for model in rest} == {Kind.ABSENT}


def test_that_what_can_be_downloaded_says_how(serving: Serving, folder: Path) -> None:
    detectors = [row for row in published.PUBLISHED.values() if row.kind == "detector"]
    absent = [model for model in models(serving, (), Speeds({})) if model.kind is Kind.ABSENT]
    assert [model.title for model in absent] == [row.title for row in detectors]
    assert [model.published for model in absent] == detectors
    write_model(folder / detectors[0].local_name, "person", licence="as COCO")
    found = listed(serving)[detectors[0].title]
    assert (found.kind, found.problem, found.licence) == (Kind.DOWNLOADED, "", "as COCO")


def test_that_files_of_the_folder_and_opened_ones_are_listed_once(
    serving: Serving, folder: Path, tmp_path: Path
) -> None:
    inside = write_model(folder / "inside.safetensors", "a", source="trained on leaves")
    outside = write_model(tmp_path / "outside.safetensors", "a", "b", system="rpn_r50_fpn")
    found = listed(serving, outside, inside)
    assert (found["inside"].kind, found["outside"].kind) == (Kind.FOLDER, Kind.FILE)
    assert "trained on leaves" in found["inside"].details
    assert found["outside"].proposals_only
    titles = [model.title for model in models(serving, (outside, inside), Speeds({}))]
    assert titles.count("inside") == 1


def test_that_the_base_model_is_listed_wherever_it_lies(serving: Serving, tmp_path: Path) -> None:
    serving.use_base(write_model(tmp_path / "mine.safetensors", "a"))
    found = listed(serving)
    assert found["mine"].in_use
    assert sum(model.in_use for model in found.values()) == 1


def test_that_a_broken_file_is_listed_with_its_problem(serving: Serving, folder: Path) -> None:
    path = write_model(folder / "half.safetensors", "a")
    path.write_bytes(path.read_bytes()[:-1])
    assert "1 bytes are missing" in listed(serving)["half"].problem


def test_that_a_folder_that_cannot_be_read_hides_no_other_model(serving: Serving, folder: Path) -> None:
    folder.write_text("not a folder")
    assert models(serving, (), Speeds({}))[0].kind is Kind.EMBEDDED


def test_that_versions_of_the_project_are_listed_the_newest_first(store: ProjectStore, serving: Serving) -> None:
    for name in ("a", "b"):
        path = write_model(store.location.heads / f"{name}.safetensors", "bolt", "nut")
        store.versions.add(path, name, "base", ((1, "bolt"), (2, "nut")), result())
    serving = Serving(store, serving._service)
    serving.use(serving.versions[1])
    rows = [model for model in models(serving, (), Speeds({})) if model.kind is Kind.VERSION]
    assert [(model.title, model.in_use, model.category_count) for model in rows] == [
        ("Version 2", True, 2),
        ("Version 1", False, 2),
    ]
    (store.location.heads / "a.safetensors").unlink()
    assert listed(serving)["Version 1"].problem != ""


def test_that_a_measured_speed_is_listed(serving: Serving, tmp_path: Path) -> None:
    path, speeds = write_model(tmp_path / "mine.safetensors", "a"), Speeds({})
    for _ in range(4):
        speeds.take(path, "cpu", 0.25)
    found = {model.title: model for model in models(serving, (path,), speeds)}
    assert found["mine"].speed == (0.25, "cpu")
    assert found["Boxwright embedded"].speed is None


def test_that_a_detector_elsewhere_is_listed_by_its_address(
    serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    kept = keep_remote(place_of("https://gpu.example:443"), "a-token-for-tests-only")
    broken = keep_remote(place_of("http://127.0.0.1:9"), "a-token-for-tests-only")
    broken.write_text("{}")
    row = listed(serving)["https-gpu.example-443"]
    assert (row.kind, row.base, row.details, row.problem) == (Kind.REMOTE, kept, "https://gpu.example:443", "")
    damaged = listed(serving)["127.0.0.1-9"]
    assert "is damaged" in damaged.problem
    assert damaged.kind is Kind.REMOTE, "so that it can be forgotten"
