"""A row of panels for a page of the guide: its ground is clear and its ink grey, to be read on white and on black."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

INK = "#7d8590"
OURS, OTHER, PALE = "#2f81f7", "#d97706", "#8b949e"


@contextmanager
def panels(titles: Sequence[str], x_label: str, y_label: str, path: Path) -> Iterator[Mapping[str, Axes]]:
    """Give a panel for each title, 0 to 1 on its y-axis, to draw on; then write them as a PNG with one legend."""
    import matplotlib as mpl  # noqa: PLC0415 - half a second to import
    from matplotlib.figure import Figure  # noqa: PLC0415

    inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    look: dict[Any, Any] = dict.fromkeys(inked, INK) | {"font.size": 11, "axes.titlesize": 12}
    with mpl.rc_context(look):
        figure = Figure(figsize=(4 * len(titles), 3.6))
        axes = figure.subplots(1, len(titles), sharey=True, squeeze=False)[0]
        yield dict(zip(titles, axes, strict=True))
        for panel, title in zip(axes, titles, strict=True):
            panel.set(title=title, xlabel=x_label, ylim=(0, 1))
            panel.grid(color=INK, alpha=0.25)
            panel.spines[["top", "right"]].set_visible(False)
        axes[0].set_ylabel(y_label)
        known = {label: line for panel in axes for line, label in zip(*panel.get_legend_handles_labels(), strict=True)}
        figure.legend(known.values(), known.keys(), loc="lower center", ncols=len(known), frameon=False)
        figure.tight_layout(rect=(0, 0.09, 1, 1))
        figure.savefig(path, dpi=150, transparent=True)
