"""What a person may want of a whole category at the desk: to merge it into another one, or to delete it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.model import category_edits
from app.model.garbage import uncollected
from app.ui.category_removal import CategoryRemoval
from app.ui.intentions import open_over_canvas
from app.ui.keymap import with_keys

if TYPE_CHECKING:
    from app.model.annotations import Category
    from app.ui.desk import Desk


def merge(desk: Desk, category: Category | None = None) -> None:
    """Ask which category `category`, or else that of the next drawn box, becomes a part of; then do it."""
    if len(desk.workspace.categories) < 2:
        desk.said.emit(desk.tr("There is no other category to merge with."))
    else:
        _ask(desk, category or desk.workspace.current_category, deleting=False)


def delete(desk: Desk, category: Category | None = None) -> None:
    """Ask what becomes of the boxes of `category`, or else that of the next drawn box; then delete it."""
    _ask(desk, category or desk.workspace.current_category, deleting=True)


def _ask(desk: Desk, category: Category | None, *, deleting: bool) -> None:
    if category is None:
        desk.said.emit(with_keys(desk.tr("There is no category yet: {find-category} names one.")))
        return
    use = desk.attempt(lambda: desk.session.store.category_use(category))
    if use is None:
        return
    others = [one for one in desk.workspace.categories if one.id != category.id]
    dialog = CategoryRemoval(category, others, use, desk.canvas, deleting=deleting)
    dialog.decided.connect(lambda into: _remove(desk, category, into))
    open_over_canvas(desk, dialog)


def _remove(desk: Desk, category: Category, into: Category | None) -> None:
    """Let `category` go, its boxes to `into` or with it."""
    workspace = desk.workspace
    was_next = workspace.view.category_id == category.id
    QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        with uncollected():
            done = _execute(desk, category, into)
    finally:
        QGuiApplication.restoreOverrideCursor()
    if done and was_next and into is not None:
        workspace.change_view(replace(workspace.view, category_id=into.id))


def _execute(desk: Desk, category: Category, into: Category | None) -> bool:
    boxes = desk.attempt(lambda: desk.session.store.annotations_in(category.id))
    if boxes is None:
        return False
    command = category_edits.delete(category, boxes) if into is None else category_edits.merge(category, into, boxes)
    return desk.execute(command)
