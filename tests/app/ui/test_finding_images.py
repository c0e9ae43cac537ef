"""Filters, orders and findings in the image list: what is shown when, and what is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from panel_project import MemoryStore, NotingLoader, NotingSearch, project
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from app.model import box_gestures, edits, gestures, navigation
from app.model.annotations import ImageRecord
from app.model.commands import Command, Edit
from app.model.findings import Finding
from app.model.image_filter import Disagrees, OfCategory
from app.model.saved_filters import SavedFilters
from app.model.shown_images import SortOrder
from app.model.storage import StoreError
from app.ui.image_list import ImageList
from app.ui.image_rows import ImageRows

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from app.model.workspace import Workspace
    from app.ui.filter_menus import FiltersMenu

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # what "offscreen" always says

FOREVER_MS = 100_000


class Made:
    """A list, and what it works with."""

    def __init__(self, images: int) -> None:
        self.workspace, self.store = project(images)
        self.search = NotingSearch()
        self.panel = made_list(self.workspace, self.store, self.search)
        self.bar = self.panel._bar
        self.field = self.panel._bar._field

    @property
    def ids(self) -> list[int]:
        rows = self.panel._rows
        return [rows.record(row).id for row in range(rows.rowCount())]

    @property
    def line(self) -> str:
        return self.bar._line.text()


def made_list(workspace: Workspace, store: MemoryStore, search: NotingSearch) -> ImageList:
    models = lambda: ["Version 1"]  # noqa: E731 - what a desk gives
    return ImageList(
        workspace, NotingLoader(), Path("/pictures"), search=search, saved=SavedFilters(store), models=models
    )


@pytest.fixture
def made(qtbot: QtBot) -> Callable[[int], Made]:
    def make(images: int) -> Made:
        one = Made(images)
        qtbot.addWidget(one.panel)
        one.panel.show()
        return one

    return make


def test_that_names_and_states_are_shown_at_once_and_nothing_is_asked(made: Callable[[int], Made]) -> None:
    one = made(20)
    one.panel.set_filter("000 -3 state:unreviewed")
    assert one.ids == [1, 2, 4, 5, 6, 7, 8, 9]
    assert one.search.asked == []


def test_that_the_list_stays_until_the_answer_comes(made: Callable[[int], Made]) -> None:
    one = made(9)
    one.panel.set_filter("category:bolt")
    assert one.ids == list(range(1, 10))
    assert one.search.asked[-1].terms == {OfCategory("bolt")}
    one.search.answer(2, 5, 9)
    assert one.ids == [2, 5, 9]
    assert one.bar._count.text() == "3 shown"
    one.panel.set_filter("category:bolt -image_0005")
    assert one.ids == [2, 9], "what is known is not asked again"
    assert len(one.search.asked) == 1


def test_that_typing_on_forgets_what_was_asked(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("category:bolt")
    one.panel.set_filter("_0003")
    assert one.ids == [3]
    assert not one.search.is_waiting


def test_that_an_answer_about_other_images_is_dropped(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("category:bolt")
    for image_id in (4, 5):
        del one.store.rows[ImageRecord][image_id]
    stale = one.search.asked[-1]
    one.workspace.reload()
    assert one.search.asked[-1] is not stale
    one.search.asked.append(stale)
    one.search.answer(4)
    assert one.ids == [1, 2, 3]


def test_that_decisions_and_undo_ask_again_and_move_single_rows(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("category:bolt")
    one.search.answer(3)
    resets, asked = list[int](), len(one.search.asked)
    one.panel._rows.modelReset.connect(lambda: resets.append(1))
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    assert one.ids == [3], "it stays until it is known"
    one.search.answer(1, 3)
    assert one.ids == [1, 3]
    assert one.panel._view.currentIndex().row() == 0
    one.workspace.undo()
    one.search.answer(3)
    assert one.ids == [3]
    assert not one.panel._view.currentIndex().isValid()
    assert len(one.search.asked) == asked + 2
    assert resets == []


def test_that_a_refresh_that_is_under_way_is_not_lost_to_another_word(made: Callable[[int], Made]) -> None:
    one = made(12)
    one.panel.set_filter("category:bolt")
    one.search.answer(3)
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    one.panel.set_filter("category:bolt image")
    one.search.answer(1, 3)
    assert one.ids == [1, 3]


def test_that_what_was_known_is_asked_again_after_it_was_left(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("category:bolt")
    one.search.answer(3)
    one.panel.set_filter("")
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    one.panel.set_filter("category:bolt")
    one.search.answer(1, 3)
    assert one.ids == [1, 3]


def test_that_marks_ask_nothing_where_nothing_needs_asking(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("state:unreviewed")
    gestures.mark_reviewed_and_go_on(one.workspace)
    assert one.ids == [2, 3, 4, 5]
    assert one.search.asked == []


def test_that_a_mistake_is_said_and_the_list_stays(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(5)
    one.panel.set_filter("_0002")
    one.panel.set_filter("_0002 boxes:many")
    assert one.line == "", "half a word is no mistake"
    qtbot.waitUntil(lambda: bool(one.line), timeout=FOREVER_MS)
    assert one.line == "“boxes:many”: a number looks like 3, >3, <=3 or 3..5."
    assert one.bar._line.property("error")
    assert one.bar._line.isVisible()
    assert one.ids == [2]
    one.panel.set_filter("_0003")
    assert (one.line, one.bar._line.isVisible()) == ("", False)
    assert one.ids == [3]


def test_that_half_a_word_is_no_mistake_while_the_rest_is_offered(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(5)
    one.field.setFocus()
    qtbot.keyClicks(one.field, "state:un")
    assert one.field._popup.isVisible()
    with qtbot.waitSignal(one.field._pause.timeout, timeout=FOREVER_MS):
        pass
    assert one.line == ""
    one.field._popup.hide()
    qtbot.waitUntil(lambda: one.line.startswith("“state:un”: "), timeout=FOREVER_MS)


def test_that_enter_says_a_mistake_at_once_and_goes_nowhere(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(5)
    one.panel.set_filter("state:unsre")
    qtbot.keyClick(one.field, Qt.Key.Key_Return)
    assert one.line.startswith("“state:unsre”: ")
    assert one.workspace.current_image.id == 1


def test_that_enter_opens_the_first_image_when_it_is_known(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(5)
    one.workspace.go_to(5)
    one.panel.set_filter("category:bolt")
    qtbot.keyClick(one.field, Qt.Key.Key_Return)
    assert one.workspace.current_image.id == 5
    one.search.answer(3, 4)
    assert one.workspace.current_image.id == 3
    one.workspace.go_to(5)
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    one.search.answer(3, 4, 5)
    assert one.workspace.current_image.id == 5, "only the answer to what was typed opens an image"


def test_that_a_search_that_fails_says_why_and_leaves_the_list(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(3)
    one.panel.set_filter("category:bolt")
    with qtbot.waitSignal(one.panel.failed) as failed:
        one.search.failed.emit("The project could not be read.")
    assert failed.args == ["The project could not be read."]
    assert one.ids == [1, 2, 3]
    one.workspace.go_to(3)
    qtbot.keyClick(one.field, Qt.Key.Key_Return)
    assert one.workspace.current_image.id == 1


def test_that_an_unknown_category_is_named_until_there_is_one(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel.set_filter("category:screw")
    assert one.field.mistake == "No category is called “screw”."
    assert one.search.asked == []
    category = edits.new_category("screw", one.workspace.categories, one.workspace.next_ids().category)
    one.workspace.execute(edits.add_category(category))
    assert one.field.mistake == ""
    assert one.search.asked[-1].terms == {OfCategory("screw")}


def findings(*figures: tuple[int, float, int]) -> dict[int, Finding]:
    """Return findings of (image id, usefulness, extra)."""
    return {image_id: Finding(image_id, useful, extra=extra) for image_id, useful, extra in figures}


def test_that_images_without_a_finding_do_not_pass_and_are_counted(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_filter("-disagrees")
    one.search.answer()
    assert one.ids == []
    assert one.line == "The detector has not looked at 5 images yet."
    one.panel.set_findings(findings((1, 0, 0), (2, 0, 1), (3, 0, 0), (5, 0, 0)))
    assert one.search.asked[-1].terms == {Disagrees()}
    one.search.answer(2)
    assert one.ids == [1, 3, 5]
    assert one.line == "The detector has not looked at one image yet."
    one.panel.set_filter("")
    assert one.line == ""


def test_that_findings_ask_nothing_while_nobody_asks_about_them(made: Callable[[int], Made]) -> None:
    one = made(5)
    one.panel.set_findings(findings((1, 0.5, 1)))
    one.panel.set_filter("category:bolt")
    one.search.answer(1)
    one.panel.set_findings(findings((1, 0.5, 2), (2, 0.5, 1)))
    assert len(one.search.asked) == 1


def test_that_an_order_is_shown_when_it_is_known_and_stays_while_somebody_works(made: Callable[[int], Made]) -> None:
    one = made(4)
    one.panel._sort(SortOrder.MOST_BOXES)
    assert one.search.asked[-1].order is SortOrder.MOST_BOXES
    one.search.answer(keys=[-1, -4, 0, -2])
    assert one.ids == [2, 4, 1, 3]
    assert one.bar._ordered.text() == "Most boxes first"
    assert one.panel._view.currentIndex().row() == 2
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    assert not one.search.is_waiting
    one.panel.set_filter("-_0004")
    assert one.ids == [2, 1, 3]
    one.panel.set_filter("category:bolt")
    assert one.search.asked[-1].order is None
    one.search.answer(1, 2, 4)
    assert one.ids == [2, 4, 1]


def test_that_other_findings_make_an_order_anew_and_other_figures_do_not(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel._sort(SortOrder.USEFUL)
    one.search.answer(keys=[np.inf] * 3)
    one.panel.set_findings(findings((2, 0.5, 0)))
    one.search.answer(keys=[np.inf, -0.5, np.inf])
    assert one.ids == [2, 1, 3]
    one.panel.set_findings(findings((2, 0.0, 0)))
    assert not one.search.is_waiting
    one.panel._sort(SortOrder.USEFUL)
    assert one.search.is_waiting, "whoever chooses it again has it made again"


def test_that_an_order_is_remembered_with_the_project(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(3)
    one.panel._sort(SortOrder.FEWEST_BOXES)
    search = NotingSearch()
    again = made_list(one.workspace, one.store, search)
    qtbot.addWidget(again)
    assert search.asked[-1].order is SortOrder.FEWEST_BOXES
    assert again._bar._ordered.text() == "Fewest boxes first"


def test_that_all_images_come_back_in_the_order_of_their_names(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel._sort(SortOrder.MOST_BOXES)
    one.search.answer(keys=[3, 2, 1])
    one.panel.set_filter("_0002")
    one.panel.show_all()
    assert one.ids == [1, 2, 3]
    assert one.bar._ordered.text() == "By name"
    assert not one.search.is_waiting


def test_that_the_way_through_the_images_is_that_of_the_list(made: Callable[[int], Made]) -> None:
    one = made(9)
    one.panel._sort(SortOrder.MOST_BOXES)
    one.search.answer(keys=[float(-number) for number in range(9)])
    one.panel.set_filter("-_0008")
    visited = []
    for _ in range(3):
        visited.append(one.workspace.current_image.id)
        navigation.go_by(one.workspace, -1, one.panel.shown)
    assert visited == [1, 2, 3]
    one.workspace.go_to(8)
    navigation.go_by(one.workspace, 1, one.panel.shown)
    assert one.workspace.current_image.id == 7


def test_that_another_filter_begins_at_its_first_image(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(300)
    bar = one.panel._view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 10_000, timeout=FOREVER_MS)
    bar.setValue(9_000)
    one.panel.set_filter("-_0001")
    assert bar.value() == 0
    bar.setValue(9_000)
    one.panel.set_filter("-_0001 category:bolt")
    one.search.answer(*range(1, 290))
    assert bar.value() == 0
    bar.setValue(9_000)
    box_gestures.draw(one.workspace, (10, 10, 50, 50))
    one.search.answer(*range(1, 289))
    assert bar.value() == 9_000, "nobody's scrolling is undone by a decision"


def test_that_what_is_offered_is_taken_by_the_keyboard(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(3)
    one.field.setFocus()
    qtbot.keyClicks(one.field, "x st")
    assert one.field._offered.stringList() == ["state:"]
    qtbot.keyClick(one.field._popup, Qt.Key.Key_Down)
    qtbot.keyClick(one.field._popup, Qt.Key.Key_Return)
    assert one.field.text() == "x state:"
    qtbot.waitUntil(lambda: "state:unsure" in one.field._offered.stringList(), timeout=FOREVER_MS)
    one.field._popup.hide()
    qtbot.keyClicks(one.field, "uns")
    assert one.field._offered.stringList() == ["state:unsure"]
    qtbot.keyClicks(one.field, "ure")
    assert not one.field._popup.isVisible()
    assert one.workspace.current_image.id == 1, "the keys chose among what is offered, and no image"


@pytest.mark.parametrize("text", ["state:reviewed", "boxes:0", "category:nut"])
def test_that_enter_takes_a_whole_word_as_it_is_although_a_longer_one_is_offered(
    made: Callable[[int], Made], qtbot: QtBot, text: str
) -> None:
    one = made(3)
    renamed = replace(one.workspace.categories[0], name="nuthatch")
    one.workspace.execute(Command("rename", None, (Edit(one.workspace.categories[0], renamed),)))
    one.field.setFocus()
    qtbot.keyClicks(one.field, text)
    assert len(one.field._offered.stringList()) == 1
    assert one.field._popup.isVisible()
    with qtbot.waitSignal(one.field.entered):
        qtbot.keyClick(one.field._popup, Qt.Key.Key_Return)
    assert one.field.text() == text
    assert not one.field._popup.isVisible()
    qtbot.keyClick(one.field, Qt.Key.Key_Backspace)
    qtbot.keyClicks(one.field, text[-1])
    (longer,) = one.field._offered.stringList()
    qtbot.keyClick(one.field._popup, Qt.Key.Key_Down)
    qtbot.keyClick(one.field._popup, Qt.Key.Key_Return)
    assert one.field.text() == longer


def test_that_categories_and_versions_are_offered(made: Callable[[int], Made], qtbot: QtBot) -> None:
    one = made(3)
    qtbot.keyClicks(one.field, "category:")
    assert one.field._offered.stringList() == ["category:bolt", "category:nut"]
    one.field.clear()
    qtbot.keyClicks(one.field, "model:v")
    assert one.field._offered.stringList() == ['model:"Version 1"']


def menu_texts(menu: FiltersMenu) -> list[str]:
    menu.fill()
    return [action.text() for action in menu.actions() if action.text()]


def test_that_a_filter_is_saved_under_a_name_chosen_renamed_and_deleted(
    made: Callable[[int], Made], qtbot: QtBot
) -> None:
    one = made(9)
    menu = one.bar._filters
    assert "R & D" not in menu_texts(menu)
    save = next(action for action in menu.actions() if action.text() == "Save this filter…")
    assert not save.isEnabled()
    one.panel.set_filter("_0003")
    menu.fill()
    save = next(action for action in menu.actions() if action.text() == "Save this filter…")
    save.trigger()
    dialog = one.panel.findChild(QInputDialog)
    dialog.setTextValue(" R & D ")
    dialog.accept()
    one.panel.set_filter("")
    assert "R && D" in menu_texts(menu)
    next(action for action in menu.actions() if action.text() == "R && D").trigger()
    assert one.field.text() == "_0003"
    assert one.ids == [3]
    menu.rename("R & D", "third")
    assert "third" in menu_texts(menu)
    menu._delete("third")
    assert not {"third", "R && D", "Rename"} & set(menu_texts(menu))


def test_that_every_ready_filter_is_right_and_marked_while_it_is_chosen(made: Callable[[int], Made]) -> None:
    one = made(3)
    menu = one.bar._filters
    menu.fill()
    ready = [action.text() for action in menu.actions() if action.isCheckable()]
    assert len(ready) > 5
    for text in ready:
        menu.fill()
        next(action for action in menu.actions() if action.text() == text).trigger()
        assert one.field.mistake == ""
        menu.fill()
        assert [action.text() for action in menu.actions() if action.isChecked()] == [text]


def test_that_a_filter_that_cannot_be_saved_says_why(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel.set_filter("_0003")

    def fail(key: str, text: str) -> None:
        raise StoreError("The disk is full.")

    one.store.remember = fail
    said = list[str]()
    one.panel.failed.connect(said.append)
    one.bar._filters.save("  ")
    assert said == [], "no name is no wish"
    one.bar._filters.save("third")
    assert said == ["The disk is full."]
    assert "third" not in menu_texts(one.bar._filters)


def test_that_a_click_on_an_example_adds_it_to_the_filter(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel.set_filter("_0003")
    one.panel.show_filter_help()
    help_window = one.bar._help
    assert help_window.isVisible()
    help_window._links["state:unreviewed"].linkActivated.emit("state:unreviewed")
    assert one.field.text() == "_0003 state:unreviewed"
    assert one.ids == [3]
    help_window.close()


def test_that_every_example_can_be_typed(made: Callable[[int], Made]) -> None:
    one = made(3)
    one.panel.show_filter_help()
    assert len(one.bar._help._links) > 10
    for text in one.bar._help._links:
        one.panel.set_filter(text)
        assert one.field.mistake == ""
    one.bar._help.close()


def test_that_a_hundred_thousand_images_cost_a_question_for_a_keystroke_and_no_row(
    made: Callable[[int], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(100_000)
    reads, asked = one.store.reads, len(one.search.asked)
    made_rows = list[int]()
    monkeypatch.setattr(ImageRows, "_entry", lambda _self, record: made_rows.append(record.id))
    one.panel.set_filter("category:bolt -state:reviewed 9")
    one.search.answer(*range(1, 50_000))
    one.panel._sort(SortOrder.USEFUL)
    one.panel.set_findings({image_id: Finding(image_id, 0.5) for image_id in range(1, 100_001)})
    one.search.answer(*range(1, 50_000), keys=np.arange(100_000)[::-1])
    assert len(one.panel.shown) == sum("9" in str(number) for number in range(1, 50_000))
    assert one.panel._rows.record(0).id == 49_999
    assert len(one.search.asked) - asked == 3
    assert (made_rows, one.store.reads) == ([], reads)
