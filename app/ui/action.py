"""What an action is, and of what the table of actions is made: ways to run one, and rules for when it can be run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from app.model import box_gestures, navigation
from app.model.annotations import Annotation, Flag, Suggestion
from app.model.selection import selected_annotations, unlocked
from app.model.shown_boxes import shown_annotations, shown_suggestions

if TYPE_CHECKING:
    from app.model.commands import Command
    from app.model.geometry import Handle
    from app.model.workspace import Workspace
    from app.ui.desk import Desk
    from app.ui.docks import Page
    from app.ui.main_window import MainWindow

Run = Callable[["MainWindow"], object]
Rule = Callable[["MainWindow"], bool]


class Group(StrEnum):
    """A menu, and a heading of the key sheet; in the order of the menu bar."""

    PROJECT = "Project"
    EDIT = "Edit"
    REVIEW = "Review"
    BOX = "Box"
    CATEGORY = "Category"
    IMAGE = "Image"
    VIEW = "View"
    DETECTOR = "Detector"
    HELP = "Help"


def rule(holds: Callable[[Workspace], bool]) -> Rule:
    """Return a rule about the workspace; without an open project it does not hold."""
    return lambda window: window.desk is not None and holds(window.desk.workspace)


def always(_window: MainWindow) -> bool:
    """Hold, with a project or without."""
    return True


project_open = rule(lambda _workspace: True)
image_open = rule(lambda workspace: workspace.current_image is not None)
suggestion_selected = rule(lambda workspace: isinstance(workspace.selected, Suggestion))
difference_selected = rule(lambda workspace: navigation.selected_difference(workspace) is not None)


def acceptable(window: MainWindow) -> bool:
    """Hold while a suggestion or a difference is selected, or a closer fit of the selected annotation is offered."""
    offer = None if window.desk is None else window.desk.refining.offer
    return suggestion_selected(window) or difference_selected(window) or (offer is not None and offer.box is not None)


annotation_selected = rule(lambda workspace: isinstance(workspace.selected, Annotation))
box_selected = rule(lambda workspace: workspace.selected is not None)
suggestions_shown = rule(lambda workspace: bool(shown_suggestions(workspace)))
annotations_shown = rule(lambda workspace: bool(shown_annotations(workspace)))
category_chosen = rule(lambda workspace: workspace.current_category is not None)
undo_possible = rule(lambda workspace: workspace.history.can_undo)
redo_possible = rule(lambda workspace: workspace.history.can_redo)
categories_hidden = rule(lambda workspace: bool(workspace.view.hidden_categories))
category_meant = rule(lambda workspace: workspace.selected is not None or workspace.current_category is not None)
zoom_kept = rule(lambda workspace: workspace.view.keep_zoom)
proposals_on = rule(lambda workspace: workspace.view.show_proposals)
suggestions_on = rule(lambda workspace: workspace.view.show_suggestions)
differences_on = rule(lambda workspace: workspace.view.show_differences)
all_hidden = rule(lambda workspace: workspace.view.hides_all)
useful_first = rule(lambda workspace: workspace.view.useful_first)


def has_flag(flag: Flag) -> Rule:
    """Return the rule that all selected annotations have this flag."""

    def holds(workspace: Workspace) -> bool:
        several = selected_annotations(workspace)
        return bool(several) and all(one.has(flag) for one in several)

    return rule(holds)


@rule
def locked(workspace: Workspace) -> bool:
    """Hold while all selected annotations are locked."""
    several = selected_annotations(workspace)
    return bool(several) and not unlocked(several)


def drawing(window: MainWindow) -> bool:
    """Hold while the next press draws, from corner to corner or by four points."""
    return window.desk is not None and window.desk.canvas.drawing


def drawing_by_extremes(window: MainWindow) -> bool:
    """Hold while the next presses draw a box by four points."""
    return window.desk is not None and window.desk.canvas.by_extremes


def selecting(window: MainWindow) -> bool:
    """Hold while the next press selects."""
    return window.desk is not None and not window.desk.canvas.drawing


def detecting_folder(window: MainWindow) -> bool:
    """Hold while the detector goes through the whole folder."""
    return window.desk is not None and window.desk.detecting_folder


def folder_paused(window: MainWindow) -> bool:
    """Hold while the detection of the whole folder waits."""
    return window.desk is not None and window.desk.folder_paused


def detecting_in_tiles(window: MainWindow) -> bool:
    """Whether large images are looked at in tiles."""
    return window.session is not None and window.session.service.tiling.tile > 0


def fine_tuning(window: MainWindow) -> bool:
    """Hold while a fine-tune is under way."""
    return window.desk is not None and window.desk.training.is_running


def evaluating(window: MainWindow) -> bool:
    """Hold while the detector is being measured."""
    return window.desk is not None and window.desk.evaluation.is_running


def page_shown(page: Page) -> Rule:
    """Return a rule that holds while `page` is beside the canvas."""
    return lambda window: window.desk is not None and window.desk.page is page


class SheetLine(NamedTuple):
    """A line of the key sheet; actions of one kin share theirs. Without `keys` it has those of its actions."""

    text: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person may do; `keys` are spelled as Qt reads them, and several may mean the same.

    `enabled` says when it can be run; `checked` makes it a switch; `held` lets a held key repeat it; `in_menu` is false
    for what is only a key; `section` begins one in its menu; `submenu` names the menu inside that which it is in;
    `toolbar` is its place there, the hundreds being sections; `line` is its line of the key sheet where text and keys
    would not do by themselves.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    run: Run
    icon: str = ""
    enabled: Rule = image_open
    checked: Rule | None = None
    held: bool = False
    in_menu: bool = True
    section: bool = False
    submenu: str = ""
    toolbar: int = 0
    line: SheetLine | None = None


def at_desk(intention: Callable[[Desk], object]) -> Run:
    """Run an intention at the desk of the open project; without one its action is disabled."""

    def run(window: MainWindow) -> object:
        return None if window.desk is None else intention(window.desk)

    return run


def decide(gesture: Callable[[Workspace], Command | None]) -> Run:
    """Perform a gesture on the open project."""
    return at_desk(lambda desk: desk.perform(gesture))


def change(gesture: Callable[[Workspace], Command | None]) -> Run:
    """Perform a gesture on the selected boxes; what is locked is left, and that is said."""
    return at_desk(lambda desk: desk.change(gesture))


def nudge(dx: float, dy: float) -> Run:
    """Move the selected box by image pixels; a held key makes one undo step."""

    def run(window: MainWindow) -> None:
        if window.desk is not None:
            window.desk.change(lambda workspace: box_gestures.nudge(workspace, dx, dy, repeat=window.keys.held))

    return run


def push(side: Handle, pixels: float) -> Run:
    """Push a side of the selected box outwards, or pull it back; a held key makes one undo step."""

    def run(window: MainWindow) -> None:
        if window.desk is not None:
            held = window.keys.held
            window.desk.change(lambda workspace: box_gestures.push_side(workspace, side, pixels, repeat=held))

    return run
