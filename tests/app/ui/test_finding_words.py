from __future__ import annotations

import pytest

from app.model.findings import Finding
from app.ui.finding_words import order_words


@pytest.mark.parametrize(
    ("doubtful", "unseen", "words"),
    [
        (1, 0, "Most useful: 1 doubtful box"),
        (5, 2, "Most useful: 5 doubtful boxes"),
        (1, 3, "Most useful: 3 likely objects without a box"),
        (0, 1, "Most useful: 1 likely object without a box"),
        (0, 0, "Most useful first"),
    ],
)
def test_that_the_reason_is_what_there_is_most_of(qapp, doubtful, unseen, words):
    assert order_words(Finding(1, 2.5, doubtful=doubtful, unseen=unseen))[0] == words


def test_that_the_explanation_names_all_reasons(qapp):
    assert (
        "5 doubtful boxes and 2 likely objects without a box" in order_words(Finding(1, 1.0, doubtful=5, unseen=2))[1]
    )


def test_that_an_image_without_a_finding_has_an_order_only(qapp):
    assert order_words(None) == order_words(Finding(1, 0.0))
    assert order_words(None)[0] == "Most useful first"
