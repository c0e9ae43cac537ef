"""What an export tells: that it was refused and why, or what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import counted, tr, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ExportError(StoreError):
    """Why there is no new file. `problems` names every bad image, box and category in one list."""

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(slots=True)
class ExportReport:
    """What the file or the folder holds, what was left out or `lost`, and what its reader should know.

    `parts` are the sentences about a split.
    """

    path: Path
    images: int = 0
    empty_images: int = 0
    annotations: int = 0
    categories: int = 0
    unreviewed_left_out: int = 0
    turned: list[str] = field(default_factory=list)
    resized: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    outlines_left_out: int = 0
    lost: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """Return the report for a person, the most important first."""
        boxes = counted(self.annotations, tr("1 annotation"), tr("{} annotations"))
        names = counted(self.categories, tr("of 1 category"), tr("of {} categories"))
        places = counted(self.images, tr("on 1 image"), tr("on {} images"))
        empty = tr(" ({} without objects) in {}.").format(written(self.empty_images), self.path)
        first = f"{boxes} {names} {places}{empty}"
        if left := self.unreviewed_left_out:
            one = tr("1 image that is not reviewed was left out.")
            first += " " + counted(left, one, tr("{} images that are not reviewed were left out."))
        said = [first]
        if self.turned:
            one = tr("1 image is turned by its EXIF orientation")
            turned = counted(len(self.turned), one, tr("{} images are turned by their EXIF orientation"))
            upright = tr("; sizes and boxes are those of the upright image, and some readers do not turn it: {}.")
            said.append(turned + upright.format(", ".join(self.turned)))
        if self.resized:
            one = tr("1 image has another size than when its boxes were drawn; open it and check them: ")
            many = tr("{} images have other sizes than when their boxes were drawn; open them and check these: ")
            said.append(f"{counted(len(self.resized), one, many)}{', '.join(self.resized)}.")
        if self.missing:
            one, many = tr("1 image is not in the folder now: "), tr("{} images are not in the folder now: ")
            said.append(f"{counted(len(self.missing), one, many)}{', '.join(self.missing)}.")
        if self.outlines_left_out:
            one = tr("The imported outline or keypoints of 1 box that was moved were left out.")
            many = tr("The imported outlines or keypoints of {} boxes that were moved were left out.")
            said.append(counted(self.outlines_left_out, one, many))
        return (*said, *self.lost)


def refusal(problems: Sequence[str]) -> str:
    """Return the sentence that says that nothing was exported, with the first reason."""
    if len(problems) == 1:
        return tr("Nothing was exported, because one thing is wrong: {}").format(problems[0])
    return tr("Nothing was exported, because {} things are wrong: {}").format(written(len(problems)), problems[0])
