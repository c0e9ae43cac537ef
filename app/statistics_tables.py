"""The figures of a project as plain tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Column, Table
from rich.text import Text

from app.model.statistics import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.model.statistics import Statistics

_DAYS = 14
"""So many of the last days: all of them are in the file."""


def tables(statistics: Statistics) -> Iterator[Table]:
    """Yield the images by state, and, where there is anything of them, categories, models, rounds and the last days."""
    states = statistics.images
    images = _table("images", "reviewed", "unsure", "begun", "untouched", "missing")
    _add(images, f"{states.total:,}", states.reviewed, states.unsure, states.begun, states.untouched, states.missing)
    yield images
    if statistics.categories:
        yield _categories(statistics)
    if statistics.versions:
        yield _versions(statistics)
    if statistics.rounds:
        yield _rounds(statistics)
    if statistics.days:
        yield _days(statistics)


def _categories(statistics: Statistics) -> Table:
    table = _table("category", "boxes", "drawn", "accepted", "moved", "relabelled", "imported", "right")
    suggested = statistics.suggested()
    for one in statistics.categories:
        kinds = {kind.value: count for kind, count in one.by_provenance.items()}
        counts = [kinds.get(kind, 0) for kind in ("drawn", "accepted", "moved", "relabelled", "imported")]
        _add(table, one.name, one.boxes, *counts, _share(suggested.get(one.name, Tally()).acceptance))
    return table


def _versions(statistics: Statistics) -> Table:
    table = _table("model", "decided", "accepted", "moved", "relabelled", "rejected", "missed", "right")
    for one in statistics.versions:
        done = one.tally
        counts = (done.decided, done.accepted, done.moved, done.relabelled, done.rejected, done.drawn)
        _add(table, one.title, *counts, _share(done.acceptance))
    return table


def _rounds(statistics: Statistics) -> Table:
    table = _table("round", "reviewed", "added", "removed", "moved", "relabelled", "corrections per image")
    for one in statistics.rounds:
        done = one.tally
        counts = (one.reviewed, done.drawn, done.rejected, done.moved, done.relabelled)
        _add(table, f"{one.number} {one.title}", *counts, _rate(one.corrections_per_image))
    return table


def _days(statistics: Statistics) -> Table:
    table = _table("day", "reviewed", "decisions", "boxes", "active minutes", "boxes per active hour")
    for day in statistics.days[-_DAYS:]:
        counts = (day.reviewed, day.tally.decisions, day.tally.boxes, round(day.seconds / 60))
        _add(table, day.day.isoformat(), *counts, _rate(day.boxes_per_hour))
    return table


def _table(first: str, *others: str) -> Table:
    return Table(Column(first), *(Column(other, justify="right") for other in others), box=None)


def _add(table: Table, name: str, *cells: int | str) -> None:
    # Text: the name of a category is never markup.
    table.add_row(Text(" ".join(name.split())), *(cell if isinstance(cell, str) else f"{cell:,}" for cell in cells))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
