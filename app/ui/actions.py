"""The one table of actions. Menus, toolbar, context menu, key sheet and the test of uniqueness come from it.

Bare keys are the labeler's; they do nothing while somebody types (`focus_keys`). Where a key has two spellings on a
keyboard (Return and Enter, one of them on the number pad), both are listed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.model import gestures
from app.model.geometry import Handle
from app.ui import action as rules
from app.ui import intentions, tools
from app.ui.action import Action, Group, SheetLine, always, at_desk, decide, go_by, nudge, push
from app.ui.detector_actions import DETECTOR
from app.ui.theme import ColorMode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.ui.action import Run

_DIGITS = 10
_SIDES = (
    ("Left", Handle.LEFT, -1, 0),
    ("Right", Handle.RIGHT, 1, 0),
    ("Up", Handle.TOP, 0, -1),
    ("Down", Handle.BOTTOM, 0, 1),
)


def _digits() -> Iterator[Action]:
    line = SheetLine("Category of the selected box, else of the next one", ("1 … 9", "0"))
    for place in range(_DIGITS):
        number = place + 1
        choose = at_desk(partial(intentions.choose_digit, place=place))
        keys = (str(number % _DIGITS),)
        yield Action(f"category-{number}", f"Category {number}", keys, choose, in_menu=False, line=line)


def _arrows() -> Iterator[Action]:
    """Yield the sixteen actions of the arrows: move by one and by ten pixels, push a side out and pull it back."""
    kin = (
        ("move", "", "Move the box by 1 pixel"),
        ("jump", "Shift+", "Move the box by 10 pixels"),
        ("push", "Ctrl+", "Push that side of the box out"),
        ("pull", "Ctrl+Shift+", "Pull that side of the box back"),
    )
    for name, side, dx, dy in _SIDES:
        runs: tuple[Run, ...] = (nudge(dx, dy), nudge(10 * dx, 10 * dy), push(side, 1), push(side, -1))
        for (verb, prefix, text), run in zip(kin, runs, strict=True):
            identifier, keys, line = f"{verb}-{name.lower()}", (prefix + name,), SheetLine(text, (f"{prefix}arrow",))
            yield Action(identifier, text, keys, run, "", rules.box_selected, held=True, in_menu=False, line=line)


def _color_modes() -> Iterator[Action]:
    texts = {
        ColorMode.SYSTEM: "Colours of the system",
        ColorMode.LIGHT: "Light colours",
        ColorMode.DARK: "Dark colours",
    }
    for mode, text in texts.items():
        choose = partial(lambda window, mode: window.set_color_mode(mode), mode=mode)
        chosen = partial(lambda window, mode: window.theme.mode is mode, mode=mode)
        yield Action(f"colors-{mode}", text, (), choose, "", always, chosen, section=mode is ColorMode.SYSTEM)


_PROJECT = (
    Action("open-folder", "Open folder…", ("Ctrl+O",), lambda w: w.ask_for_folder(), "open-folder", always, toolbar=1),
    Action("open-coco", "Open COCO JSON…", (), lambda w: w.ask_for_coco(), "import", always),
    Action("demo", "Open the demo", (), lambda w: w.demo_wanted.emit(), "demo", always),
    Action("import", "Import COCO JSON…", (), lambda w: w.ask_for_import(), "import", rules.project_open, section=True),
    Action("save", "Save", ("Ctrl+S",), lambda w: w.confirm_saved(), "", rules.project_open),
    Action("export", "Export COCO JSON…", ("Ctrl+Shift+E",), lambda w: w.ask_for_export(), "export", toolbar=2),
    Action("close", "Close project", (), lambda w: w.close_wanted.emit(), "", rules.project_open, section=True),
    Action("quit", "Quit", ("Ctrl+Q",), lambda w: w.close(), "", always),
)

_EDIT = (
    Action("undo", "Undo", ("Ctrl+Z",), at_desk(intentions.undo), "undo", rules.undo_possible, held=True, toolbar=101),
    Action(
        "redo",
        "Redo",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        at_desk(intentions.redo),
        "redo",
        rules.redo_possible,
        held=True,
        toolbar=102,
    ),
    Action("copy", "Copy", ("Ctrl+C",), at_desk(intentions.copy), section=True),
    Action("paste", "Paste", ("Ctrl+V",), at_desk(intentions.paste)),
    Action(
        "copy-previous", "Copy the previous image's boxes", ("Ctrl+Shift+V",), at_desk(intentions.copy_previous_image)
    ),
    Action(
        "duplicate", "Duplicate box", ("Ctrl+D",), decide(gestures.duplicate_selected), "", rules.annotation_selected
    ),
    Action(
        "delete", "Delete box", ("Del", "Backspace"), decide(gestures.delete_selected), "delete", rules.box_selected
    ),
)

_REVIEW = (
    Action("next-box", "Next box", ("Tab",), at_desk(lambda desk: intentions.walk(desk, 1)), held=True),
    Action("previous-box", "Previous box", ("Shift+Tab",), at_desk(lambda desk: intentions.walk(desk, -1)), held=True),
    Action(
        "accept",
        "Accept suggestion",
        ("Enter", "Return"),
        at_desk(intentions.accept),
        "accept",
        rules.acceptable,
        toolbar=301,
        line=SheetLine("Accept the suggestion, or the closer fit that is offered"),
    ),
    Action(
        "reject",
        "Reject suggestion",
        ("Esc",),
        at_desk(intentions.escape),
        "reject",
        toolbar=302,
        line=SheetLine("Cancel drawing, else refuse the offer, else reject the suggestion, else deselect"),
    ),
    Action(
        "accept-all",
        "Accept all visible",
        ("Shift+Enter", "Shift+Return"),
        decide(gestures.accept_all),
        "accept-all",
        rules.suggestions_shown,
        toolbar=303,
    ),
    Action(
        "reject-all",
        "Reject all visible",
        ("Shift+Esc",),
        decide(gestures.reject_all),
        "reject-all",
        rules.suggestions_shown,
        toolbar=304,
    ),
    Action(
        "accept-kind",
        "Accept all of its category",
        ("Alt+Enter", "Alt+Return"),
        decide(partial(gestures.of_kind, decide=gestures.accept_all)),
        "",
        rules.suggestion_selected,
    ),
    Action(
        "reject-kind",
        "Reject all of its category",
        ("Alt+Del", "Alt+Backspace"),
        decide(partial(gestures.of_kind, decide=gestures.reject_all)),
        "",
        rules.suggestion_selected,
    ),
    Action(
        "reviewed",
        "Mark reviewed, go to the next",
        ("Space", "Ctrl+Enter", "Ctrl+Return"),
        at_desk(intentions.mark_reviewed_and_go_on),
        "reviewed",
        section=True,
        toolbar=305,
    ),
    Action("toggle-reviewed", "Mark or unmark reviewed, stay", ("Shift+Space",), decide(gestures.toggle_reviewed)),
    Action("unsure", "Flag as unsure", ("U",), decide(gestures.toggle_unsure), "unsure"),
)

_BOX = (
    Action(
        "select",
        "Select and edit",
        ("V",),
        at_desk(intentions.select_tool),
        "select",
        checked=rules.selecting,
        toolbar=201,
    ),
    Action(
        "draw",
        "Draw a box",
        ("W", "R"),
        at_desk(lambda desk: desk.canvas.start_drawing()),
        "draw",
        checked=rules.drawing,
        toolbar=202,
    ),
    Action(
        "draw-extremes",
        "Draw a box by four points",
        ("Shift+W",),
        at_desk(lambda desk: desk.canvas.start_drawing(tools.draw_extremes)),
        checked=rules.drawing_by_extremes,
    ),
    Action("find-category", "Find a category by typing…", ("C",), at_desk(intentions.find_category), "search"),
    *_digits(),
    *_arrows(),
)

_IMAGE = (
    Action("previous", "Previous image", ("A",), go_by(-1), "previous", held=True, toolbar=401),
    Action("next", "Next image", ("D",), go_by(1), "next", held=True, toolbar=402),
    Action(
        "previous-unreviewed",
        "Previous unreviewed image",
        ("Ctrl+Shift+A",),
        at_desk(lambda desk: intentions.go_to_unreviewed(desk, -1)),
    ),
    Action(
        "next-unreviewed",
        "Next unreviewed image",
        ("Ctrl+Shift+D",),
        at_desk(lambda desk: intentions.go_to_unreviewed(desk, 1)),
    ),
    Action(
        "find-image", "Find image by name", ("Ctrl+G",), at_desk(lambda desk: desk.image_list.focus_filter()), "search"
    ),
)

_VIEW = (
    Action("fit", "Fit the image", ("F", "Ctrl+F"), at_desk(lambda desk: desk.canvas.fit()), "fit", toolbar=501),
    Action("actual-size", "Actual size", ("Ctrl+0",), at_desk(lambda desk: desk.canvas.actual_size())),
    Action("zoom-to-box", "Zoom to the box", ("Z",), at_desk(intentions.zoom_to_selected), "zoom"),
    Action("zoom-in", "Zoom in", ("Ctrl++", "Ctrl+="), at_desk(lambda desk: desk.canvas.zoom_by(1.25)), held=True),
    Action("zoom-out", "Zoom out", ("Ctrl+-",), at_desk(lambda desk: desk.canvas.zoom_by(0.8)), held=True),
    Action(
        "keep-zoom",
        "Keep the zoom from image to image",
        (),
        at_desk(intentions.toggle_keep_zoom),
        checked=rules.zoom_kept,
    ),
    Action(
        "hide",
        "Hide all boxes",
        ("H", "Ctrl+H"),
        at_desk(intentions.hide_all),
        "hide",
        checked=rules.all_hidden,
        section=True,
    ),
    Action(
        "proposals",
        "Show proposals",
        ("P",),
        at_desk(intentions.toggle_proposals),
        "proposals",
        checked=rules.proposals_on,
        toolbar=502,
    ),
    Action(
        "suggestions",
        "Show suggestions",
        ("T",),
        at_desk(intentions.toggle_suggestions),
        "suggestion",
        checked=rules.suggestions_on,
        toolbar=503,
    ),
    *_color_modes(),
)

_HELP = (
    Action("keys", "Keys", ("F1",), lambda w: w.show_keys(), "keys", always, toolbar=901),
    Action("about", "About Boxwright", (), lambda w: w.show_about(), "", always),
)

ACTIONS: dict[Group, tuple[Action, ...]] = {
    Group.PROJECT: _PROJECT,
    Group.EDIT: _EDIT,
    Group.REVIEW: _REVIEW,
    Group.BOX: _BOX,
    Group.IMAGE: _IMAGE,
    Group.VIEW: _VIEW,
    Group.DETECTOR: DETECTOR,
    Group.HELP: _HELP,
}

CONTEXT_MENU = (
    *("accept", "reject", "accept-kind", "reject-kind"),
    *("find-category", "duplicate", "delete", "zoom-to-box"),
)
"""The ids in the menu of the right button."""


def all_actions() -> Iterator[Action]:
    """Yield every action, in the order of the table."""
    for actions in ACTIONS.values():
        yield from actions
