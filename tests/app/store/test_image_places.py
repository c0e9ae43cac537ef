"""Which image an annotation file means where several have its name: the one of its place, or a problem."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from format_projects import bring_in
from PIL import Image

from app.model.commands import Command, Edit
from app.store.formats.annotation_export import export_annotations
from app.store.formats.export_report import ExportError
from app.store.formats.findings import Severity
from app.store.formats.foreign import Images
from app.store.formats.table import FORMATS, format_of
from app.store.formats.validation import validate
from app.store.project_store import ProjectStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path

    from app.store.formats.coco_import import CocoImport
    from app.store.formats.foreign import Format

YOLO_LINE = "0 0.5 0.5 0.25 0.5\n"
SEVERAL = "has several images of that name."


def project(folder: Path, *names: str) -> ProjectStore:
    """Open a project of these images; each of another width, so that a box says whose it was."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("1", (64 + number, 48)).save(folder / name)
    store = ProjectStore.open(folder)
    store.list_images(list_images(store.location.image_folder))
    return store


def landed(store: ProjectStore) -> dict[str, float]:
    """Image -> the right side of its one box."""
    boxes = {record.path: store.annotations_of(record.id) for record in store.images()}
    return {path: found[0].box[2] for path, found in boxes.items() if found}


def labelled(store: ProjectStore, said: Path) -> dict[str, float]:
    """Bring boxes into all images, each as wide as its image, by way of a COCO file."""
    images = []
    for number, record in enumerate(store.images(), 1):
        with Image.open(store.location.image_folder / record.path) as opened:
            images.append({"id": number, "file_name": record.path, "width": opened.width, "height": opened.height})
    boxes = [
        {"id": one["id"], "image_id": one["id"], "category_id": 1, "bbox": [0, 0, one["width"], 48]} for one in images
    ]
    document = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "die"}]}
    said.write_text(json.dumps(document))
    assert bring_in(store, said, reviewed=True).problems == ()
    return landed(store)


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def voc(name: str, folder: str = "") -> str:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"
    thing = f"<object><name>die</name>{box}</object>"
    return f"<annotation><folder>{folder}</folder><filename>{name}</filename>{thing}</annotation>"


def labelme(path: str) -> str:
    shape = {"label": "die", "points": [[1, 2], [30, 40]], "shape_type": "rectangle"}
    return json.dumps({"shapes": [shape], "imagePath": path, "imageData": None})


def write_all(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        written(folder / name, text)


def brought(tmp_path: Path, images: list[str], files: dict[str, str], source: str) -> tuple[list[str], CocoImport]:
    """Return the images that got a box from `source`, and what was said; all paths are below `tmp_path`."""
    write_all(tmp_path, files)
    with closing(project(tmp_path / "photos", *images)) as store:
        found = bring_in(store, tmp_path / source)
        return list(landed(store)), found


@pytest.mark.parametrize(
    ("images", "files", "source", "meant"),
    [
        (["1.png", "x/1.png"], {"photos/x/1.txt": YOLO_LINE}, "photos/x", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/x/labels/1.txt": YOLO_LINE}, "photos/x", "x/1.png"),
        (["1.png", "x/1.png", "a/x/1.png"], {"photos/a/x/labels/1.txt": YOLO_LINE}, "photos/a/x", "a/x/1.png"),
        (["1.png", "x/images/1.png"], {"photos/x/labels/1.txt": YOLO_LINE}, "photos/x/labels", "x/images/1.png"),
        (["1.png", "x/1.png"], {"photos/x/1.xml": voc("1.png")}, "photos/x", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/x/1.xml": voc("")}, "photos/x", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/x/Annotations/1.xml": voc("1.png")}, "photos/x", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/x/Annotations/1.xml": voc("1.png", "x")}, "photos", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/Annotations/1.xml": voc("1.png", "x")}, "photos", "x/1.png"),
        (["1.png", "x/1.png"], {"photos/Annotations/1.xml": voc("1.png", "photos")}, "photos", "1.png"),
        (["a/1.png", "x/a/1.png"], {"photos/x/a/1.xml": voc("1.png", "a")}, "photos/x", "x/a/1.png"),
        (["1.png", "x/a/1.png"], {"photos/x/xml/1.xml": voc("1.png", "a")}, "photos/x/xml", "x/a/1.png"),
        (["a/1.png", "b/1.png"], {"else/a/1.xml": voc("1.png", "b")}, "else", "a/1.png"),
        (["1.png", "photos/1.png"], {"photos/1.json": labelme("1.png")}, "photos", "1.png"),
        (["1.png", "photos/1.png"], {"out/1.json": labelme("../photos/1.png")}, "out", "1.png"),
        (["1.png", "x/1.png"], {"photos/x/1.json": labelme("1.png")}, "photos/x/1.json", "x/1.png"),
    ],
)
def test_that_a_file_among_the_images_means_the_one_of_its_place(
    tmp_path: Path, images: list[str], files: dict[str, str], source: str, meant: str
) -> None:
    found, said = brought(tmp_path, images, files, source)
    assert (found, said.problems) == ([meant], ())


@pytest.mark.parametrize(
    ("images", "files", "source"),
    [
        (["1.png", "x/1.png"], {"photos/x/boxes/1.txt": YOLO_LINE}, "photos/x/boxes"),
        (["1.png", "x/1.png"], {"photos/x/boxes/1.xml": voc("1.png")}, "photos/x/boxes"),
        (["1.png", "x/1.png"], {"photos/x/boxes/1.json": labelme("1.png")}, "photos/x/boxes"),
        (["1.png", "x/1.png"], {"x/1.txt": YOLO_LINE}, "x"),
        (["1.png", "train/1.png"], {"yolo/data.yaml": "names: [a]", "yolo/labels/train/1.txt": YOLO_LINE}, "yolo"),
        (["1.png", "photos/1.png"], {"else/1.json": labelme("../moved/photos/1.png")}, "else"),
    ],
)
def test_that_what_fits_several_images_is_a_problem(
    tmp_path: Path, images: list[str], files: dict[str, str], source: str
) -> None:
    found, said = brought(tmp_path, images, files, source)
    assert found == []
    assert len(said.problems) == 1
    assert said.problems[0].endswith(SEVERAL)


def tasks(*addresses: str) -> str:
    value = {"x": 25, "y": 50, "width": 12.5, "height": 25, "rotation": 0, "rectanglelabels": ["die"]}
    region = {"id": "r", "type": "rectanglelabels", "value": value}
    annotations = [{"result": [region]}]
    return json.dumps([{"data": {"image": address}, "annotations": annotations} for address in addresses])


@pytest.mark.parametrize(
    ("images", "addresses", "meant"),
    [
        (["1.png", "photos/1.png"], ["/data/local-files/?d=photos/1.png"], ["1.png"]),
        (["1.png", "photos/2.png"], ["/data/local-files/?d=photos/2.png"], ["photos/2.png"]),
        (["1.png", "photos/1.png"], ["/data/local-files/?d=photos/1.png", "/data/local-files/?d=x/1.png"], None),
        (["1.png", "photos/1.png"], ["s3://bucket/photos/1.png"], None),
        (["1.png", "sub/1.png"], ["/data/upload/1/0a1b2c3d-1.png"], None),
    ],
)
def test_that_an_address_means_one_image_or_is_a_problem(
    tmp_path: Path, images: list[str], addresses: list[str], meant: list[str] | None
) -> None:
    found, said = brought(tmp_path, images, {"tasks.json": tasks(*addresses)}, "tasks.json")
    if meant is None:
        assert said.problems[0].endswith(SEVERAL)
        assert "photos/1.png" not in found
    else:
        assert (found, said.problems) == (meant, ())


PROJECTS = [
    ["1.png", "photos/1.png", "photos/photos/1.png"],
    ["1.png", "train/1.png", "val/1.png"],
    ["x/images/1.png", "y/images/1.png", "images/images/z/1.png"],
    ["labels/1.png", "images/2/1.png", "labels/images/labels/1.png"],
    ["Annotations/1.png", "JPEGImages/a/1.png", "1.png"],
    [" lead.png", "lead.png", " a/lead.png", "a/lead.png"],
]


@pytest.mark.parametrize("key", ["voc", "yolo", "cvat", "labelme", "label-studio"])
@pytest.mark.parametrize("names", PROJECTS, ids=" ".join)
@pytest.mark.parametrize("place", ["out", "photos/x/out", "photos/photos/out"])
def test_that_a_project_reads_its_own_export_back(tmp_path: Path, key: str, names: list[str], place: str) -> None:
    target = tmp_path / f"{place}{format_of(key).suffix}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(project(tmp_path / "photos", *names)) as store:
        before = labelled(store, tmp_path / "said.json")
        assert len(before) == len(names)
        export_annotations(format_of(key), store.location, target)
    assert read_back(tmp_path / "photos", target) == before


def read_back(folder: Path, target: Path) -> dict[str, float]:
    """Import into the images of `folder` without the project that they have."""
    shutil.rmtree(folder / ".boxwright")
    with closing(project(folder)) as store:
        assert bring_in(store, target).problems == ()
        return landed(store)


@pytest.mark.parametrize("images", [Images.COPY, Images.NONE])
@pytest.mark.parametrize("source", ["train", "moved/train", "train/1.json"])
def test_that_an_export_that_has_moved_is_no_folder_of_the_images(tmp_path: Path, images: Images, source: str) -> None:
    with closing(project(tmp_path / "photos", "1.png", "train/1.png", "photos/1.png", "moved/train/1.png")) as store:
        before = labelled(store, tmp_path / "said.json")
        export_annotations(format_of("labelme"), store.location, tmp_path / "train", images=images)
    if source.startswith("moved"):
        (tmp_path / "moved").mkdir()
        (tmp_path / "train").rename(tmp_path / source)
    found = read_back(tmp_path / "photos", tmp_path / source)
    assert found == ({"1.png": before["1.png"]} if source.endswith(".json") else before)


@pytest.mark.parametrize("key", ["voc", "yolo", "labelme"])
def test_that_an_image_folder_behind_a_link_has_places_too(tmp_path: Path, key: str) -> None:
    files = {"yolo": ("1.txt", YOLO_LINE), "voc": ("1.xml", voc("1.png")), "labelme": ("1.json", labelme("1.png"))}
    name, text = files[key]
    project(tmp_path / "photos", "1.png", "x/1.png").close()
    written(tmp_path / "photos" / "x" / name, text)
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    with closing(project(tmp_path / "link")) as store:
        assert bring_in(store, tmp_path / "link" / "x").problems == ()
        assert list(landed(store)) == ["x/1.png"]
    with closing(project(tmp_path / "photos")) as store:
        assert bring_in(store, tmp_path / "link" / "x").annotations == 0, "it is there already"


@pytest.mark.parametrize("source", ["out", "out/labels", "out/data.yaml"])
def test_that_a_part_of_a_split_is_no_folder_of_the_images(tmp_path: Path, source: str) -> None:
    with closing(project(tmp_path / "photos", "1.png", "train/1.png", "val/val/1.png", "val/images/1.png")) as store:
        before = labelled(store, tmp_path / "said.json")
        parts = dict(zip((one.id for one in store.images()), ("train", "val", "val", "train"), strict=True))
        export_annotations(format_of("yolo"), store.location, tmp_path / "out", split=lambda _: parts)
    assert read_back(tmp_path / "photos", tmp_path / source) == before


def test_that_one_part_of_a_split_is_read_by_itself(tmp_path: Path) -> None:
    with closing(project(tmp_path / "photos", "1.png", "train/1.png")) as store:
        before = labelled(store, tmp_path / "said.json")
        parts = {one.id: "train" if one.path == "1.png" else "val" for one in store.images()}
        export_annotations(format_of("yolo"), store.location, tmp_path / "out", split=lambda _: parts)
    assert read_back(tmp_path / "photos", tmp_path / "out" / "labels" / "train") == {"1.png": before["1.png"]}


def test_that_an_image_of_an_export_that_may_be_two_now_is_a_problem(tmp_path: Path) -> None:
    with closing(project(tmp_path / "photos", "x/images/1.png")) as store:
        labelled(store, tmp_path / "said.json")
        export_annotations(format_of("yolo"), store.location, tmp_path / "out")
    shutil.rmtree(tmp_path / "photos" / ".boxwright")
    with closing(project(tmp_path / "photos", "x/images/1.png", "x/1.png")) as store:
        assert bring_in(store, tmp_path / "out").problems[0].endswith(SEVERAL)
        assert landed(store) == {}


def test_that_images_of_another_part_of_a_dataset_are_not_guessed(tmp_path: Path) -> None:
    files = {f"data/labels/{part}/1.txt": YOLO_LINE for part in ("train", "val")} | {"data/data.yaml": "names: [die]"}
    write_all(tmp_path, files)
    written(tmp_path / "data" / "images" / "train" / "notes", "")
    with closing(project(tmp_path / "data" / "images" / "val", "1.png", "train/1.png")) as store:
        (problem,) = bring_in(store, tmp_path / "data").problems
        assert problem.startswith("labels/train/1.txt")
        assert list(landed(store)) == ["1.png"]


def test_that_a_refused_export_names_the_images_and_not_their_places(tmp_path: Path) -> None:
    names = ("labels/1.png", "images/labels/1.png")
    with closing(project(tmp_path / "photos", *names)) as store, pytest.raises(ExportError) as refused:
        export_annotations(format_of("yolo"), store.location, tmp_path / "out", include_unreviewed=True)
    (problem,) = refused.value.problems
    assert problem.startswith("images/labels/1.png, labels/1.png would share one file")


def coco(*names: str) -> str:
    images = [{"id": number, "file_name": name} for number, name in enumerate(names, 1)]
    boxes = [{"id": one["id"], "image_id": one["id"], "category_id": 1, "bbox": [1, 2, 29, 38]} for one in images]
    return json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "die"}]})


def cvat(*names: str) -> str:
    box = '<box label="die" xtl="1" ytl="2" xbr="30" ybr="40" occluded="0"/>'
    images = "".join(f'<image id="{at}" name="{name}">{box}</image>' for at, name in enumerate(names))
    return f"<annotations><version>1.1</version>{images}</annotations>"


def label_studio(*names: str) -> str:
    value = {"x": 10, "y": 10, "width": 20, "height": 20, "rectanglelabels": ["die"]}
    result = {"id": "r", "type": "rectanglelabels", "value": value}
    return json.dumps([{"data": {"image": name}, "annotations": [{"result": [result]}]} for name in names])


SAME_NAME = {
    "coco": ({"a.json": coco("one/1.png", "two/1.png")}, "a.json"),
    "cvat": ({"a.xml": cvat("one/1.png", "two/1.png")}, "a.xml"),
    "label studio": ({"a.json": label_studio("one/1.png", "two/1.png")}, "a.json"),
    "labelme": ({f"a/{one}.json": labelme(f"{one}/1.png") for one in ("one", "two")}, "a"),
    "voc": ({f"a/Annotations/{one}/1.xml": voc("1.png", one) for one in ("one", "two")}, "a"),
    "yolo": ({"a/data.yaml": "names: [die]"} | {f"a/labels/{one}/1.txt": YOLO_LINE for one in ("one", "two")}, "a"),
}


@pytest.mark.parametrize(("files", "source"), SAME_NAME.values(), ids=SAME_NAME.keys())
def test_that_a_box_of_another_folder_takes_no_image_that_the_files_name(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    write_all(tmp_path, files)
    with closing(project(tmp_path / "photos", "two/1.png")) as store:
        found = bring_in(store, tmp_path / source, reviewed=True)
        (record,) = store.images()
        assert len(store.annotations_of(record.id)) == 1
    assert (found.images, found.annotations) == (1, 1)
    assert "one" in found.problems[0]
    assert "in another place only" in found.problems[0]
    assert not any("last name alone" in note for note in found.notes)
    findings = validate(tmp_path / source, tmp_path / "photos").findings
    (error,) = [one for one in findings if one.severity is Severity.ERROR]
    assert "in another place only" in error.what, "and a validation blames the same entry"


@pytest.mark.parametrize(("files", "source"), SAME_NAME.values(), ids=SAME_NAME.keys())
def test_that_an_image_of_another_folder_is_taken_with_a_note(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    files = {name: text.replace("two/1.png", "two/2.png") for name, text in files.items() if "two/" not in name}
    for name, text in files.items():
        written(tmp_path / name, text.replace('"imagePath": "two/1.png"', ""))
    with closing(project(tmp_path / "photos", "three/1.png", "two/2.png")) as store:
        found = bring_in(store, tmp_path / source)
    assert "from another folder than the file says: 1." in found.notes[0]
    assert "is three/1.png" in found.notes[0]


@pytest.mark.parametrize("said", ["1.png", "photos/x/1.png", "C:\\photos\\x\\1.png", "/home/somebody/x/1.png"])
def test_that_a_path_that_goes_on_above_the_folder_is_no_guess(tmp_path: Path, said: str) -> None:
    got, found = brought(tmp_path, ["x/1.png"], {"a.xml": cvat(said.replace("\\\\", "\\"))}, "a.xml")
    assert got == ["x/1.png"]
    assert found.notes == ()


@pytest.mark.skipif(os.name == "nt", reason="there a backslash separates folders")
@pytest.mark.parametrize("format_", FORMATS, ids=[one.key for one in FORMATS])
def test_that_a_backslash_in_a_name_comes_back(tmp_path: Path, format_: Format) -> None:
    exported = tmp_path / f"out{format_.suffix}"
    with closing(project(tmp_path / "photos", "a\\b.png", "c.png")) as store:
        before = labelled(store, tmp_path / "said.json")
        export_annotations(format_, store.location, exported)
    with closing(project(tmp_path / "others", "a\\b.png", "c.png")) as store:
        assert bring_in(store, exported).problems == ()
        assert landed(store) == before


def test_that_an_image_that_the_files_name_is_no_other_ones_however_little_the_paths_say(tmp_path: Path) -> None:
    got, found = brought(tmp_path, ["1.png"], {"a.json": coco("b/1.png", "1.png")}, "a.json")
    assert got == ["1.png"]
    assert [one.split(":")[0] for one in found.problems] == ["Image 1 (b/1.png)"]
    assert found.annotations == 1


TWICE = {
    "coco": ({"a.json": coco("1.png", "1.png")}, "a.json"),
    "cvat": ({"a.xml": cvat("1.png", "1.png")}, "a.xml"),
    "label studio": ({"a.json": label_studio("1.png", "1.png")}, "a.json"),
}


@pytest.mark.parametrize(("files", "source"), TWICE.values(), ids=TWICE.keys())
def test_that_an_image_of_which_only_the_first_entry_is_read_is_not_marked_as_reviewed(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    write_all(tmp_path, files)
    with closing(project(tmp_path / "photos", "1.png")) as store:
        found = bring_in(store, tmp_path / source, reviewed=True)
        assert [record.reviewed for record in store.images()] == [False]
        assert "Images not marked as reviewed, because not all of their boxes could be read: 1." in found.notes
        record = store.images()[0]
        mark = Edit(record.mark, replace(record.mark, reviewed=True))
        store.write((mark,), store.history().recorded(), Command("test", record.id, (mark,)))
        again = bring_in(store, tmp_path / source, reviewed=True)
        assert [record.reviewed for record in store.images()] == [True], "the project knows better"
        assert not any("not marked" in note for note in again.notes)


BROKEN = {
    "coco": ({"a.json": coco("1.png", "2.png").replace("[1, 2, 29, 38]", "[1, 2, 0, 38]", 1)}, "a.json"),
    "coco, category": ({"a.json": coco("1.png", "2.png").replace('"category_id": 1', '"category_id": 7', 1)}, "a.json"),
    "cvat": ({"a.xml": cvat("1.png", "2.png").replace('xtl="1"', 'xtl="?"', 1)}, "a.xml"),
    "cvat, category": ({"a.xml": cvat("1.png", "2.png").replace('label="die"', 'label=""', 1)}, "a.xml"),
    "label studio": ({"a.json": label_studio("1.png", "2.png").replace('"x": 10', '"x": "?"', 1)}, "a.json"),
    "labelme": ({"a/1.json": labelme("1.png").replace("[30, 40]", "[1, 2]"), "a/2.json": labelme("2.png")}, "a"),
    "voc": ({"a/1.xml": voc("1.png").replace(">30<", ">?<"), "a/2.xml": voc("2.png")}, "a"),
    "yolo": ({"a/data.yaml": "names: [die]", "a/labels/1.txt": "0 0.5\n", "a/labels/2.txt": YOLO_LINE}, "a"),
}


@pytest.mark.parametrize(("files", "source"), BROKEN.values(), ids=BROKEN.keys())
def test_that_an_image_that_lost_a_box_is_not_marked_as_reviewed(
    tmp_path: Path, files: dict[str, str], source: str
) -> None:
    write_all(tmp_path, files)
    with closing(project(tmp_path / "photos", "1.png", "2.png")) as store:
        found = bring_in(store, tmp_path / source, reviewed=True)
        assert {record.path: record.reviewed for record in store.images()} == {"1.png": False, "2.png": True}
        assert list(landed(store)) == ["2.png"]
    assert len(found.problems) == 1
    assert "Images not marked as reviewed, because not all of their boxes could be read: 1." in found.notes
