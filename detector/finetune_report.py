"""What a fine-tune says on the command line: bars, a table for each stage, sentences, and the object of `--json`."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from detector.fine_tune_values import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich import progress
    from rich.console import Console

    from detector.console import Summary
    from detector.fine_tune_values import CategoryFigures, Figures, Progress, StageResult

DOING = {
    Stage.FEATURES: "looking at the images",
    Stage.HEAD: "training the head",
    Stage.WHOLE: "training the whole detector",
}
TRAINED = {Stage.HEAD: "The head", Stage.WHOLE: "The whole detector"}


class StageBars:
    """One bar for each stage, in the order in which they come; the last figures of the hold-out stay beside it."""

    def __init__(self, bar: progress.Progress) -> None:
        self._bar = bar
        self._tasks: dict[Stage, progress.TaskID] = {}
        self._ap50: dict[Stage, float] = {}

    def show(self, step: Progress) -> None:
        """Move the bar of the step's stage."""
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bar.add_task(DOING[step.stage], total=step.steps, note="")
        if step.ap50 is not None:
            self._ap50[step.stage] = step.ap50
        loss = "" if step.loss is None else f"loss {step.loss:.3f}"
        ap50 = f"AP50 {self._ap50[step.stage]:.3f}" if step.stage in self._ap50 else ""
        task = self._tasks[step.stage]
        self._bar.update(task, completed=step.step, total=step.steps, note=f"{loss}  {ap50}".strip())

    def end(self, stage: Stage) -> None:
        """Fill the bar of a stage that is over, also of one that took fewer steps than it had."""
        for task in self._bar.tasks:
            if task.id == self._tasks.get(stage):
                self._bar.update(task.id, total=task.completed)


def report(result: StageResult, output: Path, console: Console, *, is_first: bool, is_saved: bool) -> None:
    """Print what a stage has led to: figures by category, a line, and, with the first, what it learnt from."""
    counts = result.counts
    if is_first:
        console.print(
            f"Learnt from {counts.images} images, {counts.held_out} more held out; {counts.boxes} boxes in all."
        )
        for sentence in counts.left_out:
            console.print(f"Left out: {sentence}")
        if result.proposal_recall is not None:
            console.print(f"The base model's proposals cover {result.proposal_recall:.1%} of the boxes at IoU 0.5.")
    if result.before and result.after:
        console.print(_table(result.before, result.after))
    verdict = f"saved to {output}" if is_saved else "not saved"
    console.print(f"{TRAINED[result.stage]}: {_change(result)}, {verdict} after {result.seconds:.0f} s.")
    if result.note:
        console.print(result.note)


def what_is_left(saved: StageResult | None, output: Path) -> str:
    """Say what the file holds after a run that did not come to its end."""
    if saved is None:
        return f"It ended before a stage had led to a better model: nothing was written to {output}."
    return f"It ended early: {output} holds what the last finished stage saved, {TRAINED[saved.stage].lower()} trained."


def refusal(result: StageResult, output: Path) -> str:
    """Say why nothing was written, and what to do."""
    return (
        f"The new model should not take over ({_change(result)}): nothing was written to {output}. "
        "Annotate more images, or write it all the same with --insist."
    )


def summary_of(results: Sequence[StageResult], saved: StageResult | None) -> Summary:
    """Return what `--json` says of the run: `before` is the base, `after` what was saved, null if unknown."""
    first, last = results[0], results[-1]
    stages = [
        {"before": _figures(each.before), "after": _figures(each.after)}
        | {"stage": each.stage, "is_better": each.is_better, "seconds": each.seconds, "note": each.note}
        for each in results
    ]
    return {
        "counts": asdict(first.counts),
        "stages": stages,
        "saved_stage": saved.stage if saved else None,
        "before": _figures(first.before),
        "after": _figures(saved.after) if saved else None,
        "proposal_recall": first.proposal_recall,
        "seconds": last.seconds,
    }


def _change(result: StageResult) -> str:
    """Say in a few words what the held-out images say, and the verdict, which weighs AP50 and AP."""
    old, new = result.before, result.after
    if old is None or new is None:
        return "not measured"
    figures = f"AP50 {_figure(old.ap50)} -> {_figure(new.ap50)}, AP {_figure(old.ap)} -> {_figure(new.ap)}"
    verdict = "better" if result.is_better else "not better"
    return f"{figures} on {new.images} held-out image{'' if new.images == 1 else 's'}, {verdict}"


def _table(before: Figures, after: Figures) -> Table:
    """Return the figures of both models by category, and of all; `-` where there is nothing to find."""
    table = Table("category", box=None, title_justify="left")
    table.title = f"before -> after, on the held-out images; found and false at scores over {after.score_thresh:.2f}"
    for name in ("boxes", "found", "false", "AP50"):
        table.add_column(name, justify="right", no_wrap=True)
    old = {each.name: each for each in before.categories}
    for new in after.categories:
        was = old[new.name]
        table.add_row(new.name, str(new.boxes), *_cells([was], [new]), f"{_figure(was.ap50)} -> {_figure(new.ap50)}")
    boxes = sum(each.boxes for each in after.categories)
    ap50 = f"{_figure(before.ap50)} -> {_figure(after.ap50)}"
    table.add_row("all", str(boxes), *_cells(before.categories, after.categories), ap50)
    return table


def _cells(before: Sequence[CategoryFigures], after: Sequence[CategoryFigures]) -> tuple[str, str]:
    found = f"{sum(each.found for each in before)} -> {sum(each.found for each in after)}"
    return found, f"{sum(each.false for each in before)} -> {sum(each.false for each in after)}"


def _figure(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"


def _figures(figures: Figures | None) -> Summary | None:
    """Return the figures as JSON takes them: null for what is not a number."""
    if figures is None:
        return None
    rows = [_without_nan(asdict(each)) for each in figures.categories]
    return _without_nan(asdict(figures)) | {"categories": rows}


def _without_nan(values: Summary) -> Summary:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in values.items()}
