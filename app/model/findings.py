"""What the model in use says about each image of the project, in a few figures: what lists filter and order by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One image that the model in use has looked at, at the view's thresholds.

    `usefulness` is how much a person's decision about the image would teach, at least 0, greater is more; `suggestions`
    are the name and score of each undecided detection, best first. The three-way difference to the annotations:
    `extra` detections that no annotation has, `missed` annotations that no detection has, and `loose` pairs of the same
    category that overlap, but not well.
    """

    image_id: int
    usefulness: float
    suggestions: tuple[tuple[str, float], ...] = ()
    extra: int = 0
    missed: int = 0
    loose: int = 0

    @property
    def differences(self) -> int:
        """The number of boxes that the model and the person disagree about."""
        return self.extra + self.missed + self.loose
