"""Which images a list shows, and in which order: arrays, so that a hundred thousand are nothing.

Shapes: N images of the project, M of them shown. A place is an index into the images in file-name order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


class SortOrder(StrEnum):
    """By what a list is ordered. What is equal stays in the order of names."""

    NAME = "name"
    USEFUL = "useful"
    DIFFERENCES = "differences"
    MOST_BOXES = "most boxes"
    FEWEST_BOXES = "fewest boxes"
    CHANGED = "changed"

    @property
    def needs_findings(self) -> bool:
        """Whether only images that the detector has looked at have a place in it; the others come after them."""
        return self in (SortOrder.USEFUL, SortOrder.DIFFERENCES)


@dataclass(frozen=True, slots=True, eq=False)
class ShownImages:
    """The shown `places` (M,) in their order; `rank` (N,) is where each image would be if all were shown."""

    places: IntArray
    rank: IntArray

    @classmethod
    def all_of(cls, count: int) -> ShownImages:
        """Return all N images by name."""
        places = np.arange(count)
        return cls(places, places)

    @classmethod
    def of(cls, passes: BoolArray, keys: FloatArray | None = None) -> ShownImages:
        """Return the images that pass (N,), in ascending order of `keys` (N,), None: of their names."""
        count = len(passes)
        if keys is None:
            return cls(np.flatnonzero(passes), np.arange(count))
        order = np.argsort(keys, kind="stable")
        rank = np.empty(count, np.int64)
        rank[order] = np.arange(count)
        return cls(order[passes[order]], rank)

    def __len__(self) -> int:
        """Return M."""
        return len(self.places)

    def row_of(self, place: int) -> int | None:
        """Return the row of an image, None where it is not shown."""
        row = self.row_before(place)
        return row if row < len(self.places) and self.places[row] == place else None

    def row_before(self, place: int) -> int:
        """Return the row that an image has, or would have."""
        rank, low, high = self.rank[place], 0, len(self.places)
        while low < high:  # np.searchsorted would look up the ranks of all
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.rank[self.places[middle]] < rank else (low, middle)
        return low

    def with_place(self, place: int) -> ShownImages:
        """Return these and one more."""
        return ShownImages(np.insert(self.places, self.row_before(place), place), self.rank)

    def without_row(self, row: int) -> ShownImages:
        """Return all but one of these."""
        return ShownImages(np.delete(self.places, row), self.rank)

    def step(self, place: int, steps: int) -> int | None:
        """Return the place `steps` further on (back where negative), stopping at the first and last.

        From an image that is not shown, the first step is to the nearest one shown. None where none lies that way.
        """
        row = self.row_before(place)
        is_shown = row < len(self.places) and self.places[row] == place
        target = row + steps - (steps > 0 and not is_shown)
        if not is_shown and not 0 <= row - (steps < 0) < len(self.places):
            return None
        return int(self.places[min(max(target, 0), len(self.places) - 1)])
