"""Actions that go through the images and decide about what is suggested. A part of the table in `actions`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.model import gestures
from app.ui import action as rules
from app.ui import review_intentions as intentions
from app.ui.action import Action, SheetLine, at_desk, decide

if TYPE_CHECKING:
    from app.ui.action import Run


def _go_by(steps: int) -> Run:
    return at_desk(lambda desk: intentions.go_by(desk, steps))


REVIEW = (
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
        line=SheetLine("Accept the suggestion, the closer fit that is offered, or the detector's box of a difference"),
    ),
    Action(
        "reject",
        "Reject suggestion",
        ("Esc",),
        at_desk(intentions.escape),
        "reject",
        toolbar=302,
        line=SheetLine(
            "Cancel drawing, else refuse the offer, else reject the suggestion or keep your box, else deselect"
        ),
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
    Action("toggle-reviewed", "Mark or unmark reviewed, stay", ("Shift+Space",), at_desk(intentions.toggle_reviewed)),
    Action("unsure", "Flag as unsure", ("U",), decide(gestures.toggle_unsure), "unsure"),
)

IMAGE = (
    Action("previous", "Previous image", ("A",), _go_by(-1), "previous", held=True, toolbar=401),
    Action("next", "Next image", ("D",), _go_by(1), "next", held=True, toolbar=402),
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
        "useful-first",
        "Most useful image first",
        ("N",),
        at_desk(intentions.toggle_useful_first),
        "useful-first",
        checked=rules.useful_first,
        line=SheetLine("The most useful image comes next, or the next one in file order"),
    ),
    Action(
        "find-image",
        "Find images",
        ("Ctrl+G",),
        at_desk(lambda desk: desk.image_list.focus_filter()),
        "search",
        section=True,
    ),
    Action("all-images", "Show all images, by name", ("Ctrl+Shift+G",), at_desk(intentions.show_all_images)),
    Action("filter-help", "What finds images", (), at_desk(lambda desk: desk.image_list.show_filter_help()), "help"),
    Action(
        "look-again",
        "Look for new images in the folder",
        ("F5",),
        at_desk(intentions.look_again),
        "",
        rules.project_open,
        section=True,
    ),
)
