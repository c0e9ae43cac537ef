"""Nothing in the window is English alone: in a language that puts every text in brackets, all words are in some."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTabWidget,
    QWidget,
)
from whole_application import CATEGORIES, MadeUpDetector, Running, running

from app.model import words
from app.ui.dialogs import ReportDialog, ReportLine, Severity
from app.ui.guide_pages import CONTENTS, pages
from app.ui.guide_window import GuideWindow
from app.ui.settings_dialog import SettingsDialog
from app.workers.messages import Crash

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPEN, SHUT = "⟦", "⟧"
DATA = re.compile(
    "|".join(
        (
            *CATEGORIES,
            r"\S*\.png|/\S+|— images —",
            r"CVAT|X-AnyLabeling|labelImg|Deutsch|American English",
            r"Boxwright embedded|bolt, nut, .*|Faster R-CNN .*|torchvision's code .*",
            r"\d+ MB",
            r"made-up-1|Made up|Boxwright|COCO|JSON|IoU|AP\w*|GPU|CPU|cpu|Qt|Python|PySide6|MIT",
            r"(Ctrl|Shift|Alt|Meta|Esc|Del|Tab|Space|Enter|Backspace|Home|End|PgUp|PgDown|Ins|Left|Right|Up|Down|Return|F\d+)",
            r"\b[A-Z]\b",
        )
    )
)
"""What is the same in every language: names of data, of the field, of keys."""


class Brackets(QTranslator):
    """Makes ⟦text⟧ of each text of the program; Qt's names of keys stay, which are read again."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:  # noqa: ARG002 - Qt's signature
        return None if context == "QShortcut" or not source else f"{OPEN}{source}{SHUT}"


@pytest.fixture
def run(tmp_path: Path, qapp: QApplication) -> Iterator[Running]:
    brackets = Brackets(qapp)
    qapp.installTranslator(brackets)
    words.speak(lambda text: f"{OPEN}{text}{SHUT}")
    folder = tmp_path / "images"
    folder.mkdir()
    for place in range(3):
        Image.new("RGB", (640, 480), (90, 120, 90 + place)).save(folder / f"{place}.png")
    try:
        with running(tmp_path, MadeUpDetector()) as opened:
            opened.open(folder)
            opened.hands.wait(opened.settled, "the detector has looked")
            yield opened
    finally:
        words.speak(None)
        qapp.removeTranslator(brackets)
        brackets.setParent(None)


def said(widget: QWidget) -> Iterator[str]:
    """Yield what one widget says to eyes, pointers and screen readers."""
    yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.statusTip())
    if widget.isWindow():
        yield widget.windowTitle()
    if isinstance(widget, (QLabel, QAbstractButton)):
        yield widget.text()
    if isinstance(widget, QGroupBox):
        yield widget.title()
    if isinstance(widget, QLineEdit):
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(row) for row in range(widget.count()))
    if isinstance(widget, QTabWidget):
        yield from (widget.tabText(place) for place in range(widget.count()))
    if isinstance(widget, QMenu):
        yield widget.title()
    for action in widget.actions():
        yield from (action.text(), action.toolTip())
    if isinstance(widget, QAbstractItemView):
        yield from said_in(widget)


def said_in(view: QAbstractItemView) -> Iterator[str]:
    """Yield the headers and the cells of a list, table or tree."""
    model = view.model()
    roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
    if model is None:
        return
    parents = [QModelIndex()]
    while parents:
        parent = parents.pop()
        # A list's only column is private.
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)):
            cells = [model.index(row, column, parent) for row in range(model.rowCount(parent))]
            parents += [cell for cell in cells if not column]
            for role in roles:
                yield str(model.headerData(column, Qt.Orientation.Horizontal, role) or "")
                yield from (str(cell.data(role) or "") for cell in cells)


def untranslated(root: QWidget) -> set[str]:
    """Return all that is said in `root` and has a word outside of brackets."""
    texts = {text for widget in (root, *root.findChildren(QWidget)) for text in said(widget)}
    return {text for text in texts if has_words(outside(re.sub("<[^>]*>", " ", text)))}


def outside(text: str) -> str:
    """Return what is not in brackets; they may be in one another."""
    depth, kept = 0, []
    for character in text:
        depth += (character == OPEN) - (character == SHUT)
        if not depth and character not in (OPEN, SHUT):
            kept.append(character)
    return "".join(kept)


def has_words(text: str) -> bool:
    return any(map(str.isalpha, DATA.sub("", text)))


def test_that_the_brackets_are_seen() -> None:
    assert not has_words(outside("⟦accept ⟦die⟧⟧ 3.png 0.95"))
    assert has_words(outside("⟦Undo⟧ accept"))


@pytest.mark.parametrize("page", ["", "training", "evaluation", "statistics", "differences"])
def test_that_every_word_of_the_window_is_translated(run: Running, page: str) -> None:
    run.hands.key("Tab")
    run.hands.key("Return")
    run.hands.key("Shift+D")
    if page:
        run.window.menus.actions[page].trigger()
    run.hands.key("Ctrl+A")
    QApplication.processEvents()
    assert untranslated(run.window) == set()


def test_that_every_word_of_the_welcome_page_is_translated(run: Running) -> None:
    run.application.close_project()
    assert untranslated(run.window) == set()


DIALOGS = (
    *("settings", "palette", "keys", "about", "choose-model", "match-categories", "find-category", "note"),
    *("supercategory", "delete-category"),
)


@pytest.mark.parametrize("action", DIALOGS)
def test_that_every_word_of_a_dialog_is_translated(run: Running, action: str) -> None:
    run.hands.key("Tab")
    run.hands.key("Return")
    if action == "note":
        run.hands.key("Ctrl+A")
    run.window.menus.actions[action].trigger()
    opened = run.dialog()
    for page in range(4) if isinstance(opened, SettingsDialog) else (None,):
        if page is not None:
            opened.choose(page)
        assert untranslated(opened) == set()
    opened.reject()


def test_that_every_word_of_what_is_reported_is_translated(run: Running) -> None:
    run.application.crashes.report(Crash("0.png", "cpu"))
    crash = run.dialog()
    assert untranslated(crash) == set()
    crash.reject()
    report = ReportDialog("0.png", "1.png", [ReportLine(Severity.INFO, "2.png")], run.window)
    report.show()
    assert untranslated(report) == set()
    report.reject()


def test_that_every_word_of_the_guide_but_its_pages_is_translated(run: Running) -> None:
    run.window.guide_wanted.emit(CONTENTS)
    guide = next(one for one in QApplication.topLevelWidgets() if isinstance(one, GuideWindow))
    guide.finding.start()
    of_pages = {page.title for page in pages().values()}
    assert untranslated(guide) - of_pages == set()
    assert guide.windowTitle() == f"{OPEN}The guide{SHUT}"
