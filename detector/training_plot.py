"""The curves of a training as one PNG: losses, learning rate, and what was measured after each epoch.

matplotlib is imported when a plot is drawn; figures are made without pyplot, so any thread may draw.

Shapes: S steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from detector.curves import LOSSES
from detector.plots import BLACK, BLUE, GREEN, GRID, INK, ORANGE, save

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from detector.curves import Curves

WIDTH = 8.27  # inches, as wide as A4
HEIGHTS = {"losses": 3.4, "rate": 1.3, "measured": 2.4}
POINTS = 200  # of all stages, each the mean of the steps around it: more would be noise

STYLES: dict[str, dict[str, Any]] = {
    "loss_classifier": {"label": "head, category", "color": BLUE, "linestyle": "-"},
    "loss_box_reg": {"label": "head, box", "color": BLUE, "linestyle": (0, (4, 1.5))},
    "loss_objectness": {"label": "RPN, objectness", "color": ORANGE, "linestyle": "-"},
    "loss_rpn_box_reg": {"label": "RPN, box", "color": ORANGE, "linestyle": (0, (4, 1.5))},
}
FIGURES: dict[str, dict[str, Any]] = {
    "AP": {"color": BLACK, "linestyle": "-"},
    "AP50": {"color": BLUE, "linestyle": (0, (4, 1.5))},
    "AP75": {"color": BLUE, "linestyle": (0, (1, 1))},
    "AR100": {"color": GREEN, "linestyle": "-"},
    "AR300": {"color": GREEN, "linestyle": (0, (4, 1.5))},
}


def plot_path(output: Path) -> Path:
    """Return where the plot of the training of the model `output` is."""
    return output.with_suffix(".png")


def write_plot(curves: Curves, path: Path, title: str = "") -> None:
    """Draw `curves`, of one step or more, into the file `path`. Raises DetectorError if it cannot be written."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second to import

    rows = [name for name in HEIGHTS if name != "measured" or curves.measured]
    heights = [HEIGHTS[name] for name in rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + 1), layout="constrained")
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    panels: dict[str, Axes] = dict(zip(rows, axes, strict=True))
    figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=INK, parse_math=False)
    table = curves.table()
    for panel in panels.values():
        _look(panel)
        for first, _ in curves.stages[1:]:
            panel.axvline(first - 0.5, color=INK, linewidth=0.8)
    _draw_losses(panels["losses"], table, curves.stages)
    panels["rate"].plot(table[:, 0], table[:, 1], color=INK, linewidth=1.2, drawstyle="steps-mid")
    panels["rate"].set_ylabel("learning rate", color=INK)
    panels["rate"].set_ylim(bottom=0)
    if "measured" in panels:
        _draw_measured(panels["measured"], curves)
    panels[rows[-1]].set_xlabel("step", color=INK)
    panels[rows[-1]].set_xlim(0, max(table[-1, 0], 1) * 1.01)
    figure.align_ylabels()
    save(figure, path)


def _draw_losses(panel: Axes, table: NDArray[np.float64], stages: list[tuple[int, str]]) -> None:
    """Draw each loss, stage by stage: what learns in one begins anew in another."""
    starts = [first for first, _ in stages]
    drawn: set[str] = set()
    for first, end in zip(starts, [*starts[1:], np.inf], strict=True):
        part = table[(table[:, 0] >= first) & (table[:, 0] < end)]
        for name, losses in zip(LOSSES, part[:, 2:].T, strict=True):
            known = ~np.isnan(losses)
            if known.any():
                style = STYLES[name] | ({"label": "_again"} if name in drawn else {})
                panel.plot(*thinned(part[known, 0], losses[known], POINTS // len(stages)), linewidth=1.5, **style)
                drawn.add(name)
    panel.set_ylabel("loss", color=INK)
    panel.set_ylim(bottom=0)
    if len(stages) > 1:
        for first, name in stages:
            panel.annotate(
                name, (first, 1), (3, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize=8, color=INK,
            )  # fmt: skip
    _legend(panel)


def _draw_measured(panel: Axes, curves: Curves) -> None:
    for name, style in FIGURES.items():
        for stage in dict.fromkeys(stage for _, stage, _ in curves.measured):
            points = [(step, found[name]) for step, of, found in curves.measured if of == stage and name in found]
            if points:
                label = "_again" if name in panel.get_legend_handles_labels()[1] else name
                panel.plot(
                    *np.array(points).T, marker="o", markersize=3, linewidth=1.5, clip_on=False, label=label, **style
                )
    panel.set_ylim(0, 1)
    panel.set_ylabel("measured", color=INK)
    _legend(panel)


def thinned(
    steps: NDArray[np.float64], values: NDArray[np.float64], points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a line (S,), S > 0, as at most `points` points: the means of as many steps each, the rest last."""
    size = -(-len(steps) // points)
    starts = np.arange(0, len(steps), size)
    counts = np.diff([*starts, len(steps)])
    return np.add.reduceat(steps, starts) / counts, np.add.reduceat(values, starts) / counts


def _look(panel: Axes) -> None:
    panel.tick_params(labelsize=9, color=INK, labelcolor=INK, length=2)
    panel.grid(color=GRID, linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _legend(panel: Axes) -> None:
    panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9, labelcolor=INK)
