"""Numbers as people of the window's language write them: 1,400 and 0.50, in German 1.400 and 0,50.

The language is that of the default QLocale: `app.translation.install` sets it, and fields for numbers follow it too.
"""

from __future__ import annotations

from PySide6.QtCore import QLocale


def whole(count: int) -> str:
    """Return a count with its digits in groups, as in "1,400"."""
    return QLocale().toString(count)


def counted(count: int, one: str, many: str) -> str:
    """Return `one`, said of a single thing, or `many` with its number in the place of {}; both are translated."""
    return one if count == 1 else many.format(whole(count))


def fixed(value: float, places: int) -> str:
    """Return a number with so many decimal places, as in "0.50"."""
    return QLocale().toString(float(value), "f", places)  # nothing but a float: Qt refuses whole numbers and NumPy's


def percent(share: float) -> str:
    """Return a share of 1 in whole percent, as in "45 %"."""
    return f"{fixed(100 * share, 0)} %"
