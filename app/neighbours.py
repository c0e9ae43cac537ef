"""The images that are likely to come on screen next, for decoding and detecting ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.model import navigation

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.annotations import ImageRecord
    from app.model.shown_images import ShownImages
    from app.model.workspace import Workspace
    from app.survey import Survey

NEIGHBOURS: tuple[int, ...] = (1, -1, 2)
"""As steps from the image on screen in the list, the likeliest first."""
USEFUL = 2
"""So many of the most useful images come before all others, and in place of the last of those, in that order."""


class Neighbours:
    """Knows what comes after the current image: in the list that `shown` gives, and by usefulness where that is on."""

    def __init__(self, workspace: Workspace, survey: Survey, shown: Callable[[], ShownImages | None]) -> None:
        self._workspace = workspace
        self._survey = survey
        self._shown = shown

    def of(self, record: ImageRecord) -> list[ImageRecord]:
        """Return the images to have ready while `record` is on screen, the likeliest first, each once."""
        images = self._workspace.images
        useful = [images[self._workspace.index_of(image_id)] for image_id in self._survey.upcoming(USEFUL)]
        steps = NEIGHBOURS[:-1] if useful else NEIGHBOURS
        beside = navigation.neighbours(self._workspace, record, steps, self._shown())
        near = {one.id: one for one in (*useful, *beside) if one.id != record.id}
        return list(near.values())
