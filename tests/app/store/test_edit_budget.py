"""What an edit costs the store: statements and commits, counted, never timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.model import edits
from app.model.annotations import Annotation, Category
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.patient_store import PatientStore
from detector.image_files import list_images

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BOLT, NUT = Category(1, "bolt", "#123456"), Category(2, "nut", "#654321", position=1)
BOX, OTHER = (1.0, 2.0, 30.0, 40.0), (2.0, 2.0, 31.0, 40.0)
MANY = 500

ONE_BOX: dict[str, Callable[[Workspace], Command | None]] = {
    "draw": lambda workspace: edits.draw(BOX, 1, BOLT, workspace.next_ids()),
    "move": lambda workspace: edits.change_box(workspace.annotations[1], OTHER),
    "relabel": lambda workspace: edits.relabel(workspace.annotations[1], NUT),
    "delete": lambda workspace: edits.delete([workspace.annotations[1]]),
}


@pytest.fixture(params=[1, MANY])
def workspace(image_folder: Path, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """A project with one box, and one with very many, as the window has it."""
    store = PatientStore.open(image_folder)
    store.list_images(list_images(store.location.image_folder))
    opened = Workspace(store)
    rows = (BOLT, NUT, *(Annotation(number, 1, 1, BOX) for number in range(1, request.param + 1)))
    opened.execute(Command("import", 1, tuple(Edit(None, row) for row in rows)))
    yield opened
    store.close()


@pytest.mark.parametrize("gesture", ONE_BOX)
def test_that_an_edit_of_one_box_is_one_commit_of_few_statements(workspace: Workspace, gesture: str) -> None:
    command = ONE_BOX[gesture](workspace)
    assert command is not None
    said: list[str] = []
    connection = workspace._store._connection  # type: ignore[attr-defined]
    connection.set_trace_callback(said.append)
    workspace.execute(command)
    connection.set_trace_callback(None)
    verbs = [statement.split()[0] for statement in said]
    assert verbs.count("COMMIT") == verbs.count("BEGIN") == 1
    # The box, where the history stands, what could be redone, the journal; then what tells the project from another.
    assert verbs == ["BEGIN", verbs[1], "UPDATE", "DELETE", "INSERT", "COMMIT", "SELECT"]
