"""The guide in the window: from the menu and from dialogs to the right page, links, finding, and where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QToolButton
from whole_application import Running, running

from app.model import words
from app.ui.commands import commands, matching
from app.ui.guide_pages import CONTENTS, pages, resolved
from app.ui.guide_window import GuideWindow
from app.ui.theme import DARK, LIGHT, ColorMode, colors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def guide(qtbot: QtBot) -> Iterator[GuideWindow]:
    window = GuideWindow()
    qtbot.addWidget(window)
    window.open()
    qtbot.waitUntil(window.isActiveWindow)
    return window


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Iterator[Running]:
    with running(tmp_path) as opened:
        opened.open(folder)
        yield opened


def opened_guide(run: Running) -> GuideWindow:
    run.hands.wait(lambda: any(isinstance(one, GuideWindow) for one in QApplication.topLevelWidgets()), "it is there")
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, GuideWindow))


def listed(guide: GuideWindow) -> list[str]:
    return [guide._list.item(row).text() for row in range(guide._list.count())]


@pytest.mark.parametrize("name", sorted(pages()))
def test_that_every_page_opens_with_its_title_and_its_pictures(guide: GuideWindow, name: str) -> None:
    guide.open(name)
    page = pages()[name]
    assert guide.view.page is page
    assert guide.view.toPlainText().lstrip("￼").startswith(page.title)
    assert guide.windowTitle().startswith(page.title)
    assert guide._list.currentItem().text() == page.title
    for picture in page.pictures:
        shown = guide.view.document().resource(
            QTextDocument.ResourceType.ImageResource.value, QUrl.fromLocalFile(str(picture))
        )
        assert not shown.isNull(), picture
        assert 0 < shown.deviceIndependentSize().width() <= guide.view.viewport().width()


@pytest.mark.parametrize("name", sorted(pages()))
def test_that_every_heading_can_be_gone_to(guide: GuideWindow, name: str) -> None:
    for section in pages()[name].sections:
        guide.open(f"{name}#{section.anchor}")
        assert guide.view.source().fragment() == section.anchor
        bar = guide.view.verticalScrollBar()
        top = guide.view.cursorForPosition(guide.view.viewport().rect().topLeft() + QPoint(2, 2))
        if bar.value() < bar.maximum():  # the last ones cannot come to the top
            near = top.block().text(), top.block().next().text()
            assert any(section.title in text for text in near), (section.title, near)


def test_that_links_between_pages_are_followed_and_back_and_forward_lead_there_again(guide: GuideWindow) -> None:
    guide.view.anchorClicked.emit(QUrl("labeling.md"))
    guide.view.anchorClicked.emit(QUrl("../screenshots/../guide/formats.md#in-parts"))
    assert guide.view.page.name == "formats.md"
    assert guide.view.verticalScrollBar().value() > 0
    QTest.keyClick(guide.view, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert guide.view.page.name == "labeling.md"
    guide._back.click()
    assert guide.view.page.name == CONTENTS
    assert not guide._back.isEnabled()
    QTest.keyClick(guide.view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert guide.view.page.name == "labeling.md"
    QTest.keyClick(guide.view, Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
    assert guide.view.page.name == CONTENTS


def test_that_links_to_the_web_open_the_browser_and_no_others_do(
    guide: GuideWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toString()))
    guide.view.anchorClicked.emit(QUrl("https://arxiv.org/abs/1708.02750"))
    guide.view.anchorClicked.emit(QUrl("file:///etc/hostname"))
    guide.view.anchorClicked.emit(QUrl("../../main.py"))
    assert asked == ["https://arxiv.org/abs/1708.02750"]
    assert guide.view.page.name == CONTENTS


def test_that_the_page_can_be_found_in_by_keys(guide: GuideWindow) -> None:
    guide.open("labeling.md")
    QTest.keyClick(guide.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    field = guide.finding.findChild(QLineEdit)
    assert field.hasFocus()
    QTest.keyClicks(field, "category")
    count = guide.view.toPlainText().casefold().count("category")
    assert count > 2
    assert len(guide.view.extraSelections()) == count
    assert f"{count} found" in guide.finding._count.text()
    places = []
    for _ in range(count + 1):
        places.append(guide.view.textCursor().selectionStart())
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert places == [*sorted(places[:count]), places[0]], "each place once, then the first again"
    QTest.keyClick(field, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert guide.view.textCursor().selectionStart() == places[0]
    field.setText("xylophone")
    assert guide.finding._count.text() == "Not on this page"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert guide.finding.isHidden()
    assert guide.view.extraSelections() == []
    assert guide.isVisible()


def test_that_all_pages_are_searched_and_what_is_chosen_is_shown(guide: GuideWindow) -> None:
    QTest.keyClick(guide.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert guide._search.hasFocus()
    QTest.keyClicks(guide._search, "hide categories")
    assert listed(guide)[0].startswith("Labeling › Hide categories\n")
    QTest.keyClick(guide._search, Qt.Key.Key_Return)
    assert (guide.view.page.name, guide.view.source().fragment()) == ("labeling.md", "hide-categories")
    assert guide.view.extraSelections()
    guide._search.setText("xylophone")
    assert listed(guide) == ["Nothing matches."]
    QTest.keyClick(guide._search, Qt.Key.Key_Return)
    QTest.keyClick(guide._search, Qt.Key.Key_Escape)
    assert listed(guide) == [page.title for page in pages().values()]
    QTest.keyClick(guide._search, Qt.Key.Key_Escape)
    assert not guide.isVisible()


def test_that_f6_goes_round_and_the_list_opens_by_keys(guide: GuideWindow) -> None:
    QTest.keyClick(guide.view, Qt.Key.Key_F6)
    assert guide._list.hasFocus()
    QTest.keyClick(guide._list, Qt.Key.Key_Down)
    QTest.keyClick(guide._list, Qt.Key.Key_Return)
    assert guide.view.page is list(pages().values())[1]
    QTest.keyClick(guide._list, Qt.Key.Key_F6)
    assert guide.view.hasFocus()


def test_that_a_page_stays_where_it_is_when_colours_and_text_change(run: Running) -> None:
    run.window.guide_wanted.emit("labeling.md#categories")
    guide = opened_guide(run)
    theme = run.window.theme

    def at_the_top() -> str:
        return guide.view.cursorForPosition(QPoint(5, 5)).block().text()

    QApplication.processEvents()
    assert at_the_top() == "Categories"
    try:
        for mode, palette in ((ColorMode.DARK, DARK), (ColorMode.LIGHT, LIGHT)):
            theme.set_mode(mode)
            run.hands.wait(lambda: not guide.view._again.isActive(), "it is made anew")
            assert colors(guide.view.palette()) is palette
            assert palette.accent in guide.view.document().defaultStyleSheet()
        theme.set_font_percent(150)
        run.hands.wait(lambda: not guide.view._again.isActive(), "it is made anew")
        assert at_the_top() == "Categories"
        guide.resize(guide.width() - 150, guide.height() + 40)
        run.hands.wait(lambda: not guide.view._again.isActive(), "it is made anew")
        assert at_the_top() == "Categories"
    finally:
        theme.set_font_percent(100)
        theme.set_mode(ColorMode.SYSTEM)


def test_that_a_dark_window_shows_dark_pictures(run: Running) -> None:
    run.window.guide_wanted.emit("labeling.md")
    view = opened_guide(run).view
    try:
        run.window.theme.set_mode(ColorMode.DARK)
        assert view._twin(str(pages()["labeling.md"].pictures[0])).endswith("offer-dark.png")
        run.window.theme.set_mode(ColorMode.LIGHT)
        assert view._twin(str(pages()["labeling.md"].pictures[0])).endswith("offer-light.png")
        assert view._twin("learning-curve.png") == "learning-curve.png"
    finally:
        run.window.theme.set_mode(ColorMode.SYSTEM)


def test_that_the_menu_opens_it_and_it_comes_back_as_large_as_it_was(run: Running) -> None:
    run.hands.key("Shift+F1")
    guide = opened_guide(run)
    assert guide.isVisible()
    assert guide.view.page.name == CONTENTS
    guide.resize(700, 520)
    guide.close()
    assert not run.application.settings.guide_geometry.isEmpty()
    other = GuideWindow()
    other.restoreGeometry(run.application.settings.guide_geometry)
    assert (other.width(), other.height()) == (700, 520)
    other.deleteLater()


def test_that_it_goes_with_the_window(run: Running) -> None:
    run.window.guide_wanted.emit(CONTENTS)
    guide = opened_guide(run)
    run.window.close()
    assert not guide.isVisible()


def test_that_its_pages_are_found_by_typing(run: Running) -> None:
    found = [one for one in matching(commands(run.window), "large images") if one.name == "guide:large-images.md"]
    found[0].run()
    assert opened_guide(run).view.page.name == "large-images.md"


@pytest.mark.parametrize(
    ("action", "page"), [("settings", "settings.md"), ("choose-model", "models.md"), ("export", "formats.md")]
)
def test_that_a_dialog_opens_it_at_its_page_by_f1_and_stays_open(run: Running, action: str, page: str) -> None:
    run.window.menus.actions[action].trigger()
    run.hands.wait(lambda: any(one.isVisible() for one in run.window.findChildren(QDialog)), "the dialog is shown")
    dialog = next(one for one in run.window.findChildren(QDialog) if one.isVisible())
    run.hands.wait(dialog.isActiveWindow, "it has the keys")
    QTest.keyClick(dialog, Qt.Key.Key_F1)
    guide = opened_guide(run)
    run.hands.wait(guide.isActiveWindow, "it can be read")
    assert guide.view.page.name == page
    assert dialog.isVisible()
    dialog.reject()


@pytest.mark.parametrize(
    ("action", "page"),
    [("training", "fine-tuning.md"), ("evaluation", "models.md"), ("statistics", "statistics.md")],
)
def test_that_a_panel_opens_it_at_its_page(run: Running, action: str, page: str) -> None:
    run.window.menus.actions[action].trigger()
    buttons = [one for one in run.window.findChildren(QToolButton) if one.isVisible()]
    next(one for one in buttons if one.accessibleName() == "Read about this in the guide").click()
    assert opened_guide(run).view.page.name == page


@pytest.mark.parametrize("language", ["en", "other"])
def test_that_it_says_so_where_it_speaks_another_language_than_the_window(qtbot: QtBot, language: str) -> None:
    words.speak(None if language == "en" else str.upper)
    try:
        guide = GuideWindow()
        qtbot.addWidget(guide)
        said = [one.text() for one in guide.findChildren(type(guide.finding._count))]
        assert ("The pages of the guide are in English only." in said) is (language == "other")
    finally:
        words.speak(None)


def test_that_the_guide_fetches_nothing(guide: GuideWindow) -> None:
    kind = QTextDocument.ResourceType.ImageResource.value
    assert guide.view.loadResource(kind, QUrl("https://example.com/a.png")) is None
    assert resolved(pages()[CONTENTS], "https://example.com")[0] == ""
