"""What a labeler has corrected, as a fine-tune reads it, and which of the images measure it. No torch.

Shapes: N images, M annotations and J rejections of one image, K categories of the project.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from detector.near_copies import chance, difference_hash, groups
from detector.types import DetectorError, _frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from detector.coco import CocoDataset
    from detector.orientation import Rectangle
    from detector.types import FloatArray, IntArray

__all__ = ["CorrectedImage", "Corrections", "checked", "difference_hash", "from_dataset", "groups", "hold_out"]

MIN_SIDE = 1.0  # pixels; thinner boxes make the regression targets infinite
MIN_GROUPS = 3  # with fewer, holding one out would take too much from the training


@dataclass(frozen=True, slots=True, eq=False)
class CorrectedImage:
    """One image with the decisions of a person.

    `name` is its path relative to the image folder, with forward slashes. `gt_boxes` (M, 4); `labels` (M,) in 1..K;
    `rejected_boxes` (J, 4): suggestions that are no object; `reviewed`: every object has its box; `iscrowd` (M,) bool,
    all false unless given. `difficult` (M,) likewise; those are learnt like any other, and only VOC's figures leave
    them out. Boxes are pixels of the upright original, or of the `window` of it that this is; `size` (height,
    width) is what is known of the file. Raises ValueError on another shape.
    """

    path: Path
    name: str
    gt_boxes: FloatArray
    labels: IntArray
    rejected_boxes: FloatArray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.float32))
    reviewed: bool = True
    iscrowd: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    difficult: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    window: Rectangle | None = None
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "gt_boxes", _frozen(self.gt_boxes, np.float32, (-1, 4)))
        count = (len(self.gt_boxes),)
        object.__setattr__(self, "labels", _frozen(self.labels, np.int64, count))
        object.__setattr__(self, "rejected_boxes", _frozen(self.rejected_boxes, np.float32, (-1, 4)))
        for name in ("iscrowd", "difficult"):
            flags = getattr(self, name)
            flags = flags if len(flags) else np.zeros(count, dtype=np.bool_)
            object.__setattr__(self, name, _frozen(flags, np.bool_, count))

    @property
    def categories_shown(self) -> set[int]:
        """The labels of its boxes, without those of crowds."""
        return set(self.labels[~self.iscrowd].tolist())

    @property
    def shows_decisions(self) -> bool:
        """Whether it has an object, crowds apart, or a rejection."""
        return bool(self.categories_shown) or len(self.rejected_boxes) > 0

    @property
    def teaches(self) -> bool:
        """Whether it says of any place what is there: an object, none, or background."""
        return self.reviewed or self.shows_decisions


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """Everything that a fine-tune learns from.

    `categories[label - 1]` is the name of `label`; they are the vocabulary of the new head. `aliases` says which names
    of the base model became which of them, by renaming or merging, and none of them ("") where nobody
    wants that. Large images are seen in tiles of side `tile`, with 0 as a whole. Raises ValueError for a label without
    a category.
    """

    images: tuple[CorrectedImage, ...]
    categories: tuple[str, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    tile: int = 0

    def __post_init__(self) -> None:
        for image in self.images:
            if len(image.labels) and not 1 <= image.labels.min() <= image.labels.max() <= len(self.categories):
                raise ValueError(f"{image.name} has a label outside 1..{len(self.categories)}")


def from_dataset(dataset: CocoDataset) -> Corrections:
    """Return a COCO dataset, read with its image folder, as corrections: every image of it is reviewed."""
    images = tuple(
        CorrectedImage(
            image.path,
            image.file_name,
            image.gt_boxes,
            image.labels,
            iscrowd=image.iscrowd,
            difficult=image.difficult,
        )
        for image in dataset.images
        if image.path is not None
    )
    return Corrections(images, dataset.category_names)


def checked(corrections: Corrections) -> tuple[Corrections, tuple[str, ...]]:
    """Return what can be learnt from, and a sentence for each kind of thing that was left out.

    Left out are boxes under `MIN_SIDE` or not finite, missing files, and images with nothing to learn: not reviewed,
    and without any box or rejection. Raises DetectorError where nothing is left, where there is no box at all,
    and where no image is reviewed: a few rejections are too little background to learn from.
    """
    if not corrections.categories:
        raise DetectorError("The project has no categories. Add one and draw boxes of it, then fine-tune.")
    left_out: Counter[str] = Counter()
    missing: list[str] = []
    images = []
    for image in corrections.images:
        if not image.path.is_file():
            missing.append(image.name)
            continue
        usable = _with_usable_boxes(image, left_out)
        if usable.reviewed or len(usable.gt_boxes) or len(usable.rejected_boxes):
            images.append(usable)
        else:
            left_out["images"] += 1
    sentences = tuple(_sentences(left_out, missing))
    _require_boxes(images, sentences)
    return replace(corrections, images=tuple(images)), sentences


def _with_usable_boxes(image: CorrectedImage, left_out: Counter[str]) -> CorrectedImage:
    """Return `image` without the boxes that have no area to learn from, which are counted in `left_out`."""
    gt, rejected = _usable(image.gt_boxes), _usable(image.rejected_boxes)
    if gt.all() and rejected.all():
        return image
    left_out["boxes"] += int((~gt).sum())
    left_out["rejections"] += int((~rejected).sum())
    return replace(
        image,
        gt_boxes=image.gt_boxes[gt],
        labels=image.labels[gt],
        iscrowd=image.iscrowd[gt],
        difficult=image.difficult[gt],
        rejected_boxes=image.rejected_boxes[rejected],
    )


def _usable(boxes: FloatArray) -> NDArray[np.bool_]:
    """Return (M,): the box is finite and at least `MIN_SIDE` wide and high."""
    with np.errstate(invalid="ignore", over="ignore"):
        sides = boxes[:, 2:] - boxes[:, :2]  # NaN or infinite if a corner is
    usable: NDArray[np.bool_] = (np.isfinite(sides) & (sides >= MIN_SIDE)).all(axis=1, keepdims=True)
    return usable[:, 0]


def _sentences(left_out: Counter[str], missing: Sequence[str]) -> Iterator[str]:
    for count, thing in ((left_out["boxes"], "box"), (left_out["rejections"], "rejected box")):
        if count:
            yield f"{_counted(count, thing, thing + 'es')} thinner than a pixel."
    if count := left_out["images"]:
        yield f"{_counted(count, 'image is', 'images are')} not reviewed and without a usable box."
    if missing:
        names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        yield f"{_counted(len(missing), 'image file is', 'image files are')} missing: {names}."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _require_boxes(images: Sequence[CorrectedImage], sentences: Sequence[str]) -> None:
    """Raise DetectorError, saying what to do, unless `images` show an object, and one of them all it has."""
    shows_boxes = any(image.categories_shown for image in images)
    if shows_boxes and any(image.reviewed for image in images):
        return
    if shows_boxes:
        what = "Nothing says what is background. Mark an image as reviewed when each object in it has its box."
    elif not images:
        what = "There is no corrected image to learn from. Accept, correct or draw some boxes first."
    elif any(len(image.rejected_boxes) for image in images):
        what = "There are only rejections to learn from. Accept, correct or draw at least one box."
    elif any(len(image.gt_boxes) for image in images):
        what = "There are only crowd regions to learn from. Draw a box around at least one single object."
    else:
        what = "There are only images without boxes to learn from. Draw at least one box."
    raise DetectorError(" ".join((what, *sentences)))


def hold_out(
    images: Sequence[CorrectedImage],
    group_numbers: Sequence[int],
    fraction: float = 0.2,
    least: int = 1,
    learnt: Sequence[bool] = (),
) -> list[bool]:
    """Return (N,): the image is held out, to measure on. About `fraction` of the reviewed images, in whole groups.

    `least` are held out where groups and categories allow it, and half of what `fraction` asks for in any case. Only
    groups of nothing but reviewed images can be held out, and none where there are fewer than `MIN_GROUPS` of them. A
    group is chosen by its first name, so that the choice stays the same while the project grows, and never one with an
    image of which `learnt` (N,) says that the model has learnt from it before: what it knows by heart would speak
    against its successor. At least half of the images that show a category, and so at least one, stay in training;
    where that forbids every group with a box, nothing is held out.
    """
    known = learnt or [False] * len(images)
    members: dict[int, list[int]] = {}
    for index, number in enumerate(group_numbers):
        members.setdefault(number, []).append(index)
    eligible = [group for group in members.values() if all(images[index].reviewed for index in group)]
    if len(eligible) < MIN_GROUPS:
        return [False] * len(images)
    count = sum(map(len, eligible))
    # Only a reviewed image says what background looks like: half of them teach it in any case.
    least = min(max(1, least, round(fraction / 2 * count)), count // 2)
    most = min(max(least, round(1.5 * fraction * count)), count // 2)
    chosen, taken = _Choice(images, least, most), []
    fresh = [group for group in eligible if not any(known[index] for index in group)]
    ranked = sorted((chance(min(images[index].name for index in group)), group) for group in fresh)
    for position, group in ranked:
        wanted = position < fraction or len(chosen.indices) < chosen.least
        if wanted and chosen.take(group):
            taken.append(group)
    if not chosen.shows:
        # Without a box there is nothing to measure: the smallest group that has one, even if it is larger than asked.
        # What was chosen before fills up what is left of the room.
        chosen = _Choice(images, least, most=count)
        for _, group in sorted(ranked, key=lambda entry: len(entry[1])):
            if not chosen.shows and any(images[index].categories_shown for index in group):
                chosen.take(group)
        chosen.most = most
        for group in taken:
            chosen.take(group)
    held = chosen.indices if chosen.shows else set()
    return [index in held for index in range(len(images))]


class _Choice:
    """The images held out so far, of which there are to be `least` to `most`."""

    def __init__(self, images: Sequence[CorrectedImage], least: int, most: int) -> None:
        self.images, self.least, self.most = images, least, most
        self.indices: set[int] = set()
        self.shows: Counter[int] = Counter()  # held-out images by the label that they show
        self.totals = self._counted(range(len(images)))

    def take(self, group: Sequence[int]) -> bool:
        """Hold `group` out, and return true, unless that is too many images or takes too many of a category away."""
        shown = self._counted(group)
        kept = all(2 * (self.shows[label] + number) <= self.totals[label] for label, number in shown.items())
        if not kept or len(self.indices) + len(group) > self.most:
            return False
        self.indices.update(group)
        self.shows += shown
        return True

    def _counted(self, indices: Iterable[int]) -> Counter[int]:
        return Counter(chain.from_iterable(self.images[index].categories_shown for index in indices))
