"""What the training panel says: values of a fine-tune turned into words, with plurals, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale, Qt

from app.numbers import counted, fixed, percent, whole
from detector.fine_tune_values import SecondStage, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detector.fine_tune_values import DataCounts, Figures, Progress, StageResult

_NAMED_AT_MOST = 3
_RECALL_ENOUGH = 0.95
_SOON, _IN_SECONDS = 5.0, 90.0


def boxes(count: int) -> str:
    """Return "1 box" or "2 boxes"."""
    return counted(count, _tr("1 box"), _tr("{} boxes"))


def images(count: int) -> str:
    """Return "1 image" or "2 images"."""
    return counted(count, _tr("1 image"), _tr("{} images"))


def data_line(reviewed: int, box_count: int, rejections: int) -> str:
    """Return what there is to learn from, as in "48 reviewed, 310 boxes, 22 rejected"."""
    return _tr("{} reviewed, {}, {} rejected").format(whole(reviewed), boxes(box_count), whole(rejections))


def few_line(by_category: Mapping[str, int], few: Sequence[str]) -> str:
    """Return how few boxes the categories `few` have, the fewest first; empty where there are none."""
    if not few:
        return ""
    ordered = sorted(few, key=lambda name: (by_category[name], name))
    named = [_tr("“{}” has {}").format(name, boxes(by_category[name])) for name in ordered[:_NAMED_AT_MOST]]
    more = len(ordered) - len(named)
    if more:
        named.append(counted(more, _tr("1 more has few"), _tr("{} more have few")))
    return _tr("{}: little to learn from.").format(", ".join(named))


def used_line(counts: DataCounts) -> str:
    """Return what a fine-tune learnt from and was measured on."""
    learnt = _tr("Learnt from {}").format(images(counts.images))
    measured = (
        _tr("measured on {} held out").format(whole(counts.held_out)) if counts.held_out else _tr("none held out")
    )
    rejected = _tr("{} rejected").format(whole(counts.rejections))
    return f"{learnt}, {measured} · {boxes(counts.boxes)}, {rejected}"


def left_out_line(sentences: tuple[str, ...]) -> str:
    """Return what was not used; empty where all was."""
    return _tr("Left out: {}").format("; ".join(one.rstrip(".") for one in sentences)) if sentences else ""


def stage_name(stage: Stage) -> str:
    """Return how a stage is called."""
    names = {Stage.FEATURES: _tr("Looking at the images"), Stage.HEAD: _tr("Head"), Stage.WHOLE: _tr("Whole detector")}
    return names[stage]


def stage_in_line(stage: Stage) -> str:
    """Return how a stage is called in the middle of a line."""
    names = {
        Stage.FEATURES: _tr("looking at the images"),
        Stage.HEAD: _tr("head"),
        Stage.WHOLE: _tr("whole detector"),
    }
    return names[stage]


def stage_word(stage: Stage) -> str:
    """Return how a stage is called where there is little room."""
    return _tr("Whole") if stage is Stage.WHOLE else stage_name(stage)


def stage_cost(stage: Stage) -> str:
    """Return what a stage does and what it costs, for whoever waits for it."""
    costs = {
        Stage.FEATURES: _tr("Each image is looked at once and remembered. Go on labeling."),
        Stage.HEAD: _tr("The quick part, under a minute as a rule. Go on labeling; nothing changes until it is done."),
        Stage.WHOLE: _tr("Some minutes; detecting is slower meanwhile."),
    }
    return costs[stage]


def second_stage_name(choice: SecondStage) -> str:
    """Return how a choice for the second stage is called."""
    names = {
        SecondStage.AUTO: _tr("If it pays"),
        SecondStage.NEVER: _tr("Never"),
        SecondStage.ALWAYS: _tr("Always"),
    }
    return names[choice]


def step_line(progress: Progress) -> str:
    """Return where a run stands within its stage."""
    words = [_tr("{} of {}").format(whole(progress.step), whole(progress.steps))]
    if progress.seconds_left is not None:
        words.append(time_left(progress.seconds_left))
    return " · ".join(words)


def time_left(seconds: float) -> str:
    """Return an estimate that does not pretend to know more than it does."""
    if seconds < _SOON:
        return _tr("a few seconds left")
    if seconds < _IN_SECONDS:
        return _tr("about {} s left").format(5 * round(seconds / 5))
    return _tr("about {} min left").format(round(seconds / 60))


def recall_line(result: StageResult) -> str:
    """Return how many of the boxes the proposals reach, and what follows; empty where nothing is known."""
    recall = result.proposal_recall
    if recall is None:
        return ""
    words = _tr("The best proposals reach {} of your boxes").format(percent(recall))
    if result.stage is Stage.WHOLE or recall >= _RECALL_ENOUGH:
        return _tr("{}.").format(words)
    return _tr("{}: a head cannot find the rest, the whole detector can.").format(words)


def stage_line(result: StageResult, *, in_use: bool) -> str:
    """Return what one stage has led to, as in "Head: AP50 0.47 → 0.72 after 24 s, in use"."""
    words = _tr("{}: {} after {}").format(
        stage_word(result.stage), change_words(result.before, result.after), duration(result.seconds)
    )
    return _tr("{}, in use").format(words) if in_use else words


def duration(seconds: float) -> str:
    """Return how long something took, as in "24 s" or "2:05 min"."""
    minutes, rest = divmod(round(seconds), 60)
    return _tr("{}:{:02} min").format(minutes, rest) if minutes else _tr("{} s").format(rest)


def change_words(before: Figures | None, after: Figures | None) -> str:
    """Return AP50 before and after."""
    if after is None:
        return _tr("not measured")
    return _tr("AP50 {} → {}").format(score(None if before is None else before.ap50), score(after.ap50))


def score(value: float | None) -> str:
    """Return a value from 0 to 1 with two decimals; a dash where there is none."""
    return "–" if value is None else fixed(value, 2)


def moment(made_at: str) -> str:
    """Return an ISO time as the person's own short date and time; as it is where it is none."""
    time = QDateTime.fromString(made_at, Qt.DateFormat.ISODateWithMs)
    return QLocale().toString(time.toLocalTime(), QLocale.FormatType.ShortFormat) if time.isValid() else made_at


def day(made_at: str) -> str:
    """Return the short date of an ISO time, or the time alone if that is today."""
    time = QDateTime.fromString(made_at, Qt.DateFormat.ISODateWithMs).toLocalTime()
    if not time.isValid():
        return made_at
    is_today = time.date() == QDate.currentDate()
    return QLocale().toString(time.time() if is_today else time.date(), QLocale.FormatType.ShortFormat)


def _tr(text: str) -> str:
    return QCoreApplication.translate("training", text)
