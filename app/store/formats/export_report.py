"""What an export tells: that it was refused and why, or what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr

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
    missing: list[str] = field(default_factory=list)
    outlines_left_out: int = 0
    lost: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """Return the report for a person, the most important first."""
        counts = (self.annotations, self.categories, self.images, self.empty_images)
        first = tr("{} annotations of {} categories on {} images ({} of them without objects) are in {}.")
        said = [first.format(*counts, self.path)]
        if self.unreviewed_left_out:
            said.append(tr("{} images that are not reviewed were left out.").format(self.unreviewed_left_out))
        if self.turned:
            names = ", ".join(self.turned)
            said.append(
                tr(
                    "{} images are turned by their EXIF orientation; sizes and boxes are those of the upright image, "
                    "and some readers do not turn it: {}."
                ).format(len(self.turned), names)
            )
        if self.missing:
            names = ", ".join(self.missing)
            said.append(tr("{} images are not in the folder now: {}.").format(len(self.missing), names))
        if self.outlines_left_out:
            outlines = tr("{} imported outlines no longer fit their moved box and were left out.")
            said.append(outlines.format(self.outlines_left_out))
        return (*said, *self.lost)


def refusal(problems: Sequence[str]) -> str:
    """Return the sentence that says that nothing was exported, with the first reason."""
    if len(problems) == 1:
        return tr("Nothing was exported, because one thing is wrong: {}").format(problems[0])
    return tr("Nothing was exported, because {} things are wrong: {}").format(len(problems), problems[0])
