"""How the work on a project goes, in figures: values that the store counts and that windows, tables and files show.

Everything is counted as the project stands: what was undone, or deleted again, is no decision. A box belongs to the
round and to the day in which it came into the project, whatever was done to it later. What an import brought belongs
to no round and to no day; it is among the boxes, and where it kept the suggestion that it came from, among what became
of those.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from app.model.annotations import Provenance

_HOUR = 3600.0
_LEAST_SECONDS = 60.0
"""A rate over less than a minute says nothing."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of suggestions, and what was missing among them.

    A suggestion was `accepted` as it was, `moved` (accepted with another box), `relabelled` (with another category,
    moved or not) or `rejected`; `drawn` are boxes that people drew themselves: the model had missed them.
    """

    accepted: int = 0
    moved: int = 0
    relabelled: int = 0
    rejected: int = 0
    drawn: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def decided(self) -> int:
        """The suggestions that somebody decided on."""
        return self.accepted + self.moved + self.relabelled + self.rejected

    @property
    def acceptance(self) -> float | None:
        """The share of the decided suggestions that were right as they were; None without any."""
        return self.accepted / self.decided if self.decided else None

    @property
    def corrections(self) -> int:
        """Missed boxes added, false ones removed, boxes moved, categories changed: one each."""
        return self.drawn + self.rejected + self.moved + self.relabelled

    @property
    def boxes(self) -> int:
        """The boxes that came of it."""
        return self.accepted + self.moved + self.relabelled + self.drawn

    @property
    def decisions(self) -> int:
        """The boxes and the rejections."""
        return self.boxes + self.rejected


@dataclass(frozen=True, slots=True)
class ImageStates:
    """The images of a project, each in one of four states; how many files are `missing` is counted beside these.

    `begun` are those with a box or a rejection that are neither reviewed nor flagged as unsure.
    """

    reviewed: int = 0
    unsure: int = 0
    begun: int = 0
    untouched: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        """All images."""
        return self.reviewed + self.unsure + self.begun + self.untouched


@dataclass(frozen=True, slots=True)
class CategoryBoxes:
    """The boxes of one category, by how each came to be; the provenances without any are left out."""

    name: str
    color: str
    by_provenance: Mapping[Provenance, int]

    @property
    def boxes(self) -> int:
        """All of them."""
        return sum(self.by_provenance.values())


@dataclass(frozen=True, slots=True)
class VersionTally:
    """What became of the suggestions of one model version.

    `version` is what the detector calls it, `title` what people do. `categories` are by today's name of the category
    that was suggested; of one that the project has not, the name of then. A relabelled box counts for what the model
    called it, a drawn one for its own category.
    """

    version: str
    title: str
    categories: Mapping[str, Tally]

    @property
    def tally(self) -> Tally:
        """All categories together."""
        return total(self.categories.values())


@dataclass(frozen=True, slots=True)
class Round:
    """The stretch of work in which one model version served, from 1; the last one goes on.

    `began_at` is UTC, ISO 8601. `reviewed` are the images that were marked in it and are reviewed still.
    """

    number: int
    version: str
    title: str
    began_at: str
    reviewed: int
    tally: Tally

    @property
    def corrections_per_image(self) -> float | None:
        """Corrections on each image reviewed; None before the first. Those on images that are under way count too."""
        return self.tally.corrections / self.reviewed if self.reviewed else None

    @property
    def kinds_per_image(self) -> tuple[float, float, float, float] | None:
        """Added, removed, moved and relabelled on each image reviewed; None before the first."""
        if not self.reviewed:
            return None
        kinds = (self.tally.drawn, self.tally.rejected, self.tally.moved, self.tally.relabelled)
        added, removed, moved, relabelled = (count / self.reviewed for count in kinds)
        return added, removed, moved, relabelled


@dataclass(frozen=True, slots=True)
class Day:
    """What was done on one day of the person's own calendar. `seconds` are those of active time."""

    day: date
    reviewed: int
    tally: Tally
    seconds: float

    @property
    def boxes_per_hour(self) -> float | None:
        """Boxes that came in on this day by its active hours; None where less than a minute was active."""
        return self.tally.boxes * _HOUR / self.seconds if self.seconds >= _LEAST_SECONDS else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """All figures of one project at one moment. `categories` in the project's order, the rest in the order of time."""

    images: ImageStates
    categories: tuple[CategoryBoxes, ...]
    versions: tuple[VersionTally, ...]
    rounds: tuple[Round, ...]
    days: tuple[Day, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nobody has done anything yet."""
        return not (self.days or self.versions or self.images.reviewed or any(one.boxes for one in self.categories))

    @property
    def seconds(self) -> float:
        """Active time in all."""
        return sum(day.seconds for day in self.days)

    @property
    def boxes(self) -> int:
        """Boxes in all."""
        return sum(one.boxes for one in self.categories)

    def suggested(self) -> dict[str, Tally]:
        """Return what became of the suggestions of all versions, by category as `VersionTally` has them."""
        tallies: dict[str, Tally] = {}
        for version in self.versions:
            for name, tally in version.categories.items():
                tallies[name] = tallies.get(name, Tally()) + tally
        return tallies


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of some tallies."""
    return reduce(add, tallies, Tally())
