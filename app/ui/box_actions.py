"""Actions that draw, change and copy boxes, and choose their category. A part of the table in `actions`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.model import box_gestures, gestures
from app.model.annotations import Flag
from app.model.geometry import Handle
from app.ui import action as rules
from app.ui import box_intentions, intentions, tools
from app.ui.action import Action, SheetLine, at_desk, change, decide, nudge, push

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


def _flags() -> Iterator[Action]:
    texts = {
        Flag.DIFFICULT: ("Difficult to see", "Shift+D"),
        Flag.OCCLUDED: ("Occluded by something before it", "Shift+O"),
        Flag.TRUNCATED: ("Truncated by the border", "Shift+T"),
        Flag.CROWD: ("Crowd: many objects in one box", "Shift+C"),
    }
    for flag, (text, key) in texts.items():
        toggle = change(partial(box_gestures.toggle_flag, flag=flag))
        selected, has = rules.annotation_selected, rules.has_flag(flag)
        first = flag is Flag.DIFFICULT
        yield Action(f"flag-{flag.word}", text, (key,), toggle, "", selected, has, section=first, submenu="Flags")


EDIT = (
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
    Action(
        "select-all",
        "Select all boxes",
        ("Ctrl+A",),
        at_desk(box_intentions.select_all),
        "",
        rules.annotations_shown,
        section=True,
    ),
    Action("copy", "Copy", ("Ctrl+C",), at_desk(box_intentions.copy)),
    Action("paste", "Paste", ("Ctrl+V",), at_desk(box_intentions.paste)),
    Action(
        "copy-previous",
        "Copy the previous image's boxes",
        ("Ctrl+Shift+V",),
        at_desk(box_intentions.copy_previous_image),
    ),
    Action(
        "duplicate",
        "Duplicate box",
        ("Ctrl+D",),
        decide(box_gestures.duplicate_selected),
        "",
        rules.annotation_selected,
    ),
    Action(
        "delete", "Delete box", ("Del", "Backspace"), change(gestures.delete_selected), "delete", rules.box_selected
    ),
)

BOX = (
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
    *_flags(),
    Action("note", "Write a note…", ("Shift+N",), at_desk(box_intentions.write_note), "", rules.annotation_selected),
    Action(
        "lock",
        "Lock the box",
        ("L",),
        decide(box_gestures.toggle_locked),
        "lock",
        rules.annotation_selected,
        rules.locked,
        line=SheetLine("Lock the box, or unlock it"),
    ),
    *_digits(),
    *_arrows(),
)
