"""What can be found and run by typing: every action, every category and every image; and how well a text matches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.ui import action as rules
from app.ui import intentions
from app.ui.actions import ACTIONS
from app.ui.keymap import KEYMAP, SEPARATOR, native, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.ui.action import Action
    from app.ui.desk import Desk
    from app.ui.main_window import MainWindow

_SELF = "palette"


@dataclass(frozen=True, slots=True)
class Command:
    """Something to run. `why_not` says in a few words why it cannot be run now; empty if it can.

    `rare` is listed only when it is asked for. `color` is that of a category, `icon` a name of `icons`.
    """

    name: str
    text: str
    kind: str
    keys: str
    run: Callable[[], object]
    why_not: str = ""
    icon: str = ""
    color: str = ""
    rare: bool = False


def commands(window: MainWindow) -> list[Command]:
    """Return what can be run in the window, what cannot be run now included."""
    found = [
        _command(window, QCoreApplication.translate("actions", group.value), action)
        for group, actions in ACTIONS.items()
        for action in actions
        if action.id != _SELF
    ]
    found += _pages(window)
    return found if window.desk is None else [*found, *_categories(window.desk), *_images(window.desk)]


def matching(found: Sequence[Command], wanted: str, latest: Sequence[str] = ()) -> list[Command]:
    """Return what `wanted` may mean, the best first: each of its words is in the text, or its letters in that order.

    Without a wish what was run latest comes first; what is rare and what cannot be run comes after the rest.
    """
    order = {name: place for place, name in enumerate(latest)}
    ranked = [(_rank(command, wanted.casefold().split()), command) for command in found]
    kept = [(rank, command) for rank, command in ranked if rank is not None and (wanted.strip() or not command.rare)]
    # A stable sort: among equals the order of the table stays.
    kept.sort(key=lambda one: (one[0], bool(one[1].why_not), one[1].rare, order.get(one[1].name, len(order))))
    return [command for _rank, command in kept]


def _rank(command: Command, words: list[str]) -> int | None:
    """Return 0 for the best match; None for what is none."""
    text = command.text.casefold()
    all_of_it = f"{command.kind} {text} {command.keys}".casefold()
    if text.startswith(" ".join(words)):
        return 0
    if all(any(part.startswith(word) for part in all_of_it.split()) for word in words):
        return 1
    if all(word in all_of_it for word in words):
        return 2
    letters = iter(text.replace(" ", ""))
    in_order = text[:1] == "".join(words)[:1] and all(letter in letters for letter in "".join(words))
    return 3 if in_order and not command.rare else None


def _command(window: MainWindow, group: str, action: Action) -> Command:
    made = window.menus.actions[action.id]
    keys = SEPARATOR.join(dict.fromkeys(native(key) for key in KEYMAP.keys(action.id)))
    reason = "" if made.isEnabled() else why_not(window, action) or _tr("not now")
    # Categories are listed by their names.
    is_digit = action.id.startswith("category-")
    return Command(action.id, title(action), group, keys, made.trigger, reason, action.icon, rare=is_digit)


def why_not(window: MainWindow, action: Action) -> str:
    """Return in a few words why an action cannot be run now; empty where there is nothing to say about it."""
    if window.desk is None:
        return _tr("no project is open")
    reasons = {
        rules.image_open: _tr("no image is shown"),
        rules.suggestion_selected: _tr("no suggestion is selected"),
        rules.acceptable: _tr("no suggestion is selected"),
        rules.annotation_selected: _tr("no annotation is selected"),
        rules.box_selected: _tr("no box is selected"),
        rules.suggestions_shown: _tr("no suggestion is shown"),
        rules.undo_possible: _tr("nothing is left to undo"),
        rules.redo_possible: _tr("nothing is left to redo"),
        rules.fine_tuning: _tr("no fine-tune is under way"),
        rules.evaluating: _tr("nothing is being measured"),
        rules.detecting_folder: _tr("not all images are being detected"),
    }
    return reasons.get(action.enabled, "")


def _categories(desk: Desk) -> Iterator[Command]:
    for place, category in enumerate(desk.workspace.categories):
        digit = KEYMAP.firsts().get(f"category-{place + 1}", "")
        run = partial(intentions.choose_category, desk, category)
        yield Command(f"category:{category.id}", category.name, _tr("Category"), digit, run, color=category.color)


def _images(desk: Desk) -> Iterator[Command]:
    for record in desk.workspace.images:
        go = partial(desk.attempt, partial(desk.workspace.go_to, record.id))
        yield Command(f"image:{record.id}", record.path, _tr("Image"), "", go, rare=True)


def _pages(window: MainWindow) -> Iterator[Command]:
    from app.ui.guide_pages import pages  # noqa: PLC0415 - a start reads none

    for page in pages().values():
        show = partial(window.guide_wanted.emit, page.name)
        yield Command(f"guide:{page.name}", page.title, _tr("Guide"), "", show, icon="help", rare=True)


def _tr(text: str) -> str:
    return QCoreApplication.translate("commands", text)
