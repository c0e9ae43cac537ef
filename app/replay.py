"""Rounds of labeling an annotated dataset, the truth playing the labeler: what would Boxwright save on these images.

The protocol is that of Adhikari & Huttunen (arXiv 2007.00961): predict a batch, correct it, fine-tune, next batch. The
project, its decisions and its model versions are those of the window, in a folder of their own.
"""

from __future__ import annotations

import random
import time
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from app.image_warming import feature_folder
from app.model import edits
from app.model.annotations import Annotation
from app.model.category_mapping import IGNORED
from app.model.commands import Command, Edit
from app.model.findings import Decided, Finder
from app.model.geometry import clip
from app.model.model_versions import images_until_worth_it
from app.model.offers import offer_for
from app.model.simulated_labeler import Effort, SimulatedLabeler, no_offer
from app.model.workspace import Workspace
from app.naming import Naming
from app.networks import detector_factory, torch_tuner
from app.store.corrections import read_corrections
from app.store.location import Location
from app.store.project_store import ProjectStore
from app.workers.messages import TrainRequest, VersionTrained
from detector.effort import GOOD_IOU
from detector.fine_tune_values import Progress, SecondStage
from detector.images import MAX_PIXELS, read_image
from detector.tiling import finished, needs_tiles, predict_image

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from app.model.annotations import Box, Category, ImageRecord
    from app.model.model_versions import ModelVersion
    from app.model.simulated_labeler import Objects
    from app.workers.detector import Tuner
    from app.workers.stepped_training import Trainer
    from detector.coco_parsing import CocoDataset
    from detector.types import Prediction

    Truth = Mapping[str, Objects]
    """The objects, or the crowds, of each image, by its path."""


class Order(StrEnum):
    """Which images come first: as in the file, shuffled, or those from which the detector would learn most."""

    FILE = "file"
    RANDOM = "random"
    USEFUL = "useful"


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """How the labeler works: `batch` images, at least 1, then a fine-tune, if any; and so on.

    `batch` None: as many as it takes until the window would suggest a fine-tune.

    `score_thresh` None: 0.5 at first, then what each fine-tune proposes from its held-out images. `good_iou`, in
    (0, 1], is the overlap from which on a box is good enough. `seed` is of the random order. With `refinement` the
    closer fit that the detector offers for a clicked proposal is taken. Large images are looked at in tiles of side
    `tile`. `model` is the base model, None the embedded one.
    """

    order: Order = Order.RANDOM
    batch: int | None = None
    seed: int = 0
    good_iou: float = GOOD_IOU
    fine_tunes: bool = True
    second_stage: SecondStage = SecondStage.AUTO
    proposals: bool = True
    refinement: bool = True
    score_thresh: float | None = None
    tile: int = 0
    model: Path | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One batch, from 1: what it took, at which score threshold, and how long the fine-tune before it ran."""

    number: int
    effort: Effort
    score_thresh: float
    model_version: str
    seconds_of_training: float = 0.0


def replay(
    dataset: CocoDataset, images: Path, project: Path, plan: ReplayPlan, trainer: Trainer | None = None
) -> Generator[Round | Progress | Effort, None, None]:
    """Label a `dataset` without problems; yield the effort of each image, each step of a fine-tune, and each round.

    `images` is its folder, `project` an empty one to work in; `trainer` trains in place of our own fine-tune. Raises
    DetectorError and StoreError with a sentence.
    """
    with closing(ProjectStore(Location(images.resolve(), project, elsewhere=True))) as store:
        store.list_images(sorted(image.file_name for image in dataset.images))
        tuner = torch_tuner(plan.model, plan.device)
        tuner = tuner if trainer is None else replace(tuner, train=trainer)
        yield from _Work(plan, dataset, store, tuner).rounds()


class _Work:
    """The work on one project, from its categories to the last image."""

    def __init__(self, plan: ReplayPlan, dataset: CocoDataset, store: ProjectStore, tuner: Tuner) -> None:
        self._plan = plan
        self._truth, self._crowds = true_objects(dataset), true_crowds(dataset)
        self._store = store
        self._tuner = tuner
        self._detector = detector_factory(plan.model, plan.device, exports=True)()
        self._version: ModelVersion | None = None
        self._workspace = Workspace(store)
        self._workspace.execute(_new_categories(dataset.category_names))
        if plan.score_thresh is not None:
            self._choose_threshold(plan.score_thresh)
        self._naming = Naming(store, self._workspace, self._detector.model_version)
        self._order = _shuffled(self._workspace.images, plan)

    def rounds(self) -> Iterator[Round | Progress | Effort]:
        """See `replay`."""
        number = 0
        while left := [one for one in self._order if not self._record(one).reviewed]:
            number += 1
            seconds = 0.0
            if number > 1 and self._plan.fine_tunes:
                began = time.perf_counter()
                yield from self._fine_tune(number)
                seconds = time.perf_counter() - began
            total = Effort()
            for image_id in self._next(left):
                effort = self._correct(self._record(image_id))
                total += effort
                yield effort
            score_thresh = self._workspace.view.thresholds.score_thresh
            yield Round(number, total, score_thresh, self._detector.model_version, seconds)

    def _next(self, left: Sequence[int]) -> Sequence[int]:
        """Return the images of the next batch."""
        batch = self._plan.batch or images_until_worth_it(len(self._order) - len(left))
        if self._plan.order is not Order.USEFUL:
            return left[:batch]
        finder = Finder(self._workspace.categories, self._workspace.view.thresholds)
        useful = {one: finder.find(self._look(self._record(one)), Decided(one)).usefulness for one in left}
        return sorted(left, key=lambda one: -useful[one])[:batch]

    def _correct(self, record: ImageRecord) -> Effort:
        self._workspace.go_to(record.id)
        prediction = self._look(record)
        self._workspace.set_image_sizes({record.id: prediction.image_size})
        self._workspace.set_prediction(record.id, prediction)
        self._mark_crowds(record)
        plan, refine = self._plan, partial(self._closer_fit, record) if self._plan.refinement else no_offer
        labeler = SimulatedLabeler(self._workspace, plan.good_iou, proposals=plan.proposals, refine=refine)
        return labeler.work(self._truth[record.path])

    def _mark_crowds(self, record: ImageRecord) -> None:
        """Put the crowds of an image in their places, as if they had come with it: nobody boxes what is in them."""
        ids, categories = self._workspace.next_ids(), {one.name: one.id for one in self._workspace.categories}
        boxes = self._crowds[record.path]
        crowds = [Annotation(0, record.id, categories[name], box, iscrowd=True) for box, name in boxes]
        if crowds:
            self._workspace.execute(edits.paste(crowds, [box for box, _ in boxes], record.id, ids, "crowds"))

    def _closer_fit(self, record: ImageRecord, box: Box, name: str) -> Box | None:
        """Return what the window would offer for a box that was just drawn."""
        refinement = self._detector.refine(record.id, [box])
        if refinement is None:  # it was seen in tiles, of which nothing is kept
            self._detector.predict(read_image(self._store.image_path(record)), record.id)
            refinement = self._detector.refine(record.id, [box])
        if refinement is None:
            return None
        names = {one.name: one.id for one in self._workspace.categories}
        shown = self._naming.shown(refinement.categories)
        offer = offer_for(Annotation(0, record.id, names[name], box), name, refinement, shown, names)
        return None if offer is None else offer.box

    def _look(self, record: ImageRecord) -> Prediction:
        """Return what the detector says of an image, in the names of the project."""
        image, tile = read_image(self._store.image_path(record)), self._plan.tile
        if tile and needs_tiles(image.shape[:2], tile):
            prediction = finished(predict_image(self._detector.predict, image, tile))
        else:
            prediction = self._detector.predict(image, record.id)
        unknown = self._naming.unmatched(prediction.categories)
        if unknown:  # of a base model: a labeler who wants none of its categories says so once
            self._naming.put({**self._naming.mapping, **dict.fromkeys(unknown, IGNORED)})
        return self._naming.named(prediction)

    def _fine_tune(self, number: int) -> Iterator[Progress]:
        """Train on all that was corrected, as the window's button does; what is better serves from then on."""
        if not any(self._store.correction_counts().boxes.values()):
            return
        parent, location = self._detector.model_version, self._store.location
        names = self._detector.categories
        known = location, self._version, parent, names
        read = partial(read_corrections, *known, most_pixels=MAX_PIXELS, tile=self._plan.tile)
        base = self._plan.model if self._version is None else self._store.versions.path(self._version)
        features = feature_folder(location)
        request = TrainRequest(number, base, read, location.heads, features, self._plan.second_stage)
        for step in self._tuner.train(request):
            if isinstance(step, Progress):
                yield step
            else:
                self._take(step)

    def _take(self, trained: VersionTrained) -> None:
        parent = self._detector.model_version
        version = self._store.versions.add(trained.path, trained.version, parent, trained.categories, trained.result)
        if not version.is_better:
            return
        self._store.versions.set_active(version.id)
        self._version, self._detector = version, self._tuner.open_version(trained.path)
        self._naming.read(self._detector.model_version)
        after = trained.result.after
        if self._plan.score_thresh is None and after is not None:
            self._choose_threshold(after.score_thresh)

    def _choose_threshold(self, score_thresh: float) -> None:
        view = self._workspace.view
        thresholds = replace(view.thresholds, score_thresh=score_thresh)
        self._workspace.change_view(replace(view, thresholds=thresholds))

    def _record(self, image_id: int) -> ImageRecord:
        return self._workspace.images[self._workspace.index_of(image_id)]


def true_objects(dataset: CocoDataset) -> Truth:
    """Return file name -> its objects: every box with an area that is of no crowd."""
    return _boxes_of(dataset, crowds=False)


def true_crowds(dataset: CocoDataset) -> Truth:
    """Return file name -> its crowds: boxes of so many objects that nobody boxes them one by one."""
    return _boxes_of(dataset, crowds=True)


def _boxes_of(dataset: CocoDataset, *, crowds: bool) -> Truth:
    return {
        image.file_name: tuple(
            (box, dataset.category_names[one.label - 1])
            for one in image.annotations
            if bool(one.iscrowd) == crowds and (box := clip(one.box, image.image_size)) is not None
        )
        for image in dataset.images
    }


def _new_categories(names: Sequence[str]) -> Command:
    """Return the command that adds these categories, as somebody types them before the first image."""
    categories: list[Category] = []
    for category_id, name in enumerate(names, 1):
        categories.append(edits.new_category(name, categories, category_id))
    return Command("categories", None, tuple(Edit(None, one) for one in categories))


def _shuffled(images: Sequence[ImageRecord], plan: ReplayPlan) -> list[int]:
    order = [one.id for one in images]
    if plan.order is not Order.FILE:  # of two equally useful ones, either may come first
        random.Random(plan.seed).shuffle(order)  # noqa: S311 - an order is no secret
    return order
