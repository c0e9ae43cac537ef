"""The values of a fine-tune that cross the border of the detector: frozen, without torch."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from detector.types import Prediction


class Stage(StrEnum):
    """What a fine-tune is doing: filling the feature cache, training the head, training the whole detector."""

    FEATURES = "features"
    HEAD = "head"
    WHOLE = "whole"


class SecondStage(StrEnum):
    """Whether the whole detector goes on training after the head: if it should pay, never, or in any case."""

    AUTO = "auto"
    NEVER = "never"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fine-tune.

    `held_out` is the share of the reviewed images that measure and do not train, of few images more. `head_steps` is by
    default what the number of images asks for, `whole_views` `whole_stage.VIEWS`.
    """

    second_stage: SecondStage = SecondStage.AUTO
    seed: int = 0
    held_out: float = 0.12
    head_steps: int | None = None
    whole_views: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What the person may want of a run that is under way; made anew for each run, set from any thread.

    `cancel` ends it without a result; `finish` ends it with what is best so far; `skip` ends the present stage and
    goes on to the next, also to one that would not have been worth it.
    """

    cancel: threading.Event = field(default_factory=threading.Event)
    finish: threading.Event = field(default_factory=threading.Event)
    skip: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """One category on the held-out images: its `boxes`, and how many a model found, missed, and saw where none is.

    Counted at `Figures.score_thresh` and IoU 0.5. `ap50` is None where there are no boxes.
    """

    name: str
    boxes: int
    found: int
    missed: int
    false: int
    ap50: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a model reaches on held-out images: AP50 and AP in [0, 1], means over the categories that have boxes."""

    images: int
    ap50: float
    ap: float
    score_thresh: float
    categories: tuple[CategoryFigures, ...]


@dataclass(frozen=True, slots=True)
class DataCounts:
    """What a fine-tune learnt from and what it left out.

    `images` trained on and `held_out` are images; `boxes` and `rejections` are those of both. `left_out` holds
    a sentence for each kind of thing that was not used; `beyond` are images for which the cache had no room.
    """

    images: int
    held_out: int
    boxes: int
    rejections: int
    left_out: tuple[str, ...] = ()
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """One step that has been taken: number `step`, from 1, of `steps` of its `stage`, which may end earlier.

    `loss` is that of the step; `ap50` is set where the held-out images were measured after it. `seconds_left` is an
    estimate for the stage, None while nothing is known. `note` is a sentence on what had to be changed, or empty.
    """

    stage: Stage
    step: int
    steps: int
    loss: float | None = None
    ap50: float | None = None
    seconds_left: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage that trained has led to.

    `before` are the figures of the model that served until then, `after` those of the new one; None where no image
    could be held out. `is_better` says that it should take over. `proposal_recall` is the share of corrected boxes that
    the best proposals of the model before cover at IoU 0.5, in [0, 1], None where there are none. `note` is a sentence
    on what to know about it, or empty. `seconds` is the time since the start of the run.
    """

    stage: Stage
    counts: DataCounts
    before: Figures | None
    after: Figures | None
    is_better: bool
    proposal_recall: float | None
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One held-out image as the model before and the new one see it: the one on which they differ most.

    Predictions are complete; `score_thresh` of `Figures` says what to show.
    """

    path: Path
    name: str
    before: Prediction
    after: Prediction
