"""The learning curve as tables in Markdown, as promises held or missed, and as a plot."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from bench.panels import OTHER, OURS, PALE, panels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

Cell = dict[str, Any]

TITLES = {"head": "head", "whole": "head, then everything", "random": "random initialisation"}
PROMISED_AP50 = {"bccd": 0.90, "dice": 0.55, "sketch": 0.50}
AT = 50  # images
MOST_SECONDS = {"head": 60.0, "whole": 180.0}
COLORS = {"head": OTHER, "whole": OURS, "random": PALE}


def tables(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the lines of a table for each set: a column a number of images, mean and deviation over its seeds."""
    for name in _values(cells, "set"):
        mine = [cell for cell in cells if cell["set"] == name]
        counts = sorted(_values(mine, "images"))
        yield f"| {name} | " + " | ".join(map(str, counts)) + " |"
        yield "| --- |" + " --- |" * len(counts)
        for measure, title in (("AP50", "AP50"), ("AR100", "AR@100")):
            for row in (row for row in TITLES if row in _values(mine, "row")):
                figures = [_with_deviation(_figures(mine, name, row, count, measure)) for count in counts]
                yield f"| {title}: {TITLES[row]} | " + " | ".join(figures) + " |"
        yield ""


def promises(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield a line for each promise about 50 images that the cells say something about."""
    for name, least in PROMISED_AP50.items():
        values = _figures(cells, name, "whole", AT, "AP50")
        if values:
            held = "held" if statistics.fmean(values) >= least else "MISSED"
            yield f"{name}, {AT} images, both stages: AP50 {statistics.fmean(values):.3f} >= {least:.2f} {held}"
        better = [cell.get("better", True) for cell in cells if _is_of(cell, name, "whole", AT)]
        if better and not all(better):
            yield f"{name}: the hold-out kept the head instead in {better.count(False)} of {len(better)} runs"
        for row, most in MOST_SECONDS.items():
            seconds = _figures(cells, name, row, AT, "seconds")
            if seconds:
                held = "held" if max(seconds) <= most else "MISSED"
                yield f"{name}, {AT} images, {TITLES[row]}: at most {max(seconds):.0f} s <= {most:.0f} s {held}"


def draw(cells: Sequence[Cell], path: Path) -> None:
    """Write the AP50 of all rows as a PNG, a panel a set."""
    with panels(_values(cells, "set"), "corrected images", "AP50 on the test part", path) as by_set:
        for name, panel in by_set.items():
            _draw_panel(panel, cells, name)


def _draw_panel(panel: Axes, cells: Sequence[Cell], name: str) -> None:
    """Places on the x-axis are equally far apart: each step about doubles the images."""
    counts = sorted({cell["images"] for cell in cells if cell["set"] == name})
    for row, title in TITLES.items():
        places, means, spreads = [], [], []
        for place, count in enumerate(counts):
            values = _figures(cells, name, row, count, "AP50")
            if values:
                places.append(place)
                means.append(statistics.fmean(values))
                spreads.append(_deviation(values))
        low, high = ([mean + sign * spread for mean, spread in zip(means, spreads, strict=True)] for sign in (-1, 1))
        panel.plot(places, means, color=COLORS[row], marker="o", markersize=5, linewidth=2, label=title)
        panel.fill_between(places, low, high, color=COLORS[row], alpha=0.25, linewidth=0)
    panel.set_xticks(range(len(counts)), map(str, counts))


def _figures(cells: Sequence[Cell], name: str, row: str, images: int, measure: str) -> list[float]:
    return [cell[measure] for cell in cells if _is_of(cell, name, row, images)]


def _is_of(cell: Cell, name: str, row: str, images: int) -> bool:
    return (cell["set"], cell["row"], cell["images"]) == (name, row, images)


def _values(cells: Sequence[Cell], key: str) -> list[Any]:
    """Return the values of `key`, each once, as they come."""
    return list(dict.fromkeys(cell[key] for cell in cells))


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _with_deviation(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3f}" if values else ""
    return f"{statistics.fmean(values):.3f} ± {_deviation(values):.3f}"
