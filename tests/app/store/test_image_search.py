"""Questions about decisions, against a twin that looks at every annotation; and that no query reads the boxes."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance
from app.model.commands import Command, Edit
from app.model.filter_language import parse
from app.model.image_filter import Boxes, CameAbout, Flag, Flagged, FromModel, OfCategory
from app.store.database import open_read_only
from app.store.image_search import box_counts, images_where, last_changes, reviewed_without_boxes
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGES = 40
NAMES = ("bolt", "hex nut", "Bolt", "screw")
MODELS = ("embedded-1a", "head-1-0b", "head-2-0c")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[tuple[ProjectStore, list[Annotation]]]:
    """A project of random annotations, and those."""
    pick = random.Random(7)
    store = ProjectStore.open(tmp_path)
    store.list_images([tmp_path / f"{number:02}.png" for number in range(IMAGES)])
    made = [annotation(pick, number) for number in range(1, 121)]
    rows = [Category(place + 1, name, "#ff0000", position=place) for place, name in enumerate(NAMES)]
    store.write([*(Edit(None, row) for row in rows), *(Edit(None, row) for row in made)], store.history())
    reviewed = pick.sample(range(1, IMAGES + 1), 20)
    store.write([Edit(ImageMark(one), ImageMark(one, reviewed=True)) for one in reviewed], store.history())
    yield store, made
    store.close()


def annotation(pick: random.Random, number: int) -> Annotation:
    origin = Origin((0, 0, 5, 5), "bolt", 0.7, pick.choice(MODELS)) if pick.random() < 0.5 else None
    flags = {name: pick.random() < 0.1 for name in ("iscrowd", "difficult", "occluded", "truncated", "locked")}
    note = "look here" if pick.random() < 0.1 else ""
    provenance = pick.choice(tuple(Provenance))
    # A third of the images has no box.
    return Annotation(
        number, pick.randint(1, 27), pick.choice((1, 1, 2, 3)), (0, 0, 5, 5), provenance, origin, note=note, **flags
    )


@pytest.fixture
def connection(project: tuple[ProjectStore, list[Annotation]]) -> Iterator[sqlite3.Connection]:
    with closing(open_read_only(project[0].location.database)) as opened:
        yield opened


def twin(term: object, made: list[Annotation]) -> set[int]:
    """Return the same by looking at every annotation."""
    everything = range(1, IMAGES + 1)
    match term:
        case OfCategory(name, boxes):
            exact = [place + 1 for place, one in enumerate(NAMES) if one == name]
            alike = [place + 1 for place, one in enumerate(NAMES) if one.casefold() == name.casefold()]
            category_id = (exact or alike or [0])[0]
            counts = Counter(one.image_id for one in made if one.category_id == category_id)
            return {one for one in everything if boxes.has(counts[one])}
        case Boxes(boxes):
            counts = Counter(one.image_id for one in made)
            return {one for one in everything if boxes.has(counts[one])}
        case Flagged(flag):
            name = "iscrowd" if flag is Flag.CROWD else flag.value
            return {one.image_id for one in made if getattr(one, name)}
        case CameAbout(provenance):
            return {one.image_id for one in made if one.provenance is provenance}
        case FromModel(model):
            return {one.image_id for one in made if one.origin and model.casefold() in one.origin.model_version}
    raise AssertionError(term)


QUESTIONS = [
    *("category:bolt", "category:Bolt", "category:BOLT", 'category:"hex nut"', "category:screw", "category:none"),
    *(
        "category:bolt>=2",
        "category:bolt=1",
        "category:bolt<3",
        "category:bolt=0",
        "category:bolt=0..9",
        "label:bolt>3",
    ),
    *("boxes:0", "boxes:>0", "boxes:>4", "boxes:2..4", "boxes:<3", "boxes:>=0", "boxes:999"),
    *(f"flag:{flag}" for flag in Flag),
    *(f"provenance:{provenance}" for provenance in Provenance),
    *("model:head", "model:HEAD-2", "model:embedded-1a", "model:nothing", "model:%"),
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_that_every_question_is_answered_as_by_looking_at_every_box(
    project: tuple[ProjectStore, list[Annotation]], connection: sqlite3.Connection, text: str
) -> None:
    (clause,) = parse(text).clauses
    assert set(images_where(connection, clause.term).tolist()) == twin(clause.term, project[1])


@pytest.mark.parametrize("text", QUESTIONS)
def test_that_no_question_reads_a_box(connection: sqlite3.Connection, text: str) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    images_where(connection, parse(text).clauses[0].term)
    connection.set_trace_callback(None)
    plans = [row[3] for query in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    about = [plan for plan in plans if "annotations" in plan]
    assert about or asked
    assert [plan for plan in about if "USING" not in plan] == []
    assert len(asked) <= 3, "a question is a query, and the name of what it is about"


def test_that_a_version_is_found_by_what_people_call_it(
    project: tuple[ProjectStore, list[Annotation]], connection: sqlite3.Connection
) -> None:
    store, made = project
    with closing(sqlite3.connect(store.location.database)) as writer, writer:
        writer.execute(
            "INSERT INTO model_versions (id, version, file, parent, categories, result)"
            " VALUES (2, 'head-2-0c', 'f', '', '[]', '{}')"
        )
    (clause,) = parse('model:"Version 2"').clauses
    assert set(images_where(connection, clause.term).tolist()) == twin(FromModel("head-2-0c"), made)


def test_that_reviewed_images_without_boxes_are_found(
    project: tuple[ProjectStore, list[Annotation]], connection: sqlite3.Connection
) -> None:
    store, made = project
    with_boxes = {one.image_id for one in made}
    expected = {one.id for one in store.images() if one.reviewed and one.id not in with_boxes}
    assert expected
    assert set(reviewed_without_boxes(connection).tolist()) == expected


def test_that_boxes_are_counted_by_image(
    project: tuple[ProjectStore, list[Annotation]], connection: sqlite3.Connection
) -> None:
    ids, counts = box_counts(connection)
    assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == Counter(one.image_id for one in project[1])


def test_that_the_last_change_is_the_last_that_stands(
    project: tuple[ProjectStore, list[Annotation]], connection: sqlite3.Connection
) -> None:
    store, _ = project
    history = store.history()
    for image_id in (3, 5, 3, None, 9):
        history = history.recorded()
        store.write([], history, Command("look", image_id, ()))
    store.write([], history.undone())
    ids, positions = last_changes(connection)
    assert dict(zip(ids.tolist(), positions.tolist(), strict=True)) == {3: 3, 5: 2}


def test_that_an_empty_project_answers_with_nothing(tmp_path: Path) -> None:
    store = ProjectStore.open(tmp_path)
    with closing(open_read_only(store.location.database)) as opened:
        found = [images_where(opened, parse(text).clauses[0].term) for text in QUESTIONS]
        assert all(len(ids) == 0 for ids in (*found, *box_counts(opened), *last_changes(opened)))
    store.close()
