from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from format_projects import spots
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.model.annotations import ImageRecord
from app.store.formats.findings import Severity, lines
from app.store.formats.foreign import Delivery
from app.store.formats.outline_checks import runs_of
from app.store.formats.project_images import ProjectImages
from app.store.formats.table import FORMATS
from app.store.formats.validation import Validation, validate
from detector.coco import parse_dataset
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD: dict[str, Any] = {
    "info": {},
    "images": [
        {"id": 7, "file_name": "1.png", "width": 64, "height": 48},
        {"id": 8, "file_name": "sub/10.png", "width": 64, "height": 48},
        {"id": 9, "file_name": "2.png", "width": 64, "height": 48},
    ],
    "categories": [{"id": 3, "name": "bolt"}, {"id": 5, "name": "nut"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 7, 20], "area": 140, "iscrowd": 0},
        {"id": 2, "image_id": 7, "category_id": 5, "bbox": [10, 10, 20, 20], "area": 200, "iscrowd": 0},
        {"id": 3, "image_id": 8, "category_id": 5, "bbox": [5, 5, 40, 40], "area": 900, "iscrowd": 1},
    ],
}
GOOD["annotations"][1]["segmentation"] = [[10, 10, 30, 10, 30, 30]]
GOOD["annotations"][2]["segmentation"] = {"counts": [0, 10, 3062], "size": [48, 64]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three plain images that differ."""
    images = tmp_path / "images"
    (images / "sub").mkdir(parents=True)
    for shade, name in enumerate(("1.png", "2.png", "sub/10.png")):
        Image.new("RGB", (64, 48), (shade, 0, 0)).save(images / name)
    return images


@pytest.fixture
def check(tmp_path: Path, folder: Path) -> Callable[..., Validation]:
    def check_changed(change: Callable[[dict[str, Any]], object] | None = None, **options: Any) -> Validation:
        document = copy.deepcopy(GOOD)
        if change is not None:
            change(document)
        file = tmp_path / "annotations.json"
        file.write_text(json.dumps(document))
        return validate(file, folder, **options)

    return check_changed


def test_that_a_good_file_has_no_findings(check: Callable[..., Validation]) -> None:
    found = check()
    assert found.findings == ()
    assert (found.images, found.annotations, found.categories) == (3, 3, 2)
    assert found.format is not None
    assert found.format.key == "coco"


def setting(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return what puts `value` at `path`, such as "annotations.0.bbox"."""

    def change(document: dict[str, Any]) -> None:
        node: Any = document
        *way, last = path.split(".")
        for key in way:
            node = node[int(key) if key.isdigit() else key]
        if last == "+":
            node.append(value)
        else:
            node[int(last) if last.isdigit() else last] = value

    return change


def again(**fields: Any) -> dict[str, Any]:
    return {**GOOD["annotations"][0], "id": 9, **fields}


ERRORS = [
    ("annotations.0.id", 2, "annotation 2 of image 7 (1.png): its id 2 is used before"),
    ("annotations.0.id", 0, "annotation 0 of image 7 (1.png): its id is 0"),
    ("annotations.0.id", "1", "annotation number 1 of image 7 (1.png): its id is '1', not a whole number"),
    ("annotations.0.image_id", 1, "the dataset has no image 1. Add the image"),
    ("annotations.0.category_id", None, "the dataset has no category None"),
    ("annotations.0.bbox", [1, 2, 0, 5], "has no width or no height"),
    ("annotations.0.bbox", [1, 2, -3, 5], "has no width or no height"),
    ("annotations.0.bbox", [1, 2, 3], "not four finite numbers"),
    ("annotations.0.bbox", [1, 2, float("nan"), 3], "it has NaN in 1 places, which JSON does not know"),
    ("annotations.0.bbox", [1, 2, 1e400, 3], "not four finite numbers"),
    ("annotations.0.bbox", [60, 2, 7, 20], "(60, 2, 67, 22) leaves the image of 64 x 48 by 3 pixels. Cut it"),
    ("annotations.0.bbox", [160, 2, 7, 20], "lies outside the image"),
    ("annotations.0.iscrowd", True, "iscrowd is True"),
    ("annotations.0.iscrowd", "0", "iscrowd is '0'"),
    ("annotations.0.area", "big", "its area is 'big', not a number. Write 140"),
    ("annotations.+", again(), "it is the box of annotation 1 of image 7 (1.png) again. Take one"),
    ("annotations.0", 5, "annotation number 1: it is 5, not a JSON object"),
    ("annotations.1.segmentation", [[1, 2, 3, 4]], "polygon 1 of its segmentation is [1, 2, 3, 4]"),
    ("annotations.1.segmentation", "abc", "its segmentation is 'abc'"),
    ("annotations.2.segmentation.counts", [0, 10, 5], "the runs of its mask make 15 pixels, not 3072"),
    ("annotations.2.segmentation.counts", "\x01", "the code of its mask is"),
    ("annotations.2.segmentation.counts", [-1, 3073], "the code of its mask is"),
    ("annotations.2.segmentation.size", [64, 48], "its mask is 48 x 64, its image 64 x 48"),
    ("annotations.2.segmentation.size", 5, "the size of its mask is 5"),
    ("images.0.id", 8, "image number 2: its id 8 is used before"),
    ("images.0.id", None, "image number 1: its id is None"),
    ("images.0.file_name", "/home/1.png", "its file name is absolute"),
    ("images.0.file_name", "C:\\1.png", "its file name is absolute"),
    ("images.0.file_name", "../1.png", "its file name leaves the folder"),
    ("images.0.file_name", "3.png", "image 7 (3.png): the folder"),
    ("images.0.file_name", "2.png", "image 7 (2.png) has the same file name"),
    ("images.0.file_name", "", "its file name is ''"),
    ("images.0.width", 32, "its size is 32 x 48 in the dataset, but it is 64 x 48"),
    ("images.0.width", "wide", "its width is 'wide'"),
    ("categories.0.id", 5, "category number 2: its id 5 is used before"),
    ("categories.0.id", 3.5, "category number 1: its id is 3.5"),
    ("categories.0.name", " ", "its name is ' '"),
    ("categories.0.name", "nut", "category 3 (nut) has that name too"),
    ("categories", {}, "annotations.json: it has no list categories"),
]


@pytest.mark.parametrize(("path", "value", "said"), ERRORS)
def test_that_an_error_is_found_and_says_where_and_what_to_do(
    check: Callable[..., Validation], path: str, value: Any, said: str
) -> None:
    found = [one for one in check(setting(path, value)).findings if said in one.line]
    assert [one.severity for one in found] == [Severity.ERROR]
    assert found[0].advice
    assert found[0].line.startswith("error: ")


WARNINGS = [
    ("annotations.0.bbox", [1, 2, 0.5, 20], "its box is 0.5 x 20 pixels"),
    ("annotations.0.bbox", [57.5, 2, 7, 20], "by 0.5 pixels. Cut it to the image: some"),
    ("annotations.0.area", 100, "its area is 100, but its box has 140"),
    ("annotations.+", again(category_id=5), "with another category"),
    ("annotations.+", {"id": 9, "image_id": 8, "category_id": 5, "bbox": [1, 1, 2, 2]}, "it has no area"),
    ("annotations.+", {"id": 9, "image_id": 8, "category_id": 5, "bbox": [1, 1, 2, 2]}, "it has no iscrowd"),
    ("annotations.1.iscrowd", 1, "it is a crowd with polygons"),
    ("annotations.0.category_id", 5, "category 3 (bolt): no annotation has it"),
    ("categories.+", {"id": 0, "name": "screw"}, "its id is 0. Number from 1 on"),
    ("categories.+", {"id": 6, "name": "B-olt"}, "category 3 (bolt) has nearly that name"),
    ("images.1.file_name", "10.png", "it is found by its last name alone, as sub/10.png"),
    ("images.1.file_name", "sub\\10.png", "has a backslash"),
    ("images.0.height", None, "its height is missing"),
]


@pytest.mark.parametrize(("path", "value", "said"), WARNINGS)
def test_that_a_warning_is_found_and_is_no_error(
    check: Callable[..., Validation], path: str, value: Any, said: str
) -> None:
    found = check(setting(path, value))
    assert [one.severity for one in found.findings if said in one.line] == [Severity.WARNING]
    assert found.count(Severity.ERROR) == 0


@pytest.mark.parametrize("name", ["./1.png", "sub/../1.png"])
def test_that_the_same_place_in_other_words_is_not_elsewhere(check: Callable[..., Validation], name: str) -> None:
    found = check(setting("images.0.file_name", name))
    assert "image elsewhere" not in [one.kind for one in found.findings]


def test_that_images_that_cannot_be_read_are_found(check: Callable[..., Validation], folder: Path) -> None:
    whole = (folder / "1.png").read_bytes()
    (folder / "1.png").write_bytes(whole[:-30])
    assert "image 7 (1.png)" in next(one.line for one in check().findings)
    assert check(thorough=False).findings == ()
    (folder / "1.png").write_bytes(b"")
    (found,) = check(thorough=False).findings
    assert (found.kind, "is empty" in found.line) == ("image that cannot be read", True)


def test_that_turned_images_are_named_and_their_swapped_size_explained(
    check: Callable[..., Validation], folder: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (48, 64)).save(folder / "1.png", exif=exif)
    assert [one.kind for one in check().findings] == ["turned image"]
    found = check(lambda document: document["images"][0].update(width=48, height=64)).findings
    assert "turned by its EXIF orientation. Write the size, and the boxes, of the upright image" in found[0].line


def test_that_copies_and_images_left_over_are_named(check: Callable[..., Validation], folder: Path) -> None:
    (folder / "2.png").write_bytes((folder / "1.png").read_bytes())
    (folder / "3.png").write_bytes(b"")
    kinds = {one.kind: one.line for one in check().findings}
    assert "the same bytes as image 7 (1.png)" in kinds["same image twice"]
    assert "one of its images is not in the dataset, the first is 3.png" in kinds["images not in the dataset"]


@pytest.mark.parametrize("text", ["", "[]", "{", "5", "[" * 100_000, '{"images": []}', "\x00"])
def test_that_what_is_no_dataset_is_one_error(tmp_path: Path, folder: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    assert validate(file, folder).count(Severity.ERROR) >= 1


@pytest.mark.parametrize("form", FORMATS[1:], ids=lambda form: form.key)
def test_that_every_format_is_looked_over(form: Any, tmp_path: Path, folder: Path) -> None:
    document = copy.deepcopy(GOOD)
    document["annotations"][0]["bbox"] = [1, 2, 0.5, 20]
    document["annotations"][1]["iscrowd"] = 0
    document["annotations"].append(again(bbox=[1, 2, 0.5, 20]))
    target = tmp_path / f"out{form.suffix}"
    form.write(document, target, Delivery(folder))
    found = validate(target, folder, form)
    kinds = [one.kind for one in found.findings]
    assert kinds.count("box thinner than a pixel") == 2
    assert "box twice" in kinds
    assert "1.png, box" in next(one.line for one in found.findings if one.kind == "box twice")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.floats() | st.text(max_size=3) | st.just("1.png"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_that_what_an_import_refuses_is_an_error(data: st.DataObject, tmp_path: Path, folder: Path) -> None:
    document = copy.deepcopy(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(spots(document)[1:]))
        node: Any = document
        for key in way:
            node = node[key]
        node[last] = data.draw(ANYTHING)
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps(document))
    found = validate(file, folder, FORMATS[0], thorough=False)
    images = ProjectImages(folder, [ImageRecord(n, name) for n, name in enumerate(("1.png", "2.png", "sub/10.png"), 1)])
    try:
        refused = bool(parse_dataset(document, find_image=images).problems)
    except DetectorError:
        refused = True
    assert not refused or found.count(Severity.ERROR)
    assert all("cannot be read" not in one.kind for one in found.findings), "an import finds more than validation"


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=20))
def test_that_compressed_runs_are_what_pycocotools_writes(runs: list[int]) -> None:
    from pycocotools import mask

    code = mask.frPyObjects({"counts": runs, "size": [sum(runs), 1]}, sum(runs), 1)["counts"].decode()
    assert runs_of(code) == runs


def test_that_of_one_kind_some_lines_are_shown_and_the_rest_counted(check: Callable[..., Validation]) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"] = [again(id=number, bbox=[number, 1, 0, 1]) for number in range(1, 31)]

    shown = list(lines(check(change).findings, 5))
    assert sum("no width or no height" in line for line in shown) == 5
    assert "error: 25 more like these: box without an area." in shown
