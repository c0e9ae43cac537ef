from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image
from pycocotools.coco import COCO

from detector import coco
from detector.types import Detections, DetectorError, Proposals

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "info": {"year": 2024},
    "images": [
        {"id": 7, "file_name": "a.png", "width": 40, "height": 30, "licence": "CC0"},
        {"id": 3, "file_name": "sub/b.png", "width": 20, "height": 10},
    ],
    "categories": [{"id": 90, "name": "owl"}, {"id": 2, "name": "cat", "supercategory": "animal"}],
    "annotations": [
        {"id": 1, "image_id": 7, "category_id": 2, "bbox": [1, 2, 10, 20], "area": 150.5, "note": "kept"},
        {"id": 2, "image_id": 7, "category_id": 90, "bbox": [0.25, 0, 39.75, 30], "iscrowd": 1},
    ],
}


def changed(**entries: Any) -> dict[str, Any]:
    """GOOD with one more image, category or annotation."""
    document = copy.deepcopy(GOOD)
    for key, value in entries.items():
        document[key].append(value)
    return document


def annotation(**fields: Any) -> dict[str, Any]:
    return {"id": 5, "image_id": 7, "category_id": 2, "bbox": [1, 1, 5, 5]} | fields


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.png")
    Image.new("RGB", (20, 10)).save(tmp_path / "sub" / "b.png")
    return tmp_path


def detections(boxes: object, scores: object, labels: object) -> Detections:
    scores = np.asarray(scores, dtype=np.float32)
    return Detections(np.asarray(boxes), scores, np.asarray(labels), np.arange(len(scores)))


# --- reading ---------------------------------------------------------------------------------------------------------


def test_that_a_sound_dataset_is_read_in_the_order_of_the_file() -> None:
    dataset = coco.parse_dataset(GOOD)
    assert dataset.problems == ()
    assert dataset.category_names == ("owl", "cat")
    assert [(each.category_id, each.label) for each in dataset.categories] == [(90, 1), (2, 2)]
    first, second = dataset.images
    assert (first.image_id, first.file_name, first.image_size, first.path) == (7, "a.png", (30, 40), None)
    assert first.gt_boxes.tolist() == [[1, 2, 11, 22], [0.25, 0, 40, 30]]
    assert (first.labels.tolist(), first.iscrowd.tolist()) == ([2, 1], [False, True])
    assert (second.gt_boxes.shape, second.labels.shape, second.iscrowd.shape) == ((0, 4), (0,), (0,))


def test_that_fields_unknown_to_us_stay_available() -> None:
    dataset = coco.parse_dataset(GOOD)
    assert dataset.raw == {"info": {"year": 2024}}
    assert dataset.images[0].raw["licence"] == "CC0"
    assert dataset.images[0].annotations[0].raw == GOOD["annotations"][0]
    assert dataset.categories[1].raw["supercategory"] == "animal"


@pytest.mark.parametrize(
    ("fields", "difficult"),
    [
        ({}, False),
        ({"difficult": 1}, True),
        ({"ignore": 1}, True),
        ({"difficult": 0, "ignore": 1}, True),
        ({"difficult": True}, True),
        ({"difficult": 0, "ignore": 0}, False),
        ({"difficult": "Unspecified", "ignore": None}, False),
        ({"difficult": [1]}, False),
        ({"attributes": {"difficult": True, "occluded": False}}, True),
        ({"attributes": {"ignore": "1"}}, True),
        ({"attributes": {"occluded": True}}, False),
        ({"attributes": ["difficult"]}, False),
    ],
)
def test_that_difficult_objects_are_known_by_two_names_in_two_places_and_stay_in_the_raw_entry(
    fields: dict[str, Any], difficult: bool
) -> None:
    dataset = coco.parse_dataset(changed(annotations=annotation(**fields)))
    assert dataset.problems == ()
    read = dataset.images[0].annotations[2]
    assert (read.difficult, read.iscrowd) == (difficult, False)
    assert read.raw == annotation(**fields)
    assert dataset.images[0].difficult.tolist() == [False, False, difficult]
    assert dataset.images[1].difficult.shape == (0,)


def test_that_a_sample_has_the_pixels_and_the_boxes(folder: Path) -> None:
    coco.write_json(folder / "a.json", GOOD)
    dataset = coco.read_dataset(folder / "a.json", folder)
    assert dataset.problems == ()
    sample = coco.load_sample(dataset.images[0])
    assert (sample.image_size, sample.name, sample.image[0, 0].tolist()) == ((30, 40), "a.png", [255, 0, 0])
    assert sample.gt_boxes.tolist() == [[1, 2, 11, 22], [0.25, 0, 40, 30]]
    assert sample.iscrowd.tolist() == [False, True]
    assert len(coco.load_sample(dataset.images[1]).gt_boxes) == 0


HUGE = 10**400


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (annotation(image_id=99), "Annotation 5: the dataset has no image 99."),
        (annotation(image_id="7"), "no image '7'"),
        (annotation(image_id=[7]), "no image"),
        (annotation(category_id=4), "Annotation 5: the dataset has no category 4."),
        (annotation(category_id=True), "no category True"),
        (annotation(bbox=[1, 1, 0, 5]), "[1, 1, 0, 5] is not four finite numbers with a positive width and height"),
        (annotation(bbox=[1, 1, 5, -5]), "[1, 1, 5, -5] is not four finite numbers with a positive width and height"),
        (annotation(bbox=[40, 1, 5, 5]), "no area inside the image of 40 x 30"),
        (annotation(bbox=[-9, 1, 5, 5]), "no area inside"),
        (annotation(bbox=[1, 1, 1e-12, 5]), "no area inside"),  # nothing is left of it in float32
        (annotation(bbox=[float("nan"), 1, 5, 5]), "not four finite numbers"),
        (annotation(bbox=[1, 1, float("inf"), 5]), "not four finite numbers"),
        (annotation(bbox=[1, 1, HUGE, 5]), "not four finite numbers"),
        (annotation(bbox=["1", 1, 5, 5]), "not four finite numbers"),
        (annotation(bbox=[True, 1, 5, 5]), "not four finite numbers"),
        (annotation(bbox=[1, 1, 5]), "not four finite numbers"),
        (annotation(bbox=None), "not four finite numbers"),
        (annotation(bbox={"x": 1}), "not four finite numbers"),
        ([1, 2], "not a JSON object"),
        (None, "not a JSON object"),
    ],
)
def test_that_a_bad_annotation_is_named_and_left_out(wrong: Any, reason: str) -> None:
    dataset = coco.parse_dataset(changed(annotations=wrong))
    assert len(dataset.problems) == 1
    assert reason in dataset.problems[0]
    assert dataset.problems[0].startswith("Annotation 5" if isinstance(wrong, dict) else "Annotation number 3")
    assert dataset.problems[0].endswith(".")
    assert len(dataset.images[0].annotations) == 2


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (annotation(id=1), "Annotation number 3: its id 1 is used more than once; taken all the same."),
        (annotation(id="x"), "Annotation number 3: its id is 'x', not a whole number; taken without it."),
        (annotation(id=None), "Annotation number 3: its id is None"),
        (annotation(id=2**70), "not a whole number"),
        (annotation(iscrowd="0"), "iscrowd is '0'"),
        (annotation(iscrowd=[0]), "iscrowd is [0]"),
    ],
)
def test_that_a_small_fault_is_named_and_the_box_is_kept(wrong: Any, reason: str) -> None:
    dataset = coco.parse_dataset(changed(annotations=wrong))
    assert len(dataset.problems) == 1
    assert reason in dataset.problems[0]
    assert dataset.images[0].gt_boxes[-1].tolist() == [1, 1, 6, 6]
    assert not dataset.images[0].iscrowd[-1]


def test_that_a_box_is_cut_to_its_image_and_named_if_it_was_far_outside() -> None:
    far = coco.parse_dataset(changed(annotations=annotation(bbox=[-3, 1, 10, 50])))
    assert far.images[0].gt_boxes[-1].tolist() == [0, 1, 7, 30]
    assert far.problems == (
        "Annotation 5 of image 7 (a.png): its box [-3, 1, 10, 50] leaves the image of 40 x 30; cut to it.",
    )
    near = coco.parse_dataset(changed(annotations=annotation(bbox=[-0.5, 1, 41, 29.75])))
    assert near.images[0].gt_boxes[-1].tolist() == [0, 1, 40, 30]
    assert near.problems == ()
    assert near.notes == ("Annotation 5 of image 7 (a.png): its box left the image by 0.75 px and was cut off there.",)
    rounding = coco.parse_dataset(changed(annotations=annotation(bbox=[0.1, 1, 39.9 + 1e-9, 5])))
    assert (rounding.problems, rounding.notes) == ((), ())
    assert rounding.images[0].annotations[-1].box == (0.1, 1, 40, 6)
    largest = coco.parse_dataset(changed(annotations=annotation(bbox=[1e308, 1, 1e308, 5])))
    assert "not four finite numbers" in largest.problems[0]


def test_that_the_annotations_of_what_is_left_out_go_along_in_one_note() -> None:
    document = changed(categories={"id": 5, "name": ""}, images={"id": 8, "file_name": "c.png"})
    document["annotations"] += [annotation(id=5, image_id=8), annotation(id=6, category_id=5)]
    dataset = coco.parse_dataset(document)
    assert dataset.problems == (
        "Category 5: its name is ''.",
        "Image 8 (c.png): its height or its width is missing.",
    )
    assert dataset.notes == ("Annotations left out with their image or their category: 2.",)


def test_that_an_annotation_that_stands_there_twice_is_read_once() -> None:
    dataset = coco.parse_dataset(changed(annotations=copy.deepcopy(GOOD["annotations"][0])))
    assert dataset.problems == ("Annotation number 3: it repeats annotation 1.",)
    assert len(dataset.images[0].annotations) == 2
    assert dataset.images[0].is_complete


def test_that_a_box_that_is_left_out_is_lost_also_where_it_stands_there_twice() -> None:
    bad = annotation(id=5, bbox=[1, 1, 0, 0])
    document = changed(annotations=bad)
    document["annotations"].append(copy.deepcopy(bad))
    assert not coco.parse_dataset(document).images[0].is_complete


def test_that_boxes_in_shares_of_their_image_are_not_taken_for_pixels() -> None:
    document = copy.deepcopy(GOOD)
    document["annotations"] = [annotation(id=number, bbox=[0.05 * number, 0.2, 0.3, 0.4]) for number in range(1, 11)]
    (problem,) = coco.parse_dataset(document).problems
    assert "fractions of its width and height" in problem
    document["annotations"].append(annotation(id=11, bbox=[5, 5, 9, 9]))
    assert coco.parse_dataset(document).problems == ()


def test_that_a_sentence_about_something_large_stays_short() -> None:
    dataset = coco.parse_dataset(changed(annotations=annotation(bbox=[[1] * 1000] * 1000)))
    assert len(dataset.problems[0]) < 300


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"id": 7, "file_name": "c.png", "width": 1, "height": 1}, "its id 7 is used more than once"),
        (
            {"id": 8, "file_name": "a.png", "width": 40, "height": 30},
            "Image 8 (a.png): it is the same file as image 7.",
        ),
        ({"id": True, "file_name": "c.png", "width": 1, "height": 1}, "its id is True"),
        ({"id": 8, "width": 1, "height": 1}, "its file name is None"),
        ({"id": 8, "file_name": "  ", "width": 1, "height": 1}, "its file name is '  '"),
        ({"id": 8, "file_name": "a\0.png", "width": 1, "height": 1}, "its file name is"),
        ({"id": 8, "file_name": "/etc/a.png", "width": 1, "height": 1}, "absolute"),
        ({"id": 8, "file_name": "C:\\a.png", "width": 1, "height": 1}, "absolute"),
        ({"id": 8, "file_name": "\\\\server\\a.png", "width": 1, "height": 1}, "absolute"),
        ({"id": 8, "file_name": "../a.png", "width": 1, "height": 1}, "leaves the image folder"),
        ({"id": 8, "file_name": "x\\..\\..\\a.png", "width": 1, "height": 1}, "leaves the image folder"),
        ({"id": 8, "file_name": "c.png", "width": 0, "height": 1}, "its width is 0, not a whole number from 1 to"),
        ({"id": 8, "file_name": "c.png", "width": "9", "height": 1}, "its width is '9', not a whole"),
        ({"id": 8, "file_name": "c.png", "width": 9, "height": 1.5}, "its height is 1.5, not a whole"),
        ({"id": 8, "file_name": "c.png", "width": 9}, "its height or its width is missing"),
        ({"id": 8, "file_name": "\ud800.png", "width": 9, "height": 1}, "its file name is '\\ud800.png'"),
        ("a.png", "not a JSON object"),
    ],
)
def test_that_a_bad_image_is_named_and_left_out(wrong: Any, reason: str) -> None:
    dataset = coco.parse_dataset(changed(images=wrong))
    assert [problem for problem in dataset.problems if reason in problem] == list(dataset.problems)
    assert len(dataset.problems) == 1
    named = isinstance(wrong, dict) and wrong["id"] == 8
    assert dataset.problems[0].startswith("Image 8" if named else "Image number 3: ")
    assert dataset.problems[0].endswith(".")
    assert len(dataset.images) == 2


@pytest.mark.parametrize(
    ("wrong", "reason", "kept"),
    [
        ({"id": 2, "name": "dog"}, "its id 2 is used more than once", 2),
        ({"id": 5, "name": ""}, "its name is ''", 2),
        ({"id": 5}, "Category 5: its name is None.", 2),
        ({"id": 5, "name": "\ud800"}, "its name is", 2),
        ({"name": "dog"}, "its id is None", 2),
        (7, "not a JSON object", 2),
        ({"id": 5, "name": "cat "}, "Category 5: category 2 is named 'cat' too; taken as one.", 3),
    ],
)
def test_that_a_bad_category_is_named(wrong: Any, reason: str, kept: int) -> None:
    dataset = coco.parse_dataset(changed(categories=wrong, annotations=annotation(category_id=2)))
    assert len(dataset.problems) == 1
    assert reason in dataset.problems[0]
    assert len(dataset.categories) == kept
    assert dataset.category_names == ("owl", "cat")
    assert dataset.categories[-1].label == 2


def test_that_files_missing_or_of_another_size_are_named_and_left_out(folder: Path) -> None:
    document = changed(images={"id": 8, "file_name": "gone.png", "width": 5, "height": 5})
    document["annotations"].append(annotation(image_id=8))
    document["images"][0] |= {"width": 30, "height": 40}
    document["images"][1]["width"] = 21
    dataset = coco.parse_dataset(document, folder)
    assert dataset.images == ()
    first, second, third = dataset.problems  # the boxes of the images are not one more each
    swapped = "with height and width swapped as by an EXIF orientation"
    assert first == f"Image 7 (a.png): its size is 30 x 40 in the dataset, but it is 40 x 30, {swapped}."
    assert second == "Image 3 (sub/b.png): its size is 21 x 10 in the dataset, but it is 20 x 10."
    assert third == f"Image 8 (gone.png): The image {folder / 'gone.png'} does not exist."
    assert dataset.notes == ("Annotations left out with their image or their category: 3.",)


def test_that_a_size_that_is_not_stated_is_that_of_the_image(folder: Path) -> None:
    document = copy.deepcopy(GOOD)
    del document["images"][0]["width"]
    document["images"][1] |= {"width": None, "height": None}
    dataset = coco.parse_dataset(document, folder)
    assert dataset.problems == ()
    assert [image.image_size for image in dataset.images] == [(30, 40), (10, 20)]


def test_that_images_can_be_found_by_other_rules() -> None:
    def find_image(name: str) -> coco.FoundImage:
        if name == "sub/b.png":
            raise DetectorError("nobody has heard of it.")
        return coco.FoundImage("elsewhere/a.png", None, (30, 40))

    document = copy.deepcopy(GOOD)
    document["images"][0]["file_name"] = "C:\\absolute\\a.png"
    dataset = coco.parse_dataset(document, find_image=find_image)
    assert [image.file_name for image in dataset.images] == ["elsewhere/a.png"]
    assert dataset.problems == ("Image 3 (sub/b.png): nobody has heard of it.",)


def test_that_the_size_is_that_of_the_upright_image(folder: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.new("RGB", (30, 40)).save(folder / "a.png", exif=exif)
    dataset = coco.parse_dataset(GOOD, folder)
    assert dataset.problems == ()
    assert coco.load_sample(dataset.images[0]).image_size == (30, 40)


@pytest.mark.skipif(os.name == "nt", reason="there a backslash always separates")
def test_that_names_written_on_windows_are_found(folder: Path) -> None:
    document = copy.deepcopy(GOOD)
    document["images"][1]["file_name"] = "sub\\b.png"
    dataset = coco.parse_dataset(document, folder)
    assert dataset.problems == ()
    assert dataset.images[1].file_name == "sub/b.png"


def test_that_an_image_that_changed_since_is_refused(folder: Path) -> None:
    image = coco.parse_dataset(GOOD, folder).images[0]
    Image.new("RGB", (41, 30)).save(folder / "a.png")
    with pytest.raises(DetectorError, match="is 41 x 30, but its boxes were drawn on 40 x 30"):
        coco.load_sample(image)
    with pytest.raises(ValueError, match="without an image folder"):
        coco.load_sample(coco.parse_dataset(GOOD).images[0])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"images": [\n 1,\n ]}', "is not valid JSON: .* in line 3, column"),
        (b"", "line 1, column 1"),
        (b"[]", "no JSON object at its top level"),
        (b'"text"', "no JSON object"),
        (b"{}", 'no list "images" and no list "annotations" and no list "categories"'),
        (b'{"images": [], "annotations": {}, "categories": []}', 'no list "annotations"'),
        (b'{"images": [], "annotations": []}', 'no list "categories"'),
        (b'{"images": "\xff\xfe"}', "not JSON that can be read"),
        (b'{"images": ' + b"9" * 5000 + b"}", "not JSON that can be read"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_that_a_file_that_is_no_dataset_is_refused_by_name(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(DetectorError, match=reason) as refusal:
        coco.read_dataset(path, tmp_path)
    assert "broken.json" in str(refusal.value)


def test_that_a_missing_file_is_named_and_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=r"nowhere\.json cannot be read"):
        coco.read_json(tmp_path / "nowhere.json")
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "a.json").write_text(json.dumps(GOOD, ensure_ascii=False), encoding=encoding)
        assert coco.read_json(tmp_path / "a.json") == GOOD


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(HUGE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
entries = st.lists(
    st.dictionaries(
        st.sampled_from(["id", "file_name", "width", "height", "name", "image_id", "category_id", "bbox", "iscrowd"]),
        st.integers(0, 3) | st.sampled_from(["a", "b"]) | st.just([1, 1, 2, 2]) | json_values,
    )
    | json_values,
    max_size=5,
)


@given(entries, entries, entries)
def test_that_no_document_breaks_the_reader(images: list[Any], annotations: list[Any], categories: list[Any]) -> None:
    dataset = coco.parse_dataset({"images": images, "annotations": annotations, "categories": categories})
    for image in dataset.images:
        boxes, (height, width) = image.gt_boxes, image.image_size
        assert np.all(boxes[:, :2] < boxes[:, 2:])
        assert np.all(boxes >= 0)
        assert np.all(boxes <= np.array([width, height, width, height], dtype=np.float32))
        assert np.all((image.labels >= 1) & (image.labels <= len(dataset.category_names)))


def test_that_the_real_datasets_are_read_without_a_problem(shared_data: Path) -> None:
    for name in ("bccd", "dice", "sketch"):
        path = shared_data / name / "annotations_test.json"
        dataset = coco.read_dataset(path, shared_data / name / "images")
        raw = json.loads(path.read_bytes())
        assert dataset.problems == ()
        assert len(dataset.images) == len(raw["images"])
        assert sum(len(image.annotations) for image in dataset.images) == len(raw["annotations"])


# --- writing ---------------------------------------------------------------------------------------------------------


def test_that_detections_written_as_a_dataset_are_read_back_unchanged(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 300, (50, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(0.01, 300, (50, 2))], axis=1).astype(np.float32)
    found = detections(boxes, np.linspace(1, 0.1, 50), rng.integers(1, 3, 50))
    nothing = detections([], [], [])
    document = coco.detections_to_dataset(
        [("a.png", (600, 601), found), ("b.png", (5, 6), nothing)], ("cat", "raton laveur 🦝")
    )
    coco.write_json(tmp_path / "out.json", document)
    dataset = coco.parse_dataset(coco.read_json(tmp_path / "out.json"))
    assert dataset.problems == ()
    assert dataset.category_names == ("cat", "raton laveur 🦝")
    first, second = dataset.images
    np.testing.assert_array_equal(first.gt_boxes, boxes)
    np.testing.assert_array_equal(first.labels, found.labels)
    assert np.float32([each.raw["score"] for each in first.annotations]).tolist() == found.scores.tolist()
    assert (first.image_size, second.image_size, len(second.annotations)) == ((600, 601), (5, 6), 0)
    ids = [each["id"] for each in document["annotations"]]
    assert ids == list(range(1, 51))
    assert all(each["area"] == each["bbox"][2] * each["bbox"][3] for each in document["annotations"])
    assert {each["category_id"] for each in document["annotations"]} == {1, 2}


def test_that_written_detections_lie_inside_their_image() -> None:
    found = detections([(-1, 2, 12, 9), (10, 0, 12, 5), (3, 3, 3, 9)], [0.9, 0.8, 0.7], [1, 1, 1])
    document = coco.detections_to_dataset([("a.png", (8, 10), found)], ("cat",))
    assert [each["bbox"] for each in document["annotations"]] == [[0, 2, 10, 6]]


@given(*[st.floats(0, 1e4, allow_subnormal=False)] * 2, *[st.floats(1e-3, 1e4)] * 2)
def test_that_a_bbox_comes_back_as_the_same_box(x: float, y: float, width: float, height: float) -> None:
    box = coco.corners([x, y, width, height])
    assert box is not None
    assert coco.corners(coco.xywh([box])[0]) == pytest.approx(box, abs=1e-11)


def test_that_a_written_dataset_loads_in_pycocotools(tmp_path: Path) -> None:
    found = detections([(1, 2, 11, 22)], [0.5], [2])
    coco.write_json(tmp_path / "out.json", coco.detections_to_dataset([("a.png", (30, 40), found)], ("owl", "cat")))
    loaded = COCO(str(tmp_path / "out.json"))
    results = coco.detections_to_results([(1, found)], category_ids=(1, 2))
    assert loaded.loadRes(results).anns[1]["bbox"] == [1, 2, 10, 20]
    assert [each["name"] for each in loaded.loadCats(loaded.getCatIds())] == ["owl", "cat"]


def test_that_results_carry_the_ids_of_the_dataset_they_answer() -> None:
    found = detections([(1, 2, 11, 22), (0, 0, 1, 1)], [0.75, 0.5], [2, 1])
    assert coco.detections_to_results([(70, found)], category_ids=(90, 2)) == [
        {"image_id": 70, "category_id": 2, "bbox": [1, 2, 10, 20], "score": 0.75},
        {"image_id": 70, "category_id": 90, "bbox": [0, 0, 1, 1], "score": 0.5},
    ]
    proposals = Proposals(np.array([(1, 2, 4, 8)]), np.array([0.25]))
    assert coco.proposals_to_results([(70, proposals)]) == [
        {"image_id": 70, "category_id": 1, "bbox": [1, 2, 3, 6], "score": 0.25}
    ]
    assert coco.detections_to_results([], ()) == []
    json.dumps(coco.detections_to_results([(70, found)], (90, 2)))


def test_that_a_link_stays_and_the_file_that_it_leads_to_is_written(tmp_path: Path) -> None:
    link = tmp_path / "out.json"
    link.symlink_to("real.json")
    for document in ({"new": 1}, {"new": 2}):
        coco.write_json(link, document)
        assert (link.is_symlink(), coco.read_json(tmp_path / "real.json")) == (True, document)
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(DetectorError, match="cannot be written"):
        coco.write_json(link, {})


def test_that_a_failed_write_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    coco.write_json(path, {"old": 1})
    with pytest.raises(ValueError, match="Out of range"):
        coco.write_json(path, {"new": float("nan")})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DetectorError, match=r"out\.json cannot be written: No space left on device"):
        coco.write_json(path, {"new": 1})
    assert coco.read_json(path) == {"old": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["out.json"]
    with pytest.raises(DetectorError, match="cannot be written"):
        coco.write_json(tmp_path / "nowhere" / "out.json", {})
