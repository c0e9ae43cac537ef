from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QTableWidget

from app.catalogue import Kind, Model
from app.model.annotations import Category
from app.model.category_mapping import IGNORED, OWN_NAME, Target
from app.speeds import Speed
from app.ui import dialogs, model_words
from app.ui.category_mapping import CategoryMappingDialog
from app.ui.model_chooser import ModelChooser
from detector.published import PUBLISHED

WEIGHTS = PUBLISHED["fasterrcnn_resnet50_fpn"]
MODELS = (
    Model(Kind.EMBEDDED, "Boxwright embedded", categories=("bolt",), category_count=1, in_use=True, licence="MIT"),
    Model(Kind.FILE, "weeds", Path("weeds.safetensors"), speed=Speed(0.038, "cuda:0"), size_bytes=3 * 2**20),
    Model(Kind.FOLDER, "half", Path("half.safetensors"), problem="half is not whole."),
    Model(Kind.FOLDER, "regions", Path("rpn.safetensors"), categories=("object",), proposals_only=True),
    Model(Kind.ABSENT, "R-50-FPN", category_count=80, published=WEIGHTS, licence=WEIGHTS.licence),
)
PERSON, VEHICLE = Category(1, "person", "#ff0000"), Category(2, "vehicle", "#00ff00")


def pressed(dialog, text):
    (found,) = [one for one in dialog.findChildren(QPushButton) if one.text() == text]
    return found


@pytest.fixture
def chooser(qtbot):
    dialog = ModelChooser(MODELS, Path("/"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.used, dialog.files = [], []
    dialog.use_wanted.connect(dialog.used.append)
    dialog.file_wanted.connect(dialog.files.append)
    dialog.show()
    return dialog


def cells(chooser, row):
    table = chooser.findChild(QTableWidget)
    return [table.item(row, column).text() for column in range(1, table.columnCount())]


def line(chooser):
    return chooser.findChildren(QLabel)[1].text()


def test_that_each_row_says_what_there_is_to_know(chooser):
    assert cells(chooser, 0) == ["Boxwright embedded", "comes with Boxwright", "1", "", "not measured yet", "MIT"]
    assert cells(chooser, 1) == ["weeds", "file", "", "3.1 MB", "38 ms, GPU", ""]
    assert cells(chooser, 2) == ["half", "models folder", "", "", "", ""]
    assert cells(chooser, 3)[2] == "regions only"
    assert cells(chooser, 4) == ["R-50-FPN", "not downloaded", "80", "", "", "see below"]


def test_that_the_names_of_the_categories_are_in_the_tool_tip(chooser):
    assert chooser.findChild(QTableWidget).item(0, 3).toolTip() == "bolt"
    many = Model(Kind.FILE, "many", categories=tuple(f"c{number}" for number in range(50)))
    assert model_words.category_hint(many).endswith("c39 and 10 more")


def test_that_the_model_in_use_is_chosen_first_and_not_to_be_used_again(chooser):
    assert chooser.chosen == MODELS[0]
    assert not pressed(chooser, "Use this model").isEnabled()


@pytest.mark.parametrize("confirm", ["button", "double click", "Enter"])
def test_that_another_model_can_be_used(chooser, confirm):
    chooser.choose(1)
    table = chooser.findChild(QTableWidget)
    if confirm == "button":
        QTest.mouseClick(pressed(chooser, "Use this model"), Qt.MouseButton.LeftButton)
    elif confirm == "Enter":
        QTest.keyClick(table, Qt.Key.Key_Return)
    else:
        table.itemDoubleClicked.emit(table.item(1, 1))
    assert chooser.used == [MODELS[1]]
    assert not chooser.isVisible()


def test_that_what_cannot_be_used_says_why_and_stays(chooser):
    chooser.choose(2)
    assert line(chooser) == "half is not whole."
    assert not pressed(chooser, "Use this model").isEnabled()
    QTest.keyClick(chooser.findChild(QTableWidget), Qt.Key.Key_Return)
    assert chooser.used == []
    assert chooser.isVisible()


def test_that_what_is_not_here_is_downloaded_first(chooser):
    chooser.choose(4)
    assert "boxwright models get fasterrcnn_resnet50_fpn" in line(chooser)
    QTest.mouseClick(pressed(chooser, "Download and use"), Qt.MouseButton.LeftButton)
    assert chooser.used == [MODELS[4]]


def test_that_a_file_can_be_opened_instead(chooser, monkeypatch):
    answers = [None, Path("/a.pth")]
    monkeypatch.setattr(dialogs, "choose_file", lambda *_: answers.pop(0))
    open_file = pressed(chooser, "Open a file…")
    QTest.mouseClick(open_file, Qt.MouseButton.LeftButton)
    assert chooser.isVisible()
    QTest.mouseClick(open_file, Qt.MouseButton.LeftButton)
    assert chooser.files == [Path("/a.pth")]
    assert not chooser.isVisible()


@pytest.mark.parametrize(
    ("size", "words"), [(0, ""), (1, "1 KB"), (512_000, "512 KB"), (11_400_000, "11 MB"), (9_900_000, "9.9 MB")]
)
def test_that_sizes_are_said_shortly(size, words):
    assert model_words.size(int(size)) == words


def test_that_slow_models_are_told_in_seconds():
    assert model_words.speed(Speed(2.34, "cpu")) == "2.3 s, CPU"


@pytest.fixture
def mapping_of(qtbot):
    def opened(matches, mapping=None):
        dialog = CategoryMappingDialog(matches, (PERSON, VEHICLE), mapping or {})
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(dialog)
        dialog.heard = []
        dialog.mapped.connect(dialog.heard.append)
        dialog.show()
        return dialog

    return opened


MATCHES = (("Person", PERSON), ("car", None), ("dog", None))


def choices(dialog):
    return dialog.findChildren(QComboBox)


def test_that_what_goes_by_its_name_is_chosen_and_the_rest_is_new(mapping_of):
    dialog = mapping_of(MATCHES)
    assert [one.currentText() for one in choices(dialog)] == ["person", "New category “car”", "New category “dog”"]
    assert [choices(dialog)[1].itemText(place) for place in range(4)] == [
        "person",
        "vehicle",
        "New category “car”",
        "Ignore",
    ]
    QTest.mouseClick(pressed(dialog, "Apply"), Qt.MouseButton.LeftButton)
    assert dialog.heard == [{"car": OWN_NAME, "dog": OWN_NAME}]


def test_that_what_was_said_before_is_chosen_again(mapping_of):
    said = {"Person": IGNORED, "car": Target(2), "dog": Target(9)}  # the last one's category is gone
    dialog = mapping_of(MATCHES, said)
    assert [one.currentText() for one in choices(dialog)] == ["Ignore", "vehicle", "New category “dog”"]
    assert dialog.mapping() == {"Person": IGNORED, "car": Target(2), "dog": OWN_NAME}


def test_that_a_choice_is_given_away_when_it_is_applied_and_not_when_it_is_cancelled(mapping_of):
    dialog = mapping_of(MATCHES)
    choices(dialog)[1].setCurrentText("vehicle")
    QTest.mouseClick(pressed(dialog, "Cancel"), Qt.MouseButton.LeftButton)
    assert dialog.heard == []
    dialog.show()
    QTest.mouseClick(pressed(dialog, "Apply"), Qt.MouseButton.LeftButton)
    assert dialog.heard == [{"car": Target(2), "dog": OWN_NAME}]


def test_that_all_that_has_no_match_can_be_ignored_at_once(mapping_of):
    dialog = mapping_of((*MATCHES, ("cat", None)), {"cat": Target(1)})
    QTest.mouseClick(pressed(dialog, "Ignore the others"), Qt.MouseButton.LeftButton)
    assert dialog.mapping() == {"car": IGNORED, "dog": IGNORED, "cat": Target(1)}
    QTest.mouseClick(pressed(dialog, "New categories for the others"), Qt.MouseButton.LeftButton)
    assert dialog.mapping() == {"car": OWN_NAME, "dog": OWN_NAME, "cat": Target(1)}


def test_that_a_model_of_regions_draws_in_the_current_category_unless_told_otherwise(mapping_of):
    (choice,) = choices(mapping_of((("object", None),)))
    assert choice.currentText() == "The category that I draw in"


def test_that_a_name_of_two_lines_is_shown_in_one(mapping_of):
    dialog = mapping_of((*MATCHES, ("new\nline", None)))
    assert dialog.findChild(QTableWidget).item(3, 0).text() == "new line"
    assert choices(dialog)[3].currentText() == "New category “new line”"
    assert dialog.mapping()["new\nline"] == OWN_NAME


def test_that_the_wheel_turns_no_choice(mapping_of):
    choice = choices(mapping_of(MATCHES))[1]
    choice.setFocus()
    down = QPoint(0, -120)
    keys, phase = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(QPointF(5, 5), QPointF(5, 5), down, down, Qt.MouseButton.NoButton, keys, phase, False)
    QApplication.sendEvent(choice, wheel)
    assert choice.currentText() == "New category “car”"


def test_that_of_a_thousand_categories_only_the_choices_in_sight_are_made(mapping_of):
    dialog = mapping_of(tuple((f"c{number}", None) for number in range(1000)))
    assert 0 < len(choices(dialog)) < 30
    QTest.mouseClick(pressed(dialog, "Ignore the others"), Qt.MouseButton.LeftButton)
    scroll = dialog.findChild(QTableWidget).verticalScrollBar()
    scroll.setValue(scroll.maximum())
    choice = next(one for one in choices(dialog) if one.accessibleName() == "c999")
    assert choice.currentText() == "Ignore"
    choice.setCurrentText("vehicle")
    dialog.findChild(QLineEdit).setText("c500")
    assert any(one.accessibleName() == "c500" for one in choices(dialog))
    assert dialog.mapping() == {f"c{number}": IGNORED for number in range(999)} | {"c999": Target(2)}


def test_that_many_categories_can_be_searched(mapping_of):
    assert mapping_of(MATCHES).findChild(QLineEdit) is None
    dialog = mapping_of(tuple((f"c{number}", None) for number in range(20)))
    QTest.keyClicks(dialog.findChild(QLineEdit), "C1")
    table = dialog.findChild(QTableWidget)
    shown = [table.item(row, 0).text() for row in range(20) if not table.isRowHidden(row)]
    assert shown == ["c1", *(f"c{number}" for number in range(10, 20))]
    (nothing,) = [one for one in dialog.findChildren(QLabel) if one.text().startswith("No category of the model")]
    assert not nothing.isVisible()
    QTest.keyClicks(dialog.findChild(QLineEdit), "x")
    assert nothing.isVisible()
    QTest.keyClick(dialog.findChild(QLineEdit), Qt.Key.Key_Escape)
    assert dialog.heard == []
