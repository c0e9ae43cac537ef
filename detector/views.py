"""The images of a dataset as batches to train on: augmented, in a new order each epoch, loaded ahead by several.

Shapes: n images, R proposals of one.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from detector.batches import ProposedSample, mirrored, recoloured
from detector.coco import CocoImage, load_sample
from detector.image_files import one_ahead
from detector.processes import ALONE
from detector.types import DetectorError, Sample

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from detector.processes import Share
    from detector.proposal_file import ProposalFile
    from detector.types import IntArray

Source = CocoImage | Sample


class Views(Dataset[list[Sample]]):
    """Batches by number: all images in a new order each time, each mirrored at random.

    A batch is a function of `seed` and its number alone, whoever loads it and in whatever order. `recolours` says
    whether images get another contrast and brightness too; with `proposals` each sample has those of its image. Of
    each batch this process's `share` is loaded; all of them together are what one process alone would load.
    """

    def __init__(
        self,
        images: Sequence[Source],
        batch_size: int,
        seed: tuple[int, ...],
        *,
        recolours: bool = False,
        proposals: ProposalFile | None = None,
        share: Share = ALONE,
    ) -> None:
        self.images, self.batch_size, self.seed = images, batch_size, seed
        self.recolours, self.proposals, self.share = recolours, proposals, share

    def __getitem__(self, number: int) -> list[Sample]:
        """Return the share of batch `number`, counted from 0; an epoch may end within it. Raises DetectorError."""
        first = number * self.batch_size
        return [self._view(position) for position in self.share.of(range(first, first + self.batch_size))]

    def _view(self, position: int) -> Sample:
        epoch, place = divmod(position, len(self.images))
        index = int(_order(self.seed, epoch, len(self.images))[place])
        rng = np.random.default_rng((*self.seed, 1, position))
        sample, is_mirrored = read_sample(self.images[index]), bool(rng.random() < 0.5)
        if is_mirrored:
            sample = mirrored(sample)
        if self.recolours:
            sample = replace(sample, image=recoloured(sample.image, rng))
        if self.proposals is None:
            return sample
        proposals = self.proposals.read(index, mirrored=is_mirrored)
        return ProposedSample(
            sample.image,
            sample.gt_boxes,
            sample.labels,
            sample.name,
            sample.iscrowd,
            sample.rejected_boxes,
            sample.reviewed,
            proposals,
        )


def loaded(views: Views, numbers: range, workers: int = 0) -> Generator[list[Sample], None, None]:
    """Yield the batches `numbers` of `views` in order, loaded ahead by `workers` processes, or by a thread if 0.

    What is wrong with an image is raised here, in its turn. Closing the generator ends whoever loads.
    """
    if not workers:
        yield from one_ahead(views.__getitem__, numbers)
        return
    # With a generator of its own, or it would take a random number from those of the training.
    apart = torch.Generator()
    loader = DataLoader(_Outcomes(views), batch_size=None, sampler=numbers, num_workers=workers, generator=apart)
    for outcome in loader:
        if isinstance(outcome, DetectorError):
            raise outcome
        yield outcome


class _Outcomes(Dataset[list[Sample] | DetectorError]):
    """The same batches, or why there is none: the loader would turn a sentence into a traceback."""

    def __init__(self, views: Views) -> None:
        self.views = views

    def __getitem__(self, number: int) -> list[Sample] | DetectorError:
        try:
            return self.views[number]
        except DetectorError as error:
            return error


def read_sample(image: Source) -> Sample:
    """Return an image with its boxes. Raises DetectorError, naming it, where it cannot be read."""
    return image if isinstance(image, Sample) else load_sample(image)


@functools.lru_cache(maxsize=4)
def _order(seed: tuple[int, ...], epoch: int, images: int) -> IntArray:
    return np.random.default_rng((*seed, 0, epoch)).permutation(images)
