from __future__ import annotations

from itertools import count

import pytest

from app.model.agreement import Agreement, CategoryAgreement
from app.model.annotations import Annotation, Box

_IDS = count(1)
FAR = (100.0, 100.0, 120.0, 120.0)


def boxed(category: int, box: Box, *, iscrowd: bool = False) -> Annotation:
    return Annotation(next(_IDS), 1, category, box, iscrowd=iscrowd)


def test_that_the_same_boxes_agree_wholly() -> None:
    agreement = Agreement()
    boxes = [boxed(1, (0, 0, 10, 10)), boxed(2, FAR)]
    agreement.add(boxes, list(reversed(boxes)))
    assert agreement.images == 1
    assert agreement.of(1) == agreement.of(2) == CategoryAgreement(1, 1, 1, 1.0)
    assert agreement.of(1).share == 1
    assert agreement.kappa == 1
    assert agreement.categories == [1, 2]


def test_that_the_pairs_that_overlap_most_are_matched_first_whatever_they_are_called() -> None:
    agreement = Agreement()
    agreement.add(
        [boxed(1, (0, 0, 10, 10)), boxed(1, (0, 0, 10, 8))], [boxed(2, (0, 0, 10, 10)), boxed(1, (0, 0, 10, 7))]
    )
    assert agreement.labels == {(1, 2): 1, (1, 1): 1}
    assert agreement.of(1) == CategoryAgreement(2, 1, 1, pytest.approx(7 / 8))
    assert agreement.of(2) == CategoryAgreement(0, 1, 0, None)
    assert agreement.of(1).share == pytest.approx(2 / 3)


def test_that_a_box_is_matched_once() -> None:
    agreement = Agreement()
    agreement.add([boxed(1, (0, 0, 10, 10)), boxed(1, (0, 0, 10, 9))], [boxed(1, (0, 0, 10, 10)), boxed(1, FAR)])
    assert agreement.of(1) == CategoryAgreement(2, 2, 1, 1.0)
    assert agreement.of(1).share == 0.5


def test_that_boxes_that_hardly_overlap_are_of_two_objects() -> None:
    agreement = Agreement()
    agreement.add([boxed(1, (0, 0, 10, 10))], [boxed(1, (0, 0, 10, 4.9))])
    agreement.add([boxed(1, (0, 0, 10, 10))], [])
    assert agreement.alone == ({1: 2}, {1: 1})
    assert (agreement.images, agreement.of(1).share, agreement.kappa) == (2, 0, None)


def test_that_a_crowd_is_no_object() -> None:
    agreement = Agreement()
    agreement.add([boxed(1, FAR, iscrowd=True)], [boxed(1, FAR)])
    assert agreement.of(1) == CategoryAgreement(0, 1, 0, None)


def test_that_kappa_is_that_of_the_textbook() -> None:
    agreement = Agreement(labels=Agreement().labels.__class__({(1, 1): 20, (1, 2): 5, (2, 1): 10, (2, 2): 15}))
    assert agreement.kappa == pytest.approx(0.4)


def test_that_one_category_tells_nothing_about_labels() -> None:
    agreement = Agreement()
    agreement.add([boxed(1, FAR)], [boxed(1, FAR)])
    assert agreement.kappa is None
    assert Agreement().kappa is None
    assert Agreement().of(1).share == 1
