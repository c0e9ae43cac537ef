"""Actions that change how the project is looked at, and decide nothing. A part of the table in `actions`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.model.shown_boxes import show_all_categories
from app.ui import action as rules
from app.ui import box_intentions, intentions, panel_focus, review_intentions
from app.ui.action import Action, SheetLine, always, at_desk
from app.ui.theme import ColorMode

if TYPE_CHECKING:
    from collections.abc import Iterator


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


VIEW = (
    Action("fit", "Fit the image", ("F", "Ctrl+F"), at_desk(lambda desk: desk.canvas.fit()), "fit", toolbar=501),
    Action("actual-size", "Actual size", ("Ctrl+0",), at_desk(lambda desk: desk.canvas.actual_size())),
    Action("zoom-to-box", "Zoom to the box", ("Z",), at_desk(box_intentions.zoom_to_selected), "zoom"),
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
    Action(
        "differences",
        "Show where you and the detector differ",
        ("X",),
        at_desk(review_intentions.toggle_differences),
        "differences",
        checked=rules.differences_on,
        toolbar=504,
    ),
    Action(
        "hide-category",
        "Hide boxes of this category",
        ("Shift+H",),
        at_desk(box_intentions.hide_category),
        "hide",
        rules.category_meant,
        section=True,
        line=SheetLine("Hide the boxes of the selected box's category, else of the next one's"),
    ),
    Action(
        "only-category",
        "Show only boxes of this category",
        ("Alt+H",),
        at_desk(box_intentions.show_only_category),
        "",
        rules.category_meant,
    ),
    Action(
        "show-categories",
        "Show boxes of all categories",
        ("Ctrl+Shift+H",),
        at_desk(lambda desk: show_all_categories(desk.workspace)),
        "show",
        rules.categories_hidden,
    ),
    Action(
        "next-part", "Next part of the window", ("F6",), lambda w: panel_focus.go_round(w, 1), "", always, section=True
    ),
    Action(
        "previous-part", "Part of the window before", ("Shift+F6",), lambda w: panel_focus.go_round(w, -1), "", always
    ),
    *_color_modes(),
)
