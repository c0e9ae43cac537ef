from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from format_projects import planned
from PIL import Image
from pycocotools.coco import COCO

from app.model import edits
from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance, Rejection
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.formats.coco_export import export_coco
from app.store.formats.export_report import ExportError, ExportReport
from app.store.location import locate
from app.store.project_store import ProjectStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BOX = (1.1, 2.3, 30.7, 40.9)
ORIGIN = Origin((1.0, 2.0, 30.0, 40.0), "bolt", 0.73, "v1")
BOLT = Category(2, "bolt", "#123456", "metal", 1, '{"keypoints": []}')
UNUSED = Category(4, "unused", "#00ff00", position=0)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.json"


@pytest.fixture
def labelled(store: ProjectStore) -> ProjectStore:
    """1.png: reviewed with two boxes and a rejection; 2.png: not reviewed with a box; turned.jpg: reviewed, empty."""
    ids = {record.path: record.id for record in store.images()}
    rows = (
        BOLT,
        UNUSED,
        Annotation(5, ids["1.png"], 2, BOX, Provenance.MOVED, ORIGIN),
        Annotation(6, ids["1.png"], 2, (0.0, 0.0, 64.0, 48.0), iscrowd=True, extra='{"note": "é"}'),
        Annotation(7, ids["2.png"], 2, BOX),
        Rejection(1, ids["1.png"], ORIGIN),
    )
    marks = [ImageMark(ids[name], reviewed=True) for name in ("1.png", "turned.jpg")]
    changed = (*(Edit(None, row) for row in rows), *(Edit(ImageMark(mark.id), mark) for mark in marks))
    store.write(changed, store.history().recorded(), Command("test", None, changed))
    return store


def export(store: ProjectStore, target: Path, **options: Any) -> tuple[dict[str, Any], ExportReport]:
    report = export_coco(store.location, target, **options)
    return json.loads(target.read_text(encoding="utf-8")), report


def test_that_the_export_is_what_people_decided(labelled: ProjectStore, target: Path) -> None:
    document, report = export(labelled, target)
    ids = {record.path: record.id for record in labelled.images()}
    own = {"reviewed": True}
    rejected = {"box": [1.0, 2.0, 30.0, 40.0], "name": "bolt", "score": 0.73, "model_version": "v1"}
    assert document["images"] == [
        {
            "id": ids["1.png"],
            "file_name": "1.png",
            "width": 64,
            "height": 48,
            "boxwright": {**own, "rejections": [rejected]},
        },
        {"id": ids["turned.jpg"], "file_name": "turned.jpg", "width": 48, "height": 64, "boxwright": own},
    ]
    assert [(one["id"], one["name"], one["supercategory"]) for one in document["categories"]] == [
        (2, "bolt", "metal"),
        (4, "unused", ""),
    ]
    first, second = document["annotations"]
    assert first == {
        "id": 1,
        "image_id": ids["1.png"],
        "category_id": 2,
        "iscrowd": 0,
        "bbox": [1.1, 2.3, 30.7 - 1.1, 40.9 - 2.3],
        "area": (30.7 - 1.1) * (40.9 - 2.3),
        "boxwright": {"provenance": "moved", "origin": rejected},
    }
    assert (second["id"], second["iscrowd"], second["area"], second["note"]) == (2, 1, 64 * 48, "é")
    assert (report.images, report.empty_images, report.annotations, report.categories) == (2, 1, 2, 2)
    assert (report.unreviewed_left_out, report.turned, report.missing) == (2, ["turned.jpg"], [])
    said = " ".join(report.sentences())
    assert "2 images that are not reviewed were left out" in said
    assert "turned.jpg" in said


def test_that_pycocotools_loads_the_export(labelled: ProjectStore, target: Path) -> None:
    export(labelled, target)
    dataset = COCO(str(target))
    assert sorted(dataset.anns) == [1, 2]
    assert sorted(dataset.cats) == [2, 4]
    assert len(dataset.getImgIds()) == 2


def test_that_unreviewed_images_are_exported_only_on_request(labelled: ProjectStore, target: Path) -> None:
    document, report = export(labelled, target, include_unreviewed=True)
    assert len(document["images"]) == 4
    assert report.unreviewed_left_out == 0
    assert [one["boxwright"]["reviewed"] for one in document["images"]] == [True, False, False, True]


def test_that_an_export_while_the_labeler_works_is_one_state(labelled: ProjectStore, target: Path) -> None:
    workspace = Workspace(labelled)

    def work(done: int, total: int) -> None:
        assert (done <= total, total) == (True, 2)
        workspace.execute(edits.draw((1.0, 1.0, 9.0, 9.0), 1, BOLT, workspace.next_ids()))

    document, _ = export(labelled, target, progress=work)
    assert len(document["annotations"]) == 2
    assert labelled.annotation_counts() == {2: 5}


def test_that_nothing_reviewed_is_an_empty_dataset_that_loads(store: ProjectStore, target: Path) -> None:
    document, report = export(store, target)
    assert (document["images"], document["annotations"], document["categories"]) == ([], [], [])
    assert report.unreviewed_left_out == 4


def spoil_box(store: ProjectStore) -> str:
    store._connection.execute("UPDATE annotations SET x2 = 64.5 WHERE id IN (5, 6)")
    return "1.png: box .* does not lie in the image of 64 x 48"


def spoil_category(store: ProjectStore) -> str:
    store._connection.execute("PRAGMA foreign_keys = OFF")
    store._connection.execute("UPDATE annotations SET category_id = 99 WHERE id = 5")
    return "1.png: annotation 5 has category 99"


def spoil_image(store: ProjectStore) -> str:
    (store.location.image_folder / "1.png").write_bytes(b"")
    return "1.png is empty"


def remove_image(store: ProjectStore) -> str:
    (store.location.image_folder / "1.png").unlink()
    return "1.png is not in the folder and its size was never read"


@pytest.mark.parametrize("spoil", [spoil_box, spoil_category, spoil_image, remove_image])
def test_that_a_failed_export_says_why_and_leaves_the_old_file(
    labelled: ProjectStore, target: Path, spoil: Callable[[ProjectStore], str]
) -> None:
    target.write_text("the old file")
    reason = spoil(labelled)
    with pytest.raises(ExportError, match=f"Nothing was exported, because .*{reason}") as refusal:
        export_coco(labelled.location, target)
    assert len(refusal.value.problems) == (2 if spoil is spoil_box else 1)
    assert target.read_text() == "the old file"
    assert [file.name for file in target.parent.iterdir() if "part" in file.name] == []


def test_that_a_missing_image_of_known_size_is_exported_and_named(labelled: ProjectStore, target: Path) -> None:
    labelled.set_image_sizes({labelled.images()[0].id: (48, 64)})
    (labelled.location.image_folder / "1.png").unlink()
    _, report = export(labelled, target)
    assert report.missing == ["1.png"]
    assert "not in the folder now: 1.png" in " ".join(report.sentences())


def test_that_a_place_that_cannot_be_written_is_a_sentence(labelled: ProjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written"):
        export_coco(labelled.location, tmp_path / "nowhere" / "out.json")


def test_that_a_project_that_is_not_there_is_a_sentence(labelled: ProjectStore, target: Path) -> None:
    labelled.close()
    labelled.location.database.unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        export_coco(labelled.location, target)
    labelled.__init__(labelled.location)  # type: ignore[misc]  # the fixture closes it once more


def decisions(store: ProjectStore) -> tuple[Any, ...]:
    """Return all that people decided, by name instead of by id."""
    names = {category.id: category.name for category in store.categories()}
    images = [
        (
            *(record.path, record.reviewed, record.unsure, json.loads(record.extra)),
            [
                (names[one.category_id], one.box, one.provenance, one.origin, one.iscrowd, json.loads(one.extra))
                for one in store.annotations_of(record.id)
            ],
            [one.origin for one in store.rejections_of(record.id)],
        )
        for record in store.images()
        if record.reviewed
    ]
    return images, store.categories(), json.loads(store.dataset_notes().extra)


def in_another_project(store: ProjectStore, file: Path, tmp_path: Path) -> ProjectStore:
    location = locate(store.location.image_folder, data_folder=tmp_path)
    elsewhere = replace(location, folder=tmp_path / "other", elsewhere=True)
    elsewhere.folder.mkdir(parents=True)
    other = ProjectStore(elsewhere)
    other.list_images(list_images(store.location.image_folder))
    found = planned(other, file)
    assert found.problems == ()
    assert found.command is not None
    Workspace(other).execute(found.command)
    return other


def test_that_a_re_import_gives_an_equal_project(labelled: ProjectStore, target: Path, tmp_path: Path) -> None:
    document, _ = export(labelled, target)
    other = in_another_project(labelled, target, tmp_path / "other")
    assert decisions(other) == decisions(labelled)
    again, _ = export(other, tmp_path / "again.json")
    assert again == document
    other.close()


def test_that_threshold_group_order_and_merged_names_of_a_category_go_with_it(
    labelled: ProjectStore, target: Path, tmp_path: Path
) -> None:
    merged = ((1, "screw"), (3, "gear"), (5, "its former name"))
    nut = Category(5, "nut", "#0000ff", "metal", 2, score_thresh=0.35, merged=merged)
    labelled.write([Edit(None, nut)], labelled.history())
    document, _ = export(labelled, target)
    said = {one["name"]: one["boxwright"] for one in document["categories"]}
    assert said["nut"] == {"color": "#0000ff", "position": 2, "score_thresh": 0.35, "merged": ["screw", "gear"]}
    assert said["bolt"].keys() == {"color", "position"}
    other = in_another_project(labelled, target, tmp_path / "other")
    unused, bolt, imported = other.categories()
    assert (unused.name, bolt, bolt.supercategory) == ("unused", BOLT, "metal")
    assert imported == replace(nut, merged=((0, "screw"), (0, "gear"))), "ids of another project mean nothing here"
    other.close()


def test_that_an_imported_file_comes_out_as_it_went_in(store: ProjectStore, target: Path, tmp_path: Path) -> None:
    rle = {"counts": [0, 10, 3062], "size": [48, 64]}
    annotations = [
        {"bbox": [0.1, 0.2, 0.7, 0.7], "area": 0.7 * 0.7, "iscrowd": 0, "segmentation": [], "score": 0.9},
        {"bbox": [10, 10, 20, 20], "area": 200.5, "iscrowd": 0, "segmentation": [[10, 10, 30, 10, 30, 30]]},
        {"bbox": [0, 0, 64, 48], "area": 10, "iscrowd": 1, "segmentation": rle},
    ]
    source = {
        "info": {"year": 2020},
        "licenses": [{"id": 1}],
        "made_by": ["hand"],
        "categories": [{"id": 9, "name": "bolt", "supercategory": "metal", "skeleton": [[1, 2]]}],
        "images": [{"id": 1, "file_name": "1.png", "width": 64, "height": 48, "date_captured": "today"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 9, **one} for number, one in enumerate(annotations, 1)
        ],
    }
    file = tmp_path / "in.json"
    file.write_text(json.dumps(source))
    found = planned(store, file, reviewed=True)
    assert found.command is not None
    Workspace(store).execute(found.command)
    document, _ = export(store, target)
    for part in ("images", "annotations", "categories"):
        for entry in document[part]:
            del entry["boxwright"]
    for mine, theirs in zip(document["annotations"], source["annotations"], strict=True):
        assert mine.pop("area") == pytest.approx(theirs.pop("area"))
    assert document == source


def test_that_images_of_another_size_than_when_their_boxes_were_drawn_are_named(
    labelled: ProjectStore, target: Path
) -> None:
    sizes = {record.id: (48, 64) for record in labelled.images()}
    labelled.set_image_sizes(sizes)
    _, report = export(labelled, target)
    assert report.resized == [], "turned.jpg is another size too, but has no boxes"
    Image.new("RGB", (128, 96)).save(labelled.location.image_folder / "1.png")
    document, report = export(labelled, target)
    assert report.resized == ["1.png"]
    (said,) = (one for one in report.sentences() if "another size" in one)
    assert said == "1 image has another size than when its boxes were drawn; open it and check them: 1.png."
    assert document["annotations"][0]["bbox"] == pytest.approx([1.1, 2.3, 29.6, 38.6]), (
        "they are what people decided all the same"
    )


def test_that_an_outline_does_not_outlive_the_box_it_belongs_to(
    store: ProjectStore, target: Path, tmp_path: Path
) -> None:
    source = {
        "categories": [{"id": 1, "name": "bolt"}],
        "images": [{"id": 1, "file_name": "1.png"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "bbox": [10, 10, 20, 20],
                "area": 7.5,
                "segmentation": [[10, 10, 30, 30, 9, 9]],
                "keypoints": [12, 12, 2],
                "num_keypoints": 1,
            }
        ],
    }
    file = tmp_path / "in.json"
    file.write_text(json.dumps(source))
    found = planned(store, file, reviewed=True)
    assert found.command is not None
    workspace = Workspace(store)
    workspace.execute(found.command)
    moved = edits.change_box(workspace.annotations[1], (11.0, 10.0, 31.0, 30.0))
    assert moved is not None
    workspace.execute(moved)
    document, report = export(store, target)
    assert document["annotations"][0]["bbox"] == [11, 10, 20, 20]
    assert document["annotations"][0]["area"] == 400
    assert document["annotations"][0].keys().isdisjoint(("segmentation", "keypoints", "num_keypoints"))
    assert report.outlines_left_out == 1


def test_that_an_outline_outlives_a_cut_at_the_edge_of_the_image(
    store: ProjectStore, target: Path, tmp_path: Path
) -> None:
    outline = [[40.3, 10, 64.5, 30, 64.5, 9]]
    source = {
        "categories": [{"id": 1, "name": "bolt"}],
        "images": [{"id": 1, "file_name": "1.png"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [40.3, 9, 24.2, 21.1], "segmentation": outline}
        ],
    }
    file = tmp_path / "in.json"
    file.write_text(json.dumps(source))
    found = planned(store, file, reviewed=True)
    assert found.command is not None
    Workspace(store).execute(found.command)
    document, report = export(store, target)
    assert document["annotations"][0]["bbox"] == pytest.approx([40.3, 9, 23.7, 21.1])
    assert document["annotations"][0]["segmentation"] == outline
    assert report.outlines_left_out == 0
