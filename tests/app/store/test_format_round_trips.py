"""Out and in again: what a format can say comes back equal, and a second export has the same bytes as the first."""

from __future__ import annotations

import tempfile
import unicodedata
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from format_projects import NAMES, SIZE, Boxes, boxes_in, bring_in, files_in, new_project
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from app.store.formats.annotation_export import export_annotations
from app.store.formats.foreign import Images
from app.store.formats.table import format_of, recognise
from app.store.formats.yolo_numbers import corners, to_text

if TYPE_CHECKING:
    from app.model.annotations import Box

HEIGHT, WIDTH = SIZE
CATEGORIES = ("bolt", "nut", "unused: one é")


def ends(limit: int) -> st.SearchStrategy[tuple[float, float]]:
    """Two ends in [0, limit], among them whole pixels, the borders, and what only double precision tells apart."""
    numbers = st.one_of(
        st.integers(0, limit).map(float), st.floats(0, limit, allow_subnormal=False), st.just(float(limit))
    )
    return st.tuples(numbers, numbers).map(lambda two: (min(two), max(two))).filter(lambda two: two[1] - two[0] > 1e-3)


def boxes(width: int = WIDTH, height: int = HEIGHT) -> st.SearchStrategy[Box]:
    return st.tuples(ends(width), ends(height)).map(lambda two: (two[0][0], two[1][0], two[0][1], two[1][1]))


flags = st.lists(st.sampled_from(("difficult", "occluded", "truncated")), unique=True).map(tuple)
annotations = st.lists(st.tuples(st.sampled_from(CATEGORIES[:2]), boxes(), flags), max_size=4)
projects = st.builds(
    Boxes, of=st.dictionaries(st.sampled_from(NAMES), annotations, min_size=1), categories=st.just(CATEGORIES)
)
few = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


def single(box: Box) -> tuple[float, ...]:
    """What YOLO keeps of a box: single precision, and no millionth of a millionth of a pixel."""
    return tuple(0.0 if abs(end) < 1e-12 else end for end in map(float, np.float32(box)))


@pytest.mark.parametrize("key", ["coco", "voc", "yolo"])
@few
@given(said=projects)
@example(said=Boxes(of={"1.png": [("bolt", (0.0, 1e-12, 640.0, 480.0), ())]}, categories=CATEGORIES))
def test_that_a_second_project_exports_what_the_first_did(key: str, said: Boxes) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        first, second = folder / f"first{format_of(key).suffix}", folder / f"second{format_of(key).suffix}"
        with closing(new_project(folder / "a", said)) as store:
            export_annotations(format_of(key), store.location, first)
            before = boxes_in(store)
        with closing(new_project(folder / "b")) as store:
            assert recognise(first).key == key
            found = bring_in(store, first, reviewed=True)
            assert (found.problems, found.images_left_out) == ((), 0)
            after = boxes_in(store)
            export_annotations(format_of(key), store.location, second)
            assert [one.name for one in store.categories()] == [
                name for name in CATEGORIES if key != "voc" or name != CATEGORIES[2]
            ]
            assert bring_in(store, second, reviewed=True).command is None, "all of it is there already"
        assert files_in(first) == files_in(second)
    if key == "yolo":
        before = {path: [(name, single(box)) for name, box in found] for path, found in before.items()}
    assert after == before


@pytest.mark.parametrize("key", ["coco", "voc", "yolo", "cvat", "labelme", "label-studio"])
@pytest.mark.parametrize("images", [Images.NONE, Images.COPY])
def test_that_names_that_differ_by_how_an_accent_is_written_come_back(tmp_path: Path, key: str, images: Images) -> None:
    names = [unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
    target = tmp_path / f"out{format_of(key).suffix}"
    for folder in (tmp_path / "a", tmp_path / "b"):
        (folder / "sub").mkdir(parents=True)
        for place in (*names, *(f"sub/{name}" for name in names)):
            Image.new("1", SIZE[::-1]).save(folder / place)
    if len(list((tmp_path / "a").iterdir())) < 3:
        pytest.skip("this file system has one name for both")
    boxes: dict[str, list[tuple[str, Box, tuple[str, ...]]]] = {
        place: [("bolt", (1.0, 2.0, 30.0 + number, 40.0), ())]
        for number, place in enumerate((*names, *(f"sub/{name}" for name in names)))
    }
    with closing(new_project(tmp_path / "a", Boxes(boxes))) as store:
        export_annotations(format_of(key), store.location, target, images=images if not target.suffix else Images.NONE)
        before = boxes_in(store)
    with closing(new_project(tmp_path / "b")) as store:
        assert bring_in(store, target, reviewed=True).problems == ()
        after = boxes_in(store)
    approximate = {place: [(name, pytest.approx(box)) for name, box in found] for place, found in before.items()}
    assert after == approximate


@pytest.mark.parametrize("key", ["coco", "yolo", "cvat", "labelme", "label-studio"])
@pytest.mark.parametrize("name", ["nel\x85x", "line\u2028x", "page\u2029 x", "mark\ufeffx", "é: ‘#’"])
def test_that_a_category_comes_back_under_its_own_name(tmp_path: Path, key: str, name: str) -> None:
    said = Boxes({"1.png": [(name, (1.0, 2.0, 30.0, 40.0), ())]}, categories=(name,))
    target = tmp_path / f"out{format_of(key).suffix}"
    with closing(new_project(tmp_path / "a", said)) as store:
        export_annotations(format_of(key), store.location, target)
    with closing(new_project(tmp_path / "b")) as store:
        assert bring_in(store, target, reviewed=True).problems == ()
        assert [category.name for category in store.categories()] == [name]


@settings(max_examples=300)
@given(data=st.data(), width=st.integers(1, 20_000), height=st.integers(1, 20_000))
def test_that_numbers_of_yolo_come_back_to_single_precision(data: st.DataObject, width: int, height: int) -> None:
    box = data.draw(boxes(width, height))
    texts = to_text(box, (height, width))
    assert texts is not None
    assert corners(tuple(map(Decimal, texts)), (height, width)) == single(box)
    assert all(0 <= float(text) <= 1 for text in texts)
    assert not any("e" in text.lower() for text in texts)
