"""What a replay has come to: tables for people, one JSON object, a CSV file, a plot. Corrections are simulated."""

from __future__ import annotations

import csv
import io
import statistics
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from rich.table import Column, Table

from app.model.simulated_labeler import Effort
from detector.effort import GOOD_IOU
from detector.plots import BLUE, GRID, INK, ORANGE, save

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from app.replay import ReplayPlan, Round
    from detector.console import Summary

_CORRECTIONS = ("added", "removed", "moved", "relabelled")
_COLORS = (BLUE, ORANGE)


@dataclass(frozen=True, slots=True)
class Run:
    """One labeler's way through all images: each batch, the effort of each image in their order, and that by hand."""

    plan: ReplayPlan
    rounds: tuple[Round, ...]
    images: tuple[Effort, ...]
    by_hand: Effort

    @property
    def whole(self) -> Effort:
        """The effort of all images."""
        return sum(self.images, Effort())

    @property
    def last_half(self) -> Effort:
        """The effort of the images after the middle, where the detector has learnt most of what it will."""
        return sum(self.images[len(self.images) // 2 :], Effort())


def rounds_table(run: Run) -> Table:
    """Return the rounds of one run, and all of them."""
    figures = ("images", "objects", "right", "added", "removed", "moved", "relabelled", "saved")
    plan = run.plan
    title = f"IoU {plan.good_iou:g}, {plan.order} order, seed {plan.seed}: simulated corrections"
    table = Table(
        Column("round", no_wrap=True),
        *(Column(name, justify="right", no_wrap=True) for name in figures),
        box=None,
        title=title,
    )
    for one in run.rounds:
        table.add_row(str(one.number), *_cells(one.effort))
    table.add_section()
    table.add_row("all", *_cells(run.whole))
    table.add_row("last half", *_cells(run.last_half))
    return table


def sentences(runs: Sequence[Run]) -> Iterable[str]:
    """Yield, for each IoU, what was saved in all of its runs, and what clicks and keys that is."""
    for good_iou, of_iou in _by_iou(runs).items():
        saved = [one.whole.work_saved for one in of_iou]
        late = [one.last_half.work_saved for one in of_iou]
        yield (
            f"At an IoU of {good_iou:g}: {_spread(saved)} of the work saved against drawing every object, "
            f"{_spread(late)} over the last half of the images (simulated corrections)."
        )
        clicks, keys = (_mean(getattr(one.whole, name) for one in of_iou) for name in ("clicks", "keys"))
        hand = of_iou[0].by_hand
        yield f"  {clicks:.0f} clicks and {keys:.0f} keys; by hand {hand.clicks} and {hand.keys}."


def summary(runs: Sequence[Run]) -> Summary:
    """Return the object of `--json`: `work_saved` in [0, 1] at IoU 0.5, None without such a run, and all counts.

    Means over the seeds; a negative saving, of suggestions that are more work than drawing, is 0 there.
    """
    at_half = _by_iou(runs).get(GOOD_IOU, [])
    saved = max(0.0, _mean(one.whole.work_saved for one in at_half)) if at_half else None
    late = max(0.0, _mean(one.last_half.work_saved for one in at_half)) if at_half else None
    counts = {} if not at_half else {name: _mean(getattr(one.whole, name) for one in at_half) for name in _names()}
    return {"work_saved": saved, "work_saved_last_half": late, **counts, "runs": [_figures(one) for one in runs]}


def csv_text(runs: Sequence[Run]) -> str:
    """Return one line for each round of each run."""
    text = io.StringIO()
    rows = csv.writer(text)
    settings = ("iou", "order", "seed", "fine_tunes", "proposals", "refinement")
    rows.writerow((*settings, "round", *_names(), "work_saved", "score_thresh", "training_seconds"))
    for run in runs:
        plan = run.plan
        said = (plan.good_iou, plan.order.value, plan.seed, plan.fine_tunes, plan.proposals, plan.refinement)
        for one in run.rounds:
            counts = [getattr(one.effort, name) for name in _names()]
            figures = (f"{one.effort.work_saved:.4f}", one.score_thresh, f"{one.seconds_of_training:.1f}")
            rows.writerow((*said, one.number, *counts, *figures))
    return text.getvalue()


def write_plot(runs: Sequence[Run], path: Path) -> None:
    """Draw the work saved in each round as a PNG: a line for each IoU, and the lowest and highest of its seeds."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second to import
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    panel = figure.subplots()
    for color, (good_iou, of_iou) in zip(_COLORS * len(runs), _by_iou(runs).items(), strict=False):
        columns = list(zip(*([one.effort.work_saved for one in run.rounds] for run in of_iou), strict=False))
        places = range(1, len(columns) + 1)
        panel.plot(places, [_mean(one) for one in columns], color=color, marker="o", label=f"IoU {good_iou:g}")
        low, high = [min(one) for one in columns], [max(one) for one in columns]
        panel.fill_between(places, low, high, color=color, alpha=0.2, linewidth=0)
    panel.set(xlabel="round", ylabel="work saved (simulated corrections)", ylim=(min(0.0, panel.get_ylim()[0]), 1))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panel.grid(color=GRID)
    panel.set_axisbelow(True)
    panel.tick_params(colors=INK)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(frameon=False)
    save(figure, path)


def _figures(run: Run) -> Summary:
    plan = run.plan
    return {
        "iou": plan.good_iou,
        "order": plan.order.value,
        "seed": plan.seed,
        "work_saved": run.whole.work_saved,
        "work_saved_last_half": run.last_half.work_saved,
        **asdict(run.whole),
        "by_hand": {"clicks": run.by_hand.clicks, "keys": run.by_hand.keys},
        "rounds": [
            {
                **asdict(one.effort),
                "work_saved": one.effort.work_saved,
                "score_thresh": one.score_thresh,
                "model_version": one.model_version,
                "training_seconds": one.seconds_of_training,
            }
            for one in run.rounds
        ],
    }


def _cells(effort: Effort) -> list[str]:
    counts = (effort.images, effort.objects, effort.accepted, *(getattr(effort, name) for name in _CORRECTIONS))
    return [*map(str, counts), f"{effort.work_saved:.0%}"]


def _by_iou(runs: Sequence[Run]) -> dict[float, list[Run]]:
    ious = sorted({one.plan.good_iou for one in runs})
    return {good_iou: [one for one in runs if one.plan.good_iou == good_iou] for good_iou in ious}


def _names() -> list[str]:
    return [one.name for one in fields(Effort)]


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def _spread(values: Sequence[float]) -> str:
    """Return the mean, and of several seeds the lowest and the highest."""
    spread = f" ({min(values):.0%} to {max(values):.0%})" if len(values) > 1 else ""
    return f"{_mean(values):.0%}{spread}"
