"""The figures of a project as a CSV file, one figure a line: what spreadsheets and programs turn into what they like.

The columns are `metric,round,model_version,category,day,value`; those that a metric is not by are empty, and a figure
that there is not has no line. Without a category a figure is that of all. UTF-8 with a byte order mark, without which
spreadsheets take it for another encoding. Text that a spreadsheet would run as a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.model.statistics import Statistics, Tally

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DECIMALS = 4


class Line(NamedTuple):
    """One figure and what it is of."""

    metric: str
    round: int | str = ""
    model_version: str = ""
    category: str = ""
    day: str = ""
    value: float = 0


def lines(statistics: Statistics) -> Iterator[Line]:
    """Yield every figure there is: of the images, of categories, of model versions, of rounds, and of days."""
    for state, count in asdict(statistics.images).items():
        yield Line(f"images_{state}", value=count)
    for one in statistics.categories:
        yield Line("boxes", category=one.name, value=one.boxes)
        for kind, count in sorted(one.by_provenance.items()):
            yield Line(f"boxes_{kind.value}", category=one.name, value=count)
    yield Line("boxes", value=statistics.boxes)
    for version in statistics.versions:
        for name, tally in {**version.categories, "": version.tally}.items():
            yield from _suggestions(Line("", model_version=version.title, category=name), tally)
    yield from _rounds(statistics)
    yield from _days(statistics)


def write_csv(statistics: Statistics, target: Path) -> None:
    """Write all figures, all or nothing. Raises StoreError with a sentence if `target` cannot be written."""
    # It comes with a parser of XML, which the window does not need at its start.
    from app.store.formats.targets import new_file, require_text  # noqa: PLC0415

    require_text(target)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(Line._fields)
    rows.writerows([_cell(value) for value in line] for line in lines(statistics))
    with new_file(target) as part:
        part.write_bytes(text.getvalue().encode("utf-8-sig"))


def _suggestions(of: Line, tally: Tally) -> Iterator[Line]:
    for kind, count in asdict(tally).items():
        yield of._replace(metric="boxes_missed" if kind == "drawn" else f"suggestions_{kind}", value=count)
    if tally.acceptance is not None:
        yield of._replace(metric="acceptance_rate", value=tally.acceptance)


def _rounds(statistics: Statistics) -> Iterator[Line]:
    for one in statistics.rounds:
        of, done = Line("", round=one.number, model_version=one.title), one.tally
        yield of._replace(metric="images_reviewed", value=one.reviewed)
        kinds = {"added": done.drawn, "removed": done.rejected, "moved": done.moved, "relabelled": done.relabelled}
        for kind, count in kinds.items():
            yield of._replace(metric=f"corrections_{kind}", value=count)
        if one.corrections_per_image is not None:
            yield of._replace(metric="corrections_per_image", value=one.corrections_per_image)


def _days(statistics: Statistics) -> Iterator[Line]:
    for day in statistics.days:
        of = Line("", day=day.day.isoformat())
        yield of._replace(metric="images_reviewed", value=day.reviewed)
        yield of._replace(metric="decisions", value=day.tally.decisions)
        yield of._replace(metric="boxes", value=day.tally.boxes)
        yield of._replace(metric="active_seconds", value=day.seconds)
        if day.boxes_per_hour is not None:
            yield of._replace(metric="boxes_per_active_hour", value=day.boxes_per_hour)


def _cell(value: float | str) -> float | str:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
