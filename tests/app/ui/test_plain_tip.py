"""A name in a tool tip is shown as it is, whatever it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QTextDocument

from app.ui.dialogs import ReportLine, Severity, report_list
from app.ui.elided_label import ElidedLabel
from app.ui.plain_tip import plain_tip

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

HOSTILE = '<img src="file:///secret.png">& two  spaces\nand a line'


def test_that_what_looks_like_rich_text_is_shown_letter_for_letter(qapp: object) -> None:
    document = QTextDocument()
    document.setHtml(plain_tip(HOSTILE))
    assert document.toPlainText() == HOSTILE


@pytest.mark.parametrize("words", ["bolt", "a < b", "", "nuts & bolts", "one\ntwo"])
def test_that_other_words_stay_as_they_are(qapp: object, words: str) -> None:
    assert plain_tip(words) == words


def test_that_no_widget_takes_a_name_for_markup(qtbot: QtBot) -> None:
    label, listed = ElidedLabel(HOSTILE), report_list([ReportLine(Severity.ERROR, HOSTILE)])
    qtbot.addWidget(label)
    qtbot.addWidget(listed)
    for tip in (label.toolTip(), listed.item(0).toolTip()):
        assert "<img" not in tip
        assert "&lt;img" in tip
    assert label.text() == listed.item(0).text() == HOSTILE
