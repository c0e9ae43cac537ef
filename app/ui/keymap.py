"""Which keys every action has now: those of the table, except where the person chose others; and sentences with keys.

There is one keymap, as there is one palette. Whatever names a key asks it, so that nothing says what is no longer so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot
from PySide6.QtGui import QKeySequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QWidget

    from app.ui.action import Action

SEPARATOR = ", "
_ARROWS = ("Left", "Right", "Up", "Down")
# Both keys that end a line are Enter to a person, and one never means something else than the other.
_TWINS = {"Return": "Enter", "Enter": "Return"}


class Keymap(QObject):
    """The keys of all actions, spelled as Qt reads them; no key belongs to two. `changed` comes after every change."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._chosen: dict[str, tuple[str, ...]] = {}
        self._firsts: dict[str, str] = {}

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """The keys of those actions whose keys are not those of the table."""
        return dict(self._chosen)

    def keys(self, name: str) -> tuple[str, ...]:
        """Return the keys of the action with this id, the one to name first; KeyError where there is no such action."""
        return self._chosen[name] if name in self._chosen else _of_table(name)

    def firsts(self) -> Mapping[str, str]:
        """Return the first key of each action as a person reads it, empty where there is none.

        `move` and `push` are all four keys that move a box, and those that push its sides.
        """
        if not self._firsts:
            firsts = {name: (self.keys(name) or ("",))[0] for name in _table()}
            kin = {verb: _four([firsts[f"{verb}-{side.lower()}"] for side in _ARROWS]) for verb in ("move", "push")}
            self._firsts = {name: native(key) for name, key in firsts.items()} | kin
        return self._firsts

    def owner(self, key: str) -> Action | None:
        """Return the action that has `key`; None for a free one."""
        named = _spelled([key])[:1]  # Qt has no name for some keys
        return next((action for action in _table().values() for one in named if one in self.keys(action.id)), None)

    def take(self, wanted: Mapping[str, Iterable[str]]) -> list[str]:
        """Let these actions have these keys and all others those of the table; return what there is to say about it.

        What is no action and no key is left out, and so is a key that another action before has. An action of the table
        gives up a key that is wanted for another one.
        """
        said: list[str] = []
        owners: dict[str, Action] = {}
        table = _table()
        chosen = {}
        for name, keys in wanted.items():
            if name in table:
                chosen[name] = tuple(key for key in keys if _claim(key, table[name], owners, said))
            else:
                said.append(_tr("There is no action “{}” to have keys.").format(name))
        for action in table.values():
            if action.id not in chosen:
                lost = [key for key in _of_table(action.id) if key in owners]
                chosen[action.id] = tuple(key for key in _of_table(action.id) if key not in lost)
                said += [
                    _tr("{} is {} now, and no longer {}.").format(native(key), title(owners[key]), title(action))
                    for key in _once(lost)
                ]
        self._set(chosen)
        return said

    def give(self, name: str, keys: Iterable[str]) -> None:
        """Let an action have exactly these keys; those that others have are taken from them."""
        after = {one: self.keys(one) for one in _table()}
        given = _spelled(keys)
        for one, before in after.items():
            after[one] = given if one == name else tuple(key for key in before if key not in given)
        self._set(after)

    def swap(self, key: str, name: str) -> None:
        """Let an action have `key` in place of its first one, and let that go to whichever had `key`."""
        owner, before = self.owner(key), self.keys(name)
        first = before[:1]
        rest = [one for one in before if one not in _with_twins(first)]
        self.give(name, (key, *rest))
        if owner is not None:
            self.give(owner.id, (*first, *self.keys(owner.id)))

    def reset(self, name: str | None = None) -> None:
        """Let an action have the keys of the table again, wherever they are now; without a name, every action."""
        if name is None:
            self._set({})
        else:
            self.give(name, _of_table(name))

    def _set(self, keys: Mapping[str, Iterable[str]]) -> None:
        spelled = {name: _spelled(one) for name, one in keys.items()}
        self._chosen = {name: one for name, one in spelled.items() if one != _of_table(name)}
        self._firsts = {}
        self.changed.emit()


KEYMAP = Keymap()


class KeyTip(QObject):
    """Keeps the tool tip of `widget`: `text`, and the keys that the actions have at the time."""

    def __init__(self, widget: QWidget, text: str, *names: str) -> None:
        super().__init__(widget)
        self._widget = widget
        KEYMAP.changed.connect(self._show)
        self.say(text, *names)

    def say(self, text: str, *names: str) -> None:
        """Say something else from now on."""
        self._text, self._names = text, names
        self._show()

    @Slot()
    def _show(self) -> None:
        self._widget.setToolTip(tip(self._text, (key for name in self._names for key in KEYMAP.keys(name))))


def tip(text: str, keys: Iterable[str]) -> str:
    """Return `text`, followed by the keys in brackets where there are any."""
    shown = SEPARATOR.join(_once(keys))
    return f"{text} ({shown})" if shown else text


def with_keys(sentence: str, *values: object) -> str:
    """Return the sentence with the first key of each action in place of its id in braces.

    An action without a key is named by what the menu calls it, in quotes. `values` are for empty braces.
    """
    return sentence.format(
        *values, **{name: key or f"“{title(_table()[name])}”" for name, key in KEYMAP.firsts().items()}
    )


def native(key: str) -> str:
    """Return a key as a person of this system reads it."""
    text = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
    return text.replace("Return", "Enter")


def title(action: Action) -> str:
    """Return what the menu calls an action, without the dots of a question; kin of one text are told apart."""
    text = QCoreApplication.translate("actions", action.text).removesuffix("…")
    side = action.id.rpartition("-")[2]
    sides = {"left": _tr("left"), "right": _tr("right"), "up": _tr("up"), "down": _tr("down")}
    return f"{text}: {sides[side]}" if action.line is not None and side in sides else text


def _four(keys: list[str]) -> str:
    prefixes = {key.removesuffix(side) for key, side in zip(keys, _ARROWS, strict=True) if key.endswith(side)}
    if len(prefixes) == 1 and all(key.endswith(side) for key, side in zip(keys, _ARROWS, strict=True)):
        prefix = native(f"{prefixes.pop()}X").removesuffix("X")
        return prefix + _tr("arrows") if prefix else _tr("Arrows")
    return " ".join(native(key) for key in keys if key)


def _claim(key: str, action: Action, owners: dict[str, Action], said: list[str]) -> bool:
    """Return whether `action` may have `key`, and say why not."""
    spelled = _spelled([key])
    if not spelled:
        said.append(_tr("“{}” is no key that {} could have.").format(key, title(action)))
        return False
    owner = owners.get(spelled[0], action)
    if owner is not action:
        said.append(_tr("{} is {} already, and cannot be {} too.").format(native(key), title(owner), title(action)))
        return False
    owners.update(dict.fromkeys(spelled, action))
    return True


def _spelled(keys: Iterable[str]) -> tuple[str, ...]:
    """Return keys as Qt spells them, each once and with its twin; what is not one key is left out."""
    read = [QKeySequence(key) for key in keys]
    return _with_twins(one.toString() for one in read if one.count() == 1 and one.toString())


@lru_cache(maxsize=512)
def _of_table(name: str) -> tuple[str, ...]:
    return _spelled(_table()[name].keys)


def _with_twins(keys: Iterable[str]) -> tuple[str, ...]:
    spelled: dict[str, None] = {}
    for key in keys:
        prefix, last = key[: key.rfind("+") + 1], key[key.rfind("+") + 1 :]
        spelled[key] = None
        if last in _TWINS:
            spelled[f"{prefix}{_TWINS[last]}"] = None
    return tuple(spelled)


def _once(keys: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(native(key) for key in keys))


@lru_cache(maxsize=1)
def _table() -> dict[str, Action]:
    from app.ui.actions import all_actions  # noqa: PLC0415 - the table knows what the desk does, which names keys

    return {action.id: action for action in all_actions()}


def _tr(text: str) -> str:
    return QCoreApplication.translate("keymap", text)
