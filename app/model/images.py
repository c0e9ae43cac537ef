"""The images of a project in their order, found by id as fast as by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import overload

from app.model.annotations import ImageMark, ImageRecord


class ImageList(Sequence[ImageRecord]):
    """The records in file-name order. Only a workspace changes them; a hundred thousand are nothing."""

    def __init__(self, records: Iterable[ImageRecord] = ()) -> None:
        self._records = list(records)
        self._index = {record.id: index for index, record in enumerate(self._records)}
        self.reviewed_count = sum(record.reviewed for record in self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[ImageRecord]:
        return iter(self._records)  # a sequence would look up each

    @overload
    def __getitem__(self, index: int) -> ImageRecord: ...

    @overload
    def __getitem__(self, index: slice) -> list[ImageRecord]: ...

    def __getitem__(self, index: int | slice) -> ImageRecord | list[ImageRecord]:
        return self._records[index]

    def has(self, image_id: int) -> bool:
        """Return whether the project has an image of this id."""
        return image_id in self._index

    def index_of(self, image_id: int) -> int:
        """Return the place of an image. Raises KeyError for an unknown id."""
        return self._index[image_id]

    def by_id(self, image_id: int) -> ImageRecord:
        """Return the record of an image. Raises KeyError for an unknown id."""
        return self._records[self._index[image_id]]

    def set_mark(self, mark: ImageMark) -> None:
        """Take over what a person said about an image."""
        record = self.by_id(mark.id)
        self._records[self._index[mark.id]] = record.marked(mark)
        self.reviewed_count += int(mark.reviewed) - int(record.reviewed)

    def set_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Take over the (height, width) that somebody read from the files of images, by id."""
        for image_id, size in sizes.items():
            self._records[self._index[image_id]] = replace(self.by_id(image_id), size=size)

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Take over whether the files of images are gone, by id."""
        for image_id, is_gone in missing.items():
            self._records[self._index[image_id]] = replace(self.by_id(image_id), missing=is_gone)


def from_place(images: Sequence[ImageRecord], place: int) -> list[ImageRecord]:
    """Return all images from a place on, going round."""
    return [images[(place + step) % len(images)] for step in range(len(images))]


def nearest_first(images: Sequence[ImageRecord], place: int) -> list[ImageRecord]:
    """Return all images by their distance from a place, those after it before those as far ahead of it."""
    places = sorted(range(len(images)), key=lambda other: (abs(other - place), other < place))
    return [images[other] for other in places]
