"""Commands that were made of rows which have changed since: memory and disk stay the same, whatever becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.model import category_edits, edits
from app.model.annotations import Annotation
from app.model.commands import Command, Edit
from app.model.storage import StoreError
from app.model.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.annotations import Box
    from app.store.project_store import ProjectStore

HERE, THERE = (10.0, 10.0, 20.0, 20.0), (30.0, 12.0, 40.0, 22.0)


@pytest.fixture
def workspace(store: ProjectStore) -> Workspace:
    """The project with the categories bolt (1) and nut (2), and a bolt at `HERE` on the image on screen."""
    made = Workspace(store)
    for name in ("bolt", "nut"):
        made.execute(edits.add_category(edits.new_category(name, made.categories, made.next_ids().category)))
    assert made.current_image is not None
    made.execute(edits.draw(HERE, made.current_image.id, made.categories[0], made.next_ids()))
    return made


def box_of(workspace: Workspace) -> Annotation:
    (annotation,) = workspace.annotations.values()
    return annotation


def moved(annotation: Annotation, box: Box = THERE) -> Command:
    command = edits.change_box(annotation, box)
    assert command is not None
    return command


def relabel(workspace: Workspace) -> None:
    command = edits.relabel(box_of(workspace), workspace.categories[1])
    assert command is not None
    workspace.execute(command)


def same(workspace: Workspace, store: ProjectStore) -> bool:
    """Return whether the disk has what memory has."""
    return (
        list(workspace.images) == store.images()
        and list(workspace.categories) == store.categories()
        and list(workspace.annotations.values()) == store.annotations_of(workspace.current_image.id)  # type: ignore[union-attr]
        and list(workspace.rejections.values()) == store.rejections_of(workspace.current_image.id)  # type: ignore[union-attr]
        and workspace.history == store.history()
    )


def late_move(workspace: Workspace) -> Command:
    late = moved(box_of(workspace))
    relabel(workspace)
    return late


def late_delete(workspace: Workspace) -> Command:
    late = edits.delete([box_of(workspace)])
    relabel(workspace)
    assert late is not None
    return late


def late_change_of_a_deleted_box(workspace: Workspace) -> Command:
    late, gone = moved(box_of(workspace)), edits.delete([box_of(workspace)])
    assert gone is not None
    workspace.execute(gone)
    return late


def late_colour(workspace: Workspace) -> Command:
    late = edits.recolour_category(workspace.categories[0], "#123456")
    renamed = edits.rename_category(workspace.categories[0], "screw", workspace.categories)
    assert late is not None
    assert renamed is not None
    workspace.execute(renamed)
    return late


def late_mark(workspace: Workspace) -> Command:
    mark = workspace.images[1].mark
    late, unsure = edits.mark_reviewed(mark), edits.set_unsure(mark)
    assert late is not None
    assert unsure is not None
    workspace.execute(unsure)
    return late


def late_id(workspace: Workspace) -> Command:
    ids, image = workspace.next_ids(), workspace.current_image
    assert image is not None
    workspace.execute(edits.draw(THERE, image.id, workspace.categories[0], ids))
    return edits.draw(THERE, image.id, workspace.categories[1], ids)


@pytest.mark.parametrize(
    "make", [late_move, late_delete, late_change_of_a_deleted_box, late_colour, late_mark, late_id]
)
def test_that_a_command_about_what_has_changed_since_is_refused_and_changes_nothing(
    workspace: Workspace, store: ProjectStore, make: Callable[[Workspace], Command]
) -> None:
    late = make(workspace)
    before = (dict(workspace.annotations), workspace.categories, list(workspace.images), workspace.history)
    heard: list[object] = []
    workspace.subscribe(heard.append)
    with pytest.raises(StoreError, match="has changed in the meantime"):
        workspace.execute(late)
    assert (dict(workspace.annotations), workspace.categories, list(workspace.images), workspace.history) == before
    assert heard == []
    assert same(workspace, store)


def test_that_a_command_may_change_a_row_twice(workspace: Workspace, store: ProjectStore) -> None:
    first = moved(box_of(workspace)).edits[0]
    assert isinstance(first.after, Annotation)
    workspace.execute(
        Command("twice", first.after.image_id, (first, Edit(first.after, replace(first.after, note="n"))))
    )
    assert (box_of(workspace).box, box_of(workspace).note) == (THERE, "n")
    workspace.undo()
    assert box_of(workspace).box == HERE
    assert same(workspace, store)


def test_that_undo_and_redo_are_exact_over_many_kinds_of_commands(workspace: Workspace, store: ProjectStore) -> None:
    image = workspace.current_image
    assert image is not None
    relabel(workspace)
    workspace.execute(moved(box_of(workspace)))
    bolt, nut = workspace.categories
    decided: tuple[Callable[[], Command | None], ...] = (
        lambda: edits.set_note([box_of(workspace)], "blurred"),
        lambda: edits.recolour_category(bolt, "#123456"),
        lambda: edits.mark_reviewed(image.mark),
        lambda: category_edits.move(nut, workspace.categories[0], workspace.categories, after=False),
        lambda: category_edits.merge(workspace.categories[1], workspace.categories[0], ()),
    )
    for made in decided:
        command = made()
        assert command is not None
        workspace.execute(command)
    assert [one.merged for one in workspace.categories] == [((bolt.id, "bolt"),)]
    states = []
    for step in (workspace.undo, workspace.redo):
        seen = []
        while step() is not None:
            assert same(workspace, store)
            seen.append((dict(workspace.annotations), workspace.categories, list(workspace.images)))
        states.append(seen)
    undone, redone = states
    assert undone[-2::-1] == redone[: len(undone) - 1]


def journal_of_before(workspace: Workspace, store: ProjectStore) -> Workspace:
    """Let the journal have a move of a bolt that was a nut by then, as it could be before such a move was refused."""
    late = moved(box_of(workspace))
    relabel(workspace)
    store.write(late.edits, workspace.history.recorded(), late)
    again = Workspace(store)
    assert (box_of(again).category_id, box_of(again).box) == (2, THERE)
    return again


def test_that_undo_and_redo_of_an_old_journal_keep_memory_and_disk_the_same(
    workspace: Workspace, store: ProjectStore
) -> None:
    again = journal_of_before(workspace, store)
    seen = []
    for step in (again.undo, again.undo, again.redo, again.redo):
        assert step() is not None
        assert same(again, store)
        seen.append((box_of(again).category_id, box_of(again).box))
    assert seen == [(2, HERE), (1, HERE), (2, HERE), (2, THERE)]


def test_that_an_undo_deletes_what_is_there_now(workspace: Workspace, store: ProjectStore) -> None:
    image, category = workspace.current_image, workspace.categories[0]
    assert image is not None
    drawn = edits.draw(THERE, image.id, category, workspace.next_ids())
    workspace.execute(drawn)
    (row,) = drawn.rows_added()
    assert isinstance(row, Annotation)
    noted = edits.set_note([row], "blurred")
    assert noted is not None
    store.write(noted.edits, store.history())  # beside the journal
    again = Workspace(store)
    again.undo()
    assert [one.box for one in again.annotations.values()] == [HERE]
    assert same(again, store)
