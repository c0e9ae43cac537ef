"""The one table of actions. Menus, toolbar, context menu, key sheet and the test of uniqueness come from it.

Bare keys are the labeler's; they do nothing while somebody types (`focus_keys`). Where a key has two spellings on a
keyboard (Return and Enter, one of them on the number pad), both are listed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.ui import action as rules
from app.ui import intentions
from app.ui.action import Action, Group, always, at_desk
from app.ui.box_actions import BOX, EDIT
from app.ui.category_actions import CATEGORY
from app.ui.detector_actions import DETECTOR
from app.ui.docks import Page
from app.ui.review_actions import IMAGE, REVIEW
from app.ui.view_actions import VIEW

if TYPE_CHECKING:
    from collections.abc import Iterator


_PROJECT = (
    Action(
        "open-folder",
        "Open folder…",
        ("Ctrl+O",),
        lambda w: w.errands.ask_for_folder(),
        "open-folder",
        always,
        toolbar=1,
    ),
    Action("open-coco", "Open COCO JSON…", (), lambda w: w.errands.ask_for_coco(), "import", always),
    Action("demo", "Open the demo", (), lambda w: w.demo_wanted.emit(), "demo", always),
    Action(
        "import",
        "Import annotations…",
        (),
        lambda w: w.errands.ask_for_import(),
        "import",
        rules.project_open,
        section=True,
    ),
    Action(
        "import-folder",
        "Import a folder of annotations…",
        (),
        lambda w: w.errands.ask_for_import_folder(),
        "import",
        rules.project_open,
    ),
    Action("save", "Save", ("Ctrl+S",), lambda w: w.errands.confirm_saved(), "", rules.project_open),
    Action("export", "Export…", ("Ctrl+Shift+E",), lambda w: w.errands.ask_for_export(), "export", toolbar=2),
    Action(
        "statistics",
        "Show the statistics",
        ("F4",),
        at_desk(partial(intentions.toggle_page, page=Page.STATISTICS)),
        "statistics",
        rules.project_open,
        rules.page_shown(Page.STATISTICS),
    ),
    Action("close", "Close project", (), lambda w: w.close_wanted.emit(), "", rules.project_open, section=True),
    Action("settings", "Settings…", ("Ctrl+,",), lambda w: w.settings_wanted.emit(), "settings", always),
    Action("quit", "Quit", ("Ctrl+Q",), lambda w: w.close(), "", always),
)


_HELP = (
    Action(
        "palette", "Find an action…", ("Ctrl+K", "Ctrl+Shift+P"), lambda w: w.errands.show_palette(), "search", always
    ),
    Action("guide", "Guide", ("Shift+F1",), lambda w: w.guide_wanted.emit("index.md"), "help", always),
    Action("keys", "Keys", ("F1",), lambda w: w.errands.show_keys(), "keys", always, toolbar=901),
    Action("open-log", "Open the log folder", (), lambda w: w.errands.open_log_folder(), "", always),
    Action("about", "About Boxwright", (), lambda w: w.errands.show_about(), "", always),
)

ACTIONS: dict[Group, tuple[Action, ...]] = {
    Group.PROJECT: _PROJECT,
    Group.EDIT: EDIT,
    Group.REVIEW: REVIEW,
    Group.BOX: BOX,
    Group.CATEGORY: CATEGORY,
    Group.IMAGE: IMAGE,
    Group.VIEW: VIEW,
    Group.DETECTOR: DETECTOR,
    Group.HELP: _HELP,
}

CONTEXT_MENU = (
    *("accept", "reject", "accept-kind", "reject-kind"),
    *("find-category", "flag-difficult", "flag-occluded", "flag-truncated", "flag-crowd", "note", "lock"),
    *("duplicate", "delete", "zoom-to-box", "hide-category", "only-category"),
)
"""The ids in the menu of the right button."""


def all_actions() -> Iterator[Action]:
    """Yield every action, in the order of the table."""
    for actions in ACTIONS.values():
        yield from actions
