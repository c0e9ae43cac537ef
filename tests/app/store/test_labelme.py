from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.model.annotations import ImageRecord
from app.store.formats import labelme
from app.store.formats.coco_fields import OWN
from app.store.formats.foreign import Delivery
from app.store.formats.labelme import LABELME
from app.store.formats.project_images import ProjectImages
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


def shape(**more: Any) -> dict[str, Any]:
    return {
        "label": "bolt",
        "points": [[30.5, 40], [1.5, 2]],
        "group_id": None,
        "description": "",
        "shape_type": "rectangle",
        "flags": {},
        **more,
    }


def page(*shapes: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "1.png",
        "imageData": None,
        "imageHeight": 48,
        "imageWidth": 64,
        **more,
    }


@pytest.fixture
def images(tmp_path: Path) -> ProjectImages:
    names = ["1.png", "sub/2.png", "other/2.png"]
    return ProjectImages(tmp_path, [ImageRecord(number, name, (48, 64)) for number, name in enumerate(names, 1)])


@pytest.fixture
def read(tmp_path: Path, images: ProjectImages) -> Any:
    def read_page(content: object) -> Any:
        file = tmp_path / "1.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        return LABELME.read(file, images)

    return read_page


def test_that_a_rectangle_is_a_box_whatever_corners_it_has(read: Any) -> None:
    reading = read(page(shape(), shape(points=[[1.5, 40], [30.5, 2]])))
    assert (reading.problems, reading.notes) == ((), ())
    assert [one["bbox"] for one in reading.document["annotations"]] == [[1.5, 2, 29, 38]] * 2
    assert reading.document["images"] == [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}]


def test_that_flags_group_and_description_come_along(read: Any) -> None:
    flags = {"difficult": True, "rusty": True, "occluded": False, "iscrowd": True}
    reading = read(page(shape(flags=flags, group_id=4, description="look here", color="red")))
    (annotation,) = reading.document["annotations"]
    assert annotation["attributes"] == {"difficult": True, "rusty": True, "occluded": False}
    assert (annotation["iscrowd"], annotation[OWN]) == (1, {"note": "look here"})
    assert annotation["labelme"] == {"group_id": 4, "color": "red"}


@pytest.mark.parametrize(
    ("kind", "points", "bbox"),
    [
        ("polygon", [[10, 10], [30, 12.5], [20, 40]], [10, 10, 20, 30]),
        ("circle", [[20, 20], [23, 24]], [15, 15, 10, 10]),
        ("circle", [[2, 2], [5, 6]], [0, 0, 7, 7]),
        ("mask", [[5, 6], [12, 14]], [5, 6, 7, 8]),
    ],
)
def test_that_an_outline_becomes_the_box_around_it(read: Any, kind: str, points: Any, bbox: list[float]) -> None:
    reading = read(page(shape(shape_type=kind, points=points)))
    assert reading.document["annotations"][0]["bbox"] == bbox
    assert "box around them: 1 (the first: 1.json, shape 1)" in reading.notes[0]


def test_that_points_are_left_out_and_flags_of_the_image_kept(read: Any) -> None:
    reading = read(page(shape(shape_type="point", points=[[1, 2]]), flags={"blurred": True}))
    assert reading.document["annotations"] == []
    assert reading.document["images"][0]["labelme"] == {"flags": {"blurred": True}}
    assert len(reading.notes) == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (page(shape(points=[[1, 2], [float("nan"), 3]])), "is not four finite numbers"),
        (page(shape(points=[[1, 2]])), "is not four finite numbers"),
        (page(shape(points=[[1, 2, 3], [4, 5, 6]])), "is not four finite numbers"),
        (page(shape(points={"x": 1})), "is not four finite numbers"),
        (page(shape(points=[[5, 5], [5, 9]])), "with a width and a height"),
        (page(shape(label=7)), "its label is 7, not a name"),
        (page("box"), "shape 1: it is no JSON object"),
        (page(imagePath="3.png"), "'3.png': the folder"),
        (page(imagePath=["1.png"]), "it names no image"),
    ],
)
def test_that_what_is_wrong_is_named_with_its_place(read: Any, content: object, problem: str) -> None:
    reading = read(content)
    assert problem in reading.problems[0]
    assert reading.problems[0].startswith("1.json")
    assert reading.document["annotations"] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]", "has no list"),
        ('{"shapes": {}}', "has no list"),
        (json.dumps(page(shape()))[:-9], "not JSON that can be read"),
        ("[" * 100_000, "not JSON that can be read"),
        ("", "not JSON that can be read"),
    ],
)
def test_that_what_is_no_file_of_labelme_is_a_sentence(read: Any, content: str, reason: str) -> None:
    with pytest.raises(DetectorError, match=reason):
        read(content)


def test_that_the_picture_in_a_file_is_not_decoded(read: Any) -> None:
    big = "QUJD+/=" * 200_000
    content = json.dumps(page(shape(label='"imageData": "a"'), imageData=big)).replace("/", "\\/")
    reading = read(content)
    assert [one["name"] for one in reading.document["categories"]] == ['"imageData": "a"']
    assert len(reading.document["annotations"]) == 1


def test_that_a_folder_is_read_below_and_a_bad_file_does_not_hide_the_others(
    tmp_path: Path, images: ProjectImages
) -> None:
    folder = tmp_path / "labels"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "1.json").write_text(json.dumps(page(shape(), imagePath="..\\1.png")))
    (folder / "sub" / "2.json").write_text(json.dumps(page(imagePath="2.png")))
    (folder / "a.json").write_text('{"images": []}')
    (folder / "z.json").write_text("{")
    (folder / ".hidden" / "3.json").write_text("{")
    assert LABELME.recognises(folder)
    reading = LABELME.read(folder, images)
    assert [one["file_name"] for one in reading.document["images"]] == ["1.png", "sub/2.png"]
    assert len(reading.problems) == 1
    assert "z.json" in reading.problems[0]
    assert "not labelme's, which were left out: 1 (the first: a.json)" in reading.notes[0]


def test_that_an_export_is_looked_for_once_a_folder(
    tmp_path: Path, images: ProjectImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(labelme, "export_around", lambda folder, _key: asked.append(folder))
    pages = tmp_path / "pages"
    for name in ("1", "2", "sub/3", "sub/4"):
        file = pages / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"shapes": [], "imagePath": "1.png"}))
    LABELME.read(pages, images)
    assert sorted(asked) == [pages, pages / "sub"]


def test_that_a_single_file_means_the_image_beside_it(tmp_path: Path, images: ProjectImages) -> None:
    file = tmp_path / "other" / "2.json"
    file.parent.mkdir()
    file.write_text(json.dumps(page(imagePath="2.png")))
    assert [one["file_name"] for one in LABELME.read(file, images).document["images"]] == ["other/2.png"]


def test_that_a_path_without_end_is_no_trap(read: Any) -> None:
    assert "the folder" in read(page(imagePath="a/" * 300_000 + "x.png")).problems[0]


def test_that_files_name_their_images_by_the_way_there(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "images": [
            {"id": number, "file_name": name, "width": 64, "height": 48}
            for number, name in enumerate(("sub/2.png", "3.png", "3.jpg"), 1)
        ],
        "categories": [{"id": 1, "name": "bolt"}],
        "annotations": [],
    }
    photos, target = tmp_path / "photos", tmp_path / "out"
    written = LABELME.write(document, target, Delivery(photos))
    found = {file.relative_to(target).as_posix(): json.loads(file.read_text()) for file in written.files}
    assert {name: content["imagePath"] for name, content in found.items()} == {
        "sub/2.json": "../../photos/sub/2.png",
        "3.png.json": "../photos/3.png",
        "3.jpg.json": "../photos/3.jpg",
    }
    assert all(content["imageData"] is None for content in found.values())
    assert "bolt" in written.lost[0]
    assert "3.jpg, 3.png" in written.lost[1]


def test_that_attributes_that_are_no_flags_come_back(tmp_path: Path, images: ProjectImages) -> None:
    document: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "bolt"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "attributes": {"size": "3", "new": True}}
        ],
    }
    (file,) = LABELME.write(document, tmp_path / "out", Delivery(tmp_path)).files
    assert json.loads(file.read_text())["shapes"][0]["flags"] == {"new": True}
    (annotation,) = LABELME.read(file, images).document["annotations"]
    assert annotation["attributes"] == {"size": "3", "new": True}


def test_that_other_json_is_not_taken_for_labelmes(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"images": [], "annotations": [], "shapes": 1, "imagePath": 2}')
    assert not LABELME.recognises(file)
    assert not LABELME.recognises(tmp_path / "nothing.json")
