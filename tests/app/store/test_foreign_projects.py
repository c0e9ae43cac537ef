"""A project out in another program's format and into a second project: the same boxes, and nothing new next time."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from format_projects import NAMES, Boxes, boxes_in, bring_in, files_in, new_project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.store.formats.annotation_export import export_annotations
from app.store.formats.table import format_of, recognise

ENDS = st.one_of(st.integers(0, 480).map(float), st.floats(0, 480, width=32), st.floats(0, 480))
BOXES = st.tuples(ENDS, ENDS, ENDS, ENDS).map(
    lambda ends: (*map(min, zip(ends[:2], ends[2:], strict=True)), *map(max, zip(ends[:2], ends[2:], strict=True)))
)
FLAGS = st.lists(st.sampled_from(("difficult", "occluded", "truncated")), unique=True).map(tuple)
ANNOTATIONS = st.tuples(
    st.sampled_from(("bolt", "nut")), BOXES.filter(lambda box: box[2] - box[0] > 0.01 and box[3] - box[1] > 0.01), FLAGS
)
PROJECTS = st.builds(Boxes, of=st.dictionaries(st.sampled_from(NAMES), st.lists(ANNOTATIONS, max_size=4), min_size=1))


@pytest.mark.parametrize("key", ["cvat", "labelme", "label-studio"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(said=PROJECTS)
def test_that_a_second_project_has_the_boxes_of_the_first(key: str, said: Boxes) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        first, second = folder / f"first{format_of(key).suffix}", folder / f"second{format_of(key).suffix}"
        with closing(new_project(folder / "photos" / "a", said)) as store:
            export_annotations(format_of(key), store.location, first)
            before = boxes_in(store)
            flags = {row.path: [one.flags for one in store.annotations_of(row.id)] for row in store.images()}
        with closing(new_project(folder / "others" / "a")) as store:
            assert recognise(first).key == key
            found = bring_in(store, first, reviewed=True)
            assert (found.problems, found.notes, found.images_left_out) == ((), (), 0)
            after = boxes_in(store)
            assert {row.path: [one.flags for one in store.annotations_of(row.id)] for row in store.images()} == flags
            export_annotations(format_of(key), store.location, second)
            assert bring_in(store, second, reviewed=True).command is None, "all of it is there already"
        if key == "cvat":
            texts = [file.read_text().replace(f"<name>{file.stem}</name>", "") for file in (first, second)]
            # A box that was drawn here comes from a file there.
            assert texts[0] == texts[1]
    if key != "label-studio":
        assert after == before
    single = {name: [(label, *map(np.float32, box)) for label, box in found] for name, found in before.items()}
    assert {name: [(label, *map(np.float32, box)) for label, box in found] for name, found in after.items()} == single


@pytest.mark.parametrize("key", ["cvat", "labelme", "label-studio"])
def test_that_a_refused_export_leaves_what_was_there(key: str, tmp_path: Path) -> None:
    target = tmp_path / f"out{format_of(key).suffix}"
    with closing(new_project(tmp_path / "a", Boxes({"1.png": [("bolt", (0.0, 0.0, 9.0, 9.0), ())]}))) as store:
        export_annotations(format_of(key), store.location, target)
        before = files_in(target)
        (tmp_path / "a" / "1.png").write_bytes(b"")
        with pytest.raises(Exception, match="Nothing was exported"):
            export_annotations(format_of(key), store.location, target)
    assert files_in(target) == before
