from __future__ import annotations

import numpy as np
import pytest

from app.model.annotations import Category
from app.model.category_mapping import (
    IGNORED,
    OWN_NAME,
    Target,
    is_agnostic,
    matching,
    shown_names,
    unmatched,
    with_names,
)
from detector.filtering import select
from detector.types import Candidates, Prediction, Proposals, Thresholds

CATEGORIES = (Category(1, "person", "#ff0000"), Category(2, "vehicle", "#00ff00", position=1))


def prediction(labels: list[int], names: tuple[str, ...]) -> Prediction:
    """One candidate per label, all of one box, best first."""
    count = len(labels)
    boxes = np.tile(np.float32([10, 10, 50, 50]), (count, 1))
    scores = np.linspace(0.9, 0.6, count, dtype=np.float32)
    candidates = Candidates(boxes, scores, np.array(labels), np.arange(count))
    return Prediction((100, 100), Proposals(boxes, scores), candidates, names, "m-1", 0.05)


def test_that_a_name_is_matched_first_as_it_is_then_in_other_letters_case() -> None:
    both = (*CATEGORIES, Category(3, "Person", "#0000ff"))
    assert matching("Person", both) == both[2]
    assert matching("VEHICLE", both) == both[1]
    assert matching("PERSON", both) is None  # two could be meant
    assert matching("car", both) is None
    assert matching("car", ()) is None


def test_that_without_a_word_a_category_goes_by_its_name_or_keeps_it() -> None:
    assert shown_names(("Person", "car"), CATEGORIES) == ("person", "car")
    assert shown_names((), CATEGORIES) == ()


def test_that_what_a_person_says_goes_before_the_name() -> None:
    said = {"car": Target(2), "Person": OWN_NAME, "dog": IGNORED}
    assert shown_names(("Person", "car", "dog", "cat"), CATEGORIES, said) == ("Person", "vehicle", None, "cat")


def test_that_a_target_follows_its_category_when_that_is_renamed() -> None:
    renamed = (CATEGORIES[0], Category(2, "transport", "#00ff00", position=1))
    assert shown_names(("car",), renamed, {"car": Target(2)}) == ("transport",)


def test_that_a_target_whose_category_was_taken_back_is_nothing_said() -> None:
    assert shown_names(("car", "person"), CATEGORIES[:1], {"car": Target(2), "person": Target(9)}) == ("car", "person")


def test_that_names_of_then_are_those_of_today_unless_somebody_says_otherwise() -> None:
    assert shown_names(("human", "car"), CATEGORIES, {}, {"human": "person"}) == ("person", "car")
    assert shown_names(("human",), CATEGORIES, {"human": Target(2)}, {"human": "person"}) == ("vehicle",)


def test_that_unmatched_is_what_no_category_has_and_nobody_settled() -> None:
    names = ("Person", "car", "bus", "dog", "cat")
    assert unmatched(names, CATEGORIES) == ("car", "bus", "dog", "cat")
    assert unmatched(names, CATEGORIES, {"car": Target(2), "dog": IGNORED, "cat": OWN_NAME}) == ("bus",)
    assert unmatched(("human",), CATEGORIES, {}, {"human": "person"}) == ()


@pytest.mark.parametrize(
    ("names", "categories", "expected"),
    [
        (("object",), CATEGORIES, True),
        (("object",), (), False),
        (("object",), (Category(3, "Object", "#ffffff"),), False),
        (("object", "person"), CATEGORIES, False),
        (("person",), CATEGORIES, False),
        ((), CATEGORIES, False),
    ],
)
def test_that_a_model_is_agnostic_whose_only_category_is_object(names, categories, expected) -> None:
    assert is_agnostic(names, categories) is expected


def test_that_names_alone_change_no_candidate() -> None:
    before = prediction([1, 2, 1], ("a", "b"))
    after = with_names(before, ("x", "y"))
    assert after.categories == ("x", "y")
    assert after.candidates is before.candidates


def test_that_what_is_ignored_is_gone_and_the_rest_keeps_its_order() -> None:
    after = with_names(prediction([1, 2, 3, 2, 1], ("a", "b", "c")), ("a", None, "c"))
    assert after.categories == ("a", "c")
    assert after.candidates.labels.tolist() == [1, 2, 1]
    assert after.candidates.proposal_indices.tolist() == [0, 2, 4]
    assert after.candidates.scores.tolist() == pytest.approx([0.9, 0.75, 0.6])
    assert len(after.proposals) == 5


def test_that_two_categories_that_became_one_suppress_each_other() -> None:
    before = prediction([1, 2], ("car", "truck"))
    assert len(select(before.candidates, Thresholds())) == 2
    after = with_names(before, ("vehicle", "vehicle"))
    assert after.categories == ("vehicle",)
    assert select(after.candidates, Thresholds()).scores.tolist() == pytest.approx([0.9])


def test_that_everything_can_be_ignored_and_nothing_be_named() -> None:
    after = with_names(prediction([1, 2], ("a", "b")), (None, None))
    assert (after.categories, len(after.candidates)) == ((), 0)
    empty = with_names(prediction([], ("a", "b")), ("b", "b"))
    assert (empty.categories, len(empty.candidates)) == (("b",), 0)
