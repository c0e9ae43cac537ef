from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.model import edits
from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance, Rejection
from app.model.category_mapping import IGNORED, Target
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.store import rows
from app.store.corrections import read_corrections
from app.store.project_store import ProjectStore
from detector.fine_tune_values import DataCounts, Stage, StageResult
from detector.vocabulary import new_labels

if TYPE_CHECKING:
    import os
    import sqlite3
    from collections.abc import Iterator, Sequence

    from app.model.commands import Row
    from detector.corrections import Corrections

BOX = (1.5, 2.25, 30.0, 40.5)
OTHER = (4.0, 5.0, 20.0, 21.0)
ORIGIN = Origin(OTHER, "bolt", 0.75, "v1")
BOLT, NUT = Category(1, "bolt", "#ff0000", position=1), Category(2, "nut", "#00ff00", position=0)
RESULT = StageResult(Stage.HEAD, DataCounts(1, 0, 1, 0), None, None, True, None, 1.0)


def corrections_of(store: ProjectStore) -> Corrections:
    """Read as a training that starts from the active version does."""
    return read_corrections(store.location, store.versions.active()).corrections


def put(store: ProjectStore, *added: Row) -> None:
    change(store, *(Edit(ImageMark(row.id) if isinstance(row, ImageMark) else None, row) for row in added))


def change(store: ProjectStore, *changed: Edit) -> None:
    store.write(changed, store.history().recorded(), Command("test", 1, changed))


def rename(store: ProjectStore, category: Category, name: str) -> None:
    command = edits.rename_category(category, name, store.categories())
    assert command is not None
    change(store, *command.edits)


def start_from(store: ProjectStore, *categories: tuple[int, str], name: str = "a") -> None:
    store.location.heads.mkdir(exist_ok=True)
    path = store.location.heads / f"{name}.safetensors"
    path.touch()
    store.versions.set_active(store.versions.add(path, name, "base", categories, RESULT).id)


def accepted(number: int, category_id: int, name: str, provenance: Provenance = Provenance.ACCEPTED) -> Annotation:
    return Annotation(number, 1, category_id, OTHER, provenance, replace(ORIGIN, name=name))


def test_that_a_new_project_has_nothing_to_learn_from(store: ProjectStore) -> None:
    found = corrections_of(store)
    assert (found.images, found.categories, dict(found.aliases)) == ((), (), {})
    counts = store.correction_counts()
    assert (counts.reviewed, counts.partly, counts.missing, counts.boxes, counts.rejections) == (0, 0, 0, {}, 0)


def test_that_everything_that_was_decided_is_found_in_order(store: ProjectStore) -> None:
    put(store, BOLT, NUT, Annotation(1, 3, 1, BOX), Annotation(2, 3, 2, OTHER, iscrowd=True), ImageMark(3, True))
    put(store, Rejection(1, 1, ORIGIN), ImageMark(2, True))
    found = corrections_of(store)
    ids = {record.path: record.id for record in store.images()}
    records = [record for record in store.images() if record.id in (1, 2, 3)]
    assert [image.name for image in found.images] == [record.path for record in records]
    assert [image.path for image in found.images] == [store.image_path(record) for record in records]
    assert found.categories == ("nut", "bolt")
    rejected, empty, boxes = sorted(found.images, key=lambda image: ids[image.name])
    assert boxes.gt_boxes.tolist() == [list(BOX), list(OTHER)]
    assert boxes.labels.tolist() == [2, 1]
    assert boxes.iscrowd.tolist() == [False, True]
    assert boxes.reviewed
    assert (len(empty.gt_boxes), len(empty.rejected_boxes), empty.reviewed) == (0, 0, True)
    assert (len(rejected.gt_boxes), rejected.rejected_boxes.tolist(), rejected.reviewed) == (0, [list(OTHER)], False)


def test_that_crowds_and_difficult_boxes_are_told_apart(store: ProjectStore) -> None:
    put(store, BOLT, Annotation(1, 3, 1, BOX, difficult=True), Annotation(2, 3, 1, OTHER, iscrowd=True))
    put(store, Annotation(3, 3, 1, BOX))
    (image,) = corrections_of(store).images
    assert image.difficult.tolist() == [True, False, False]
    assert image.iscrowd.tolist() == [False, True, False]
    assert image.categories_shown == {1}, "a difficult box is learnt like any other"


def test_that_one_read_finds_what_reading_each_image_finds(store: ProjectStore) -> None:
    chance = random.Random(3)
    store.list_images([store.location.image_folder / f"{number}.png" for number in chance.sample(range(60), 60)])
    put(store, BOLT, NUT)
    images = [record.id for record in store.images()]
    for number in range(1, 80):
        image_id = chance.choice(images[:40])
        put(store, Annotation(number, image_id, chance.choice((1, 2)), BOX, iscrowd=chance.random() < 0.2))
        put(store, Rejection(number, chance.choice(images[20:50]), ORIGIN))
    put(store, *(ImageMark(image_id, True) for image_id in chance.sample(images, 20)))
    names = ("nut", "bolt")
    expected = [
        (
            record.path,
            record.reviewed,
            [(one.box, names.index("bolt" if one.category_id == 1 else "nut") + 1, one.iscrowd) for one in boxes],
            [one.origin.box for one in rejections],
        )
        for record in store.images()
        for boxes, rejections in [(store.annotations_of(record.id), store.rejections_of(record.id))]
        if record.reviewed or boxes or rejections
    ]
    found = [
        (
            image.name,
            image.reviewed,
            [
                (tuple(box), label, crowd)
                for box, label, crowd in zip(image.gt_boxes.tolist(), image.labels, image.iscrowd, strict=True)
            ],
            [tuple(box) for box in image.rejected_boxes.tolist()],
        )
        for image in corrections_of(store).images
    ]
    assert found == expected
    counts = store.correction_counts()
    assert (counts.reviewed, counts.partly) == (20, len(expected) - 20)
    assert (sum(counts.boxes.values()), counts.rejections) == (79, 79)


def test_that_the_counts_name_every_category_and_the_missing_images(store: ProjectStore) -> None:
    put(store, BOLT, NUT, Annotation(1, 1, 1, BOX), Annotation(2, 2, 1, BOX), ImageMark(1, True), ImageMark(3, True))
    put(store, Rejection(1, 4, ORIGIN))
    kept = [store.image_path(record) for record in store.images() if record.id != 3]
    store.list_images(kept)
    counts = store.correction_counts()
    assert (counts.reviewed, counts.partly, counts.missing, counts.rejections) == (2, 2, 1, 1)
    assert list(counts.boxes.items()) == [("nut", 0), ("bolt", 2)]
    assert len(corrections_of(store).images) == 4  # the file may be back before the training reads it


def test_that_a_category_renamed_since_the_active_version_is_an_alias(store: ProjectStore) -> None:
    put(store, BOLT, NUT)
    start_from(store, (2, "nut"), (1, "bolt"))
    assert store.current_names() == {}
    rename(store, BOLT, "screw")
    assert store.current_names() == {"bolt": "screw"}
    found = corrections_of(store)
    assert (found.categories, dict(found.aliases)) == (("nut", "screw"), {"bolt": "screw"})


def test_that_a_category_of_the_model_that_is_ignored_is_not_taken_for_the_one_that_is_meant(
    store: ProjectStore,
) -> None:
    put(store, BOLT, NUT)
    names = ("bolt", "screw", "washer")
    store.mappings.put("base", {"bolt": IGNORED, "screw": Target(BOLT.id), "washer": IGNORED})
    aliases = read_corrections(store.location, None, "base", names).corrections.aliases
    assert dict(aliases) == {"bolt": "", "screw": "bolt"}
    assert new_labels(names, ("nut", "bolt"), aliases) == [1]
    start_from(store, (1, "bolt"))
    rename(store, BOLT, "Screw")
    active = store.versions.active()
    store.mappings.put("base", {"bolt": IGNORED, "washer": Target(BOLT.id)})
    renamed = read_corrections(store.location, active, "base", names).corrections.aliases
    assert dict(renamed) == {"bolt": "", "screw": "Screw", "washer": "Screw"}
    rename(store, replace(BOLT, name="Screw"), "bolt")
    store.mappings.put("base", {"bolt": IGNORED})
    assert dict(read_corrections(store.location, None, "base", names).corrections.aliases) == {}


def test_that_a_category_deleted_since_the_active_version_is_no_alias(store: ProjectStore) -> None:
    put(store, BOLT, NUT)
    start_from(store, (2, "nut"), (1, "bolt"))
    change(store, Edit(BOLT, None))
    assert (corrections_of(store).categories, store.current_names()) == (("nut",), {})


def test_that_a_category_merged_into_another_is_an_alias_of_it(store: ProjectStore) -> None:
    put(store, BOLT, NUT, accepted(1, 1, "bolt"), accepted(2, 2, "nut"))
    start_from(store, (2, "nut"), (1, "bolt"))
    moved = accepted(1, 1, "bolt")
    change(store, Edit(moved, replace(moved, category_id=2)), Edit(BOLT, None))
    assert store.current_names() == {"bolt": "nut"}
    assert corrections_of(store).images[0].labels.tolist() == [1, 1]


def test_that_before_the_first_version_accepted_boxes_tell_what_was_renamed(store: ProjectStore) -> None:
    put(store, BOLT, NUT, accepted(1, 1, "bolt"), accepted(2, 2, "nut", Provenance.MOVED))
    assert store.current_names() == {}
    rename(store, BOLT, "screw")
    assert store.current_names() == {"bolt": "screw"}


def test_that_a_relabelled_box_says_nothing_about_names(store: ProjectStore) -> None:
    put(store, NUT, accepted(1, 2, "bolt", Provenance.RELABELLED), Annotation(2, 1, 2, BOX))
    assert store.current_names() == {}


def test_that_a_box_that_was_relabelled_and_back_tells_what_was_renamed(store: ProjectStore) -> None:
    put(store, BOLT, NUT, accepted(1, 1, "bolt"))
    rename(store, BOLT, "screw")
    for name in ("nut", "screw"):
        (box,), categories = store.annotations_of(1), store.categories()
        command = edits.relabel(box, next(one for one in categories if one.name == name), categories)
        assert command is not None
        change(store, *command.edits)
    (box,) = store.annotations_of(1)
    assert box == accepted(1, 1, "bolt")
    assert store.current_names() == {"bolt": "screw"}


def test_that_a_name_before_a_renaming_says_nothing_about_models_without_a_box(store: ProjectStore) -> None:
    put(store, BOLT, NUT)
    rename(store, BOLT, "screw")
    assert store.current_names() == {}


def test_that_most_boxes_decide_what_a_name_became(store: ProjectStore) -> None:
    put(store, BOLT, NUT, accepted(1, 1, "old"), accepted(2, 2, "old"), accepted(3, 2, "old"))
    assert store.current_names() == {"old": "nut"}


def test_that_the_version_knows_better_than_the_boxes(store: ProjectStore) -> None:
    put(store, BOLT, NUT, accepted(1, 2, "bolt"))
    start_from(store, (2, "nut"), (1, "bolt"))
    rename(store, BOLT, "screw")
    assert store.current_names() == {"bolt": "screw"}


def test_that_the_ids_of_the_categories_come_with_the_labels(store: ProjectStore) -> None:
    put(store, BOLT, NUT, Annotation(1, 1, 1, BOX))
    found = read_corrections(store.location, None)
    assert (found.corrections.categories, found.category_ids) == (("nut", "bolt"), (2, 1))


def test_that_another_thread_reads_what_the_writer_has_finished_and_nothing_else(store: ProjectStore) -> None:
    put(store, BOLT, Annotation(1, 1, 1, BOX))
    store._connection.execute("BEGIN IMMEDIATE")
    store._connection.execute("DELETE FROM annotations")
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(read_corrections, store.location, None).result()
    store._connection.execute("ROLLBACK")
    assert [len(image.gt_boxes) for image in found.corrections.images] == [1]


def test_that_what_is_decided_during_the_read_does_not_mix_into_it(
    store: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, BOLT)
    categories = rows.categories

    def overtaken(connection: sqlite3.Connection) -> list[Category]:
        found = categories(connection)
        if not store.annotations_of(1):
            put(store, NUT, Annotation(1, 1, 2, BOX))
        return found

    monkeypatch.setattr(rows, "categories", overtaken)
    found = read_corrections(store.location, None)
    assert (found.corrections.categories, found.corrections.images) == (("bolt",), ())


def test_that_images_known_to_be_too_large_are_left_out_where_that_is_asked_for(store: ProjectStore) -> None:
    put(store, BOLT, Annotation(1, 1, 1, BOX), Annotation(2, 2, 1, BOX), Annotation(3, 3, 1, BOX))
    store.set_image_sizes({1: (100, 101)})
    store.set_image_sizes({2: (100, 100)})
    every = [image.name for image in read_corrections(store.location, None).corrections.images]
    assert len(every) == 3
    small = read_corrections(store.location, None, most_pixels=10_000).corrections
    assert [image.name for image in small.images] == every[1:]
    counts, counts_of_small = store.correction_counts(), store.correction_counts(10_000)
    assert (counts.partly, counts.too_large) == (3, 0)
    assert (counts_of_small.reviewed, counts_of_small.partly, counts_of_small.too_large) == (0, 2, 1)


def test_that_a_project_that_is_gone_or_damaged_is_a_sentence(store: ProjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"project\.db cannot be read"):
        read_corrections(replace(store.location, folder=tmp_path), None)
    (tmp_path / "project.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(StoreError, match=r"project\.db cannot be read: it is damaged"):
        read_corrections(replace(store.location, folder=tmp_path), None)


def test_that_a_name_of_an_earlier_version_is_known_after_a_training_under_the_new_one(store: ProjectStore) -> None:
    put(store, BOLT, NUT)
    start_from(store, (2, "nut"), (1, "bolt"))
    rename(store, BOLT, "screw")
    start_from(store, (2, "nut"), (1, "screw"), name="b")
    assert store.current_names() == {"bolt": "screw"}
    assert dict(corrections_of(store).aliases) == {}, "the new version does not give that name"
    put(store, replace(BOLT, id=3))
    assert store.current_names() == {}, "the name is another category's now"


@pytest.fixture
def large(tmp_path: Path) -> Iterator[ProjectStore]:
    """100,000 images that are not there, of which 500 are reviewed with eight boxes and two rejections each."""
    store = ProjectStore.open(tmp_path)
    store.list_images([store.location.image_folder / f"{number:06d}.jpg" for number in range(100_000)])
    decided: Sequence[int] = random.Random(1).sample(range(1, 100_001), 500)
    put(store, BOLT)
    put(store, *(Annotation(8 * place + k + 1, one, 1, BOX) for place, one in enumerate(decided) for k in range(8)))
    put(store, *(Rejection(2 * place + k + 1, one, ORIGIN) for place, one in enumerate(decided) for k in range(2)))
    put(store, *(ImageMark(one, True) for one in decided))
    yield store
    store.close()


def test_that_a_large_project_is_read_at_once_and_without_looking_at_files(
    large: ProjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Path] = []
    stat = Path.stat

    def noted(path: Path, **options: bool) -> os.stat_result:
        looked_at.append(path)
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", noted)
    times = []
    for _ in range(5):
        start = time.process_time()
        found = corrections_of(large)
        middle = time.process_time()
        counts = large.correction_counts()
        times.append((middle - start, time.process_time() - middle))
    assert [path for path in looked_at if path.suffix == ".jpg"] == []
    assert (len(found.images), sum(len(image.gt_boxes) for image in found.images)) == (500, 4000)
    assert all(np.all(image.labels == 1) for image in found.images)
    assert counts.boxes == {"bolt": 4000}
    reading, counting = np.min(times, axis=0)
    assert reading < 0.1
    assert counting < 0.02
