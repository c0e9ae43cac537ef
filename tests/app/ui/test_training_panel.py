from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_up_tuning import MadeUpTuning, example, figures, result
from panel_project import project
from PIL import Image
from PySide6.QtWidgets import QComboBox, QLabel, QMessageBox, QScrollArea, QTableWidget
from shown_words import buttons, press, texts

from app.model import gestures
from app.tuning import TrainingCounts
from app.ui.training_panel import TrainingPanel
from app.workers.messages import TrainingOutcome
from detector.fine_tune_values import SecondStage, Stage


@pytest.fixture
def workspace():
    opened, _ = project(names=("die", "coin"))
    gestures.toggle_reviewed(opened)
    return opened


@pytest.fixture
def tuning():
    return MadeUpTuning()


@pytest.fixture
def panel(qtbot, tuning, workspace):
    made = TrainingPanel(tuning, workspace)
    qtbot.addWidget(made)
    made.resize(360, 700)
    made.show()
    yield made
    made.stop()


def versions(panel):
    table = panel.findChild(QTableWidget)
    return [[table.item(row, column).text() for column in (1, 2, 4)] for row in range(table.rowCount())]


def test_that_a_refusal_goes_when_an_image_is_decided_and_other_trouble_stays(panel, tuning, workspace):
    tuning.refusal = "The detector is not running yet: try again in a moment."
    panel.start()
    workspace.set_image_sizes({workspace.images[1].id: (48, 64)})  # as for each image at the first look
    assert tuning.refusal in texts(panel)
    gestures.toggle_reviewed(workspace)
    assert tuning.refusal not in texts(panel)
    tuning.trouble.emit("The base model is used instead.")
    gestures.toggle_reviewed(workspace)
    assert "The base model is used instead." in texts(panel)
    tuning.ended.emit(TrainingOutcome.FAILED, "The disk is full.")
    gestures.toggle_reviewed(workspace)
    assert "The disk is full." in texts(panel)


def test_that_without_a_reviewed_image_nothing_starts(panel, tuning, workspace):
    gestures.toggle_reviewed(workspace)
    panel.start()
    assert tuning.asked == []
    sentence = "No image is reviewed yet, so nothing says what is background: Space marks one."
    assert sentence in texts(panel)
    gestures.toggle_reviewed(workspace)
    assert sentence not in texts(panel)
    panel.start()
    assert [wish for wish, _ in tuning.asked] == ["start"]


def test_that_it_says_what_there_is_to_learn_from_and_which_category_has_little(panel):
    assert "48 reviewed, 310 boxes, 22 rejected" in texts(panel)
    assert "“coin” has 2 boxes: little to learn from." in texts(panel)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (TrainingCounts(0, {}, 0, (), ()), ["0 reviewed, 0 boxes, 0 rejected"]),
        (
            TrainingCounts(1, {"die": 1}, 1, ("4 images are not reviewed.",), ("die",)),
            ["1 reviewed, 1 box, 1 rejected", "“die” has 1 box: little to learn from. 4 images are not reviewed."],
        ),
        (
            TrainingCounts(9, dict.fromkeys("abcde", 2), 0, (), tuple("abcde")),
            ["“a” has 2 boxes, “b” has 2 boxes, “c” has 2 boxes, 2 more have few: little to learn from."],
        ),
    ],
)
def test_that_plurals_are_right_whatever_there_is(qtbot, tuning, workspace, counts, said):
    tuning.data = counts
    panel = TrainingPanel(tuning, workspace)
    qtbot.addWidget(panel)
    panel.show()
    assert set(said) <= set(texts(panel))
    panel.stop()


def test_that_counts_that_cannot_be_read_are_an_error_to_read(panel, tuning):
    tuning.failing = True
    panel.hide()
    panel.show()
    assert "The project cannot be read; is its disk still there?" in texts(panel)


@pytest.mark.parametrize("choice", list(SecondStage))
def test_that_the_choice_of_the_second_stage_is_what_is_started(panel, tuning, choice):
    box = panel.findChild(QComboBox)
    box.setCurrentIndex(box.findData(choice))
    press(panel, "Fine-tune")
    assert tuning.asked == [("start", choice)]
    assert panel.is_running
    assert "Fine-tune" not in buttons(panel)


def test_that_a_start_that_is_refused_says_why_and_leaves_nothing_running(panel, tuning, qtbot):
    tuning.refusal = "The detector is not running yet: try again in a moment."
    with qtbot.waitSignal(panel.said) as said:
        press(panel, "Fine-tune")
    assert said.args == [tuning.refusal]
    assert tuning.refusal in texts(panel)
    assert not panel.is_running
    tuning.refusal = ""
    press(panel, "Fine-tune")
    assert panel.is_running
    assert not any("not running yet" in text for text in texts(panel))


def test_that_a_second_start_is_only_a_sentence(panel, tuning, qtbot):
    panel.start()
    with qtbot.waitSignal(panel.said) as said:
        panel.start()
    assert "under way already" in said.args[0]
    assert len(tuning.asked) == 1


def test_that_a_run_shows_its_stage_how_far_it_is_and_what_it_costs(panel, tuning):
    panel.start()
    tuning.step(Stage.FEATURES, 12, 48)
    assert {"Looking at the images", "12 of 48"} <= set(texts(panel))
    assert panel.state_words()[0] == "Fine-tuning: looking at the images, 25 %"
    tuning.step(Stage.WHOLE, 50, 1_000, loss=1.0, seconds_left=130.0)
    assert {"Whole detector", "50 of 1,000 · about 2 min left"} <= set(texts(panel))
    assert "Some minutes; detecting is slower meanwhile." in texts(panel)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "a few seconds left"), (31.0, "about 30 s left"), (119.0, "about 2 min left")]
)
def test_that_the_time_left_pretends_no_precision(panel, tuning, seconds, words):
    panel.start()
    tuning.step(seconds_left=seconds)
    assert any(text.endswith(words) for text in texts(panel))


def test_that_wishes_can_be_had_in_the_stage_that_they_are_for(panel, tuning):
    def possible():
        return {words for words, one in buttons(panel).items() if one.isEnabled()} & {
            "Finish now",
            "Go to the whole",
            "Cancel",
        }

    panel.start()
    assert possible() == {"Cancel"}
    tuning.step(Stage.FEATURES)
    assert possible() == {"Cancel"}
    tuning.step(Stage.HEAD)
    assert possible() == {"Finish now", "Go to the whole", "Cancel"}
    press(panel, "Go to the whole")
    assert tuning.asked[-1] == "skip"
    assert possible() == {"Cancel"}
    tuning.step(Stage.WHOLE)
    assert possible() == {"Finish now", "Cancel"}
    press(panel, "Finish now")
    assert tuning.asked[-1] == "finish"
    assert possible() == {"Cancel"}
    press(panel, "Cancel")
    assert tuning.asked[-1] == "cancel"
    tuning.step(Stage.WHOLE, 2)
    assert possible() == set()
    tuning.end(TrainingOutcome.CANCELLED)
    panel.start()
    assert possible() == {"Cancel"}


def test_that_a_better_head_is_told_with_the_proposal_recall_while_the_whole_goes_on(panel, tuning):
    panel.start()
    tuning.train(result(0.47, 0.66))
    tuning.step(Stage.WHOLE)
    assert "Head: AP50 0.47 → 0.66 after 24 s, in use" in texts(panel)
    assert "The best proposals reach 91 % of your boxes: a head cannot find the rest, the whole detector can." in texts(
        panel
    )
    assert panel.is_running


def finished(panel, tuning, *results, shown=None):
    panel.start()
    for one in results:
        tuning.train(one, shown)
    tuning.end()


def test_that_a_better_version_shows_figures_before_and_after_for_all_and_each_category(panel, tuning):
    finished(panel, tuning, result(0.47, 0.66), result(0.66, 0.74, Stage.WHOLE))
    assert "Version 2 is better and in use." in texts(panel)
    assert {"42 → 54", "18 → 6", "12 → 4", "0.47 → 0.74", "41 → 53"} <= set(texts(panel))
    better = [one.text() for one in panel.findChildren(QLabel) if one.isVisible() and one.property("better")]
    assert "18 → 6" in better
    assert not [one for one in panel.findChildren(QLabel) if one.isVisible() and one.property("worse")]
    assert "Learnt from 38 images, measured on 10 held out · 310 boxes, 22 rejected" in texts(panel)


def test_that_the_figures_of_the_version_in_use_are_shown_where_the_second_stage_did_not_pay(panel, tuning):
    finished(panel, tuning, result(0.47, 0.66), result(0.66, 0.60, Stage.WHOLE))
    assert "Version 1 is better and in use." in texts(panel)
    assert "0.47 → 0.66" in texts(panel)
    assert "Head: AP50 0.47 → 0.66 after 24 s, in use\nWhole: AP50 0.66 → 0.60 after 24 s" in texts(panel)


def test_that_a_version_that_is_as_good_within_luck_is_not_called_better(panel, tuning):
    finished(panel, tuning, replace(result(0.66, 0.64), is_better=True))
    assert "Version 1 is in use: it is about as good as the one before." in texts(panel)


def test_that_a_better_version_can_be_kept_or_rolled_back(panel, tuning):
    finished(panel, tuning, result(0.47, 0.66))
    press(panel, "Keep it")
    assert "Fine-tune" in buttons(panel)
    assert tuning.active == tuning.versions[0]
    finished(panel, tuning, result(0.66, 0.7))
    press(panel, "Roll back")
    assert tuning.asked[-1] == "roll back"
    assert "Fine-tune" in buttons(panel)


def test_that_a_worse_version_is_used_only_if_the_labeler_insists(panel, tuning):
    finished(panel, tuning, result(0.74, 0.71))
    assert "Version 1 is no better: the one before stays in use." in texts(panel)
    assert "0.74 → 0.71" in texts(panel)
    assert "Take it" not in buttons(panel)
    press(panel, "Use it anyway")
    assert tuning.asked[-1] == ("use", tuning.versions[0])
    finished(panel, tuning, result(0.74, 0.71))
    asked = list(tuning.asked)
    press(panel, "Keep the one before")
    assert tuning.asked == asked


def test_that_a_version_that_could_not_be_measured_is_not_called_better(panel, tuning):
    finished(panel, tuning, result(None, None))
    assert "Version 1 could not be measured: too few reviewed images are new to it." in texts(panel)
    assert "Found" not in texts(panel)
    assert "Take it" not in buttons(panel)
    press(panel, "Roll back")
    assert tuning.asked[-1] == "roll back"


def test_that_the_proposed_threshold_is_taken_with_one_click(panel, tuning, workspace):
    finished(panel, tuning, result(0.47, 0.66))
    assert "Proposed score threshold: 0.42 (now 0.50)" in texts(panel)
    press(panel, "Take it")
    assert workspace.view.thresholds.score_thresh == 0.42
    assert workspace.view.thresholds.nms_thresh == 0.5
    assert "The score threshold is 0.42, as proposed." in texts(panel)
    assert not buttons(panel)["Take it"].isEnabled()


def test_that_a_failure_names_its_cause_and_the_next_run_clears_it(panel, tuning, qtbot):
    panel.start()
    with qtbot.waitSignal(panel.warned) as warned:
        tuning.end(TrainingOutcome.FAILED, "The disk is full.")
    assert warned.args == ["The disk is full."]
    assert "The disk is full." in texts(panel)
    assert "Fine-tune" in buttons(panel)
    with qtbot.waitSignal(panel.warned) as warned:
        panel.start()
    assert warned.args == [""]
    assert "The disk is full." not in texts(panel)


def test_that_a_failure_after_a_better_head_shows_both(panel, tuning):
    panel.start()
    tuning.train(result(0.47, 0.66))
    tuning.end(TrainingOutcome.FAILED, "The disk is full.")
    assert {"The disk is full.", "Version 1 is better and in use."} <= set(texts(panel))


def test_that_an_end_without_a_version_is_told(panel, tuning):
    panel.start()
    tuning.end()
    assert "The fine-tune ended without a new version." in texts(panel)


def test_that_a_held_out_image_is_shown_before_and_after(panel, tuning, workspace, tmp_path, qtbot):
    Image.fromarray(np.full((480, 640, 3), 90, np.uint8)).save(tmp_path / "held.png")
    finished(panel, tuning, result(0.47, 0.66), shown=example(tmp_path / "held.png"))
    assert {"Before · 1 box", "Version 1 · 3 boxes", "held.png, held out of learning"} <= set(texts(panel))
    sides = panel._example.sides
    colors = {category.name: category.color for category in workspace.categories}
    assert sides.sides[1].boxes.colors == (colors["die"], colors["die"], colors["coin"])
    qtbot.waitUntil(lambda: sides._picture is not None)
    dialog = sides.enlarged("held.png")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.grab().toImage().pixelColor(300, 300).name() == "#5a5a5a"


def test_that_a_held_out_image_that_is_gone_says_so(panel, tuning, tmp_path, qtbot):
    finished(panel, tuning, result(0.47, 0.66), shown=example(tmp_path / "gone.png"))
    qtbot.waitUntil(lambda: any("gone.png" in text and "held out" not in text for text in texts(panel)))


def test_that_the_versions_are_listed_the_newest_first_and_the_one_in_use_is_marked(panel, tuning):
    finished(panel, tuning, result(0.47, 0.66), result(0.66, 0.60, Stage.WHOLE))
    assert versions(panel) == [
        ["Version 2", "Whole", "0.60"],
        ["Version 1", "Head", "0.66"],
        ["Base: before any fine-tune", "", ""],
    ]
    table = panel.findChild(QTableWidget)
    marked = [row for row in range(3) if not table.item(row, 0).icon().isNull()]
    assert marked == [1]
    assert not buttons(panel)["Use"].isEnabled()
    assert not buttons(panel)["Delete…"].isEnabled()


def test_that_any_version_can_be_used_again_also_the_detector_before_all(panel, tuning):
    finished(panel, tuning, result(0.47, 0.66))
    table = panel.findChild(QTableWidget)
    table.selectRow(1)
    assert not buttons(panel)["Export…"].isEnabled()
    press(panel, "Use")
    assert tuning.asked[-1] == ("use", None)
    table.selectRow(0)
    press(panel, "Use")
    assert tuning.asked[-1] == ("use", tuning.versions[0])


def test_that_a_version_is_deleted_only_after_a_yes(panel, tuning, qtbot):
    finished(panel, tuning, result(0.47, 0.66), result(0.66, 0.60, Stage.WHOLE))
    worse = tuning.versions[1]
    panel.findChild(QTableWidget).selectRow(0)
    press(panel, "Delete…")
    (question,) = panel.findChildren(QMessageBox)
    question.button(QMessageBox.StandardButton.Cancel).click()
    assert ("delete", worse) not in tuning.asked
    qtbot.waitUntil(lambda: not panel.findChildren(QMessageBox))
    press(panel, "Delete…")
    (question,) = panel.findChildren(QMessageBox)
    next(one for one in question.buttons() if one.text() == "Delete").click()
    assert tuning.asked[-1] == ("delete", worse)
    assert len(versions(panel)) == 2


@pytest.mark.parametrize("refusal", ["", "The disk is full."])
def test_that_a_version_is_exported_where_the_labeler_says(panel, tuning, monkeypatch, refusal):
    finished(panel, tuning, result(0.47, 0.66))
    target = Path("exports") / "head.safetensors"
    monkeypatch.setattr("app.ui.dialogs.choose_save_file", lambda *_: target)
    tuning.refusal = refusal
    said = []
    panel.said.connect(said.append)
    press(panel, "Export…")
    assert tuning.asked[-1] == ("export", tuning.versions[0], target)
    assert said == [refusal or f"Exported Version 1 to {target}."]


def test_that_the_strip_suggests_a_fine_tune_and_starts_none(panel, tuning):
    assert panel.state_words() == ("", "")
    tuning.worth_it = "24 images were corrected: a fine-tune would probably help."
    assert panel.state_words() == ("A fine-tune would help: Ctrl+T", tuning.worth_it)
    assert tuning.asked == []
    panel.start()
    assert panel.state_words()[0] == "Fine-tuning…"


def test_that_curves_go_on_from_stage_to_stage_and_import_their_library_when_they_are_first_drawn(panel, tuning, qtbot):
    curves = panel._run.curves
    panel.start()
    tuning.step(Stage.FEATURES, 5)
    assert not curves.isVisible()
    tuning.step(Stage.HEAD, 1, loss=2.0)
    tuning.step(Stage.HEAD, 2, loss=1.0, ap50=0.4)
    tuning.step(Stage.WHOLE, 1, loss=5.0, ap50=0.5)
    assert curves.isVisible()
    np.testing.assert_array_equal(curves.loss.xs, [1, 2, np.nan, 3])
    np.testing.assert_allclose(curves.loss.ys, [2.0, 1.9, np.nan, 5.0])
    assert (curves.ap50.xs, curves.ap50.ys) == ([2, 3], [0.4, 0.5])
    qtbot.waitUntil(lambda: curves.is_drawn)
    tuning.end()
    panel.start()
    assert curves.loss.xs == []
    assert not curves.isVisible()


def test_that_it_says_how_many_reviewed_images_look_unfinished_and_asks_for_them(panel, tuning):
    wanted = []
    panel.images_wanted.connect(wanted.append)
    panel.show_unfinished(1)
    assert any(line.startswith("1 reviewed image looks unfinished: ") for line in texts(panel))
    press(panel, "Show it")
    panel.show_unfinished(1_400)
    assert any(line.startswith("1,400 reviewed images look unfinished: ") for line in texts(panel))
    press(panel, "Show them")
    assert wanted == ["unfinished"] * 2
    panel.show_unfinished(0)
    assert "Show them" not in buttons(panel)


def test_that_a_panel_that_is_put_away_counts_nothing_when_images_are_found_to_be_unfinished(
    panel, tuning, monkeypatch
):
    counted = []
    monkeypatch.setattr(tuning, "counts", lambda: counted.append(1) or tuning.data)
    panel.hide()
    for count in (1, 2, 0, 3):
        panel.show_unfinished(count)
    assert counted == []
    panel.show()
    assert counted == [1]
    assert "Show them" in buttons(panel)


def test_that_unfinished_images_are_said_also_while_a_fine_tune_runs_and_beside_its_result(panel, tuning):
    panel.start()
    panel.show_unfinished(2)
    assert "Show them" in buttons(panel)
    tuning.train(result(0.4, 0.6))
    tuning.end()
    assert "Show them" in buttons(panel)


def test_that_the_controls_fold_in_a_narrow_panel_in_place_of_scrolling_sideways(qtbot, panel):
    area, choice = panel.findChild(QScrollArea), panel.findChild(QComboBox)
    shown = buttons(panel)

    def is_below(lower, upper):
        return lower.mapTo(panel, lower.rect().topLeft()).y() > upper.mapTo(panel, upper.rect().bottomLeft()).y()

    for width in (200, 600, 200):
        panel.resize(width, 700)
        folds = width == 200
        qtbot.waitUntil(lambda folds=folds: is_below(shown["Fine-tune"], choice) == folds)
        qtbot.waitUntil(lambda folds=folds: is_below(shown["Delete…"], shown["Use"]) == folds)
        assert area.horizontalScrollBar().maximum() == 0


def test_that_a_result_with_large_figures_needs_no_scrolling_sideways(qtbot, panel, tuning):
    panel.resize(336, 300)  # as beside a window of 1200 pixels
    tuning.train(replace(result(0.4, 0.6), before=figures(0.4, 141, 118, 12), after=figures(0.6, 153, 106, 4)))
    tuning.end()
    area = panel.findChild(QScrollArea)
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    assert area.horizontalScrollBar().maximum() == 0
