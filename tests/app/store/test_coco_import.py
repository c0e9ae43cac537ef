from __future__ import annotations

import copy
import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from format_projects import bring_in, planned
from PIL import Image

from app.model import category_edits, edits
from app.model.annotations import Category, Provenance, default_color
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.formats.coco_export import export_coco
from app.store.formats.coco_format import COCO
from app.store.location import PROJECT_FOLDER, can_write
from app.store.project_store import ProjectStore
from detector.coco import read_dataset
from detector.image_files import list_images

if TYPE_CHECKING:
    from app.store.formats.coco_import import CocoImport

Change = Callable[[dict[str, Any]], object]

GOOD: dict[str, Any] = {
    "info": {"year": 2020, "contributor": "somebody"},
    "licenses": [{"id": 1, "name": "CC0"}],
    "made_by": "hand",
    "images": [
        {"id": 7, "file_name": "1.png", "width": 64, "height": 48, "license": 1},
        {"id": 8, "file_name": "10.png", "width": 64, "height": 48},
        {"id": 9, "file_name": "turned.jpg", "width": 48, "height": 64},
    ],
    "categories": [
        {"id": 3, "name": "bolt", "supercategory": "metal", "keypoints": []},
        {"id": 5, "name": "nut"},
    ],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 3, "bbox": [0.1, 2, 0.7, 20], "area": 14, "iscrowd": 0, "score": 0.5},
        {
            "id": 2,
            "image_id": 7,
            "category_id": 5,
            "bbox": [10, 10, 20, 20],
            "segmentation": [[10, 10, 30, 10, 30, 30]],
        },
        {
            "id": 3,
            "image_id": 9,
            "category_id": 5,
            "bbox": [5, 5, 40, 50],
            "iscrowd": 1,
            "segmentation": {"counts": [0, 10, 3062], "size": [64, 48]},
        },
    ],
}


def only_elsewhere(folder: Path) -> bool:
    """Say of an image folder that it may not be written: the real datasets are nobody's to write into."""
    return folder.name != PROJECT_FOLDER and can_write(folder)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "annotations.json"


def read(store: ProjectStore, file: Path, change: Change | None = None, **options: bool) -> CocoImport:
    document = copy.deepcopy(GOOD)
    if change is not None:
        change(document)
    file.write_text(json.dumps(document), encoding="utf-8")
    return planned(store, file, **options)


def test_that_a_good_file_is_one_command_which_undo_takes_back(store: ProjectStore, file: Path) -> None:
    workspace = Workspace(store)
    found = read(store, file)
    assert (found.problems, found.notes, found.images, found.annotations) == ((), (), 3, 3)
    assert found.sentences() == ("3 annotations on 3 images.",)
    assert found.command is not None
    workspace.execute(found.command)
    assert [(one.id, one.name, one.supercategory) for one in workspace.categories] == [
        (3, "bolt", "metal"),
        (5, "nut", ""),
    ]
    ids = {record.path: record.id for record in workspace.images}
    first, second = store.annotations_of(ids["1.png"])
    assert (first.category_id, first.box, first.provenance) == (3, (0.1, 2.0, 0.1 + 0.7, 22.0), Provenance.IMPORTED)
    assert json.loads(first.extra)["score"] == 0.5
    assert json.loads(second.extra)["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    (crowd,) = store.annotations_of(ids["turned.jpg"])
    assert crowd.iscrowd
    assert json.loads(crowd.extra)["segmentation"]["counts"] == [0, 10, 3062]
    assert json.loads(store.dataset_notes().extra)["made_by"] == "hand"
    assert not any(record.reviewed for record in workspace.images)
    workspace.undo()
    assert (workspace.categories, store.annotation_counts(), store.dataset_notes().extra) == ((), {}, "{}")


def test_that_an_image_in_a_sub_folder_is_found_by_its_name(store: ProjectStore, file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["annotations"][0]["image_id"] = 8

    found = read(store, file, change)
    assert found.command is not None
    Workspace(store).execute(found.command)
    ids = {record.path: record.id for record in store.images()}
    assert len(store.annotations_of(ids["sub/10.png"])) == 1


def test_that_the_files_images_are_marked_as_reviewed_on_request(store: ProjectStore, file: Path) -> None:
    found = read(store, file, reviewed=True)
    assert found.command is not None
    workspace = Workspace(store)
    workspace.execute(found.command)
    assert {one.path for one in workspace.images if one.reviewed} == {"1.png", "sub/10.png", "turned.jpg"}
    assert found.sentences() == ("3 annotations on 3 images. Marked as reviewed: 3.",)
    again = read(store, file, reviewed=True)
    assert again.sentences()[0] == "Nothing was imported: the project has all of it already."
    workspace.undo()
    first = read(store, file)
    assert first.command is not None
    workspace.execute(first.command)
    assert read(store, file, reviewed=True).sentences()[0] == "0 annotations on 3 images. Marked as reviewed: 3."


def test_that_a_category_of_the_project_is_used_and_a_taken_id_is_not(store: ProjectStore, file: Path) -> None:
    workspace = Workspace(store)
    first = read(store, file)
    assert first.command is not None
    workspace.execute(first.command)

    def change(document: dict[str, Any]) -> None:
        document["categories"] = [{"id": 5, "name": "bolt"}, {"id": 3, "name": "gear"}, {"id": 40, "name": "key"}]
        document["annotations"] = [{"id": 1, "image_id": 7, "category_id": 5, "bbox": [1, 1, 5, 5]}]

    second = read(store, file, change)
    assert second.command is not None
    workspace.execute(second.command)
    assert {one.name: one.id for one in workspace.categories} == {"bolt": 3, "nut": 5, "gear": 41, "key": 40}
    assert store.annotation_counts() == {3: 2, 5: 2}


def test_that_importing_twice_changes_nothing_the_second_time(store: ProjectStore, file: Path) -> None:
    first = read(store, file)
    assert first.command is not None
    Workspace(store).execute(first.command)
    again = read(store, file)
    assert again.command is None
    assert again.sentences()[0] == "Nothing was imported: the project has all of it already."


def set_in(part: str, place: int, **values: object) -> Change:
    return lambda document: document[part][place].update(values)


def repeat(part: str, place: int = 0, **values: object) -> Change:
    return lambda document: document[part].append({**document[part][place], **values})


NO_BOX = r"Annotation 1 of image 7 \(1.png\): its box .* is not four finite numbers with a positive width and height"
BAD: list[tuple[str, Change, str]] = [
    ("unknown image file", set_in("images", 0, file_name="gone.png"), r"Image 7 \(gone.png\): the folder .* no image"),
    ("image without a name", set_in("images", 0, file_name=3), "Image 7: its file name is 3"),
    ("wrong size", set_in("images", 0, width=65), r"Image 7 \(1.png\): its size is 65 x 48 .*, but it is 64 x 48"),
    ("size before the turn", set_in("images", 2, width=64, height=48), "swapped as by an EXIF orientation"),
    ("size of nothing", set_in("images", 0, width=0), r"Image 7 \(1.png\): its width is 0"),
    ("repeated image id", repeat("images", file_name="2.png"), "Image number 4: its id 7 is used more than once"),
    ("repeated image file", repeat("images", id=70), r"Image 70 \(1.png\): it is the same file as image 7"),
    ("repeated category id", repeat("categories", name="gear"), "Category number 3: its id 3 is used more than once"),
    ("repeated category name", repeat("categories", id=30), "Category 30: category 3 is named 'bolt' too"),
    ("category without a name", set_in("categories", 1, name=" "), "Category 5: its name is ' '"),
    ("repeated annotation", repeat("annotations"), "Annotation number 4: it repeats annotation 1"),
    ("repeated annotation id", set_in("annotations", 1, id=1), "Annotation number 2: its id 1 is used more than once"),
    ("annotation of an unknown image", set_in("annotations", 0, image_id=99), "Annotation 1: .* no image 99"),
    ("annotation of an unknown category", set_in("annotations", 0, category_id=99), "Annotation 1: .* no category 99"),
    ("annotation id is text", set_in("annotations", 0, id="one"), "Annotation number 1: its id is 'one'"),
    ("annotation is a number", lambda document: document["annotations"].append(4), "number 4: it is 4, not a JSON"),
    ("zero width", set_in("annotations", 0, bbox=[1, 1, 0, 5]), NO_BOX),
    ("negative height", set_in("annotations", 0, bbox=[1, 1, 5, -5]), NO_BOX),
    ("three numbers", set_in("annotations", 0, bbox=[1, 1, 5]), NO_BOX),
    ("not a number", set_in("annotations", 0, bbox=[1, 1, float("nan"), 5]), NO_BOX),
    ("endless", set_in("annotations", 0, bbox=[1, 1, float("inf"), 5]), NO_BOX),
    ("text", set_in("annotations", 0, bbox=[1, 1, "5", 5]), NO_BOX),
    ("no box", lambda document: document["annotations"][0].pop("bbox"), NO_BOX),
    ("box partly outside", set_in("annotations", 0, bbox=[60, 40, 20, 20]), "Annotation 1 .* leaves the image of 64"),
    ("box outside", set_in("annotations", 0, bbox=[65, 40, 2, 2]), "Annotation 1 .* no area inside the image of 64"),
    ("strange iscrowd", set_in("annotations", 0, iscrowd=2), "Annotation 1 .*iscrowd is 2"),
]


@pytest.mark.parametrize(("change", "sentence"), [pytest.param(*case, id=name) for name, *case in BAD])
def test_that_what_is_wrong_is_named_and_nothing_is_imported(
    store: ProjectStore, file: Path, change: Change, sentence: str
) -> None:
    found = read(store, file, change)
    assert found.command is None
    (problem,) = found.problems
    assert re.search(sentence, problem)
    assert problem.endswith(".")
    assert found.sentences()[0] == "Nothing was imported: one thing is wrong with the file."
    assert (store.categories(), store.annotation_counts()) == ([], {})


def test_that_everything_that_is_wrong_is_named_at_once(store: ProjectStore, file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["images"][1]["file_name"] = "gone.png"
        document["categories"].append({"id": 3, "name": "gear"})
        document["annotations"][0]["bbox"] = [1, 1, 0, 0]
        document["annotations"][1]["image_id"] = 99

    assert len(read(store, file, change).problems) == 4


def test_that_the_annotations_of_a_bad_image_are_counted_but_not_blamed(store: ProjectStore, file: Path) -> None:
    found = read(store, file, set_in("images", 0, file_name="gone.png"), skip_bad=True)
    assert len(found.problems) == 1
    assert found.notes == ("Annotations left out with their image or their category: 2.",)
    assert found.annotations == 1


@pytest.mark.parametrize(("change", "sentence"), [pytest.param(*case, id=name) for name, *case in BAD])
def test_that_the_good_rest_can_be_imported_on_request(
    store: ProjectStore, file: Path, change: Change, sentence: str
) -> None:
    found = read(store, file, change, skip_bad=True)
    assert found.problems
    assert found.command is not None
    workspace = Workspace(store)
    workspace.execute(found.command)
    assert 1 <= sum(store.annotation_counts().values()) <= 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"images": [', r"annotations\.json is not valid JSON: .* in line 1, column"),
        ("", "not valid JSON"),
        ("[]", "not a COCO dataset"),
        ('{"images": []}', 'no list "annotations" and no list "categories"'),
        ('{"images": {}, "annotations": [], "categories": []}', 'no list "images"'),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_that_a_file_that_is_no_dataset_says_so(store: ProjectStore, file: Path, text: str, sentence: str) -> None:
    file.write_text(text)
    found = planned(store, file, COCO)
    assert found.command is None
    (problem,) = found.problems
    assert re.search(sentence, problem)


def test_that_a_file_without_anything_in_it_is_nothing_that_the_project_has(store: ProjectStore, file: Path) -> None:
    file.write_text('{"images": [], "annotations": [], "categories": []}')
    assert planned(store, file).sentences() == ("Nothing was imported: there is nothing in it.",)
    assert read(store, file).command is not None


@pytest.mark.parametrize(("stored", "said"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_that_accents_are_the_same_however_a_system_writes_them(tmp_path: Path, stored: str, said: str) -> None:
    name, category = (unicodedata.normalize(stored, one) for one in ("Größe é.png", "Käfer"))
    name_said, category_said = (unicodedata.normalize(said, one) for one in (name, category))
    Image.new("1", (64, 48)).save(tmp_path / name)
    store = ProjectStore.open(tmp_path)
    try:
        store.list_images(list_images(tmp_path))
        edit = Edit(None, Category(1, category, "#123456"))
        store.write((edit,), store.history().recorded(), Command("test", None, (edit,)))
        document = {
            "images": [{"id": 1, "file_name": name_said, "width": 64, "height": 48}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 20]}],
            "categories": [{"id": 1, "name": category_said}],
        }
        file = tmp_path / "said.json"
        file.write_text(json.dumps(document))
        found = bring_in(store, file)
        assert found.problems == found.notes == found.new_categories == ()
        assert found.annotations == 1
        assert [one.name for one in store.categories()] == [category]
        (image,) = read_dataset(file, tmp_path).images  # as training and measuring do
        assert (image.file_name, image.path) == (name, tmp_path / name)
    finally:
        store.close()


def test_that_bytes_that_are_no_text_and_a_missing_file_say_so(store: ProjectStore, file: Path) -> None:
    assert "cannot be read" in planned(store, file, COCO).problems[0]
    file.write_bytes(b'{"images": "\xff\xfe"}')
    assert "is not JSON that can be read" in planned(store, file, COCO).problems[0]


def test_that_a_box_rounded_outwards_is_cut_and_said_so(store: ProjectStore, file: Path) -> None:
    found = read(store, file, set_in("annotations", 0, bbox=[-0.5, 2, 64.9, 20]))
    assert found.command is not None
    assert found.notes == ("Annotation 1 of image 7 (1.png): its box left the image by 0.5 px and was cut off there.",)
    Workspace(store).execute(found.command)
    assert store.annotations_of(store.images()[0].id)[0].box == (0.0, 2.0, 64.0, 22.0)


def test_that_boxes_that_are_there_twice_are_counted_and_come_as_they_are(store: ProjectStore, file: Path) -> None:
    found = read(store, file, repeat("annotations", id=70))
    assert found.notes == ("Annotations that repeat another one, box and category: 1. The first is on 1.png.",)
    assert (found.annotations, found.problems) == (4, ())
    assert read(store, file, repeat("annotations", id=70, category_id=5)).notes == ()


def test_that_a_name_that_several_images_have_is_named(store: ProjectStore, file: Path) -> None:
    folder = store.location.image_folder
    (folder / "other").mkdir()
    shutil.copy(folder / "sub" / "10.png", folder / "other" / "10.png")
    store.list_images(list_images(folder))
    (problem,) = read(store, file).problems
    assert problem == f"Image 8 (10.png): the folder {folder} has several images of that name."


def test_that_nonsense_in_our_own_fields_is_no_obstacle(store: ProjectStore, file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        wrong = [
            {"box": [1, 2, 10**400, 4]},
            {"box": [1, 2, 3, 4], "name": "\ud800", "score": 1, "model_version": ""},
            7,
        ]
        strange = {"color": "red", "score_thresh": 1.5, "merged": [5, "\ud800"]}
        document["images"][0]["boxwright"] = {"rejections": wrong, "reviewed": []}
        document["images"][1]["boxwright"] = {"rejections": 5}
        document["images"][2]["boxwright"] = 5
        document["categories"][0] |= {"boxwright": {**strange, "position": "first"}, "supercategory": "\ud800"}
        document["annotations"][0]["boxwright"] = {"provenance": [], "origin": {"box": None}}
        document["annotations"][1]["note"] = ["\ud800", float("nan")]

    found = read(store, file, change)
    assert found.problems == ()
    assert found.command is not None
    Workspace(store).execute(found.command)
    first, second = store.annotations_of(store.images()[0].id)
    assert (first.provenance, first.origin) == (Provenance.IMPORTED, None)
    assert json.loads(second.extra)["note"] == ["\ud800", None]
    category = store.categories()[0]
    assert (category.color, category.supercategory) == (default_color(0), "")
    assert (category.score_thresh, category.merged) == (None, ())
    assert store.rejections_of(store.images()[0].id) == []
    target = file.with_name("out.json")
    assert export_coco(store.location, target, include_unreviewed=True).annotations == 3
    assert json.loads(target.read_text())["annotations"][1]["note"] == ["\ud800", None]


def test_that_an_enormous_category_id_leaves_room_for_others(store: ProjectStore, file: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["categories"][1]["id"] = document["annotations"][1]["category_id"] = 2**63 - 1
        document["annotations"].pop()

    found = read(store, file, change)
    assert found.command is not None
    Workspace(store).execute(found.command)
    assert {one.name: one.id for one in store.categories()} == {"bolt": 3, "nut": 4}


ORIGIN = {"box": [0, 0, 9, 9], "name": "nut", "score": 0.5, "model_version": "m"}


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["categories"][1].update(id=2**31 - 1),
        lambda document: document["categories"][1].update(id=2_000_000_000),
        lambda document: document["categories"][1].update(supercategory="m" * 1_001),
        lambda document: document["categories"][1].update(name="n" * 1_000),
        lambda document: document["annotations"][0].update(boxwright={"origin": {**ORIGIN, "name": "n" * 1_001}}),
        lambda document: document["annotations"][0].update(boxwright={"origin": {**ORIGIN, "box": [0, 0, 1e8, 9]}}),
        lambda document: document["images"][0].update(
            boxwright={"rejections": [{**ORIGIN, "box": [-1e8, 0, 9, 9]}, {**ORIGIN, "model_version": "m" * 1_001}]}
        ),
    ],
)
def test_that_what_was_imported_can_be_opened_again(store: ProjectStore, file: Path, change: Change) -> None:
    def both(document: dict[str, Any]) -> None:
        change(document)
        document["annotations"][1]["category_id"] = document["categories"][1]["id"]
        document["annotations"].pop()

    found = read(store, file, both)
    assert found.command is not None
    workspace = Workspace(store)
    workspace.execute(found.command)
    workspace.execute(edits.add_category(edits.new_category("one more", store.categories(), store.next_id(Category))))
    store.close()
    again = ProjectStore.open(store.location.image_folder)
    first, *others = again.categories()
    assert (first.name, len(others)) == ("bolt", 2)
    again.close()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are Unicode there")
def test_that_a_file_whose_name_is_no_unicode_is_imported(store: ProjectStore, file: Path) -> None:
    read(store, file)
    odd = file.rename(file.parent / os.fsdecode(b"ann\xff.json"))
    assert bring_in(store, odd).annotations == 3
    assert store.journal_entry(1).text == "import ann\\udcff.json"


def test_that_what_was_merged_is_the_category_that_it_became(store: ProjectStore, file: Path) -> None:
    found = read(store, file)
    assert found.command is not None
    workspace = Workspace(store)
    workspace.execute(found.command)
    bolt, nut = store.categories()
    workspace.execute(category_edits.merge(bolt, nut, store.annotations_in(bolt.id)))
    before = [store.annotations_of(image.id) for image in store.images()]
    again = read(store, file)
    assert (again.command, again.present) == (None, 3)
    assert (again.new_categories, again.known_categories) == ((), ("bolt", "nut"))
    assert [store.annotations_of(image.id) for image in store.images()] == before


def test_that_a_file_that_has_changed_is_measured_anew(store: ProjectStore, file: Path) -> None:
    first = store.images()[0]
    store.set_image_sizes({first.id: (48, 64)})
    Image.new("RGB", (128, 96)).save(store.location.image_folder / first.path)
    found = read(store, file, lambda document: document["images"][0].update(width=128, height=96))
    assert (found.problems, found.annotations) == ((), 3)
    stale = read(store, file)
    assert "96" in " ".join(stale.problems)


@pytest.mark.parametrize(
    ("mark", "said", "expected"),
    [
        (None, {"unsure": True, "reviewed": True}, (False, True)),
        (edits.set_unsure, {"reviewed": True}, (False, True)),
        (edits.mark_reviewed, {"unsure": True}, (True, False)),
        (None, {"reviewed": True}, (True, False)),
    ],
)
def test_that_an_image_is_not_reviewed_and_unsure_at_once(
    store: ProjectStore, file: Path, mark: Any, said: dict[str, bool], expected: tuple[bool, bool]
) -> None:
    workspace, first = Workspace(store), store.images()[0]
    if mark is not None:
        workspace.execute(mark(first.mark))
    found = read(store, file, lambda document: document["images"][0].update(boxwright=said), reviewed=True)
    assert found.command is not None
    workspace.execute(found.command)
    after = store.images()[0]
    assert (after.reviewed, after.unsure) == expected


def test_that_an_image_that_cannot_be_read_is_named(store: ProjectStore, file: Path) -> None:
    (store.location.image_folder / "1.png").write_bytes(b"")
    found = read(store, file)
    assert found.command is None
    assert found.problems[0].startswith("Image 7 (1.png): The image ")


@pytest.mark.parametrize(("name", "objects"), [("dice", 1189), ("bccd", 3493), ("sketch", 1380)])
def test_that_real_datasets_are_imported_whole(tmp_path: Path, shared_data: Path, name: str, objects: int) -> None:
    source = shared_data / name
    document = json.loads((source / "annotations_train.json").read_text(encoding="utf-8"))
    store = ProjectStore.open(source / "images", data_folder=tmp_path, writable=only_elsewhere)
    store.list_images([Path(image["file_name"]) for image in document["images"]])
    found = planned(store, source / "annotations_train.json")
    assert (found.problems, found.images, found.annotations) == ((), len(document["images"]), objects)
    store.close()
