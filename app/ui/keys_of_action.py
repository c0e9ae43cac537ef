"""The keys of one action: each can be taken away, another one added, and a clash is settled here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui import theme
from app.ui.icons import icon
from app.ui.key_capture import KeyCapture
from app.ui.keymap import KEYMAP, native, title
from app.ui.panel_parts import button, heading, muted_label

if TYPE_CHECKING:
    from app.ui.action import Action


class KeysOfAction(QWidget):
    """Shows one action at a time; a key that another action has is refused by name, and can be taken or swapped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action: Action | None = None
        self._wanted = ""
        self._name, self._said = heading(), muted_label()
        self._name.setWordWrap(True)
        self._caps = QHBoxLayout()
        self._caps.setSpacing(theme.SPACING)
        self._capture = KeyCapture()
        self._capture.setToolTip(self.tr("Press this, then the key; press it again to leave all as it is"))
        self._capture.captured.connect(self._add)
        self._reset = button(self.tr("Reset"), self._reset_keys)
        self._reset.setToolTip(self.tr("Let this action have its usual keys again"))
        self._take = button(self.tr("Take it away there"), self._take_away)
        self._swap = button(self.tr("Swap"), self._swap_keys)
        self._take.setToolTip(self.tr("Give the key to this action alone"))
        self._swap.setToolTip(self.tr("Give the other action the first key of this one for it"))
        self._lay_out()
        KEYMAP.changed.connect(self._show)

    def show_action(self, action: Action) -> None:
        """Show the keys of this action."""
        self._action = action
        self._show()

    def listen(self) -> None:
        """Wait for a key to add."""
        self._capture.listen()

    def _lay_out(self) -> None:
        keys, answers = QHBoxLayout(), QHBoxLayout()
        for row in (keys, answers):
            row.setSpacing(theme.SPACING)
        keys.addLayout(self._caps)
        keys.addWidget(self._capture)
        keys.addStretch(1)
        keys.addWidget(self._reset)
        answers.addStretch(1)
        answers.addWidget(self._take)
        answers.addWidget(self._swap)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._name)
        column.addLayout(keys)
        column.addWidget(self._said)
        column.addLayout(answers)

    @Slot()
    def _show(self) -> None:
        if self._action is None:
            return
        while (item := self._caps.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._name.setText(title(self._action))
        for key in dict.fromkeys(native(key) for key in KEYMAP.keys(self._action.id)):
            self._caps.addWidget(self._cap(key))
        self._reset.setEnabled(self._action.id in KEYMAP.chosen)
        self._ask("")

    def _cap(self, key: str) -> QPushButton:
        cap = QPushButton(icon("close"), key)
        cap.setProperty("compact", True)
        cap.setToolTip(self.tr("Take {} away").format(key))
        cap.setAccessibleName(cap.toolTip())
        cap.clicked.connect(lambda _checked=False: self._remove(key))
        return cap

    @Slot(str)
    def _add(self, key: str) -> None:
        if self._action is None:
            return
        owner = KEYMAP.owner(key)
        if owner is None:
            KEYMAP.give(self._action.id, (*KEYMAP.keys(self._action.id), key))
        elif owner.id == self._action.id:
            self._ask(self.tr("{} is one of its keys already.").format(native(key)))
        else:
            sentence = self.tr("{} is “{}”: take it away there first, or swap.")
            self._ask(sentence.format(native(key), title(owner)), key)
        self._capture.setFocus()

    def _remove(self, key: str) -> None:
        assert self._action is not None
        self._capture.setFocus()  # not on a button that goes
        KEYMAP.give(self._action.id, [one for one in KEYMAP.keys(self._action.id) if native(one) != key])

    def _take_away(self) -> None:
        assert self._action is not None
        KEYMAP.give(self._action.id, (*KEYMAP.keys(self._action.id), self._wanted))

    def _swap_keys(self) -> None:
        assert self._action is not None
        KEYMAP.swap(self._wanted, self._action.id)

    def _reset_keys(self) -> None:
        assert self._action is not None
        KEYMAP.reset(self._action.id)

    def _ask(self, sentence: str, wanted: str = "") -> None:
        """Say a sentence; with a wanted key, offer to settle whose it is."""
        self._wanted = wanted
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))
        self._said.setProperty("error", bool(wanted))
        self._said.setProperty("muted", not wanted)
        self._said.style().polish(self._said)
        self._take.setVisible(bool(wanted))
        has_keys = self._action is not None and bool(KEYMAP.keys(self._action.id))
        self._swap.setVisible(bool(wanted) and has_keys)
