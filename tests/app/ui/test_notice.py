from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from app.ui.notice import Notice
from app.ui.theme import ColorMode, Theme


@pytest.fixture
def notice(qtbot):
    made = Notice([QPushButton("Again")])
    qtbot.addWidget(made)
    return made


def sentence(notice) -> str:
    return next(label.text() for label in notice.findChildren(QLabel) if label.text())


def test_that_it_is_there_only_while_it_has_something_to_say(notice):
    assert notice.isHidden()
    notice.say("Another model is in use now.")
    assert not notice.isHidden()
    assert sentence(notice) == "Another model is in use now."
    notice.say("")
    assert notice.isHidden()


def test_that_its_button_gives_the_focus_up_before_it_goes(qtbot, notice):
    notice.say("Another model is in use now.")
    qtbot.waitUntil(notice.isActiveWindow)
    answer = notice.findChild(QPushButton)
    answer.setFocus(Qt.FocusReason.TabFocusReason)
    assert answer.hasFocus()
    notice.say("")
    assert not answer.hasFocus()


def test_that_its_sign_follows_the_theme(qtbot, notice):
    theme = Theme(QApplication.instance(), ColorMode.LIGHT)
    notice.say("Another model is in use now.")
    seen = []
    for mode in (ColorMode.LIGHT, ColorMode.DARK):
        theme.set_mode(mode)
        QApplication.processEvents()
        seen.append(notice._icon.pixmap().toImage())
    assert seen[0] != seen[1]
