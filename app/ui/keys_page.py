"""The page of the settings where every key can be changed; what is changed holds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui import theme
from app.ui.actions import ACTIONS, all_actions
from app.ui.key_presets import PRESETS
from app.ui.keymap import KEYMAP, SEPARATOR, native, title
from app.ui.keys_of_action import KeysOfAction
from app.ui.panel_parts import button, muted_label, put_glass_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME, _KEYS = 0, 1
_ROLE = int(Qt.ItemDataRole.UserRole)


class KeysPage(QWidget):
    """A table of all actions with a search, and below it the keys of the chosen one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._by_id = {action.id: action for action in all_actions()}
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self._before: Mapping[str, tuple[str, ...]] | None = None
        self._search = QLineEdit(clearButtonEnabled=True)
        self._search.setPlaceholderText(self.tr("Search actions and keys"))
        self._search.setAccessibleName(self._search.placeholderText())
        self._search.setToolTip(self.tr("Show the actions whose name, menu or keys contain these words"))
        put_glass_in(self._search)
        self._search.textChanged.connect(self._find)
        self._table = self._made_table()
        self._editor = KeysOfAction()
        self._said = muted_label()
        self._take_back = button(self.tr("Take back"), self._restore)
        self._lay_out()
        KEYMAP.changed.connect(self._show)
        self._table.currentItemChanged.connect(self._choose)
        self._table.itemActivated.connect(lambda _item, _column: self._editor.listen())
        self._show()
        self._table.setCurrentItem(self._rows["open-folder"])

    def choose(self, name: str) -> None:
        """Show the keys of the action with this id."""
        self._table.setCurrentItem(self._rows[name])

    def apply_preset(self, program: str) -> None:
        """Let all actions have the keys that they have in another program, as far as it has them."""
        sentence = self.tr("These are the keys of {} now, as far as it has such actions.").format(program)
        self._change_all(PRESETS[program], sentence)

    def _made_table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        table.setAccessibleName(self.tr("Actions and their keys"))
        table.setRootIsDecorated(False)
        table.setItemsExpandable(False)
        table.setIndentation(theme.MARGIN)
        table.setUniformRowHeights(True)
        table.header().setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        table.header().setSectionResizeMode(_KEYS, QHeaderView.ResizeMode.ResizeToContents)
        table.header().setStretchLastSection(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for group, actions in ACTIONS.items():
            heading = QTreeWidgetItem(table, [QCoreApplication.translate("actions", group.value)])
            rows: list[QTreeWidgetItem] = []
            self._groups.append((heading, rows))
            font = QFont()
            font.setBold(True)
            heading.setFont(_NAME, font)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.setFirstColumnSpanned(True)
            for action in actions:
                self._rows[action.id] = row = QTreeWidgetItem(heading, [title(action)])
                row.setData(_NAME, _ROLE, action.id)
                rows.append(row)
        table.expandAll()
        return table

    def _lay_out(self) -> None:
        presets = QPushButton(self.tr("Keys of another program"))
        presets.setToolTip(self.tr("Let actions have the keys that your fingers know"))
        presets.setProperty("menu", True)
        menu = QMenu(presets)
        for program in PRESETS:
            menu.addAction(program).triggered.connect(
                lambda _checked=False, program=program: self.apply_preset(program)
            )
        presets.setMenu(menu)
        reset = button(self.tr("Reset all"), self._reset_all)
        reset.setToolTip(self.tr("Let every action have the keys of Boxwright again"))
        foot, all_of_them = QHBoxLayout(), QHBoxLayout()
        for row in (foot, all_of_them):
            row.setSpacing(theme.SPACING)
        all_of_them.addWidget(presets)
        all_of_them.addStretch(1)
        all_of_them.addWidget(reset)
        foot.addWidget(self._said, 1)
        foot.addWidget(self._take_back, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING)
        column.addWidget(self._search)
        column.addWidget(self._table, 1)
        column.addWidget(self._editor)
        column.addWidget(_line())
        column.addLayout(foot)
        column.addLayout(all_of_them)
        self._say("")

    @Slot()
    def _show(self) -> None:
        for name, row in self._rows.items():
            keys = dict.fromkeys(native(key) for key in KEYMAP.keys(name))
            row.setText(_KEYS, SEPARATOR.join(keys))
            font = QFont()  # its size stays that of the table
            font.setBold(name in KEYMAP.chosen)
            row.setFont(_KEYS, font)
        self._find(self._search.text())

    def _find(self, wanted: str) -> None:
        words = wanted.casefold().split()
        for name, row in self._rows.items():
            text = " ".join((_heading_of(row), title(self._by_id[name]), row.text(_KEYS))).casefold()
            row.setHidden(not all(word in text for word in words))
        for heading, rows in self._groups:
            heading.setHidden(all(row.isHidden() for row in rows))

    def _choose(self, item: QTreeWidgetItem | None, _before: QTreeWidgetItem | None = None) -> None:
        name = None if item is None else item.data(_NAME, _ROLE)
        if isinstance(name, str):
            self._editor.show_action(self._by_id[name])

    def _reset_all(self) -> None:
        self._change_all({}, self.tr("These are the keys of Boxwright again."))

    def _change_all(self, keys: Mapping[str, tuple[str, ...]], sentence: str) -> None:
        self._before = KEYMAP.chosen
        said = KEYMAP.take(keys)
        self._say(" ".join((sentence, *said)), can_be_taken_back=True)

    def _restore(self) -> None:
        if self._before is not None:
            KEYMAP.take(self._before)
        self._say("")

    def _say(self, sentence: str, *, can_be_taken_back: bool = False) -> None:
        self._said.setText(sentence)
        self._said.setVisible(bool(sentence))
        self._take_back.setVisible(can_be_taken_back)


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setProperty("line", True)
    return line


def _heading_of(row: QTreeWidgetItem) -> str:
    heading = row.parent()
    return "" if heading is None else heading.text(_NAME)
