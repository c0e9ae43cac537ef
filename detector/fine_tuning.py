"""One click: a fine-tune on what a labeler corrected, as a generator of steps. Its caller decides when to go on.

Three stages. Features: the RoI features of the corrected images are pooled into the cache. Head: the second stage of
the network learns from them, without the backbone. Whole: where that is not enough, the whole detector goes on from it.

Shapes: N held-out images, K categories of the project.
"""

from __future__ import annotations

import contextlib
import copy
import time
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import torch

from detector import whole_stage
from detector.fine_tune_values import Progress, SecondStage, Stage, StageResult, Wishes
from detector.head import Head, HeadSchedule, RoiTable, mixed_with, train_head
from detector.held_out import SCORE_FLOOR, BestHead, calibrated
from detector.lessons import Lessons
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor, is_out_of_memory
from detector.roi_features import pooled
from detector.types import DetectorError
from detector.vocabulary import imprint, transfer

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from detector.calibration import Calibration
    from detector.checkpoints import Checkpoint
    from detector.corrections import Corrections
    from detector.fine_tune_values import Example
    from detector.model import FasterRCNN
    from detector.roi_features import FeatureCache
    from detector.types import Prediction

ENOUGH_RECALL = 0.95
"""Where the proposals cover less of the corrected boxes than this, no head can find the rest."""
ENOUGH_AP50 = 0.95
"""On the held-out images; more than this is noise."""
HEAD_MEASURES, WHOLE_MEASURES = 12, 8
"""How often a stage is measured on the held-out images."""
PATIENCE = 4
"""Measurements of the head in a row without a better one that end its stage."""
MIXES = (0.75, 0.5, 0.25)
"""Shares of the new head in the mixtures with the old one that are tried (Wortsman et al. 2022)."""
NO_ALIASES: Mapping[str, str] = MappingProxyType({})
NOT_MEASURED = "There are too few reviewed images to hold any back: how good it is was not measured."
NO_MEMORY = (
    "There is not enough memory for the fine-tune: close other programs and try again, or leave out the second stage."
)
IMPRINTED = 200
"""RoIs of a new category that its first row is made of, at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to fine-tune.

    `held_out` is the share of the reviewed images that measure and do not train. `head_steps` and `whole_views` are by
    default what the number of images asks for.
    """

    second_stage: SecondStage = SecondStage.AUTO
    seed: int = 0
    held_out: float = 0.12
    head_steps: int | None = None
    whole_views: int | None = None


class TunedModel(NamedTuple):
    """What a stage has made: save it with its categories and calibrations, and use it if `result.is_better`."""

    model: FasterRCNN
    categories: tuple[str, ...]
    calibrations: tuple[Calibration, ...]
    result: StageResult
    example: Example | None


def fine_tune(
    base: Checkpoint,
    corrections: Corrections,
    plan: Plan,
    *,
    cache: FeatureCache | None,
    wishes: Wishes,
    device: torch.device,
) -> Generator[Progress | TunedModel, None, None]:
    """Teach a copy of `base` what `corrections` say; yield after each step, and the result of each stage that trains.

    Raises DetectorError where there is nothing to learn from, an image cannot be read, a loss is not finite, the cache
    cannot be written or memory ends; what was yielded before stays valid.
    """
    with contextlib.ExitStack() as stack:
        if cache is not None:
            stack.enter_context(cache.pinning())
        try:
            stages = _Run(base, corrections, plan, wishes, device).stages(cache)
            for step in stack.enter_context(contextlib.closing(stages)):
                if wishes.cancel.is_set():
                    return
                yield step
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        else:
            return
    raise DetectorError(NO_MEMORY)  # not inside `except`: there the error still holds the tensors of the step


def head_steps(images: int) -> int:
    """Return how many batches of RoIs the head learns from, for `images` corrected images."""
    return min(1000, 300 + 2 * images)


class _Run:
    """One fine-tune: what it learns from, what measures it, and the model that serves meanwhile."""

    def __init__(
        self, base: Checkpoint, corrections: Corrections, plan: Plan, wishes: Wishes, device: torch.device
    ) -> None:
        self.lessons = Lessons(base, corrections)
        self.base, self.plan, self.wishes, self.device = base, plan, wishes, device
        self._started = time.monotonic()
        self.served = Predictor(
            base.model,
            base.categories,
            base.version,
            device=device,
            score_floor=SCORE_FLOOR,
            calibrations=base.calibrations,
        )
        self.before: list[Prediction] = []
        self._last = Progress(Stage.FEATURES, 0, 0)

    def stages(self, cache: FeatureCache | None) -> Generator[Progress | TunedModel, None, None]:
        """Yield what `fine_tune` yields, one stage after the other."""
        yield from self.pool(cache)
        if self.wishes.cancel.is_set() or self.wishes.finish.is_set():
            return
        self.wishes.skip.clear()  # of the features, without which nothing can go on
        head = yield from self.train_head()
        if head is None or self.wishes.finish.is_set() or not self.wants_whole(head):
            return
        self.wishes.skip.clear()
        yield from self.train_whole(head)

    def pool(self, cache: FeatureCache | None) -> Generator[Progress, None, None]:
        """Fill the cache, and part the images into those that train and those that measure."""
        images = self.lessons.corrections.images
        clock, features = _Clock(len(images)), []
        for number, image in enumerate(images, 1):
            features.append(pooled(self.served, image, cache))
            yield Progress(Stage.FEATURES, number, len(images), seconds_left=clock.left(number))
            if self.wishes.cancel.is_set() or self.wishes.finish.is_set():
                return
        self.lessons.part(features, self.plan.held_out)
        self._last = Progress(Stage.FEATURES, len(images), len(images))
        self.before = yield from self._predict(self.served, self.lessons.corrections.aliases)

    def train_head(self) -> Generator[Progress | TunedModel, None, TunedModel | None]:
        """Train the head on the cached features; of what it is on the way, the best on the held-out images counts."""
        model, table = yield from self._start()
        old, coder = Head(model).to(self.device), model.roi_heads.box_coder
        steps = self.plan.head_steps or head_steps(len(self.lessons.trained))
        schedule = HeadSchedule(steps, mixed=sixteen_bit_type(self.device) == torch.bfloat16)
        best, clock = BestHead(self.lessons.held_out, coder), _Clock(steps)
        best.measure(old)
        for step in train_head(
            Head(model).to(self.device), table, coder, schedule, seed=self.plan.seed, kept=self.lessons.absent()
        ):
            is_due = step.step % max(1, steps // HEAD_MEASURES) == 0
            ap50 = best.measure(step.average) if is_due else None
            self._last = Progress(Stage.HEAD, step.step, steps, step.loss, ap50, clock.left(step.step))
            yield self._last
            if self.wishes.cancel.is_set():
                return None
            if self.wishes.finish.is_set() or self.wishes.skip.is_set() or best.waited >= PATIENCE:
                break
        best.measure(step.average)
        if self.lessons.kept and len(self.lessons.held_out):
            for share in MIXES:
                best.measure(mixed_with(step.average, old, share))
        best.head.put_into(model)
        return (yield from self._result(Stage.HEAD, model, self.before))

    def wants_whole(self, head: TunedModel) -> bool:
        """Return whether the whole detector should go on training after `head`.

        It pays where proposals miss objects, and where the held-out images say that there is something left to learn.
        """
        if self.plan.second_stage is SecondStage.NEVER:
            return False
        if self.plan.second_stage is SecondStage.ALWAYS or self.wishes.skip.is_set():
            return True
        if whole_stage.takes_long(head.model, self.device):
            return False
        recall, after = self.lessons.recall, head.result.after
        return (recall is not None and recall < ENOUGH_RECALL) or (after is not None and after.ap50 < ENOUGH_AP50)

    def train_whole(self, head: TunedModel) -> Generator[Progress | TunedModel, None, None]:
        """Go on from `head` with everything trainable."""
        model = copy.deepcopy(head.model).requires_grad_(requires_grad=True)
        images = [image for image, _ in self.lessons.trained]
        views = self.plan.whole_views or whole_stage.views_for(len(images))
        scenes = self.lessons.scenes()
        training = whole_stage.train_whole(model, images, scenes, views=views, seed=self.plan.seed, device=self.device)
        clock = _Clock(0)
        with contextlib.closing(training):
            for step in training:
                clock.total = step.steps
                self._last = Progress(Stage.WHOLE, step.step, step.steps, step.loss, None, clock.left(step.step))
                if step.step % max(1, step.steps // WHOLE_MEASURES) == 0 and len(self.lessons.held_out):
                    seen = yield from self._predict(self._predictor(copy.deepcopy(step.average), ()))
                    self._last = replace(self._last, ap50=self.lessons.held_out.value(seen)[0])
                yield self._last
                if self.wishes.cancel.is_set():
                    return
                if self.wishes.finish.is_set() or self.wishes.skip.is_set():
                    break
        model.cpu()
        before = self.before
        if head.result.is_better:
            before = yield from self._predict(self._predictor(copy.deepcopy(head.model), head.calibrations))
        yield from self._result(Stage.WHOLE, model, before)

    def _start(self) -> Generator[Progress, None, tuple[FasterRCNN, RoiTable]]:
        """Return the base with the project's vocabulary, new rows imprinted from their examples, and the RoIs.

        Each scene that is rehearsed is a step, for a detection may be waiting.
        """
        lessons = self.lessons
        torch.manual_seed(self.plan.seed)  # of the rows of new categories without an example
        model = transfer(self.base.model, self.base.categories, lessons.categories, lessons.corrections.aliases)
        images = list(lessons.trained)
        for scene in lessons.scene_features(self.served):
            images.append(scene)
            yield self._last
        table = RoiTable(images)
        for label in lessons.new:
            features = table.features_of(label, IMPRINTED)
            if len(features):
                with torch.no_grad():
                    imprint(model, label, model.roi_heads.box_head(features.float()), lessons.new)
        return model, table

    def _predictor(self, model: FasterRCNN, calibrations: Sequence[tuple[float, float]] = ()) -> Predictor:
        categories = self.lessons.categories
        return Predictor(model, categories, "", device=self.device, score_floor=SCORE_FLOOR, calibrations=calibrations)

    def _predict(
        self, predictor: Predictor, aliases: Mapping[str, str] = NO_ALIASES
    ) -> Generator[Progress, None, list[Prediction]]:
        """Return what `predictor` says about the held-out images; each is a step, for a detection may be waiting."""
        predictions = []
        for prediction in self.lessons.held_out.predict(predictor, aliases):
            predictions.append(prediction)
            yield replace(self._last, ap50=None)
        return predictions

    def _result(
        self, stage: Stage, model: FasterRCNN, before: list[Prediction]
    ) -> Generator[Progress | TunedModel, None, TunedModel]:
        """Measure `model`, calibrate it, compare it with what served `before`; yield and return it."""
        held_out, categories = self.lessons.held_out, self.lessons.categories
        result = StageResult(stage, self.lessons.counts(), None, None, True, self.lessons.recall, 0.0, NOT_MEASURED)
        calibrations: tuple[Calibration, ...] = ()
        example = None
        if len(held_out):
            raw = yield from self._predict(self._predictor(copy.deepcopy(model)))
            calibrations = held_out.calibrations(raw)
            after = [calibrated(prediction, calibrations) for prediction in raw]
            is_better = sum(held_out.value(after)) > sum(held_out.value(before))
            figures = held_out.figures(before), held_out.figures(after)
            result = replace(result, before=figures[0], after=figures[1], is_better=is_better, note="")
            example = held_out.example(before, after)
        result = replace(result, seconds=time.monotonic() - self._started)
        tuned = TunedModel(model, categories, calibrations, result, example)
        yield tuned
        return tuned


class _Clock:
    """Says how long the rest of a stage will take."""

    def __init__(self, total: int) -> None:
        self.total, self._start = total, time.monotonic()

    def left(self, done: int) -> float:
        """Return the seconds for what is left, at the mean speed so far."""
        return (time.monotonic() - self._start) / done * (self.total - done)
