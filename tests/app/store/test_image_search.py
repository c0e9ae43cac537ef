"""Questions about decisions, against a twin that looks at every annotation; and that no query reads the boxes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from random_project import QUESTIONS, RandomProject, random_project

from app.model.commands import Command
from app.model.filter_language import parse
from app.model.image_filter import FromModel, InState, State
from app.store.database import open_read_only
from app.store.image_search import box_counts, images_where, last_changes, reviewed_without_boxes
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[RandomProject]:
    made = random_project(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def connection(project: RandomProject) -> Iterator[sqlite3.Connection]:
    with closing(open_read_only(project.store.location.database)) as opened:
        yield opened


@pytest.mark.parametrize("text", QUESTIONS)
def test_that_every_question_is_answered_as_by_looking_at_every_box(
    project: RandomProject, connection: sqlite3.Connection, text: str
) -> None:
    (clause,) = parse(text).clauses
    assert set(images_where(connection, clause.term).tolist()) == project.says(clause.term)


@pytest.mark.parametrize("text", QUESTIONS)
def test_that_no_question_reads_all_boxes(connection: sqlite3.Connection, text: str) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    images_where(connection, parse(text).clauses[0].term)
    connection.set_trace_callback(None)
    plans = [row[3] for query in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {query}")]
    about = [plan for plan in plans if "annotations" in plan]
    assert asked != []
    # Of flags the index has but the boxes with that flag: those may be read.
    using = "USING INDEX annotations_" if text.startswith("flag:") else "USING COVERING INDEX"
    assert [plan for plan in about if using not in plan] == []
    assert len(asked) <= 3, "a question is a query, and the name of what it is about"


def test_that_a_version_is_found_by_what_people_call_it(project: RandomProject, connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(project.store.location.database)) as writer, writer:
        writer.execute(
            "INSERT INTO model_versions (id, version, file, parent, categories, result)"
            " VALUES (2, 'head-2-0c', 'f', '', '[]', '{}')"
        )
    (clause,) = parse('model:"Version 2"').clauses
    assert set(images_where(connection, clause.term).tolist()) == project.says(FromModel("head-2-0c"))


def test_that_reviewed_images_without_boxes_are_found(project: RandomProject, connection: sqlite3.Connection) -> None:
    expected = project.says(InState(State.EMPTY))
    assert expected
    assert set(reviewed_without_boxes(connection).tolist()) == expected


def test_that_boxes_are_counted_by_image(project: RandomProject, connection: sqlite3.Connection) -> None:
    ids, counts = box_counts(connection)
    assert dict(zip(ids.tolist(), counts.tolist(), strict=True)) == Counter(one.image_id for one in project.annotations)


def test_that_the_last_change_is_the_last_that_stands(project: RandomProject, connection: sqlite3.Connection) -> None:
    store = project.store
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
