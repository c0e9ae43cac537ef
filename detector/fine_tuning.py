"""One click: a fine-tune on what a labeler corrected, as a generator of steps. Its caller decides when to go on.

Three stages. Features: the RoI features of the corrected images are pooled into the cache. Head: the second stage of
the network learns from them, without the backbone. Whole: where that is not enough, the whole detector goes on from it.

Shapes: N held-out images, K categories of the project.
"""

from __future__ import annotations

import contextlib
import copy
import logging
import time
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from detector import head_stage, whole_stage
from detector.devices import free_cached_memory, give_up, is_lost, is_out_of_memory
from detector.fine_tune_values import Plan, Progress, SecondStage, Stage, StageResult, Wishes
from detector.head import mixed_with
from detector.held_out import SCORE_FLOOR, BestHead, Seen, luck, takes_over
from detector.input_size import suited
from detector.lessons import Lessons
from detector.looks import Reader
from detector.pacing import Clock, saying
from detector.precision import sixteen_bit_type
from detector.predictor import Predictor
from detector.roi_features import bytes_of_image, pooled
from detector.tuned_model import TunedModel
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from detector.calibration import Calibration
    from detector.checkpoints import Checkpoint
    from detector.corrections import CorrectedImage, Corrections
    from detector.model import FasterRCNN, Network
    from detector.roi_features import FeatureCache, RoiFeatures

ENOUGH_RECALL = 0.95
"""Where the proposals cover less of the corrected boxes than this, no head can find the rest."""
ENOUGH_AP50 = 0.95
"""On the held-out images, and by what luck adds to it more: there is nothing left to learn."""
log = logging.getLogger(__name__)
NO_ALIASES: Mapping[str, str] = MappingProxyType({})
NOT_MEASURED = "Too few reviewed images are new to the detector to hold any back: how good it is was not measured."
NO_MEMORY = (
    "There is not enough memory for the fine-tune: close other programs and try again, or leave out the second stage."
)
LOST_DEVICE = "The GPU has stopped working. What was made is kept: fine-tune again to go on, slower, on the CPU."
ON_THE_CPU = "The GPU could not do it: the fine-tune has begun again, slower, on the CPU."


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

    Where memory ends on a GPU, or the GPU stops working, before anything is made, it begins anew on the CPU, and the
    `note` of each step says so. Raises DetectorError where there is nothing to learn from, an image cannot be read, a
    loss is not finite, the cache cannot be written or memory ends; what was yielded before stays valid.
    """
    note = ""
    for place in dict.fromkeys((device, torch.device("cpu"))):
        stages = partial(_Run, base, corrections, plan, wishes, place)
        end = yield from _until_trouble(stages, cache, wishes, note)
        if end is None:
            return
        has_lost_device, has_made_one = end
        if has_lost_device:
            give_up(place)
        free_cached_memory()
        if has_made_one:
            break
        note = ON_THE_CPU
    raise DetectorError(LOST_DEVICE if has_lost_device else NO_MEMORY)


def _until_trouble(
    make: Callable[[], _Run], cache: FeatureCache | None, wishes: Wishes, note: str
) -> Generator[Progress | TunedModel, None, tuple[bool, bool] | None]:
    """Yield the steps of a run; return None at its end, else (the device is lost, not memory; it has made a model)."""
    has_made_one = False
    with contextlib.ExitStack() as stack:
        if cache is not None:
            stack.enter_context(cache.pinning())
        try:
            for step in stack.enter_context(contextlib.closing(make().stages(cache))):
                if wishes.cancel.is_set():
                    return None
                has_made_one |= isinstance(step, TunedModel)
                yield replace(step, note=note) if isinstance(step, Progress) and note else step
        except (MemoryError, RuntimeError) as error:
            has_lost_device = is_lost(error)
            if not has_lost_device and not is_out_of_memory(error):
                raise
            log.warning("A fine-tune has ended early: %s", str(error).partition("\n")[0])
        else:
            return None
    return has_lost_device, has_made_one  # not inside `except`: there the error still holds its tensors


class _Run:
    """One fine-tune: what it learns from, what measures it, and the model that serves meanwhile."""

    def __init__(
        self, base: Checkpoint, corrections: Corrections, plan: Plan, wishes: Wishes, device: torch.device
    ) -> None:
        _ = base.two_stage  # said now, and not after minutes of pooling
        self.lessons = Lessons(base, corrections)
        self.plan, self.wishes, self.device = plan, wishes, device
        self._started = time.monotonic()
        self._parent = self._predictor_of(base)
        self.base = suited(base, self.lessons.looks)
        self.served = self._parent if self.base is base else self._predictor_of(self.base)
        self.before: list[Seen] = []
        self._after: list[Seen] = []
        self._mixed = sixteen_bit_type(device) == torch.bfloat16
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
        if cache is not None:
            self.lessons.limit(max(1, cache.limit_bytes // bytes_of_image(self.base.two_stage)))
        images = self.lessons.looks
        features: dict[str, RoiFeatures] = {}
        clock, reader = Clock(len(images)), Reader()
        # What is there is taken first: pooling the others must not push it out.
        for fetch in (self._cached, partial(self._pooled, reader)):
            for image in images:
                if image.name in features:
                    continue
                if (found := fetch(image, cache)) is not None:
                    features[image.name] = found
                    self.lessons.look_for(image, found)
                self._last = Progress(Stage.FEATURES, len(features), len(images), None, None, clock.left(len(features)))
                yield self._last  # also where it is not there: to know that, the whole file was read
                if self.wishes.cancel.is_set() or self.wishes.finish.is_set():
                    return
        reader.forget()
        self.lessons.part([features[image.name] for image in images], self.plan.held_out)
        self.before = yield from self._see(self._parent, self.lessons.corrections.aliases)

    def _cached(self, image: CorrectedImage, cache: FeatureCache | None) -> RoiFeatures | None:
        return None if cache is None else cache.get(cache.key(image, self.served.backbone_version))

    def _pooled(self, reader: Reader, image: CorrectedImage, cache: FeatureCache | None) -> RoiFeatures:
        return pooled(self.served, image, cache, reader)

    def train_head(self) -> Generator[Progress | TunedModel, None, TunedModel | None]:
        """Train the head on the cached features; of what it is on the way, the best on the held-out images counts."""
        lessons, seed = self.lessons, self.plan.seed
        model, table = yield from saying(head_stage.prepare(self.base, lessons, self.served, seed), self._last)
        best = BestHead(lessons.held_out, model.roi_heads.box_coder, mixed=self._mixed)
        steps = self.plan.head_steps or head_stage.head_steps(len(lessons.trained))
        enough = ENOUGH_AP50 + luck(len(lessons.held_out))
        learning = head_stage.learn(
            model, table, lessons, best, steps=steps, seed=seed, enough=enough, device=self.device
        )
        clock = Clock(0)
        for state in learning:
            clock.total = state.steps
            self._last = Progress(Stage.HEAD, state.step, state.steps, state.loss, state.ap50, clock.left(state.step))
            yield self._last
            if self.wishes.cancel.is_set():
                return None
            if self.wishes.finish.is_set() or self.wishes.skip.is_set():
                break
        head = yield from best.settle(replace(self._last, ap50=None))
        head.put_into(model)
        tuned = yield from self._measured(Stage.HEAD, model, self.before)
        yield tuned
        return tuned

    def wants_whole(self, head: TunedModel) -> bool:
        """Return whether the whole detector should go on training after `head`.

        It pays where proposals miss objects, and where the held-out images do not show that nothing is left to learn.
        """
        if self.plan.second_stage is SecondStage.NEVER:
            return False
        if self.plan.second_stage is SecondStage.ALWAYS or self.wishes.skip.is_set():
            return True
        if whole_stage.takes_long(head.model, self.device):
            return False
        recall, after = self.lessons.recall, head.result.after
        is_covered = recall is None or recall >= ENOUGH_RECALL
        return not is_covered or (after is not None and after.ap50 < ENOUGH_AP50 + luck(after.images))

    def train_whole(self, head: TunedModel) -> Generator[Progress | TunedModel, None, None]:
        """Go on from `head` with everything trainable; at last, of few images, learn those that have measured it."""
        lessons, views = self.lessons, self.plan.whole_views or whole_stage.VIEWS
        last = whole_stage.last_views(views, len(lessons.corrections.images)) if len(lessons.held_out) else 0
        model = yield from self._trained(head.model, [image for image, _ in lessons.trained], views, last)
        if model is None:
            return
        tuned = yield from self._measured(Stage.WHOLE, model, self._after if head.result.is_better else self.before)
        if last and tuned.result.is_better and not self.wishes.finish.is_set():
            try:
                complete = yield from self._trained(model, lessons.looks, last)
            except (DetectorError, MemoryError, RuntimeError):
                yield tuned  # which there is already
                raise
            if self.wishes.cancel.is_set():
                return
            if complete is not None:
                result = replace(tuned.result, seconds=time.monotonic() - self._started)
                tuned = tuned._replace(model=complete, result=result, learnt_from=lessons.learnt_from_all)
        yield tuned

    def _trained(
        self, before: FasterRCNN, looks: Sequence[CorrectedImage], views: int, later: int | None = None
    ) -> Generator[Progress, None, FasterRCNN | None]:
        """Return what comes of training all of `before` on `views` of `looks`, None where that was given up.

        With views `later` it is measured meanwhile. Without, it is the last of the stage, which counts whole or not.
        """
        model, wishes, held_out = copy.deepcopy(before).requires_grad_(), self.wishes, self.lessons.held_out
        images, scenes, seed = [look for look in looks if look.teaches], self.lessons.scenes(), self.plan.seed
        training = whole_stage.train_whole(model, images, scenes, views=views, seed=seed, device=self.device)
        share = whole_stage.REHEARSED_MIX if scenes else 1.0
        is_last, clock = later is None, Clock(0)
        done = self._last.step if is_last else 0  # steps of the stage before these
        with contextlib.closing(training):
            for step in training:
                clock.total = step.steps + round(step.steps * (later or 0) / views)
                steps = done + step.step, done + clock.total
                self._last = Progress(Stage.WHOLE, *steps, step.loss, None, clock.left(step.step))
                every = whole_stage.measured_every(step.steps, held_out.looks)
                if len(held_out) and not is_last and step.step % every == 0:
                    seen = yield from self._see(self._predictor(mixed_with(step.average, before, share)))
                    self._last = replace(self._last, ap50=held_out.value([one.found for one in seen])[0])
                yield self._last
                ends = wishes.finish.is_set() or wishes.skip.is_set()
                if wishes.cancel.is_set() or (ends and is_last):
                    return None
                if ends:
                    break
        return mixed_with(model.cpu(), before, share)

    def _predictor_of(self, base: Checkpoint) -> Predictor:
        known = base.model, base.categories, base.version
        return Predictor(*known, device=self.device, score_floor=SCORE_FLOOR, calibrations=base.calibrations)

    def _predictor(self, model: Network) -> Predictor:
        return Predictor(model, self.lessons.categories, "", device=self.device, score_floor=SCORE_FLOOR)

    def _see(
        self, predictor: Predictor, aliases: Mapping[str, str] = NO_ALIASES
    ) -> Generator[Progress, None, list[Seen]]:
        """Return the held-out images as `predictor` sees them; each is a step, for a detection may be waiting."""
        seen = []
        for one in self.lessons.held_out.seen_by(predictor, aliases):
            if isinstance(one, Seen):
                seen.append(one)
            yield replace(self._last, ap50=None)
        return seen

    def _measured(self, stage: Stage, model: FasterRCNN, before: list[Seen]) -> Generator[Progress, None, TunedModel]:
        """Return `model`, measured, calibrated and compared with what served `before`."""
        held_out, categories = self.lessons.held_out, self.lessons.categories
        result = StageResult(stage, self.lessons.counts(), None, None, True, self.lessons.recall, 0.0, NOT_MEASURED)
        calibrations: tuple[Calibration, ...] = ()
        example = None
        if len(held_out):
            raw = yield from self._see(self._predictor(copy.deepcopy(model)))
            calibrations = held_out.calibrations(raw)
            self._after = [one.calibrated(calibrations) for one in raw]
            old, new = held_out.figures(before), held_out.figures(self._after)
            is_better = takes_over(new, old)
            result = replace(result, before=old, after=new, is_better=is_better, note="")
            example = held_out.example(before, self._after)
        result = replace(result, seconds=time.monotonic() - self._started)
        origin = self.base.licence, self.base.source
        memory = self.lessons.learnt_from, self.lessons.renamed_scenes
        return TunedModel(model, categories, calibrations, result, example, *origin, *memory)
