from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from app.model.annotations import Category
from app.model.model_versions import (
    UNREADABLE,
    ModelVersion,
    categories_from_json,
    categories_to_json,
    images_until_worth_it,
    result_from_json,
    result_to_json,
)
from detector.fine_tune_values import CategoryFigures, DataCounts, Figures, Stage, StageResult


def figures(ap50: float, *names: str) -> Figures:
    return Figures(4, ap50, ap50 / 3, 0.45, tuple(CategoryFigures(name, 7, 5, 2, 1, ap50) for name in names))


RESULT = StageResult(
    Stage.WHOLE,
    DataCounts(20, 4, 91, 7, ("1 image is missing.",), 3),
    figures(0.1, "bolt", "gone"),
    figures(0.7, "nut", "bolt"),
    True,
    0.9,
    31.5,
    "Six wörds.",
)
VERSION = ModelVersion(3, "head-0a1b", "head.safetensors", "base-1", ((1, "bolt"), (4, "nut")), RESULT, "2026")


def category(number: int, name: str) -> Category:
    return Category(number, name, "#000000")


@pytest.mark.parametrize(("known", "more"), [(0, 10), (10, 10), (20, 10), (30, 15), (45, 22), (1000, 500)])
def test_that_the_more_is_known_the_more_it_takes_to_teach_more(known: int, more: int) -> None:
    assert images_until_worth_it(known) == more


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(RESULT, id="all known"),
        pytest.param(replace(RESULT, before=None, after=None, proposal_recall=None), id="nothing held out"),
        pytest.param(
            replace(RESULT, after=replace(figures(0.5), categories=(CategoryFigures("a", 0, 0, 0, 3, None),)))
        ),
    ],
)
def test_that_a_result_comes_back_as_it_was(result: StageResult) -> None:
    assert result_from_json(result_to_json(result)) == result


def test_that_a_figure_out_of_numpy_does_not_cost_the_training() -> None:
    odd = replace(
        RESULT, proposal_recall=np.float32(0.5), is_better=np.bool_(True), counts=DataCounts(np.int64(2), 0, 0, 0)
    )  # type: ignore[arg-type]
    assert result_from_json(result_to_json(odd)) == replace(RESULT, proposal_recall=0.5, counts=DataCounts(2, 0, 0, 0))


@pytest.mark.parametrize(
    "key", ["stage", "counts", "before", "after", "is_better", "proposal_recall", "seconds", "note"]
)
def test_that_a_row_of_an_older_program_keeps_what_it_has(key: str) -> None:
    values = json.loads(result_to_json(RESULT))
    del values[key]
    found = result_from_json(json.dumps(values))
    assert replace(found, **{key: getattr(RESULT, key)}) == RESULT
    assert getattr(found, key) in (None, False, 0.0, "", Stage.HEAD, DataCounts(0, 0, 0, 0))


def test_that_figures_of_an_older_program_keep_what_they_have() -> None:
    values = {"after": {"ap50": 0.5, "categories": [{"name": "bolt", "found": 2}]}, "counts": {"boxes": 3}, "newer": 1}
    found = result_from_json(json.dumps(values))
    assert found.after == Figures(0, 0.5, 0.0, 0.5, (CategoryFigures("bolt", 0, 2, 0, 0, None),))
    assert found.counts == DataCounts(0, 0, 3, 0)


@pytest.mark.parametrize("text", ["", "rubbish", "[]", "3", '{"stage": "third"}', '{"after": 3}', '{"counts": []}'])
def test_that_a_result_that_nobody_can_read_is_no_better_and_says_so(text: str) -> None:
    found = result_from_json(text)
    assert found == UNREADABLE
    assert not found.is_better
    assert found.note


def test_that_categories_come_back_and_rubbish_is_none() -> None:
    pairs = ((1, "bolt"), (7, "Schräubchen"))
    assert categories_from_json(categories_to_json(pairs)) == pairs
    assert categories_from_json(categories_to_json(())) == ()
    assert [categories_from_json(text) for text in ("", "{", "3", '[["a", "b"]]', "[1]")] == [()] * 5


def test_that_a_version_says_what_the_window_shows() -> None:
    assert (VERSION.title, VERSION.stage, VERSION.is_better) == ("Version 3", Stage.WHOLE, True)
    assert (VERSION.before, VERSION.after) == (RESULT.before, RESULT.after)
    assert VERSION.gain == pytest.approx(0.6)
    assert replace(VERSION, result=replace(RESULT, before=None)).gain is None


def test_that_figures_before_and_after_stand_side_by_side() -> None:
    named = {name: (before, after) for name, before, after in VERSION.by_category()}
    assert list(named) == ["nut", "bolt", "gone"]
    assert named["nut"][0] is None
    assert named["gone"][1] is None
    before, after = named["bolt"]
    assert before is not None
    assert after is not None
    assert (before.ap50, after.ap50) == (0.1, 0.7)
    assert replace(VERSION, result=UNREADABLE).by_category() == ()


def test_that_a_renamed_category_is_known_by_its_id() -> None:
    today = [category(1, "screw"), category(4, "nut"), category(5, "bolt")]
    assert VERSION.current_names(today) == {"bolt": "screw"}


def test_that_names_that_were_swapped_are_swapped() -> None:
    assert VERSION.current_names([category(1, "nut"), category(4, "bolt")]) == {"bolt": "nut", "nut": "bolt"}


def test_that_a_deleted_category_is_not_taken_for_another() -> None:
    assert VERSION.current_names([category(4, "nut")]) == {}
    assert VERSION.current_names([]) == {}


def test_that_a_version_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        VERSION.parent = "other"  # type: ignore[misc]
