from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.model.annotations import Category
from app.model.category_mapping import IGNORED, OWN_NAME, Target
from app.model.commands import Edit
from app.model.history import History
from app.model.storage import StoreError
from app.store.corrections import read_corrections
from app.store.database import APPLICATION_ID
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parent / "samples"
SAID = {"car": Target(2), "dog": IGNORED, "Person": OWN_NAME}


@pytest.fixture
def with_categories(store: ProjectStore) -> ProjectStore:
    rows = [Category(1, "person", "#ff0000"), Category(2, "vehicle", "#00ff00", position=1)]
    store.write([Edit(None, row) for row in rows], History())
    return store


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[ProjectStore]:
    folder = tmp_path / ".boxwright"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "project.db")) as connection:
        connection.executescript((SAMPLES / "schema-3.sql").read_text(encoding="utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 3")
    opened = ProjectStore.open(tmp_path)
    yield opened
    opened.close()


def test_that_a_mapping_survives_closing_and_belongs_to_one_model(store: ProjectStore, image_folder: Path) -> None:
    assert store.mappings.of("coco-1") == {}
    store.mappings.put("coco-1", SAID)
    store.mappings.put("other-1", {"car": IGNORED})
    store.close()
    store = ProjectStore.open(image_folder)
    assert store.mappings.of("coco-1") == SAID
    assert store.mappings.of("other-1") == {"car": IGNORED}
    store.close()


def test_that_a_mapping_takes_the_place_of_all_that_was_said(store: ProjectStore) -> None:
    store.mappings.put("coco-1", SAID)
    store.mappings.put("coco-1", {"cat": IGNORED})
    assert store.mappings.of("coco-1") == {"cat": IGNORED}
    store.mappings.put("coco-1", {})
    assert store.mappings.of("coco-1") == {}


def test_that_a_mapping_that_cannot_be_written_leaves_the_one_before(store: ProjectStore) -> None:
    store.mappings.put("coco-1", SAID)
    store._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON category_mapping BEGIN SELECT raise(ABORT, 'x'); END"
    )
    with pytest.raises(StoreError, match="could not be kept"):
        store.mappings.put("coco-1", {"cat": IGNORED})
    assert store.mappings.of("coco-1") == SAID


def test_that_a_category_that_something_is_mapped_to_can_be_taken_back(with_categories: ProjectStore) -> None:
    with_categories.mappings.put("coco-1", SAID)
    vehicle = with_categories.categories()[1]
    with_categories.write([Edit(vehicle, None)], History())
    assert with_categories.mappings.of("coco-1") == SAID


def test_that_it_is_known_where_a_base_model_lay_last(store: ProjectStore) -> None:
    assert store.mappings.file_of("coco-1") is None
    store.mappings.put_file("coco-1", "/a.safetensors")
    store.mappings.put_file("coco-1", "/b.safetensors")
    store.mappings.put_file("embedded-1", "")
    assert store.mappings.file_of("coco-1") == "/b.safetensors"
    assert store.mappings.file_of("embedded-1") == ""


def test_that_the_stored_sample_has_its_mapping(sample: ProjectStore) -> None:
    assert sample.mappings.of("embedded-11223344") == {"coin": IGNORED, "die": OWN_NAME, "screw": Target(1)}
    assert sample.mappings.file_of("embedded-11223344") == "/models/embedded.safetensors"


def test_that_a_training_learns_which_categories_the_model_knows_by_another_name(
    with_categories: ProjectStore,
) -> None:
    with_categories.mappings.put("coco-1", SAID)
    names = ("PERSON", "car", "dog", "cat")
    found = read_corrections(with_categories.location, None, "coco-1", names).corrections
    assert dict(found.aliases) == {"PERSON": "person", "car": "vehicle"}
    assert dict(read_corrections(with_categories.location, None).corrections.aliases) == {}
    other = read_corrections(with_categories.location, None, "other-1", names).corrections
    assert dict(other.aliases) == {"PERSON": "person"}
