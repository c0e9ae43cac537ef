"""Whatever stands in a file of another program, reading it gives sentences and a document, or one sentence."""

from __future__ import annotations

import copy
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from format_projects import spots
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model.annotations import ImageRecord
from app.store.formats.cvat import CVAT
from app.store.formats.foreign import Delivery, Format
from app.store.formats.label_studio import LABEL_STUDIO
from app.store.formats.labelme import LABELME
from app.store.formats.project_images import ProjectImages
from detector.coco import parse_dataset
from detector.types import DetectorError

IMAGES = ProjectImages(Path("/photos"), [ImageRecord(1, "1.png", (48, 64)), ImageRecord(2, "sub/2.png", (48, 64))])
DOCUMENT: dict[str, Any] = {
    "images": [
        {"id": 1, "file_name": "1.png", "width": 64, "height": 48, "boxwright": {"reviewed": True}},
        {"id": 2, "file_name": "sub/2.png", "width": 64, "height": 48, "labelme": {"flags": {"dark": True}}},
    ],
    "categories": [{"id": 1, "name": "bolt", "boxwright": {"color": "#123456"}}],
    "annotations": [
        {
            "id": number,
            "image_id": number,
            "category_id": 1,
            "bbox": [1, 2, 3, 4],
            "attributes": {"occluded": True, "size": "3"},
            "boxwright": {"note": "look", "provenance": "drawn", "locked": True},
        }
        for number in (1, 2)
    ],
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("1.png"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@cache
def written(form: Format) -> str:
    with tempfile.TemporaryDirectory() as name:
        files = form.write(DOCUMENT, Path(name) / f"out{form.suffix}", Delivery(Path(name))).files
        return files[0].read_text(encoding="utf-8")


def read(form: Format, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / f"a{form.suffix or '.json'}"
        file.write_bytes(content)
        form.recognises(file)
        try:
            reading = form.read(file, IMAGES)
        except DetectorError:
            return
    assert all(problem.endswith(".") for problem in reading.problems)
    parse_dataset(reading.document, find_image=IMAGES)


@pytest.mark.parametrize("form", [LABELME, LABEL_STUDIO], ids=lambda form: form.key)
@settings(max_examples=150)
@given(data=st.data())
def test_that_any_part_of_a_file_may_be_anything(form: Format, data: st.DataObject) -> None:
    content = {"whole": copy.deepcopy(json.loads(written(form)))}
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(spots(content)[1:]))
        node: Any = content
        for key in way:
            node = node[key]
        node[last] = data.draw(ANYTHING)
    read(form, json.dumps(content["whole"]).encode())


@pytest.mark.parametrize("form", [CVAT, LABELME, LABEL_STUDIO], ids=lambda form: form.key)
@settings(max_examples=100)
@given(data=st.data())
def test_that_a_file_may_be_damaged_anywhere(form: Format, data: st.DataObject) -> None:
    content = bytearray(written(form).encode())
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.sampled_from([start, start + 1, start + 7, len(content)]))
    content[start:end] = data.draw(st.binary(max_size=6) | st.sampled_from([b"</box>", b'"', b"NaN", b"<", b"&a;"]))
    read(form, bytes(content))
