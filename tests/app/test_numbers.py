from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QLocale

from app.numbers import fixed, percent, whole


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", ["0", "999", "1,400", "-1,234,567", "0.50", "1,234.5", "45 %"]),
        ("de", ["0", "999", "1.400", "-1.234.567", "0,50", "1.234,5", "45 %"]),
    ],
)
def test_that_numbers_are_written_as_in_the_language(language, written):
    QLocale.setDefault(QLocale(language))
    assert [*map(whole, (0, 999, 1400, -1_234_567)), fixed(0.5, 2), fixed(1234.5, 1), percent(0.45)] == written


def test_that_a_later_change_of_the_language_counts():
    assert (whole(1400), fixed(0.5, 2)) == ("1,400", "0.50")
    QLocale.setDefault(QLocale("de"))
    assert (whole(1400), fixed(0.5, 2)) == ("1.400", "0,50")


def test_that_places_are_rounded_and_filled():
    assert [fixed(0.987, 2), fixed(1, 2), fixed(12.5678, 0), percent(1), percent(0.996)] == [
        "0.99",
        "1.00",
        "13",
        "100 %",
        "100 %",
    ]


def test_that_numbers_of_numpy_are_numbers():
    assert [whole(np.int64(1400)), fixed(np.float32(0.5), 2), fixed(np.int64(2), 1)] == ["1,400", "0.50", "2.0"]
