"""Figures for the tests of what shows them, and a `Counting` and an `Activity` that say what a test gives them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.model.annotations import Provenance
from app.model.statistics import CategoryBoxes, Day, ImageStates, Round, Statistics, Tally, VersionTally

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_DAY = date(2026, 3, 27)
BASE = Tally(accepted=6, moved=2, relabelled=1, rejected=1, drawn=5)
BETTER = Tally(accepted=9, rejected=1)


def figures(names: Sequence[str] = ("bolt", "nut"), rounds: int = 2) -> Statistics:
    """Return a project of three images in which two are reviewed, on two days with one between them."""
    categories = tuple(
        CategoryBoxes(name, "#e69f00", {Provenance.DRAWN: 5, Provenance.ACCEPTED: 15 - place})
        for place, name in enumerate(names)
    )
    tallies, titles = [BASE, BETTER, *[BETTER] * rounds][:rounds], ["Base", *map("Version {}".format, range(1, rounds))]
    versions = tuple(
        VersionTally(title, title, {names[0]: tally} | ({names[1]: Tally(drawn=1)} if len(names) > 1 else {}))
        for title, tally in zip(titles, tallies, strict=True)
    )
    made = tuple(
        Round(number, title, title, "2026-03-27T10:00:00.000Z", 2 - number % 2, tally)
        for number, (title, tally) in enumerate(zip(titles, tallies, strict=True), 1)
    )
    days = (Day(FIRST_DAY, 2, BASE, 4320.0), Day(FIRST_DAY + timedelta(days=2), 0, BETTER, 30.0))
    return Statistics(ImageStates(2, 0, 1, 0, 0), categories, versions, made, days)


NOTHING = Statistics(ImageStates(untouched=3), (CategoryBoxes("bolt", "#e69f00", {}),), (), (), ())


class MadeUpCounting(QObject):
    """`give` lets it have counted; `asked` is how often somebody wanted it."""

    counted = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.latest: Statistics | None = None
        self.asked = 0

    def want(self) -> None:
        self.asked += 1

    def give(self, statistics: Statistics) -> None:
        self.latest = statistics
        self.counted.emit(statistics)


class MadeUpActivity(QObject):
    """Has been active for as long as a test says."""

    counted = Signal()

    def __init__(self, seconds: float = 4320.0) -> None:
        super().__init__()
        self.seconds_today = seconds
