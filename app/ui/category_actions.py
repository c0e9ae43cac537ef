"""Actions about the category of the next drawn box, and the way to all of them. A part of the table in `actions`."""

from __future__ import annotations

from app.ui import action as rules
from app.ui import category_intentions
from app.ui.action import Action, at_desk

CATEGORY = (
    Action(
        "categories",
        "Go to the list of categories",
        ("Alt+C",),
        at_desk(lambda desk: desk.categories.focus_list()),
        enabled=rules.project_open,
    ),
    Action(
        "new-category", "New category", (), at_desk(lambda desk: desk.categories.focus_new()), "add", rules.project_open
    ),
    Action(
        "category-up",
        "Move the category up",
        ("Alt+Up",),
        at_desk(lambda desk: desk.categories.move_current(-1)),
        "",
        rules.category_chosen,
        section=True,
    ),
    Action(
        "category-down",
        "Move the category down",
        ("Alt+Down",),
        at_desk(lambda desk: desk.categories.move_current(1)),
        "",
        rules.category_chosen,
    ),
    Action(
        "rename-category",
        "Rename the category",
        (),
        at_desk(lambda desk: desk.categories.rename_current()),
        "",
        rules.category_chosen,
    ),
    Action(
        "supercategory",
        "Supercategory…",
        (),
        at_desk(lambda desk: desk.categories.ask_supercategory()),
        "",
        rules.category_chosen,
    ),
    Action(
        "category-threshold",
        "Score threshold…",
        (),
        at_desk(lambda desk: desk.categories.ask_threshold()),
        "",
        rules.category_chosen,
    ),
    Action(
        "merge-category",
        "Merge the category into another…",
        (),
        at_desk(category_intentions.merge),
        "",
        rules.category_chosen,
        section=True,
    ),
    Action(
        "delete-category", "Delete the category…", (), at_desk(category_intentions.delete), "", rules.category_chosen
    ),
)
