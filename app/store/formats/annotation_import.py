"""Annotations of any format into a project: found in any thread, then planned by the thread that has the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.words import tr, written
from app.store.formats.coco_format import COCO
from app.store.formats.coco_import import CocoImport, plan_import
from app.store.formats.table import recognise
from detector.coco import CocoDataset, parse_dataset
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.store.formats.foreign import Format, Reading
    from app.store.formats.project_images import ProjectImages
    from app.store.project_store import ProjectStore


@dataclass(frozen=True, slots=True)
class Found:
    """What is at `path`, read and checked against the images; `dataset` is None where nothing could be read at all."""

    path: Path
    format: Format | None
    dataset: CocoDataset | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    images_left_out: int


def find_annotations(path: Path, images: ProjectImages, format_: Format | None = None) -> Found:
    """Read a file or folder, of the format that its content shows unless one is given; never raises for its content."""
    try:
        format_ = format_ or recognise(path)
        reading, dataset = _read(path, images, format_)
        guesses = tuple(_guesses(images))
        if images.settle():
            reading, dataset = _read(path, images, format_)
            guesses = tuple(_guesses(images))
    except (DetectorError, StoreError) as error:
        return Found(path, format_, None, _writable(str(error)), (), 0)
    left_out = reading.images_lacking + len(reading.document["images"]) - len(dataset.images)
    problems = (*reading.problems, *dataset.problems)
    notes = (*guesses, *reading.notes, *dataset.notes, *_repeated(dataset))
    return Found(path, format_, dataset, _writable(*problems), _writable(*notes), left_out)


def _read(path: Path, images: ProjectImages, format_: Format) -> tuple[Reading, CocoDataset]:
    reading = format_.read(path, images)
    # What other formats say of images is settled when it has become COCO.
    find_image = images if format_ is COCO else images.at
    return reading, parse_dataset(reading.document, name=str(path), find_image=find_image)


def _guesses(images: ProjectImages) -> Iterator[str]:
    """Yield a sentence where images were taken for others that the files speak of."""
    guesses = list(images.guesses.items())
    if guesses:
        found, said = guesses[0]
        sentence = tr("Images taken by their last name alone, from another folder than the file says: {}. {} is {}.")
        yield sentence.format(written(len(guesses)), said, found)


def _repeated(dataset: CocoDataset) -> Iterator[str]:
    """Yield a sentence where one image has the same box of the same category more than once."""
    repeats = {
        image.file_name: len(image.annotations) - len({(one.category_id, one.box) for one in image.annotations})
        for image in dataset.images
    }
    first = next((name for name, count in repeats.items() if count), None)
    if first is not None:
        sentence = tr("Annotations that repeat another one, box and category: {}. The first is on {}.")
        yield sentence.format(written(sum(repeats.values())), first)


def _writable(*sentences: str) -> tuple[str, ...]:
    """Return sentences that every screen and file takes: names of files may be no UTF-8."""
    return tuple(sentence.encode("utf-8", "backslashreplace").decode() for sentence in sentences)


def plan_found(store: ProjectStore, found: Found, *, skip_bad: bool = False, reviewed: bool = False) -> CocoImport:
    """Return what `found` would bring into the project, as `coco_import.plan_import` does. Raises StoreError."""
    if found.dataset is None:
        return CocoImport(None, 0, 0, found.problems, found.notes)
    dataset = replace(found.dataset, problems=found.problems, notes=found.notes)
    planned = plan_import(store, dataset, *_writable(found.path.name), skip_bad=skip_bad, reviewed=reviewed)
    return replace(planned, images_left_out=found.images_left_out)
