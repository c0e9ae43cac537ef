"""How far two people agree who boxed the same images: boxes are matched by their overlap, labels by Cohen's kappa.

Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.model.geometry import as_boxes, iou

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Annotation

MATCHED_IOU = 0.5
"""Two boxes that overlap less are not of one object."""


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """What two people have of one category: boxes of each, those that both have, and the mean IoU of these.

    `mean_iou` is None where there are none.
    """

    first: int
    second: int
    both: int
    mean_iou: float | None

    @property
    def share(self) -> float:
        """The agreement, in [0, 1]: twice what both have as a share of what each has (the Dice coefficient)."""
        return 2 * self.both / (self.first + self.second) if self.first + self.second else 1.0


@dataclass(slots=True)
class Agreement:
    """What is counted over the images that two people looked at. Crowds are regions, not objects, and are left out."""

    images: int = 0
    labels: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Category ids of matched boxes, the first person's first -> how many."""
    alone: tuple[Counter[int], Counter[int]] = field(default_factory=lambda: (Counter(), Counter()))
    """By person: category id -> boxes that match none of the other's."""
    overlaps: dict[int, list[float]] = field(default_factory=dict)
    """Category id -> the IoU of each match to which both give it."""

    def add(self, first: Sequence[Annotation], second: Sequence[Annotation]) -> None:
        """Count one image. The pairs that overlap most are matched first, whatever their categories."""
        self.images += 1
        ours, theirs = ([one for one in boxes if not one.iscrowd] for boxes in (first, second))
        overlaps = iou(as_boxes([one.box for one in ours]), as_boxes([one.box for one in theirs]))  # (M, N)
        rows, columns = np.nonzero(overlaps >= MATCHED_IOU)
        order = np.argsort(-overlaps[rows, columns], kind="stable")
        free: tuple[set[int], set[int]] = (set(range(len(ours))), set(range(len(theirs))))
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            if row in free[0] and column in free[1]:
                free[0].remove(row)
                free[1].remove(column)
                pair = ours[row].category_id, theirs[column].category_id
                self.labels[pair] += 1
                if pair[0] == pair[1]:
                    self.overlaps.setdefault(pair[0], []).append(float(overlaps[row, column]))
        for counted, boxes, left in zip(self.alone, (ours, theirs), free, strict=True):
            counted.update(boxes[place].category_id for place in left)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of the labels of matched boxes, in [-1, 1]; None where chance alone would give them all."""
        total = self.labels.total()
        if not total:
            return None
        ours, theirs = Counter[int](), Counter[int]()
        for (first, second), count in self.labels.items():
            ours[first] += count
            theirs[second] += count
        observed = sum(count for (first, second), count in self.labels.items() if first == second) / total
        by_chance = sum(count * theirs[label] for label, count in ours.items()) / total**2
        return None if by_chance >= 1 else (observed - by_chance) / (1 - by_chance)

    def of(self, category_id: int) -> CategoryAgreement:
        """Return what there is of one category."""
        overlaps = self.overlaps.get(category_id, [])
        first, second = (
            sum(count for pair, count in self.labels.items() if pair[person] == category_id)
            + self.alone[person][category_id]
            for person in (0, 1)
        )
        return CategoryAgreement(first, second, len(overlaps), float(np.mean(overlaps)) if overlaps else None)

    @property
    def categories(self) -> list[int]:
        """The ids of the categories of which either has boxes."""
        return sorted({one for pair in self.labels for one in pair} | set(self.alone[0]) | set(self.alone[1]))
