"""Measuring the detector at the real window: a project with known boxes, a detector with known predictions."""

from __future__ import annotations

import pytest
from fake_evaluation import AP, AP_OF_DIE, KnownDetector, make_images, review
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from whole_application import running

from app.ui.evaluation_tables import CategoryTable, WorstTable
from app.ui.theme import ColorMode

IMAGES = 6


class AtWork:
    """The window with a project of six images, three of them reviewed."""

    def __init__(self, run, folder) -> None:
        self.run, self.hands, self.window = run, run.hands, run.window
        run.open(folder)
        review(run.workspace)

    @property
    def panel(self):
        return self.window.desk.evaluation

    @property
    def texts(self) -> list[str]:
        return [label.text() for label in self.panel.findChildren(QLabel) if label.isVisible() and label.text()]

    @property
    def line(self) -> str:
        return self.window.status.currentMessage()

    def rows(self, kind) -> list[list[str]]:
        return [list(row) for row in self.panel.findChild(kind).model().rows]

    def press(self, words: str) -> None:
        (found,) = [one for one in self.panel.findChildren(QPushButton) if one.text() == words and one.isVisible()]
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def measure(self) -> None:
        self.hands.key("Ctrl+E")
        self.hands.wait(lambda: not self.panel.is_running, "the detector is measured")


@pytest.fixture
def at(tmp_path):
    folder = make_images(tmp_path / "images", IMAGES)
    detector = KnownDetector()
    with running(tmp_path, detector) as run:
        yield AtWork(run, folder)


def test_that_one_key_measures_the_detector_with_the_figures_worked_out_by_hand(at):
    at.measure()
    assert at.panel.isVisible()
    assert not at.window.desk.filters.isVisible()
    assert QApplication.focusWidget() is at.window.desk.canvas
    assert {f"{AP:.2f}", "0.77", "0.67", "Known · 3 images, 3 boxes · NMS IoU 0.50"} <= set(at.texts)
    assert at.rows(CategoryTable) == [
        ["All", "3", f"{AP:.2f}", f"{AP:.2f}", "0.50", "0.67"],
        ["die", "2", f"{AP_OF_DIE:.2f}", f"{AP_OF_DIE:.2f}", "0.33", "0.50"],
        ["coin", "1", "1.00", "1.00", "1.00", "1.00"],
    ]
    assert at.rows(WorstTable) == [["0.png", "1", "1"], ["2.png", "0", "1"]]
    assert at.line == "Measured on 3 images: AP50 0.75, AP 0.75."


def test_that_a_click_opens_one_of_the_worst_images_and_the_next_key_goes_to_a_box(at):
    at.measure()
    table = at.panel.findChild(WorstTable)
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(1, 0)).center()
    )
    assert at.run.workspace.current_image.path == "2.png"
    at.hands.wait_for_image()
    assert QApplication.focusWidget() is at.window.desk.canvas
    at.hands.key("Tab")
    at.hands.key("Return")
    assert len(at.run.workspace.annotations) == 1
    assert any("Reviewed images or categories have changed." in text for text in at.texts)
    at.press("Measure again")
    at.hands.wait(lambda: not at.panel.is_running, "the detector is measured again")
    assert at.rows(WorstTable) == [["0.png", "1", "1"]]
    assert not any("have changed" in text for text in at.texts)


def test_that_every_figure_can_be_read(at):
    at.measure()
    for kind in (CategoryTable, WorstTable):
        table = at.panel.findChild(kind)
        header = table.horizontalHeader()
        for column in range(1, table.model().columnCount()):
            wanted = max(table.sizeHintForColumn(column), header.sectionSizeHint(column))
            assert table.columnWidth(column) >= wanted, (kind, column)


def test_that_page_down_counts_anew_without_measuring(at):
    at.measure()
    for _ in range(4):
        at.hands.key("PgUp")
    at.hands.wait(lambda: at.rows(WorstTable) == [["0.png", "1", "0"]], "the mistakes are counted anew")
    assert at.rows(CategoryTable)[1] == ["die", "2", f"{AP_OF_DIE:.2f}", f"{AP_OF_DIE:.2f}", "1.00", "0.50"]
    assert not at.panel.is_running


def test_that_another_model_marks_the_figures_as_stale(at):
    at.measure()
    at.run.application.service.use(lambda: KnownDetector({}, version="known-2"))
    at.hands.wait(lambda: any("Another model is in use now." in text for text in at.texts), "it is said")
    at.measure()
    assert at.rows(CategoryTable)[0][:4] == ["All", "3", "0.00", "0.00"]


def test_that_it_can_be_cancelled_and_the_work_goes_on_meanwhile(tmp_path):
    folder = make_images(tmp_path / "images", IMAGES)
    detector = KnownDetector(gated=True)
    detector.allow()
    with running(tmp_path, detector) as run:
        at = AtWork(run, folder)
        try:
            at.hands.key("Ctrl+E")
            at.hands.wait(lambda: "Looking at the images" in at.texts, "the detector looks")
            assert at.window.menus.actions["cancel-evaluation"].isEnabled()
            at.hands.key("Tab")
            at.hands.key("Return")
            at.press("Cancel")
            assert not at.panel.is_running
            assert at.line == "The evaluation was cancelled."
            assert not at.window.menus.actions["cancel-evaluation"].isEnabled()
            assert at.window.desk.detecting_folder is False
        finally:
            detector.allow(100)


def test_that_nothing_reviewed_is_a_sentence(tmp_path):
    with running(tmp_path, KnownDetector()) as run:
        run.open(make_images(tmp_path / "images", 2))
        run.hands.key("Ctrl+E")
        assert "No image is reviewed yet" in run.window.status.currentMessage()
        assert not run.window.desk.evaluation.is_running


def test_that_the_pages_take_turns_and_the_boxes_come_back(at):
    desk = at.window.desk
    QApplication.processEvents()  # the column is laid out once more after the first boxes are shown
    before = [part.height() for part in (desk.categories, desk.filters, desk.annotations)]
    actions = at.window.menus.actions
    actions["training"].trigger()
    actions["evaluation"].trigger()
    assert desk.evaluation.isVisible()
    assert not desk.training.isVisible()
    assert actions["evaluation"].isChecked()
    assert not actions["training"].isChecked()
    actions["training"].trigger()
    assert desk.training.isVisible()
    assert not desk.evaluation.isVisible()
    actions["training"].trigger()
    QApplication.processEvents()
    assert [part.height() for part in (desk.categories, desk.filters, desk.annotations)] == pytest.approx(before, abs=2)


def test_that_the_curves_follow_the_theme(at):
    at.measure()
    curves = at.panel._result.curves
    at.hands.wait(lambda: curves.is_drawn, "the curves are drawn")
    seen = []
    for mode in (ColorMode.LIGHT, ColorMode.DARK):
        at.window.theme.set_mode(mode)
        QApplication.processEvents()
        seen.append(curves._plot.backgroundBrush().color().lightness())
    assert seen[0] > 200
    assert seen[1] < 60


def test_that_closing_the_project_while_it_measures_is_quiet(at):
    at.hands.key("Ctrl+E")
    at.run.application.close_project()
    assert at.window.desk is None
