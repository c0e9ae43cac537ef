from __future__ import annotations

from dataclasses import replace

import pytest
from made_up_evaluating import measured
from made_up_tuning import result, version

from app.ui import evaluation_words as words
from app.workers.evaluation_values import EvaluationProgress, EvaluationStage


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (EvaluationProgress(EvaluationStage.READING), ""),
        (EvaluationProgress(EvaluationStage.DETECTING, 0, 40), "0 of 40"),
        (EvaluationProgress(EvaluationStage.DETECTING, 12, 1400, 21.0), "12 of 1,400 · about 20 s left"),
    ],
)
def test_that_it_says_how_far_it_is_as_far_as_anybody_knows(progress, said):
    assert words.step_line(progress) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "No image is reviewed yet."), (1, "1 image is reviewed."), (1200, "1,200 images are reviewed.")],
)
def test_that_plurals_are_right(count, said):
    assert words.data_line(count) == said


def test_that_it_says_what_was_measured_on_what():
    assert words.measured_line(measured(), "Embedded, 1.2 MB") == "Embedded · 3 images, 3 boxes · NMS IoU 0.50"
    assert words.verdict(measured()) == "Measured on 3 images: AP50 0.76, AP 0.51."


def test_that_a_version_that_was_trained_here_is_said_to_look_better_than_it_is():
    assert words.trained_line(None) == ""
    line = words.trained_line(version(3, result(0.4, 0.6)))
    assert "Version 3 was trained in this project: measured on images that it was trained on" in line
    assert line.endswith("On 10 images held out of its training it reached AP50 0.60.")
    assert words.trained_line(version(3, result(None, None))).endswith("it looks better than it is.")


def test_that_what_is_left_out_is_said():
    assert words.left_out_lines(measured(), {}) == []
    lines = words.left_out_lines(measured(unknown=("coin",), left_out=tuple("abcde"), unseen=(7, 8)), {8: "No file."})
    assert lines == [
        "The model does not know “coin”: counted as never found.",
        "Not counted: what the model calls “a”, “b”, “c” and 2 more.",
        "Left out: 2 images. No file.",
    ]
    assert words.left_out_lines(measured(unseen=(7,)), {}) == [
        "Left out: 1 image. What the detector said could not be kept."
    ]


def test_that_a_model_that_knows_nothing_of_the_project_is_said_to_find_nothing():
    (line,) = words.left_out_lines(measured(unknown=("die", "coin")), {})
    assert "knows none of your categories" in line


def test_that_a_model_that_only_proposes_is_said_to_do_so():
    request = replace(measured().request, is_agnostic=True)
    (line,) = words.left_out_lines(measured(("object",), request=request, left_out=("object",)), {})
    assert "only where objects are" in line


@pytest.mark.parametrize(
    ("score_thresh", "said"),
    [
        (0.5, "2 of 3 images: 1 missed, 2 wrong. A click opens the image."),
        (0.95, "2 of 3 images: 3 missed, 0 wrong. A click opens the image."),
    ],
)
def test_that_the_mistakes_are_summed_up(score_thresh, said):
    found = measured()
    assert words.mistakes_line(found.worst_at(score_thresh), 3) == said


def test_that_no_mistakes_are_worth_a_sentence():
    assert words.mistakes_line((), 3).startswith("None")
