"""What the evaluation panel says: values of an evaluation turned into sentences, with plurals, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.numbers import counted, whole
from app.ui import training_words as words
from app.workers.evaluation_values import EvaluationStage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.model.model_versions import ModelVersion
    from app.workers.evaluation_values import EvaluationProgress, Measured
    from detector.evaluation_summary import ImageScore

_NAMED_AT_MOST = 3


def stage_name(stage: EvaluationStage) -> str:
    """Return what an evaluation is doing."""
    names = {
        EvaluationStage.READING: _tr("Reading what is reviewed…"),
        EvaluationStage.DETECTING: _tr("Looking at the images"),
        EvaluationStage.COMPUTING: _tr("Computing…"),
    }
    return names[stage]


def data_line(reviewed: int) -> str:
    """Return what there is to measure on."""
    if reviewed == 0:
        return _tr("No image is reviewed yet.")
    return counted(reviewed, _tr("1 image is reviewed."), _tr("{} images are reviewed."))


def step_line(progress: EvaluationProgress) -> str:
    """Return how many images are done and how long the rest takes; empty where nobody knows."""
    if not progress.total:
        return ""
    done = [_tr("{} of {}").format(whole(progress.done), whole(progress.total))]
    if progress.seconds_left is not None:
        done.append(words.time_left(progress.seconds_left))
    return " · ".join(done)


def measured_line(measured: Measured, model: str) -> str:
    """Return what was measured on what, as in "Embedded · 48 images, 310 boxes · NMS IoU 0.50"."""
    evaluation = measured.evaluation
    on = _tr("{}, {}").format(words.images(evaluation.images), words.boxes(evaluation.boxes))
    iou = _tr("NMS IoU {}").format(words.score(measured.request.nms_thresh))
    return " · ".join((model.partition(",")[0], on, iou))


def trained_line(version: ModelVersion | None) -> str:
    """Return why the figures of a version that was trained in the project flatter it; empty for any other model."""
    if version is None:
        return ""
    sentence = _tr(
        "{} was trained in this project: measured on images that it was trained on, it looks better than it is."
    )
    sentence = sentence.format(version.title)
    if version.after is None:
        return sentence
    held_out = words.images(version.after.images)
    return _tr("{} On {} held out of its training it reached AP50 {}.").format(
        sentence, held_out, words.score(version.after.ap50)
    )


def left_out_lines(measured: Measured, unreadable: Mapping[int, str]) -> list[str]:
    """Return a sentence for each kind of thing that the figures leave out or count as never found.

    `unreadable` says why the detector could not look at an image.
    """
    lines = [_names_line(measured)]
    if measured.left_out and not measured.request.is_agnostic:
        lines.append(_tr("Not counted: what the model calls {}.").format(named(measured.left_out)))
    if measured.unseen:
        reasons = [unreadable[one] for one in measured.unseen if one in unreadable]
        why = reasons[0] if reasons else _tr("What the detector said could not be kept.")
        lines.append(_tr("Left out: {}. {}").format(words.images(len(measured.unseen)), why))
    return [line for line in lines if line]


def _names_line(measured: Measured) -> str:
    """Return which of the project's categories the model cannot find; empty if it knows all."""
    if measured.request.is_agnostic:
        return _tr("This model says only where objects are: all categories are measured as one.")
    if not measured.unknown:
        return ""
    if len(measured.unknown) == sum(one.boxes > 0 for one in measured.evaluation.categories):
        return _tr("The model knows none of your categories, so it finds nothing. Only AR@100 says how good it is.")
    return _tr("The model does not know {}: counted as never found.").format(named(measured.unknown))


def mistakes_line(worst: Sequence[ImageScore], images: int) -> str:
    """Return how many of the images have mistakes, and what they sum up to."""
    if not worst:
        return _tr("None: at your score threshold nothing is missed and nothing is wrong.")
    missed, wrong = sum(one.missed for one in worst), sum(one.wrong for one in worst)
    return _tr("{} of {}: {} missed, {} wrong. A click opens the image.").format(
        whole(len(worst)), words.images(images), whole(missed), whole(wrong)
    )


def named(names: Sequence[str]) -> str:
    """Return some names in quotation marks, and how many more there are."""
    shown = ", ".join(f"“{' '.join(name.split())}”" for name in names[:_NAMED_AT_MOST])
    more = len(names) - _NAMED_AT_MOST
    return _tr("{} and {} more").format(shown, whole(more)) if more > 0 else shown


def verdict(measured: Measured) -> str:
    """Return what was measured in one line."""
    evaluation = measured.evaluation
    return _tr("Measured on {}: AP50 {}, AP {}.").format(
        words.images(evaluation.images), words.score(evaluation.ap50), words.score(evaluation.ap)
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("evaluation", text)
