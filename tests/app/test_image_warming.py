from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from app.image_warming import ImageWarming, feature_folder
from app.model import edits, gestures, navigation
from app.model.annotations import Category
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.corrections import read_corrections
from app.store.project_store import ProjectStore
from detector.image_files import list_images
from detector.looks import looks_at
from detector.roi_features import FeatureCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from app.store.corrections import StoredCorrections
    from app.workers.messages import FeatureFolder
    from detector.corrections import CorrectedImage

DIE = Category(1, "die", "#ffffff")


class Line:
    """Stands for the detector service and its training: keeps what is to be warmed."""

    def __init__(self) -> None:
        self.images: list[CorrectedImage] = []
        self.folders: set[FeatureFolder] = set()
        self.reads: list[Callable[[], StoredCorrections]] = []
        self.training, self.tiling = self, SimpleNamespace(tile=0)

    def warm(self, images: Iterable[CorrectedImage], features: FeatureFolder, tile: int) -> None:
        self.images.extend(images)
        self.tile = tile
        self.folders.add(features)

    def warm_all(self, read: Callable[[], StoredCorrections], features: FeatureFolder) -> None:
        self.reads.append(read)
        self.folders.add(features)

    def taken(self) -> list[str]:
        """The names of what was asked for since the last time."""
        names = [image.name for image in self.images]
        self.images.clear()
        return names


class Project:
    def __init__(self, folder: Path) -> None:
        self.store = ProjectStore.open(folder)
        self.store.list_images(list_images(folder))
        self.workspace = Workspace(self.store)
        self.workspace.execute(edits.add_category(DIE))
        self.line = Line()
        self.warming = ImageWarming(self.store, self.workspace, self.line)  # type: ignore[arg-type]

    def draw(self, left: float = 1) -> None:
        image = self.workspace.current_image
        assert image is not None
        box = (left, 2.0, 30.0, 40.0)
        self.workspace.execute(edits.draw(box, image.id, DIE, self.workspace.next_ids()))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    for name in "abc":
        Image.new("RGB", (64, 48)).save(tmp_path / f"{name}.png")
    opened = Project(tmp_path)
    yield opened
    opened.store.close()


def test_that_an_image_is_warmed_when_it_is_reviewed(project: Project) -> None:
    project.draw()
    gestures.mark_reviewed_and_go_on(project.workspace)
    (image,) = project.line.images
    assert image.name == "a.png"
    assert image.path == project.store.location.image_folder / "a.png"
    assert image.reviewed
    assert project.line.folders == {feature_folder(project.store.location)}


def test_that_it_is_warmed_as_a_training_sees_it(project: Project) -> None:
    project.draw()
    project.draw(5)
    gestures.mark_reviewed_and_go_on(project.workspace)
    (warmed,), (trained,) = project.line.images, read_corrections(project.store.location, None).corrections.images
    for name in ("gt_boxes", "rejected_boxes", "iscrowd"):
        assert np.array_equal(getattr(warmed, name), getattr(trained, name))
        assert getattr(warmed, name).dtype == getattr(trained, name).dtype
    assert (warmed.path, warmed.name, warmed.reviewed) == (trained.path, trained.name, trained.reviewed)


def test_that_a_large_image_is_warmed_in_tiles(project: Project) -> None:
    project.line.tiling.tile = 24
    project.draw()
    gestures.mark_reviewed_and_go_on(project.workspace)
    (image,) = project.line.images
    looks = looks_at(image, project.line.tile)
    found = read_corrections(project.store.location, None, tile=24).corrections
    learnt = [look for one in found.images for look in looks_at(one, found.tile)]
    assert len(looks) > 2
    assert [FeatureCache.key(look, "v") for look in looks] == [FeatureCache.key(look, "v") for look in learnt]


def test_that_looking_around_warms_nothing(project: Project) -> None:
    navigation.go_by(project.workspace, 1)
    project.draw()
    navigation.go_by(project.workspace, 1)
    navigation.go_by(project.workspace, -2)
    assert project.line.taken() == []


def test_that_a_reviewed_image_is_warmed_again_when_it_is_left_after_an_edit(project: Project) -> None:
    gestures.mark_reviewed_and_go_on(project.workspace)
    assert project.line.taken() == ["a.png"]
    navigation.go_by(project.workspace, -1)
    project.draw()
    project.draw(5)
    assert project.line.taken() == []
    navigation.go_by(project.workspace, 1)
    assert len(project.line.images[0].gt_boxes) == 2
    assert project.line.taken() == ["a.png"]
    navigation.go_by(project.workspace, -1)
    navigation.go_by(project.workspace, 1)
    assert project.line.taken() == []


def test_that_an_image_marked_as_not_reviewed_any_more_is_not_warmed(project: Project) -> None:
    gestures.toggle_reviewed(project.workspace)
    assert project.line.taken() == ["a.png"]
    gestures.toggle_reviewed(project.workspace)
    assert project.line.taken() == []


def test_that_many_images_of_an_import_wait_behind_everything_else(tmp_path: Path) -> None:
    names = [f"{number}.png" for number in range(9)]
    for name in names:
        Image.new("RGB", (64, 48)).save(tmp_path / name)
    opened = Project(tmp_path)
    rows = [Edit(record.mark, replace(record.mark, reviewed=True)) for record in opened.workspace.images]
    opened.workspace.execute(Command("import", None, tuple(rows)))
    assert opened.line.taken() == []
    (read,) = opened.line.reads
    assert [image.name for image in read().corrections.images] == names
    opened.workspace.undo()
    assert opened.line.taken() == []
    opened.store.close()


def test_that_nothing_is_warmed_after_the_project_is_closed(project: Project) -> None:
    project.warming.close()
    gestures.toggle_reviewed(project.workspace)
    assert project.line.taken() == []


def test_that_every_corrected_image_is_warmed_for_another_backbone(project: Project) -> None:
    first, second = project.workspace.images[:2]
    project.draw()
    project.workspace.go_to(second.id)
    reviewed = edits.mark_reviewed(second.mark)
    assert reviewed is not None
    project.workspace.execute(reviewed)
    project.line.taken()
    project.warming.warm_all()
    assert project.line.taken() == []
    (read,) = project.line.reads
    with ThreadPoolExecutor(1) as thread:  # not the one that has opened the project
        found = thread.submit(read).result()
    assert [image.name for image in found.corrections.images] == [first.path, second.path]
