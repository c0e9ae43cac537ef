from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.annotations import ImageRecord
from app.store.formats.coco_fields import OWN
from app.store.formats.foreign import Delivery
from app.store.formats.label_studio import LABEL_STUDIO, from_percent, names_of
from app.store.formats.label_studio_writing import to_percent
from app.store.formats.project_images import ProjectImages
from detector.types import DetectorError

if TYPE_CHECKING:
    from pathlib import Path


def region(kind: str = "rectanglelabels", *, labels: Any = ("bolt",), **more: Any) -> dict[str, Any]:
    value = {"x": 25, "y": 50, "width": 12.5, "height": 25, "rotation": 0, kind: list(labels), **more.pop("value", {})}
    sizes = {"original_width": 64, "original_height": 48}
    return {"id": "r", "type": kind, "from_name": "label", "to_name": "image", "value": value, **sizes, **more}


def annotation(*regions: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "result": list(regions), "was_cancelled": False, "ground_truth": False, **more}


def task(*annotations: Any, image: Any = "/data/upload/1/0a1b2c3d-1.png", **more: Any) -> dict[str, Any]:
    return {"id": 9, "data": {"image": image}, "annotations": list(annotations), "predictions": [], **more}


@pytest.fixture
def images(tmp_path: Path) -> ProjectImages:
    names = ["1.png", "sub/2.png", "other/2.png"]
    return ProjectImages(tmp_path, [ImageRecord(number, name, (48, 64)) for number, name in enumerate(names, 1)])


@pytest.fixture
def read(tmp_path: Path, images: ProjectImages) -> Any:
    def read_tasks(*tasks: Any) -> Any:
        file = tmp_path / "export.json"
        file.write_text(json.dumps(tasks))
        return LABEL_STUDIO.read(file, images)

    return read_tasks


def test_that_percent_becomes_pixels(read: Any) -> None:
    reading = read(task(annotation(region())))
    assert (reading.problems, reading.notes) == ((), ())
    assert reading.document["images"] == [{"id": 1, "file_name": "1.png", "width": 64, "height": 48}]
    assert reading.document["annotations"][0]["bbox"] == [16, 24, 8, 12]


def test_that_a_region_with_two_labels_is_two_boxes(read: Any) -> None:
    reading = read(task(annotation(region(labels=["bolt", "nut", "bolt"]))))
    assert [one["category_id"] for one in reading.document["annotations"]] == [1, 2]


def test_that_labels_of_a_general_kind_are_read_once(read: Any) -> None:
    bare = region("rectangle", labels=())
    reading = read(task(annotation(bare, region("labels"), region("rectangle", labels=(), id="alone"))))
    assert len(reading.document["annotations"]) == 1
    assert "without a label" in reading.notes[0]
    assert "region alone" in reading.notes[0]


@pytest.mark.parametrize(
    ("result", "bbox"),
    [
        (region(value={"rotation": 90}), [4, 24, 12, 8]),
        (region("polygonlabels", value={"points": [[10, 10], [50, 20], [20, 75]]}), [6.4, 4.8, 25.6, 31.2]),
        (region("ellipselabels", value={"x": 50, "y": 50, "radiusX": 25, "radiusY": 12.5}), [16, 18, 32, 12]),
    ],
)
def test_that_what_is_no_upright_box_becomes_the_box_around_it(
    read: Any, result: dict[str, Any], bbox: list[float]
) -> None:
    reading = read(task(annotation(result)))
    assert reading.document["annotations"][0]["bbox"] == pytest.approx(bbox)
    assert "box around them: 1" in reading.notes[0]
    assert "export.json, task 9, region r" in reading.notes[0]


def test_that_other_results_and_predictions_are_left_out_and_counted(read: Any) -> None:
    choice = {"id": "c", "type": "choices", "value": {"choices": ["good"]}}
    reading = read(task(annotation(choice, region()), predictions=[annotation(region())]))
    assert len(reading.document["annotations"]) == 1
    assert len(reading.notes) == 2


def test_that_the_newest_annotation_counts_and_the_ground_truth_before_it(read: Any) -> None:
    old = annotation(region(labels=["old"]), updated_at="2024-01-01T00:00:00Z")
    new = annotation(region(labels=["new"]), updated_at="2024-01-02T00:00:00.5+02:00")
    gone = annotation(region(labels=["gone"]), updated_at="2030-01-01T00:00:00Z", was_cancelled=True)
    reading = read(task(old, new, gone))
    assert [one["name"] for one in reading.document["categories"]] == ["new"]
    assert "cancelled: 1" in reading.notes[0]
    assert "the newest, was taken: 1" in reading.notes[1]
    truth = {**old, "ground_truth": True}
    assert [one["name"] for one in read(task(truth, new)).document["categories"]] == ["old"]


def test_that_an_image_that_nobody_has_annotated_is_not_reviewed(read: Any) -> None:
    untouched = read(task()).document["images"][0]
    assert untouched[OWN] == {"reviewed": False}
    assert OWN not in read(task(annotation())).document["images"][0]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/data/upload/1/0a1b2c3d-1.png", ["0a1b2c3d-1.png", "1.png"]),
        ("upload/3/0a1b2c3d-a%20b.png", ["0a1b2c3d-a%20b.png", "a%20b.png"]),
        ("/data/upload/1/0a1b2c3d-a%20b.png", ["0a1b2c3d-a b.png", "a b.png"]),
        ("/data/local-files/?d=photos/sub/a%20b%2B.png", ["photos/sub/a b+.png", "sub/a b+.png", "a b+.png"]),
        ("/storage-data/uploaded/?filepath=upload/1/0a1b2c3d-1.png", ["0a1b2c3d-1.png", "1.png"]),
        ("s3://bucket/sub/2.png", ["sub/2.png", "2.png"]),
        ("https://example.org/sub/2.png?token=a/b.png", ["sub/2.png", "2.png"]),
        ("C:\\photos\\2.png", ["photos/2.png", "2.png"]),
        ("../2.png", ["2.png"]),
        ("http://[bad/2.png", ["2.png"]),
        ("", []),
    ],
)
def test_that_an_address_leads_to_names_in_the_folder(address: str, names: list[str]) -> None:
    found = names_of(address)
    assert [name for name in found if name in names] == names
    assert found[-1:] == names[-1:]


def test_that_the_longest_name_that_fits_is_meant(read: Any) -> None:
    reading = read(task(image="/data/local-files/?d=photos/other/2.png"))
    assert reading.document["images"][0]["file_name"] == "other/2.png"


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (task(annotation(region(value={"x": None}))), "is not four finite numbers"),
        (task(annotation(region(value={"width": -5}))), "with a width and a height"),
        (task(annotation(region(value={"x": float("nan")}))), "is not four finite numbers"),
        (task(annotation(region(labels=[5]))), "its label is None, not a name"),
        (task(annotation(region("polygonlabels", value={"points": [5]}))), "is not four finite numbers"),
        (task(annotation(region(image_rotation=90))), "its image was turned"),
        (task(image="/data/upload/1/3.png"), "has no image of that name"),
        (task(image=5), "its data name no image, or several"),
        ({"data": {"a": "1.png", "b": "2.png"}}, "its data name no image, or several"),
        ({"id": 9, "data": 5}, "it has no object “data”"),
        ({"id": 9, "data": {"image": "/"}}, "it names no image"),
    ],
)
def test_that_what_is_wrong_is_named_with_its_place(read: Any, bad: dict[str, Any], problem: str) -> None:
    reading = read(task(annotation(region()), image="2.png"), bad)
    assert problem in " ".join(reading.problems)
    assert all(one.startswith("export.json, task") for one in reading.problems)


def test_that_a_second_task_of_an_image_is_a_problem(read: Any) -> None:
    reading = read(task(annotation(region())), task(annotation(region())))
    assert "only that is read" in reading.problems[0]
    assert len(reading.document["annotations"]) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"data": 1}', "holds no list of tasks"),
        ('[{"image": "1.png", "label": []}]', "JSON-MIN"),
        ('[{"data": {"image": "1.png"}, ', "is not valid JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ("", "is not valid JSON"),
    ],
)
def test_that_what_is_no_export_is_a_sentence(tmp_path: Path, images: ProjectImages, text: str, reason: str) -> None:
    file = tmp_path / "export.json"
    file.write_text(text)
    with pytest.raises(DetectorError, match=reason):
        LABEL_STUDIO.read(file, images)


@given(st.data())
def test_that_percent_keeps_every_bit_of_a_box(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 65535)), data.draw(st.integers(1, 65535))
    x1, x2 = sorted(data.draw(st.tuples(*[st.floats(0, width, width=32)] * 2)))
    y1, y2 = sorted(data.draw(st.tuples(*[st.floats(0, height, width=32)] * 2)))
    back = from_percent({**to_percent((x1, y1, x2, y2), (height, width))}, (height, width))
    assert [np.float32(side) for side in back] == [np.float32(side) for side in (x1, y1, x2, y2)]


def test_that_tasks_are_what_label_studio_imports(tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "images": [
            {"id": 1, "file_name": "sub/a b.png", "width": 64, "height": 48, OWN: {"reviewed": True}},
            {"id": 2, "file_name": "2.png", "width": 64, "height": 48, OWN: {"reviewed": False}},
        ],
        "categories": [{"id": 3, "name": "a & b", OWN: {"color": "#12ab34"}}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "bbox": [16, 24, 8, 12], "occluded": 1, OWN: {"note": "look"}}
        ],
    }
    target = tmp_path / "tasks.json"
    written = LABEL_STUDIO.write(document, target, Delivery(tmp_path / "photos"))
    first, second = json.loads(target.read_text())
    assert first["data"]["image"] == "/data/local-files/?d=photos/sub/a%20b.png"
    (result,) = first["annotations"][0]["result"]
    assert (result["type"], result["from_name"], result["to_name"]) == ("rectanglelabels", "label", "image")
    box = {"x": 25, "y": 50, "width": 12.5, "height": 25}
    assert result["value"] == {**box, "rotation": 0, "rectanglelabels": ["a & b"]}
    assert result["meta"] == {"text": ["look"], OWN: {"attributes": {"occluded": True}}}
    assert second["annotations"] == []  # nobody has said that it is empty
    assert [file.name for file in written.files] == ["tasks.json", "tasks.label_config.xml"]
    config = written.files[1].read_text()
    assert '<Label value="a &amp; b" background="#12ab34"/>' in config
    assert 'value="$image"' in config


def test_that_a_configuration_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    config, target = tmp_path / "tasks.label_config.xml", tmp_path / "tasks.json"
    empty: dict[str, Any] = {"images": [], "categories": [], "annotations": []}
    LABEL_STUDIO.write(empty, target, Delivery(tmp_path))
    LABEL_STUDIO.write({**empty, "categories": [{"id": 1, "name": "bolt"}]}, target, Delivery(tmp_path))
    assert "bolt" in config.read_text()
    config.write_text("<View/>")
    written = LABEL_STUDIO.write(empty, target, Delivery(tmp_path))
    assert config.read_text() == "<View/>"
    assert written.files == (target,)
    assert "left as it is" in written.lost[0]
    config.unlink()
    config.symlink_to(tmp_path / "elsewhere")
    written = LABEL_STUDIO.write(empty, target, Delivery(tmp_path))
    assert not (tmp_path / "elsewhere").exists(), "nobody chose this name"
    assert "left as it is" in written.lost[0]


def test_that_other_json_is_not_taken_for_label_studios(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]')
    assert not LABEL_STUDIO.recognises(file)
    assert not LABEL_STUDIO.recognises(tmp_path)
    assert not LABEL_STUDIO.recognises(tmp_path / "nothing.json")
