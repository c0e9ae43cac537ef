"""What is written in another program's format and read again is the same, in all that the format can say."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.annotations import ImageRecord
from app.store.formats.coco_fields import OWN, flags_from_fields, own_fields, text_from_fields
from app.store.formats.cvat import CVAT
from app.store.formats.foreign import Delivery, Format
from app.store.formats.label_studio import LABEL_STUDIO
from app.store.formats.labelme import LABELME
from app.store.formats.project_images import ProjectImages
from detector.coco import corners, parse_dataset

FORMATS = [CVAT, LABELME, LABEL_STUDIO]
# What a file system, and XML, allow in names and texts.
LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="/\\:\ufffe\uffff")
WORDS = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
NAMES = WORDS.filter(lambda name: name.strip(". ") == name)


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> list[float]:
    x1, x2 = sorted(draw(st.tuples(*[st.floats(0, width, width=32)] * 2)))
    y1, y2 = sorted(draw(st.tuples(*[st.floats(0, height, width=32)] * 2)))
    x1, y1 = (0.0 if side < 2**-8 else side for side in (x1, y1))
    if x2 - x1 < 2**-6:
        x1, x2 = 0.0, float(width)
    if y2 - y1 < 2**-6:
        y1, y2 = 0.0, float(height)
    return [x1, y1, x2 - x1, y2 - y1]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Datasets as the gate of the export lets them through."""
    categories = [
        {"id": number, "name": name, OWN: {"color": draw(st.sampled_from(["#e69f00", "#123abc"])), "position": number}}
        for number, name in enumerate(draw(st.lists(WORDS, min_size=1, max_size=3, unique=True)), 1)
    ]
    images, annotations = [], []
    stems = draw(st.lists(NAMES, min_size=1, max_size=3, unique_by=str.casefold))
    for number, stem in enumerate(stems, 1):
        width, height = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
        folder = draw(st.sampled_from(["", "sub/", "a/b/"]))
        image = {"id": number, "file_name": f"{folder}{stem}.png", "width": width, "height": height}
        images.append(image | {OWN: {"reviewed": True}})
        for _ in range(draw(st.integers(0, 3))):
            own: dict[str, Any] = {"provenance": draw(st.sampled_from(["drawn", "accepted"]))}
            own |= draw(st.fixed_dictionaries({}, optional={"note": WORDS, "author": WORDS, "locked": st.just(True)}))
            flags = draw(st.dictionaries(st.sampled_from(["difficult", "occluded", "truncated"]), st.just(True)))
            bbox = draw(boxes(width, height))
            annotations.append({
                "id": len(annotations) + 1,
                "image_id": number,
                "category_id": draw(st.sampled_from(categories))["id"],
                "bbox": bbox,
                "area": bbox[2] * bbox[3],
                "iscrowd": draw(st.sampled_from([0, 1])),
                "attributes": flags,
                OWN: own,
            })  # fmt: skip
    return {"info": {}, "licenses": [], "images": images, "categories": categories, "annotations": annotations}


def said(document: dict[str, Any], form: Format) -> dict[str, Any]:
    """Return what `document` says that `form` can say, in a form that can be compared."""
    names = {category["id"]: category["name"] for category in document["categories"]}
    whole = form is not CVAT
    told: dict[str, Any] = {}
    for image in document["images"]:
        own = own_fields(image) if whole else {}
        told[image["file_name"]] = ((image.get("height"), image.get("width")), own, [])
    by_id = {image["id"]: told[image["file_name"]] for image in document["images"]}
    for annotation in document["annotations"]:
        box = corners(annotation["bbox"])
        assert box is not None
        own = own_fields(annotation)
        by_id[annotation["image_id"]][2].append((
            names[annotation["category_id"]],
            tuple(np.float32(side) for side in box),
            flags_from_fields(annotation),
            bool(annotation.get("iscrowd")),
            text_from_fields(own, "note"),
            (own.get("provenance"), own.get("locked"), own.get("author")) if whole else None,
        ))  # fmt: skip
    return told


def images_of(document: dict[str, Any], folder: Path) -> ProjectImages:
    rows = document["images"]
    return ProjectImages(
        folder, [ImageRecord(row["id"], row["file_name"], (row["height"], row["width"])) for row in rows]
    )


def twice(form: Format, document: dict[str, Any], images: ProjectImages) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what reading gives of what was written, and of what was written of that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        delivery = Delivery(folder / "photos")
        first, second = folder / f"first{form.suffix}", folder / f"second{form.suffix}"
        form.write(document, first, delivery)
        assert form.recognises(first) == bool(document["images"])
        reading = form.read(first, images)
        assert reading.problems == ()
        assert reading.notes == ()
        complete = [{"width": 1, "height": 1} | image for image in reading.document["images"]]
        form.write(reading.document | {"images": complete}, second, delivery)
        return reading.document, form.read(second, images).document


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
@settings(max_examples=25)
@given(document=documents())
def test_that_what_is_written_is_read_again(form: Format, document: dict[str, Any]) -> None:
    images = images_of(document, Path("/photos"))
    once, again = twice(form, document, images)
    sizes = {image["file_name"]: (image["height"], image["width"]) for image in document["images"]}
    # A task without a region does not say how large its image is: it is as large as it is.
    found = said(once, form)
    found = {name: ((sizes[name] if size == (None, None) else size), *rest) for name, (size, *rest) in found.items()}
    assert found == said(document, form)
    assert said(again, form)[document["images"][0]["file_name"]][1:] == found[document["images"][0]["file_name"]][1:]
    parsed = parse_dataset(once, find_image=images)
    assert parsed.problems == ()
    if form is not LABELME:
        assert [(category["name"], own_fields(category).get("color")) for category in once["categories"]] == [
            (category["name"], category[OWN]["color"]) for category in document["categories"]
        ]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
def test_that_an_empty_dataset_is_written(form: Format, tmp_path: Path) -> None:
    document: dict[str, Any] = {"images": [], "categories": [], "annotations": []}
    target = tmp_path / f"out{form.suffix}"
    assert form.write(document, target, Delivery(tmp_path)).lost == ()
    assert form.read(target, ProjectImages(tmp_path, [])).document == document


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
def test_that_what_a_format_cannot_say_is_named(form: Format, tmp_path: Path) -> None:
    document: dict[str, Any] = {
        "images": [{"id": 1, "file_name": "1.png", "width": 4, "height": 3}],
        "categories": [{"id": 1, "name": "bolt", "supercategory": "metal"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "segmentation": [[0, 0, 2, 0, 2, 2]]}
        ],
    }
    lost = " ".join(form.write(document, tmp_path / f"out{form.suffix}", Delivery(tmp_path)).lost)
    assert "1 × outlines, 1 × supercategories" in lost
