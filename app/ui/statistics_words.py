"""What the window says about how the work goes: figures turned into words, with plurals, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from app.numbers import counted, fixed, percent, whole
from app.ui.keymap import KEYMAP, tip
from app.ui.training_words import boxes, images

if TYPE_CHECKING:
    from datetime import date

    from app.model.statistics import Statistics

_MINUTE = 60
_NUMBERED = "Version "
"""What the title of every model version of a project begins with."""


def reviewed_line(reviewed: int, of: int) -> str:
    """Return how far it is, as in "48 of 312 reviewed"."""
    return _tr("{} of {} reviewed").format(whole(reviewed), whole(of))


def states_line(statistics: Statistics) -> str:
    """Return what there is besides reviewed images, as in "310 boxes · 12 begun · 249 untouched"."""
    states = statistics.images
    parts = (
        (states.begun, _tr("{} begun")),
        (states.unsure, _tr("{} unsure")),
        (states.untouched, _tr("{} untouched")),
        (states.missing, _tr("{} without their file")),
    )
    return " · ".join([boxes(statistics.boxes), *(words.format(whole(count)) for count, words in parts if count)])


def time_line(statistics: Statistics, today: float) -> str:
    """Return the active time, as in "Active 48 min today, 9 h 10 min in all"."""
    in_all = max(statistics.seconds, today)  # what is not saved yet is in today's alone
    return _tr("Active {} today, {} in all").format(duration(today), duration(in_all))


def duration(seconds: float) -> str:
    """Return a time in whole minutes, as in "1 h 12 min"."""
    minutes = int(seconds) // _MINUTE
    if minutes < _MINUTE:
        return _tr("{} min").format(minutes)
    hours, rest = divmod(minutes, _MINUTE)
    return _tr("{} h {} min").format(hours, rest) if rest else _tr("{} h").format(hours)


def share(value: float | None) -> str:
    """Return a share as a percentage; a dash where there is none."""
    return "–" if value is None else percent(value)


def rate(value: float | None) -> str:
    """Return a figure with one decimal, from a hundred on without; a dash where there is none."""
    return "–" if value is None else fixed(value, 0 if value >= 100 else 1)


def short_title(title: str) -> str:
    """Return what people call a model in as few letters as there is room for below a chart."""
    number = title.removeprefix(_NUMBERED)
    return _tr("V{}").format(number) if number.isdecimal() and number != title else title


def today_line(statistics: Statistics) -> str:
    """Return what was done on the last day, as in "24 Mar: 12 images, 84 boxes, 63 boxes an active hour"."""
    if not statistics.days:
        return ""
    last = statistics.days[-1]
    parts = [images(last.reviewed), boxes(last.tally.boxes)]
    if last.tally.boxes and last.boxes_per_hour is not None:
        parts.append(_tr("{} boxes an active hour").format(rate(last.boxes_per_hour)))
    return _tr("{}: {}").format(day(last.day), ", ".join(parts))


def day(value: date) -> str:
    """Return day and month, as short as a place below a chart is."""
    return QLocale().toString(QDate(value.year, value.month, value.day), _tr("d MMM"))


def strip_words(reviewed: int, of: int, statistics: Statistics | None, seconds: float) -> tuple[str, ...]:
    """Return what the status strip says of the work, the longest form first, for as much room as there is."""
    progress = reviewed_line(reviewed, of)
    current = statistics.rounds[-1] if statistics is not None and statistics.rounds else None
    corrections = None if current is None else current.corrections_per_image
    longer, shorter = [progress], [progress]
    if corrections is not None:
        longer.append(_tr("{} corrections per image this round").format(rate(corrections)))
        shorter.append(_tr("{} corrections per image").format(rate(corrections)))
    if seconds >= _MINUTE:
        longer.append(_tr("{} active").format(duration(seconds)))
        shorter.append(duration(seconds))
    return " · ".join(longer), " · ".join(shorter), progress


def strip_details(statistics: Statistics | None, seconds: float) -> str:
    """Return how the figures of the strip are counted."""
    lines = [tip(_tr("Press for the statistics"), KEYMAP.keys("statistics"))]
    current = statistics.rounds[-1] if statistics is not None and statistics.rounds else None
    if current is not None:
        done = current.tally
        line = _tr("This round, with {}: {} reviewed; {} added, {} rejected, {} moved, {} given another category.")
        rejected = counted(done.rejected, _tr("1 suggestion"), _tr("{} suggestions"))
        numbers = images(current.reviewed), boxes(done.drawn), rejected, whole(done.moved), whole(done.relabelled)
        lines.append(line.format(current.title, *numbers))
    lines.append(
        _tr(
            "Active time, today {}: it runs while the window has the focus and something was done in it within the "
            "last 30 seconds."
        ).format(duration(seconds))
    )
    return "\n".join(lines)


def _tr(text: str) -> str:
    return QCoreApplication.translate("statistics", text)
