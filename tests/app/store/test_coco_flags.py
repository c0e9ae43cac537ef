"""Flags, notes and locks in COCO JSON: CVAT's attributes, converters' fields, and what nobody here knows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from format_projects import planned

from app.model import edits
from app.model.annotations import Annotation, Flag
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.formats.coco_export import export_coco
from detector.coco import parse_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.project_store import ProjectStore

KNOWN = {"id", "image_id", "category_id", "bbox", "area", "iscrowd", "boxwright"}


class Project:
    """A project with one image that is reviewed, and a file with one annotation on it."""

    def __init__(self, store: ProjectStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.workspace = Workspace(store)

    def bring_in(self, **fields: Any) -> Annotation:
        document = {
            "images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}],
            "categories": [{"id": 3, "name": "bolt"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [4, 5, 10, 20], **fields}],
        }
        return self.read(document)

    def read(self, document: dict[str, Any]) -> Annotation:
        file = self.folder / "in.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        found = planned(self.store, file, reviewed=True)
        assert found.problems == ()
        assert found.command is not None
        self.workspace.execute(found.command)
        return self.annotation

    @property
    def annotation(self) -> Annotation:
        image = next(one for one in self.store.images() if one.path == "1.png")
        (annotation,) = self.store.annotations_of(image.id)
        return annotation

    def write(self) -> dict[str, Any]:
        target = self.folder / "out.json"
        export_coco(self.store.location, target)
        document: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
        return document

    def written(self) -> dict[str, Any]:
        """Return what the exported annotation says beside what every annotation says."""
        (entry,) = self.write()["annotations"]
        return {name: value for name, value in entry.items() if name not in KNOWN}

    def flag(self, flag: Flag, *, on: bool = True) -> None:
        command = edits.set_flag([self.annotation], flag, on)
        assert command is not None
        self.workspace.execute(command)


@pytest.fixture
def project(store: ProjectStore, tmp_path: Path) -> Project:
    return Project(store, tmp_path)


CVAT = {"attributes": {"occluded": True, "rotation": 0.0, "colour": "red", "track": None}}


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, ()),
        (CVAT, (Flag.OCCLUDED,)),
        ({"attributes": {"occluded": False, "truncated": "true", "difficult": "False"}}, (Flag.TRUNCATED,)),
        ({"difficult": 1}, (Flag.DIFFICULT,)),
        ({"ignore": 1, "truncated": 1, "occluded": "1"}, (Flag.DIFFICULT, Flag.OCCLUDED, Flag.TRUNCATED)),
        ({"difficult": "Unspecified", "truncated": 0.35, "occluded": 2}, ()),
        ({"attributes": ["occluded"], "truncated": None}, ()),
        ({"attributes": "occluded", "difficult": [1]}, ()),
        ({"attributes": {"difficult": {"value": True}}, "note": "theirs"}, ()),
    ],
)
def test_that_what_other_programs_say_is_read_and_given_back_as_it_was(
    project: Project, fields: dict[str, Any], flags: tuple[Flag, ...]
) -> None:
    annotation = project.bring_in(**fields)
    assert (annotation.flags, annotation.locked, annotation.note) == (flags, False, "")
    assert project.written() == fields


@pytest.mark.parametrize(
    ("fields", "flag", "on", "expected"),
    [
        ({}, Flag.OCCLUDED, True, {"attributes": {"occluded": True}}),
        ({}, Flag.DIFFICULT, True, {"attributes": {"difficult": True}}),
        (CVAT, Flag.TRUNCATED, True, {"attributes": {**CVAT["attributes"], "truncated": True}}),
        (CVAT, Flag.OCCLUDED, False, {"attributes": {**CVAT["attributes"], "occluded": False}}),
        ({"difficult": 1, "ignore": 0}, Flag.DIFFICULT, False, {"difficult": 0, "ignore": 0}),
        ({"truncated": "true"}, Flag.TRUNCATED, False, {"truncated": "false"}),
        ({"attributes": {"occluded": "yes"}}, Flag.OCCLUDED, False, {"attributes": {"occluded": "no"}}),
        ({"attributes": ["night"]}, Flag.OCCLUDED, True, {"attributes": ["night"], "occluded": 1}),
        ({"attributes": None}, Flag.TRUNCATED, True, {"attributes": {"truncated": True}}),
    ],
)
def test_that_a_change_of_a_flag_is_written_where_the_file_has_it(
    project: Project, fields: dict[str, Any], flag: Flag, on: bool, expected: dict[str, Any]
) -> None:
    project.bring_in(**fields)
    project.flag(flag, on=on)
    assert project.written() == expected


def test_that_everything_said_about_a_box_survives_a_round_trip(project: Project) -> None:
    project.bring_in(**CVAT)
    for flag in (Flag.DIFFICULT, Flag.TRUNCATED, Flag.CROWD):
        project.flag(flag)
    project.workspace.execute(edits.set_note([project.annotation], "left “half”\nguessed"))  # type: ignore[arg-type]
    project.workspace.execute(edits.set_locked([project.annotation]))  # type: ignore[arg-type]
    drawn = project.annotation
    project.workspace.execute(Command("merge", drawn.image_id, (Edit(drawn, replace(drawn, author="Änn")),)))
    before, document = project.annotation, project.write()
    project.workspace.execute(edits.set_locked([before], locked=False))  # type: ignore[arg-type]
    project.workspace.execute(edits.delete([project.annotation]))  # type: ignore[arg-type]
    after = project.read(document)
    assert after.flags == before.flags == tuple(Flag)
    assert (after.note, after.locked) == (before.note, before.locked) == ("left “half”\nguessed", True)
    assert after.author == "Änn"
    assert project.write() == document


def test_that_an_evaluation_reads_difficult_from_our_file(project: Project) -> None:
    project.bring_in()
    project.flag(Flag.DIFFICULT)
    (image,) = parse_dataset(project.write()).images
    assert image.difficult.tolist() == [True]


@pytest.mark.parametrize("own", [{"note": 3, "locked": 1}, {"note": None, "locked": "yes"}, {"note": ["x"]}])
def test_that_nonsense_under_our_own_name_says_nothing(project: Project, own: dict[str, Any]) -> None:
    annotation = project.bring_in(boxwright=own)
    assert (annotation.locked, annotation.note) == (False, "")
