"""What is worth an offer to a person who drew a box."""

from __future__ import annotations

import pytest

from app.model.annotations import Annotation, Provenance
from app.model.offers import offer_for
from detector.types import Refinement

BOX = (100.0, 100.0, 200.0, 200.0)
CLOSER, AS_GOOD, ELSEWHERE = (105.0, 104.0, 190.0, 195.0), (100.5, 100.0, 200.0, 200.5), (180.0, 180.0, 300.0, 300.0)
DRAWN = Annotation(7, 1, 1, BOX, Provenance.DRAWN)
NAMES = ("bolt", "nut", "gear")


def refined(*rows, foreground=0.9):
    """One box: (label, score, box) of each of its likeliest categories."""
    labels, scores, boxes = zip(*rows, strict=True)
    return Refinement([boxes], [labels], [scores], [foreground], NAMES, "v1")


def test_that_a_closer_fit_is_offered_with_the_likeliest_categories():
    offer = offer_for(DRAWN, "bolt", refined((1, 0.75, CLOSER), (2, 0.125, AS_GOOD)), NAMES, NAMES)
    assert offer.annotation == DRAWN
    assert offer.box == CLOSER
    assert offer.likeliest == (("bolt", 0.75), ("nut", 0.125))


def test_that_the_fit_is_that_for_the_category_of_the_box():
    both = refined((2, 0.75, AS_GOOD), (1, 0.25, CLOSER))
    assert offer_for(DRAWN, "bolt", both, NAMES, NAMES).box == CLOSER
    assert offer_for(DRAWN, "nut", both, NAMES, NAMES) is None, "as good a fit, and the right category"
    other = offer_for(DRAWN, "die", both, NAMES, (*NAMES, "die"))
    assert (other.box, other.likeliest[0][0]) == (None, "nut")


@pytest.mark.parametrize("box", [ELSEWHERE, AS_GOOD])
def test_that_another_place_is_no_fit_and_the_same_place_no_news(box):
    assert offer_for(DRAWN, "bolt", refined((1, 0.9, box)), NAMES, NAMES) is None
    assert offer_for(DRAWN, "bolt", refined((2, 0.9, box), (1, 0.1, box)), NAMES, NAMES).box is None


def test_that_a_head_that_does_not_know_the_object_offers_nothing():
    assert offer_for(DRAWN, "bolt", refined((2, 0.3, CLOSER), foreground=0.49), NAMES, NAMES) is None
    assert offer_for(DRAWN, "bolt", refined((2, 0.3, CLOSER), foreground=0.5), NAMES, NAMES) is not None


def test_that_categories_are_called_as_in_the_project_once_each_and_ignored_ones_not_at_all():
    said = refined((1, 0.5, CLOSER), (2, 0.25, CLOSER), (3, 0.125, CLOSER))
    assert offer_for(DRAWN, "screw", said, ("screw", None, "gear"), ()).likeliest == (("screw", 0.5), ("gear", 0.125))
    assert offer_for(DRAWN, "screw", said, ("screw", "screw", "gear"), ()).likeliest == (
        ("screw", 0.5),
        ("gear", 0.125),
    )
    assert offer_for(DRAWN, "screw", said, (None, None, None), ()) is None


def test_that_unlikely_categories_are_not_told_but_the_likeliest_always():
    said = refined((1, 0.04, CLOSER), (2, 0.03, CLOSER))
    assert offer_for(DRAWN, "bolt", said, NAMES, NAMES).likeliest == (("bolt", pytest.approx(0.04)),)


def test_that_without_a_fit_only_a_category_of_the_project_is_worth_an_offer():
    said = refined((2, 0.9, AS_GOOD))
    assert offer_for(DRAWN, "bolt", said, NAMES, ("bolt", "nut")).box is None
    assert offer_for(DRAWN, "bolt", said, NAMES, ("bolt",)) is None


def test_that_a_head_that_is_sure_of_an_ignored_category_offers_no_fit_for_another():
    said = refined((1, 0.9, AS_GOOD), (2, 0.05, CLOSER))
    assert offer_for(DRAWN, "nut", said, (None, "nut", "gear"), NAMES) is None


def test_that_the_fit_for_a_category_that_is_not_likely_is_not_taken():
    said = refined((2, 0.9, CLOSER), (1, 0.01, (110.0, 110.0, 200.0, 200.0)))
    assert offer_for(DRAWN, "bolt", said, NAMES, NAMES).box == CLOSER
