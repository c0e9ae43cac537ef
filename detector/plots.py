"""Plots of an evaluation as PNG, to be read on a screen or in print. matplotlib is imported when one is drawn.

Figures are made without pyplot: nothing global is touched, and any thread may draw.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
import tempfile
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import numpy as np

from detector.durable import PLOTTER
from detector.evaluation import IOU_THRESHOLDS
from detector.precision_recall import MEASURED
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from detector.precision_recall import Line, PrecisionRecall

DPI = 200
PAGE_WIDTH, PAGE_HEIGHT = 8.27, 11.69  # inches, A4
SINGLE = (6.6, 3.9)  # inches
HEAD, FOOT, SIDE = 0.8, 0.5, 0.55  # inches around the panels of the overview
SMALLEST_PANEL, LARGEST_PANEL = 0.85, 2.6  # inches high, with its title
OVERVIEW = "overview.png"
LONGEST_SLUG = 60  # characters, at most 240 bytes of the 255 that file systems allow

INK, GRID = "#333333", "#d9d9d9"
# Told apart in grey by their dashes, and by colour-blind readers by their colours (Okabe and Ito).
BLUE, ORANGE, GREEN, BLACK = "#0072b2", "#d55e00", "#009e73", "#000000"
PLAIN: dict[str, Any] = {"color": BLACK, "linestyle": "-"}
STYLES: dict[str, dict[str, Any]] = {
    "IoU 0.50": {"color": BLUE, "linestyle": "-"},
    "IoU 0.75": {"color": ORANGE, "linestyle": (0, (4, 1.5))},
    MEASURED: {"color": "#8c8c8c", "linestyle": "-"},
    "11 points": {"color": BLUE, "linestyle": "none", "marker": "o"},
    "envelope": {"color": BLUE, "linestyle": "-"},
}
LEVELS: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-"},
    {"color": ORANGE, "linestyle": (0, (4, 1.5))},
    {"color": GREEN, "linestyle": (0, (1, 1))},
)
# Tried in this order for letters that matplotlib's own font does not have.
OTHER_FONTS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "Hiragino Sans", "Arial Unicode MS"),
    *("Noto Sans", "Segoe UI", "Noto Emoji", "Segoe UI Symbol"),
)


def write_precision_recall(curves: Sequence[PrecisionRecall], folder: Path, title: str = "") -> list[Path]:
    """Write a page with all categories, and a plot of each; return their paths, none if there are no categories.

    A plot is named by label and name, such as `07-fire_truck.png`: two categories never share a file. Raises
    DetectorError if a file cannot be written.
    """
    if not curves:
        return []
    paths = [folder / OVERVIEW]
    save(_overview(curves, title), paths[0])
    digits = max(2, len(str(max(curve.label for curve in curves))))
    for curve in curves:
        paths.append(folder / f"{curve.label:0{digits}}-{slug(curve.name)}.png")
        save(_single(curve), paths[-1])
    return paths


def write_recall(ious: NDArray[np.float64], limits: Sequence[int], folder: Path, title: str = "") -> list[Path]:
    """Write the recall of proposals over their number and over the IoU; return the paths, none without ground truth.

    `ious` (L, M) are those of `evaluation.matched_ious` for `limits`, ascending, with 100, 300 and 1000 among them.
    Raises DetectorError if a file cannot be written.
    """
    if not ious.size:
        return []
    paths = [folder / "recall_by_proposals.png", folder / "recall_by_iou.png"]
    save(_recall_by_proposals(ious, limits, title), paths[0])
    save(_recall_by_iou(ious, limits, title), paths[1])
    return paths


def require_folder(folder: Path) -> None:
    """Make `folder` unless it is there. Raises DetectorError if plots cannot be written to it: before the work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DetectorError(f"Plots cannot be written to {folder}: {error.strerror or error}.") from error


def slug(name: str) -> str:
    """Return `name` for a file name: letters and digits of any script, `_` for what is between them, never empty."""
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "_".join(words)[:LONGEST_SLUG] or "category"


def _overview(curves: Sequence[PrecisionRecall], title: str) -> Figure:
    """Return a page as wide as A4, and as high where there are up to about eighty categories."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second to import

    rows, columns, cell_height = _layout(len(curves))
    height = HEAD + FOOT + rows * cell_height
    figure = Figure(figsize=(PAGE_WIDTH, height))
    grid = figure.add_gridspec(
        rows, columns, left=SIDE / PAGE_WIDTH, right=1 - 0.2 / PAGE_WIDTH, top=1 - HEAD / height, bottom=FOOT / height,
        wspace=0.15, hspace=0.14 + 0.16 / cell_height,
    )  # fmt: skip
    size, width = (9, 1.4) if columns <= 3 else (7, 0.9)
    letters = int((PAGE_WIDTH - SIDE) / columns * 72 / size / 0.62) - 7  # what the figure on the right leaves
    for number, curve in enumerate(curves):
        panel = figure.add_subplot(grid[divmod(number, columns)])
        _draw(panel, curve.lines, width)
        _look(panel, size, 2)
        panel.tick_params(labelbottom=number + columns >= len(curves), labelleft=number % columns == 0)
        _write(panel.set_title("", loc="left", fontsize=size, pad=3), _shortened(curve.name, letters))
        panel.set_title(f"{curve.lines[-1].ap:.3f}", loc="right", fontsize=size, pad=3, color=INK)
    figure.supxlabel("recall", fontsize=10, y=0.1 / height, va="bottom")
    figure.supylabel("precision", fontsize=10, x=0.1 / PAGE_WIDTH, ha="left")
    _write(figure.text(SIDE / PAGE_WIDTH, 1 - 0.15 / height, "", va="top", fontsize=12), title)
    handles, titles = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles, titles, loc="upper left", bbox_to_anchor=(SIDE / PAGE_WIDTH, 1 - 0.36 / height), ncols=len(titles),
        frameon=False, fontsize=9, borderaxespad=0, borderpad=0,
    )  # fmt: skip
    return figure


def _layout(count: int) -> tuple[int, int, float]:
    """Return rows, columns, and the height of a row in inches, for that many panels on a page."""
    columns = min(math.ceil(math.sqrt(count)), 3) if count <= 12 else min(4 + count // 24, 7)
    rows = math.ceil(count / columns)
    filled = min((PAGE_HEIGHT - HEAD - FOOT) / rows, PAGE_WIDTH / columns * 0.85, LARGEST_PANEL)
    return rows, columns, max(filled, SMALLEST_PANEL)


def _single(curve: PrecisionRecall) -> Figure:
    figure, panel = _one_panel(_shortened(curve.name, 60), "recall", "precision")
    _draw(panel, curve.lines, width=1.8)
    titles = [line.title if line.title == MEASURED else f"{line.title}\nAP {line.ap:.3f}" for line in curve.lines]
    _legend(panel, titles)
    return figure


def _recall_by_proposals(ious: NDArray[np.float64], limits: Sequence[int], title: str) -> Figure:
    figure, panel = _one_panel(title, "proposals per image", "recall")
    rules: dict[str, Any] = {"IoU 0.5": 0.5, "IoU 0.7": 0.7, "IoU 0.50–0.95": IOU_THRESHOLDS}
    for (name, thresholds), style in zip(rules.items(), LEVELS, strict=True):
        recalls = [(row >= np.reshape(thresholds, (-1, 1))).mean() for row in ious]
        panel.plot(limits, recalls, label=name, marker="o", markersize=3.5, linewidth=1.8, clip_on=False, **style)
    panel.set_xscale("log")
    panel.set_xlim(limits[0], limits[-1])
    panel.set_xticks((1, 3, 10, 30, 100, 300, 1000), ("1", "3", "10", "30", "100", "300", "1000"))
    panel.minorticks_off()
    _legend(panel)
    return figure


def _recall_by_iou(ious: NDArray[np.float64], limits: Sequence[int], title: str) -> Figure:
    figure, panel = _one_panel(title, "IoU", "recall")
    thresholds = np.linspace(0.5, 1, 101)
    for limit, style in zip((100, 300, 1000), LEVELS, strict=True):
        recalls = (ious[list(limits).index(limit)] >= thresholds[:, None]).mean(axis=1)
        panel.plot(thresholds, recalls, label=f"{limit} proposals", linewidth=1.8, **style)
    panel.set_xlim(0.5, 1)
    panel.set_xticks(np.arange(5, 11) / 10, ("0.5", "0.6", "0.7", "0.8", "0.9", "1"))
    _legend(panel)
    return figure


def _one_panel(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """Return a figure with one panel on its left; the legend goes to its right, where it covers nothing."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second to import

    figure = Figure(figsize=SINGLE)
    panel = figure.add_axes((0.1, 0.14, 0.62, 0.74))
    _look(panel, 10, 5)
    panel.set_xlabel(x, fontsize=10)
    panel.set_ylabel(y, fontsize=10)
    _write(panel.set_title("", loc="left", fontsize=12), title)
    return figure, panel


def _draw(panel: Axes, lines: Sequence[Line], width: float) -> None:
    for line in lines:
        style = STYLES.get(line.title, PLAIN)
        thin = width * 0.6 if line.title == MEASURED else width
        panel.plot(
            line.recall,
            line.precision,
            label=line.title,
            linewidth=thin,
            markersize=2.6 * width,
            clip_on=False,
            **style,
        )


def _look(panel: Axes, size: float, steps: int) -> None:
    ticks = np.arange(steps + 1) / steps
    names = [f"{tick:g}" for tick in ticks]
    panel.set(xlim=(0, 1), ylim=(0, 1.02))
    panel.set_xticks(ticks, names)
    panel.set_yticks(ticks, names)
    panel.tick_params(labelsize=size, color=INK, labelcolor=INK, length=2)
    panel.grid(color=GRID, linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def _legend(panel: Axes, titles: Sequence[str] | None = None) -> None:
    handles, labels = panel.get_legend_handles_labels()
    panel.legend(
        handles, titles or labels, loc="upper left", bbox_to_anchor=(1.03, 1.02), frameon=False, fontsize=9,
        labelspacing=0.9, handlelength=2.4,
    )  # fmt: skip


def _shortened(text: str, letters: int) -> str:
    """Return `text` in the width of about `letters` Latin letters; those of East Asia are twice as wide."""
    ends = list(itertools.accumulate(2 if east_asian_width(letter) in "WF" else 1 for letter in text))
    return text if not text or ends[-1] <= letters else text[: bisect.bisect(ends, letters - 1)] + "…"


def _write(text: Text, content: str) -> None:
    """Put `content`, which may be any text, into `text`; what no font here can show becomes a mark."""
    fonts = _fonts()
    shown = (
        letter if any(font.get_char_index(ord(letter)) for font in fonts.values()) else "\ufffd" for letter in content
    )
    text.set_parse_math(False)  # a dollar is a dollar
    text.set(text="".join(shown), color=INK, fontfamily=list(fonts))


@functools.cache
def _fonts() -> dict[str, Any]:
    """Return the fonts of this machine by family, matplotlib's own first."""
    from matplotlib import font_manager  # noqa: PLC0415 - half a second to import

    here = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist if entry.style == "normal"}
    return {name: font_manager.get_font(here[name]) for name in ("DejaVu Sans", *OTHER_FONTS) if name in here}


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG, whatever the path is called, that `durable.holds_plot` knows. Raises DetectorError."""
    try:
        figure.savefig(path, dpi=DPI, format="png", metadata={"Software": PLOTTER})
    except OSError as error:
        raise DetectorError(f"The plot {path} cannot be written: {error.strerror or error}.") from error
