"""Commands about whole categories: what they change, and that undo brings it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import category_edits, edits

if TYPE_CHECKING:
    from app.model.workspace import Workspace


def add(workspace: Workspace, *names: str) -> None:
    for name in names:
        made = edits.new_category(name, workspace.categories, workspace.next_ids().category)
        workspace.execute(edits.add_category(made))


def names(workspace: Workspace) -> list[str]:
    return [one.name for one in workspace.categories]


def move(workspace: Workspace, name: str, beside: str, *, after: bool) -> None:
    by_name = {one.name: one for one in workspace.categories}
    command = category_edits.move(by_name[name], by_name[beside], workspace.categories, after=after)
    assert command is not None
    workspace.execute(command)


def test_that_a_category_moves_before_and_after_others_and_keeps_its_id(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer", "screw")
    ids = {one.name: one.id for one in workspace.categories}
    move(workspace, "screw", "nut", after=False)
    assert names(workspace) == ["bolt", "screw", "nut", "washer"]
    move(workspace, "bolt", "nut", after=True)
    assert names(workspace) == ["screw", "nut", "bolt", "washer"]
    assert {one.name: one.id for one in workspace.categories} == ids
    workspace.undo()
    workspace.undo()
    assert names(workspace) == ["bolt", "nut", "washer", "screw"]
    workspace.redo()
    assert names(workspace) == ["bolt", "screw", "nut", "washer"]


def test_that_a_move_to_where_a_category_is_already_is_no_command(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer")
    bolt, nut, _ = everything = workspace.categories
    assert category_edits.move(bolt, nut, everything, after=False) is None
    assert category_edits.move(nut, bolt, everything, after=True) is None
    assert category_edits.move(nut, nut, everything, after=True) is None


def test_that_a_move_changes_no_row_that_keeps_its_place(workspace: Workspace) -> None:
    add(workspace, "bolt", "nut", "washer", "screw")
    bolt, nut, *_ = everything = workspace.categories
    command = category_edits.move(nut, bolt, everything, after=False)
    assert {edit.row.name for edit in command.edits} == {"bolt", "nut"}
