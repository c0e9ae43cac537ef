"""Makes Qt's actions of the table, and menus, toolbar and key sheet of those."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QKeyCombination, QObject, QSize, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar

from app.model.words import worded
from app.ui.action import SheetLine
from app.ui.actions import ACTIONS, CONTEXT_MENU, all_actions
from app.ui.commands import why_not
from app.ui.digit_row import as_digit
from app.ui.icons import icon
from app.ui.key_sheet import KeyRow
from app.ui.keymap import KEYMAP, SEPARATOR, native, tip, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.action import Action
    from app.ui.main_window import MainWindow

_SECTION = 100
_MOUSE = worded("Mouse")
_ICON_SIZE = QSize(20, 20)


class Menus(QObject):
    """The actions of one window, its menu bar and its toolbar."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.actions = {action.id: self._made(action) for action in all_actions()}
        window.addActions(list(self.actions.values()))
        self.toolbar = QToolBar(_translated("Toolbar"), window)
        self._fill_menu_bar()
        self._fill_toolbar()
        KEYMAP.changed.connect(self._show_keys)
        self._show_keys()
        self.refresh()
        self._offered: QKeyCombination | None = None
        window.installEventFilter(self)

    def refresh(self) -> None:
        """Bring what is enabled and what is checked to what the window shows."""
        for action in all_actions():
            made = self.actions[action.id]
            made.setEnabled(action.enabled(self._window))
            if action.checked is not None:
                made.setChecked(action.checked(self._window))

    def name_history(self, undo: str, redo: str) -> None:
        """Say in the menu what undo and redo would do; empty where there is nothing."""
        words = {"undo": _translated("Undo {}"), "redo": _translated("Redo {}")}
        for name, text in (("undo", undo), ("redo", redo)):
            self.actions[name].setText(words[name].format(text) if text else _translated(name.capitalize()))
            self.actions[name].setToolTip(tip(self.actions[name].text(), KEYMAP.keys(name)))

    def press(self, key: str) -> None:
        """Do what a key does that the canvas has claimed: the action that has it, if it can be run."""
        action = KEYMAP.owner(key)
        if action is not None:
            self.actions[action.id].trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a key of the row of digits for its digit, or say why a key that nobody took does nothing."""
        if watched is self._window and isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride:
                self._offered = event.keyCombination()
            elif event.type() is QEvent.Type.KeyPress:
                # Of a key that a field claims only the press comes here, and that if it did not use it.
                offered, self._offered = self._offered, None
                if offered == event.keyCombination() and not event.isAutoRepeat():
                    self._take(offered, as_digit(event))
        return False

    def _take(self, key: QKeyCombination, digit: QKeyCombination | None) -> None:
        if key.key() == Qt.Key.Key_Escape:  # it is pressed to be safe
            return
        action = _owner(key)
        of_digit = _owner(digit) if action is None and digit is not None else None
        meant = action or of_digit
        if meant is not None and not self.actions[meant.id].isEnabled():
            reason = why_not(self._window, meant)
            if reason:
                self._window.status.say(f"{title(meant)}: {reason}.")
        elif of_digit is not None:
            self.actions[of_digit.id].trigger()

    def context_menu(self) -> QMenu:
        """Return a new menu of what may be done to a box."""
        menu = QMenu(self._window)
        known = {action.id: action for action in all_actions()}
        self._fill(menu, [known[name] for name in CONTEXT_MENU])
        return menu

    def _made(self, action: Action) -> QAction:
        made = QAction(_translated(action.text), self._window)
        made.setObjectName(action.id)
        if action.icon:
            made.setIcon(icon(action.icon))
        made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        made.setAutoRepeat(action.held)
        made.setCheckable(action.checked is not None)
        # `triggered` says whether it is checked now; the window decides that, not the action.
        made.triggered.connect(lambda _checked=False: self._run(action))
        return made

    @Slot()
    def _show_keys(self) -> None:
        for name, made in self.actions.items():
            keys = KEYMAP.keys(name)
            made.setShortcuts([QKeySequence(key) for key in keys])
            made.setToolTip(tip(made.text(), keys))

    def _run(self, action: Action) -> None:
        action.run(self._window)
        self.refresh()

    def _fill_menu_bar(self) -> None:
        bar = self._window.menuBar()
        for group, actions in ACTIONS.items():
            self._fill(bar.addMenu(_translated(group.value)), [action for action in actions if action.in_menu])

    def _fill(self, menu: QMenu, actions: Sequence[Action]) -> None:
        """Put actions into a menu, those of a submenu into one."""
        for submenu, several in groupby(actions, key=lambda action: action.submenu):
            target = menu
            for action in several:
                if action.section:
                    menu.addSeparator()
                if submenu and target is menu:
                    target = menu.addMenu(_translated(submenu))
                target.addAction(self.actions[action.id])

    def _fill_toolbar(self) -> None:
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.toolbar.setIconSize(_ICON_SIZE)
        self.toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        shown = sorted((action for action in all_actions() if action.toolbar), key=lambda action: action.toolbar)
        for section, actions in groupby(shown, key=lambda action: action.toolbar // _SECTION):
            if section:
                self.toolbar.addSeparator()
            for action in actions:
                self.toolbar.addAction(self.actions[action.id])
        self._window.addToolBar(self.toolbar)


MOUSE = (
    SheetLine(
        "Select a box, again: one deeper; with proposals shown: box the object, again: the next choice", ("click",)
    ),
    SheetLine("With proposals shown: a larger or smaller box", ("Alt+wheel",)),
    SheetLine("Move the selected boxes or resize the box; beside all boxes: select those in a band", ("drag",)),
    SheetLine("Select one more box, or one less", ("Ctrl+click", "Shift+click")),
    SheetLine("Add the boxes in a band to the selection", ("Ctrl+drag", "Shift+drag")),
    SheetLine("What may be done to the box", ("right button",)),
    SheetLine("Zoom at the pointer", ("Ctrl+wheel",)),
    SheetLine("Scroll, with Shift sideways", ("wheel",)),
    SheetLine("Move the image", ("middle button", "Space+drag")),
)
"""What the pointer does on the image; no action has it."""


def key_rows() -> list[KeyRow]:
    """Return the key sheet: every action with a key, kin on one line, in the order of the table; then the mouse."""
    rows: dict[tuple[str, str], list[str]] = {}
    for group, actions in ACTIONS.items():
        for action in actions:
            line = action.line or SheetLine(action.text)
            short = [_translated(key) for key in line.keys] if _has_usual_keys(line, actions) else []
            keys = short or [native(key) for key in KEYMAP.keys(action.id)]
            if keys:
                rows.setdefault((group.value, line.text), []).extend(keys)
    rows |= {(_MOUSE, line.text): list(map(_translated, line.keys)) for line in MOUSE}
    return [
        KeyRow(_translated(group), _translated(text), SEPARATOR.join(dict.fromkeys(keys)))
        for (group, text), keys in rows.items()
    ]


def _has_usual_keys(line: SheetLine, actions: Sequence[Action]) -> bool:
    """Return whether the keys that a line has for its kin are still theirs."""
    return not any(action.line == line and action.id in KEYMAP.chosen for action in actions)


def _owner(key: QKeyCombination) -> Action | None:
    return KEYMAP.owner(QKeySequence(key).toString())


def _translated(text: str) -> str:
    return QCoreApplication.translate("actions", text)
